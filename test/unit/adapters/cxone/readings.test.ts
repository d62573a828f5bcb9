import { describe, expect, it } from 'vitest'
import { asObject, instantOf, listOf, numberOf, pick, textOf, truthOf } from '../../../../src/adapters/cxone/lenient.js'
import { nextBySkip, nextPage } from '../../../../src/adapters/cxone/paging.js'
import { consequencesOf } from '../../../../src/adapters/cxone/preview.js'
import { segment, toApiRequest } from '../../../../src/adapters/cxone/requests.js'
import { eventsOf, readEvent } from '../../../../src/adapters/cxone/session-events.js'
import { isAcwRecord, parseUnavailableCodes, reasonOf } from '../../../../src/adapters/cxone/unavailable-codes.js'
import { agentIdOf, createMemories, viewOfRow, type AgentMemory, type RowSettings } from '../../../../src/adapters/cxone/views.js'
import { unknownView } from '../../../../src/core/model/agent-state.js'

const settings: RowSettings = { reasonKeys: {}, source: 'read', now: 77, held: false }
const row2026 = {
  agentId: 1001,
  agentStateId: 2,
  agentStateName: 'Unavailable',
  isACW: false,
  outStateId: 12,
  outStateDescription: 'Lunch',
  startDate: '2026-06-18T10:00:00.000Z',
  teamId: 501,
}
const row23 = {
  agentId: '1001',
  agentStateId: '2',
  agentStateName: 'Unavailable',
  isAcw: 'False',
  outStateId: '12',
  outStateDescription: 'Lunch',
  startDate: '2026-06-18T10:00:00',
  teamId: '501',
  lastPollTime: 'x',
}

describe('rows', () => {
  it.each([
    ['2026', row2026],
    ['v23', row23],
  ])('of the dialect %s give the same view', (_name, row) => {
    const memory: AgentMemory = {}
    expect(viewOfRow('1001', row, memory, settings)).toEqual({
      agentId: '1001',
      state: 'NOT_READY',
      routable: false,
      channels: [],
      observedAt: 77,
      source: 'read',
      stale: false,
      vendor: { session: 'none', stateId: '2', outStateId: '12', teamId: '501' },
      reason: { id: '12', code: 12, name: 'Lunch', key: 'BREAK.LUNCH' },
      vendorState: 'Unavailable',
      since: Date.parse('2026-06-18T10:00:00.000Z'),
    })
    expect(memory).toEqual({ state: 'NOT_READY', teamId: '501' })
    expect(agentIdOf(row)).toBe('1001')
  })
  it.each([[true], ['True'], ['true'], [1]])('with ACW %j are WRAP_UP in either spelling', (flag) => {
    expect(viewOfRow('1', { agentStateId: 2, isACW: flag }, {}, settings).state).toBe('WRAP_UP')
    expect(viewOfRow('1', { agentStateId: 2, isAcw: flag }, {}, settings).state).toBe('WRAP_UP')
  })
  it('name a reason only where one stands', () => {
    const reason = (row: object) => viewOfRow('1', { agentStateId: 2, ...row }, {}, settings).reason
    expect(reason({})).toBeUndefined()
    expect(reason({ outStateId: 0, outStateDescription: '' })).toBeUndefined()
    expect(reason({ outStateId: null, outStateDescription: null })).toBeUndefined()
    expect(reason({ outStateId: 12 })).toEqual({ id: '12', code: 12 })
    expect(reason({ outStateId: -1 })).toEqual({ id: '-1', code: -1, name: 'Refused', key: 'SYSTEM.OTHER' })
    expect(reason({ outStateDescription: 'Siesta' })).toEqual({ name: 'Siesta' })
    expect(reason({ outStateId: 0, outStateDescription: 'Siesta' })).toEqual({ id: '0', code: 0, name: 'Siesta' })
    expect(reason({ outStateId: 15, outStateDescription: 'Mails', isACW: true })).toEqual({
      id: '15',
      code: 15,
      name: 'Mails',
      key: 'WRAP_UP',
    })
    expect(reason({ agentStateId: 1, outStateId: 12, outStateDescription: 'Lunch' })).toBeUndefined()
  })
  it('keep the vendor’s raw word, or its id', () => {
    expect(viewOfRow('1', { agentStateId: 9, agentStateName: 'Sleeping' }, {}, settings)).toMatchObject({
      state: 'UNKNOWN',
      vendorState: 'Sleeping',
    })
    expect(viewOfRow('1', { agentStateId: 9 }, {}, settings)).toMatchObject({ state: 'UNKNOWN', vendorState: '9' })
    expect(viewOfRow('1', {}, {}, settings).vendorState).toBeUndefined()
  })
  it('remember the state before a transitional one', () => {
    const memory: AgentMemory = {}
    viewOfRow('1', { agentStateId: 1 }, memory, settings)
    expect(viewOfRow('1', { agentStateId: 2, outStateId: -3 }, memory, settings)).toMatchObject({
      state: 'READY',
      pendingState: 'BUSY',
      routable: false,
    })
  })
  it('a change that was taken on a contact is pending until the contact is over', () => {
    const memory: AgentMemory = { asked: 'NOT_READY' }
    expect(viewOfRow('1', { agentStateId: 3 }, memory, settings).pendingState).toBe('NOT_READY')
    expect(viewOfRow('1', { agentStateId: 3, outStateId: -12 }, memory, settings).pendingState).toBe('LOGGED_OUT')
    expect(viewOfRow('1', { agentStateId: 1 }, memory, settings).pendingState).toBeUndefined()
    expect(memory.asked).toBeUndefined()
    expect(viewOfRow('1', { agentStateId: 3 }, memory, settings).pendingState).toBeUndefined()
  })
  it('the next state of a session event stays until logout', () => {
    const memory: AgentMemory = { next: 'NOT_READY' }
    expect(viewOfRow('1', { agentStateId: 3 }, memory, { ...settings, held: true })).toMatchObject({
      pendingState: 'NOT_READY',
      vendor: { session: 'held' },
    })
    expect(viewOfRow('1', { agentStateId: 0 }, memory, settings).pendingState).toBeUndefined()
    expect(memory.next).toBeUndefined()
  })
})

describe('memories', () => {
  it('are bounded, the longest unseen goes first', () => {
    const memories = createMemories(2)
    memories.of('a').teamId = '1'
    memories.of('b')
    memories.of('a')
    memories.of('c')
    expect(memories.peek('a')).toEqual({ teamId: '1' })
    expect(memories.peek('b')).toBeUndefined()
    memories.delete('a')
    expect(memories.peek('a')).toBeUndefined()
  })
})

describe('unavailable codes (section 4.5)', () => {
  const shapes: [string, unknown][] = [
    [
      'PascalCase of v23',
      { teamId: 1, unavailableCodes: [{ OutStateId: 12, OutStateName: 'Lunch', IsAcw: false, AgentTimeoutMins: 120, IsActive: true }] },
    ],
    [
      'resultSet of v23',
      {
        resultSet: {
          teamId: 1,
          unavailableCodes: [{ outStateId: 12, outStateName: 'Lunch', isActive: true, isAcw: false, agentTimeoutMins: 120 }],
        },
      },
    ],
    [
      '2026 with a small s and texts',
      {
        teamId: 1,
        unavailableCodes: [{ outstateId: '12', outstateName: 'Lunch', isActive: 'true', isAcw: 'false', agentTimeoutMins: '120' }],
      },
    ],
    [
      '2026 of the business unit',
      { totalRecords: 1, unavailableCodes: [{ id: 12, name: 'Lunch', isActive: true, isACW: false, agentTimeout: 120 }] },
    ],
    ['a bare list', [{ outStateId: 12, outStateName: 'Lunch', agentTimeoutMins: 120 }]],
  ]
  it.each(shapes)('%s', (_name, body) => {
    expect(parseUnavailableCodes(body)).toMatchObject([{ id: '12', name: 'Lunch', active: true, acw: false, timeoutMinutes: 120 }])
  })
  it('an answer without a list is not an empty list', () => {
    expect(parseUnavailableCodes({})).toBeUndefined()
    expect(parseUnavailableCodes(undefined)).toBeUndefined()
    expect(parseUnavailableCodes({ unavailableCodes: [] })).toEqual([])
  })
  it('rows that no call could use are left out', () => {
    expect(parseUnavailableCodes([{ id: 1 }, { name: 'x' }, 7, null, { id: 2, name: 'ok', isActive: false }])).toMatchObject([
      { id: '2', active: false },
    ])
  })
  it('become reasons of the team', () => {
    const [code] = parseUnavailableCodes([{ id: 15, name: 'Mails', isACW: 'True', agentTimeout: '30' }]) ?? []
    expect(reasonOf(code!, '501', {})).toEqual({
      id: '15',
      code: 15,
      name: 'Mails',
      type: 'NOT_READY',
      system: false,
      key: 'WRAP_UP',
      teams: ['501'],
      description: 'only directly after a contact; the platform logs the agent out after 30 minutes',
      source: 'GET teams/501/unavailable-codes',
      raw: { id: 15, name: 'Mails', isACW: 'True', agentTimeout: '30' },
    })
    expect(isAcwRecord(code!.raw)).toBe(true)
  })
  it('negative ones are the platform’s own', () => {
    const codes =
      parseUnavailableCodes([
        { id: -1, name: 'Refused' },
        { id: 0, name: 'Plain' },
        { id: 'a1', name: 'Odd' },
      ]) ?? []
    expect(codes.map((code) => reasonOf(code, undefined, {}).system)).toEqual([true, false, false])
    const odd = reasonOf(codes[2]!, undefined, { ODD: 'MEETING' })
    expect(odd).toEqual({
      id: 'a1',
      name: 'Odd',
      type: 'NOT_READY',
      system: false,
      key: 'MEETING',
      source: 'GET unavailable-codes',
      raw: { id: 'a1', name: 'Odd' },
    })
  })
})

describe('session events (section 3.6)', () => {
  const read = (event: object, memory: AgentMemory = {}) =>
    readEvent(event, '1', memory, { ...settings, source: 'event', held: true }, (name) => (name === 'Lunch' ? '12' : undefined))
  it('AgentState, all of whose values are texts', () => {
    const news = read({
      Type: 'AgentState',
      CurrentState: 'unavailable',
      CurrentOutReason: 'Lunch',
      IsAcw: 'False',
      StartTimeUTC: '2026-06-18T10:00:00Z',
      NextStates: [],
    })
    expect(news).toMatchObject({
      kind: 'state',
      view: {
        state: 'NOT_READY',
        reason: { id: '12', name: 'Lunch' },
        source: 'event',
        vendorState: 'unavailable',
        since: Date.parse('2026-06-18T10:00:00Z'),
        vendor: { session: 'held' },
      },
    })
  })
  it('an unknown code keeps its name and gets no id', () =>
    expect(read({ Type: 'AgentState', CurrentState: 'Unavailable', CurrentOutReason: 'Other' })).toMatchObject({
      view: { reason: { name: 'Other' } },
    }))
  it('after-call work', () =>
    expect(read({ Type: 'agentstate', CurrentState: 'Unavailable', IsAcw: 'True' })).toMatchObject({ view: { state: 'WRAP_UP' } }))
  it.each([[[{ State: 'Unavailable', OutReason: 'x' }]], [{ State: 'Unavailable' }], ['[{"State":"Unavailable"}]']])(
    'NextStates %j are pending',
    (NextStates) => {
      const memory: AgentMemory = { asked: 'READY' }
      expect(read({ Type: 'AgentState', CurrentState: 'InboundContact', NextStates }, memory)).toMatchObject({
        view: { state: 'BUSY', pendingState: 'NOT_READY' },
      })
      expect(memory).toEqual({ state: 'BUSY', next: 'NOT_READY' })
    },
  )
  it.each([[[]], ['not json'], [''], [undefined], [[{ State: 'Sleeping' }]]])('NextStates %j are nothing', (NextStates) => {
    const memory: AgentMemory = { next: 'READY' }
    expect(read({ Type: 'AgentState', CurrentState: 'InboundContact', NextStates }, memory)).toMatchObject({ view: { state: 'BUSY' } })
    expect(memory.next).toBeUndefined()
  })
  it.each([
    ['RemoteLogoff', 'supervisor'],
    ['remotelogoff', 'supervisor'],
    ['SessionTimeout', 'inactivity'],
    ['Else', 'system'],
    ['', 'system'],
  ])('a remote end with message "%s" is by %s', (Message, cause) =>
    expect(read({ Type: 'RemoteAgentSessionEnd', Message })).toEqual({ kind: 'ending', cause }),
  )
  it('the end, and changed codes', () => {
    expect(read({ Type: 'AgentSessionEnd', Success: 'True', Message: 'm' })).toEqual({ kind: 'ended', message: 'm' })
    expect(read({ Type: 'AgentSessionEnd' })).toEqual({ kind: 'ended' })
    expect(read({ Type: 'UpdateUnavailableCodes' })).toEqual({ kind: 'codes-changed' })
  })
  it.each(['Mute', 'AgentLeg', 'CallContactEvent', 'AgentError', ''])('%s is ignored', (Type) => expect(read({ Type })).toBeUndefined())
  it('come as a list', () => {
    expect(eventsOf({ events: [1, 2] })).toEqual([1, 2])
    expect(eventsOf({})).toEqual([])
  })
})

describe('lenient reading', () => {
  it('finds keys in any case, the exact one first, and skips empty values', () => {
    expect(pick({ A: 1, a: 2 }, 'a')).toBe(2)
    expect(pick({ ISACW: 1 }, 'isACW')).toBe(1)
    expect(pick({ a: null, b: 2 }, 'a', 'b')).toBe(2)
    expect(pick({ a: 0 }, 'a')).toBe(0)
    expect(pick([1], 'length')).toBeUndefined()
    expect(pick(null, 'a')).toBeUndefined()
    expect(asObject([])).toBeUndefined()
  })
  it('reads numbers, texts and truths', () => {
    expect([
      numberOf(1),
      numberOf('1'),
      numberOf('-3'),
      numberOf(''),
      numberOf(' '),
      numberOf('x'),
      numberOf(Number.NaN),
      numberOf(null),
    ]).toEqual([1, 1, -3, undefined, undefined, undefined, undefined, undefined])
    expect([textOf('a'), textOf(''), textOf(5), textOf(Number.NaN), textOf(null)]).toEqual(['a', undefined, '5', undefined, undefined])
    expect([true, 'True', ' true ', '1', 1].every(truthOf)).toBe(true)
    expect([false, 'False', '', 0, 2, null, 'yes'].some(truthOf)).toBe(false)
  })
  it('reads instants; without offset they are UTC', () => {
    const utc = Date.parse('2026-06-18T10:00:00Z')
    expect(instantOf('2026-06-18T10:00:00Z')).toBe(utc)
    expect(instantOf('2026-06-18T12:00:00+02:00')).toBe(utc)
    expect(instantOf('2026-06-18T12:00:00+0200')).toBe(utc)
    expect(instantOf('2026-06-18T10:00:00')).toBe(utc)
    expect(instantOf('2026-06-18 10:00:00')).toBe(utc)
    expect([instantOf(''), instantOf('x'), instantOf(5)]).toEqual([undefined, undefined, undefined])
  })
  it('finds lists at the top or under resultSet', () => {
    expect(listOf({ resultSet: { x: [1] } }, 'x')).toEqual([1])
    expect(listOf({ x: [2], resultSet: { x: [1] } }, 'x')).toEqual([2])
    expect(listOf({ x: 'no' }, 'x')).toBeUndefined()
  })
})

describe('paging', () => {
  const next = (link: unknown) => nextPage({ _links: { next: link } })
  it('takes path and query of a link, never its host or version', () => {
    const expected = { method: 'GET', path: 'agents/states', parameters: { skip: '5', top: '5' } }
    expect(next('https://evil.example/InContactAPI/services/v35.0/agents/states?skip=5&top=5')).toEqual(expected)
    expect(next('/incontactapi/services/v34.0/agents/states?skip=5&top=5')).toEqual(expected)
    expect(next('agents/states?skip=5&top=5')).toEqual(expected)
    expect(next({ href: 'agents/states?skip=5&top=5' })).toEqual(expected)
  })
  it.each([[undefined], [''], ['/services/other'], [{}], ['https://x/services/v1.0/']])('%j is no next page', (link) =>
    expect(next(link)).toBeUndefined(),
  )
  it('nothing without links', () => expect(nextPage({})).toBeUndefined())
  it('by skip where there are no links, while pages are full and new', () => {
    const request = { method: 'GET', path: 'agents/states', parameters: { top: '2', skip: '4', updatedSince: 'x' } } as const
    const rows = [{ agentId: 5 }, { agentId: 6 }]
    expect(nextBySkip({}, request, rows, [{ agentId: 3 }])).toEqual({ ...request, parameters: { ...request.parameters, skip: '6' } })
    expect(nextBySkip({}, request, rows, rows)).toBeUndefined()
    expect(nextBySkip({}, request, rows.slice(1), [])).toBeUndefined()
    expect(nextBySkip({}, { ...request, parameters: { top: '0' } }, [], [])).toBeUndefined()
    expect(nextBySkip({ _links: {} }, request, rows, [])).toBeUndefined()
  })
})

describe('requests', () => {
  it('ids cannot climb up the path', () => {
    for (const id of ['', '.', '..']) expect(() => segment(id)).toThrow(/no id/)
    expect(segment('a/b?c')).toBe('a%2Fb%3Fc')
    expect(segment('...')).toBe('...')
    expect(toApiRequest({ call: 'logout' }, 'a/../b', '').path).toBe('agents/a%2F..%2Fb/logout')
  })
})

describe('logout preview', () => {
  it('an offered contact, shown as what comes next', () => {
    expect(consequencesOf({ ...unknownView('1', 0), state: 'READY', pendingState: 'BUSY' })).toMatchObject([
      { situationCode: 'OFFER', outcome: 'UNKNOWN', possibleOutcomes: ['CONTINUES', 'REQUEUED', 'RELEASED'] },
    ])
  })
  it.each(['BUSY', 'HOLD'] as const)('%s: what happens is not documented, and said so', (state) => {
    expect(consequencesOf({ ...unknownView('1', 0), state })).toMatchObject([
      { outcome: 'UNKNOWN', possibleOutcomes: ['CONTINUES', 'RELEASED'], certainty: 'unknown', othersAffected: [] },
    ])
  })
  it.each([
    ['READY', 'NO_CONVERSATION', 'NONE'],
    ['NOT_READY', 'NO_CONVERSATION', 'NONE'],
    ['WRAP_UP', 'WRAP_UP', 'NONE'],
    ['UNKNOWN', 'UNKNOWN', 'UNKNOWN'],
  ] as const)('%s: %s, %s', (state, situationCode, outcome) =>
    expect(consequencesOf({ ...unknownView('1', 0), state })).toMatchObject([{ situationCode, outcome }]),
  )
})
