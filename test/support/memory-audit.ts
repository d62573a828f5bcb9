import { commandRowId, isOpenRow, type AuditCursor, type AuditLog, type AuditRecord } from '../../src/core/audit/audit-log.js'
import type { Clock } from '../../src/core/clock.js'
import type { EngineOptions } from '../../src/core/command-log.js'
import { isFinal, type Command } from '../../src/core/model/command.js'
import { CtiError } from '../../src/core/model/error.js'

function order(a: AuditCursor, b: AuditCursor): number {
  return a.at - b.at || Buffer.compare(Buffer.from(a.id), Buffer.from(b.id))
}

/** The audit trail in memory, written to be read. */
export function createMemoryAuditLog(clock: Pick<Clock, 'now'>, commands: () => readonly Command[]): AuditLog {
  let rows: AuditRecord[] = []
  async function step<T>(options: EngineOptions, run: () => T): Promise<T> {
    await Promise.resolve()
    if (clock.now() > options.deadline) throw new CtiError('STORE_UNAVAILABLE', { detail: 'deadline passed', retryAfterMs: 1000 })
    return structuredClone(run())
  }
  const ended = (id: string): boolean => rows.some((row) => row.id === commandRowId(id) && !isOpenRow(row))
  return {
    record: (added, options) =>
      step(options, () => {
        for (const row of structuredClone(added)) {
          const known = rows.find(({ id }) => id === row.id)
          if (known !== undefined && !isOpenRow(known)) continue
          rows = [...rows.filter((one) => one !== known), row].sort(order)
        }
      }),
    list: ({ from, to, platforms, agentId, principal }, limit, before, options) =>
      step(options, () => {
        const found = rows
          .filter(({ at }) => at >= from && at < to)
          .filter((row) => before === undefined || order(row, before) < 0)
          .filter((row) => platforms === undefined || platforms.some((platform) => platform === row.platform))
          .filter((row) => (agentId === undefined || row.agentId === agentId) && (principal === undefined || row.principal === principal))
          .reverse()
          .slice(0, limit)
        const last = found.at(-1)
        return { rows: found, ...(found.length === limit && last !== undefined && { next: { at: last.at, id: last.id } }) }
      }),
    prune: (before, keep, options) =>
      step(options, () => {
        const young = rows.filter(({ at }) => at >= before)
        const kept = keep === 0 ? [] : young.slice(-keep)
        const counts = { aged: rows.length - young.length, surplus: young.length - kept.length }
        rows = kept
        return counts
      }),
    tellsCommands: false,
    owed: (endedBefore, limit, options) =>
      step(options, () =>
        commands()
          .filter(({ status, settledAt = 0 }) => isFinal(status) && settledAt < endedBefore)
          .filter(({ id }) => !ended(id))
          .slice(0, limit)
          .map(({ id }) => id),
      ),
  }
}
