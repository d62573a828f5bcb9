import { describe, expect, it } from 'vitest'
import {
  COMMAND_STATUSES,
  effectsOf,
  FINAL_STATUSES,
  isFinal,
  LIFE_CYCLE,
  mayClaim,
  maySettle,
  needsLease,
  next,
  OPEN_STATUSES,
  OPERATIONS,
  settleOperation,
  type CommandStatus,
} from '../../../src/core/model/life-cycle.js'

describe('the life of a command', () => {
  it('derives what is open and what is final', () => {
    expect(OPEN_STATUSES).toEqual(['accepted', 'sent', 'retrying'])
    expect(FINAL_STATUSES).toEqual(['confirmed', 'rejected', 'superseded', 'cancelled', 'expired', 'unconfirmed', 'dead'])
    expect(COMMAND_STATUSES.filter((status) => isFinal(status))).toEqual(FINAL_STATUSES)
  })
  it.each(FINAL_STATUSES)('nothing leads out of %s', (status) => {
    expect(OPERATIONS.filter((operation) => next(status, operation) !== undefined)).toEqual([])
  })
  it.each(OPEN_STATUSES)('%s can end in every final status that it may end in', (status) => {
    const ends = new Set(OPERATIONS.map((operation) => next(status, operation)).filter((to) => to !== undefined && isFinal(to)))
    expect(ends.size).toBe(FINAL_STATUSES.length) // cancelled too: by an undo
  })
  it('begins as accepted, or as sent when nobody has the agent', () => {
    expect(OPERATIONS.filter((operation) => next('none', operation) !== undefined)).toEqual(['append', 'begin'])
    expect([next('none', 'append'), next('none', 'begin')]).toEqual(['accepted', 'sent'])
  })
  it('does not call cancelled what is on its way', () => {
    expect([next('accepted', 'cancel'), next('retrying', 'cancel'), next('sent', 'cancel')]).toEqual(['cancelled', 'cancelled', undefined])
    expect(maySettle('sent', { status: 'cancelled' })).toBe(false)
  })
  it('keeps the fence to what is open and was not brought back by an old snapshot', () => {
    expect(COMMAND_STATUSES.filter((status) => mayClaim({ status }))).toEqual(OPEN_STATUSES)
    expect(mayClaim({ status: 'accepted', beforeRollback: true })).toBe(false)
  })
  it('lets nobody without the lease do more than keep a command from being sent', () => {
    const free = OPERATIONS.filter((operation) => !needsLease(operation) && LIFE_CYCLE[operation].lease === 'free')
    expect(free).toEqual(['append', 'supersede', 'cancel', 'undo'])
  })
  it('names the operation of every settle', () => {
    const asked = COMMAND_STATUSES.map((status): [CommandStatus, string | undefined] => [status, settleOperation({ status })])
    expect(Object.fromEntries(asked)).toMatchObject({
      accepted: undefined,
      sent: 'pend',
      retrying: 'retry',
      confirmed: 'confirm',
      dead: 'bury',
    })
    expect(settleOperation({ status: 'retrying', giveAttemptBack: true })).toBe('park')
    for (const [status, operation] of asked) {
      if (operation !== undefined) expect(LIFE_CYCLE[operation as keyof typeof LIFE_CYCLE].to).toBe(status)
    }
  })
  it('counts an attempt before the vendor is called, once', () => {
    expect(OPERATIONS.filter((operation) => effectsOf(operation).attempts === 'plus-one')).toEqual(['begin', 'claimSend', 'retake'])
  })
})
