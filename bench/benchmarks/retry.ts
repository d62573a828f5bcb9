import type { CoreApi } from '../core-process.js'
import type { DrainBullmqApi } from '../peers/drain-bullmq.js'
import { interleave } from '../stats.js'
import type { Benchmark } from '../types.js'
import { createLead, rounds } from './shared.js'

const DUE_PER_SECOND = 500
const PEER_DATABASE = 1

/** P8 and P9: commands that wait for their next attempt. */
export const retry: Benchmark = {
  name: 'retry',
  title: 'retries (P8, P9)',
  async run({ lab, size, say }) {
    const redis = await lab.redis()
    const ours = await lab.start<CoreApi>('core-process.ts', { core: 'measured' })
    const bullmq = await lab.start<DrainBullmqApi>('peers/drain-bullmq.ts', { core: 'measured' })
    const commands = size.drainCommands
    const lead = { ours: createLead(0.5), bullmq: createLead(0.2) }
    const punctualCommands = DUE_PER_SECOND * size.punctualSeconds
    const byUs = (count: number) =>
      lead.ours.run(count, async (leadMs) => {
        await redis.flush(0)
        return ours.call('drain', { redisUrl: redis.url, commands: count, leadMs })
      })
    const byBullmq = (count: number) =>
      lead.bullmq.run(count, async (leadMs) => {
        await redis.flush(PEER_DATABASE)
        return bullmq.call('drain', { redisUrl: `${redis.url}/${PEER_DATABASE}`, commands: count, leadMs })
      })
    const punctual = () =>
      lead.ours.run(punctualCommands, async (leadMs) => {
        await redis.flush(0)
        return ours.call('punctual', { redisUrl: redis.url, perSecond: DUE_PER_SECOND, seconds: size.punctualSeconds, leadMs })
      })
    await byUs(Math.ceil(commands / 10))
    await byBullmq(Math.ceil(commands / 10))
    const results = await interleave(size.rounds, { ours: () => byUs(commands), bullmq: () => byBullmq(commands), punctual }, (round) =>
      say(`round ${round + 1} of ${size.rounds}`),
    )
    const rates = (list: readonly { seconds: number; settled: number }[]): number[] => list.map(({ seconds, settled }) => settled / seconds)
    return {
      rows: [
        { goal: 'P8', rounds: rounds(rates(results.ours), rates(results.bullmq)) },
        { goal: 'P9 late', rounds: rounds(results.punctual.map(({ p99 }) => p99)) },
        { goal: 'P9 early', rounds: rounds(results.punctual.map(({ early }) => early)) },
      ],
      raw: {
        'P9 p50, ms': results.punctual.map(({ p50 }) => p50),
        'P9 max, ms': results.punctual.map(({ max }) => max),
      },
      notes: [
        `P8: ${commands} commands of as many agents, stored as \`retrying\` and due at one instant; the vendor answers at once. Time from that instant until all are confirmed. Ours reads the agent's state before it sends again; the peer is a BullMQ worker over delayed jobs that writes each result to Redis.`,
        `P9: ${DUE_PER_SECOND} retries a second for ${size.punctualSeconds} s; from the planned instant to the call that sets the state. No call of any kind, a read neither, may come before it.`,
      ],
      faults: results.punctual.flatMap(({ early }) => (early > 0 ? [`P9: ${early} calls came before their time`] : [])),
    }
  },
}
