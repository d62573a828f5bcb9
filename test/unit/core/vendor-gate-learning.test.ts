import { describe, expect, it } from 'vitest'
import { PRIORITY } from '../../../src/core/accept/policy.js'
import type { VendorGate, VendorGateParts } from '../../../src/core/gate/vendor-gate.js'
import { mulberry32 } from '../../../src/simulators/kit/faults.js'
import { createCountedBudget, type CountedBudget } from '../../support/counted-budget.js'
import { gateWith, never } from '../../support/gate-rig.js'
import { createLimitedVendor, type Counting, type LimitedVendor } from '../../support/limited-vendor.js'
import { createVirtualClock, type VirtualClock } from '../../support/process-clocks.js'

interface World {
  readonly clock: VirtualClock
  readonly vendor: LimitedVendor
  readonly budget: CountedBudget
  readonly gates: readonly VendorGate[]
  /** 429s so far. */
  refused(): number
  /** Calls that the vendor took within the last `ms`. */
  takenLately(ms: number): number
  stop(): void
}

/** Gates of several processes that share a budget before one vendor, each with more work than the vendor can take. */
function storm(
  options: { perSecond: number; counting: Counting; processes: number; retryAfterMs?: number; seed?: number },
  more: Partial<VendorGateParts> = {},
): World {
  const random = mulberry32(options.seed ?? 11)
  const clock = createVirtualClock()
  const between = (from: number, to: number) => () => from + random() * (to - from)
  const vendor = createLimitedVendor(clock, { ...options, latencyMs: between(30, 120) })
  const budget = createCountedBudget(clock, between(1, 4))
  const gates: VendorGate[] = []
  for (let at = 0; at < options.processes; at += 1) {
    const gate: VendorGate = gateWith(clock, budget, {
      maxInFlight: Math.floor(8 / options.processes),
      random,
      processes: () => options.processes,
      onRate: () => void clock.after(3, () => gates.forEach((other) => other !== gate && other.rateChanged())),
      ...more,
    })
    gates.push(gate)
  }
  let stopped = false
  const work = async (gate: VendorGate): Promise<void> => {
    while (!stopped) {
      const pass = await gate.enter(PRIORITY.login, never)
      pass.done(await vendor.call())
    }
  }
  for (const gate of gates) for (let at = 0; at < 40; at += 1) void work(gate).catch(() => undefined)
  return {
    clock,
    vendor,
    budget,
    gates,
    refused: () => vendor.refused.length,
    takenLately: (ms) => vendor.taken.filter((at) => at > clock.monotonic() - ms).length,
    stop() {
      stopped = true
      for (const gate of gates) gate.close()
    },
  }
}

const MINUTE = 60_000

describe.each([1, 2])('%i process(es) before a vendor that says 429', (processes) => {
  describe.each<Counting>(['sliding', 'fixed', 'bucket'])('and counts by a %s second', (counting) => {
    it.each([1, 2, 5, 20])('learn that %i a second are allowed', { timeout: 60_000 }, async (perSecond) => {
      const world = storm({ perSecond, counting, processes })
      await world.clock.advance(MINUTE)
      const warmUp = world.refused()
      expect(warmUp).toBeGreaterThan(0)
      expect(warmUp).toBeLessThanOrEqual(12)
      // Ten minutes from the last 429 on; then it tries to go faster.
      const quietFrom = world.vendor.refused.at(-1) as number
      await world.clock.advance(quietFrom + 10 * MINUTE - world.clock.monotonic())
      expect(world.refused()).toBe(warmUp)
      expect(world.takenLately(9 * MINUTE)).toBeGreaterThanOrEqual(0.6 * perSecond * 540)
      world.stop()
      expect(world.clock.timers).toBeLessThanOrEqual(8 * 2) // calls at the vendor; none of the gates
    })
  })
})

describe('learning', () => {
  it('costs no more 429s than calls were on their way, and a few', async () => {
    const world = storm({ perSecond: 5, counting: 'sliding', processes: 1 }, { maxInFlight: 40 })
    await world.clock.advance(MINUTE)
    const warmUp = world.refused()
    expect(warmUp).toBeLessThanOrEqual(40 + 12)
    await world.clock.advance(MINUTE)
    expect(world.refused()).toBe(warmUp)
    world.stop()
  })

  it('corrects a configured rate that is too high, and never goes above one that is right', async () => {
    const high = storm({ perSecond: 5, counting: 'sliding', processes: 2 }, { limit: { perSecond: 20, burst: 10 } })
    await high.clock.advance(MINUTE)
    const warmUp = high.refused()
    expect(warmUp).toBeGreaterThan(0)
    expect(warmUp).toBeLessThanOrEqual(12)
    await high.clock.advance(5 * MINUTE)
    expect(high.refused()).toBe(warmUp)
    expect(high.takenLately(5 * MINUTE)).toBeGreaterThanOrEqual(0.6 * 5 * 300)
    high.stop()

    const right = storm({ perSecond: 5, counting: 'sliding', processes: 2 }, { limit: { perSecond: 4, burst: 1 } })
    await right.clock.advance(40 * MINUTE)
    expect([right.refused(), right.gates[0]?.expectedWaitMs(0)]).toEqual([0, 0])
    expect(right.takenLately(10 * MINUTE)).toBeLessThanOrEqual(4 * 600 + 1)
    right.stop()
  })

  it('keeps all processes still for as long as the vendor asks', async () => {
    const world = storm({ perSecond: 2, counting: 'sliding', processes: 2, retryAfterMs: 7_000 })
    await world.clock.advance(500)
    const first = world.vendor.refused[0] as number
    await world.clock.advance(6_500)
    // Those that were on their way when the news came: a round trip and the way of the news.
    const late = [...world.vendor.taken, ...world.vendor.refused].filter((at) => at > first + 250)
    expect(late).toEqual([])
    await world.clock.advance(3_000)
    expect(world.vendor.taken.filter((at) => at > first + 7_000).length).toBeGreaterThan(0)
    world.stop()
  })

  it('goes up by 5 % after ten minutes without 429, once for all processes', async () => {
    const world = storm({ perSecond: 20, counting: 'sliding', processes: 2 })
    await world.clock.advance(5 * MINUTE)
    const rate = (): number => world.gates.map((gate) => 1000 / (gate.expectedWaitMs(6) / gate.waiting))[0] as number
    const before = rate()
    await world.clock.advance(6 * MINUTE)
    expect(rate() / before).toBeCloseTo(1.05, 2)
    await world.clock.advance(5 * MINUTE)
    expect(rate() / before).toBeCloseTo(1.05, 2)
    world.stop()
  }, 60_000)

  it('goes on without the store, and tells it when it is back', async () => {
    const world = storm({ perSecond: 5, counting: 'sliding', processes: 1 })
    world.budget.mode = 'away'
    await world.clock.advance(MINUTE)
    const warmUp = world.refused()
    expect(warmUp).toBeLessThanOrEqual(12)
    world.budget.mode = 'fine'
    await world.clock.advance(MINUTE)
    expect([world.refused(), world.budget.restricts > 0]).toEqual([warmUp, true])
    const other = gateWith(world.clock, world.budget)
    other.rateChanged()
    ;(await Promise.all([other.enter(PRIORITY.forcedLogout, never), world.clock.advance(2_000)]))[0].done()
    expect(other.tryEnter()).toBeUndefined()
    other.close()
    world.stop()
  })
})

describe('a forced logout at shift start, 1,000 logins waiting at 2 a second', () => {
  it.each(['its own process', 'another process'])('gets its pass within 1 s, the logins in %s', async (where) => {
    const clock = createVirtualClock()
    const random = mulberry32(5)
    const budget = createCountedBudget(clock, () => 1 + random() * 10)
    const limit = { perSecond: 2, burst: 1 }
    const crowded = gateWith(clock, budget, { limit, random })
    const other = gateWith(clock, budget, { limit, random })
    let logins = 0
    const enter = async (gate: VendorGate, priority: number): Promise<void> => {
      const pass = await gate.enter(priority, never)
      await clock.sleep(40)
      pass.done()
    }
    for (let at = 0; at < 1_000; at += 1)
      void enter(crowded, PRIORITY.login).then(
        () => (logins += 1),
        () => undefined,
      )
    let worst = 0
    for (let at = 0; at < 40; at += 1) {
      await clock.advance(1_500 + random() * 1_000)
      const from = clock.monotonic()
      let waited: number | undefined
      const gate = where === 'its own process' ? crowded : other
      void gate.enter(PRIORITY.forcedLogout, never).then((pass) => {
        waited = clock.monotonic() - from
        pass.done()
      })
      await clock.advance(1_000)
      worst = Math.max(worst, waited ?? Number.POSITIVE_INFINITY)
    }
    expect(worst).toBeLessThanOrEqual(1_000)
    // The logins go on meanwhile: 40 of the tokens of two minutes went to forced logouts.
    expect(logins).toBeGreaterThan(150)
    for (const gate of [crowded, other]) gate.close()
  })
})
