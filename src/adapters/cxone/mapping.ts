import type { AgentState, Cause } from '../../core/model/agent-state.js'
import type { CanonicalReason } from '../../core/model/reason.js'

/** How one vendor state stands for ours. `transitional`: the previous state stays until the vendor says what came of it. */
export interface StateRow {
  readonly id: number
  readonly name: string
  readonly state: AgentState
  readonly transitional: boolean
}

/** vendors/cxone.md section 4.3: ids and names; LoggedIn (8) is transitional by section 9. */
export const STATES: readonly StateRow[] = [
  { id: 0, name: 'LoggedOut', state: 'LOGGED_OUT', transitional: false }, // 4.3
  { id: 1, name: 'Available', state: 'READY', transitional: false }, // 4.3
  { id: 2, name: 'Unavailable', state: 'NOT_READY', transitional: false }, // 4.3, WRAP_UP with the ACW flag
  { id: 3, name: 'InboundContact', state: 'BUSY', transitional: false }, // 4.3
  { id: 4, name: 'OutboundContact', state: 'BUSY', transitional: false }, // 4.3
  { id: 5, name: 'InboundConsult', state: 'BUSY', transitional: false }, // 4.3
  { id: 6, name: 'OutboundConsult', state: 'BUSY', transitional: false }, // 4.3
  { id: 7, name: 'Dialer', state: 'BUSY', transitional: false }, // 4.3
  { id: 8, name: 'LoggedIn', state: 'NOT_READY', transitional: true }, // 4.3 and 9
]

/** A word of the SDK that has no id: waiting for the dialer (section 3.6). */
const WORDS_WITHOUT_ID: readonly StateRow[] = [{ id: Number.NaN, name: 'DialerPending', state: 'RESERVED', transitional: true }]

const LOGGED_OUT = 0
const UNAVAILABLE = 2

/** A reserved out-state: written by the platform, never to be chosen. */
export interface OutStateRow {
  readonly code: number
  readonly name: string
  /** What comes next, as far as the name tells. */
  readonly pending?: AgentState
  readonly cause?: Cause
}

/** vendors/cxone.md section 4.4. −10 and −11 are not documented and are treated as transitional without a target. */
export const OUT_STATES: readonly OutStateRow[] = [
  { code: -13, name: 'PreviewNotification', pending: 'RESERVED' }, // 4.4
  { code: -12, name: 'LogoffPending', pending: 'LOGGED_OUT' }, // 4.4
  { code: -9, name: 'PromisePending', pending: 'BUSY' }, // 4.4
  { code: -8, name: 'CallbackPending', pending: 'BUSY' }, // 4.4
  { code: -7, name: 'TransferPending', pending: 'BUSY' }, // 4.4
  { code: -6, name: 'DialerPending', pending: 'BUSY' }, // 4.4
  { code: -5, name: 'ConsultPending', pending: 'BUSY' }, // 4.4
  { code: -4, name: 'OutboundPending', pending: 'BUSY' }, // 4.4
  { code: -3, name: 'InboundPending', pending: 'BUSY' }, // 4.4
  { code: -2, name: 'HeldPartyAbandoned' }, // 4.4
  { code: -1, name: 'Refused', cause: 'system' }, // 4.4: a contact was refused; the agent stays unavailable
]

/** Names of unavailable codes whose meaning is plain; customers name theirs freely, `reasonKeys` adds to this. */
export const REASON_KEYS: Readonly<Record<string, CanonicalReason>> = {
  break: 'BREAK.SHORT',
  'short break': 'BREAK.SHORT',
  lunch: 'BREAK.LUNCH',
  meeting: 'MEETING',
  training: 'TRAINING',
  administration: 'ADMINISTRATION',
  refused: 'SYSTEM.OTHER',
}

export const stateById = (id: number): StateRow | undefined => STATES.find((row) => row.id === id)

/** Words are compared in any letter case, as NICE's SDK does (section 3.6). */
export function stateByName(name: string): StateRow | undefined {
  const wanted = name.trim().toLowerCase()
  return [...STATES, ...WORDS_WITHOUT_ID].find((row) => row.name.toLowerCase() === wanted)
}

export const outStateByCode = (code: number): OutStateRow | undefined => OUT_STATES.find((row) => row.code === code)

/** Codes below −1 are moments between two states (section 9). */
export const isTransitionalOutState = (code: number): boolean => code < -1

/** Canonical key of a reason: the site's own table first, an ACW code is WRAP_UP, then plain names. */
export function reasonKey(name: string, acw: boolean, own: Readonly<Record<string, CanonicalReason>>): CanonicalReason | undefined {
  const wanted = name.trim().toLowerCase()
  const configured = Object.entries(own).find(([key]) => key.trim().toLowerCase() === wanted)
  if (configured !== undefined) return configured[1]
  return acw ? 'WRAP_UP' : REASON_KEYS[wanted]
}

/** What the vendor says of one agent, from either feed, before it is made a view. */
export interface Sighting {
  readonly stateId?: number
  readonly stateName?: string
  readonly outStateId?: number
  readonly outStateName?: string
  readonly acw: boolean
  readonly next?: AgentState
}

/** Our reading of a sighting. `previous` is the state known before, which transitional states leave standing. */
export interface Reading {
  readonly state: AgentState
  readonly pendingState?: AgentState
  readonly routable: boolean
  readonly cause?: Cause
}

/**
 * Section 9. An unknown id or word is UNKNOWN; a transitional one keeps the previous state and names what comes next. Only an
 * Available agent with nothing pending is routable.
 */
export function readState(sighting: Sighting, previous: AgentState | undefined): Reading {
  const row = rowOf(sighting)
  if (row === undefined) return { state: 'UNKNOWN', routable: false }
  const out = sighting.outStateId
  const unavailable = row.id === UNAVAILABLE
  if (out !== undefined && isTransitionalOutState(out) && row.id !== LOGGED_OUT) {
    // On a contact the contact stays the state: only what comes next is new (LogoffPending).
    const next = outStateByCode(out)?.pending ?? sighting.next
    const state = unavailable ? kept(previous, row.state) : row.state
    return { state, routable: false, ...(next !== undefined && { pendingState: next }) }
  }
  if (row.transitional) return { state: kept(previous, row.state), routable: false, pendingState: row.state }
  const state = unavailable && sighting.acw ? 'WRAP_UP' : row.state
  const cause = unavailable && out !== undefined ? outStateByCode(out)?.cause : undefined
  const pendingState = sighting.next === state || row.id === LOGGED_OUT ? undefined : sighting.next
  return {
    state,
    routable: state === 'READY' && pendingState === undefined,
    ...(pendingState !== undefined && { pendingState }),
    ...(cause !== undefined && { cause }),
  }
}

function rowOf(sighting: Sighting): StateRow | undefined {
  if (sighting.stateId !== undefined) return stateById(sighting.stateId)
  return sighting.stateName === undefined ? undefined : stateByName(sighting.stateName)
}

/** A moment between two states cannot leave an agent logged out, nor unknown. */
function kept(previous: AgentState | undefined, otherwise: AgentState): AgentState {
  return previous === undefined || previous === 'UNKNOWN' || previous === 'LOGGED_OUT' ? otherwise : previous
}
