import { setTimeout as sleep } from 'node:timers/promises'
import { readFileSync } from 'node:fs'
import { expertflowId, expertflowPlatform } from '../../src/sandbox/platforms.js'
import { expertflowSimulator } from '../../src/simulators/expertflow/index.js'
import { runSimulator } from '../../src/simulators/kit/run.js'
import { SECRETS } from '../support/api.js'
import type { Crowd, CrowdReport } from '../support/event-crowd.js'
import { startGatewayProcess, type GatewayProcess } from '../support/gateway-process.js'
import { startRedisServer } from '../support/redis-server.js'

/** The same from another process: every answer a promise. */
export type RemoteCrowd = {
  readonly [K in keyof Crowd]: (...given: Parameters<Crowd[K]>) => Promise<Awaited<ReturnType<Crowd[K]>>>
}

export interface EventLoad {
  readonly readers: number
  readonly perSecond: number
  readonly seconds: number
  readonly agents: number
  readonly crowd: RemoteCrowd
  readonly say: (text: string) => void
}

export interface EventLoadResult {
  readonly report: CrowdReport
  /** Events of the site while the readers were there. */
  readonly events: number
  readonly perSecond: number
  /** Commands that were accepted, and those of them whose end was not told, or told more than once. */
  readonly accepted: number
  readonly untold: readonly string[]
  readonly toldTwice: readonly string[]
  /** ms from event to arrival while nobody was being killed. */
  readonly late: readonly number[]
  /** Largest resident memory of a gateway process, MiB: a quarter of the time in, and at the end. */
  readonly memory: { readonly early: number; readonly end: number }
  readonly kills: number
}

const TICK_MS = 100
/** For everything to be told after the last command. */
const REST_MS = 60_000

/**
 * Two gateways on Redis in front of one simulator, readers at both, commands that make so many events a second. A third of the time in,
 * the process with the link is killed (SIGKILL); a third later it is started again and the other one killed. Every two seconds some readers
 * leave and come back.
 */
export async function runEventLoad(load: EventLoad): Promise<EventLoadResult> {
  const { crowd, say } = load
  const redis = await startRedisServer()
  const vendor = await runSimulator(expertflowSimulator, { options: { agents: String(load.agents), disconnectMs: '600000' } })
  const start = (port?: number): Promise<GatewayProcess> =>
    startGatewayProcess({
      engine: redis.url,
      ...(port !== undefined && { port }),
      platforms: [
        expertflowPlatform(vendor.simulator.endpoints, load.agents, {
          soleDesk: true,
          pollMs: 2000,
          reconnect: { baseMs: 20, capMs: 200 },
        }),
      ],
      more: { siteSecret: 'a secret of the load of events', logLevel: 'info' },
    })
  const gateways: GatewayProcess[] = []
  try {
    gateways.push(...(await Promise.all([start(), start()])))
    const orders = createOrders(gateways, load)
    await orders.logIn()
    say(`${load.agents} agents are logged in; ${load.readers} readers come`)
    await crowd.join(
      load.readers,
      gateways.map(({ url }) => url),
    )
    return await drive(load, gateways, orders, start)
  } finally {
    await crowd.close()
    for (const gateway of gateways) await gateway.kill()
    await vendor.stop()
    await redis.stop()
  }
}

async function drive(
  { crowd, say, perSecond, seconds, readers }: EventLoad,
  gateways: GatewayProcess[],
  orders: ReturnType<typeof createOrders>,
  start: (port: number) => Promise<GatewayProcess>,
): Promise<EventLoadResult> {
  const late: number[] = []
  const memory = { early: 0, end: 0 }
  const began = Date.now()
  const first = (await crowd.report()).newest
  const blows = [seconds / 3, (2 * seconds) / 3]
  let kills = 0
  let [quietFrom, saidAt, pausedAt] = [began, began, began]
  for (let now = began; now < began + seconds * 1000 || kills < blows.length; now = Date.now()) {
    const report = await crowd.report()
    const told = report.newest - first
    orders.aim((perSecond * (now - began)) / 1000 - told)
    if (now >= quietFrom) late.push(...report.late)
    if (now - pausedAt > 2000) {
      await crowd.pause(Math.ceil(readers / 50), 1500)
      pausedAt = now
    }
    if (now - saidAt > 5000) {
      say(
        `${Math.round((now - began) / 1000)} s: ${told} events, ${report.delivered} told to ${report.connected} readers, last one ${report.newest - report.slowest} behind`,
      )
      saidAt = now
    }
    if (now - began < (seconds * 1000) / 4) memory.early = Math.max(memory.early, ...gateways.map(memoryOf))
    if (now - began > (blows[kills] ?? Infinity) * 1000) {
      await killOne(gateways, kills, start, say)
      kills += 1
      quietFrom = Date.now() + 5000
    }
    await sleep(TICK_MS)
  }
  const accepted = await orders.stop()
  const ran = (Date.now() - began) / 1000
  const report = await rest(crowd, accepted)
  memory.end = Math.max(...gateways.map(memoryOf))
  const counts = new Map<string, number>()
  for (const id of report.ends) counts.set(id, (counts.get(id) ?? 0) + 1)
  const untold = accepted.filter((id) => !counts.has(id))
  for (const id of untold.slice(0, 5)) {
    const { body } = await (gateways[0] as GatewayProcess).call('GET', `/v1/commands/${id}`, { key: SECRETS.supervisor })
    say(`not told: ${JSON.stringify(body)}`)
  }
  return {
    report,
    events: report.newest - first,
    perSecond: (report.newest - first) / ran,
    accepted: accepted.length,
    untold,
    toldTwice: accepted.filter((id) => (counts.get(id) ?? 0) > 1),
    late,
    memory,
    kills,
  }
}

/** The first blow is for whoever has the link, the second for the other one. The other one is there meanwhile. */
async function killOne(
  gateways: GatewayProcess[],
  kills: number,
  start: (port: number) => Promise<GatewayProcess>,
  say: EventLoad['say'],
): Promise<void> {
  const hasLink = ({ output }: GatewayProcess): boolean =>
    output().lastIndexOf('now has the link') > output().lastIndexOf('has lost the link')
  const at = Math.max(
    0,
    gateways.findIndex((gateway) => hasLink(gateway) === (kills === 0)),
  )
  const { port } = gateways[at] as GatewayProcess
  await gateways[at]?.kill()
  say('a gateway was killed')
  gateways[at] = await start(port)
  say('it was started again')
}

/** Until every reader stands where the first one stands, and every end was told. */
async function rest(crowd: RemoteCrowd, accepted: readonly string[]): Promise<CrowdReport> {
  const until = Date.now() + REST_MS
  for (;;) {
    const report = await crowd.report()
    const told = new Set(report.ends)
    const done = report.slowest === report.newest && report.connected === report.readers && accepted.every((id) => told.has(id))
    if (done || Date.now() > until) return report
    await sleep(TICK_MS)
  }
}

/** Resident memory, MiB; 0 for a process that is gone. */
function memoryOf({ child }: GatewayProcess): number {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid ?? 0}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

/** Commands for the agents, READY and NOT_READY in turns, as many as make up for the events that are missing. */
function createOrders(gateways: readonly GatewayProcess[], { agents }: EventLoad) {
  const accepted: string[] = []
  const running = new Set<Promise<void>>()
  let next = 0

  async function order(at: number, action: string, prefer: string): Promise<boolean> {
    const gateway = gateways[at % gateways.length] as GatewayProcess
    const path = `/v1/platforms/expertflow/agents/${expertflowId((at % agents) + 1)}/commands`
    const reply = await gateway
      .call('POST', path, { key: SECRETS.supervisor, body: { action }, headers: { prefer } })
      .catch(() => undefined)
    if (reply?.status !== 200 && reply?.status !== 202) return false
    accepted.push(String(reply.body['id']))
    return true
  }

  return {
    async logIn() {
      for (let from = 0; from < agents; from += 10) {
        const some = Array.from({ length: Math.min(10, agents - from) }, (_, at) => from + at)
        const done = await Promise.all(some.map((at) => order(at, 'LOGIN', 'wait=20')))
        if (done.includes(false)) throw new Error('an agent could not be logged in')
      }
      accepted.length = 0
    },
    /** So many events are missing now. */
    aim(missing: number) {
      const wanted = Math.min(40, Math.ceil(missing / 3))
      for (let one = 0; one < wanted && running.size < 100; one += 1) {
        const at = next++
        const done = order(at, Math.floor(at / agents) % 2 === 0 ? 'READY' : 'NOT_READY', 'respond-async').then(
          () => void running.delete(done),
        )
        running.add(done)
      }
    },
    /** What was accepted. */
    async stop(): Promise<readonly string[]> {
      await Promise.all(running)
      return accepted
    },
  }
}
