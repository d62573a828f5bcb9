import { isOpenRow, type AuditLog, type AuditPage, type AuditRecord } from '../audit/audit-log.js'
import type { SqlRows } from './sql-logouts.js'

const PRUNE_BATCH = 500
/** Batches of one call. */
const PRUNE_ROUNDS = 10
const RECORD = 'select cti.record_audit($1, $2::text::json)'
const LIST = `select body from cti.audit where at >= $1 and at < $2 and (at, id) < ($3, $4)
  and ($5::text is null or platform in (select json_array_elements_text($5::text::json)))
  and ($6::text is null or agent_id = $6) and ($7::text is null or principal = $7)
  order by at desc, id desc limit $8`

/** U+0000 is no text in PostgreSQL: the columns are for finding, the body tells the truth. */
const findable = (text: string | undefined): string | undefined => text?.replaceAll('\u0000', '')

function packed(row: AuditRecord) {
  const { id, at, platform, agentId, principal } = row
  return { id, at, final: !isOpenRow(row), platform, agentId: findable(agentId), principal: findable(principal), body: JSON.stringify(row) }
}

export function pageOf(rows: readonly AuditRecord[], limit: number): AuditPage {
  const last = rows.at(-1)
  return rows.length < limit || last === undefined ? { rows } : { rows, next: { at: last.at, id: last.id } }
}

/** The audit trail on PostgreSQL, a real server or PGlite. The schema: migration-6.ts. */
export function createSqlAuditLog(rows: SqlRows): AuditLog {
  return {
    tellsCommands: false,
    async record(records, options) {
      const text = JSON.stringify(records.map(packed))
      await rows(options, RECORD, (deadline) => [deadline, text])
    },
    async list({ from, to, platforms, agentId, principal }, limit, before, options) {
      const wanted = platforms === undefined ? null : JSON.stringify(platforms)
      const place = [before?.at ?? Number.MAX_SAFE_INTEGER, before?.id ?? '']
      const parameters = [from, to, ...place, wanted, findable(agentId) ?? null, findable(principal) ?? null, limit]
      const found = await rows<{ body: string }>(options, LIST, () => parameters)
      return pageOf(
        found.map(({ body }) => JSON.parse(body) as AuditRecord),
        limit,
      )
    },
    async prune(before, keep, options) {
      const total = { aged: 0, surplus: 0 }
      for (let round = 0; round < PRUNE_ROUNDS; round += 1) {
        const text = 'select aged, surplus from cti.prune_audit($1, $2, $3, $4)'
        const [row] = await rows<{ aged: number; surplus: number }>(options, text, (deadline) => [deadline, before, keep, PRUNE_BATCH])
        total.aged += row?.aged ?? 0
        total.surplus += row?.surplus ?? 0
        if ((row?.aged ?? 0) + (row?.surplus ?? 0) < PRUNE_BATCH) break
      }
      return total
    },
    async owed(endedBefore, limit, options) {
      const text = 'select id from cti.owed_audit($1, $2, $3) as id'
      return (await rows<{ id: string }>(options, text, (deadline) => [deadline, endedBefore, limit])).map(({ id }) => id)
    },
  }
}
