import { describe, expect, it } from 'vitest'
import { verdict, type Logged, type Told, type Witnesses } from '../../chaos/verdict.js'
import type { JournalEntry } from '../../../src/simulators/kit/journal.js'

const logged = (more: Partial<Logged>): Logged => ({
  id: 'c1',
  agentId: 'a',
  action: 'READY',
  status: 'confirmed',
  attempts: 1,
  seq: 1,
  acceptedAt: 100,
  token: 't1',
  ...more,
})
const told = (more: Partial<Told>): Told => ({ token: 't1', agentId: 'a', action: 'READY', status: 200, commandId: 'c1', at: 110, ...more })
const entry = (more: Partial<JournalEntry>): JournalEntry => ({
  seq: 1,
  at: 105,
  operation: 'changeAgentState',
  agentId: 'a',
  asked: 'READY',
  effect: 'applied',
  ...more,
})
const witnesses = (more: Partial<Witnesses>): Witnesses => ({
  told: [told({})],
  logged: [logged({})],
  journal: [entry({})],
  states: new Map([['a', 'READY']]),
  ...more,
})

describe('the verdict of the chaos script', () => {
  it('finds nothing when nothing is wrong', () => {
    expect(verdict(witnesses({}))).toMatchObject({
      lost: 0,
      stale: 0,
      duplicated: 0,
      wrongFinal: 0,
      toldFailedButRan: 0,
      hung: 0,
      commands: 1,
    })
  })
  it('sees an accepted command that is gone', () => {
    expect(verdict(witnesses({ logged: [], journal: [] })).lost).toBe(1)
  })
  it('sees a command that never ends', () => {
    expect(verdict(witnesses({ logged: [logged({ status: 'retrying' })] })).hung).toBe(1)
  })
  it('sees a superseded command that reached the vendor after the newer one was told accepted', () => {
    const older = logged({ status: 'superseded', supersededBy: 'c2' })
    const newer = logged({ id: 'c2', token: 't2', action: 'LOGOUT', seq: 2, acceptedAt: 120 })
    const both = [told({}), told({ token: 't2', commandId: 'c2', action: 'LOGOUT', at: 130 })]
    const late = witnesses({
      told: both,
      logged: [older, newer],
      journal: [entry({ at: 131 }), entry({ at: 129, asked: 'LOGOUT' })],
      states: new Map([['a', 'READY']]),
    })
    expect(verdict(late)).toMatchObject({ stale: 1, wrongFinal: 1 })
    expect(verdict({ ...late, journal: [entry({ at: 125 }), entry({ at: 129, asked: 'LOGOUT' })] }).stale).toBe(0)
  })
  it('sees an effect that happened twice', () => {
    expect(verdict(witnesses({ journal: [entry({}), entry({ seq: 2, at: 106 })] })).duplicated).toBe(1)
    expect(verdict(witnesses({ journal: [entry({}), entry({ seq: 2, at: 106, effect: 'unchanged' })] })).duplicated).toBe(0)
  })
  it('sees a command that was told failed and ran', () => {
    const { commandId: _commandId, ...nothing } = told({ status: 503 })
    expect(verdict(witnesses({ told: [nothing] })).toldFailedButRan).toBe(1)
  })
  it('sees a wrong final state', () => {
    expect(verdict(witnesses({ states: new Map([['a', 'LOGOUT']]) })).wrongFinal).toBe(1)
  })
})
