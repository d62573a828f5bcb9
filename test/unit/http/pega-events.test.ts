import { describe, expect, it } from 'vitest'
import { AGENT_STATES, type AgentState, type ViewReason } from '../../../src/core/model/agent-state.js'
import { pegaEventOf, pegaSnapshotOf, type AgentChange } from '../../../src/http/opencti/pega-events.js'
import { pegaViewOf, reasonText } from '../../../src/http/opencti/pega-state.js'

const change = (state: AgentState, from?: AgentState, reason?: ViewReason, stale = false): AgentChange => ({
  platform: 'p',
  agentId: 'a1',
  at: Date.UTC(2026, 0, 2, 3, 4, 5),
  cursor: 17,
  seq: 4,
  view: { state, stale, ...(reason && { reason }) },
  ...(from && { from }),
})
const told = (state: AgentState, from?: AgentState): string => {
  const event = pegaEventOf(change(state, from), 'id')
  if (event === undefined) return '–'
  return event.pyEventType === 'SnapshotEvent' ? `Snapshot ${event.pyAgentState}` : `AgentStateEvent ${event.pyEventName}`
}

describe('a change in Pega’s words', () => {
  it.each([
    ['NOT_READY', 'LOGGED_OUT', 'Snapshot NotReady'], // a login
    ['NOT_READY', 'LOGGING_IN', 'Snapshot NotReady'],
    ['READY', 'LOGGED_OUT', 'Snapshot Ready'],
    ['NOT_READY', 'UNKNOWN', 'Snapshot NotReady'], // what was lost is told whole
    ['NOT_READY', undefined, 'Snapshot NotReady'],
    ['LOGGING_IN', 'LOGGED_OUT', 'AgentStateEvent Login'],
    ['READY', 'NOT_READY', 'AgentStateEvent Ready'],
    ['NOT_READY', 'READY', 'AgentStateEvent NotReady'],
    ['NOT_READY', 'NOT_READY', 'AgentStateEvent NotReady'], // another reason
    ['RESERVED', 'READY', '–'],
    ['BUSY', 'RESERVED', 'Snapshot Busy'], // no Busy among the names of an AgentStateEvent
    ['HOLD', 'BUSY', 'Snapshot Busy'],
    ['INTERRUPTED', 'READY', 'Snapshot Busy'],
    ['WRAP_UP', 'BUSY', 'AgentStateEvent NotReady'],
    ['READY', 'WRAP_UP', 'AgentStateEvent Ready'],
    ['READY', 'RESERVED', 'AgentStateEvent Ready'], // the contact was not taken, or went elsewhere
    ['LOGGED_OUT', 'READY', 'Snapshot Logout'],
    ['LOGGED_OUT', undefined, 'Snapshot Logout'],
    ['UNKNOWN', 'READY', 'AgentStateEvent Unknown'],
  ] as const)('%s after %s: %s', (state, from, expected) => expect(told(state, from)).toBe(expected))

  it('of every state from every state is one of Pega’s schemas', () => {
    for (const state of AGENT_STATES) {
      for (const from of [undefined, ...AGENT_STATES]) {
        const event = pegaEventOf(change(state, from), 'id')
        if (event === undefined) expect(state).toBe('RESERVED')
        else if (event.pyEventType === 'AgentStateEvent')
          expect(['Ready', 'NotReady', 'Login', 'Logout', 'Unknown']).toContain(event.pyEventName)
        else expect(['Ready', 'NotReady', 'Login', 'Logout', 'Busy', 'Unknown']).toContain(event.pyAgentState)
      }
    }
  })

  it('has all fields of the schemas, and those that a receiver needs to sort and count', () => {
    expect(pegaEventOf(change('LOGGED_OUT', 'READY', { id: 'LOGOUT:101', code: 101, name: 'End of shift' }), 'code')).toEqual({
      pyEventType: 'SnapshotEvent',
      pyEventName: 'Snapshot',
      pyAgentId: 'a1',
      pyAgentState: 'Logout',
      pyReasonCode: '101',
      pyWorkMode: 'MODE_NONE',
      pyDeviceState: 'CLOSED',
      pyLinkState: 'CONNECTED',
      pyMedia: 'Phone',
      eventId: '17',
      sequence: 4,
      occurredAt: '2026-01-02T03:04:05.000Z',
      platform: 'p',
      agentId: 'a1',
    })
    expect(pegaEventOf(change('NOT_READY', 'READY', { id: '15', key: 'WRAP_UP' }), 'key')).toEqual({
      pyEventType: 'AgentStateEvent',
      pyEventName: 'NotReady',
      pyReasonCode: 'WRAP_UP',
      pyWorkMode: 'ACW',
      pyMedia: 'Phone',
      eventId: '17',
      sequence: 4,
      occurredAt: '2026-01-02T03:04:05.000Z',
      platform: 'p',
      agentId: 'a1',
    })
  })

  it('a lost link is a disconnected one, and the state stays what it was', () => {
    expect(pegaSnapshotOf(change('READY', 'READY', undefined, true), 'id')).toMatchObject({
      pyAgentState: 'Ready',
      pyLinkState: 'DISCONNECTED',
    })
    expect(pegaSnapshotOf(change('READY'), 'id')).toMatchObject({ pyDeviceState: 'OPENED', pyLinkState: 'CONNECTED' })
  })
})

describe('a reason as Pega’s list has it', () => {
  const reason: ViewReason = { id: 'i', code: 7, name: 'n', key: 'k' }
  it('in the form asked for', () => {
    expect((['id', 'code', 'name', 'key'] as const).map((form) => reasonText(reason, form))).toEqual(['i', '7', 'n', 'k'])
  })
  it('in the next one where the platform’s reason has none; empty where there is no reason', () => {
    expect(reasonText({ code: 7, name: 'n' }, 'key')).toBe('7')
    expect(reasonText({ name: 'n' }, 'id')).toBe('n')
    expect(reasonText({}, 'id')).toBe('')
    expect(reasonText(undefined, 'id')).toBe('')
  })
  it('a contact that is offered leaves what Pega was told', () => {
    const before = { state: 'NotReady', reasonCode: 'x', workMode: 'ACW' } as const
    expect(pegaViewOf({ state: 'RESERVED' }, 'id', before)).toEqual(before)
    expect(pegaViewOf({ state: 'RESERVED' }, 'id')).toEqual({ state: 'Ready', reasonCode: '', workMode: 'MODE_NONE' })
  })
})
