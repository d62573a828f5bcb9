import type { AgentState } from './agent-state.js'
import type { ErrorCode, VendorFault } from './error.js'
import type { CommandStatus } from './life-cycle.js'
import type { Reason, ReasonSelector } from './reason.js'

export const ACTION_KINDS = ['LOGIN', 'READY', 'NOT_READY', 'LOGOUT'] as const
export type ActionKind = (typeof ACTION_KINDS)[number]

/** The state that each action asks for. */
export const TARGET_STATE: Readonly<Record<ActionKind, AgentState>> = {
  LOGIN: 'NOT_READY',
  READY: 'READY',
  NOT_READY: 'NOT_READY',
  LOGOUT: 'LOGGED_OUT',
}

/** What is asked for, without secrets: this is what the command log stores. */
export interface Action {
  readonly kind: ActionKind
  /** A supervisor's logout. */
  readonly force?: boolean
  /** As the caller named it. */
  readonly reason?: ReasonSelector
  /** Media routing domain; missing means the agent as a whole. */
  readonly channel?: string
  readonly queues?: readonly string[]
  readonly station?: string
  /** User name of a LOGIN; the password never gets here. */
  readonly username?: string
  /** True when the caller supplied a secret that only this process holds. */
  readonly hasSecret?: boolean
  /** Vendor specific, validated by the adapter's own schema; never secrets. */
  readonly options?: Readonly<Record<string, unknown>>
}

/** An action whose reason has been looked up in the platform's list. What an adapter plans from. */
export interface ResolvedAction extends Omit<Action, 'reason'> {
  readonly reason?: Reason
}

/** What an action without a reason is: there is nothing to look up. */
export type Reasonless = Action & { readonly reason?: never }

export {
  COMMAND_STATUSES,
  FINAL_STATUSES,
  isFinal,
  OPEN_STATUSES,
  type CommandStatus,
  type FinalStatus,
  type OpenStatus,
} from './life-cycle.js'

/** Why a command did not end well; stored with it, redacted. */
export interface CommandProblem {
  readonly code: ErrorCode
  readonly detail?: string
  readonly fault?: VendorFault
  readonly validReasons?: readonly string[]
}

/** Who asked, on whose behalf. */
export interface Origin {
  /** Name of the key or subject of the token. */
  readonly principal: string
  readonly requestId: string
  /** The person behind the CRM's key, as the CRM names it. */
  readonly onBehalfOf?: string
  /** The caller did not wait: it was answered with the command as it was accepted, and is so again. */
  readonly async?: true
}

/** Platform and agent as one text, `platform/agentId`. Platform ids contain no slash, so it splits at the first one. */
export type AgentKey = string

export function agentKey(platform: string, agentId: string): AgentKey {
  return `${platform}/${agentId}`
}

export function splitAgentKey(key: AgentKey): { platform: string; agentId: string } {
  const at = key.indexOf('/')
  return { platform: key.slice(0, at), agentId: key.slice(at + 1) }
}

/** A durable command. All instants are epoch ms. */
export interface Command {
  readonly id: string
  readonly platform: string
  readonly agentId: string
  readonly action: Action
  readonly origin: Origin
  readonly status: CommandStatus
  /** Per agent, assigned by the log, growing by at least one; the order of acceptance. */
  readonly seq: number
  /** Attempts begun, counted before the vendor is called, so that a crash is counted too. */
  readonly attempts: number
  readonly acceptedAt: number
  readonly expiresAt: number
  readonly sentAt?: number
  readonly settledAt?: number
  readonly nextAttemptAt?: number
  readonly confirmedBy?: 'event' | 'read'
  /** The agent was in the target state already; nothing was sent. */
  readonly unchanged?: boolean
  readonly supersededBy?: string
  /** The vendor has taken it and will apply it by itself later, for example after the call. */
  readonly pending?: boolean
  readonly problem?: CommandProblem
  /** How often in a row a process died or froze while it worked on this command; missing means never. */
  readonly crashes?: number
  /** The engine was rolled back to an older snapshot after this command was accepted: it may be done or replaced long ago. */
  readonly beforeRollback?: boolean
}

/** The command as it was when it was accepted, whatever has become of it since. */
export function asAccepted({ id, platform, agentId, action, origin, seq, acceptedAt, expiresAt }: Command): Command {
  return { id, platform, agentId, action, origin, status: 'accepted', seq, attempts: 0, acceptedAt, expiresAt }
}

/**
 * What a newer command does to an older one that is still open.
 * `replaces`: the older ends as superseded · `waits`: the older is done first · `refused`: the newer is not accepted.
 */
export type Relation = 'replaces' | 'waits' | 'refused'

/** Row and column names of the matrix: the action, with `!` for a forced logout. */
export const COMMAND_CLASSES = ['LOGIN', 'READY', 'NOT_READY', 'LOGOUT', 'LOGOUT!'] as const
export type CommandClass = (typeof COMMAND_CLASSES)[number]

export function commandClass(action: Pick<Action, 'kind' | 'force'>): CommandClass {
  return action.kind === 'LOGOUT' && action.force === true ? 'LOGOUT!' : action.kind
}

/**
 * Supersede matrix, newer → older, for two commands of the same scope (both for the whole agent, or both for the same
 * channel). Newest wins, with three exceptions: LOGIN waits for what it follows (a vendor must not be asked to sign in
 * while it signs out), READY and NOT_READY wait for the LOGIN that they need, and a logout is not overtaken by anything
 * weaker: it may have taken effect already, and READY cannot undo it. What waits behind a logout meets an agent who is
 * logged out and is told so; nobody is routed to an empty chair. Behind a forced logout it is refused at once.
 */
export const SUPERSEDE_MATRIX: Readonly<Record<CommandClass, Readonly<Record<CommandClass, Relation>>>> = {
  LOGIN: { LOGIN: 'replaces', READY: 'waits', NOT_READY: 'waits', LOGOUT: 'waits', 'LOGOUT!': 'waits' },
  READY: { LOGIN: 'waits', READY: 'replaces', NOT_READY: 'replaces', LOGOUT: 'waits', 'LOGOUT!': 'refused' },
  NOT_READY: { LOGIN: 'waits', READY: 'replaces', NOT_READY: 'replaces', LOGOUT: 'waits', 'LOGOUT!': 'refused' },
  LOGOUT: { LOGIN: 'replaces', READY: 'replaces', NOT_READY: 'replaces', LOGOUT: 'replaces', 'LOGOUT!': 'waits' },
  'LOGOUT!': { LOGIN: 'replaces', READY: 'replaces', NOT_READY: 'replaces', LOGOUT: 'replaces', 'LOGOUT!': 'replaces' },
}

/** How the scopes of two commands relate, seen from the newer one. */
export type Scope = 'same' | 'older-is-channel' | 'newer-is-channel' | 'other-channel'

export function scopeOf(newerChannel: string | undefined, olderChannel: string | undefined): Scope {
  if (newerChannel === olderChannel) return 'same'
  if (newerChannel === undefined) return 'older-is-channel'
  if (olderChannel === undefined) return 'newer-is-channel'
  return 'other-channel'
}

/**
 * The relation of a newer command to an older open one. Total; property-tested.
 *
 * Channels: a command for the whole agent that takes it away from work (NOT_READY, LOGOUT) replaces what was asked for a
 * single channel; one that brings it to work waits, so that both take effect in order. A channel command never replaces
 * one for the whole agent or for another channel.
 */
export function relation(newer: Pick<Action, 'kind' | 'force' | 'channel'>, older: Pick<Action, 'kind' | 'force' | 'channel'>): Relation {
  const byClass = SUPERSEDE_MATRIX[commandClass(newer)][commandClass(older)]
  switch (scopeOf(newer.channel, older.channel)) {
    case 'same':
      return byClass
    case 'older-is-channel':
      return newer.kind === 'NOT_READY' || newer.kind === 'LOGOUT' ? 'replaces' : 'waits'
    case 'newer-is-channel':
    case 'other-channel':
      return byClass === 'refused' ? 'refused' : 'waits'
  }
}

/**
 * The matrix as the stores need it: relation by `<class>|<scope>` of the older command, so that one atomic step in SQL
 * or Lua can apply it without knowing the rules.
 */
export function relationTable(newer: Pick<Action, 'kind' | 'force' | 'channel'>): Readonly<Record<string, Relation>> {
  // Which channel it is does not matter, only whether there is one: ten tables in all, made once.
  const name = `${commandClass(newer)}|${newer.channel === undefined ? 'agent' : 'channel'}`
  const known = TABLES.get(name)
  if (known !== undefined) return known
  const table = Object.freeze(makeTable(newer))
  TABLES.set(name, table)
  return table
}

const TABLES = new Map<string, Readonly<Record<string, Relation>>>()

function makeTable(newer: Pick<Action, 'kind' | 'force' | 'channel'>): Record<string, Relation> {
  const table: Record<string, Relation> = {}
  for (const older of COMMAND_CLASSES) {
    const action: Pick<Action, 'kind' | 'force'> = older === 'LOGOUT!' ? { kind: 'LOGOUT', force: true } : { kind: older }
    table[`${older}|same`] = relation(newer, newer.channel === undefined ? action : { ...action, channel: newer.channel })
    table[`${older}|agent`] = relation(newer, action)
    table[`${older}|channel`] = relation(newer, { ...action, channel: '\u0000another' })
  }
  return table
}
