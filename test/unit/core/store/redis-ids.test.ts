import { expect, it } from 'vitest'
import { packId, unpackId } from '../../../../src/core/store/redis-codec.js'

const UUID = '01234567-89ab-4cde-8f01-23456789abcd'

it('packs a UUID in 22 letters, and comes back from them', () => {
  expect(packId(UUID)).toHaveLength(22)
  expect(unpackId(packId(UUID))).toBe(UUID)
})

it.each(['g', 'A', '-', ' ', 'é', '\u0130', '\u{1f600}'])('keeps an id that is nearly a UUID, but for "%s" in any place', (strange) => {
  for (let at = 0; at < UUID.length; at += 1) {
    const id = UUID.slice(0, at) + strange + UUID.slice(at + 1)
    if (id !== UUID) expect(unpackId(packId(id))).toBe(id)
  }
})
