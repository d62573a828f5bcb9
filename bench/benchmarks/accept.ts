import { BENCH_KEY, startOurGateway } from '../gateways.js'
import type { LoadGeneratorApi } from '../lab/load-generator.js'
import type { MockVendorApi } from '../lab/mock-vendor.js'
import type { AcceptBullmqApi } from '../peers/accept-bullmq.js'
import type { ResidentApi } from '../resident-process.js'
import { interleave } from '../stats.js'
import type { BenchContext, Benchmark } from '../types.js'
import { measureLoad, rounds } from './shared.js'

const CONNECTIONS = 50
/**
 * The calls that hang must hang for the whole measurement, and their upkeep must not be measured. With leases that long nobody
 * comes back to an agent whose run was interrupted, so that a slow moment of the machine must not interrupt one.
 */
const LIMITS = { sendTimeoutMs: 3_600_000, leaseMs: 3_600_000, storeTimeoutMs: 20_000, readTimeoutMs: 30_000 }
const PEER_DATABASE = 1

/** P5: a command is stored durably and answered with 202, while its agent is busy with another one. */
export const accept: Benchmark = {
  name: 'accept',
  title: 'durable accept (P5)',
  async run(context) {
    const { size, say } = context
    const set = await setUp(context)
    await set.ours('warm', size.acceptAgents)
    await set.bullmq('warm')
    const faults: string[] = []
    const results = await interleave(
      size.rounds,
      {
        async ours(round) {
          const { lost, ...result } = await set.ours(`r${round}`, size.acceptAgents)
          if (lost !== 0) faults.push(`P5: ${lost} accepted commands are not in the log`)
          return result
        },
        bullmq: (round) => set.bullmq(`r${round}`),
      },
      (round) => say(`round ${round + 1} of ${size.rounds}`),
    )
    return {
      rows: [
        {
          goal: 'P5',
          rounds: rounds(
            results.ours.map(({ perSecond }) => perSecond),
            results.bullmq.map(({ perSecond }) => perSecond),
          ),
        },
      ],
      raw: {
        'P5 ours, CPU of a command, µs': results.ours.map(({ cpuUs }) => cpuUs),
        'P5 BullMQ, CPU of a command, µs': results.bullmq.map(({ cpuUs }) => cpuUs),
      },
      notes: [
        `P5: each agent's first command hangs at the vendor; behind it ${size.acceptPerAgent} more are accepted with \`Prefer: respond-async\`, for one channel each, so that none replaces another and none can be sent. So the durable accept alone is measured (key, validation, idempotency key, order, journal); afterwards all of them are counted in the log. The peer stores a BullMQ job and nothing else; it has no worker.`,
      ],
      faults,
    }
  },
}

async function setUp({ lab, size }: BenchContext) {
  const vendor = await lab.start<MockVendorApi>('lab/mock-vendor.ts', { core: 'other' })
  const vendorUrl = await vendor.call('listen', undefined)
  const generator = await lab.start<LoadGeneratorApi>('lab/load-generator.ts', { core: 'other' })
  const redis = await lab.redis()
  const gateway = await startOurGateway(lab, {
    name: 'accept',
    redisUrl: redis.url,
    vendorUrl,
    agents: 0,
    loginHangs: true,
    limits: LIMITS,
  })
  const bullmq = await lab.start<AcceptBullmqApi>('peers/accept-bullmq.ts', { core: 'measured' })
  const bullmqUrl = await bullmq.call('listen', { redisUrl: `${redis.url}/${PEER_DATABASE}` })
  const log = await lab.start<ResidentApi>('resident-process.ts', { core: 'other' })
  await log.call('open', { redisUrl: redis.url, start: false })
  const common = { connections: CONNECTIONS, expect: 202, prefer: 'respond-async', to: 'command' } as const
  const ours = { ...common, url: await gateway.call('url', undefined), key: BENCH_KEY }
  let hanging = 0
  return {
    /** One round with agents of its own. `lost`: accepted commands that the log does not have. */
    async ours(name: string, agents: number) {
      const plan = { ...ours, agents, prefix: `${name}-` }
      await measureLoad(generator, undefined, { ...plan, stream: `heads ${name}`, actions: 'login', until: { count: agents } })
      hanging += agents
      const reached = (): Promise<number> => gateway.call('hanging', undefined)
      await until(
        async () => (await reached()) >= hanging,
        async () => {
          return `of ${hanging} first commands ${await reached()} reached the vendor; ${gateway.errors().tail}`
        },
      )
      const before = await log.call('backlog', undefined)
      const until_ = { count: agents * size.acceptPerAgent }
      const result = await measureLoad(generator, gateway, {
        ...plan,
        stream: `accept ${name}`,
        actions: 'channels',
        until: until_,
      })
      return { ...result, lost: result.ok - ((await log.call('backlog', undefined)) - before) }
    },
    async bullmq(name: string) {
      const spec = {
        ...common,
        url: bullmqUrl,
        agents: size.acceptAgents,
        prefix: `${name}-`,
        stream: `bullmq ${name}`,
        actions: 'channels',
      } as const
      const result = await measureLoad(generator, bullmq, {
        ...spec,
        until: { count: size.acceptAgents * size.acceptPerAgent },
      })
      await redis.flush(PEER_DATABASE)
      return result
    },
  }
}

async function until(holds: () => Promise<boolean>, text: () => Promise<string>): Promise<void> {
  const end = performance.now() + 30_000
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(await text())
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
