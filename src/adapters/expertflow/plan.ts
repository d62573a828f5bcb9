import type { Plan, Step } from '../../core/adapter.js'
import type { AgentState, AgentView, ChannelView } from '../../core/model/agent-state.js'
import type { ResolvedAction } from '../../core/model/command.js'
import { CtiError } from '../../core/model/error.js'
import type { components } from '../../generated/vendors/expertflow.js'
import type { DeskStatus } from './mapping.js'
import type { ExpertflowOptions } from './options.js'
import { FORCED_LOGOUT_REASON, wireReason, type ReasonCode } from './reasons.js'

/** Payload of `changeAgentState` (section 6): an object as state for the agent, a text for one MRD. */
export type ChangeAgentState = Readonly<components['schemas']['ChangeAgentState']> | Readonly<components['schemas']['ChangeAgentMrdState']>

/** Over which connection a change goes. */
export type Way = 'desk' | 'supervisor' | 'rest'

export type ExpertflowRequest =
  | { readonly kind: 'login'; readonly username: string; readonly then: 'open-socket' | 'engine-login' }
  | { readonly kind: 'change'; readonly way: Way; readonly payload: ChangeAgentState }

export type ExpertflowStep = Step<ExpertflowRequest>

type Asked = 'READY' | 'NOT_READY' | 'LOGOUT' | 'MRD'

/** The vendor's READY in all its shades (section 15.3). */
const READY_STATES: readonly AgentState[] = ['READY', 'BUSY', 'RESERVED', 'INTERRUPTED']
const LOGGED_IN_STATES: readonly AgentState[] = ['NOT_READY', ...READY_STATES]
/** What an MRD can become on READY (section 8.5); ACTIVE is READY to us. */
const MRD_READY_STATES: readonly AgentState[] = ['READY', 'BUSY']

/** MRD states that READY can change (section 8.5); READY, ACTIVE and BUSY are there already. */
const MRD_NOT_READY = new Set(['NOT_READY', 'PENDING_NOT_READY'])

/**
 * The steps of section 15.2 for one installation. The returned function is pure.
 *
 * Fails: NOT_LOGGED_IN, PARENT_NOT_READY, INVALID_TRANSITION where the tables of section 8 leave no doubt; UNSUPPORTED where
 * nobody may speak for the agent; REASON_REQUIRED, REASON_INVALID, CREDENTIALS_REQUIRED, INVALID_REQUEST.
 */
export function createPlan(options: ExpertflowOptions): (action: ResolvedAction, agentId: string, view: AgentView) => Plan {
  const { commandMs } = options

  const change = (name: string, way: Way, payload: ChangeAgentState, expect: Omit<Step['expect'], 'withinMs'>): ExpertflowStep => ({
    name,
    request: { kind: 'change', way, payload },
    expect: { ...expect, withinMs: commandMs },
    resend: 'verify-first',
  })

  const global = (agentId: string, way: Way, name: 'READY' | 'NOT_READY' | 'LOGOUT', reasonCode: ReasonCode | null): ExpertflowStep =>
    change(
      `set-${name.toLowerCase().replace('_', '-')}`,
      way,
      { agentId, action: 'agentState', state: { name, reasonCode } },
      {
        states: name === 'READY' ? READY_STATES : name === 'LOGOUT' ? ['LOGGED_OUT'] : ['NOT_READY'],
        ...(name === 'NOT_READY' && reasonCode !== null && { reasonId: reasonCode.id }),
      },
    )

  const mrd = (agentId: string, way: Way, state: 'READY' | 'NOT_READY', mrdId: string): ExpertflowStep =>
    change(
      `set-mrd-${state === 'READY' ? 'ready' : 'not-ready'}`,
      way,
      { agentId, action: 'agentMRDState', state, mrdId },
      {
        states: state === 'READY' ? MRD_READY_STATES : ['NOT_READY'],
        channel: mrdId,
      },
    )

  const loginStep = (username: string): ExpertflowStep => ({
    name: 'login',
    request: { kind: 'login', username, then: options.sessionModel === 'in-cluster-rest' ? 'engine-login' : 'open-socket' },
    expect: { states: LOGGED_IN_STATES, withinMs: commandMs },
    resend: 'verify-first',
  })

  const planLogin = (action: ResolvedAction, agentId: string, view: AgentView): readonly ExpertflowStep[] => {
    const wanted = action.options?.['takeOver'] === true || isSoleDesk(agentId, options)
    const takeOver = wanted && options.sessionModel === 'headless-desk' && deskOf(view) === 'none'
    if (LOGGED_IN_STATES.includes(view.state) && !takeOver) return []
    if (options.sessionModel === 'supervisor-proxy')
      throw unsupported('the supervisor proxy cannot log agents in; the agent does it at its own desk')
    const account = options.accounts[agentId]
    const username = action.username ?? account?.username
    if (username === undefined || (action.hasSecret !== true && account === undefined)) {
      throw new CtiError('CREDENTIALS_REQUIRED', { detail: 'user name and password of the agent at the platform' })
    }
    return [loginStep(username)]
  }

  const planReady = (agentId: string, view: AgentView): readonly ExpertflowStep[] => {
    requireKnown(view)
    const steps: ExpertflowStep[] = []
    const isReady = view.vendorState === 'READY'
    const open = wayOf('READY', false, deskOf(view), options)
    if (!isReady) steps.push(global(agentId, must(open), 'READY', null))
    const way = wayOf('MRD', false, deskOf(view), options)
    if (way instanceof CtiError) return steps // a supervisor sets the global state only (section 11.1)
    return [...steps, ...view.channels.filter((each) => isWanted(each, options)).map((each) => mrd(agentId, way, 'READY', each.id))]
  }

  const planMrd = (action: ResolvedAction, agentId: string, view: AgentView, wanted: string): readonly ExpertflowStep[] => {
    requireKnown(view)
    const channel = findChannel(view, wanted)
    if (action.reason !== undefined) throw unsupported('a media routing domain takes no reason')
    const target = action.kind === 'READY' ? 'READY' : 'NOT_READY'
    if (target === 'NOT_READY') {
      if (channel.state === 'NOT_READY') return []
    } else {
      if (view.vendorState !== 'READY') throw new CtiError('PARENT_NOT_READY') // section 8.5: global must be READY
      if (MRD_READY_STATES.includes(channel.state)) return []
      if (channel.maxTasks === 0) throw new CtiError('INVALID_TRANSITION', { detail: 'the agent has capacity 0 on this channel' }) // 8.5, 12.4
    }
    return [mrd(agentId, must(wayOf('MRD', false, deskOf(view), options)), target, channel.id)]
  }

  const planNotReady = (action: ResolvedAction, agentId: string, view: AgentView): readonly ExpertflowStep[] => {
    requireKnown(view)
    const reason = chosenReason(action)
    if (reason === null && options.requireReason.notReady) throw new CtiError('REASON_REQUIRED')
    if (view.vendorState === 'NOT_READY' && (reason === null || view.reason?.id === reason.id)) return []
    return [global(agentId, must(wayOf('NOT_READY', false, deskOf(view), options)), 'NOT_READY', reason)]
  }

  const planLogout = (action: ResolvedAction, agentId: string, view: AgentView): readonly ExpertflowStep[] => {
    const force = action.force === true
    const reason = force ? forcedReason(action) : chosenReason(action)
    if (reason === null && options.requireReason.logout) throw new CtiError('REASON_REQUIRED')
    if (view.state === 'LOGGED_OUT') return []
    const way = must(wayOf('LOGOUT', force, deskOf(view), options))
    const logout = global(agentId, way, 'LOGOUT', reason ?? (way === 'supervisor' ? FORCED_LOGOUT_REASON : null))
    const first = options.logoutViaNotReady && !force && way !== 'supervisor' && view.vendorState === 'READY'
    return first ? [global(agentId, way, 'NOT_READY', null), logout] : [logout]
  }

  /** A supervisor's logout carries the fixed object (seed "changeAgentState"), whatever the caller says, unless configured. */
  const forcedReason = (action: ResolvedAction): ReasonCode =>
    options.forcedLogoutReason === 'caller' && action.reason !== undefined && action.reason.id !== FORCED_LOGOUT_REASON.id
      ? must(reasonOf(action))
      : FORCED_LOGOUT_REASON

  const reasonOf = (action: ResolvedAction): ReasonCode | CtiError => {
    const { reason, kind } = action
    if (reason === undefined) return new CtiError('REASON_REQUIRED')
    if (reason.system || reason.type !== kind) {
      return new CtiError('REASON_INVALID', {
        detail: `"${reason.name}" is ${reason.system ? 'written by the platform only' : `a ${reason.type} reason`}`,
      })
    }
    return wireReason(reason, options.reasonForm)
  }

  const chosenReason = (action: ResolvedAction): ReasonCode | null => (action.reason === undefined ? null : must(reasonOf(action)))

  const planFor = (action: ResolvedAction, agentId: string, view: AgentView): readonly ExpertflowStep[] => {
    if (action.channel !== undefined) {
      if (action.kind !== 'READY' && action.kind !== 'NOT_READY') throw unsupported('a single channel can be made READY or NOT_READY only')
      return planMrd(action, agentId, view, action.channel)
    }
    switch (action.kind) {
      case 'LOGIN':
        return planLogin(action, agentId, view)
      case 'READY':
        return planReady(agentId, view)
      case 'NOT_READY':
        return planNotReady(action, agentId, view)
      case 'LOGOUT':
        return planLogout(action, agentId, view)
    }
  }

  return (action, agentId, view) => {
    const account = options.accounts[agentId]
    if (account === undefined || !reopensDesk(action, agentId, view, options)) return { steps: planFor(action, agentId, view) }
    const steps = planFor(action, agentId, { ...view, vendor: { ...view.vendor, desk: 'up' } })
    return { steps: steps.length === 0 ? [] : [loginStep(account.username), ...steps] }
  }
}

function isSoleDesk(agentId: string, options: ExpertflowOptions): boolean {
  return options.sessionModel === 'headless-desk' && options.soleDesk && options.accounts[agentId] !== undefined
}

/** The agent's own session was lost (a restart, a take-over) and is wanted back first. A LOGOUT takes the supervisor instead. */
function reopensDesk(action: ResolvedAction, agentId: string, view: AgentView, options: ExpertflowOptions): boolean {
  if (!isSoleDesk(agentId, options) || action.kind === 'LOGIN' || deskOf(view) !== 'none' || view.state === 'LOGGED_OUT') return false
  return action.kind !== 'LOGOUT' || (action.force !== true && options.supervisor === undefined)
}

/** What the supervisor's socket is documented for (section 11.1): READY and LOGOUT, no MRD; NOT_READY is unknown (section 17). */
const SUPERVISOR_MAY: Readonly<Record<Asked, 'yes' | 'unknown' | 'no'>> = { READY: 'yes', LOGOUT: 'yes', NOT_READY: 'unknown', MRD: 'no' }

/**
 * The connection for a change, or why there is none (section 15.1). A desk whose link is being restored keeps its agent's
 * commands waiting, except a LOGOUT, which goes over the supervisor where there is one.
 */
export function wayOf(asked: Asked, force: boolean, desk: DeskStatus, options: ExpertflowOptions): Way | CtiError {
  if (options.sessionModel === 'in-cluster-rest') return 'rest'
  const hasDesk = options.sessionModel === 'headless-desk' && desk !== 'none' && !force
  if (hasDesk && (desk === 'up' || asked !== 'LOGOUT' || options.supervisor === undefined)) return 'desk'
  if (options.supervisor === undefined) {
    return unsupported(
      force
        ? 'a forced logout needs the setting "supervisor"'
        : 'the gateway holds no session of this agent and has no supervisor account; log the agent in through the gateway first',
    )
  }
  const may = SUPERVISOR_MAY[asked]
  if (may === 'yes' || (may === 'unknown' && options.supervisorNotReady)) return 'supervisor'
  return unsupported(
    asked === 'MRD'
      ? 'the gateway holds no session of this agent, and a supervisor cannot set single channels'
      : 'the gateway holds no session of this agent, and NOT_READY on behalf of another is not documented; "supervisorNotReady" tries it',
  )
}

function deskOf(view: AgentView): DeskStatus {
  const desk = view.vendor?.['desk']
  return desk === 'up' || desk === 'down' ? desk : 'none'
}

function isWanted(channel: ChannelView, options: ExpertflowOptions): boolean {
  if (options.autoSync || options.readyMrds === 'none') return false
  if (!MRD_NOT_READY.has(channel.vendorState) || channel.maxTasks === 0) return false
  if (options.readyMrds === 'all') return !names(channel, options.externalMrds)
  return names(channel, options.readyMrds)
}

function names(channel: ChannelView, list: readonly string[]): boolean {
  return list.includes(channel.id) || (channel.name !== undefined && list.includes(channel.name))
}

function findChannel(view: AgentView, wanted: string): ChannelView {
  const byId = view.channels.find((each) => each.id === wanted)
  const byName = view.channels.filter((each) => each.name?.toLowerCase() === wanted.toLowerCase())
  const channel = byId ?? (byName.length === 1 ? byName[0] : undefined)
  if (channel !== undefined) return channel
  const known = view.channels.map((each) => `${each.id}${each.name === undefined ? '' : ` (${each.name})`}`).join(', ')
  throw new CtiError('INVALID_REQUEST', {
    detail: `the agent has no channel "${wanted}"`,
    errors: [{ field: '/channel', message: known === '' ? 'the agent has no channels' : `one of: ${known}` }],
  })
}

/** READY and NOT_READY need a login; UNKNOWN after a fail-over can be left by a new login only (trap 13). */
function requireKnown(view: AgentView): void {
  if (view.state === 'LOGGED_OUT') throw new CtiError('NOT_LOGGED_IN')
  if (view.vendorState === 'UNKNOWN') {
    throw new CtiError('INVALID_TRANSITION', { detail: 'the platform has lost track of this agent; log it out and in again' })
  }
}

function must<T>(value: T | CtiError): T {
  if (value instanceof CtiError) throw value
  return value
}

function unsupported(detail: string): CtiError {
  return new CtiError('UNSUPPORTED', { detail })
}
