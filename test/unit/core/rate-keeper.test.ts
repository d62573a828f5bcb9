import { describe, expect, it } from 'vitest'
import { createRateKeeper, type RateKeeper } from '../../../src/core/gate/rate-keeper.js'
import { LEARNING } from '../../../src/core/gate/rate-learning.js'
import { createCountedBudget } from '../../support/counted-budget.js'
import { createVirtualClock, type VirtualClock } from '../../support/process-clocks.js'
import { silentLogger } from '../../support/storm.js'

/** The rate that has proved itself: up to which a learned rate grows fast again, and what takes that trust away. */

interface Rig {
  readonly clock: VirtualClock
  readonly keeper: RateKeeper
  /** Asks once, as a call does. */
  ask(): Promise<void>
  /** A call is refused that began under the present rate. */
  refuse(): Promise<void>
  /** So long without 429, asking once at the end. Answers the factor by which the rate has grown. */
  quiet(ms: number): Promise<number>
  rate(): number
}

function rig(perSecond?: number): Rig {
  const clock = createVirtualClock()
  const budget = createCountedBudget(clock)
  const keeper = createRateKeeper({
    account: 'p',
    limit: { burst: 1, ...(perSecond !== undefined && { perSecond }) },
    budgets: () => budget,
    clock,
    storeTimeoutMs: 500,
    logger: silentLogger,
    processes: () => 1,
    onRate: () => undefined,
  })
  const rate = (): number => keeper.perSecond ?? Number.POSITIVE_INFINITY
  const ask = async (): Promise<void> => {
    const asked = keeper.ask(3)
    await clock.advance(0)
    await asked
    await clock.advance(0)
  }
  return {
    clock,
    keeper,
    ask,
    rate,
    async refuse() {
      keeper.limited(keeper.begun(), keeper.generation, undefined)
      await clock.advance(LEARNING.pauseMs + 100)
    },
    async quiet(ms) {
      const before = rate()
      // What was saved up is one token: enough for the one who asks.
      await clock.advance(ms)
      await ask()
      return rate() / before
    },
  }
}

const SLOW = 1 + LEARNING.raise

/** A hundred calls in a second, as configured; then so many 429s in a row. The first teaches 70 a second, each other one less. */
async function ruined(times: number): Promise<Rig> {
  const keeping = rig(100)
  await keeping.ask()
  for (let call = 0; call < 100; call += 1) keeping.keeper.begun()
  for (let time = 0; time < times; time += 1) await keeping.refuse()
  expect(keeping.rate()).toBeCloseTo(70 * LEARNING.cut ** (times - 1))
  return keeping
}

it('a 429 after half a minute without one takes a tenth only, and the next one soon after it the usual part', async () => {
  const keeping = await ruined(2)
  const before = keeping.rate() ?? 0
  await keeping.quiet(LEARNING.stoodMs)
  await keeping.refuse()
  expect(keeping.rate()).toBeCloseTo(before * LEARNING.slightCut)
  await keeping.refuse()
  expect(keeping.rate()).toBeCloseTo(before * LEARNING.slightCut * LEARNING.cut)
})

describe('a rate that has proved itself', () => {
  it('comes back in raises that double, each after half the time, once far below it', async () => {
    const keeping = await ruined(6)
    expect(await keeping.quiet(LEARNING.quietMs - 10_000)).toBe(1)
    expect(await keeping.quiet(10_000)).toBeCloseTo(SLOW)
    expect(await keeping.quiet(LEARNING.quietMs / 2)).toBeCloseTo(1 + 2 * LEARNING.raise)
    expect(await keeping.quiet(LEARNING.quietMs / 4)).toBeCloseTo(1 + 4 * LEARNING.raise)
  })

  it('slows down near it: beyond four fifths growth begins anew, small and late', async () => {
    const keeping = await ruined(6)
    const growths: number[] = []
    for (let time = 0; time < 40 && (growths.at(-1) ?? 2) !== 1; time += 1) growths.push(await keeping.quiet(LEARNING.quietMs))
    const [largest, last] = [Math.max(...growths), growths.findIndex((growth, at) => at > 3 && Math.abs(growth - SLOW) < 0.001)]
    expect(largest).toBeGreaterThan(1.3)
    // From the first small step on all are small, until the configured rate.
    expect(last).toBeGreaterThan(3)
    for (const growth of growths.slice(last)) expect(growth).toBeLessThanOrEqual(SLOW + 0.001)
    expect(keeping.rate()).toBeLessThanOrEqual(100)
  })

  it('is trusted less after each 429: fast growth ends at a lower rate', async () => {
    const fastUpTo = async (refusals: number): Promise<number> => {
      const keeping = await ruined(refusals)
      let reached = keeping.rate()
      for (let time = 0; time < 40; time += 1) {
        const growth = await keeping.quiet(LEARNING.quietMs)
        if (time > 0 && growth <= SLOW + 0.001) break
        reached = keeping.rate()
      }
      return reached
    }
    for (const refusals of [6, 12]) {
      expect(await fastUpTo(refusals)).toBeCloseTo(70 * LEARNING.trust ** (refusals - 1) * LEARNING.fastUpTo)
    }
  })

  it('is what stood for a while without 429, too: the first lesson alone proves no more than itself', async () => {
    const keeping = rig()
    for (let call = 0; call < 20; call += 1) keeping.keeper.begun()
    await keeping.refuse()
    const learned = keeping.rate()
    expect(learned).toBeCloseTo(LEARNING.margin * 20)
    // At the proved rate itself growth is slow, however often nothing goes wrong.
    for (let time = 0; time < 4; time += 1) expect(await keeping.quiet(LEARNING.quietMs)).toBeCloseTo(SLOW)
    // What it had before the last raise stood for ten minutes: two 429s later it grows fast up to what is left of that.
    const proved = learned * SLOW ** 3
    await keeping.refuse()
    await keeping.refuse()
    for (let time = 0; time < 3; time += 1) await keeping.quiet(LEARNING.quietMs)
    expect(keeping.rate()).toBeCloseTo(proved * LEARNING.trust ** 2 * LEARNING.fastUpTo)
  })
})
