import { describe, expect, it } from 'vitest'
import { plan, type PlanSettings, type SetUserState } from '../../../../src/adapters/cisco-finesse/plan.js'
import { AGENT_STATES, unknownView, type AgentState, type AgentView } from '../../../../src/core/model/agent-state.js'
import type { ResolvedAction } from '../../../../src/core/model/command.js'
import type { CtiError } from '../../../../src/core/model/error.js'

const settings: PlanSettings = {
  deployment: 'UCCE',
  accounts: { own: { extension: '2001' } },
  supervisorNotReady: true,
  reasonRequired: { notReady: false, logout: false },
  confirmWithinMs: 15_000,
}
const view = (state: AgentState, extra: Partial<AgentView> = {}): AgentView => ({
  ...unknownView('own', 0),
  state,
  stale: false,
  source: 'read',
  ...extra,
})
const lunch = { id: '11', code: 101, name: 'Lunch', type: 'NOT_READY', system: false } as const
const home = { id: '21', code: 201, name: 'Home', type: 'LOGOUT', system: false } as const

/** A plan as a short text: `as STATE(reason)`. */
function text(action: ResolvedAction, from: AgentView, agentId = 'own', changed: Partial<PlanSettings> = {}): string {
  try {
    return plan(action, agentId, from, { ...settings, ...changed })
      .steps.map(({ request }) => request as SetUserState)
      .map(({ as, state, reasonCodeId }) => `${as} ${state}${reasonCodeId === undefined ? '' : `(${reasonCodeId})`}`)
      .join(', ')
  } catch (error) {
    return (error as CtiError).code
  }
}

describe('plan', () => {
  it.each<[string, ResolvedAction, AgentView, string]>([
    ['LOGIN of one who is out', { kind: 'LOGIN' }, view('LOGGED_OUT'), 'agent LOGIN'],
    ['LOGIN of one whose state the vendor does not know', { kind: 'LOGIN' }, view('UNKNOWN'), 'agent LOGIN'],
    ['LOGIN of one who is in', { kind: 'LOGIN' }, view('BUSY'), ''],
    [
      'LOGIN at another extension',
      { kind: 'LOGIN', station: '2009' },
      view('READY', { vendor: { extension: '2001' } }),
      'ALREADY_LOGGED_IN',
    ],
    ['LOGIN at the same extension', { kind: 'LOGIN', station: '2001' }, view('READY', { vendor: { extension: '2001' } }), ''],
    ['READY', { kind: 'READY' }, view('NOT_READY'), 'agent READY'],
    ['READY of one who is', { kind: 'READY' }, view('READY'), ''],
    ['READY over a pending NOT_READY', { kind: 'READY' }, view('BUSY', { pendingState: 'NOT_READY' }), 'agent READY'],
    ['READY of one who is out', { kind: 'READY' }, view('LOGGED_OUT'), 'NOT_LOGGED_IN'],
    ['NOT_READY', { kind: 'NOT_READY' }, view('READY'), 'agent NOT_READY'],
    ['NOT_READY with a reason', { kind: 'NOT_READY', reason: lunch }, view('READY'), 'agent NOT_READY(11)'],
    ['another reason', { kind: 'NOT_READY', reason: lunch }, view('NOT_READY', { reason: { id: '12' } }), 'agent NOT_READY(11)'],
    ['the same reason', { kind: 'NOT_READY', reason: lunch }, view('NOT_READY', { reason: { id: '11' } }), ''],
    ['NOT_READY of one who is, whatever the reason', { kind: 'NOT_READY' }, view('NOT_READY', { reason: { id: '12' } }), ''],
    ['a system reason', { kind: 'NOT_READY', reason: { ...lunch, system: true } }, view('READY'), 'REASON_INVALID'],
    ['LOGOUT from NOT_READY', { kind: 'LOGOUT', reason: home }, view('NOT_READY'), 'agent LOGOUT(21)'],
    ['LOGOUT from READY', { kind: 'LOGOUT', reason: home }, view('READY'), 'supervisor NOT_READY, agent LOGOUT(21)'],
    [
      'LOGOUT with a reason for the step before',
      { kind: 'LOGOUT', options: { notReadyReasonId: '13' } },
      view('BUSY'),
      'agent NOT_READY(13), agent LOGOUT',
    ],
    ['LOGOUT of one who is out', { kind: 'LOGOUT' }, view('LOGGED_OUT'), ''],
    ['forced LOGOUT on a call', { kind: 'LOGOUT', force: true }, view('BUSY'), 'supervisor LOGOUT'],
    ['forced LOGOUT with a reason: Finesse takes none', { kind: 'LOGOUT', force: true, reason: home }, view('READY'), 'supervisor LOGOUT'],
    ['forced LOGOUT of one who is out', { kind: 'LOGOUT', force: true }, view('LOGGED_OUT'), ''],
    ['a channel', { kind: 'READY', channel: 'chat' }, view('NOT_READY'), 'UNSUPPORTED'],
    ['queues', { kind: 'LOGIN', queues: ['q'] }, view('LOGGED_OUT'), 'UNSUPPORTED'],
  ])('%s', (_title, action, from, expected) => {
    expect(text(action, from)).toBe(expected)
  })

  it.each<[string, ResolvedAction, AgentView, string]>([
    ['LOGIN needs the credentials of the agent', { kind: 'LOGIN', station: '1' }, view('LOGGED_OUT'), 'CREDENTIALS_REQUIRED'],
    ['LOGIN needs an extension', { kind: 'LOGIN', hasSecret: true }, view('LOGGED_OUT'), 'DEVICE_INVALID'],
    ['LOGIN with credentials and station', { kind: 'LOGIN', hasSecret: true, station: '1' }, view('LOGGED_OUT'), 'agent LOGIN'],
    ['READY', { kind: 'READY' }, view('NOT_READY'), 'supervisor READY'],
    ['NOT_READY', { kind: 'NOT_READY' }, view('READY'), 'supervisor NOT_READY'],
    ['NOT_READY with a reason cannot be', { kind: 'NOT_READY', reason: lunch }, view('READY'), 'UNSUPPORTED'],
    ['LOGOUT needs no NOT_READY before', { kind: 'LOGOUT' }, view('READY'), 'supervisor LOGOUT'],
    ['LOGOUT with a reason cannot be', { kind: 'LOGOUT', reason: home }, view('NOT_READY'), 'UNSUPPORTED'],
    [
      'credentials of the command make the agent act',
      { kind: 'LOGOUT', reason: home, hasSecret: true },
      view('NOT_READY'),
      'agent LOGOUT(21)',
    ],
  ])('of an agent without an account: %s', (_title, action, from, expected) => {
    expect(text(action, from, 'other')).toBe(expected)
  })

  it('lets UCCX sign out from READY, and no other state', () => {
    const uccx = { deployment: 'UCCX' } as const
    expect(text({ kind: 'LOGOUT' }, view('READY'), 'own', uccx)).toBe('agent LOGOUT')
    expect(text({ kind: 'LOGOUT' }, view('WRAP_UP'), 'own', uccx)).toBe('supervisor NOT_READY, agent LOGOUT')
  })

  it('keeps to READY and LOGOUT for the supervisor where the site says so', () => {
    const strict = { supervisorNotReady: false }
    expect(text({ kind: 'NOT_READY' }, view('READY'), 'other', strict)).toBe('UNSUPPORTED')
    expect(text({ kind: 'LOGOUT' }, view('READY'), 'own', strict)).toBe('agent NOT_READY, agent LOGOUT')
    expect(text({ kind: 'LOGOUT', force: true }, view('READY'), 'own', strict)).toBe('supervisor LOGOUT')
  })

  it('asks for a reason where the site has them, but not for one who is there and not of a supervisor', () => {
    const required = { reasonRequired: { notReady: true, logout: true } }
    expect(text({ kind: 'NOT_READY' }, view('READY'), 'own', required)).toBe('REASON_REQUIRED')
    expect(text({ kind: 'NOT_READY' }, view('NOT_READY'), 'own', required)).toBe('')
    expect(text({ kind: 'LOGOUT' }, view('NOT_READY'), 'own', required)).toBe('REASON_REQUIRED')
    expect(text({ kind: 'LOGOUT', force: true }, view('NOT_READY'), 'own', required)).toBe('supervisor LOGOUT')
    expect(text({ kind: 'NOT_READY' }, view('READY'), 'other', required)).toBe('supervisor NOT_READY')
  })

  it('never takes being on a call for READY, and accepts the pending state that Finesse tells', () => {
    const { expect: wanted } = plan({ kind: 'READY' }, 'own', view('NOT_READY'), settings).steps[0] as { expect: unknown }
    expect(wanted).toEqual({ states: ['READY', 'RESERVED'], pending: ['READY'], withinMs: 15_000 })
  })

  it('has nothing to do once its own expectations are met, from every state and for every action', () => {
    for (const state of AGENT_STATES) {
      for (const kind of ['LOGIN', 'READY', 'NOT_READY', 'LOGOUT'] as const) {
        for (const force of kind === 'LOGOUT' ? [true, false] : [false]) {
          const action: ResolvedAction = { kind, ...(force && { force }) }
          if (state === 'LOGGED_OUT' && (kind === 'READY' || kind === 'NOT_READY')) continue
          const last = plan(action, 'own', view(state), settings).steps.at(-1)
          const reached = kind === 'READY' ? 'READY' : last?.expect.states[0]
          if (reached !== undefined) expect(plan(action, 'own', view(reached), settings).steps).toEqual([])
        }
      }
    }
  })

  it('puts no secret into a step', () => {
    const action: ResolvedAction = { kind: 'LOGIN', hasSecret: true, station: '1', username: 'u' }
    expect(JSON.stringify(plan(action, 'x', view('LOGGED_OUT'), settings))).not.toContain('"u"')
  })
})
