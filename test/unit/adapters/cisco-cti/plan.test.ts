import { describe, expect, it } from 'vitest'
import { mergeReasons } from '../../../../src/adapters/_shared/cisco-reasons.js'
import { options, sidesOf } from '../../../../src/adapters/cisco-cti/options.js'
import { plan as planWith, type SetAgentState } from '../../../../src/adapters/cisco-cti/plan.js'
import { AGENT_STATES, type AgentState, type AgentView } from '../../../../src/core/model/agent-state.js'
import type { ResolvedAction } from '../../../../src/core/model/command.js'

const site = { sides: [{ host: 'a' }, { host: 'b' }], peripheralId: 5000 }
const settings = options.parse(site)
const view = (state: AgentState, more: Partial<AgentView> = {}): AgentView => ({
  agentId: '1',
  state,
  routable: false,
  channels: [],
  observedAt: 0,
  source: 'event',
  stale: false,
  ...more,
})
const plan = (action: ResolvedAction, of: AgentView, more = {}) => planWith(action, '1', of, { ...settings, ...more })
const asked = (action: ResolvedAction, of: AgentView, more = {}) =>
  plan(action, of, more).steps.map((step) => {
    const { state, reason, forced } = step.request as SetAgentState
    return [step.name, state, reason, forced]
  })
const [lunch] = mergeReasons('CCE', [{ code: 7, name: 'Lunch', type: 'NOT_READY' }])

describe('plan', () => {
  it.each([
    ['LOGIN', ['NOT_READY', 'READY', 'RESERVED', 'BUSY', 'HOLD', 'WRAP_UP', 'INTERRUPTED']],
    ['READY', ['READY', 'RESERVED']],
    ['NOT_READY', ['NOT_READY']],
    ['LOGOUT', ['LOGGED_OUT']],
  ] as const)('%s has nothing to do in %j', (kind, states) => {
    for (const state of AGENT_STATES) {
      let steps: number | undefined
      try {
        steps = plan({ kind, station: '2001', hasSecret: true }, view(state)).steps.length
      } catch {
        steps = undefined
      }
      expect(steps === 0, `${kind} in ${state}`).toBe((states as readonly string[]).includes(state))
    }
  })

  it('puts NOT_READY before a logout, with the codes of the site', () => {
    expect(asked({ kind: 'LOGOUT' }, view('READY'))).toEqual([
      ['set-not-ready', 2, 20003, false],
      ['logout', 1, 0, false],
    ])
    expect(asked({ kind: 'LOGOUT', force: true }, view('BUSY'))).toEqual([
      ['set-not-ready', 2, 999, false],
      ['logout', 1, 999, false],
    ])
    expect(asked({ kind: 'LOGOUT', force: true }, view('NOT_READY'))).toEqual([['logout', 1, 999, false]])
    expect(asked({ kind: 'LOGOUT', force: true }, view('READY'), { forcedNotReadyReason: 20001 })[0]).toEqual([
      'set-not-ready',
      2,
      20001,
      false,
    ])
  })

  it('needs one step less on CCX, which takes a logout from READY', () => {
    expect(asked({ kind: 'LOGOUT' }, view('READY'), { product: 'CCX' })).toEqual([['logout', 1, 0, false]])
    expect(asked({ kind: 'LOGOUT' }, view('BUSY'), { product: 'CCX' })).toHaveLength(2)
  })

  it('uses ForcedFlag only after a refusal, only where the site allows it, and only for a supervisor', () => {
    const refused = view('NOT_READY', { vendor: { logoutRefused: '22/10112' } })
    expect(asked({ kind: 'LOGOUT', force: true }, refused)).toEqual([['logout', 1, 999, false]])
    expect(asked({ kind: 'LOGOUT', force: true }, refused, { useForcedFlag: true })).toEqual([['force-logout', 1, 999, true]])
    expect(asked({ kind: 'LOGOUT' }, refused, { useForcedFlag: true })).toEqual([['logout', 1, 0, false]])
    expect(asked({ kind: 'LOGOUT', force: true }, view('NOT_READY'), { useForcedFlag: true })).toEqual([['logout', 1, 999, false]])
  })

  it('a change of reason must be proven by the reason, where the old one is known', () => {
    const other = view('NOT_READY', { reason: { id: 'NOT_READY:8', code: 8 } })
    expect(plan({ kind: 'NOT_READY', reason: lunch! }, other).steps[0]!.expect).toMatchObject({
      states: ['NOT_READY'],
      reasonId: 'NOT_READY:7',
    })
    expect(plan({ kind: 'NOT_READY', reason: lunch! }, view('NOT_READY')).steps[0]!.expect).not.toHaveProperty('reasonId')
    expect(plan({ kind: 'NOT_READY', reason: lunch! }, view('NOT_READY', { reason: { id: 'NOT_READY:7' } })).steps).toEqual([])
  })

  it('carries the instrument in every request, and mobile numbers behind it', () => {
    const step = plan({ kind: 'READY' }, view('NOT_READY', { vendor: { instrument: '2001' } })).steps[0]!
    expect(step.request).toMatchObject({ instrument: '2001' })
    const mobile = { kind: 'LOGIN', station: '2001', hasSecret: true, options: { mobileMode: 'nailed-up', mobileNumber: '0301' } } as const
    expect(plan(mobile, view('LOGGED_OUT')).steps[0]!.request).toMatchObject({ instrument: '2001;0301', workMode: 4 })
  })

  it.each<[string, ResolvedAction, AgentState, string]>([
    ['READY of somebody logged out', { kind: 'READY' }, 'LOGGED_OUT', 'NOT_LOGGED_IN'],
    ['NOT_READY of somebody logged out', { kind: 'NOT_READY' }, 'LOGGED_OUT', 'NOT_LOGGED_IN'],
    ['LOGIN without a station', { kind: 'LOGIN', hasSecret: true }, 'LOGGED_OUT', 'DEVICE_INVALID'],
    ['LOGIN without a password', { kind: 'LOGIN', station: '1' }, 'LOGGED_OUT', 'CREDENTIALS_REQUIRED'],
    [
      'half a mobile login',
      { kind: 'LOGIN', station: '1', hasSecret: true, options: { mobileMode: 'nailed-up' } },
      'LOGGED_OUT',
      'INVALID_REQUEST',
    ],
    ['a channel', { kind: 'READY', channel: 'chat' }, 'NOT_READY', 'UNSUPPORTED'],
  ])('refuses %s', (_title, action, state, code) => {
    expect(() => plan(action, view(state))).toThrow(expect.objectContaining({ code }))
  })

  it('is pure', () => {
    const action = { kind: 'LOGOUT', force: true } as const
    expect(plan(action, view('READY'))).toEqual(plan(action, view('READY')))
  })
})

describe('settings', () => {
  it('have the documented ports', () => {
    expect(sidesOf(options.parse({ ...site, instance: 2 })).map((side) => side.port)).toEqual([42_107, 43_107])
    expect(sidesOf(options.parse({ ...site, tls: {} })).map((side) => side.port)).toEqual([42_030, 43_030])
    expect(sidesOf(options.parse({ ...site, sides: [{ host: 'a', port: 1 }] }))).toEqual([{ name: 'A', host: 'a', port: 1 }])
  })

  it('refuse versions outside the tables', () => {
    expect(options.safeParse({ ...site, versions: [12] }).success).toBe(false)
    expect(options.safeParse({ ...site, surprise: 1 }).success).toBe(false)
  })
})
