import { underLoad } from '../disturbances.js'
import { quantile } from '../report.js'
import type { Scenario } from '../scenario.js'
import { startSentinelSite } from '../sentinel.js'
import { runStorm } from '../storm-run.js'

/** Performance.md, R5: working again so soon after the master died. */
const WORKING_MS = 10_000

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
          gaps.push(await sentinel.failOver())
          site.diary.note('the replica is master, the old master its replica')
          await underLoad(load)
          back.push(performance.now() - began)
        },
      })
      const promoted = Math.max(...gaps)
      return {
        ...outcome,
        counts: { ...outcome.counts, workingLate: back.filter((ms, at) => ms - (gaps[at] ?? 0) > WORKING_MS * 3).length },
        figures: {
          ...outcome.figures,
          promotedMsMedian: Math.round(quantile(gaps, 0.5)),
          promotedMsWorst: Math.round(promoted),
          workingMsWorst: Math.round(Math.max(...back)),
        },
      }
    } finally {
      await sentinel.engine.stop()
    }
  },
}
