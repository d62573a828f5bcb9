import { describe, expect, it } from 'vitest'
import type { Adapter } from '../../../src/core/adapter.js'
import { createReasonBook } from '../../../src/core/accept/reason-book.js'
import { CtiError } from '../../../src/core/model/error.js'
import type { Reason } from '../../../src/core/model/reason.js'
import { createVirtualClock } from '../../support/process-clocks.js'

const lunch: Reason = { id: '11', code: 101, name: 'Lunch', type: 'NOT_READY', system: false }
const training: Reason = { id: '12', code: 102, name: 'Training', type: 'NOT_READY', system: false }

/** A book over a platform that answers what the test says. */
function bookOf(answer: () => Promise<readonly Reason[]>) {
  const clock = createVirtualClock()
  let asked = 0
  const adapter = {
    manifest: { reasons: { perAgent: true } },
    reasons: () => {
      asked += 1
      return answer()
    },
  } as unknown as Adapter
  return {
    clock,
    book: createReasonBook(adapter, clock, 3_000),
    get asked() {
      return asked
    },
  }
}

describe('the reason of a command', () => {
  it('is found at once in a list past its minute, also while the platform hangs, and the list is fetched anew beside it', async () => {
    let reasons: readonly Reason[] = [lunch]
    let hangs = false
    const rig = bookOf(() => (hangs ? new Promise(() => {}) : Promise.resolve(reasons)))
    await rig.book.resolve('Lunch', 'NOT_READY', '1001')
    await rig.clock.advance(59_000)
    await rig.book.resolve('Lunch', 'NOT_READY', '1001')
    expect(rig.asked).toBe(1)
    await rig.clock.advance(2_000)
    hangs = true
    expect(await rig.book.resolve('Lunch', 'NOT_READY', '1001')).toEqual(lunch)
    expect(rig.asked).toBe(2)
    await rig.clock.advance(3_000)
    hangs = false
    reasons = [{ ...lunch, name: 'Pause' }]
    expect(await rig.book.resolve('11', 'NOT_READY', '1001')).toEqual(lunch)
    await rig.clock.advance(0)
    expect([rig.book.known('1001'), rig.asked]).toEqual([reasons, 3])
  })

  it('is refused by a fresh list only: a new one is known at once', async () => {
    let reasons: readonly Reason[] = [lunch]
    const rig = bookOf(() => Promise.resolve(reasons))
    await rig.book.resolve('Lunch', 'NOT_READY', '1001')
    await rig.clock.advance(61_000)
    reasons = [lunch, training]
    expect(await rig.book.resolve('Training', 'NOT_READY', '1001')).toEqual(training)
    await rig.clock.advance(61_000)
    await expect(rig.book.resolve('Yoga', 'NOT_READY', '1001')).rejects.toMatchObject({ code: 'REASON_INVALID' })
    expect(rig.asked).toBe(3)
  })

  it('is not taken from a list that is a quarter of an hour old, as long as the platform answers', async () => {
    let reasons: readonly Reason[] = [lunch]
    let away = false
    const rig = bookOf(() => (away ? Promise.reject(new CtiError('VENDOR_UNAVAILABLE')) : Promise.resolve(reasons)))
    await rig.book.resolve('Lunch', 'NOT_READY', '1001')
    await rig.clock.advance(901_000)
    reasons = [{ ...lunch, code: 111 }]
    expect(await rig.book.resolve('Lunch', 'NOT_READY', '1001')).toMatchObject({ code: 111 })
    await rig.clock.advance(901_000)
    away = true
    expect(await rig.book.resolve('Lunch', 'NOT_READY', '1001')).toMatchObject({ code: 111 })
  })
})
