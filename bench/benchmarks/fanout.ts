import { setTimeout as sleep } from 'node:timers/promises'
import { BENCH_KEY, startOurGateway } from '../gateways.js'
import type { ChildApi } from '../lab/child.js'
import type { Child } from '../lab/children.js'
import type { MockVendorApi } from '../lab/mock-vendor.js'
import type { SubscribersApi } from '../lab/subscribers.js'
import type { SocketIoApi } from '../peers/socket-io.js'
import { interleave } from '../stats.js'
import type { BenchContext, Benchmark } from '../types.js'
import { rounds } from './shared.js'

const AGENTS = 1000
const SLOW = 20
const FAST = 200
const ARRIVE_MS = 120_000

/** P15: events of agents to many subscribers at once, against a broadcast of Socket.IO. */
export const fanout: Benchmark = {
  name: 'fanout',
  title: 'events to 1,000 subscribers (P15)',
  async run(context) {
    const { size, say } = context
    const contestants = { ours: await ourStream(context), peer: await socketIo(context) }
    for (const contestant of Object.values(contestants)) await contestant(FAST, size.fanOutSeconds)
    const found = await interleave(
      size.rounds,
      {
        oursSlow: () => contestants.ours(SLOW, 2 * size.fanOutSeconds),
        peerSlow: () => contestants.peer(SLOW, 2 * size.fanOutSeconds),
        oursFast: () => contestants.ours(FAST, size.fanOutSeconds),
        peerFast: () => contestants.peer(FAST, size.fanOutSeconds),
      },
      (round) => say(`round ${round + 1} of ${size.rounds}`),
    )
    const of = (who: keyof typeof found, what: 'cpuUs' | 'p50' | 'p99'): number[] => found[who].map((one) => one[what])
    return {
      rows: [
        { goal: 'P15 slow', rounds: rounds(of('oursSlow', 'cpuUs'), of('peerSlow', 'cpuUs')) },
        { goal: 'P15 fast', rounds: rounds(of('oursFast', 'cpuUs'), of('peerFast', 'cpuUs')) },
        { goal: 'P15 p99', rounds: rounds(of('oursFast', 'p99'), of('peerFast', 'p99')) },
      ],
      raw: { 'P15 ours at 200/s, p50, ms': of('oursFast', 'p50'), 'P15 ours at 20/s, p99, ms': of('oursSlow', 'p99') },
      notes: [
        `P15: ${size.subscribers.toLocaleString('en')} subscribers without a filter, all in one process on the other core. Processor time of the serving process by events arrived; ours has in it what the stream costs besides the writing: the vendor's event is taken over, stored in Redis in order, read back and put into words. The peer sends the same words from memory and keeps nothing. Every subscriber of ours checks that its cursors have no hole.`,
      ],
      faults: Object.values(found).flatMap((list) => list.flatMap(({ faults }) => faults)),
    }
  },
}

interface FanOut {
  /** Processor time of the serving process for one event at one subscriber. */
  readonly cpuUs: number
  readonly p50: number
  readonly p99: number
  readonly faults: readonly string[]
}

type Contestant = (perSecond: number, seconds: number) => Promise<FanOut>

/** Something that emits, and those who listen to it. */
function contestant(
  name: string,
  serving: Child<ChildApi>,
  listening: Child<SubscribersApi>,
  subscribers: number,
  emit: (spec: { perSecond: number; seconds: number }) => Promise<number>,
): Contestant {
  return async (perSecond, seconds) => {
    await listening.call('take', undefined)
    const before = await serving.cpu()
    const wanted = (await emit({ perSecond, seconds })) * subscribers
    const until = performance.now() + ARRIVE_MS
    for (let arrived = 0; arrived < wanted; arrived = await listening.call('arrived', undefined)) {
      if (performance.now() > until) throw new Error(`${name}: only ${arrived} of ${wanted} events arrived`)
      await sleep(20)
    }
    const used = (await serving.cpu()) - before
    const { delivered, ...rest } = await listening.call('take', undefined)
    return { ...rest, cpuUs: used / delivered }
  }
}

async function ourStream({ lab, size }: BenchContext): Promise<Contestant> {
  const vendor = await lab.start<MockVendorApi>('lab/mock-vendor.ts', { core: 'other' })
  const redis = await lab.redis()
  const setup = { name: 'fanout', redisUrl: redis.url, vendorUrl: await vendor.call('listen', undefined), agents: AGENTS }
  const gateway = await startOurGateway(lab, setup)
  const listening = await lab.start<SubscribersApi>('lab/subscribers.ts', { core: 'other' })
  const url = await gateway.call('url', undefined)
  await listening.call('readStream', { url, key: BENCH_KEY, subscribers: size.subscribers })
  return contestant('ours', gateway, listening, size.subscribers, (spec) => gateway.call('emit', spec))
}

async function socketIo({ lab, size }: BenchContext): Promise<Contestant> {
  const server = await lab.start<SocketIoApi>('peers/socket-io.ts', { core: 'measured' })
  const listening = await lab.start<SubscribersApi>('lab/subscribers.ts', { core: 'other' })
  await listening.call('readSocketIo', { url: await server.call('listen', undefined), subscribers: size.subscribers })
  return contestant('Socket.IO', server, listening, size.subscribers, (spec) => server.call('emit', spec))
}
