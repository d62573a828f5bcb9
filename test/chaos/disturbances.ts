import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultProxy } from '../support/fault-proxy.js'
import { CRASH_POINT_NAMES } from './crash-points.js'
import { pick, type Load } from './load.js'
import type { Disturbance } from './options.js'
import type { Site } from './site.js'
import type { Slot } from './slot.js'

/** A kill counts when there is work to lose: so many commands have been accepted since the gateway is back. */
const WORK = 15
const WORK_LIMIT_MS = 20_000
/** A trap that nobody steps into is replaced by a plain kill after this, ms. */
const TRAP_LIMIT_MS = 4_000

export async function underLoad(load: Load): Promise<void> {
  const before = load.accepted
  for (let waited = 0; waited < WORK_LIMIT_MS && load.accepted - before < WORK; waited += 50) await sleep(50)
}

/** SIGKILL of a gateway, at a random instant or at a named point of a command's life. */
export async function killGateway(site: Site, random: () => number, atPoint: boolean): Promise<void> {
  const slot = pick(site.slots, random)
  await slot.ready()
  if (!atPoint) {
    await sleep(random() * 800)
    site.diary.note(`SIGKILL of gateway ${slot.number}`)
    const dead = slot.ended()
    slot.kill('SIGKILL')
    await dead
  } else await killAtPoint(site, slot, random)
  await slot.ready()
}

async function killAtPoint(site: Site, slot: Slot, random: () => number): Promise<void> {
  const point = pick(CRASH_POINT_NAMES, random)
  const nth = 1 + Math.floor(random() * 6)
  const dead = slot.ended()
  site.diary.note(`gateway ${slot.number} is to die at ${point}, passage ${nth}`)
  slot.arm({ point, nth })
  const late = sleep(TRAP_LIMIT_MS, 'late' as const)
  if ((await Promise.race([dead, late])) === 'late') {
    site.diary.note(`nobody passed ${point}: SIGKILL of gateway ${slot.number}`)
    slot.kill('SIGKILL')
    await dead
  }
}

/** What a network does to one of a vendor's ports, for a while. */
const NETWORK: Readonly<Record<string, (proxy: FaultProxy, random: () => number) => Promise<void>>> = {
  cut: async (proxy) => proxy.cut(),
  reset: async (proxy) => proxy.reset(),
  latency: async (proxy, random) => {
    proxy.latency(20 + random() * 180)
    await sleep(500 + random() * 1000)
    proxy.latency(0)
  },
  slice: async (proxy, random) => {
    proxy.slice(1 + Math.floor(random() * 20))
    await sleep(500 + random() * 1000)
    proxy.slice(0)
  },
  'half open': async (proxy, random) => {
    proxy.blackHole(true)
    await sleep(300 + random() * 1500)
    proxy.blackHole(false)
  },
  refused: async (proxy, random) => {
    proxy.refuse(true)
    await sleep(200 + random() * 800)
    proxy.refuse(false)
  },
}

export async function disturbNetwork(site: Site, random: () => number): Promise<void> {
  const vendor = pick(site.vendors, random)
  const proxy = pick(vendor.proxies, random)
  const kind = pick(Object.keys(NETWORK), random)
  site.diary.note(`network of ${vendor.platform.id}: ${kind}`)
  await NETWORK[kind]?.(proxy, random)
  site.diary.note(`network of ${vendor.platform.id}: ${kind} is over`)
}

/** SIGSTOP of the engine's processes for a while. */
export async function freezeEngine(site: Site, ms: number): Promise<void> {
  const { server } = site.engine
  if (server === undefined) return freezeGateway(site, ms)
  site.diary.note(`engine frozen for ${Math.round(ms)} ms`)
  server.freeze()
  await sleep(ms)
  server.thaw()
  site.diary.note('engine thawed')
}

/** The embedded engine is a thread of its gateway: both stand still. */
async function freezeGateway(site: Site, ms: number): Promise<void> {
  const [slot] = site.slots
  site.diary.note(`gateway and embedded engine frozen for ${Math.round(ms)} ms`)
  slot?.signal('SIGSTOP')
  await sleep(ms)
  slot?.signal('SIGCONT')
  site.diary.note('thawed')
}

/** SIGKILL of the engine, and a start on the same data. */
export async function restartEngine(site: Site, awayMs: number): Promise<void> {
  const { server } = site.engine
  if (server === undefined) {
    site.diary.note('SIGKILL of the gateway with its embedded engine')
    const dead = site.slots[0]?.ended()
    site.slots[0]?.kill('SIGKILL')
    await dead
    return
  }
  site.diary.note('SIGKILL of the engine')
  await server.kill()
  await sleep(awayMs)
  await server.restart()
  site.diary.note('engine is back')
}

/** Vendors' faults change with every call, within the wanted probability. */
export async function playFaults(site: Site, probability: number, random: () => number): Promise<void> {
  for (const vendor of site.vendors) {
    await vendor.clearFaults()
    const mine = vendor.platform.faults(probability).filter(() => random() < 0.6)
    await vendor.play(mine)
    site.diary.note(`faults of ${vendor.platform.id}: ${mine.map(({ kind }) => kind).join(', ') || 'none'}`)
  }
}

/** Everything off: from here on the site is left in peace. */
export async function calm(site: Site): Promise<void> {
  for (const vendor of site.vendors) {
    await vendor.clearFaults()
    for (const proxy of vendor.proxies) {
      proxy.latency(0)
      proxy.slice(0)
      proxy.refuse(false)
      proxy.blackHole(false)
    }
  }
  site.diary.note('the site is left in peace')
}

/** One round of the storm: what `--disturb` allows, seeded. */
export async function oneRound(
  site: Site,
  round: number,
  allowed: ReadonlySet<Disturbance>,
  probability: number,
  random: () => number,
): Promise<void> {
  if (allowed.has('faults') && probability > 0 && round % 5 === 0) await playFaults(site, probability, random)
  const network = allowed.has('net') ? disturbNetwork(site, random) : Promise.resolve()
  if (allowed.has('engine') && round % 8 === 5) await freezeEngine(site, 300 + random() * 1200)
  if (allowed.has('engine') && round % 16 === 11) await restartEngine(site, random() * 500)
  const points = allowed.has('point')
  if (allowed.has('kill') || points) await killGateway(site, random, points && (!allowed.has('kill') || random() < 0.6))
  await network
}
