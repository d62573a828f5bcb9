import { describe, expect, it } from 'vitest'
import {
  isTransitionalOutState,
  OUT_STATES,
  outStateByCode,
  readState,
  REASON_KEYS,
  reasonKey,
  stateById,
  stateByName,
  STATES,
} from '../../../../src/adapters/cxone/mapping.js'
import type { AgentState } from '../../../../src/core/model/agent-state.js'

describe('states by id (vendors/cxone.md section 4.3)', () => {
  const table: [number, string, AgentState, boolean][] = [
    [0, 'LoggedOut', 'LOGGED_OUT', false],
    [1, 'Available', 'READY', true],
    [2, 'Unavailable', 'NOT_READY', false],
    [3, 'InboundContact', 'BUSY', false],
    [4, 'OutboundContact', 'BUSY', false],
    [5, 'InboundConsult', 'BUSY', false],
    [6, 'OutboundConsult', 'BUSY', false],
    [7, 'Dialer', 'BUSY', false],
  ]
  it.each(table)('%i %s is %s, routable %s', (id, name, state, routable) => {
    expect(readState({ stateId: id, acw: false }, 'READY')).toEqual({ state, routable })
    expect(readState({ stateName: name, acw: false }, undefined)).toEqual({ state, routable })
    expect(readState({ stateName: ` ${name.toUpperCase()} `, acw: false }, undefined).state).toBe(state)
    expect(stateById(id)?.name).toBe(name)
    expect(stateByName(name)?.id).toBe(id)
  })

  it('has nine states', () => expect(STATES.map((row) => row.id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]))

  it.each<[AgentState | undefined, AgentState]>([
    [undefined, 'NOT_READY'],
    ['UNKNOWN', 'NOT_READY'],
    ['LOGGED_OUT', 'NOT_READY'],
    ['READY', 'READY'],
    ['WRAP_UP', 'WRAP_UP'],
  ])('LoggedIn after %s keeps or becomes %s and is pending', (previous, state) => {
    expect(readState({ stateId: 8, acw: false }, previous)).toEqual({ state, routable: false, pendingState: 'NOT_READY' })
    expect(readState({ stateName: 'loggedin', acw: false }, previous)).toEqual({ state, routable: false, pendingState: 'NOT_READY' })
  })

  it('DialerPending is a word without an id', () => {
    expect(readState({ stateName: 'DialerPending', acw: false }, 'READY')).toEqual({
      state: 'READY',
      routable: false,
      pendingState: 'RESERVED',
    })
    expect(readState({ stateName: 'DialerPending', acw: false }, undefined).state).toBe('RESERVED')
  })

  it.each([{ stateId: 9 }, { stateId: -1 }, { stateName: 'Sleeping' }, {}])('%j is UNKNOWN, never a guess', (given) => {
    expect(readState({ ...given, acw: false }, 'READY')).toEqual({ state: 'UNKNOWN', routable: false })
  })

  it('an id decides over a name', () => {
    expect(readState({ stateId: 1, stateName: 'Unavailable', acw: false }, undefined).state).toBe('READY')
    expect(readState({ stateId: 42, stateName: 'Available', acw: false }, undefined).state).toBe('UNKNOWN')
  })
})

describe('after-call work', () => {
  it('is WRAP_UP in Unavailable only', () => {
    expect(readState({ stateId: 2, acw: true }, undefined)).toEqual({ state: 'WRAP_UP', routable: false })
    expect(readState({ stateId: 1, acw: true }, undefined).state).toBe('READY')
    expect(readState({ stateId: 3, acw: true }, undefined).state).toBe('BUSY')
  })
})

describe('reserved out-states (section 4.4)', () => {
  const table: [number, string, AgentState | undefined][] = [
    [-13, 'PreviewNotification', 'RESERVED'],
    [-12, 'LogoffPending', 'LOGGED_OUT'],
    [-9, 'PromisePending', 'BUSY'],
    [-8, 'CallbackPending', 'BUSY'],
    [-7, 'TransferPending', 'BUSY'],
    [-6, 'DialerPending', 'BUSY'],
    [-5, 'ConsultPending', 'BUSY'],
    [-4, 'OutboundPending', 'BUSY'],
    [-3, 'InboundPending', 'BUSY'],
    [-2, 'HeldPartyAbandoned', undefined],
  ]
  it.each(table)('%i %s keeps the state before and has %s pending', (code, name, pending) => {
    expect(outStateByCode(code)?.name).toBe(name)
    expect(isTransitionalOutState(code)).toBe(true)
    const expected = (state: AgentState) => ({ state, routable: false, ...(pending !== undefined && { pendingState: pending }) })
    expect(readState({ stateId: 2, outStateId: code, acw: false }, 'READY')).toEqual(expected('READY'))
    expect(readState({ stateId: 2, outStateId: code, acw: false }, undefined)).toEqual(expected('NOT_READY'))
    expect(readState({ stateId: 2, outStateId: code, acw: false }, 'LOGGED_OUT')).toEqual(expected('NOT_READY'))
  })

  it('knows eleven, all below zero', () => {
    expect(OUT_STATES.map((row) => row.code)).toEqual([-13, -12, -9, -8, -7, -6, -5, -4, -3, -2, -1])
  })

  it.each([-10, -11, -14])('the undocumented %i is transitional without a target', (code) => {
    expect(readState({ stateId: 2, outStateId: code, acw: false }, 'READY')).toEqual({ state: 'READY', routable: false })
  })

  it('on a contact the contact stays and the log-off is pending', () => {
    expect(readState({ stateId: 3, outStateId: -12, acw: false }, 'READY')).toEqual({
      state: 'BUSY',
      routable: false,
      pendingState: 'LOGGED_OUT',
    })
    expect(readState({ stateId: 1, outStateId: -3, acw: false }, 'NOT_READY')).toEqual({
      state: 'READY',
      routable: false,
      pendingState: 'BUSY',
    })
  })

  it('without a target of its own the announced next state stands', () => {
    expect(readState({ stateId: 2, outStateId: -2, acw: false, next: 'READY' }, 'BUSY')).toEqual({
      state: 'BUSY',
      routable: false,
      pendingState: 'READY',
    })
  })

  it('says nothing of who is logged out', () => {
    expect(readState({ stateId: 0, outStateId: -12, acw: false }, 'READY')).toEqual({ state: 'LOGGED_OUT', routable: false })
  })

  it('Refused is NOT_READY by the system, not a moment between states', () => {
    expect(isTransitionalOutState(-1)).toBe(false)
    expect(readState({ stateId: 2, outStateId: -1, acw: false }, 'READY')).toEqual({ state: 'NOT_READY', routable: false, cause: 'system' })
    expect(readState({ stateId: 3, outStateId: -1, acw: false }, 'READY')).toEqual({ state: 'BUSY', routable: false })
  })

  it.each([0, 1, 3, 12])('%i is the code of plain unavailability, another numbering than the states', (code) => {
    expect(isTransitionalOutState(code)).toBe(false)
    expect(readState({ stateId: 2, outStateId: code, acw: false }, 'READY')).toEqual({ state: 'NOT_READY', routable: false })
  })
})

describe('next states', () => {
  it('are pending unless they are there already', () => {
    expect(readState({ stateId: 3, acw: false, next: 'NOT_READY' }, undefined)).toEqual({
      state: 'BUSY',
      routable: false,
      pendingState: 'NOT_READY',
    })
    expect(readState({ stateId: 2, acw: false, next: 'NOT_READY' }, undefined)).toEqual({ state: 'NOT_READY', routable: false })
    expect(readState({ stateId: 0, acw: false, next: 'READY' }, undefined)).toEqual({ state: 'LOGGED_OUT', routable: false })
  })
  it('take an available agent out of routing', () => {
    expect(readState({ stateId: 1, acw: false, next: 'NOT_READY' }, undefined).routable).toBe(false)
    expect(readState({ stateId: 1, acw: false, next: 'READY' }, undefined)).toEqual({ state: 'READY', routable: true })
  })
})

describe('canonical keys', () => {
  it.each(Object.entries(REASON_KEYS))('%s is %s', (name, key) => {
    expect(reasonKey(` ${name.toUpperCase()} `, false, {})).toBe(key)
  })
  it('has the plain names', () => {
    expect(REASON_KEYS).toEqual({
      break: 'BREAK.SHORT',
      'short break': 'BREAK.SHORT',
      lunch: 'BREAK.LUNCH',
      meeting: 'MEETING',
      training: 'TRAINING',
      administration: 'ADMINISTRATION',
      refused: 'SYSTEM.OTHER',
    })
  })
  it('the site’s own come first, then after-call work', () => {
    expect(reasonKey('Lunch', true, { ' LUNCH ': 'MEETING' })).toBe('MEETING')
    expect(reasonKey('Lunch', true, { other: 'MEETING' })).toBe('WRAP_UP')
    expect(reasonKey('Wrap mails', true, {})).toBe('WRAP_UP')
    expect(reasonKey('Anything', false, {})).toBeUndefined()
  })
})
