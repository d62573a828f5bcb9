import type { Clock } from '../../src/core/clock.js'
import type { EngineOptions } from '../../src/core/command-log.js'
import type { LogoutCursor, LogoutLog, LogoutRecord } from '../../src/core/agents/logout-log.js'
import { CtiError } from '../../src/core/model/error.js'

function order(a: LogoutCursor, b: LogoutCursor): number {
  return a.at - b.at || Buffer.compare(Buffer.from(a.agentId), Buffer.from(b.agentId))
}

/** The report of logouts in memory, written to be read. */
export function createMemoryLogoutLog(clock: Pick<Clock, 'now'>): LogoutLog {
  let records: LogoutRecord[] = []
  async function step<T>(options: EngineOptions, run: () => T): Promise<T> {
    await Promise.resolve()
    if (clock.now() > options.deadline) throw new CtiError('STORE_UNAVAILABLE', { detail: 'deadline passed', retryAfterMs: 1000 })
    return run()
  }
  return {
    record: (record, options) =>
      step(options, () => {
        const same = records.find(
          (known) => known.platform === record.platform && known.agentId === record.agentId && known.at === record.at,
        )
        records = [...records.filter((known) => known !== same), { ...structuredClone(record), ...same }]
      }),
    list: (platform, from, to, limit, after, options) =>
      step(options, () =>
        structuredClone(
          records
            .filter((record) => record.platform === platform && record.at >= from && record.at < to)
            .filter((record) => after === undefined || order(record, after) > 0)
            .sort(order)
            .slice(0, limit),
        ),
      ),
    prune: (before, options) =>
      step(options, () => {
        const kept = records.filter((record) => record.at >= before)
        const pruned = records.length - kept.length
        records = kept
        return pruned
      }),
  }
}
