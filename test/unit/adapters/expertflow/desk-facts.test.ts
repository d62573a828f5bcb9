import { describe, expect, it } from 'vitest'
import { answers, askOf, causeOf, refusalOf, type Ask } from '../../../../src/adapters/expertflow/desk-facts.js'
import { createOffers } from '../../../../src/adapters/expertflow/offers.js'
import { parsePresence, parsePresenceEvent, type Presence, type PresenceEvent } from '../../../../src/adapters/expertflow/presence.js'
import { AGENT, eventBody, MRDS, presenceBody, type MrdName } from '../../../support/expertflow-presence.js'

const CHAT = MRDS.CHAT.id
const presence = (name: string, mrds: Partial<Record<MrdName, string>> = {}, time = 1): Presence =>
  parsePresence(presenceBody(name, mrds, { stateChangeTime: time })) as Presence
const event = (name: string, mrds: Partial<Record<MrdName, string>> = {}, changed: string[] = []): PresenceEvent =>
  parsePresenceEvent(eventBody(presenceBody(name, mrds), 'AGENT_STATE_UNCHANGED', changed)) as PresenceEvent
const ask = (state: Ask['state'], mrdId?: string): Ask => ({ state, at: 0, ...(mrdId !== undefined && { mrdId }) })

describe('what a presence answers', () => {
  it.each<[Ask, Presence, boolean]>([
    [ask('READY'), presence('READY'), true],
    [ask('READY'), presence('NOT_READY'), false],
    [ask('LOGOUT'), presence('LOGOUT'), true],
    [ask('LOGIN'), presence('LOGIN'), false],
    [ask('LOGIN'), presence('NOT_READY'), true],
    [ask('LOGIN'), presence('READY'), true],
    [ask('LOGIN'), presence('LOGOUT'), false],
    [ask('READY', CHAT), presence('READY', { CHAT: 'READY' }), true],
    [ask('READY', CHAT), presence('READY', { CHAT: 'ACTIVE' }), true],
    [ask('READY', CHAT), presence('READY', { CHAT: 'BUSY' }), true],
    [ask('READY', CHAT), presence('READY', { CHAT: 'PENDING_NOT_READY' }), false],
    [ask('READY', CHAT), presence('READY', { CHAT: 'NOT_READY', VOICE: 'READY' }), false],
    [ask('READY', CHAT), presence('READY'), false],
    [ask('NOT_READY', CHAT), presence('READY', { CHAT: 'NOT_READY' }), true],
    [ask('NOT_READY', CHAT), presence('READY', { CHAT: 'PENDING_NOT_READY' }), true],
    [ask('NOT_READY', CHAT), presence('NOT_READY', { CHAT: 'READY' }), false],
  ])('%j', (asked, seen, expected) => {
    expect(answers(seen, asked)).toBe(expected)
  })

  it('an ask is what was emitted', () => {
    expect(askOf({ agentId: AGENT, action: 'agentState', state: { name: 'LOGOUT', reasonCode: null } }, 5)).toEqual({
      state: 'LOGOUT',
      at: 5,
    })
    expect(askOf({ agentId: AGENT, action: 'agentMRDState', state: 'READY', mrdId: 'm' }, 5)).toEqual({ state: 'READY', mrdId: 'm', at: 5 })
  })
})

describe('why a request came to nothing (sections 8.4, 8.5 and 15.4)', () => {
  it.each<[string, Ask, PresenceEvent, boolean, string]>([
    ['READY while logged out', ask('READY'), event('LOGOUT'), false, 'INVALID_TRANSITION'],
    ['READY while logging in', ask('READY'), event('LOGIN'), false, 'INVALID_TRANSITION'],
    ['NOT_READY while logged out', ask('NOT_READY'), event('LOGOUT'), false, 'INVALID_TRANSITION'],
    ['NOT_READY of a READY agent: a reserved task', ask('NOT_READY'), event('READY', { CHAT: 'READY' }), false, 'OFFER_PENDING'],
    [
      'the same with other channels changed',
      ask('NOT_READY'),
      event('READY', { VOICE: 'NOT_READY' }, [MRDS.VOICE.id]),
      false,
      'OFFER_PENDING',
    ],
    ['channel READY while the agent is not', ask('READY', CHAT), event('NOT_READY', { CHAT: 'NOT_READY' }), false, 'PARENT_NOT_READY'],
    ['channel READY while interrupted', ask('READY', CHAT), event('READY', { CHAT: 'INTERRUPTED' }), false, 'INVALID_TRANSITION'],
    ['channel READY, unknown channel', ask('READY', 'nope'), event('READY', { CHAT: 'READY' }), false, 'INVALID_TRANSITION'],
    ['channel NOT_READY while READY: a reserved task', ask('NOT_READY', CHAT), event('READY', { CHAT: 'READY' }), false, 'OFFER_PENDING'],
    ['channel NOT_READY while ACTIVE: a reserved task', ask('NOT_READY', CHAT), event('READY', { CHAT: 'ACTIVE' }), false, 'OFFER_PENDING'],
    ['channel NOT_READY while BUSY: a reserved task', ask('NOT_READY', CHAT), event('READY', { CHAT: 'BUSY' }), false, 'OFFER_PENDING'],
    ['channel NOT_READY while RESERVED', ask('NOT_READY', CHAT), event('READY', { CHAT: 'RESERVED' }), false, 'OFFER_PENDING'],
    ['channel NOT_READY while interrupted', ask('NOT_READY', CHAT), event('READY', { CHAT: 'INTERRUPTED' }), false, 'INVALID_TRANSITION'],
    [
      'channel NOT_READY while interrupted by an offer',
      ask('NOT_READY', CHAT),
      event('READY', { CHAT: 'INTERRUPTED' }),
      true,
      'OFFER_PENDING',
    ],
    ['LOGOUT', ask('LOGOUT'), event('READY'), true, 'INVALID_TRANSITION'],
  ])('%s', (_what, asked, seen, offered, code) => {
    const refusal = refusalOf(seen, asked, offered)
    expect(refusal).toMatchObject({ code, fault: { system: 'agent-manager', code: 'AGENT_STATE_UNCHANGED' } })
  })

  it('names the state that stayed', () => {
    expect(refusalOf(event('LOGOUT'), ask('READY'), false)).toMatchObject({ detail: 'the agent stayed LOGOUT', fault: { name: 'LOGOUT' } })
    expect(refusalOf(event('READY', { CHAT: 'INTERRUPTED' }), ask('READY', CHAT), false)).toMatchObject({
      detail: 'the channel stayed INTERRUPTED',
      fault: { name: 'INTERRUPTED' },
    })
  })
})

describe('who brought the agent there (section 11.3)', () => {
  const nothing = { ask: undefined, offerRevoked: false, linkWasLost: false }
  const none = { presence: undefined, cause: undefined }
  it.each<[string, Presence, Partial<Parameters<typeof causeOf>[2]>, string | undefined]>([
    ['what we asked for', presence('READY'), { ask: ask('READY') }, 'gateway'],
    ['our login', presence('NOT_READY'), { ask: ask('LOGIN') }, 'gateway'],
    ['our login, on its way', presence('LOGIN'), { ask: ask('LOGIN') }, 'gateway'],
    ['something else than what we asked for', presence('NOT_READY'), { ask: ask('READY') }, undefined],
    ['a channel request of ours', presence('NOT_READY', { CHAT: 'NOT_READY' }), { ask: ask('NOT_READY', CHAT) }, undefined],
    ['a withdrawn offer', presence('NOT_READY'), { offerRevoked: true }, 'system'],
    ['a withdrawn offer does not explain READY', presence('READY'), { offerRevoked: true }, undefined],
    ['a lost link', presence('LOGOUT'), { linkWasLost: true }, 'system'],
    ['a lost link does not explain NOT_READY', presence('NOT_READY'), { linkWasLost: true }, undefined],
    ['nothing known', presence('LOGOUT'), {}, undefined],
  ])('%s', (_what, now, facts, cause) => {
    expect(causeOf(none, now, { ...nothing, ...facts })).toBe(cause)
  })

  it('stays while only channels change, and goes with the state', () => {
    const before = { presence: presence('READY', {}, 5), cause: 'gateway' as const }
    expect(causeOf(before, presence('READY', { CHAT: 'BUSY' }, 5), nothing)).toBe('gateway')
    expect(causeOf(before, presence('READY', {}, 6), nothing)).toBeUndefined()
    expect(causeOf(before, presence('NOT_READY', {}, 5), nothing)).toBeUndefined()
  })
})

describe('offers on a desk', () => {
  const offer = { conversationId: 'c1', taskId: 't1', taskState: { name: 'RESERVED' } }
  const rig = () => {
    let now = 0
    const offers = createOffers(1000, () => now)
    return { offers, at: (ms: number) => void (now = ms) }
  }

  it('opens with a reserved task request and closes with revokeTask, topicClosed or topicUnsubscription', () => {
    for (const name of ['revokeTask', 'topicClosed', 'topicUnsubscription']) {
      const { offers } = rig()
      expect(offers.message('taskRequest', offer)).toBe(true)
      expect(offers.open).toBe(true)
      expect(offers.message(name, { conversationId: 'another' })).toBe(false)
      expect(offers.message(name, { conversationId: 'c1' })).toBe(true)
      expect(offers.open).toBe(false)
      expect(offers.revokedLately).toBe(name === 'revokeTask')
    }
  })

  it('does not open with a task that was joined by itself, nor with other messages', () => {
    const { offers } = rig()
    expect(offers.message('taskRequest', { ...offer, taskState: { name: 'STARTED' } })).toBe(false)
    expect(offers.message('taskRequest', { taskState: { name: 'RESERVED' } })).toBe(false)
    expect(offers.message('onChannelTypes', [])).toBe(false)
    expect(offers.open).toBe(false)
  })

  it('ends by itself, so that a lost revokeTask cannot keep an agent RESERVED', () => {
    const { offers, at } = rig()
    offers.message('taskRequest', offer)
    at(1000)
    expect(offers.open).toBe(true)
    at(1001)
    expect(offers.open).toBe(false)
  })

  it('ends when the agent leaves READY or a changed channel takes up work', () => {
    const open = () => {
      const { offers } = rig()
      offers.message('taskRequest', offer)
      return offers
    }
    const unrelated = open()
    unrelated.presence(event('READY', { CHAT: 'ACTIVE', VOICE: 'NOT_READY' }, [MRDS.VOICE.id]))
    expect(unrelated.open).toBe(true)
    const taken = open()
    taken.presence(event('READY', { CHAT: 'ACTIVE' }, [CHAT]))
    expect(taken.open).toBe(false)
    const left = open()
    left.presence(event('NOT_READY'))
    expect(left.open).toBe(false)
  })

  it('a withdrawn offer explains a NOT_READY for five seconds, unless the agent was READY again in between', () => {
    const { offers, at } = rig()
    offers.message('revokeTask', {})
    at(5000)
    expect(offers.revokedLately).toBe(true)
    at(5001)
    expect(offers.revokedLately).toBe(false)
    offers.message('revokeTask', {})
    offers.presence(event('READY'))
    expect(offers.revokedLately).toBe(false)
  })
})
