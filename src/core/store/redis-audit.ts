import { isOpenRow, type AuditCursor, type AuditLog, type AuditPage, type AuditQuery, type AuditRecord } from '../audit/audit-log.js'
import type { EngineOptions } from '../command-log.js'
import type { Guard } from './deadline.js'
import { packId, unpackId } from './redis-codec.js'
import type { Run } from './redis-log.js'

const PRUNE_BATCH = 500
/** Batches of one call. */
const PRUNE_ROUNDS = 10
/** Rows that one step of Redis looks at, and one call of `list`: there is no index but time. */
const STEP = 500
const LOOKED_AT = 10_000

/** An instant as text whose order is that of the numbers: sixteen digits hold every safe integer. */
const instant = (ms: number): string => String(Math.max(0, Math.ceil(ms))).padStart(16, '0')
const memberOf = ({ at, id }: AuditCursor): string => `${instant(at)}/${id}`

function packed(row: AuditRecord): readonly string[] {
  const isOpen = isOpenRow(row)
  const told = row.what === 'command' && !isOpen && row.commandId !== undefined ? packId(row.commandId) : ''
  return [row.id, memberOf(row), `${isOpen ? 'O' : 'F'}${JSON.stringify(row)}`, told]
}

function fits({ platforms, agentId, principal }: AuditQuery, row: AuditRecord): boolean {
  return (
    (platforms === undefined || (row.platform !== undefined && platforms.includes(row.platform))) &&
    (agentId === undefined || row.agentId === agentId) &&
    (principal === undefined || row.principal === principal)
  )
}

/** The audit trail on Redis. The scripts and their keys: redis-audit-scripts.ts. */
export function createRedisAuditLog(guard: Guard, run: Run): AuditLog {
  const step = (query: AuditQuery, before: AuditCursor | undefined, options: EngineOptions): Promise<readonly AuditRecord[]> =>
    guard.run(options, async (deadline) => {
      const end = `(${instant(query.to)}`
      const begin = before === undefined || before.at >= query.to ? end : `(${memberOf(before)}`
      const found = (await run('ctiAudits', deadline, begin, `[${instant(query.from)}`, STEP)) as string[]
      return found.map((text) => JSON.parse(text.slice(1)) as AuditRecord)
    })

  return {
    record: (rows, options) => guard.run(options, async (deadline) => void (await run('ctiAudit', deadline, ...rows.flatMap(packed)))),
    async list(query, limit, before, options): Promise<AuditPage> {
      const rows: AuditRecord[] = []
      let place = before
      for (let looked = 0; looked < LOOKED_AT; looked += STEP) {
        const found = await step(query, place, options)
        for (const row of found) {
          place = { at: row.at, id: row.id }
          if (fits(query, row)) rows.push(row)
          if (rows.length === limit) return { rows, next: place }
        }
        if (found.length < STEP) return { rows }
      }
      return { rows, ...(place !== undefined && { next: place }) }
    },
    async prune(before, keep, options) {
      const total = { aged: 0, surplus: 0 }
      for (let round = 0; round < PRUNE_ROUNDS; round += 1) {
        const [aged, surplus] = await guard.run(
          options,
          async (deadline) => (await run('ctiPruneAudit', deadline, `(${instant(before)}`, keep, PRUNE_BATCH)) as [number, number],
        )
        total.aged += aged
        total.surplus += surplus
        if (aged + surplus < PRUNE_BATCH) break
      }
      return total
    },
    owed: (endedBefore, limit, options) =>
      guard.run(options, async (deadline) => ((await run('ctiOwed', deadline, endedBefore, limit)) as string[]).map(unpackId)),
  }
}
