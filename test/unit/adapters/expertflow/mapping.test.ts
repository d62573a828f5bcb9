import { describe, expect, it } from 'vitest'
import { agentStateOf, causeOfReason, MEANING_OF_MRD, STATE_OF_GLOBAL, viewOf } from '../../../../src/adapters/expertflow/mapping.js'
import { parsePresence, type Presence } from '../../../../src/adapters/expertflow/presence.js'
import { FORCED_LOGOUT_REASON, INACTIVITY_REASON } from '../../../../src/adapters/expertflow/reasons.js'
import { AGENT, MRDS, presenceBody, type MrdName } from '../../../support/expertflow-presence.js'

const presence = (name: string, mrds: Partial<Record<MrdName, string>> = {}, more = {}): Presence =>
  parsePresence(presenceBody(name, mrds, more)) as Presence
const facts = { agentId: AGENT, source: 'event', now: 42, desk: 'up', offered: false } as const

describe('the tables', () => {
  it('of global states (section 15.3)', () => {
    expect(STATE_OF_GLOBAL).toEqual({
      LOGOUT: 'LOGGED_OUT',
      LOGIN: 'LOGGING_IN',
      NOT_READY: 'NOT_READY',
      READY: 'READY',
      UNKNOWN: 'UNKNOWN',
    })
  })

  it('of channel states (sections 8.1, 8.7 and 15.3)', () => {
    expect(MEANING_OF_MRD).toEqual({
      LOGOUT: { state: 'LOGGED_OUT', routable: false },
      LOGIN: { state: 'LOGGING_IN', routable: false },
      NOT_READY: { state: 'NOT_READY', routable: false },
      PENDING_NOT_READY: { state: 'NOT_READY', routable: false, pendingState: 'NOT_READY' },
      READY: { state: 'READY', routable: true },
      ACTIVE: { state: 'READY', routable: true },
      BUSY: { state: 'BUSY', routable: false },
      RESERVED: { state: 'RESERVED', routable: false },
      INTERRUPTED: { state: 'INTERRUPTED', routable: false },
      UNKNOWN: { state: 'UNKNOWN', routable: false },
    })
  })
})

describe('the state of the agent as a whole', () => {
  it.each<[string, string, Partial<Record<MrdName, string>>, boolean, string, boolean]>([
    ['logged out', 'LOGOUT', { CHAT: 'LOGOUT' }, false, 'LOGGED_OUT', false],
    ['logging in', 'LOGIN', { CHAT: 'LOGIN' }, false, 'LOGGING_IN', false],
    ['not ready', 'NOT_READY', { CHAT: 'NOT_READY' }, false, 'NOT_READY', false],
    ['not ready, finishing work', 'NOT_READY', { CHAT: 'PENDING_NOT_READY' }, false, 'NOT_READY', false],
    ['not ready whatever a channel says', 'NOT_READY', { CHAT: 'READY' }, true, 'NOT_READY', false],
    ['ready', 'READY', { CHAT: 'READY', VOICE: 'NOT_READY' }, false, 'READY', true],
    ['ready with work and room for more', 'READY', { CHAT: 'ACTIVE' }, false, 'READY', true],
    ['ready in name only', 'READY', { CHAT: 'NOT_READY', VOICE: 'NOT_READY' }, false, 'READY', false],
    ['ready without channels', 'READY', {}, false, 'READY', false],
    ['busy', 'READY', { CHAT: 'BUSY', VOICE: 'NOT_READY' }, false, 'BUSY', false],
    ['busy on one, ready on the other', 'READY', { CHAT: 'READY', CISCO: 'NOT_READY' }, false, 'READY', true],
    ['on a call, which cannot be interrupted', 'READY', { CHAT: 'READY', VOICE: 'BUSY' }, false, 'BUSY', false],
    ['on a call to be finished', 'READY', { CHAT: 'READY', VOICE: 'PENDING_NOT_READY' }, false, 'BUSY', false],
    ['interrupted by a call', 'READY', { CHAT: 'INTERRUPTED', VOICE: 'BUSY' }, false, 'INTERRUPTED', false],
    ['offered a task, by the newer word', 'READY', { CHAT: 'RESERVED', VOICE: 'READY' }, false, 'RESERVED', false],
    ['offered a task, by the desk', 'READY', { CHAT: 'READY' }, true, 'RESERVED', false],
    ['an offer during an interruption', 'READY', { CHAT: 'INTERRUPTED', VOICE: 'READY' }, true, 'RESERVED', false],
    ['lost by a fail-over', 'UNKNOWN', { CHAT: 'READY' }, false, 'UNKNOWN', false],
    ['a word that nobody knows', 'DREAMING', { CHAT: 'READY' }, false, 'UNKNOWN', false],
  ])('%s', (_what, name, mrds, offered, state, routable) => {
    expect(agentStateOf(presence(name, mrds), offered)).toEqual({ state, routable })
  })
})

describe('viewOf', () => {
  it('keeps the vendor’s words, instants and capacity', () => {
    expect(viewOf(presence('READY', { CHAT: 'ACTIVE', VOICE: 'DOZING' }), facts)).toEqual({
      agentId: AGENT,
      state: 'READY',
      routable: true,
      channels: [
        { id: MRDS.CHAT.id, name: 'CHAT', state: 'READY', routable: true, vendorState: 'ACTIVE', since: 1_760_000_000_000, maxTasks: 5 },
        {
          id: MRDS.VOICE.id,
          name: 'CX VOICE',
          state: 'UNKNOWN',
          routable: false,
          vendorState: 'DOZING',
          since: 1_760_000_000_000,
          maxTasks: 5,
        },
      ],
      vendorState: 'READY',
      since: 1_760_000_000_000,
      observedAt: 42,
      source: 'event',
      stale: false,
      vendor: { desk: 'up' },
    })
  })

  it('calls no channel routable while the agent is not', () => {
    expect(viewOf(presence('READY', { CHAT: 'READY', VOICE: 'BUSY' }), facts).channels[0]).toMatchObject({
      state: 'READY',
      routable: false,
    })
  })

  it('keeps the raw word of an unknown state and invents neither reason nor cause', () => {
    const view = viewOf(presence('DREAMING'), facts)
    expect(view).toMatchObject({ state: 'UNKNOWN', vendorState: 'DREAMING' })
    expect(view).not.toHaveProperty('reason')
    expect(view).not.toHaveProperty('cause')
  })

  it('gives a reason its canonical key by id, then by name', () => {
    const reasonOf = (reasonCode: unknown) => viewOf(presence('NOT_READY', {}, { reasonCode }), facts).reason
    expect(reasonOf({ id: '62ffc9e9f12b6ccf1594d88b', name: 'Kurze Pause', code: 2 })).toEqual({
      id: '62ffc9e9f12b6ccf1594d88b',
      name: 'Kurze Pause',
      code: 2,
      key: 'BREAK.SHORT',
    })
    expect(reasonOf({ id: 'other', name: 'CALLBACK' })).toMatchObject({ key: 'CALLBACK' })
    expect(reasonOf({ id: 'other', name: 'Dentist' })).toEqual({ id: 'other', name: 'Dentist' })
  })

  it('believes a special reason before what the desk thinks', () => {
    const forced = presence('LOGOUT', {}, { reasonCode: FORCED_LOGOUT_REASON })
    expect(viewOf(forced, { ...facts, cause: 'gateway' })).toMatchObject({ cause: 'supervisor' })
    expect(viewOf(presence('LOGOUT'), { ...facts, cause: 'gateway' })).toMatchObject({ cause: 'gateway' })
  })
})

describe('causes by reason', () => {
  it.each([
    [{ ...FORCED_LOGOUT_REASON }, 'supervisor'],
    [{ ...INACTIVITY_REASON }, 'inactivity'],
    [{ name: 'FORCED_LOGOUT_BY_SUPERVISOR' }, 'supervisor'],
    [{ name: 'SESSION_TIMEOUT_INACTIVITY' }, 'inactivity'],
    [{ code: 9 }, undefined],
    [{ id: 'another', name: 'FORCED_LOGOUT_BY_SUPERVISOR' }, undefined],
    [undefined, undefined],
  ])('%j → %j', (reason, cause) => {
    expect(causeOfReason(reason)).toBe(cause)
  })
})
