import { describe, expect, it } from 'vitest'
import { consequencesOf, mediumOf, REROUTE_PRIORITY } from '../../../../src/adapters/expertflow/consequences.js'
import { viewOf } from '../../../../src/adapters/expertflow/mapping.js'
import { expertflowOptions } from '../../../../src/adapters/expertflow/options.js'
import { parseParticipants, type Participant } from '../../../../src/adapters/expertflow/participants.js'
import { parsePresence, type Presence } from '../../../../src/adapters/expertflow/presence.js'
import type { ParticipantRole } from '../../../../src/adapters/expertflow/roles.js'
import { SEED_ROWS } from '../../../../src/adapters/expertflow/seed-rows.js'
import { parseTask, type TaskFacts } from '../../../../src/adapters/expertflow/tasks.js'
import type { Consequence, SituationCode } from '../../../../src/core/model/consequence.js'
import { AGENT, MRDS, presenceBody } from '../../../support/expertflow-presence.js'

const presence = parsePresence(presenceBody('READY', { CHAT: 'ACTIVE', VOICE: 'BUSY' })) as Presence
const view = viewOf(presence, { agentId: AGENT, source: 'read', now: 0, desk: 'none', offered: false })
const chat: TaskFacts = { conversationId: 'c', mrdIds: [MRDS.CHAT.id], queue: 'Support', offered: false }

const customer: Participant = { id: '', name: 'customer', role: 'customer', word: 'CUSTOMER' }
const me = (role: ParticipantRole): Participant => ({ id: AGENT, name: 'Ann', role, word: '' })
const other = (role: ParticipantRole | undefined, name = 'Bob'): Participant => ({ id: name, name, role, word: 'SOMETHING' })
const predict = (participants: readonly Participant[] | undefined, task: TaskFacts = chat): Consequence => {
  const [first] = consequencesOf(AGENT, [{ task, participants }], view)
  if (first === undefined) throw new Error('no consequence')
  return first
}

/** The seed "Force Logout Agent", restated: who is in the conversation, who is forced out, what the page says. */
const SEED: readonly {
  row: number
  code: SituationCode
  agent: ParticipantRole
  other?: ParticipantRole
  expect: Partial<Consequence>
  after: readonly string[]
}[] = [
  { row: 3, code: 'CHAT', agent: 'primary', expect: { outcome: 'REQUEUED', priority: 11 }, after: ['customer (waiting)'] },
  {
    row: 4,
    code: 'CONSULT_PRIMARY',
    agent: 'primary',
    other: 'secondary',
    expect: { outcome: 'REQUEUED', priority: 11, removed: ['Bob (secondary)'] },
    after: ['customer (waiting)'],
  },
  {
    row: 5,
    code: 'CONSULT_SECONDARY',
    agent: 'secondary',
    other: 'primary',
    expect: { outcome: 'UNAFFECTED', told: ['Bob (primary)'] },
    after: ['customer', 'Bob (primary)'],
  },
  {
    row: 6,
    code: 'CONFERENCE',
    agent: 'primary',
    other: 'primary',
    expect: { outcome: 'UNAFFECTED', told: ['Bob (primary)'] },
    after: ['customer', 'Bob (primary)'],
  },
  {
    row: 7,
    code: 'SILENT_MONITORING',
    agent: 'primary',
    other: 'silent monitoring',
    expect: { outcome: 'REQUEUED', priority: 11, removed: ['Bob (silent monitoring)'] },
    after: ['customer (waiting)'],
  },
  {
    row: 8,
    code: 'WHISPER',
    agent: 'primary',
    other: 'whisper',
    expect: { outcome: 'REQUEUED', priority: 11, removed: ['Bob (whisper)'] },
    after: ['customer (waiting)'],
  },
  {
    row: 9,
    code: 'BARGE_IN',
    agent: 'primary',
    other: 'barge-in',
    expect: { outcome: 'HANDED_OVER', inheritedBy: ['Bob (primary)'] },
    after: ['customer', 'Bob (primary)'],
  },
]

describe('the seed’s table, row for row (Force Logout Agent)', () => {
  it('rows 1 and 2: no conversation', () => {
    expect(consequencesOf(AGENT, [], view)).toMatchObject([
      { situationCode: 'NO_CONVERSATION', outcome: 'NONE', reason: 'FORCED_LOGOUT_BY_SUPERVISOR', certainty: 'documented' },
    ])
  })

  it.each(SEED)('row $row: $code', ({ row, code, agent, other: role, expect: expected, after }) => {
    const found = predict([customer, me(agent), ...(role === undefined ? [] : [other(role)])])
    expect(found).toMatchObject({
      conversationId: 'c',
      situationCode: code,
      queue: 'Support',
      channel: 'CHAT',
      reason: 'FORCED_LOGOUT_BY_SUPERVISOR',
      certainty: 'documented',
      source: `Force Logout Agent, row ${row}`,
      told: [],
      removed: [],
      inheritedBy: [],
      ...expected,
      after,
    })
    expect(found.possibleOutcomes).toEqual([found.outcome])
    expect(found.priority).toBe(expected.priority)
    expect(found.before).toEqual(['customer', `Ann (${agent})`, ...(role === undefined ? [] : [`Bob (${role})`])])
  })

  it('has these rows and no other', () => {
    expect(SEED_ROWS.map(({ row, code }) => `${row} ${code}`)).toEqual(SEED.map(({ row, code }) => `${row} ${code}`))
    expect(REROUTE_PRIORITY).toBe(11)
  })
})

describe('what the seed does not show', () => {
  it('rows that agree are put together, and said to be a conclusion', () => {
    const found = predict([customer, me('primary'), other('secondary'), other('silent monitoring', 'Eve')])
    expect(found).toMatchObject({
      situationCode: 'SEVERAL_AT_ONCE',
      outcome: 'REQUEUED',
      priority: 11,
      removed: ['Bob (secondary)', 'Eve (silent monitoring)'],
      certainty: 'unknown',
    })
    expect(found.source).toContain('row 4 and row 7')
  })

  it('rows that disagree: nothing is claimed, both outcomes are named', () => {
    expect(predict([customer, me('primary'), other('primary'), other('whisper', 'Eve')])).toMatchObject({
      situationCode: 'SEVERAL_AT_ONCE',
      outcome: 'UNKNOWN',
      possibleOutcomes: ['UNAFFECTED', 'REQUEUED'],
      certainty: 'unknown',
    })
  })

  it('a conference of three: both others are told, said to be a conclusion', () => {
    expect(predict([customer, me('primary'), other('primary'), other('primary', 'Eve')])).toMatchObject({
      situationCode: 'CONFERENCE',
      outcome: 'UNAFFECTED',
      told: ['Bob (primary)', 'Eve (primary)'],
      certainty: 'unknown',
    })
  })

  it.each<[string, readonly Participant[] | undefined, TaskFacts, Partial<Consequence>]>([
    ['a supervisor forced out', [customer, me('barge-in'), other('primary')], chat, { situationCode: 'SUPERVISING', outcome: 'UNKNOWN' }],
    ['a role that is not known', [customer, me('primary'), other(undefined)], chat, { situationCode: 'UNKNOWN', outcome: 'UNKNOWN' }],
    ['an agent who is not listed', [customer, other('primary')], chat, { situationCode: 'UNKNOWN', outcome: 'UNKNOWN' }],
    [
      'a chat of whose others nothing is known',
      undefined,
      chat,
      { situationCode: 'CHAT', outcome: 'UNKNOWN', possibleOutcomes: ['REQUEUED', 'HANDED_OVER', 'UNAFFECTED'] },
    ],
    [
      'a conference of whose others nothing is known',
      undefined,
      { ...chat, direction: 'DIRECT_CONFERENCE' },
      { situationCode: 'CONFERENCE', outcome: 'UNKNOWN', possibleOutcomes: ['UNAFFECTED', 'REQUEUED'] },
    ],
    [
      'a consult: that the agent is the consulted one is known from its task',
      undefined,
      { ...chat, direction: 'CONSULT' },
      { situationCode: 'CONSULT_SECONDARY', outcome: 'UNAFFECTED', certainty: 'documented', told: ['the primary agent'] },
    ],
    ['listening, by its task', undefined, { ...chat, direction: 'SILENT_MONITOR' }, { situationCode: 'SUPERVISING', outcome: 'UNKNOWN' }],
    [
      'an offer, whatever the medium',
      undefined,
      { ...chat, offered: true, mrdIds: [MRDS.VOICE.id] },
      { situationCode: 'OFFER', outcome: 'REQUEUED', priority: 11, certainty: 'observed' },
    ],
    [
      'a call: the vendor’s controller ends it',
      undefined,
      { ...chat, mrdIds: [MRDS.VOICE.id], direction: 'INBOUND' },
      { situationCode: 'CALL', outcome: 'RELEASED', certainty: 'observed' },
    ],
    [
      'a consulted call',
      undefined,
      { ...chat, mrdIds: [MRDS.VOICE.id], direction: 'CONSULT' },
      { situationCode: 'CALL', outcome: 'UNKNOWN' },
    ],
    ['another medium', [customer, me('primary')], { ...chat, mrdIds: ['x'] }, { situationCode: 'OTHER_MEDIUM', outcome: 'UNKNOWN' }],
  ])('%s', (_what, participants, task, expected) => {
    const found = predict(participants, task)
    expect(found).toMatchObject(expected)
    if (found.outcome === 'UNKNOWN') expect(found.certainty).toBe('unknown')
    expect(found.summary.length).toBeGreaterThan(10)
  })
})

describe('tasks', () => {
  it('are read in their newer form', () => {
    const task = {
      id: 't',
      conversationId: 'c',
      state: { name: 'ACTIVE' },
      activeMedia: [{ mrdId: 'm', state: 'ACTIVE', type: { direction: 'CONSULT' }, queue: { name: 'Q' } }],
    }
    expect(parseTask(task)).toEqual({ conversationId: 'c', mrdIds: ['m'], direction: 'CONSULT', queue: 'Q', offered: false })
  })

  it('are read in their older form', () => {
    const task = {
      id: 't',
      channelSession: { conversationId: 'c' },
      mrd: { id: 'm' },
      type: { direction: 'INBOUND' },
      state: { name: 'RESERVED' },
    }
    expect(parseTask(task)).toEqual({ conversationId: 'c', mrdIds: ['m'], direction: 'INBOUND', offered: true })
  })

  it('are offered when all their media are', () => {
    const media = (...states: string[]) => ({ id: 't', activeMedia: states.map((state) => ({ mrdId: 'm', state })) })
    expect(parseTask(media('RESERVED'))).toMatchObject({ offered: true })
    expect(parseTask(media('ACTIVE', 'RESERVED'))).toMatchObject({ offered: false })
    expect(parseTask({ id: 't' })).toEqual({ mrdIds: [], offered: false })
  })

  it('are none when closed or no object', () => {
    expect(parseTask({ id: 't', state: { name: 'CLOSED' } })).toBeUndefined()
    expect(parseTask('t')).toBeUndefined()
  })

  it.each([
    [[], 'chat'],
    [[MRDS.CHAT.id], 'chat'],
    [[MRDS.VOICE.id], 'voice'],
    [[MRDS.CHAT.id, MRDS.VOICE.id], 'other'],
    [['nobody knows'], 'other'],
  ])('media %j: %s', (mrdIds, medium) => expect(mediumOf({ ...chat, mrdIds }, view)).toBe(medium))
})

describe('participants', () => {
  const { conversations } = expertflowOptions.parse({ baseUrl: 'https://cx.example.com', conversations: {} })
  const parse = (document: unknown, more: object = {}) => {
    if (conversations === undefined) throw new Error('no settings')
    return parseParticipants(document, { ...conversations, ...more })
  }
  const ccUser = { id: 'b', keycloakUser: { id: 'b', username: 'bob', firstName: 'Bob', lastName: 'Ray' } }

  it('are customer, agents with a role of known meaning, and no bots', () => {
    const participants = [
      { type: 'CUSTOMER', role: 'CUSTOMER', participant: { id: 'session' } },
      { type: 'BOT', role: 'ASSISTANT', participant: { id: 'bot' } },
      { type: 'AGENT', role: 'ASSISTANT', participant: ccUser },
      { type: 'AGENT', role: 'WRAP_UP', participant: { id: 'c', firsName: 'Cy', lastName: null, username: 'cy' } },
      { type: 'AGENT', role: 'PRIMARY', participant: { id: 'd', username: 'dee' }, isActive: false },
    ]
    expect(parse({ participants })).toEqual([
      { id: '', name: 'customer', role: 'customer', word: 'CUSTOMER' },
      { id: 'b', name: 'Bob Ray', role: 'secondary', word: 'ASSISTANT' },
      { id: 'c', name: 'Cy', role: undefined, word: 'WRAP_UP' },
    ])
  })

  it('can be somewhere else and have other words', () => {
    const document = { topicData: { participants: [{ type: 'AGENT', role: 'JOINED', participant: ccUser }] } }
    expect(parse(document, { participants: 'topicData.participants', roles: { JOINED: 'barge-in' } })).toMatchObject([{ role: 'barge-in' }])
  })

  it('are not known where the answer has no list', () => {
    expect(parse({})).toBeUndefined()
    expect(parse('<html>')).toBeUndefined()
  })
})
