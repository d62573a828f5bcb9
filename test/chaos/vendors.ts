import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../../src/config.js'
import type { JournalEntry } from '../../src/simulators/kit/journal.js'
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.js'
import { agentOf, type Seen, type State } from './model.js'
import type { ChaosPlatform, Fault } from './platforms.js'
import { spawnSimulator } from './processes.js'

/** An entry may still be amended (a late effect) when it is younger than this, ms; it is fetched again. */
const SETTLED_MS = 30_000
/** The simulator's journal is bounded: it is read before it forgets. */
const DRAIN_MS = 5_000

/** One simulated platform in a process of its own, with a proxy that plays the network before each of its ports. */
export interface Vendor {
  readonly platform: ChaosPlatform
  readonly agents: readonly string[]
  readonly config: Config['platforms'][number]
  readonly proxies: readonly FaultProxy[]
  readonly control: string
  play(faults: readonly Fault[]): Promise<void>
  clearFaults(): Promise<void>
  /** Everything that reached it so far; reads are left out. */
  journal(): Promise<readonly Seen[]>
  states(): Promise<ReadonlyMap<string, State>>
  stop(): Promise<void>
}

/** Something that listens before one of the vendor's ports, between it and the gateways; undefined: nothing there. */
export type OpenFront = (
  endpoint: URL,
  behind: { readonly port: number },
) => Promise<{ readonly port: number; stop(): Promise<void> } | undefined>

export async function startVendor(
  platform: ChaosPlatform,
  agents: number,
  seed: number,
  options: {
    readonly simulator?: Readonly<Record<string, string>>
    readonly front?: OpenFront
    /** Nothing between the gateways and the simulator: no proxies. */
    readonly direct?: boolean
    /** The journal is read when it is asked for only; what the simulator has forgotten by then is not in it. */
    readonly unwatched?: boolean
  } = {},
): Promise<Vendor> {
  const simulator = await spawnSimulator(platform.id, { ...platform.simulator(agents), ...options.simulator }, seed)
  const proxies: FaultProxy[] = []
  const fronts = new Map<string, { readonly port: number; stop(): Promise<void> }>()
  const endpoints: Record<string, string> = {}
  const opened = async (url: URL): Promise<{ readonly port: number; stop(): Promise<void> }> => {
    const proxy = await startFaultProxy({ host: url.hostname, port: Number(url.port) })
    proxies.push(proxy)
    return (await options.front?.(url, proxy)) ?? proxy
  }
  for (const [name, address] of Object.entries(simulator.endpoints)) {
    if (options.direct === true) {
      endpoints[name] = address
      continue
    }
    const url = new URL(address)
    const front = fronts.get(url.host) ?? (await opened(url))
    fronts.set(url.host, front)
    endpoints[name] = address.replace(url.host, `127.0.0.1:${front.port}`)
  }
  const reader = createJournalReader(platform.id, simulator.control, options.unwatched !== true)
  const post = async (fault: Fault): Promise<void> => {
    const response = await fetch(`${simulator.control}/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fault),
    })
    if (!response.ok) throw new Error(`${platform.id}: ${await response.text()}`)
  }
  return {
    platform,
    agents: platform.agentIds(agents),
    config: platform.configure(endpoints, agents),
    proxies,
    control: simulator.control,
    async play(faults) {
      for (const fault of faults) await post(fault)
    },
    async clearFaults() {
      await fetch(`${simulator.control}/faults`, { method: 'DELETE' })
    },
    journal: () => reader.all(),
    async states() {
      const rows = (await (await fetch(`${simulator.control}/agents`)).json()) as Record<string, unknown>[]
      return new Map(
        rows.map((row) => {
          const { agentId, state } = platform.stateOf(row)
          return [agentOf({ platform: platform.id, agentId }), state]
        }),
      )
    },
    async stop() {
      reader.stop()
      for (const front of fronts.values()) await front.stop()
      for (const proxy of proxies) await proxy.stop()
      await simulator.stop()
    },
  }
}

/** Keeps what the simulator's bounded journal would forget in a long run. */
function createJournalReader(platform: string, control: string, watch: boolean): { all(): Promise<readonly Seen[]>; stop(): void } {
  const kept = new Map<number, Seen>()
  let settled = 0
  let stopped = !watch

  async function drain(): Promise<void> {
    const response = await fetch(`${control}/journal?since=${settled}`)
    const entries = (await response.json()) as JournalEntry[]
    const old = Date.now() - SETTLED_MS
    for (const entry of entries) {
      if (entry.effect !== 'read') kept.set(entry.seq, { ...entry, platform })
      if (entry.at < old) settled = Math.max(settled, entry.seq)
    }
  }

  void (async () => {
    while (!stopped) {
      await sleep(DRAIN_MS, undefined, { ref: false })
      if (!stopped) await drain().catch(() => undefined)
    }
  })()
  return {
    async all() {
      await drain()
      return [...kept.values()].sort((a, b) => a.seq - b.seq)
    },
    stop() {
      stopped = true
    },
  }
}
