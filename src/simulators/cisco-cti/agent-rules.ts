/**
 * What a Unified CCE peripheral does with SET_AGENT_STATE and with calls (vendors/cisco.md sections 1.6, 1.9, 3.4, 4.3).
 * Changes agents in place and says which state events that makes; sends nothing.
 */
import { CF, DESK, PERERR, REASON, STATE } from './codes.js'
import type { CtiOptions } from './options.js'
import type { Agent, PendingChange, Population } from './population.js'

/** One AGENT_STATE_EVENT to be sent: the agent as it was at that moment. */
export interface StateEvent {
  readonly agent: Agent
  readonly state: number
  readonly reason: number
  readonly instrument: string | undefined
  readonly next?: number
  readonly direction?: number
  /** Media routing domain; missing means voice. */
  readonly mrd?: number
}

export type Outcome =
  | { readonly kind: 'done'; readonly effect: 'applied' | 'unchanged'; readonly events: readonly StateEvent[] }
  | { readonly kind: 'deferred'; readonly pending: PendingChange; readonly events: readonly StateEvent[] }
  | { readonly kind: 'refused'; readonly failure: number; readonly peripheralError: number }

export interface StateRequest {
  readonly state: number
  readonly reason: number
  readonly forced: boolean
  readonly workMode: number
  readonly instrument: string | undefined
  readonly password: string | undefined
  readonly sso: boolean
}

const refused = (failure: number, peripheralError: number = PERERR.NONE): Outcome => ({ kind: 'refused', failure, peripheralError })
const LOCK_AFTER = 5

export function onCall(agent: Agent): boolean {
  return agent.state === STATE.talking || agent.state === STATE.hold || agent.state === STATE.busyOther
}

function wrappingUp(agent: Agent): boolean {
  return agent.state === STATE.workNotReady || agent.state === STATE.workReady
}

export function loggedIn(agent: Agent): boolean {
  return agent.state !== STATE.logout && agent.state !== STATE.unknown
}

export function eventOf(agent: Agent, extra: Partial<StateEvent> = {}): StateEvent {
  return { agent, state: agent.state, reason: agent.reason, instrument: agent.instrument, ...extra }
}

/** Puts the agent into a state and says so. */
export function enter(agent: Agent, state: number, reason = 0): StateEvent {
  agent.state = state
  agent.reason = reason
  agent.since = Date.now()
  const event = eventOf(agent, onCall(agent) ? { direction: agent.direction } : {})
  if (state === STATE.logout) {
    agent.instrument = undefined
    agent.mobileNumber = undefined
    agent.workMode = 0
    agent.pending = undefined
    agent.afterCall = undefined
  }
  return event
}

/** What the peripheral makes of a SET_AGENT_STATE_REQ for a known agent. */
export function changeState(agent: Agent, request: StateRequest, site: { population: Population; options: CtiOptions }): Outcome {
  if (agent.state === STATE.unknown && request.state !== STATE.login) return refused(CF.INTERFACE_INACTIVE)
  if (request.state === STATE.login) return login(agent, request, site.population)
  if (request.state === STATE.logout) return logout(agent, request, site.options)
  if (request.state === STATE.notReady) return notReady(agent, request, site.options)
  if (request.state === STATE.available) return ready(agent)
  if (request.state === STATE.workNotReady || request.state === STATE.workReady) return work(agent, request)
  return refused(CF.INVALID_OBJECT_STATE, PERERR.BAD_STATE_TRANSITION)
}

function login(agent: Agent, request: StateRequest, population: Population): Outcome {
  if (agent.locked) return refused(CF.ACCOUNT_LOCKED)
  if (!request.sso && request.password !== agent.password) {
    agent.wrongPasswords += 1
    agent.locked = agent.wrongPasswords >= LOCK_AFTER
    return refused(CF.INVALID_PASSWORD)
  }
  agent.wrongPasswords = 0
  const [instrument = '', mobileNumber] = (request.instrument ?? '').split(';')
  const mobile = request.workMode === 3 || request.workMode === 4
  if (mobile !== (mobileNumber !== undefined && mobileNumber !== '')) return refused(CF.INVALID_AGENT_WORKMODE)
  // Captured together: CF 260 with PERERR 10125 (section 7.5, error-invalid-line.xml).
  if (!population.instruments.has(instrument)) return refused(CF.INVALID_LOGON_DEVICE, PERERR.NO_DEVICE_TARGET)
  if (loggedIn(agent)) return refused(CF.ALREADY_SIGNED_ON, PERERR.ALREADY_SIGNED_ON)
  for (const other of population.agents.values()) {
    if (other !== agent && other.instrument === instrument) return refused(CF.EXTENSION_IN_USE)
  }
  agent.instrument = instrument
  agent.mobileNumber = mobileNumber
  agent.workMode = request.workMode
  return { kind: 'done', effect: 'applied', events: [enter(agent, STATE.login), enter(agent, STATE.notReady)] }
}

function reasonProblem(agent: Agent, request: StateRequest, bit: number, options: CtiOptions): Outcome | undefined {
  if (request.reason === 0) return (agent.deskSettings & bit) !== 0 ? refused(CF.REASON_CODE_REQUIRED) : undefined
  const accepted = options.reasonCodes === '' ? undefined : options.reasonCodes.split(',').map(Number)
  // The supervisor's code is CCE's own and needs no entry in the site's list (section 2.1).
  if (accepted === undefined || request.reason === REASON.supervisor || accepted.includes(request.reason)) return undefined
  return refused(CF.INVALID_REASON_CODE)
}

function logout(agent: Agent, request: StateRequest, options: CtiOptions): Outcome {
  if (agent.state === STATE.logout) return refused(CF.INVALID_OBJECT_STATE, PERERR.ALREADY_LOGGED_OUT)
  const problem = reasonProblem(agent, request, DESK.logoutReasonRequired, options)
  if (problem !== undefined) return problem
  if (agent.state === STATE.notReady) {
    return { kind: 'done', effect: 'applied', events: [enter(agent, STATE.logout, request.reason)] }
  }
  if (!request.forced || options.forcedFlag === 'ignored') return refused(CF.INVALID_OBJECT_STATE, PERERR.CANT_LOG_OUT)
  return supervisorLogout(agent, request.reason)
}

function notReady(agent: Agent, request: StateRequest, options: CtiOptions): Outcome {
  // Finesse reports 257 for LOGOUT to NOT_READY, and its errorData is the CF number of CTI Server (sections 4.3, 4.5).
  if (!loggedIn(agent)) return refused(CF.INVALID_PASSWORD, PERERR.BAD_STATE_TRANSITION)
  const problem = reasonProblem(agent, request, DESK.notReadyReasonRequired, options)
  if (problem !== undefined) return problem
  if (agent.state === STATE.reserved && options.reserved === 'refuse') return refused(CF.INVALID_OBJECT_STATE, PERERR.RESERVED)
  if (onCall(agent) || agent.state === STATE.reserved) {
    return defer(agent, { state: STATE.notReady, reason: request.reason })
  }
  if (agent.state === STATE.notReady && agent.reason === request.reason) return { kind: 'done', effect: 'unchanged', events: [] }
  return { kind: 'done', effect: 'applied', events: [enter(agent, STATE.notReady, request.reason)] }
}

function ready(agent: Agent): Outcome {
  if (agent.state === STATE.available) return { kind: 'done', effect: 'unchanged', events: [] }
  if (agent.state === STATE.reserved) return refused(CF.INVALID_OBJECT_STATE, PERERR.RESERVED)
  if (agent.state !== STATE.notReady && !wrappingUp(agent)) return refused(CF.INVALID_OBJECT_STATE, PERERR.CANT_GO_READY)
  return { kind: 'done', effect: 'applied', events: [enter(agent, STATE.available)] }
}

function work(agent: Agent, request: StateRequest): Outcome {
  if (!onCall(agent)) return refused(CF.INVALID_OBJECT_STATE, PERERR.BAD_STATE_TRANSITION)
  return defer(agent, { state: request.state, reason: 0 })
}

function defer(agent: Agent, pending: PendingChange): Outcome {
  agent.pending = pending
  const next = pending.thenLogout === undefined ? pending.state : STATE.logout
  return { kind: 'deferred', pending, events: [eventOf(agent, { next, direction: agent.direction })] }
}

/** Logout by a supervisor or by force: at once when idle, after the call otherwise (section 3.4). */
export function supervisorLogout(agent: Agent, reason: number = REASON.supervisor): Outcome {
  if (agent.state === STATE.logout) return refused(CF.INVALID_OBJECT_STATE, PERERR.ALREADY_LOGGED_OUT)
  if (onCall(agent) || agent.state === STATE.reserved) {
    return defer(agent, { state: STATE.notReady, reason, thenLogout: reason })
  }
  const events = agent.state === STATE.notReady ? [] : [enter(agent, STATE.notReady, reason)]
  return { kind: 'done', effect: 'applied', events: [...events, enter(agent, STATE.logout, reason)] }
}

/** A call is offered to an available agent. */
export function offerCall(agent: Agent): StateEvent[] {
  if (agent.state !== STATE.available) throw new Error(`agent ${agent.id} is not AVAILABLE`)
  agent.afterCall = STATE.available
  agent.direction = 1
  return [enter(agent, STATE.reserved)]
}

/** The agent talks: the offered call is answered, or one is placed from NOT_READY. */
export function answerCall(agent: Agent): StateEvent[] {
  if (!loggedIn(agent)) throw new Error(`agent ${agent.id} is not logged in`)
  if (agent.state !== STATE.reserved) {
    agent.afterCall = agent.state
    agent.direction = agent.state === STATE.available ? 1 : 2
  }
  return [enter(agent, STATE.talking)]
}

/** The call ends: what was deferred takes effect, else wrap-up, else the state of before. */
export function endCall(agent: Agent, wrapUp: boolean): { events: StateEvent[]; applied: PendingChange | undefined } {
  if (!onCall(agent) && agent.state !== STATE.reserved) throw new Error(`agent ${agent.id} is not on a call`)
  const { pending, afterCall = STATE.notReady } = agent
  agent.pending = undefined
  agent.afterCall = undefined
  agent.direction = 0
  if (pending !== undefined && pending.thenLogout === undefined && wrapUp && pending.state === STATE.notReady) {
    agent.pending = pending
    return { events: [enter(agent, STATE.workNotReady)], applied: undefined }
  }
  if (pending !== undefined) {
    const events = [enter(agent, pending.state, pending.reason)]
    if (pending.thenLogout !== undefined) events.push(enter(agent, STATE.logout, pending.thenLogout))
    return { events, applied: pending }
  }
  const back = afterCall === STATE.available ? STATE.available : STATE.notReady
  const next = !wrapUp ? back : back === STATE.available ? STATE.workReady : STATE.workNotReady
  return { events: [enter(agent, next)], applied: undefined }
}

/** Wrap-up ends by itself (the work timer). */
export function endWrapUp(agent: Agent): ReturnType<typeof endCall> {
  if (!wrappingUp(agent)) throw new Error(`agent ${agent.id} is not in wrap-up`)
  const { pending } = agent
  agent.pending = undefined
  if (pending !== undefined) return { events: [enter(agent, pending.state, pending.reason)], applied: pending }
  return { events: [enter(agent, agent.state === STATE.workReady ? STATE.available : STATE.notReady)], applied: undefined }
}
