import type { EngineOptions } from '../command-log.js'
import type { LogoutLog, LogoutRecord } from '../agents/logout-log.js'
import type { AgentState, Cause } from '../model/agent-state.js'

/** Runs one statement under the guard. Parameters are made late: the first of those that write is the deadline in the engine's clock. */
export type SqlRows = <R>(options: EngineOptions, text: string, parameters: (deadline: number) => readonly unknown[]) => Promise<R[]>

interface LogoutRow {
  readonly agent_id: string
  readonly at: number
  readonly code: number | null
  readonly name: string | null
  readonly reason_text: string | null
  readonly reason_key: string | null
  readonly cause: Cause | null
  readonly previous_state: AgentState | null
  readonly command_id: string | null
  readonly requested_by: string | null
}

const PRUNE_BATCH = 500
const RECORD = 'select cti.record_logout($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)'
const LIST = `select agent_id, at, code, name, reason_text, reason_key, cause, previous_state, command_id, requested_by
  from cti.logouts where platform = $1 and at >= $2 and at < $3 and (at, agent_id) > ($4, $5) order by at, agent_id limit $6`

function toRecord(platform: string, row: LogoutRow): LogoutRecord {
  return {
    platform,
    agentId: row.agent_id,
    at: row.at,
    ...(row.code !== null && { code: row.code }),
    ...(row.name !== null && { name: row.name }),
    ...(row.reason_text !== null && { text: row.reason_text }),
    ...(row.reason_key !== null && { key: row.reason_key }),
    ...(row.cause !== null && { cause: row.cause }),
    ...(row.previous_state !== null && { previousState: row.previous_state }),
    ...(row.command_id !== null && { commandId: row.command_id }),
    ...(row.requested_by !== null && { requestedBy: row.requested_by }),
  }
}

function recordParameters(deadline: number, record: LogoutRecord): readonly unknown[] {
  return [
    deadline,
    record.platform,
    record.agentId,
    record.at,
    record.code ?? null,
    record.name ?? null,
    record.text ?? null,
    record.key ?? null,
    record.cause ?? null,
    record.previousState ?? null,
    record.commandId ?? null,
    record.requestedBy ?? null,
  ]
}

/** The report of logouts on PostgreSQL, a real server or PGlite. The schema: migration-2.ts. */
export function createSqlLogoutLog(rows: SqlRows): LogoutLog {
  return {
    async record(record, options) {
      await rows(options, RECORD, (deadline) => recordParameters(deadline, record))
    },
    async list(platform, from, to, limit, after, options) {
      const parameters = [platform, from, to, after?.at ?? -1, after?.agentId ?? '', limit]
      return (await rows<LogoutRow>(options, LIST, () => parameters)).map((row) => toRecord(platform, row))
    },
    async prune(before, options) {
      for (let pruned = 0; ;) {
        const parameters = (deadline: number): readonly unknown[] => [deadline, before, PRUNE_BATCH]
        const [row] = await rows<{ count: number }>(options, 'select cti.prune_logouts($1, $2, $3) as count', parameters)
        const batch = row?.count ?? 0
        pruned += batch
        if (batch < PRUNE_BATCH) return pruned
      }
    },
  }
}
