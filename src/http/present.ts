import { hash } from 'node:crypto'
import type { components } from '../generated/gateway.js'
import type { QueuePlace } from '../core/accept/command-request.js'
import type { Platform } from '../core/platforms.js'
import type { AgentState, AgentView } from '../core/model/agent-state.js'
import { TARGET_STATE, type Command, type CommandProblem } from '../core/model/command.js'
import { CtiError, ERROR_CATALOGUE } from '../core/model/error.js'
import type { Reason } from '../core/model/reason.js'
import { iso } from './iso.js'

type Schemas = components['schemas']

/** Drops undefined members: absent stays absent on the wire. */
function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const kept: Partial<T> = {}
  for (const name in value) if (value[name] !== undefined) kept[name] = value[name]
  return kept as { [K in keyof T]: Exclude<T[K], undefined> }
}

/** For JSON: a member that is undefined is not written. */
export function presentCommand(command: Command, queue?: QueuePlace): Schemas['Command'] {
  const shown: { readonly [K in keyof Schemas['Command']]: Schemas['Command'][K] | undefined } = {
    id: command.id,
    platform: command.platform,
    agentId: command.agentId,
    channel: command.action.channel,
    action: command.action.kind,
    force: command.action.force === true,
    reason: command.action.reason,
    status: command.status,
    seq: command.seq,
    attempts: command.attempts,
    acceptedAt: iso(command.acceptedAt),
    sentAt: command.sentAt === undefined ? undefined : iso(command.sentAt),
    settledAt: command.settledAt === undefined ? undefined : iso(command.settledAt),
    expiresAt: iso(command.expiresAt),
    nextAttemptAt: command.nextAttemptAt === undefined || command.settledAt !== undefined ? undefined : iso(command.nextAttemptAt),
    queuePosition: queue?.position,
    confirmedBy: command.confirmedBy,
    unchanged: command.unchanged,
    pending: command.pending === true ? true : undefined,
    supersededBy: command.supersededBy,
    requestedBy: command.origin.principal,
    onBehalfOf: command.origin.onBehalfOf,
    problem: command.problem === undefined || command.status === 'confirmed' ? undefined : presentProblem(problemError(command.problem)),
  }
  return shown as Schemas['Command']
}

/** A stored problem as the error it was. */
export function problemError(problem: CommandProblem): CtiError {
  const { code, detail, fault, validReasons } = problem
  return new CtiError(code, defined({ detail, fault, validReasons }))
}

/** RFC 9457 body of an error; everything that is not in the error comes from the catalogue. */
export function presentProblem(
  error: CtiError,
  more: { instance?: string; requestId?: string; command?: Command } = {},
): Schemas['Problem'] {
  const entry = ERROR_CATALOGUE[error.code]
  const { fault } = error
  return defined({
    type: `/docs#${error.code}`,
    title: entry.title,
    status: entry.status,
    code: error.code,
    detail: error.code === 'INTERNAL' ? undefined : error.detail,
    hint: entry.hint,
    instance: more.instance,
    effect: error.effect,
    retryable: error.retry !== 'never' || entry.status === 503,
    requestId: more.requestId,
    commandId: more.command?.id,
    commandStatus: more.command?.status,
    supersededBy: more.command?.supersededBy,
    vendorSystem: fault?.system,
    vendorCode: fault?.code,
    vendorName: fault?.name,
    vendorMessage: fault?.message,
    vendorStatus: fault?.httpStatus,
    vendorRequestId: fault?.requestId,
    validReasons: error.validReasons === undefined ? undefined : [...error.validReasons],
    errors: error.errors === undefined ? undefined : error.errors.map(({ field, message }) => ({ field, message })),
  })
}

/** States that are at odds with a confirmed target. */
const DRIFTED: Readonly<Partial<Record<AgentState, readonly AgentState[]>>> = {
  LOGGED_OUT: ['LOGGING_IN', 'NOT_READY', 'READY', 'RESERVED', 'BUSY', 'HOLD', 'WRAP_UP', 'INTERRUPTED'],
  READY: ['LOGGED_OUT', 'NOT_READY'],
  NOT_READY: ['LOGGED_OUT', 'READY', 'RESERVED'],
}

export function presentState(platform: string, view: AgentView, newest: Command | undefined): Schemas['AgentState'] {
  const desired = newest === undefined || newest.action.channel !== undefined ? undefined : TARGET_STATE[newest.action.kind]
  const drift =
    desired !== undefined && newest?.status === 'confirmed' && view.pendingState !== desired
      ? (DRIFTED[desired] ?? []).includes(view.state)
      : undefined
  return defined({
    platform,
    agentId: view.agentId,
    state: view.state,
    routable: view.routable && !view.stale,
    pendingState: view.pendingState,
    reason: view.reason === undefined ? undefined : defined({ ...view.reason }),
    cause: view.cause,
    channels: view.channels.map((channel) => defined({ ...channel, since: channel.since === undefined ? undefined : iso(channel.since) })),
    vendorState: view.vendorState,
    since: view.since === undefined ? undefined : iso(view.since),
    observedAt: iso(view.observedAt),
    source: view.source,
    stale: view.stale,
    desired,
    desiredCommand: desired === undefined ? undefined : newest?.id,
    drift: newest?.action.kind === 'LOGIN' && view.state !== 'LOGGED_OUT' ? false : drift,
  })
}

/** Changes when, and only when, what the platform says of the agent changes. */
export function etagOf(view: AgentView): string {
  const { observedAt: _observedAt, source: _source, vendor: _vendor, ...rest } = view
  return `"${hash('sha256', JSON.stringify(rest), 'base64url').slice(0, 22)}"`
}

export function presentReason(reason: Reason): Schemas['Reason'] {
  const { raw: _raw, teams, ...rest } = reason
  return defined({ ...rest, teams: teams === undefined ? undefined : [...teams] })
}

export function presentPlatform({ id, adapter }: Platform): Schemas['Platform'] {
  const { manifest } = adapter
  const health = adapter.health()
  return {
    id,
    kind: manifest.kind,
    vendor: manifest.vendor,
    title: manifest.title,
    link: defined({ status: health.status, detail: health.detail, since: iso(health.since) }),
    actions: [...manifest.actions],
    confirms: manifest.confirms,
    events: manifest.events,
    reasonForNotReady: manifest.reasons.notReady,
    reasonForLogout: manifest.reasons.logout,
    reasonSource: manifest.reasons.source,
    channels: manifest.channels,
    login: manifest.login,
    forcedLogout: manifest.forcedLogout,
    logoutWhileBusy: manifest.logoutWhileBusy,
    refusals: manifest.refusals,
    testedVersions: [...manifest.testedVersions],
  }
}
