import fc from 'fast-check'
import { expect, it } from 'vitest'
import { iso } from '../../../src/http/iso.js'

it('writes instants as Date does, whatever was written before', () => {
  const instant = fc.oneof(fc.integer({ min: 0, max: 4_102_444_800_000 }), fc.integer({ min: 1_700_000_000_000, max: 1_700_000_200_000 }))
  fc.assert(
    fc.property(fc.array(instant, { minLength: 1, maxLength: 20 }), (all) => {
      expect(all.map(iso)).toEqual(all.map((ms) => new Date(ms).toISOString()))
    }),
    { numRuns: 500 },
  )
})

it('keeps two instants apart that share a place', () => {
  const first = 1_700_000_000_000
  for (const ms of [first, first + 61_000, first, first + 61_001]) expect(iso(ms)).toBe(new Date(ms).toISOString())
})

it('cuts what is finer than a millisecond, as Date does', () => {
  expect(iso(1_700_000_000_123.9)).toBe(new Date(1_700_000_000_123.9).toISOString())
})
