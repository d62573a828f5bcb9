import type { EngineOptions } from '../command-log.js'
import { isFinal, type ActionKind, type Command, type CommandStatus } from '../model/command.js'
import type { ErrorCode } from '../model/error.js'

/**
 * What was done with authority, or without enough of it. `command`: a state was asked for; the row follows the command to its end ·
 * `cancel`, `replay`: of a command · `preview`: a forced logout was looked at · `denied`: a key asked for what it may not ·
 * `key`: keys were changed.
 */
export const AUDIT_KINDS = ['command', 'cancel', 'replay', 'preview', 'denied', 'key'] as const
export type AuditKind = (typeof AUDIT_KINDS)[number]

/** One row of the audit trail: who, on whose behalf, what, to whom, with which outcome. Plain data, no secrets. */
export interface AuditRecord {
  /** Names the row: telling it again makes no second one. */
  readonly id: string
  /** Epoch ms; of a command, when it was accepted. Never changes. */
  readonly at: number
  readonly what: AuditKind
  /** Name of the key; `cli:<user>` for a change of keys. */
  readonly principal: string
  readonly onBehalfOf?: string
  readonly requestId?: string
  readonly platform?: string
  readonly agentId?: string
  readonly commandId?: string
  readonly action?: ActionKind
  readonly force?: boolean
  readonly channel?: string
  readonly reason?: string
  /** Of the command; a final one is the outcome. */
  readonly status?: CommandStatus
  readonly settledAt?: number
  /** Why it did not end well, or why it was denied. */
  readonly code?: ErrorCode
  readonly vendorSystem?: string
  readonly vendorCode?: string
  readonly vendorRequestId?: string
  /** Of a replay: the dead letter. Of what was denied: the request. Of a key: what was done with which one. */
  readonly detail?: string
}

/** The place of a row in the trail. */
export type AuditCursor = Pick<AuditRecord, 'at' | 'id'>

export interface AuditQuery {
  /** `from` ≤ at < `to`, epoch ms. */
  readonly from: number
  readonly to: number
  /** Missing: all, and rows that name none. */
  readonly platforms?: readonly string[]
  readonly agentId?: string
  readonly principal?: string
}

export interface AuditPage {
  /** Newest first; of one instant by id, the greatest first, in the order of its UTF-8 bytes. */
  readonly rows: readonly AuditRecord[]
  /** Where to go on; missing: there is nothing behind. A page with few rows, or none, may have one: an engine looks at so many rows at once. */
  readonly next?: AuditCursor
}

/**
 * The durable audit trail of one site.
 *
 * Every method: atomic steps; rejects with `CtiError` STORE_UNAVAILABLE at the latest 100 ms after its deadline, and what the
 * engine gets to later than that is not done.
 */
export interface AuditLog {
  /** True: the row of a command is there from the step that accepts it and follows from the command; nobody has to record it, and none is owed. */
  readonly tellsCommands: boolean
  /** Keeps rows of different ids. One that is there already is replaced if it was open (`isOpenRow`), and stays as it is otherwise. */
  record(rows: readonly AuditRecord[], options: EngineOptions): Promise<void>
  list(query: AuditQuery, limit: number, before: AuditCursor | undefined, options: EngineOptions): Promise<AuditPage>
  /** Deletes what happened before `before`, and then the oldest rows but `keep`. Returns how many of either, at most some thousand. */
  prune(before: number, keep: number, options: EngineOptions): Promise<{ readonly aged: number; readonly surplus: number }>
  /**
   * Ids of commands that ended before `endedBefore` and whose outcome is not in the trail, at most `limit`: the process that ended them died
   * too early to tell, or could not. Commands that ended before the engine had a trail are not told.
   */
  owed(endedBefore: number, limit: number, options: EngineOptions): Promise<readonly string[]>
}

/** The one row of a command. */
export const commandRowId = (commandId: string): string => `${commandId}/command`

/** Its outcome is still to come. */
export function isOpenRow({ status, what }: AuditRecord): boolean {
  return what === 'command' && (status === undefined || !isFinal(status))
}

/** The row of a command as it is now. Pure, and from the command alone: the trail can be completed from the command log. */
export function commandRow(command: Command): AuditRecord {
  const { id, platform, agentId, action, origin, status, problem } = command
  const fault = problem?.fault
  return {
    id: commandRowId(id),
    at: command.acceptedAt,
    what: 'command',
    principal: origin.principal,
    ...(origin.onBehalfOf !== undefined && { onBehalfOf: origin.onBehalfOf }),
    requestId: origin.requestId,
    platform,
    agentId,
    commandId: id,
    action: action.kind,
    ...(action.force === true && { force: true }),
    ...(action.channel !== undefined && { channel: action.channel }),
    ...(action.reason !== undefined && { reason: action.reason }),
    status,
    ...(isFinal(status) && command.settledAt !== undefined && { settledAt: command.settledAt }),
    ...(problem !== undefined && { code: problem.code }),
    ...(fault !== undefined && { vendorSystem: fault.system, vendorCode: fault.code }),
    ...(fault?.requestId !== undefined && { vendorRequestId: fault.requestId }),
  }
}
