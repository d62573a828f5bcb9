import { describe, expect, it } from 'vitest'
import { forgetEldest } from '../../../src/core/model/forget-eldest.js'

const upTo = (count: number): number[] => Array.from({ length: count }, (_value, index) => index)

describe('what may be forgotten', () => {
  it('stays while there is room', () => {
    const kept = new Set(upTo(32))
    forgetEldest(kept, 32)
    expect([...kept]).toEqual(upTo(32))
  })

  it('goes by age, a sixteenth of the limit at a time', () => {
    const kept = new Set(upTo(33))
    forgetEldest(kept, 32)
    expect([...kept]).toEqual(upTo(33).slice(3))
  })

  it('goes one by one where the limit is small', () => {
    const kept = new Map(upTo(4).map((key) => [key, 'x']))
    forgetEldest(kept, 3)
    expect([...kept.keys()]).toEqual([1, 2, 3])
  })

  it('is never more than the limit, and of a large one a thousand at a time', () => {
    const kept = new Set<number>()
    let most = 0
    let newestGone = 0
    for (const key of upTo(40_001)) {
      kept.add(key)
      forgetEldest(kept, 20_000)
      most = Math.max(most, kept.size)
      if (!kept.has(key)) newestGone += 1
    }
    expect(most).toBe(20_000)
    // 1,001 at the 20,001st, and nineteen times more.
    expect(kept.size).toBe(40_001 - 20 * 1_001)
    expect(newestGone).toBe(0)
  })

  it('keeps what was put in anew', () => {
    const kept = new Set(upTo(32))
    kept.delete(0)
    kept.add(0).add(32)
    forgetEldest(kept, 32)
    expect(kept.has(0)).toBe(true)
    expect(kept.has(1)).toBe(false)
  })
})
