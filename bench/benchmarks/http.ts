import { BENCH_KEY, startOurGateway } from '../gateways.js'
import type { Child } from '../lab/children.js'
import type { ChildApi } from '../lab/child.js'
import type { LoadGeneratorApi, LoadResult, LoadSpec } from '../lab/load-generator.js'
import type { MockVendorApi } from '../lab/mock-vendor.js'
import type { HttpProxyApi } from '../peers/http-proxy.js'
import type { PassthroughApi } from '../peers/passthrough.js'
import { interleave } from '../stats.js'
import type { BenchContext, Benchmark, Outcome } from '../types.js'
import { measureLoad, needAnswers } from './shared.js'

const CONNECTIONS = 50
const AGENTS = 1000
const OPEN_LOOP_RATE = 400

/** P1 to P4: one synchronous command over HTTP, with one vendor call, against what does nothing but pass it on. */
export const http: Benchmark = {
  name: 'http',
  title: 'synchronous commands (P1 to P4)',
  async run(context) {
    const set = await setUp(context)
    const { ours, passthrough, proxy, direct } = set.contestants
    for (const contestant of [ours, passthrough, proxy]) await set.throughput(contestant, { count: context.size.warmUpRequests })
    const whole = { seconds: context.size.throughputSeconds }
    const rounds = await interleave(
      context.size.rounds,
      {
        ours: () => set.throughput(ours, whole),
        passthrough: () => set.throughput(passthrough, whole),
        proxy: () => set.throughput(proxy, whole),
        oursLate: () => set.latency(ours),
        passthroughLate: () => set.latency(passthrough),
        directLate: () => set.latency(direct),
      },
      (round) => context.say(`round ${round + 1} of ${context.size.rounds}`),
    )
    return outcomeOf(rounds, await set.evidence(), context.size.warmUpRequests)
  },
}

interface Contestant {
  readonly name: string
  readonly load: Pick<LoadSpec, 'url' | 'to' | 'key'>
  readonly child: Child<ChildApi> | undefined
}

interface Throughput {
  readonly perSecond: number
  readonly cpuUs: number
}

type Rounds = Readonly<
  Record<'ours' | 'passthrough' | 'proxy', readonly Throughput[]> &
    Record<'oursLate' | 'passthroughLate' | 'directLate', readonly LoadResult[]>
>

interface Evidence {
  readonly logLines: number
  readonly commands: number
  readonly vendorWrites: number
}

async function setUp({ lab, size }: BenchContext) {
  const vendor = await lab.start<MockVendorApi>('lab/mock-vendor.ts', { core: 'other' })
  const vendorUrl = await vendor.call('listen', undefined)
  const generator = await lab.start<LoadGeneratorApi>('lab/load-generator.ts', { core: 'other' })
  const redis = await lab.redis()
  const gateway = await startOurGateway(lab, { name: 'http', redisUrl: redis.url, vendorUrl, agents: AGENTS })
  const passthrough = await lab.start<PassthroughApi>('peers/passthrough.ts', { core: 'measured' })
  const proxy = await lab.start<HttpProxyApi>('peers/http-proxy.ts', { core: 'measured' })
  const contestant = (name: string, url: string, to: 'command' | 'vendor', child?: Child<never>, key?: string): Contestant => {
    return { name, load: { url, to, ...(key !== undefined && { key }) }, child: child }
  }
  const contestants = {
    ours: contestant('ours', await gateway.call('url', undefined), 'command', gateway, BENCH_KEY),
    passthrough: contestant('passthrough', await passthrough.call('listen', { vendorUrl }), 'command', passthrough),
    proxy: contestant('http-proxy', await proxy.call('listen', { vendorUrl }), 'vendor', proxy),
    direct: contestant('direct', vendorUrl, 'vendor'),
  }
  const specOf = ({ name, load }: Contestant) =>
    ({ ...load, stream: name, actions: 'toggle', agents: AGENTS, prefix: 'a', connections: CONNECTIONS, expect: 200 }) as const
  let commands = 0
  let vendorWrites = 0
  /** What our gateway did is checked by the vendor's own count. */
  const counted = async <T extends { ok: number }>(who: Contestant, run: () => Promise<T>): Promise<T> => {
    const before = await vendor.call('counts', undefined)
    const result = await run()
    const after = await vendor.call('counts', undefined)
    if (who === contestants.ours) {
      commands += result.ok
      vendorWrites += after.writes - before.writes
    }
    return result
  }
  return {
    contestants,
    async throughput(who: Contestant, until: LoadSpec['until']): Promise<Throughput> {
      const result = await counted(who, () => measureLoad(generator, who.child, { ...specOf(who), until }))
      return { perSecond: result.perSecond, cpuUs: result.cpuUs }
    },
    latency(who: Contestant): Promise<LoadResult> {
      return counted(who, async () => {
        const spec = { ...specOf(who), until: { seconds: size.latencySeconds }, rate: OPEN_LOOP_RATE }
        return needAnswers(who.name, await generator.call('load', spec))
      })
    },
    async evidence(): Promise<Evidence> {
      return { logLines: gateway.errors().lines, commands, vendorWrites }
    },
  }
}

function outcomeOf(rounds: Rounds, { logLines, commands, vendorWrites }: Evidence, warmUp: number): Outcome {
  const at = <T>(list: readonly T[], index: number): T => list[index] as T
  const each = <T>(make: (index: number) => T): T[] => rounds.ours.map((_value, index) => make(index))
  const added = (who: 'oursLate' | 'passthroughLate', what: 'p50' | 'p99', index: number): number =>
    at(rounds[who], index)[what] - at(rounds.directLate, index)[what]
  const compare = (peer: 'passthrough' | 'proxy', what: keyof Throughput) =>
    each((index) => ({ ours: at(rounds.ours, index)[what], peer: at(rounds[peer], index)[what] }))
  const late = (what: 'p50' | 'p99') =>
    each((index) => ({ ours: added('oursLate', what, index), peer: Math.max(SMALLEST_MS, added('passthroughLate', what, index)) }))
  return {
    rows: [
      { goal: 'P1', rounds: compare('passthrough', 'perSecond') },
      { goal: 'P2', rounds: compare('passthrough', 'cpuUs') },
      { goal: 'P3 p50', rounds: late('p50') },
      { goal: 'P3 p99', rounds: late('p99') },
      { goal: 'P3 p99 ratio', rounds: late('p99') },
      { goal: 'P4', rounds: compare('proxy', 'perSecond') },
    ],
    raw: {
      'P4 http-proxy, CPU of a request, µs': rounds.proxy.map(({ cpuUs }) => cpuUs),
      'P3 direct, p50, ms': rounds.directLate.map(({ p50 }) => p50),
      'P3 direct, p99, ms': rounds.directLate.map(({ p99 }) => p99),
      'P3 ours, p50, ms': rounds.oursLate.map(({ p50 }) => p50),
      'P3 ours, p99, ms': rounds.oursLate.map(({ p99 }) => p99),
      'P3 passthrough, p50, ms': rounds.passthroughLate.map(({ p50 }) => p50),
      'P3 passthrough, p99, ms': rounds.passthroughLate.map(({ p99 }) => p99),
    },
    notes: [
      `P1 to P4: ${CONNECTIONS} connections, ${AGENTS} agents, after ${warmUp} answers of each to warm up; READY and NOT_READY in turns, so that every command is one call at the vendor, on Redis with fsync every second. Ours checks an API key, validates, keeps an idempotency key, the order per agent and the journal, and logs (${(logLines / Math.max(1, commands)).toFixed(2)} lines a command). The vendor's answer carries the new state and confirms the command.`,
      `P3: ${OPEN_LOOP_RATE} requests a second on schedule, latency from the scheduled instant; "added" is without that of the same requests sent to the vendor directly in the same round.`,
    ],
    faults: vendorWrites === commands ? [] : [`P1: ${commands} commands were confirmed, the vendor counts ${vendorWrites}`],
  }
}

/** A peer that adds nothing within the clock's resolution must not make the ratio infinite. */
const SMALLEST_MS = 0.05
