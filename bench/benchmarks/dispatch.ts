import type { CoreApi } from '../core-process.js'
import type { DispatchResult, DispatchSpec } from '../lab/vendor-record.js'
import type { DispatchBullmqApi } from '../peers/dispatch-bullmq.js'
import type { DispatchGroupmqApi } from '../peers/dispatch-groupmq.js'
import { interleave } from '../stats.js'
import type { Benchmark } from '../types.js'
import { rounds } from './shared.js'

const PEER_DATABASE = 1

/** P6 and P7: commands of many agents through the core, in order per agent, against queues without order and with it. */
export const dispatch: Benchmark = {
  name: 'dispatch',
  title: 'ordered dispatch (P6, P7)',
  async run({ lab, size, say }) {
    const redis = await lab.redis()
    const ours = await lab.start<CoreApi>('core-process.ts', { core: 'measured' })
    const bullmq = await lab.start<DispatchBullmqApi>('peers/dispatch-bullmq.ts', { core: 'measured' })
    const groupmq = await lab.start<DispatchGroupmqApi>('peers/dispatch-groupmq.ts', { core: 'measured' })
    const even: DispatchSpec = {
      agents: size.dispatchAgents,
      perAgent: size.dispatchPerAgent,
      vendorMs: 0,
      failing: 0,
      producers: 50,
      backoffMs: 50,
      atMostMs: 100_000,
    }
    const failing: DispatchSpec = { ...even, vendorMs: 5, failing: 0.1 }
    const theirs = { redisUrl: `${redis.url}/${PEER_DATABASE}` }
    const fresh = async <T>(database: number, run: () => Promise<T>): Promise<T> => {
      await redis.flush(database)
      return run()
    }
    const faults: string[] = []
    const complete = (who: string, list: readonly DispatchResult[]): void => {
      if (list.some(({ missing }) => missing > 0)) throw new Error(`${who} did not get through its commands`)
    }
    const byUs = async (goal: string, spec: DispatchSpec): Promise<DispatchResult> => {
      const result = await fresh(0, () => ours.call('dispatch', { ...spec, redisUrl: redis.url }))
      faults.push(...faultsOf(goal, result))
      return result
    }
    const byBullmq = (spec: DispatchSpec) => fresh(PEER_DATABASE, () => bullmq.call('dispatch', { ...spec, ...theirs }))
    const byGroupmq = (perAgent: number) =>
      fresh(PEER_DATABASE, () => groupmq.call('dispatch', { ...failing, ...theirs, agents: size.groupmqAgents, perAgent }))
    const warm = { perAgent: Math.ceil(size.warmUpRequests / size.dispatchAgents) }
    await byUs('warm-up', { ...failing, ...warm })
    await byBullmq({ ...failing, ...warm })
    await byGroupmq(1)
    const results = await interleave(
      size.rounds,
      {
        ours: () => byUs('P6', even),
        bullmq: () => byBullmq(even),
        oursFailing: () => byUs('P7', failing),
        bullmqFailing: () => byBullmq(failing),
        groupmqFailing: () => byGroupmq(size.dispatchPerAgent),
      },
      (round) => say(`round ${round + 1} of ${size.rounds}`),
    )
    complete('BullMQ', [...results.bullmq, ...results.bullmqFailing])
    complete('groupmq', results.groupmqFailing)
    const rates = (list: readonly DispatchResult[]): number[] => list.map(({ settled, seconds }) => settled / seconds)
    const cpu = (list: readonly DispatchResult[]): number[] => list.map(({ cpuUs, settled }) => cpuUs / Math.max(1, settled))
    const violations = (list: readonly DispatchResult[]): number[] => list.map((result) => result.violations)
    return {
      rows: [
        { goal: 'P6', rounds: rounds(rates(results.ours), rates(results.bullmq)) },
        { goal: 'P7 BullMQ', rounds: rounds(rates(results.oursFailing), rates(results.bullmqFailing)) },
        { goal: 'P7 groupmq', rounds: rounds(rates(results.oursFailing), rates(results.groupmqFailing)) },
        { goal: 'P7 order', rounds: rounds(violations(results.oursFailing), violations(results.bullmqFailing)) },
      ],
      raw: {
        'P6 ours, CPU of a command, µs': cpu(results.ours),
        'P6 BullMQ, CPU of a command, µs': cpu(results.bullmq),
        'P7 ours, CPU of a command, µs': cpu(results.oursFailing),
        'P7 BullMQ, CPU of a command, µs': cpu(results.bullmqFailing),
        'P6 ours, violations': violations(results.ours),
        'P7 groupmq, violations': violations(results.groupmqFailing),
      },
      notes: [
        `P6, P7: ${even.agents * even.perAgent} commands of ${even.agents} agents, interleaved, ${even.producers} being handed over at once, vendor in the same process; ours through \`commands.submit\` with an idempotency key, each for a channel of its own, so that all must be done one after the other. Ours and BullMQ have done ${warm.perAgent * even.agents} before, with failures, to warm up. A violation is a first effect out of sequence in the vendor's own record.`,
        `P7: the vendor takes 5 ms; the first attempt of 10 % of the commands fails with nothing done, and is repeated after ${failing.backoffMs} ms. groupmq gets ${size.groupmqAgents} agents with as many commands each, because all of it would take more than a minute a round; its rate hardly depends on the number (147/s for 10,000 commands, 131/s for 1,000, in one run).`,
      ],
      faults,
    }
  },
}

function faultsOf(goal: string, { violations, repeated, missing }: DispatchResult): string[] {
  const faults: string[] = []
  if (violations > 0) faults.push(`${goal}: ${violations} commands took effect out of order`)
  if (repeated > 0) faults.push(`${goal}: ${repeated} commands took effect twice`)
  if (missing > 0) faults.push(`${goal}: ${missing} commands were lost`)
  return faults
}
