import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createCallRecord,
  firstRate,
  higherRate,
  LEARNING,
  lowerRate,
  pauseOf,
  quietBeforeRaise,
} from '../../../src/core/gate/rate-learning.js'

describe('the record of calls', () => {
  it('finds the best second of the last ten', () => {
    const record = createCallRecord()
    for (const at of [50, 100, 950, 1_049, 5_000]) record.begun(at)
    expect(record.bestSecond(5_000)).toBe(3)
    record.withdrawn(100)
    expect(record.bestSecond(5_000)).toBe(2)
    expect(record.bestSecond(12_000)).toBe(1)
    expect(record.bestSecond(60_000)).toBe(0)
  })
  it('agrees with counting, whatever comes when', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ wait: fc.integer({ min: 0, max: 3_000 }), refused: fc.boolean() }), { maxLength: 80 }), (calls) => {
        const record = createCallRecord()
        const kept: number[] = []
        let now = 3
        for (const { wait, refused } of calls) {
          now += wait
          record.begun(now)
          if (refused) record.withdrawn(now)
          else kept.push(Math.floor(now / 100))
        }
        const last = Math.floor(now / 100)
        const recent = kept.filter((slot) => slot > last - 100)
        const best = Math.max(0, ...recent.map((from) => recent.filter((slot) => slot >= from && slot < from + 10).length))
        expect(record.bestSecond(now)).toBe(best)
      }),
    )
  })
  it('forgets what is too old to withdraw', () => {
    const record = createCallRecord()
    record.begun(100)
    record.begun(10_100)
    record.withdrawn(100)
    expect(record.bestSecond(10_100)).toBe(1)
  })
})

describe('rates', () => {
  it('the first follows from what was taken, by all processes, and stays below what is configured', () => {
    expect(firstRate(20, 1, undefined)).toBe(17)
    expect(firstRate(10, 2, undefined)).toBe(18.7)
    expect(firstRate(0, 2, undefined)).toBe(1.7)
    expect(firstRate(0, 1, undefined)).toBe(LEARNING.margin)
    expect(firstRate(20, 1, 10)).toBe(7)
  })
  it('after a 429 that was deserved at least 60 % of what is allowed remain, and a rate never reaches zero', () => {
    fc.assert(
      fc.property(
        fc.double({ min: LEARNING.leastPerSecond, max: 1000, noNaN: true }),
        fc.double({ min: 1, max: 100, noNaN: true }),
        (allowed, over) => {
          let rate = allowed * over
          let steps = 0
          for (; rate > allowed; steps += 1) rate = lowerRate(rate, undefined)
          expect(rate).toBeGreaterThanOrEqual(allowed * 0.6)
          expect(steps).toBeLessThanOrEqual(13)
        },
      ),
    )
  })
  it('other programs of the account can ruin a rate down to the least, not to standstill; a configured one to a tenth', () => {
    const ruined = (from: number, configured: number | undefined): number =>
      Array.from({ length: 50 }).reduce<number>((rate) => lowerRate(rate, configured), from)
    expect(ruined(100, undefined)).toBe(LEARNING.leastPerSecond)
    expect(ruined(0.5, 0.5)).toBe(0.05)
  })
  it('rise by 5 %, then faster, never above what is configured', () => {
    expect([0, 1, 2, 20].map((raises) => higherRate(10, undefined, raises))).toEqual([10.5, 11, 12, 20])
    expect(higherRate(10, 10.2, 0)).toBe(10.2)
  })
  it('a ruined rate is ten times as high half an hour after the last 429', () => {
    let rate: number = LEARNING.leastPerSecond
    let raises = 0
    for (let at = quietBeforeRaise(0); at <= 1_800_000; at += quietBeforeRaise(raises)) rate = higherRate(rate, undefined, raises++)
    expect(rate).toBeGreaterThan(10)
  })
  it('a pause is what the vendor asks for, or a second, and not for ever', () => {
    expect([pauseOf(undefined), pauseOf(7_000), pauseOf(0), pauseOf(1e12)]).toEqual([1_000, 7_000, 1, 3_600_000])
  })
})
