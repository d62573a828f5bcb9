import type { Plan, Step } from '../../core/adapter.js'
import type { AgentState, AgentView } from '../../core/model/agent-state.js'
import { TARGET_STATE, type ResolvedAction } from '../../core/model/command.js'
import { CtiError } from '../../core/model/error.js'
import type { Identity } from './faults.js'
import { ASK_FOR } from './mapping.js'

/** One User PUT, as plain data. Whose credentials it takes is `as`; the credentials themselves never get here. */
export interface SetUserState {
  readonly state: 'LOGIN' | 'READY' | 'NOT_READY' | 'LOGOUT'
  readonly as: Identity
  readonly reasonCodeId?: string
  readonly extension?: string
  readonly activeDeviceId?: string
  readonly mobileAgent?: { readonly mode: string; readonly dialNumber: string }
  readonly logoutAllMedia?: boolean
}

export interface PlanSettings {
  readonly deployment: 'UCCE' | 'UCCX'
  /** Agents with an account of their own in the configuration, and their extensions. */
  readonly accounts: Readonly<Record<string, { readonly extension?: string | undefined }>>
  readonly supervisorNotReady: boolean
  readonly logoutNotReadyReasonId?: string | undefined
  /** Categories for which the site has reasons configured, which makes them mandatory (section 4.2). */
  readonly reasonRequired: { readonly notReady: boolean; readonly logout: boolean }
  readonly confirmWithinMs: number
}

/** A signed-in agent, whatever it does. */
const SIGNED_IN: readonly AgentState[] = ['NOT_READY', 'READY', 'RESERVED', 'BUSY', 'HOLD', 'WRAP_UP']

/** States from which the agent itself may sign out. Source: cisco.md section 4.3. */
const LOGOUT_FROM: Readonly<Record<PlanSettings['deployment'], readonly AgentState[]>> = {
  UCCE: ['NOT_READY'],
  UCCX: ['NOT_READY', 'READY'],
}

/**
 * Steps from the view to the target. Pure.
 *
 * Who acts (section 4.2): the agent itself where its credentials are known, because only that way a reason can be given; the
 * supervisor otherwise, and always for a forced logout, which needs no NOT_READY before it and carries no reason (Finesse
 * records 999, on UCCX 22).
 * Fails: CREDENTIALS_REQUIRED, DEVICE_INVALID, NOT_LOGGED_IN, ALREADY_LOGGED_IN, REASON_INVALID, UNSUPPORTED.
 */
export function plan(action: ResolvedAction, agentId: string, view: AgentView, settings: PlanSettings): Plan {
  if (action.channel !== undefined) throw new CtiError('UNSUPPORTED', { detail: 'Finesse voice agents have no channels' })
  if (action.queues !== undefined && action.queues.length > 0) {
    throw new CtiError('UNSUPPORTED', { detail: 'the queues of a Finesse agent are configured, not chosen' })
  }
  const account = Object.hasOwn(settings.accounts, agentId) ? settings.accounts[agentId] : undefined
  const context: Context = { action, view, settings, account, as: actor(action, account !== undefined) }
  if (view.state === 'LOGGED_OUT' && (action.kind === 'READY' || action.kind === 'NOT_READY')) throw new CtiError('NOT_LOGGED_IN')
  switch (action.kind) {
    case 'LOGIN':
      return login(context)
    case 'READY':
      return ready(context)
    case 'NOT_READY':
      return notReady(context)
    case 'LOGOUT':
      return logout(context)
  }
}

interface Context {
  readonly action: ResolvedAction
  readonly view: AgentView
  readonly settings: PlanSettings
  readonly account: { readonly extension?: string | undefined } | undefined
  readonly as: Identity
}

function actor(action: ResolvedAction, hasAccount: boolean): Identity {
  if (action.force === true) return 'supervisor'
  return action.hasSecret === true || hasAccount ? 'agent' : 'supervisor'
}

function login({ action, view, settings, account, as }: Context): Plan {
  const wanted = action.station ?? account?.extension
  if (SIGNED_IN.includes(view.state)) {
    const present = view.vendor?.['extension']
    if (action.station !== undefined && present !== undefined && present !== action.station) {
      throw new CtiError('ALREADY_LOGGED_IN', { detail: `the agent is signed in at extension ${present}` })
    }
    return { steps: [] }
  }
  if (as === 'supervisor') throw new CtiError('CREDENTIALS_REQUIRED', { detail: 'Finesse lets nobody else sign an agent in' })
  if (wanted === undefined) throw new CtiError('DEVICE_INVALID', { detail: 'Finesse needs the extension: send `station`' })
  const { activeDeviceId, mobileAgentMode, mobileAgentDialNumber } = texts(action)
  const request: SetUserState = {
    state: 'LOGIN',
    as,
    extension: wanted,
    ...(activeDeviceId !== undefined && { activeDeviceId }),
    ...(mobileAgentMode !== undefined &&
      mobileAgentDialNumber !== undefined && { mobileAgent: { mode: mobileAgentMode, dialNumber: mobileAgentDialNumber } }),
  }
  return { steps: [step('sign-in', request, { states: SIGNED_IN, withinMs: settings.confirmWithinMs }, 'verify-first')] }
}

function ready({ view, settings, as }: Context): Plan {
  if (view.state === 'READY' && view.pendingState === undefined) return { steps: [] }
  const expect = { states: ['READY', 'RESERVED'], pending: ['READY'], withinMs: settings.confirmWithinMs } as const
  return { steps: [step('set-ready', { state: 'READY', as }, expect, 'verify-first')] }
}

function notReady({ action, view, settings, as }: Context): Plan {
  if (as === 'supervisor' && !settings.supervisorNotReady) {
    throw new CtiError('UNSUPPORTED', {
      detail: 'this site lets a supervisor set READY and LOGOUT only; put the agent into `accounts` of the platform',
    })
  }
  if (as === 'supervisor' && action.reason !== undefined) throw noReasonForSupervisor()
  const reasonId = ownReason(action, as === 'agent' && settings.reasonRequired.notReady && view.state !== 'NOT_READY')
  const reached = view.state === 'NOT_READY' && view.pendingState === undefined
  if (reached && (reasonId === undefined || view.reason?.id === reasonId)) return { steps: [] }
  return { steps: [setNotReady(settings, as, reasonId)] }
}

function logout({ action, view, settings, as }: Context): Plan {
  if (view.state === 'LOGGED_OUT') return { steps: [] }
  // A forced logout may name a reason, for the gateway's own records; Finesse writes its own code and takes none.
  if (as === 'supervisor' && action.force !== true && action.reason !== undefined) throw noReasonForSupervisor()
  const reasonId = as === 'agent' ? ownReason(action, settings.reasonRequired.logout) : undefined
  const request: SetUserState = {
    state: 'LOGOUT',
    as,
    ...(reasonId !== undefined && { reasonCodeId: reasonId }),
    ...(action.options?.['logoutAllMedia'] === true && { logoutAllMedia: true }),
  }
  const expect = { states: ['LOGGED_OUT'], pending: ['LOGGED_OUT'], withinMs: settings.confirmWithinMs } as const
  const signOut = step(as === 'supervisor' ? 'force-sign-out' : 'sign-out', request, expect, 'safe')
  const direct = as === 'supervisor' || (LOGOUT_FROM[settings.deployment].includes(view.state) && view.pendingState === undefined)
  if (direct) return { steps: [signOut] }
  return { steps: [beforeSignOut(action, settings), signOut] }
}

/**
 * NOT_READY before a sign-out. The agent needs a reason for it where reasons are configured; the supervisor needs none, so it steps in
 * when no reason is known and the site allows it.
 */
function beforeSignOut(action: ResolvedAction, settings: PlanSettings): Step<SetUserState> {
  const reasonId = texts(action).notReadyReasonId ?? settings.logoutNotReadyReasonId
  return setNotReady(settings, reasonId === undefined && settings.supervisorNotReady ? 'supervisor' : 'agent', reasonId, false)
}

function setNotReady(settings: PlanSettings, as: Identity, reasonId: string | undefined, checkReason = true): Step<SetUserState> {
  return step(
    'set-not-ready',
    { state: ASK_FOR.NOT_READY, as, ...(reasonId !== undefined && { reasonCodeId: reasonId }) },
    {
      states: [TARGET_STATE.NOT_READY],
      pending: [TARGET_STATE.NOT_READY],
      withinMs: settings.confirmWithinMs,
      ...(checkReason && reasonId !== undefined && { reasonId }),
    },
    'safe',
  )
}

function ownReason(action: ResolvedAction, required: boolean): string | undefined {
  if (action.reason === undefined && required) throw new CtiError('REASON_REQUIRED')
  if (action.reason?.system === true) {
    throw new CtiError('REASON_INVALID', { detail: `"${action.reason.name}" is written by the system itself and cannot be chosen` })
  }
  return action.reason?.id
}

function noReasonForSupervisor(): CtiError {
  return new CtiError('UNSUPPORTED', {
    detail: 'Finesse takes no reason when a supervisor acts: leave the reason out, or put the agent into `accounts` of the platform',
  })
}

function step(name: string, request: SetUserState, expect: Step['expect'], resend: Step['resend']): Step<SetUserState> {
  return { name, request, expect, resend }
}

function texts(
  action: ResolvedAction,
): Readonly<Record<'activeDeviceId' | 'mobileAgentMode' | 'mobileAgentDialNumber' | 'notReadyReasonId', string | undefined>> {
  const read = (name: string): string | undefined => {
    const value = action.options?.[name]
    return typeof value === 'string' ? value : undefined
  }
  return {
    activeDeviceId: read('activeDeviceId'),
    mobileAgentMode: read('mobileAgentMode'),
    mobileAgentDialNumber: read('mobileAgentDialNumber'),
    notReadyReasonId: read('notReadyReasonId'),
  }
}
