import { describe, expect, it } from 'vitest'
import { isAcwReason, plan, type PlanSettings } from '../../../../src/adapters/cxone/plan.js'
import { AGENT_STATES, unknownView, type AgentState, type AgentView } from '../../../../src/core/model/agent-state.js'
import type { ResolvedAction } from '../../../../src/core/model/command.js'
import { CtiError, type ErrorCode } from '../../../../src/core/model/error.js'
import type { Reason } from '../../../../src/core/model/reason.js'

const supervisor: PlanSettings = { mode: 'supervisor', login: 'unsupported', withinMs: 9000, stationIs: 'id', inactivityTimeoutSeconds: 0 }
const owner: PlanSettings = { ...supervisor, mode: 'session-owner', login: 'impersonate' }
const ownKey: PlanSettings = { ...owner, login: 'agent-credentials' }
const lunch: Reason = { id: '12', code: 12, name: 'Lunch', type: 'NOT_READY', system: false, raw: { isAcw: false } }
const acw: Reason = { id: '15', code: 15, name: 'After Call Work', type: 'NOT_READY', system: false, raw: { isACW: 'True' } }
const refused: Reason = { id: '-1', code: -1, name: 'Refused', type: 'NOT_READY', system: true }

const view = (state: AgentState, more: Partial<AgentView> = {}): AgentView => ({
  ...unknownView('1', 0),
  state,
  stale: false,
  source: 'read',
  vendor: { session: 'none' },
  ...more,
})
const held = (state: AgentState, more: Partial<AgentView> = {}): AgentView => view(state, { vendor: { session: 'held' }, ...more })
const steps = (action: ResolvedAction, seen: AgentView, settings = supervisor) => plan(action, '1', seen, settings).steps
const requests = (action: ResolvedAction, seen: AgentView, settings = supervisor) =>
  steps(action, seen, settings).map((step) => step.request)
function code(work: () => unknown): ErrorCode {
  try {
    work()
  } catch (error) {
    if (error instanceof CtiError) return error.code
  }
  throw new Error('no CtiError')
}

describe('supervisor: ready', () => {
  it('is one request that may be met by a contact at once', () => {
    expect(steps({ kind: 'READY' }, view('NOT_READY'))).toEqual([
      {
        name: 'set-available',
        request: { call: 'set-state', state: 'Available' },
        expect: { states: ['READY', 'RESERVED', 'BUSY', 'HOLD'], pending: ['READY'], withinMs: 9000 },
        resend: 'verify-first',
      },
    ])
  })
  it.each<AgentState>(['BUSY', 'HOLD', 'RESERVED'])('from %s the contact itself proves nothing', (state) => {
    const [step] = steps({ kind: 'READY' }, view(state))
    expect(step?.request).toEqual({ call: 'set-state', state: 'Available' })
    expect(step?.expect.states).toEqual(['READY'])
  })
  it.each<AgentState>(['WRAP_UP', 'UNKNOWN', 'LOGGING_IN'])('from %s it is asked for', (state) =>
    expect(requests({ kind: 'READY' }, view(state))).toHaveLength(1),
  )
  it('sends nothing when ready with nothing pending', () => {
    expect(steps({ kind: 'READY' }, view('READY'))).toEqual([])
    expect(steps({ kind: 'READY' }, view('READY', { pendingState: 'NOT_READY' }))).toHaveLength(1)
  })
  it('needs a login', () => expect(code(() => steps({ kind: 'READY' }, view('LOGGED_OUT')))).toBe('NOT_LOGGED_IN'))
})

describe('supervisor: not ready', () => {
  it('names the code by id and expects it to stand', () => {
    const [step] = steps({ kind: 'NOT_READY', reason: lunch }, view('READY'))
    expect(step).toMatchObject({
      name: 'set-unavailable',
      request: { call: 'set-state', state: 'Unavailable', outStateId: '12' },
      expect: { states: ['NOT_READY'], pending: ['NOT_READY'], reasonId: '12' },
    })
  })
  it('without a reason leaves the code out', () =>
    expect(requests({ kind: 'NOT_READY' }, view('READY'))).toEqual([{ call: 'set-state', state: 'Unavailable' }]))
  it('an after-call code leads to WRAP_UP', () => {
    expect(isAcwReason(acw)).toBe(true)
    expect(isAcwReason(lunch)).toBe(false)
    expect(isAcwReason(undefined)).toBe(false)
    expect(steps({ kind: 'NOT_READY', reason: acw }, view('BUSY'))[0]?.expect).toMatchObject({
      states: ['WRAP_UP'],
      pending: ['WRAP_UP'],
      reasonId: '15',
    })
    expect(steps({ kind: 'NOT_READY', reason: acw }, view('WRAP_UP', { reason: { id: '15' } }))).toEqual([])
  })
  it('is there with the same reason, with any when none was asked, not with another', () => {
    expect(steps({ kind: 'NOT_READY' }, view('NOT_READY', { reason: { id: '13' } }))).toEqual([])
    expect(steps({ kind: 'NOT_READY', reason: lunch }, view('NOT_READY', { reason: { id: '12' } }))).toEqual([])
    expect(steps({ kind: 'NOT_READY', reason: lunch }, view('NOT_READY', { reason: { id: '13' } }))).toHaveLength(1)
    expect(steps({ kind: 'NOT_READY', reason: lunch }, view('NOT_READY'))).toHaveLength(1)
    expect(steps({ kind: 'NOT_READY' }, view('NOT_READY', { pendingState: 'BUSY' }))).toHaveLength(1)
    expect(steps({ kind: 'NOT_READY' }, view('WRAP_UP'))).toHaveLength(1)
  })
  it('a code of the platform’s own cannot be chosen', () =>
    expect(code(() => steps({ kind: 'NOT_READY', reason: refused }, view('READY')))).toBe('REASON_INVALID'))
})

describe('supervisor: logout and login', () => {
  it.each(AGENT_STATES.filter((state) => state !== 'LOGGED_OUT'))('from %s it is the forced one', (state) => {
    expect(steps({ kind: 'LOGOUT' }, view(state))).toEqual([
      {
        name: 'logout',
        request: { call: 'logout' },
        expect: { states: ['LOGGED_OUT'], pending: ['LOGGED_OUT'], withinMs: 9000 },
        resend: 'verify-first',
      },
    ])
    expect(requests({ kind: 'LOGOUT', force: true }, view(state))).toEqual([{ call: 'logout' }])
  })
  it('sends nothing to who is out', () => expect(steps({ kind: 'LOGOUT', force: true }, view('LOGGED_OUT'))).toEqual([]))
  it('flags need force and a held session', () => {
    const options = { endContacts: true }
    expect(code(() => steps({ kind: 'LOGOUT', force: true, options }, view('BUSY')))).toBe('UNSUPPORTED')
    expect(code(() => steps({ kind: 'LOGOUT', options }, held('BUSY')))).toBe('INVALID_REQUEST')
    expect(code(() => steps({ kind: 'LOGOUT', options: { ignorePersonalQueue: true } }, held('BUSY')))).toBe('INVALID_REQUEST')
    expect(requests({ kind: 'LOGOUT', force: true, options }, held('BUSY'))).toEqual([
      { call: 'end-session', forceLogoff: true, endContacts: true },
    ])
    expect(requests({ kind: 'LOGOUT', force: true, options: { ignorePersonalQueue: true } }, held('BUSY'))).toEqual([
      { call: 'end-session', forceLogoff: true, ignorePersonalQueue: true },
    ])
    expect(requests({ kind: 'LOGOUT', force: true, options: { endContacts: false } }, held('BUSY'))).toEqual([{ call: 'logout' }])
  })
  it('login is refused unless it is set up', () =>
    expect(code(() => steps({ kind: 'LOGIN', station: '7' }, view('LOGGED_OUT')))).toBe('UNSUPPORTED'))
})

describe('login', () => {
  const impersonating: PlanSettings = { ...supervisor, login: 'impersonate' }
  it.each<AgentState>(['LOGGED_OUT', 'UNKNOWN', 'LOGGING_IN'])('from %s starts a session on behalf', (state) => {
    expect(steps({ kind: 'LOGIN', station: '7001' }, view(state), impersonating)).toEqual([
      {
        name: 'start-session',
        request: { call: 'start-session', stationId: '7001', asAgentId: '1' },
        expect: { states: ['NOT_READY', 'READY', 'RESERVED', 'BUSY', 'HOLD', 'WRAP_UP', 'INTERRUPTED'], withinMs: 9000 },
        resend: 'verify-first',
      },
    ])
  })
  it.each<AgentState>(['NOT_READY', 'READY', 'RESERVED', 'BUSY', 'HOLD', 'WRAP_UP', 'INTERRUPTED'])('%s is logged in', (state) => {
    expect(steps({ kind: 'LOGIN' }, view(state), impersonating)).toEqual([])
    expect(steps({ kind: 'LOGIN' }, held(state), owner)).toEqual([])
    expect(steps({ kind: 'LOGIN' }, view(state), ownKey)).toEqual([])
    expect(steps({ kind: 'LOGIN' }, view(state), owner)).toMatchObject([
      { name: 'join-session', request: { call: 'join-session', asAgentId: '1', login: true }, resend: 'safe' },
    ])
  })
  it('takes the station from command, options or settings, the phone number first', () => {
    const request = (action: ResolvedAction, settings: PlanSettings) => requests(action, view('LOGGED_OUT'), settings)[0]
    expect(request({ kind: 'LOGIN', station: '7', options: { stationPhoneNumber: '+1' } }, impersonating)).toEqual({
      call: 'start-session',
      stationPhoneNumber: '+1',
      asAgentId: '1',
    })
    expect(request({ kind: 'LOGIN', station: '+2' }, { ...impersonating, stationIs: 'phone' })).toEqual({
      call: 'start-session',
      stationPhoneNumber: '+2',
      asAgentId: '1',
    })
    expect(request({ kind: 'LOGIN' }, { ...impersonating, defaultStationId: 'WebRTC' })).toEqual({
      call: 'start-session',
      stationId: 'WebRTC',
      asAgentId: '1',
    })
    expect(request({ kind: 'LOGIN', station: '7' }, { ...impersonating, inactivityTimeoutSeconds: 45 })).toEqual({
      call: 'start-session',
      stationId: '7',
      inactivityTimeout: 45,
      asAgentId: '1',
    })
    expect(code(() => request({ kind: 'LOGIN' }, impersonating))).toBe('INVALID_REQUEST')
  })
  it('with the agent’s own key is not on behalf and needs the key', () => {
    expect(code(() => requests({ kind: 'LOGIN', station: '7' }, view('LOGGED_OUT'), ownKey))).toBe('CREDENTIALS_REQUIRED')
    expect(requests({ kind: 'LOGIN', station: '7', hasSecret: true }, view('LOGGED_OUT'), ownKey)).toEqual([
      { call: 'start-session', stationId: '7' },
    ])
  })
})

describe('session owner', () => {
  it('sets states in the held session by the name of the code', () => {
    expect(requests({ kind: 'READY' }, held('NOT_READY'), owner)).toEqual([{ call: 'session-state', state: 'Available' }])
    expect(requests({ kind: 'NOT_READY', reason: lunch }, held('READY'), owner)).toEqual([
      { call: 'session-state', state: 'Unavailable', reason: 'Lunch', reasonId: '12' },
    ])
  })
  it('joins first where the session is not held', () => {
    expect(requests({ kind: 'READY' }, view('NOT_READY'), owner)).toEqual([
      { call: 'join-session', asAgentId: '1', login: false },
      { call: 'session-state', state: 'Available' },
    ])
    expect(requests({ kind: 'LOGOUT' }, view('NOT_READY'), owner)).toEqual([
      { call: 'join-session', asAgentId: '1', login: false },
      { call: 'end-session' },
    ])
    expect(steps({ kind: 'READY' }, view('READY'), owner)).toEqual([])
  })
  it('ends the held session without flags, and by force through the supervisor', () => {
    expect(requests({ kind: 'LOGOUT' }, held('READY'), owner)).toEqual([{ call: 'end-session' }])
    expect(requests({ kind: 'LOGOUT', force: true }, held('READY'), owner)).toEqual([{ call: 'logout' }])
  })
  it('somebody else’s session cannot be joined with an agent’s key: the supervisor’s way', () => {
    expect(requests({ kind: 'READY' }, view('NOT_READY'), ownKey)).toEqual([{ call: 'set-state', state: 'Available' }])
    expect(requests({ kind: 'LOGOUT' }, view('NOT_READY'), ownKey)).toEqual([{ call: 'logout' }])
    expect(requests({ kind: 'READY' }, held('NOT_READY'), ownKey)).toEqual([{ call: 'session-state', state: 'Available' }])
    expect(requests({ kind: 'LOGOUT' }, held('NOT_READY'), ownKey)).toEqual([{ call: 'end-session' }])
  })
})
