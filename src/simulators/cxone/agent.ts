/** An agent as the platform knows it: state, contact, session. */
import type { StateId, Team } from './codes.js'

/** A journalled request; what becomes of it later is written to the same entry. */
export interface Asked {
  /** Journal entry of the request. */
  readonly seq: number
  /** The entry's own detail. */
  readonly detail: Record<string, unknown>
}

/** Every value is a string (3.6), but for the list of next states. */
export type SessionEvent = { readonly Type: string } & Readonly<Record<string, string | readonly Readonly<Record<string, string>>[]>>

export interface Client {
  /** The only id that continues; all older ones bring a full refresh. */
  current: string
  queue: SessionEvent[]
  wake: (() => void) | undefined
}

export interface PlatformSession {
  /** The platform's number of the session, not the id of the API (3.6). */
  readonly number: number
  readonly agent: Agent
  readonly stationId: string
  readonly stationPhoneNumber: string
  readonly startedAt: number
  readonly inactivitySeconds: number
  readonly inactivityForceLogout: boolean
  /** The agent's own desktop keeps it alive. */
  readonly desktop: boolean
  readonly clients: Client[]
  /** Polls that wait now; while one waits the session is not idle. */
  waiting: number
  /** Restarts the inactivity timer. */
  touch: () => void
  endAfterContact: boolean
  ended: boolean
}

export interface Contact {
  readonly id: number
  readonly inbound: boolean
  readonly mediaTypeId: number
  readonly mediaTypeName: string
  readonly skillId: number
  readonly skillName: string
  readonly from: string
  readonly to: string
  /** Where the agent was when the contact came. */
  readonly before: OutState & { readonly state: StateId }
  phase: 'offered' | 'active'
  startedAt: number
}

/** Why the agent is Unavailable; nothing set: plain Unavailable. */
export interface OutState {
  readonly outStateId?: number
  readonly outStateName?: string
  readonly isAcw?: boolean
}

/** A change that the platform will make by itself after the contact. */
export interface NextState {
  readonly state: StateId
  readonly out: OutState
  /** The request, to be amended when it takes effect. */
  readonly asked?: Asked
}

export interface Agent {
  readonly id: number
  readonly userName: string
  readonly firstName: string
  readonly lastName: string
  readonly userId: string
  readonly team: Team
  state: StateId
  out: OutState
  startDate: number
  lastUpdate: number
  contact: Contact | undefined
  next: NextState | undefined
  session: PlatformSession | undefined
  personalQueue: number
  /** Set: a supervisor may not change this agent (403). */
  restricted: boolean
  /** The latest instant at which an accepted change takes effect, so that the order is kept. */
  busyUntil: number
  readonly history: StateRecord[]
}

export interface StateRecord {
  readonly stateIndex: number
  readonly startDate: number
  readonly state: StateId
  readonly out: OutState
  readonly contactId?: number
}
