import { setTimeout as sleep } from 'node:timers/promises'
import { underLoad } from '../disturbances.js'
import type { Load } from '../load.js'
import { quantile } from '../report.js'
import type { Scenario } from '../scenario.js'
import { startSentinelSite } from '../sentinel.js'
import { runStorm } from '../storm-run.js'

/** Performance.md, R5: working again so soon after the master died, by every gateway's clients. */
const WORKING_MS = 10_000
const ENOUGH = 15

/** Answers how long it took, from `began`, until so many commands more had been accepted, ms. */
async function acceptsAgain(load: Load, began: number): Promise<number> {
  const before = load.accepted
  while (load.accepted - before < ENOUGH && performance.now() - began < 6 * WORKING_MS) await sleep(20)
  return performance.now() - began
}

export const failover: Scenario = {
  text: 'Redis behind Sentinel (one master, two replicas, three sentinels): the master killed N times (20) under load',
  async run(options, say) {
    if (options.engine !== 'redis') throw new Error('--scenario failover goes with --engine redis')
    const sentinel = await startSentinelSite()
    const gaps: number[] = []
    const back: number[] = []
    try {
      const outcome = await runStorm(options, say, {
        rounds: options.kills ?? 20,
        site: { engine: sentinel.engine },
        async round(site, _round, load) {
          await underLoad(load)
          site.diary.note('SIGKILL of the master')
          const began = performance.now()
          let working: Promise<number> | undefined
          gaps.push(await sentinel.failOver(() => (working = acceptsAgain(load, began))))
          site.diary.note('the replica is master, the old master its replica')
          await underLoad(load)
          if (working !== undefined) back.push(await working)
        },
      })
      const promoted = Math.max(...gaps)
      return {
        ...outcome,
        counts: { ...outcome.counts, workingLate: back.filter((ms) => ms > WORKING_MS).length },
        figures: {
          ...outcome.figures,
          promotedMsMedian: Math.round(quantile(gaps, 0.5)),
          promotedMsWorst: Math.round(promoted),
          workingMsMedian: Math.round(quantile(back, 0.5)),
          workingMsWorst: Math.round(Math.max(...back)),
        },
      }
    } finally {
      await sentinel.engine.stop()
    }
  },
}
