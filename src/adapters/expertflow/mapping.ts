import type { AgentState, AgentView, Cause, ChannelView, ViewReason, ViewSource } from '../../core/model/agent-state.js'
import { type MrdPresence, type Presence, type PresenceReason } from './presence.js'
import { FORCED_LOGOUT_REASON, INACTIVITY_REASON, keyOf } from './reasons.js'

/** Global state → ours (section 15.3). READY is refined by the MRDs; names not listed are UNKNOWN. */
export const STATE_OF_GLOBAL: Readonly<Record<string, AgentState>> = {
  LOGOUT: 'LOGGED_OUT',
  LOGIN: 'LOGGING_IN', // transient
  NOT_READY: 'NOT_READY',
  READY: 'READY',
  UNKNOWN: 'UNKNOWN',
}

export interface MrdMeaning {
  readonly state: AgentState
  /** Offered tasks as far as this MRD decides it (section 8.7: READY and ACTIVE only). */
  readonly routable: boolean
  readonly pendingState?: AgentState
}

/**
 * MRD state → ours (sections 8.1 and 15.3). PENDING_NOT_READY is NOT_READY with `pendingState`: no new task comes, the ones in
 * hand are finished, then it is NOT_READY in name too.
 */
export const MEANING_OF_MRD: Readonly<Record<string, MrdMeaning>> = {
  LOGOUT: { state: 'LOGGED_OUT', routable: false },
  LOGIN: { state: 'LOGGING_IN', routable: false },
  NOT_READY: { state: 'NOT_READY', routable: false },
  PENDING_NOT_READY: { state: 'NOT_READY', routable: false, pendingState: 'NOT_READY' },
  READY: { state: 'READY', routable: true },
  ACTIVE: { state: 'READY', routable: true }, // has tasks, has room for more
  BUSY: { state: 'BUSY', routable: false },
  RESERVED: { state: 'RESERVED', routable: false }, // newer builds (trap 15)
  INTERRUPTED: { state: 'INTERRUPTED', routable: false },
  UNKNOWN: { state: 'UNKNOWN', routable: false },
}

const UNKNOWN_MRD: MrdMeaning = { state: 'UNKNOWN', routable: false }

/** MRD states in which work is in hand. On a medium that cannot be interrupted it keeps the agent from all other work (8.7). */
const ENGAGED = new Set(['ACTIVE', 'BUSY', 'PENDING_NOT_READY'])

/** Who speaks for the agent here: a socket of ours, one that is being restored, or none. `plan` chooses its way by it. */
export type DeskStatus = 'up' | 'down' | 'none'

export interface ViewFacts {
  readonly agentId: string
  readonly source: ViewSource
  /** Epoch ms, our clock. */
  readonly now: number
  readonly desk: DeskStatus
  /** A task is being offered on our desk (`taskRequest`, section 5.2). */
  readonly offered: boolean
  /** Where the desk knows better than the reason tells. */
  readonly cause?: Cause | undefined
}

/** Presence → view. Pure. */
export function viewOf(presence: Presence, facts: ViewFacts): AgentView {
  const { state, routable } = agentStateOf(presence, facts.offered)
  const cause = causeOfReason(presence.reason) ?? facts.cause
  return {
    agentId: facts.agentId,
    state,
    routable,
    ...(presence.reason !== undefined && { reason: viewReason(presence.reason) }),
    ...(cause !== undefined && { cause }),
    channels: presence.mrds.map((mrd) => channelOf(mrd, routable)),
    ...(presence.state !== undefined && { vendorState: presence.state }),
    ...(presence.changedAt !== undefined && { since: presence.changedAt }),
    observedAt: facts.now,
    source: facts.source,
    stale: false,
    vendor: { desk: facts.desk },
  }
}

/** Newest instant of a view: channels change without the agent. Orders a read among events, so that an overtaken one is dropped. */
export function newestOf(view: AgentView): { readonly occurredAt?: number } {
  const times = [view.since, ...view.channels.map((channel) => channel.since)].filter((time) => time !== undefined)
  return times.length === 0 ? {} : { occurredAt: Math.max(...times) }
}

/**
 * Global and MRD states → one state (sections 8.7 and 15.3). For a READY agent the strongest fact wins: an offer, an
 * interruption, work on a medium that cannot be interrupted; then readiness of any MRD, then BUSY ones; with none of
 * them the agent is READY and not routable (READY_NO_CHANNEL).
 */
export function agentStateOf(presence: Presence, offered: boolean): { readonly state: AgentState; readonly routable: boolean } {
  const state = STATE_OF_GLOBAL[presence.state ?? ''] ?? 'UNKNOWN'
  if (state !== 'READY') return { state, routable: false }
  const has = (name: string): boolean => presence.mrds.some((mrd) => mrd.state === name)
  if (offered || has('RESERVED')) return { state: 'RESERVED', routable: false }
  if (has('INTERRUPTED')) return { state: 'INTERRUPTED', routable: false }
  if (presence.mrds.some((mrd) => mrd.interruptible === false && ENGAGED.has(mrd.state))) return { state: 'BUSY', routable: false }
  if (has('READY') || has('ACTIVE')) return { state: 'READY', routable: true }
  return { state: has('BUSY') ? 'BUSY' : 'READY', routable: false }
}

function channelOf(mrd: MrdPresence, agentRoutable: boolean): ChannelView {
  const meaning = MEANING_OF_MRD[mrd.state] ?? UNKNOWN_MRD
  return {
    id: mrd.id,
    ...(mrd.name !== undefined && { name: mrd.name }),
    state: meaning.state,
    routable: meaning.routable && agentRoutable,
    ...(meaning.pendingState !== undefined && { pendingState: meaning.pendingState }),
    vendorState: mrd.state,
    ...(mrd.changedAt !== undefined && { since: mrd.changedAt }),
    ...(mrd.maxTasks !== undefined && { maxTasks: mrd.maxTasks }),
  }
}

function viewReason(reason: PresenceReason): ViewReason {
  const key = keyOf(reason)
  return { ...reason, ...(key !== undefined && { key }) }
}

/** Causes that the vendor writes as a reason (section 9.5); by id or name, never by code. */
export function causeOfReason(reason: PresenceReason | undefined): Cause | undefined {
  if (reason === undefined) return undefined
  const is = (special: { readonly id: string; readonly name: string }): boolean =>
    reason.id === special.id || (reason.id === undefined && reason.name === special.name)
  if (is(FORCED_LOGOUT_REASON)) return 'supervisor'
  return is(INACTIVITY_REASON) ? 'inactivity' : undefined
}
