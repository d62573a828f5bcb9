import { describe, expect, it } from 'vitest'
import { interleave, median, percentile, rotation, summary } from '../../../bench/stats.js'

describe('median', () => {
  it('is the middle of an odd number of values, whatever their order, and the mean of the two middle ones of an even number', () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([10, 2, 9, 1])).toBe(5.5)
    expect(median([-3])).toBe(-3)
  })
  it('does not exist of nothing', () => {
    expect(() => median([])).toThrow('no values')
  })
  it('sorts numbers as numbers, and leaves its argument as it is', () => {
    const values = [100, 9, 20]
    expect(median(values)).toBe(20)
    expect(values).toEqual([100, 9, 20])
  })
})

describe('percentile', () => {
  const hundred = Float64Array.from({ length: 100 }, (_, index) => index + 1)
  it('is by nearest rank', () => {
    expect([0.5, 0.99, 1, 0].map((share) => percentile(hundred, share))).toEqual([50, 99, 100, 1])
    expect(percentile([1, 2, 3], 0.5)).toBe(2)
    expect(percentile([1, 2, 3, 4], 0.51)).toBe(3)
    expect(percentile([7], 0.99)).toBe(7)
  })
  it('does not exist of nothing', () => {
    expect(() => percentile([], 0.5)).toThrow('no values')
  })
})

it('sums up values', () => {
  expect(summary([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 })
})

describe('interleaving', () => {
  it('begins each round with another variant', () => {
    expect([0, 1, 2, 3].map((round) => rotation(['a', 'b', 'c'], round).join(''))).toEqual(['abc', 'bca', 'cab', 'abc'])
    expect(rotation([], 4)).toEqual([])
  })
  it('runs every variant once a round, one at a time, and answers in the order of the rounds', async () => {
    const order: string[] = []
    let running = 0
    const variant = (name: string) => async (round: number) => {
      running += 1
      expect(running).toBe(1)
      await new Promise((resolve) => setImmediate(resolve))
      running -= 1
      order.push(`${name}${round}`)
      return `${name} in ${round}`
    }
    const begun: number[] = []
    const results = await interleave(3, { a: variant('a'), b: variant('b') }, (round) => begun.push(round))
    expect(order).toEqual(['a0', 'b0', 'b1', 'a1', 'a2', 'b2'])
    expect(begun).toEqual([0, 1, 2])
    expect(results).toEqual({ a: ['a in 0', 'a in 1', 'a in 2'], b: ['b in 0', 'b in 1', 'b in 2'] })
  })
})
