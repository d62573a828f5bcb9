import type { CoreApi } from '../core-process.js'
import { interleave } from '../stats.js'
import type { Benchmark } from '../types.js'
import { rounds } from './shared.js'

const PER_SECOND = 200

/** P10: how long a command takes from the caller to the vendor. */
export const handoff: Benchmark = {
  name: 'handoff',
  title: 'hand-over to the vendor (P10)',
  async run({ lab, size, say }) {
    const redis = await lab.redis()
    const ours = await lab.start<CoreApi>('core-process.ts', { core: 'measured' })
    const run = async (seconds: number) => {
      await redis.flush(0)
      return ours.call('handoff', { redisUrl: redis.url, perSecond: PER_SECOND, seconds })
    }
    await run(1)
    const results = await interleave(size.rounds, { ours: () => run(size.handoffSeconds) }, (round) =>
      say(`round ${round + 1} of ${size.rounds}`),
    )
    return {
      rows: [
        { goal: 'P10 p50', rounds: rounds(results.ours.map(({ p50 }) => p50)) },
        { goal: 'P10 p99', rounds: rounds(results.ours.map(({ p99 }) => p99)) },
      ],
      raw: {},
      notes: [
        `P10: ${PER_SECOND} commands a second, each for another agent; from \`commands.submit\` to the begin of the vendor call, so the durable accept is in it.`,
      ],
      faults: [],
    }
  },
}
