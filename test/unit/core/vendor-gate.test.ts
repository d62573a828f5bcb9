import { describe, expect, it } from 'vitest'
import type { BudgetStore, Granted, RateLimit } from '../../../src/core/gate/budget.js'
import { CtiError } from '../../../src/core/model/error.js'
import { PRIORITY } from '../../../src/core/accept/policy.js'
import type { Pass } from '../../../src/core/gate/vendor-gate.js'
import { gateWith, never } from '../../support/gate-rig.js'
import { createCountedBudget } from '../../support/counted-budget.js'
import { createVirtualClock } from '../../support/process-clocks.js'

const away = (): CtiError => new CtiError('VENDOR_UNAVAILABLE')

/** A store that answers what the test says; and what it was asked. */
function scripted(take: () => Promise<Granted>): { budget: BudgetStore; asked: [number, RateLimit][] } {
  const asked: [number, RateLimit][] = []
  return {
    asked,
    budget: {
      take(_account, priority, limit) {
        asked.push([priority, limit])
        return take()
      },
      restrict: () => Promise.resolve(),
    },
  }
}

describe('places', () => {
  it('are given to the most urgent first, equals in their order', async () => {
    const clock = createVirtualClock()
    const gate = gateWith(clock, undefined, { maxInFlight: 1 })
    const first = gate.tryEnter() as Pass
    expect(gate.tryEnter()).toBeUndefined()
    const order: string[] = []
    for (const [name, priority] of [
      ['login 1', PRIORITY.login],
      ['read', PRIORITY.read],
      ['login 2', PRIORITY.login],
      ['forced', PRIORITY.forcedLogout],
    ] as const) {
      void gate.enter(priority, never).then((pass) => {
        order.push(name)
        pass.done()
      })
    }
    expect([gate.waiting, gate.inside]).toEqual([4, 1])
    expect([gate.position(PRIORITY.forcedLogout), gate.position(PRIORITY.login), gate.position(PRIORITY.read)]).toEqual([1, 3, 4])
    first.done()
    await clock.advance(0)
    expect(order).toEqual(['forced', 'login 1', 'login 2', 'read'])
    expect([gate.waiting, gate.inside, clock.timers]).toEqual([0, 0, 0])
  })
  it('are given back once only', () => {
    const gate = gateWith(createVirtualClock(), undefined, { maxInFlight: 1 })
    const pass = gate.tryEnter() as Pass
    pass.done()
    pass.done()
    pass.done('unused')
    expect(gate.inside).toBe(0)
    gate.tryEnter()
    expect([gate.inside, gate.tryEnter()]).toEqual([1, undefined])
  })
  it('are not kept for one who gives up, who is told his own reason', async () => {
    const gate = gateWith(createVirtualClock(), undefined, { maxInFlight: 1 })
    const pass = gate.tryEnter() as Pass
    const impatient = new AbortController()
    const waiting = gate.enter(PRIORITY.login, impatient.signal)
    impatient.abort(new Error('superseded'))
    await expect(waiting).rejects.toThrow('superseded')
    await expect(gate.enter(PRIORITY.login, impatient.signal)).rejects.toThrow('superseded')
    pass.done()
    expect(gate.tryEnter()).toBeDefined()
  })
  it('are not waited for by more than the bound: VENDOR_BUSY without effect, and when to come again', async () => {
    const gate = gateWith(createVirtualClock(), undefined, { maxInFlight: 1, maxWaiting: 1 })
    gate.tryEnter()
    void gate.enter(PRIORITY.login, never)
    await expect(gate.enter(PRIORITY.forcedLogout, never)).rejects.toMatchObject({
      code: 'VENDOR_BUSY',
      effect: 'none',
      retryAfterMs: 1000,
    })
  })
  it('are not lost when 100,000 wait and most of them give up', async () => {
    const gate = gateWith(createVirtualClock(), undefined, { maxInFlight: 1 })
    const pass = gate.tryEnter() as Pass
    const crowd = Array.from({ length: 99_999 }, () => new AbortController())
    const outcomes = crowd.map(({ signal }, at) => gate.enter((at % 6) + 1, signal).catch(() => 'left'))
    const patient = gate.enter(PRIORITY.read, never)
    await expect(gate.enter(PRIORITY.forcedLogout, never)).rejects.toMatchObject({ code: 'VENDOR_BUSY' })
    const enough = new Error('enough')
    for (const one of crowd) one.abort(enough)
    expect((await Promise.all(outcomes)).every((outcome) => outcome === 'left')).toBe(true)
    expect(gate.waiting).toBe(1)
    pass.done()
    expect(await patient).toBeDefined()
  })
})

describe('the circuit', () => {
  const breaker = { failures: 3, halfOpenAfterMs: 2_000, longestMs: 30_000 }
  const fail = (pass: Pass | undefined, error = away()): void => pass?.done(error)

  it('opens after failures in a row, not before, and refusals are answers', () => {
    const gate = gateWith(createVirtualClock(), undefined, { breaker })
    for (const outcome of [away(), away(), undefined, away(), away(), new CtiError('NOT_LOGGED_IN'), away(), away()]) {
      gate.tryEnter()?.done(outcome)
      expect(gate.circuit).toBe('closed')
    }
    for (const neutral of ['unused', new CtiError('STORE_UNAVAILABLE'), new CtiError('CIRCUIT_OPEN')] as const)
      gate.tryEnter()?.done(neutral)
    expect(gate.circuit).toBe('closed')
    fail(gate.tryEnter())
    expect(gate.circuit).toBe('open')
  })

  it('sends everybody away while it is open, also those who wait, and says when to come again', async () => {
    const clock = createVirtualClock()
    const gate = gateWith(clock, undefined, { breaker, maxInFlight: 3, probe: () => Promise.reject(away()) })
    const passes = [gate.tryEnter(), gate.tryEnter(), gate.tryEnter()]
    const [first, second, last] = [1, 2, 3].map(() => gate.enter(PRIORITY.forcedLogout, never))
    for (const pass of passes) fail(pass)
    for (const place of [first, second]) (await place)?.done(away())
    await expect(last).rejects.toMatchObject({ code: 'CIRCUIT_OPEN', effect: 'none', retryAfterMs: 2_100 })
    await clock.advance(500)
    await expect(gate.enter(PRIORITY.read, never)).rejects.toMatchObject({ code: 'CIRCUIT_OPEN', retryAfterMs: 1_600 })
    expect([gate.tryEnter(), gate.inside, gate.waiting]).toEqual([undefined, 0, 0])
  })

  it('probes by itself, one at a time, ever more rarely, and closes with the first answer', async () => {
    const clock = createVirtualClock()
    const probes: number[] = []
    const started = clock.monotonic()
    let answer: () => Promise<void> = () => Promise.reject(away())
    const gate = gateWith(clock, undefined, {
      breaker,
      probe() {
        probes.push(clock.monotonic() - started)
        return answer()
      },
    })
    const seen: string[] = []
    gate.onCircuit((circuit) => seen.push(circuit))
    for (let at = 0; at < 3; at += 1) fail(gate.tryEnter())
    await clock.advance(121_999)
    expect(probes).toEqual([2_000, 6_000, 14_000, 30_000, 60_000, 90_000, 120_000].filter((at) => at < 121_999))
    answer = () => Promise.reject(new CtiError('AGENT_NOT_FOUND'))
    await clock.advance(30_000)
    expect([gate.circuit, probes.length, clock.timers]).toEqual(['closed', 8, 0])
    expect(seen.slice(-2)).toEqual(['half-open', 'closed'])
    expect(gate.tryEnter()).toBeDefined()
    // The next outage is probed early again.
    for (let at = 0; at < 3; at += 1) fail(gate.tryEnter())
    await clock.advance(2_000)
    expect(probes.length).toBe(9)
  })

  it('asks at once when a link is up again, and goes on in its time when that was too early', async () => {
    const clock = createVirtualClock()
    let back = false
    const probes: number[] = []
    const started = clock.monotonic()
    const gate = gateWith(clock, undefined, {
      breaker: { failures: 1 },
      probe() {
        probes.push(clock.monotonic() - started)
        return back ? Promise.resolve() : Promise.reject(away())
      },
    })
    gate.linkUp()
    expect([gate.circuit, probes]).toEqual(['closed', []])
    ;(gate.tryEnter() as Pass).done(away())
    await clock.advance(100)
    gate.linkUp()
    gate.linkUp()
    await clock.advance(0)
    expect([gate.circuit, probes]).toEqual(['open', [100]])
    await clock.advance(4_000)
    expect(probes).toEqual([100, 4_100])
    back = true
    gate.linkUp()
    await clock.advance(0)
    expect([gate.circuit, probes.length, clock.timers]).toEqual(['closed', 3, 0])
  })

  it('gives a probe that hangs its deadline, and nobody gets in meanwhile', async () => {
    const clock = createVirtualClock()
    const gate = gateWith(clock, undefined, { breaker, probe: () => new Promise(() => {}) })
    for (let at = 0; at < 3; at += 1) fail(gate.tryEnter())
    await clock.advance(2_500)
    expect([gate.circuit, gate.tryEnter()]).toEqual(['half-open', undefined])
    await expect(gate.enter(PRIORITY.forcedLogout, never)).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' })
    await clock.advance(600)
    expect(gate.circuit).toBe('open')
  })

  it('sends a long line away one by one, and serves who was not told when the vendor is back', async () => {
    const clock = createVirtualClock()
    const gate = gateWith(clock, undefined, { maxInFlight: 1, breaker: { failures: 1, halfOpenAfterMs: 100 } })
    const pass = gate.tryEnter() as Pass
    const outcomes: string[] = []
    for (let at = 0; at < 60; at += 1) {
      gate.enter(PRIORITY.login, never).then(
        (given) => {
          outcomes.push('served')
          given.done()
        },
        (error: CtiError) => void outcomes.push(error.code),
      )
    }
    pass.done(away())
    await clock.advance(0)
    expect(outcomes).toEqual(['CIRCUIT_OPEN'])
    await expect(gate.enter(PRIORITY.login, never)).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' })
    await clock.advance(50)
    expect([outcomes.length, gate.waiting]).toEqual([6, 54])
    await clock.advance(60)
    expect([gate.circuit, gate.waiting, outcomes.length]).toEqual(['closed', 0, 60])
    expect(outcomes.filter((outcome) => outcome === 'served').length).toBeGreaterThan(10)
    await clock.advance(100)
    expect(clock.timers).toBe(0)
  })
  it('is not opened again by calls that began before it closed', async () => {
    const clock = createVirtualClock()
    const gate = gateWith(clock, undefined, { breaker })
    const late = [gate.tryEnter(), gate.tryEnter(), gate.tryEnter()]
    for (let at = 0; at < 3; at += 1) fail(gate.tryEnter())
    await clock.advance(2_000)
    expect(gate.circuit).toBe('closed')
    for (const pass of late) fail(pass)
    expect(gate.circuit).toBe('closed')
  })
})

describe('the rate', () => {
  it('costs nothing where there is none', async () => {
    const clock = createVirtualClock()
    const budget = createCountedBudget(clock)
    const gate = gateWith(clock, budget)
    for (let at = 0; at < 1000; at += 1) (gate.tryEnter() as Pass).done()
    for (let at = 0; at < 1000; at += 1) (await gate.enter(PRIORITY.read, never)).done()
    expect([budget.takes, clock.timers]).toEqual([0, 0])
  })

  it('is asked for by the most urgent one, and one who gives up costs no token', async () => {
    const clock = createVirtualClock()
    const budget = createCountedBudget(clock)
    const gate = gateWith(clock, budget, { limit: { perSecond: 1, burst: 1 } })
    expect(gate.tryEnter()).toBeUndefined()
    ;(await gate.enter(PRIORITY.read, never)).done()
    const order: string[] = []
    const superseded = new AbortController()
    const note = (name: string) => (pass: Pass) => {
      order.push(name)
      pass.done()
    }
    void gate.enter(PRIORITY.login, never).then(note('login'))
    gate.enter(PRIORITY.notReady, superseded.signal).then(note('superseded'), () => undefined)
    void gate.enter(PRIORITY.forcedLogout, never).then(note('forced'))
    expect([gate.position(PRIORITY.read), gate.expectedWaitMs(PRIORITY.read), gate.expectedWaitMs(PRIORITY.forcedLogout)]).toEqual([
      3, 3000, 1000,
    ])
    superseded.abort()
    await clock.advance(1_050)
    expect(order).toEqual(['forced'])
    await clock.advance(1_050)
    expect([order, budget.granted]).toEqual([['forced', 'login'], 3])
  })

  it('gives the token of a call that was not sent to the next one', async () => {
    const clock = createVirtualClock()
    const budget = createCountedBudget(clock)
    const gate = gateWith(clock, budget, { limit: { perSecond: 1, burst: 1 } })
    const first = await gate.enter(PRIORITY.login, never)
    let second: Pass | undefined
    void gate.enter(PRIORITY.login, never).then((pass) => (second = pass))
    await clock.advance(10)
    first.done('unused')
    await clock.advance(0)
    expect([second !== undefined, budget.granted]).toEqual([true, 1])
  })

  it('is kept to by half, and logged once, while the store is away or hangs; then it is shared again', async () => {
    for (const mode of ['away', 'hung'] as const) {
      const clock = createVirtualClock()
      const budget = createCountedBudget(clock)
      const warned: string[] = []
      const logger = { debug() {}, info() {}, warn: (_: object, text: string) => void warned.push(text), error() {} }
      const gate = gateWith(clock, budget, { limit: { perSecond: 20, burst: 1 }, logger })
      budget.mode = mode
      let passed = 0
      for (let at = 0; at < 5_000; at += 1)
        gate.enter(PRIORITY.login, never).then(
          (pass) => {
            passed += 1
            pass.done()
          },
          () => undefined,
        )
      await clock.advance(10_500)
      expect(passed).toBeGreaterThan(85)
      expect(passed).toBeLessThanOrEqual(106)
      expect(warned).toHaveLength(1)
      budget.mode = 'fine'
      await clock.advance(3_000)
      const before = passed
      await clock.advance(5_000)
      expect(passed - before).toBeGreaterThan(85)
      gate.close()
    }
  })

  it('is asked at once for one who is more urgent than the last question, so that the store keeps others back', async () => {
    const clock = createVirtualClock()
    const { budget, asked } = scripted(() => Promise.resolve({ granted: false, retryInMs: 5_000, perSecond: 1 }))
    const gate = gateWith(clock, budget, { limit: { perSecond: 1, burst: 1 } })
    for (const priority of [PRIORITY.read, PRIORITY.login, PRIORITY.login, PRIORITY.ready, PRIORITY.forcedLogout]) {
      gate.enter(priority, never).catch(() => undefined)
      await clock.advance(10)
    }
    expect(asked.map(([priority]) => priority)).toEqual([PRIORITY.read, PRIORITY.login, PRIORITY.forcedLogout])
    gate.close()
  })

  it('is kept evenly after a 429, and a token from before it is not used', async () => {
    const clock = createVirtualClock()
    let answer: (granted: Granted) => void = () => {}
    const { budget, asked } = scripted(() => new Promise((resolve) => (answer = resolve)))
    const gate = gateWith(clock, budget, { limit: { perSecond: 20, burst: 5 } })
    const enter = (): void => {
      gate.enter(PRIORITY.login, never).then(
        (pass) => passes.push(pass),
        () => undefined,
      )
    }
    const passes: Pass[] = []
    enter()
    answer({ granted: true, retryInMs: 0, perSecond: 20 })
    await clock.advance(0)
    enter()
    await clock.advance(0)
    const late = answer
    passes[0]?.done(new CtiError('VENDOR_BUSY', { fault: { system: 'vendor', code: '429', httpStatus: 429 } }))
    late({ granted: true, retryInMs: 0, perSecond: 20 })
    await clock.advance(0)
    expect([passes.length, gate.waiting, asked.at(0)?.[1].burst]).toEqual([1, 1, 5])
    await clock.advance(1_100)
    expect(asked.at(-1)?.[1]).toEqual({ perSecond: 20, burst: 1 })
    gate.close()
  })

  it('that another process learned is asked for after the news, and given up with it', async () => {
    const clock = createVirtualClock()
    const budget = createCountedBudget(clock)
    const gate = gateWith(clock, budget)
    await budget.restrict('vendor', { perSecond: 2, pauseMs: 0 }, { deadline: clock.now() + 500 })
    gate.rateChanged()
    expect(gate.tryEnter()).toBeUndefined()
    ;(await gate.enter(PRIORITY.read, never)).done()
    expect(gate.tryEnter()).toBeUndefined()
    const fresh = gateWith(clock, createCountedBudget(clock))
    fresh.rateChanged()
    ;(await fresh.enter(PRIORITY.read, never)).done()
    expect(fresh.tryEnter()).toBeDefined()
  })
})

it('leaves no timer and nobody waiting after close, whatever it was waiting for', async () => {
  const clock = createVirtualClock()
  const budget = createCountedBudget(clock)
  const slow = gateWith(clock, budget, { limit: { perSecond: 0.1, burst: 1 } })
  const open = gateWith(clock, budget, { breaker: { failures: 1 }, probe: () => new Promise(() => {}) })
  ;(await slow.enter(PRIORITY.read, never)).done()
  const waiting = slow.enter(PRIORITY.read, never).catch((error: unknown) => error)
  await clock.advance(10)
  budget.mode = 'hung'
  const hung = gateWith(clock, budget, { limit: { perSecond: 0.1, burst: 1 }, storeTimeoutMs: 60_000 })
  const asking = hung.enter(PRIORITY.read, never).catch((error: unknown) => error)
  open.tryEnter()?.done(away())
  await clock.advance(2_000)
  expect(open.circuit).toBe('half-open')
  expect(clock.timers).toBeGreaterThan(0)
  for (const gate of [slow, open, hung]) gate.close()
  expect(await waiting).toMatchObject({ code: 'STOPPING', effect: 'none' })
  expect(await asking).toMatchObject({ code: 'STOPPING' })
  await expect(slow.enter(PRIORITY.read, never)).rejects.toMatchObject({ code: 'STOPPING' })
  expect(slow.tryEnter()).toBeUndefined()
  expect(clock.timers).toBe(0)
})
