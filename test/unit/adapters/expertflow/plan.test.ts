import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeRequest, engineCall, socketAddress } from '../../../../src/adapters/expertflow/describe.js'
import { viewOf, type DeskStatus } from '../../../../src/adapters/expertflow/mapping.js'
import { expertflowOptions } from '../../../../src/adapters/expertflow/options.js'
import { createPlan, wayOf, type ChangeAgentState, type ExpertflowRequest } from '../../../../src/adapters/expertflow/plan.js'
import { parsePresence, type Presence } from '../../../../src/adapters/expertflow/presence.js'
import { FORCED_LOGOUT_REASON, SPECIAL_REASONS } from '../../../../src/adapters/expertflow/reasons.js'
import { judge } from '../../../../src/core/run/confirmer.js'
import { unknownView, type AgentView } from '../../../../src/core/model/agent-state.js'
import type { ResolvedAction } from '../../../../src/core/model/command.js'
import { CtiError } from '../../../../src/core/model/error.js'
import type { Reason } from '../../../../src/core/model/reason.js'
import { conform } from '../../../support/expertflow-schemas.js'
import { AGENT, MRDS, presenceBody, type MrdName } from '../../../support/expertflow-presence.js'

const options = (more: object = {}) =>
  expertflowOptions.parse({ baseUrl: 'https://cx.example.com', supervisor: { username: 's', password: 'p' }, ...more })
const view = (name: string, mrds: Partial<Record<MrdName, string>> = {}, desk: DeskStatus = 'up', more: object = {}): AgentView =>
  viewOf(parsePresence(presenceBody(name, mrds, more)) as Presence, { agentId: AGENT, source: 'read', now: 0, desk, offered: false })

const reason = (type: Reason['type'], more: Partial<Reason> = {}): Reason => ({ id: 'r1', name: 'Lunch', type, system: false, ...more })
const ALL = { CHAT: 'NOT_READY', VOICE: 'NOT_READY', CISCO: 'NOT_READY' } as const

/** Steps in short: `way:state[mrd]`, or `login username`. */
const steps = (action: ResolvedAction, from: AgentView, more: object = {}): string[] =>
  createPlan(options(more))(action, AGENT, from).steps.map((step) => short(step.request as ExpertflowRequest))
function short(request: ExpertflowRequest): string {
  if (request.kind === 'login') return `login ${request.username} ${request.then}`
  const { payload, way } = request
  if (payload.action === 'agentMRDState')
    return `${way}:${payload.state}[${Object.entries(MRDS).find(([, mrd]) => mrd.id === payload.mrdId)?.[0] ?? payload.mrdId}]`
  return `${way}:${payload.state.name}${payload.state.reasonCode === null ? '' : `(${payload.state.reasonCode.name})`}`
}
const refusal = (action: ResolvedAction, from: AgentView, more: object = {}): string => {
  try {
    return `no refusal: ${steps(action, from, more).join()}`
  } catch (error) {
    return error instanceof CtiError ? error.code : String(error)
  }
}
const LOGIN: ResolvedAction = { kind: 'LOGIN', username: 'agent1', hasSecret: true }
const accounts = { [AGENT]: { username: 'acc', password: 'pw' } }

describe('LOGIN', () => {
  it.each<[string, AgentView, object, string[]]>([
    ['of a logged-out agent', view('LOGOUT'), {}, ['login agent1 open-socket']],
    ['of an agent nobody knows yet', unknownView(AGENT, 0), {}, ['login agent1 open-socket']],
    ['while logging in', view('LOGIN'), {}, ['login agent1 open-socket']],
    ['of a logged-in agent', view('NOT_READY', {}, 'none'), {}, []],
    ['of a busy agent', view('READY', { CHAT: 'BUSY' }), {}, []],
    ['inside the cluster', view('LOGOUT'), { sessionModel: 'in-cluster-rest' }, ['login agent1 engine-login']],
    ['of an agent whose only desk we are, lost', view('READY', {}, 'none'), { soleDesk: true, accounts }, ['login agent1 open-socket']],
    ['of an agent whose only desk we are, there', view('READY', {}, 'up'), { soleDesk: true, accounts }, []],
  ])('%s', (_what, from, more, expected) => {
    expect(steps(LOGIN, from, more)).toEqual(expected)
  })

  it('takes over another desk only when told to, and not its own', () => {
    const takeOver: ResolvedAction = { ...LOGIN, options: { takeOver: true } }
    expect(steps(takeOver, view('READY', {}, 'none'))).toEqual(['login agent1 open-socket'])
    expect(steps(takeOver, view('READY', {}, 'up'))).toEqual([])
    expect(steps(takeOver, view('READY', {}, 'none'), { sessionModel: 'in-cluster-rest' })).toEqual([])
  })

  it('needs credentials of the caller or of the settings', () => {
    expect(refusal({ kind: 'LOGIN' }, view('LOGOUT'))).toBe('CREDENTIALS_REQUIRED')
    expect(refusal({ kind: 'LOGIN', username: 'agent1' }, view('LOGOUT'))).toBe('CREDENTIALS_REQUIRED')
    expect(refusal({ kind: 'LOGIN', hasSecret: true }, view('LOGOUT'))).toBe('CREDENTIALS_REQUIRED')
    expect(steps({ kind: 'LOGIN' }, view('LOGOUT'), { accounts })).toEqual(['login acc open-socket'])
  })

  it('is not for the supervisor proxy', () => {
    expect(refusal(LOGIN, view('LOGOUT'), { sessionModel: 'supervisor-proxy' })).toBe('UNSUPPORTED')
  })
})

describe('READY', () => {
  it.each<[string, AgentView, object, string[]]>([
    [
      'first the agent, then its channels, but none that others manage',
      view('NOT_READY', ALL),
      {},
      ['desk:READY', 'desk:READY[CHAT]', 'desk:READY[VOICE]'],
    ],
    ['only what is missing', view('READY', { CHAT: 'READY', VOICE: 'NOT_READY' }), {}, ['desk:READY[VOICE]']],
    ['a channel that was to finish its work', view('READY', { CHAT: 'PENDING_NOT_READY' }), {}, ['desk:READY[CHAT]']],
    ['nothing when all is there', view('READY', { CHAT: 'ACTIVE', VOICE: 'BUSY', CISCO: 'NOT_READY' }), {}, []],
    ['nothing for channels that cannot be set', view('READY', { CHAT: 'INTERRUPTED', VOICE: 'UNKNOWN' }), {}, []],
    ['no channel when the installation does it', view('NOT_READY', ALL), { autoSync: true }, ['desk:READY']],
    ['no channel when told so', view('NOT_READY', ALL), { readyMrds: 'none' }, ['desk:READY']],
    [
      'the channels of the list, by id or name',
      view('NOT_READY', ALL),
      { readyMrds: [MRDS.CHAT.id, 'CISCO CC'] },
      ['desk:READY', 'desk:READY[CHAT]', 'desk:READY[CISCO]'],
    ],
    [
      'channels that others manage, when none is said to be',
      view('READY', { CISCO: 'NOT_READY' }),
      { externalMrds: [] },
      ['desk:READY[CISCO]'],
    ],
    ['no channel without capacity', view('NOT_READY', ALL, 'up', { max: 0 }), {}, ['desk:READY']],
    ['over the supervisor only the agent', view('NOT_READY', ALL, 'none'), {}, ['supervisor:READY']],
    ['over the supervisor nothing for channels', view('READY', ALL, 'none'), {}, []],
    ['over the supervisor although a desk is ours', view('NOT_READY', ALL), { sessionModel: 'supervisor-proxy' }, ['supervisor:READY']],
    [
      'over the engine',
      view('NOT_READY', { CHAT: 'NOT_READY' }, 'none'),
      { sessionModel: 'in-cluster-rest' },
      ['rest:READY', 'rest:READY[CHAT]'],
    ],
    [
      'a lost sole desk first',
      view('NOT_READY', { CHAT: 'NOT_READY' }, 'none'),
      { soleDesk: true, accounts },
      ['login acc open-socket', 'desk:READY', 'desk:READY[CHAT]'],
    ],
  ])('%s', (_what, from, more, expected) => {
    expect(steps({ kind: 'READY' }, from, more)).toEqual(expected)
  })

  it('says what stands in the way', () => {
    expect(refusal({ kind: 'READY' }, view('LOGOUT'))).toBe('NOT_LOGGED_IN')
    expect(refusal({ kind: 'READY' }, view('UNKNOWN'))).toBe('INVALID_TRANSITION')
    expect(refusal({ kind: 'READY' }, view('NOT_READY', {}, 'none'), { supervisor: undefined })).toBe('UNSUPPORTED')
  })
})

describe('READY and NOT_READY of one channel', () => {
  it.each<[ResolvedAction['kind'], AgentView, string[]]>([
    ['READY', view('READY', { CHAT: 'NOT_READY' }), ['desk:READY[CHAT]']],
    ['READY', view('READY', { CHAT: 'PENDING_NOT_READY' }), ['desk:READY[CHAT]']],
    ['READY', view('READY', { CHAT: 'INTERRUPTED' }), ['desk:READY[CHAT]']],
    ['READY', view('READY', { CHAT: 'READY' }), []],
    ['READY', view('READY', { CHAT: 'ACTIVE' }), []],
    ['READY', view('READY', { CHAT: 'BUSY' }), []],
    ['NOT_READY', view('READY', { CHAT: 'READY' }), ['desk:NOT_READY[CHAT]']],
    ['NOT_READY', view('READY', { CHAT: 'BUSY' }), ['desk:NOT_READY[CHAT]']],
    ['NOT_READY', view('READY', { CHAT: 'PENDING_NOT_READY' }), []],
    ['NOT_READY', view('NOT_READY', { CHAT: 'NOT_READY' }), []],
  ])('%s of %j', (kind, from, expected) => {
    expect(steps({ kind, channel: MRDS.CHAT.id }, from)).toEqual(expected)
    expect(steps({ kind, channel: 'chat' }, from)).toEqual(expected)
  })

  it('says what stands in the way', () => {
    const chat = { channel: MRDS.CHAT.id }
    expect(refusal({ kind: 'READY', ...chat }, view('NOT_READY', ALL))).toBe('PARENT_NOT_READY')
    expect(refusal({ kind: 'READY', ...chat }, view('LOGOUT', ALL))).toBe('NOT_LOGGED_IN')
    expect(refusal({ kind: 'READY', ...chat }, view('READY', { CHAT: 'NOT_READY' }, 'up', { max: 0 }))).toBe('INVALID_TRANSITION')
    expect(refusal({ kind: 'READY', channel: 'FAX' }, view('READY', ALL))).toBe('INVALID_REQUEST')
    expect(refusal({ kind: 'READY', ...chat }, view('READY', ALL, 'none'))).toBe('UNSUPPORTED')
    expect(refusal({ kind: 'NOT_READY', ...chat, reason: reason('NOT_READY') }, view('READY', { CHAT: 'READY' }))).toBe('UNSUPPORTED')
    expect(refusal({ kind: 'LOGOUT', ...chat }, view('READY', ALL))).toBe('UNSUPPORTED')
    expect(refusal({ kind: 'LOGIN', ...chat }, view('LOGOUT', ALL))).toBe('UNSUPPORTED')
  })

  it('names the channels that there are', () => {
    const failure = (() => {
      try {
        return createPlan(options())({ kind: 'READY', channel: 'FAX' }, AGENT, view('READY', { CHAT: 'READY' }))
      } catch (error) {
        return error
      }
    })()
    expect(failure).toMatchObject({ errors: [{ field: '/channel', message: `one of: ${MRDS.CHAT.id} (CHAT)` }] })
  })
})

describe('NOT_READY', () => {
  const lunch = reason('NOT_READY')
  it.each<[string, ResolvedAction, AgentView, object, string[]]>([
    ['without a reason', { kind: 'NOT_READY' }, view('READY'), {}, ['desk:NOT_READY']],
    ['with a reason', { kind: 'NOT_READY', reason: lunch }, view('READY'), {}, ['desk:NOT_READY(Lunch)']],
    ['there already', { kind: 'NOT_READY' }, view('NOT_READY'), {}, []],
    [
      'there with another reason',
      { kind: 'NOT_READY', reason: lunch },
      view('NOT_READY', {}, 'up', { reasonCode: { id: 'r2' } }),
      {},
      ['desk:NOT_READY(Lunch)'],
    ],
    ['there with this reason', { kind: 'NOT_READY', reason: lunch }, view('NOT_READY', {}, 'up', { reasonCode: { id: 'r1' } }), {}, []],
    ['there, channels finishing their work', { kind: 'NOT_READY' }, view('NOT_READY', { CHAT: 'PENDING_NOT_READY' }), {}, []],
    ['on behalf, where tried', { kind: 'NOT_READY' }, view('READY', {}, 'none'), { supervisorNotReady: true }, ['supervisor:NOT_READY']],
    ['over the engine', { kind: 'NOT_READY' }, view('READY', {}, 'none'), { sessionModel: 'in-cluster-rest' }, ['rest:NOT_READY']],
    [
      'a lost sole desk first',
      { kind: 'NOT_READY' },
      view('READY', {}, 'none'),
      { soleDesk: true, accounts },
      ['login acc open-socket', 'desk:NOT_READY'],
    ],
    ['no desk to open when there is nothing to do', { kind: 'NOT_READY' }, view('NOT_READY', {}, 'none'), { soleDesk: true, accounts }, []],
  ])('%s', (_what, action, from, more, expected) => {
    expect(steps(action, from, more)).toEqual(expected)
  })

  it('says what stands in the way', () => {
    expect(refusal({ kind: 'NOT_READY' }, view('LOGOUT'))).toBe('NOT_LOGGED_IN')
    expect(refusal({ kind: 'NOT_READY' }, view('UNKNOWN'))).toBe('INVALID_TRANSITION')
    expect(refusal({ kind: 'NOT_READY' }, view('READY', {}, 'none'))).toBe('UNSUPPORTED')
    expect(refusal({ kind: 'NOT_READY' }, view('READY'), { requireReason: { notReady: true } })).toBe('REASON_REQUIRED')
    expect(refusal({ kind: 'NOT_READY', reason: reason('LOGOUT') }, view('READY'))).toBe('REASON_INVALID')
    expect(refusal({ kind: 'NOT_READY', reason: reason('NOT_READY', { system: true }) }, view('READY'))).toBe('REASON_INVALID')
  })
})

describe('LOGOUT', () => {
  const office = reason('LOGOUT', { name: 'Out Of Office' })
  const forced = 'FORCED_LOGOUT_BY_SUPERVISOR'
  it.each<[string, ResolvedAction, AgentView, object, string[]]>([
    ['at the own desk', { kind: 'LOGOUT' }, view('READY'), {}, ['desk:LOGOUT']],
    ['with a reason', { kind: 'LOGOUT', reason: office }, view('READY'), {}, ['desk:LOGOUT(Out Of Office)']],
    ['there already', { kind: 'LOGOUT' }, view('LOGOUT'), {}, []],
    ['of an agent in an unknown state', { kind: 'LOGOUT' }, view('UNKNOWN'), {}, ['desk:LOGOUT']],
    [
      'NOT_READY first, where the site wants it',
      { kind: 'LOGOUT' },
      view('READY'),
      { logoutViaNotReady: true },
      ['desk:NOT_READY', 'desk:LOGOUT'],
    ],
    ['not from NOT_READY', { kind: 'LOGOUT' }, view('NOT_READY'), { logoutViaNotReady: true }, ['desk:LOGOUT']],
    ['not on behalf', { kind: 'LOGOUT' }, view('READY', {}, 'none'), { logoutViaNotReady: true }, [`supervisor:LOGOUT(${forced})`]],
    [
      'on behalf, the caller’s reason',
      { kind: 'LOGOUT', reason: office },
      view('READY', {}, 'none'),
      {},
      ['supervisor:LOGOUT(Out Of Office)'],
    ],
    [
      'over the supervisor while the desk’s link is down',
      { kind: 'LOGOUT' },
      view('READY', {}, 'down'),
      {},
      [`supervisor:LOGOUT(${forced})`],
    ],
    [
      'at the desk that is down, without a supervisor',
      { kind: 'LOGOUT' },
      view('READY', {}, 'down'),
      { supervisor: undefined },
      ['desk:LOGOUT'],
    ],
    ['over the engine', { kind: 'LOGOUT' }, view('READY', {}, 'none'), { sessionModel: 'in-cluster-rest' }, ['rest:LOGOUT']],
    [
      'of a lost sole desk over the supervisor',
      { kind: 'LOGOUT' },
      view('READY', {}, 'none'),
      { soleDesk: true, accounts },
      [`supervisor:LOGOUT(${forced})`],
    ],
    [
      'of a lost sole desk without a supervisor',
      { kind: 'LOGOUT' },
      view('READY', {}, 'none'),
      { soleDesk: true, accounts, supervisor: undefined },
      ['login acc open-socket', 'desk:LOGOUT'],
    ],
    ['forced, whatever desk there is', { kind: 'LOGOUT', force: true }, view('READY'), {}, [`supervisor:LOGOUT(${forced})`]],
    [
      'forced, without NOT_READY first',
      { kind: 'LOGOUT', force: true },
      view('READY'),
      { logoutViaNotReady: true },
      [`supervisor:LOGOUT(${forced})`],
    ],
    ['forced, with the fixed reason', { kind: 'LOGOUT', force: true, reason: office }, view('READY'), {}, [`supervisor:LOGOUT(${forced})`]],
    [
      'forced, with the caller’s reason',
      { kind: 'LOGOUT', force: true, reason: office },
      view('READY'),
      { forcedLogoutReason: 'caller' },
      ['supervisor:LOGOUT(Out Of Office)'],
    ],
    [
      'forced, caller’s reason missing',
      { kind: 'LOGOUT', force: true },
      view('READY'),
      { forcedLogoutReason: 'caller' },
      [`supervisor:LOGOUT(${forced})`],
    ],
    [
      'forced, caller names the fixed one',
      { kind: 'LOGOUT', force: true, reason: SPECIAL_REASONS[0]! },
      view('READY'),
      { forcedLogoutReason: 'caller' },
      [`supervisor:LOGOUT(${forced})`],
    ],
    [
      'forced over the engine',
      { kind: 'LOGOUT', force: true },
      view('READY'),
      { sessionModel: 'in-cluster-rest' },
      [`rest:LOGOUT(${forced})`],
    ],
    ['forced, there already', { kind: 'LOGOUT', force: true }, view('LOGOUT'), {}, []],
    [
      'forced needs no reason of the caller',
      { kind: 'LOGOUT', force: true },
      view('READY'),
      { requireReason: { logout: true } },
      [`supervisor:LOGOUT(${forced})`],
    ],
  ])('%s', (_what, action, from, more, expected) => {
    expect(steps(action, from, more)).toEqual(expected)
  })

  it('says what stands in the way', () => {
    expect(refusal({ kind: 'LOGOUT' }, view('READY', {}, 'none'), { supervisor: undefined })).toBe('UNSUPPORTED')
    expect(refusal({ kind: 'LOGOUT', force: true }, view('READY'), { supervisor: undefined })).toBe('UNSUPPORTED')
    expect(refusal({ kind: 'LOGOUT' }, view('READY'), { requireReason: { logout: true } })).toBe('REASON_REQUIRED')
    expect(refusal({ kind: 'LOGOUT', reason: SPECIAL_REASONS[0]! }, view('READY'))).toBe('REASON_INVALID')
    expect(refusal({ kind: 'LOGOUT', reason: reason('NOT_READY') }, view('READY'))).toBe('REASON_INVALID')
  })

  it('sends the fixed reason whole, as the seed gives it', () => {
    const [step] = createPlan(options())({ kind: 'LOGOUT', force: true }, AGENT, view('READY')).steps
    expect(step?.request).toMatchObject({
      payload: { agentId: AGENT, action: 'agentState', state: { name: 'LOGOUT', reasonCode: FORCED_LOGOUT_REASON } },
    })
  })
})

describe('a sole desk', () => {
  const sole = { soleDesk: true, accounts }
  it.each<[DeskStatus, string[]]>([
    ['up', ['desk:READY']],
    ['down', ['desk:READY']],
    ['none', ['login acc open-socket', 'desk:READY']],
  ])('that is %s', (desk, expected) => {
    expect(steps({ kind: 'READY' }, view('NOT_READY', {}, desk), sole)).toEqual(expected)
  })

  it('is not opened for an agent who is logged out, nor for one without an account', () => {
    expect(refusal({ kind: 'READY' }, view('LOGOUT', {}, 'none'), sole)).toBe('NOT_LOGGED_IN')
    expect(steps({ kind: 'READY' }, view('NOT_READY', {}, 'none'), { soleDesk: true })).toEqual(['supervisor:READY'])
    expect(steps({ kind: 'READY' }, view('NOT_READY', {}, 'none'), { ...sole, sessionModel: 'supervisor-proxy' })).toEqual([
      'supervisor:READY',
    ])
  })
})

it('steps have names', () => {
  const names = (action: ResolvedAction, from: AgentView): string[] =>
    createPlan(options())(action, AGENT, from).steps.map((step) => step.name)
  expect(names(LOGIN, view('LOGOUT'))).toEqual(['login'])
  expect(names({ kind: 'READY' }, view('NOT_READY', { CHAT: 'NOT_READY' }))).toEqual(['set-ready', 'set-mrd-ready'])
  expect(names({ kind: 'NOT_READY' }, view('READY'))).toEqual(['set-not-ready'])
  expect(names({ kind: 'NOT_READY', channel: 'CHAT' }, view('READY', { CHAT: 'READY' }))).toEqual(['set-mrd-not-ready'])
  expect(names({ kind: 'LOGOUT' }, view('READY'))).toEqual(['set-logout'])
})

describe('expectations', () => {
  const expectation = (action: ResolvedAction, from: AgentView) =>
    createPlan(options({ commandMs: 700 }))(action, AGENT, from).steps.map((step) => step.expect)

  it('take READY in all its shades, and nothing else', () => {
    expect(expectation({ kind: 'READY' }, view('NOT_READY', { CHAT: 'NOT_READY' }))).toEqual([
      { states: ['READY', 'BUSY', 'RESERVED', 'INTERRUPTED'], withinMs: 700 },
      { states: ['READY', 'BUSY'], channel: MRDS.CHAT.id, withinMs: 700 },
    ])
  })

  it('want the reason that was asked for', () => {
    expect(expectation({ kind: 'NOT_READY', reason: reason('NOT_READY') }, view('READY'))).toEqual([
      { states: ['NOT_READY'], reasonId: 'r1', withinMs: 700 },
    ])
    expect(expectation({ kind: 'NOT_READY' }, view('READY'))).toEqual([{ states: ['NOT_READY'], withinMs: 700 }])
  })

  it('want the agent out, or in', () => {
    expect(expectation({ kind: 'LOGOUT' }, view('READY'))).toEqual([{ states: ['LOGGED_OUT'], withinMs: 700 }])
    expect(expectation(LOGIN, view('LOGOUT'))).toEqual([
      { states: ['NOT_READY', 'READY', 'BUSY', 'RESERVED', 'INTERRUPTED'], withinMs: 700 },
    ])
    expect(expectation({ kind: 'NOT_READY', channel: 'CHAT' }, view('READY', { CHAT: 'READY' }))).toEqual([
      { states: ['NOT_READY'], channel: MRDS.CHAT.id, withinMs: 700 },
    ])
  })
})

describe('wayOf', () => {
  it.each<[Parameters<typeof wayOf>[0], boolean, DeskStatus, object, string]>([
    ['MRD', false, 'up', {}, 'desk'],
    ['MRD', false, 'down', {}, 'desk'],
    ['MRD', false, 'none', {}, 'UNSUPPORTED'],
    ['READY', false, 'down', {}, 'desk'],
    ['NOT_READY', false, 'down', {}, 'desk'],
    ['NOT_READY', false, 'up', { sessionModel: 'supervisor-proxy' }, 'UNSUPPORTED'],
    ['MRD', false, 'up', { sessionModel: 'supervisor-proxy', supervisorNotReady: true }, 'UNSUPPORTED'],
    ['LOGOUT', true, 'none', { sessionModel: 'in-cluster-rest', supervisor: undefined }, 'rest'],
    ['READY', false, 'none', { supervisor: undefined }, 'UNSUPPORTED'],
  ])('%s, force %s, desk %s, %j', (asked, force, desk, more, expected) => {
    const way = wayOf(asked, force, desk, options(more))
    expect(way instanceof CtiError ? way.code : way).toBe(expected)
  })
})

describe('any plan', () => {
  const arbitraryView = fc
    .record({
      name: fc.constantFrom('LOGIN', 'NOT_READY', 'READY', 'LOGOUT', 'UNKNOWN', 'DREAMING'),
      chat: fc.constantFrom(
        'LOGOUT',
        'NOT_READY',
        'PENDING_NOT_READY',
        'READY',
        'ACTIVE',
        'BUSY',
        'RESERVED',
        'INTERRUPTED',
        'UNKNOWN',
        'X',
      ),
      voice: fc.constantFrom('NOT_READY', 'READY', 'BUSY', 'PENDING_NOT_READY'),
      desk: fc.constantFrom<DeskStatus>('up', 'down', 'none'),
      max: fc.constantFrom(0, 1, 5),
      reasonCode: fc.constantFrom(null, { id: 'r1' }, { id: 'r2' }),
    })
    .map(({ name, chat, voice, desk, ...more }) => view(name, { CHAT: chat, VOICE: voice }, desk, more))
  const arbitraryAction: fc.Arbitrary<ResolvedAction> = fc.oneof(
    fc.constant(LOGIN),
    fc.constantFrom<ResolvedAction>({ kind: 'READY' }, { kind: 'NOT_READY' }, { kind: 'LOGOUT' }, { kind: 'LOGOUT', force: true }),
    fc.constant<ResolvedAction>({ kind: 'NOT_READY', reason: reason('NOT_READY') }),
    fc.constantFrom<ResolvedAction>({ kind: 'READY', channel: 'CHAT' }, { kind: 'NOT_READY', channel: 'CX VOICE' }),
  )
  const arbitraryOptions = fc.record({
    sessionModel: fc.constantFrom('headless-desk', 'supervisor-proxy', 'in-cluster-rest'),
    autoSync: fc.boolean(),
    soleDesk: fc.boolean(),
    accounts: fc.constantFrom({}, accounts),
    supervisorNotReady: fc.boolean(),
    logoutViaNotReady: fc.boolean(),
    reasonForm: fc.constantFrom('minimal', 'document'),
  })

  it('is pure, fails with catalogue errors only, sends what the vendor documents, and shows exactly that', () => {
    fc.assert(
      fc.property(arbitraryView, arbitraryAction, arbitraryOptions, (from, action, more) => {
        const settings = options(more)
        const plan = createPlan(settings)
        const result = attempt(() => plan(action, AGENT, from))
        expect(attempt(() => plan(action, AGENT, from))).toEqual(result)
        if (result instanceof CtiError) return
        for (const step of result.steps) {
          const request = step.request as ExpertflowRequest
          expect(step.expect.withinMs).toBe(5000)
          if (request.kind === 'login') continue
          conformPayload(request.payload)
          const shown = JSON.parse(describeRequest(request, settings).body ?? '') as unknown
          expect(shown).toEqual(request.way === 'rest' ? engineCall(request.payload).body : request.payload)
        }
      }),
      { numRuns: 1500 },
    )
  })

  it('has no steps left once its last expectation is met', () => {
    fc.assert(
      fc.property(arbitraryView, arbitraryAction, (from, action) => {
        const plan = createPlan(options())
        const result = attempt(() => plan(action, AGENT, from))
        const last = result instanceof CtiError ? undefined : result.steps.at(-1)
        if (last === undefined || result instanceof CtiError) return
        // The world in which all was done: the agent's word, its channels, and a desk where one was opened.
        const done = last.name === 'login' || last.name === 'set-not-ready' ? 'NOT_READY' : last.name === 'set-logout' ? 'LOGOUT' : 'READY'
        const after = view(
          done,
          Object.fromEntries(
            (['CHAT', 'VOICE'] as const).map((key) => {
              const set = result.steps.find((step) => step.expect.channel === MRDS[key].id)
              const before = from.channels.find((channel) => channel.id === MRDS[key].id)?.vendorState ?? 'NOT_READY'
              return [key, set === undefined ? before : (set.expect.states[0] ?? before)]
            }),
          ),
          last.name === 'login' ? 'up' : (from.vendor?.['desk'] as DeskStatus),
          { reasonCode: last.expect.reasonId === undefined ? null : { id: last.expect.reasonId }, max: from.channels[0]?.maxTasks ?? 5 },
        )
        if (judge(last.expect, after) !== 'met') return
        expect(attempt(() => plan(action, AGENT, after))).toEqual({ steps: [] })
      }),
      { numRuns: 1000 },
    )
  })
})

function attempt<T>(work: () => T): T | CtiError {
  try {
    return work()
  } catch (error) {
    if (error instanceof CtiError) return error
    throw error
  }
}

function conformPayload(payload: ChangeAgentState): void {
  conform(payload.action === 'agentState' ? 'ChangeAgentState' : 'ChangeAgentMrdState', payload)
}

describe('descriptions', () => {
  const shown = (action: ResolvedAction, from: AgentView, more: object = {}) => {
    const settings = options(more)
    return createPlan(settings)(action, AGENT, from).steps.map((step) => describeRequest(step.request as ExpertflowRequest, settings))
  }

  it('of a login show where and with what, and no secret', () => {
    const [login] = shown({ kind: 'LOGIN' }, view('LOGOUT'), { accounts })
    expect(login).toEqual({
      target: 'POST https://cx.example.com/agent-manager/agent/login, then Socket.IO https://cx.example.com/agent-manager/socket.io',
      body: JSON.stringify(
        { login: { username: 'acc', password: '***' }, handshake: { auth: { agent: '***', fcm: '' }, query: { username: 'acc' } } },
        null,
        2,
      ),
    })
    const [engine] = shown(LOGIN, view('LOGOUT'), { sessionModel: 'in-cluster-rest', agentLogin: 'unified-admin' })
    expect(engine?.target).toBe(
      'POST https://cx.example.com/unified-admin/keycloakLogin, then POST https://cx.example.com/routing-engine/agent-login',
    )
  })

  it('of a change name the socket', () => {
    expect(shown({ kind: 'NOT_READY' }, view('READY'))[0]?.target).toBe("emit changeAgentState (the agent's own socket)")
    expect(shown({ kind: 'LOGOUT', force: true }, view('READY'))[0]?.target).toBe("emit changeAgentState (the supervisor's socket)")
  })

  it('of an engine call show method, address and the masked token', () => {
    const model = { sessionModel: 'in-cluster-rest', urls: { routingEngine: 'http://engine:8081/' } }
    expect(shown({ kind: 'NOT_READY' }, view('READY'), model)).toEqual([
      {
        target: 'PUT http://engine:8081/agent-state',
        headers: { Authorization: 'Bearer ***' },
        body: JSON.stringify({ agentId: AGENT, state: { name: 'NOT_READY', reasonCode: null } }, null, 2),
      },
    ])
    expect(shown({ kind: 'READY', channel: 'CHAT' }, view('READY', { CHAT: 'NOT_READY' }), { ...model, supervisor: undefined })).toEqual([
      {
        target: 'PUT http://engine:8081/mrd-state',
        body: JSON.stringify({ agentId: AGENT, mrdId: MRDS.CHAT.id, state: 'READY' }, null, 2),
      },
    ])
  })

  it.each([
    ['https://cx.example.com/agent-manager', 'https://cx.example.com', '/agent-manager/socket.io'],
    ['http://agent-manager:3000', 'http://agent-manager:3000', ''],
    ['http://agent-manager:3000/', 'http://agent-manager:3000', ''],
  ])('the socket of %s is at %s, path "%s" (section 4)', (url, origin, path) => {
    expect(socketAddress(url)).toEqual({ origin, path })
  })
})
