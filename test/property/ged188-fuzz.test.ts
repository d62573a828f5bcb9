import { expect, it } from 'vitest'
import { fuzz } from '../support/ged188-fuzz.js'

/** `GED188_FUZZ_MB=1024 npx vitest run test/property/ged188-fuzz.test.ts` is the long run. */
const MEGABYTES = Number(process.env['GED188_FUZZ_MB'] ?? 64)
const SEED = Number(process.env['GED188_FUZZ_SEED'] ?? 188)

it(
  `${MEGABYTES} MB of mutated, truncated and random bytes: no crash, no growth, one opinion with the tiny decoder`,
  () => {
    fuzz(4, SEED + 1)
    const before = process.memoryUsage().rss
    const result = fuzz(MEGABYTES, SEED)
    const grown = (process.memoryUsage().rss - before) / 1024 / 1024
    expect(result.bytes).toBeGreaterThanOrEqual(MEGABYTES * 1024 * 1024)
    // The input must reach the interesting places: read, refused, written again, and streams that break off.
    expect(result.decoded).toBeGreaterThan(1000 * MEGABYTES)
    expect(result.refused).toBeGreaterThan(100 * MEGABYTES)
    expect(result.compared).toBeGreaterThan(50 * MEGABYTES)
    expect(result.broken).toBeGreaterThan(0)
    expect(grown).toBeLessThan(256)
  },
  60_000 + MEGABYTES * 2_000,
)
