import type { Plan, Step } from '../../core/adapter.js'
import type { AgentState, AgentView } from '../../core/model/agent-state.js'
import type { ResolvedAction } from '../../core/model/command.js'
import { CtiError } from '../../core/model/error.js'
import { wireCode } from '../_shared/cisco-reasons.js'
import { AGENT_STATE } from './codec/index.js'
import type { CiscoCommandOptions, CiscoCtiOptions } from './options.js'

/** One SET_AGENT_STATE_REQ as plain data. */
export interface SetAgentState {
  readonly state: number
  /** Wire form; 0: none. */
  readonly reason: number
  readonly forced: boolean
  readonly workMode: number
  readonly instrument?: string
  readonly positionId?: string
  readonly supervisorId?: string
  readonly activeTerminal?: string
  readonly outbound?: boolean
  /** The NOT_READY before a logout: an agent who turns out to be logged out already is no failure then. */
  readonly beforeLogout?: true
}

const WORK_MODE = { 'auto-in': 1, 'manual-in': 2, 'call-by-call': 3, 'nailed-up': 4 } as const
/** States in which an agent is signed in, as far as one can tell. */
const SIGNED_IN: ReadonlySet<AgentState> = new Set(['NOT_READY', 'READY', 'RESERVED', 'BUSY', 'HOLD', 'WRAP_UP', 'INTERRUPTED'])
/** Longest agent id: STRING 12 with its NUL (section 8.2 no. 14). */
const MAX_AGENT_ID = 11

type Settings = Pick<
  CiscoCtiOptions,
  | 'product'
  | 'notReadyBeforeLogout'
  | 'forcedLogoutReason'
  | 'forcedNotReadyReason'
  | 'useForcedFlag'
  | 'loginPassword'
  | 'sso'
  | 'confirmWithinMs'
>

/**
 * Steps from what is known to what is wanted (vendors/cisco.md section 6.2). Pure.
 * Guarantees: no steps when the agent is there; each step may be sent again after a look at the agent.
 */
export function plan(action: ResolvedAction, agentId: string, view: AgentView, settings: Settings): Plan {
  if (agentId.length > MAX_AGENT_ID) {
    throw new CtiError('AGENT_NOT_FOUND', { detail: `agent ids of CTI Server have at most ${MAX_AGENT_ID} characters` })
  }
  if (action.channel !== undefined) throw new CtiError('UNSUPPORTED', { detail: 'CTI Server has no channels of an agent' })
  switch (action.kind) {
    case 'LOGIN':
      return planLogin(action, view, settings)
    case 'READY':
      return planReady(view, settings)
    case 'NOT_READY':
      return planNotReady(action, view, settings)
    case 'LOGOUT':
      return action.force === true ? planForcedLogout(action, view, settings) : planLogout(action, view, settings)
  }
}

function step(
  name: string,
  view: AgentView,
  asked: Partial<SetAgentState> & { state: number },
  expect: Omit<Step['expect'], 'withinMs'>,
  settings: Settings,
): Step<SetAgentState> {
  const instrument = asked.instrument ?? view.vendor?.['instrument']
  return {
    name,
    request: { reason: 0, forced: false, workMode: 0, ...asked, ...(instrument !== undefined && { instrument }) },
    expect: { ...expect, withinMs: settings.confirmWithinMs },
    // Asking for the same state twice does no harm, but the agent may have moved on: the core looks first.
    resend: 'verify-first',
  }
}

function planLogin(action: ResolvedAction, view: AgentView, settings: Settings): Plan {
  const wanted = (action.options ?? {}) as CiscoCommandOptions
  const station = action.station ?? view.vendor?.['instrument'] ?? view.vendor?.['extension']
  const present = view.vendor?.['instrument']
  if (SIGNED_IN.has(view.state)) {
    if (action.station === undefined || present === undefined || present.split(';')[0] === action.station) return { steps: [] }
    throw new CtiError('ALREADY_LOGGED_IN', { detail: `the agent is logged in on ${present}` })
  }
  if (station === undefined || station === '') {
    throw new CtiError('DEVICE_INVALID', {
      detail: 'a LOGIN needs `station`, the agent’s extension',
      errors: [{ field: '/station', message: 'is required' }],
    })
  }
  if (action.hasSecret !== true && settings.loginPassword === 'required' && !settings.sso) throw new CtiError('CREDENTIALS_REQUIRED')
  if ((wanted.mobileMode === undefined) !== (wanted.mobileNumber === undefined)) {
    throw new CtiError('INVALID_REQUEST', {
      detail: 'a mobile agent needs both `mobileMode` and `mobileNumber`',
      errors: [{ field: '/options', message: 'give both or none of mobileMode and mobileNumber' }],
    })
  }
  const mode = wanted.mobileMode ?? wanted.workMode
  const asked = {
    state: AGENT_STATE.LOGIN,
    workMode: mode === undefined ? 0 : WORK_MODE[mode],
    instrument: wanted.mobileNumber === undefined ? station.split(';')[0]! : `${station.split(';')[0]};${wanted.mobileNumber}`,
    ...(wanted.positionId !== undefined && { positionId: wanted.positionId }),
    ...(wanted.supervisorId !== undefined && { supervisorId: wanted.supervisorId }),
    ...(wanted.activeTerminal !== undefined && { activeTerminal: wanted.activeTerminal }),
    ...(wanted.outbound !== undefined && { outbound: wanted.outbound }),
  }
  return { steps: [step('login', view, asked, { states: [...SIGNED_IN] }, settings)] }
}

function planReady(view: AgentView, settings: Settings): Plan {
  requireLogin(view)
  // Reserved, on a call or in wrap-up with READY to follow: the vendor brings the agent back by itself.
  if (view.state === 'READY' || view.state === 'RESERVED' || view.pendingState === 'READY') return { steps: [] }
  const expect = { states: ['READY', 'RESERVED'], pending: ['READY'] } as const
  return { steps: [step('set-available', view, { state: AGENT_STATE.AVAILABLE }, expect, settings)] }
}

function planNotReady(action: ResolvedAction, view: AgentView, settings: Settings): Plan {
  requireLogin(view)
  const reason = reasonOf(action)
  const here = view.state === 'NOT_READY'
  if (here && (action.reason === undefined || view.reason?.id === action.reason.id)) return { steps: [] }
  // Only a change of reason is invisible without the reason; and no query returns one (section 1.6), so where the old reason
  // is not known the state is all that can be proven.
  const prove = here && view.reason !== undefined && action.reason !== undefined
  const expect = { states: ['NOT_READY'], pending: ['NOT_READY'], ...(prove && { reasonId: action.reason.id }) } as const
  return { steps: [step('set-not-ready', view, { state: AGENT_STATE.NOT_READY, reason }, expect, settings)] }
}

function planLogout(action: ResolvedAction, view: AgentView, settings: Settings): Plan {
  if (view.state === 'LOGGED_OUT') return { steps: [] }
  const out = step(
    'logout',
    view,
    { state: AGENT_STATE.LOGOUT, reason: reasonOf(action) },
    { states: ['LOGGED_OUT'], pending: ['LOGGED_OUT'] },
    settings,
  )
  return { steps: [...firstNotReady(view, settings.notReadyBeforeLogout, settings), out] }
}

/** Supervisor: NOT_READY and LOGOUT with the supervisor's code; with ForcedFlag only after that was refused for the state. */
function planForcedLogout(action: ResolvedAction, view: AgentView, settings: Settings): Plan {
  if (view.state === 'LOGGED_OUT') return { steps: [] }
  const reason = action.reason === undefined ? settings.forcedLogoutReason : wireCode(action.reason.code ?? settings.forcedLogoutReason)
  const forced = settings.useForcedFlag && view.vendor?.['logoutRefused'] !== undefined
  const expect = { states: ['LOGGED_OUT'], pending: ['LOGGED_OUT'] } as const
  const out = step(forced ? 'force-logout' : 'logout', view, { state: AGENT_STATE.LOGOUT, reason, forced }, expect, settings)
  return { steps: forced ? [out] : [...firstNotReady(view, settings.forcedNotReadyReason, settings), out] }
}

/** Unified CCE takes a logout only from NOT_READY (PERERR 10112); Unified CCX takes it from READY too (section 3.4). */
function firstNotReady(view: AgentView, reason: number, settings: Settings): Step<SetAgentState>[] {
  if (view.state === 'NOT_READY' || (settings.product === 'CCX' && view.state === 'READY')) return []
  const expect = { states: ['NOT_READY'], pending: ['NOT_READY'] } as const
  return [step('set-not-ready', view, { state: AGENT_STATE.NOT_READY, reason, beforeLogout: true }, expect, settings)]
}

function requireLogin(view: AgentView): void {
  if (view.state === 'LOGGED_OUT') throw new CtiError('NOT_LOGGED_IN')
}

function reasonOf(action: ResolvedAction): number {
  const { reason } = action
  if (reason === undefined) return 0
  if (reason.system)
    throw new CtiError('REASON_INVALID', { detail: `${reason.name} is written by Cisco's own software and cannot be chosen` })
  if (reason.code === undefined) throw new CtiError('REASON_INVALID', { detail: `${reason.name} has no code` })
  return wireCode(reason.code)
}
