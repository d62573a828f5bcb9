import type { Plan, Step } from '../../core/adapter.js'
import type { AgentState, AgentView } from '../../core/model/agent-state.js'
import type { ResolvedAction } from '../../core/model/command.js'
import { CtiError } from '../../core/model/error.js'
import type { Reason } from '../../core/model/reason.js'
import type { CxoneCommandOptions, LoginWay } from './options.js'
import type { CxoneRequest } from './requests.js'
import { isAcwRecord } from './unavailable-codes.js'

export interface PlanSettings {
  readonly mode: 'supervisor' | 'session-owner'
  readonly login: LoginWay
  readonly withinMs: number
  readonly defaultStationId?: string
  readonly stationIs: 'id' | 'phone'
  readonly inactivityTimeoutSeconds: number
}

/** Everything that a logged-in agent can be seen in. */
const LOGGED_IN: readonly AgentState[] = ['NOT_READY', 'READY', 'RESERVED', 'BUSY', 'HOLD', 'WRAP_UP', 'INTERRUPTED']
/** Seen from outside a contact: whoever got a contact was ready a moment before. */
const READY_REACHED: readonly AgentState[] = ['READY', 'RESERVED', 'BUSY', 'HOLD']

type Planner = (action: ResolvedAction, agentId: string, view: AgentView, settings: PlanSettings) => readonly Step<CxoneRequest>[]

const PLANNERS: Readonly<Record<ResolvedAction['kind'], Planner>> = {
  LOGIN: planLogin,
  READY: planState,
  NOT_READY: planState,
  LOGOUT: planLogout,
}

/** Steps from the view to the target in either mode (vendors/cxone.md section 9). Pure. */
export function plan(action: ResolvedAction, agentId: string, view: AgentView, settings: PlanSettings): Plan {
  return { steps: PLANNERS[action.kind](action, agentId, view, settings) }
}

const isHeld = (view: AgentView): boolean => view.vendor?.['session'] === 'held'

function planLogin(action: ResolvedAction, agentId: string, view: AgentView, settings: PlanSettings): readonly Step<CxoneRequest>[] {
  if (settings.login === 'unsupported') {
    throw new CtiError('UNSUPPORTED', {
      detail: 'this platform is set up without LOGIN: CXone starts a session only with impersonation or with the agent’s own key',
    })
  }
  if (LOGGED_IN.includes(view.state)) {
    // Whoever owns the sessions must hold the one that exists; a session cannot be joined with another identity's key.
    return settings.mode === 'session-owner' && !isHeld(view) && settings.login === 'impersonate' ? [joinStep(agentId, true, settings)] : []
  }
  if (settings.login === 'agent-credentials' && action.hasSecret !== true) throw new CtiError('CREDENTIALS_REQUIRED')
  const request: CxoneRequest = {
    call: 'start-session',
    ...stationOf(action, settings),
    ...(settings.inactivityTimeoutSeconds !== 0 && { inactivityTimeout: settings.inactivityTimeoutSeconds }),
    ...(settings.login === 'impersonate' && { asAgentId: agentId }),
  }
  return [{ name: 'start-session', request, expect: { states: LOGGED_IN, withinMs: settings.withinMs }, resend: 'verify-first' }]
}

/** One of the two station fields is required; a phone number wins (section 3.1). */
function stationOf(action: ResolvedAction, settings: PlanSettings): { stationId?: string; stationPhoneNumber?: string } {
  const { stationPhoneNumber } = (action.options ?? {}) as CxoneCommandOptions
  if (stationPhoneNumber !== undefined) return { stationPhoneNumber }
  const station = action.station
  if (station !== undefined) return settings.stationIs === 'id' ? { stationId: station } : { stationPhoneNumber: station }
  if (settings.defaultStationId !== undefined) return { stationId: settings.defaultStationId }
  throw new CtiError('INVALID_REQUEST', {
    detail: 'CXone needs a station id or a phone number to start a session',
    errors: [{ field: '/station', message: 'name the station' }],
  })
}

function joinStep(agentId: string, login: boolean, settings: PlanSettings): Step<CxoneRequest> {
  return {
    name: 'join-session',
    request: { call: 'join-session', asAgentId: agentId, login },
    expect: { states: LOGGED_IN, withinMs: settings.withinMs },
    resend: 'safe',
  }
}

function planState(action: ResolvedAction, agentId: string, view: AgentView, settings: PlanSettings): readonly Step<CxoneRequest>[] {
  if (view.state === 'LOGGED_OUT') throw new CtiError('NOT_LOGGED_IN')
  const { reason } = action
  if (reason?.system === true) {
    throw new CtiError('REASON_INVALID', { detail: `"${reason.name}" is written by the platform itself and cannot be chosen` })
  }
  const target: AgentState = action.kind === 'READY' ? 'READY' : isAcwReason(reason) ? 'WRAP_UP' : 'NOT_READY'
  if (isThere(target, reason, view)) return []
  const onContact = view.state === 'BUSY' || view.state === 'HOLD' || view.state === 'RESERVED'
  const step: Step<CxoneRequest> = {
    name: target === 'READY' ? 'set-available' : 'set-unavailable',
    request: stateRequest(target, reason, asSupervisor(view, settings)),
    expect: {
      states: target === 'READY' && !onContact ? READY_REACHED : [target],
      pending: [target],
      withinMs: settings.withinMs,
      ...(reason !== undefined && { reasonId: reason.id }),
    },
    resend: 'verify-first',
  }
  return asSupervisor(view, settings) ? [step] : withSession(step, agentId, view, settings)
}

function stateRequest(target: AgentState, reason: Reason | undefined, supervisor: boolean): CxoneRequest {
  const state = target === 'READY' ? 'Available' : 'Unavailable'
  if (supervisor) {
    // The supervisor's call wants the id, the session's call the name (section 12).
    return { call: 'set-state', state, ...(reason !== undefined && { outStateId: reason.id }) }
  }
  return { call: 'session-state', state, ...(reason !== undefined && { reason: reason.name, reasonId: reason.id }) }
}

function isThere(target: AgentState, reason: Reason | undefined, view: AgentView): boolean {
  if (view.state !== target || view.pendingState !== undefined) return false
  return reason === undefined || view.reason?.id === reason.id
}

export const isAcwReason = (reason: Reason | undefined): boolean => isAcwRecord(reason?.raw)

/** Steps through a session need one that we hold: the agent's own is joined where we do not (section 3.2). */
function withSession(step: Step<CxoneRequest>, agentId: string, view: AgentView, settings: PlanSettings): readonly Step<CxoneRequest>[] {
  return isHeld(view) ? [step] : [joinStep(agentId, false, settings), step]
}

/** Through the Admin API: in supervisor mode, and where a session of somebody else's key cannot be joined. */
function asSupervisor(view: AgentView, settings: PlanSettings): boolean {
  return settings.mode === 'supervisor' || (!isHeld(view) && settings.login === 'agent-credentials')
}

function planLogout(action: ResolvedAction, agentId: string, view: AgentView, settings: PlanSettings): readonly Step<CxoneRequest>[] {
  if (view.state === 'LOGGED_OUT') return []
  const expect = { states: ['LOGGED_OUT'], pending: ['LOGGED_OUT'], withinMs: settings.withinMs } as const
  const { endContacts, ignorePersonalQueue } = (action.options ?? {}) as CxoneCommandOptions
  const flagged = endContacts === true || ignorePersonalQueue === true
  if (action.force === true && flagged) {
    if (!isHeld(view)) {
      throw new CtiError('UNSUPPORTED', {
        detail: 'endContacts and ignorePersonalQueue need a session that this gateway holds; leave them out',
      })
    }
    const request: CxoneRequest = {
      call: 'end-session',
      forceLogoff: true,
      ...(endContacts === true && { endContacts }),
      ...(ignorePersonalQueue === true && { ignorePersonalQueue }),
    }
    return [{ name: 'end-session', request, expect, resend: 'verify-first' }]
  }
  if (flagged) throw new CtiError('INVALID_REQUEST', { detail: 'endContacts and ignorePersonalQueue go with force only' })
  if (action.force === true || asSupervisor(view, settings)) {
    return [{ name: 'logout', request: { call: 'logout' }, expect, resend: 'verify-first' }]
  }
  return withSession({ name: 'end-session', request: { call: 'end-session' }, expect, resend: 'verify-first' }, agentId, view, settings)
}
