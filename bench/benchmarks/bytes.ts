import { BENCH_KEY, startOurGateway } from '../gateways.js'
import type { LoadGeneratorApi } from '../lab/load-generator.js'
import type { MockVendorApi } from '../lab/mock-vendor.js'
import { interleave } from '../stats.js'
import type { Benchmark } from '../types.js'
import { measureLoad, rounds } from './shared.js'

const AGENTS = 1000

/** P14: what a finished command keeps in Redis. */
export const bytes: Benchmark = {
  name: 'bytes',
  title: 'Redis memory of a command (P14)',
  async run({ lab, size, say }) {
    const vendor = await lab.start<MockVendorApi>('lab/mock-vendor.ts', { core: 'other' })
    const generator = await lab.start<LoadGeneratorApi>('lab/load-generator.ts', { core: 'other' })
    const redis = await lab.redis()
    const vendorUrl = await vendor.call('listen', undefined)
    const gateway = await startOurGateway(lab, { name: 'bytes', redisUrl: redis.url, vendorUrl, agents: AGENTS })
    const url = await gateway.call('url', undefined)
    const run = async (count: number): Promise<number> => {
      const before = await redis.dataBytes()
      const { ok } = await measureLoad(generator, undefined, {
        url,
        to: 'command',
        key: BENCH_KEY,
        stream: 'bytes',
        actions: 'toggle',
        agents: AGENTS,
        prefix: 'a',
        connections: 50,
        expect: 200,
        until: { count },
      })
      return ((await redis.dataBytes()) - before) / ok
    }
    // Every agent's own keys are made before, and are not counted.
    await run(2 * AGENTS)
    const results = await interleave(size.rounds, { ours: () => run(size.bytesCommands) }, (round) =>
      say(`round ${round + 1} of ${size.rounds}`),
    )
    return {
      rows: [{ goal: 'P14', rounds: rounds(results.ours) }],
      raw: {},
      notes: [
        `P14: growth of Redis' memory by ${size.bytesCommands} confirmed commands a round over ${AGENTS} agents that are known already, each with an idempotency key and its stored answer, all kept for 24 hours or longer.`,
      ],
      faults: [],
    }
  },
}
