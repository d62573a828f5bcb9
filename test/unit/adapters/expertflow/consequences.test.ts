import { describe, expect, it } from 'vitest'
import {
  consequencesOf,
  FORCED_LOGOUT_RULES,
  parseTask,
  situationOf,
  SITUATIONS,
  type TaskFacts,
} from '../../../../src/adapters/expertflow/consequences.js'
import { viewOf } from '../../../../src/adapters/expertflow/mapping.js'
import { parsePresence, type Presence } from '../../../../src/adapters/expertflow/presence.js'
import { AGENT, MRDS, presenceBody } from '../../../support/expertflow-presence.js'

const presence = parsePresence(presenceBody('READY', { CHAT: 'ACTIVE', VOICE: 'BUSY' })) as Presence
const view = viewOf(presence, { agentId: AGENT, source: 'read', now: 0, desk: 'none', offered: false })
const chat: TaskFacts = { conversationId: 'c', mrdIds: [MRDS.CHAT.id], offered: false }

describe('the seed’s table, row for row (Force Logout Agent)', () => {
  it.each([
    ['no-conversation', 'NONE', undefined, [], 'rows 1 and 2'],
    ['chat', 'REQUEUED', 11, [], 'row 3'],
    ['consult-primary', 'REQUEUED', 11, ['the secondary agent is removed'], 'row 4'],
    ['consult-secondary', 'UNAFFECTED', undefined, ['the primary agent is told'], 'row 5'],
    ['conference', 'UNAFFECTED', undefined, ['the other agent is told'], 'row 6'],
    ['silent-monitoring', 'REQUEUED', 11, ['the supervisor is removed'], 'row 7'],
    ['whisper', 'REQUEUED', 11, ['the supervisor is removed'], 'row 8'],
    ['barge-in', 'HANDED_OVER', undefined, ['the supervisor goes on alone'], 'row 9'],
  ] as const)('%s', (situation, outcome, priority, othersAffected, row) => {
    const found = FORCED_LOGOUT_RULES[situation]
    expect(found).toMatchObject({ outcome, othersAffected, certainty: 'documented', source: `Force Logout Agent, ${row}` })
    expect(found.priority).toBe(priority)
  })

  it('has a rule for every situation, and calls unknown what the vendor does not describe', () => {
    expect(Object.keys(FORCED_LOGOUT_RULES).sort()).toEqual([...SITUATIONS].sort())
    expect(FORCED_LOGOUT_RULES['other-medium']).toMatchObject({ outcome: 'UNKNOWN', certainty: 'unknown' })
  })
})

describe('tasks', () => {
  it('are read in their newer form', () => {
    const task = {
      id: 't',
      conversationId: 'c',
      state: { name: 'ACTIVE' },
      activeMedia: [{ mrdId: 'm', state: 'ACTIVE', type: { direction: 'CONSULT' } }],
    }
    expect(parseTask(task)).toEqual({ conversationId: 'c', mrdIds: ['m'], direction: 'CONSULT', offered: false })
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

  it.each<[string, Partial<TaskFacts>, string]>([
    ['a chat', {}, 'chat'],
    ['an offer on any medium', { offered: true, mrdIds: [MRDS.VOICE.id] }, 'offer'],
    ['a consult', { direction: 'CONSULT' }, 'consult-secondary'],
    ['a conference', { direction: 'DIRECT_CONFERENCE' }, 'conference'],
    ['a transferred chat', { direction: 'DIRECT_TRANSFER' }, 'chat'],
    ['a call', { mrdIds: [MRDS.VOICE.id] }, 'other-medium'],
    ['chat and call', { mrdIds: [MRDS.CHAT.id, MRDS.VOICE.id] }, 'other-medium'],
    ['an unknown medium', { mrdIds: ['nobody knows'] }, 'other-medium'],
  ])('%s', (_what, facts, expected) => {
    expect(situationOf({ ...chat, ...facts }, view)).toBe(expected)
  })
})

describe('consequencesOf', () => {
  it('says that nothing else happens when there is no task', () => {
    expect(consequencesOf([], view)).toEqual([{ ...FORCED_LOGOUT_RULES['no-conversation'], reason: 'FORCED_LOGOUT_BY_SUPERVISOR' }])
  })

  it('predicts each conversation, and says what about a chat cannot be known', () => {
    const [first, second] = consequencesOf([chat, { ...chat, conversationId: 'd', direction: 'CONSULT' }], view)
    expect(first).toMatchObject({ conversationId: 'c', outcome: 'REQUEUED', priority: 11, reason: 'FORCED_LOGOUT_BY_SUPERVISOR' })
    expect(first?.othersAffected[0]).toContain('barged-in supervisor keeps it')
    expect(second).toMatchObject({ conversationId: 'd', outcome: 'UNAFFECTED', othersAffected: ['the primary agent is told'] })
  })
})
