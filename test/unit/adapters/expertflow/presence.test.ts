import { describe, expect, it } from 'vitest'
import { newestInstant, parsePresence, parsePresenceEvent, parseTime } from '../../../../src/adapters/expertflow/presence.js'
import { conform } from '../../../support/expertflow-schemas.js'
import { AGENT, eventBody, MRDS, presenceBody } from '../../../support/expertflow-presence.js'

describe('parsePresence', () => {
  it('reads everything of the sample of 2025', () => {
    const body = conform(
      'AgentPresence',
      presenceBody('NOT_READY', { CHAT: 'NOT_READY' }, { reasonCode: { id: 'a1', name: 'Lunch', code: 7 } }),
    )
    expect(parsePresence(body)).toEqual({
      agentId: AGENT,
      state: 'NOT_READY',
      reason: { id: 'a1', name: 'Lunch', code: 7 },
      changedAt: 1_760_000_000_000,
      mrds: [{ id: MRDS.CHAT.id, name: 'CHAT', state: 'NOT_READY', interruptible: true, changedAt: 1_760_000_000_000, maxTasks: 5 }],
    })
  })

  it('reads the sample of 2022, which lacks type, capacity and times (trap 17)', () => {
    const body = { agent: { id: AGENT }, state: { name: 'READY' }, agentMrdStates: [{ mrd: { id: 'm', name: 'CHAT' }, state: 'READY' }] }
    expect(parsePresence(body)).toEqual({
      agentId: AGENT,
      state: 'READY',
      reason: undefined,
      changedAt: undefined,
      mrds: [{ id: 'm', name: 'CHAT', state: 'READY' }],
    })
  })

  it('takes the id from the keycloak user where the agent has none', () => {
    expect(parsePresence({ agent: { keycloakUser: { id: AGENT } }, state: { name: 'READY' } })).toMatchObject({ agentId: AGENT })
  })

  it.each([
    ['null', null, undefined],
    ['an empty text (trap 12)', '', undefined],
    ['a text (trap 12)', 'Lunch', { name: 'Lunch' }],
    ['an object with a label (older builds)', { id: 'x', label: 'Lunch' }, { id: 'x', name: 'Lunch' }],
    ['an object with a code alone', { code: 0 }, { code: 0 }],
    ['an empty object', {}, undefined],
    ['a list', [1], undefined],
  ])('reads a reason that is %s', (_what, reasonCode, expected) => {
    expect(parsePresence(presenceBody('NOT_READY', {}, { reasonCode }))?.reason).toEqual(expected)
  })

  it.each([[undefined], [null], ['text'], [[]], [{}], [{ state: 'READY' }]])('is undefined for %j', (value) => {
    expect(parsePresence(value)).toBeUndefined()
  })

  it('leaves out channels without an id and keeps unknown words', () => {
    const body = {
      agent: { id: AGENT },
      state: { name: 'DREAMING' },
      agentMrdStates: [{ state: 'READY' }, null, { mrd: { id: 'm' }, state: 'DOZING' }, { mrd: { id: 'n' } }],
    }
    expect(parsePresence(body)).toMatchObject({
      state: 'DREAMING',
      mrds: [
        { id: 'm', state: 'DOZING' },
        { id: 'n', state: '' },
      ],
    })
  })
})

describe('parseTime', () => {
  it.each([
    [1_760_000_000_000, 1_760_000_000_000],
    ['1760000000000', 1_760_000_000_000],
    ['2025-10-09T08:53:20.000Z', 1_760_000_000_000],
    [0, undefined],
    [Number.NaN, undefined],
    ['soon', undefined],
    ['', undefined],
    [{}, undefined],
  ])('%j is %j', (value, expected) => {
    expect(parseTime(value)).toBe(expected)
  })
})

describe('parsePresenceEvent', () => {
  it('tells UNCHANGED from CHANGED and keeps the list of changed channels in both (trap 3)', () => {
    const body = conform(
      'AgentPresenceEvent',
      eventBody(presenceBody('READY', { CHAT: 'NOT_READY' }), 'AGENT_STATE_UNCHANGED', [MRDS.CHAT.id]),
    )
    expect(parsePresenceEvent(body)).toMatchObject({ unchanged: true, changedMrds: [MRDS.CHAT.id], presence: { state: 'READY' } })
    expect(parsePresenceEvent({ ...body, action: 'AGENT_STATE_CHANGED' })).toMatchObject({ unchanged: false })
    expect(parsePresenceEvent({ agentPresence: presenceBody('READY'), mrdStateChanges: [1, 'x'] })).toMatchObject({
      unchanged: false,
      changedMrds: ['x'],
    })
  })

  it('is undefined without a presence', () => {
    expect(parsePresenceEvent({ action: 'AGENT_STATE_CHANGED' })).toBeUndefined()
  })
})

describe('newestInstant', () => {
  it('is the latest of the agent’s and the channels’ instants, because channels change without the agent', () => {
    const mrd = { id: 'm', state: 'READY' }
    expect(
      newestInstant({
        agentId: AGENT,
        state: 'READY',
        reason: undefined,
        changedAt: 5,
        mrds: [
          { ...mrd, changedAt: 9 },
          { ...mrd, changedAt: 7 },
        ],
      }),
    ).toBe(9)
    expect(newestInstant({ agentId: AGENT, state: 'READY', reason: undefined, changedAt: 5, mrds: [mrd] })).toBe(5)
    expect(newestInstant({ agentId: AGENT, state: 'READY', reason: undefined, changedAt: undefined, mrds: [mrd] })).toBeUndefined()
  })
})
