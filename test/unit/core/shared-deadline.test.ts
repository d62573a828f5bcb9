import { describe, expect, it } from 'vitest'
import { createSharedDeadline } from '../../../src/core/shared-deadline.js'
import { CtiError } from '../../../src/core/model/error.js'
import type { Clock } from '../../../src/core/clock.js'

/** Time that moves when it is told to; knows how many timers are left. */
function handClock() {
  let now = 0
  const timers = new Set<{ at: number; fn: () => void }>()
  const after = (ms: number, fn: () => void): (() => void) => {
    const timer = { at: now + ms, fn }
    timers.add(timer)
    return () => void timers.delete(timer)
  }
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    after,
    every: () => () => {},
    sleep: () => Promise.reject(new Error('not used')),
  }
  return {
    clock,
    timers: () => timers.size,
    to(at: number): void {
      now = at
      for (const timer of [...timers]) {
        if (timer.at > now) continue
        timers.delete(timer)
        timer.fn()
      }
    },
  }
}

const never = (): Promise<never> => new Promise(() => {})
const late = () => new CtiError('VENDOR_TIMEOUT')
const outcome = (pending: Promise<unknown>): Promise<unknown> => pending.catch((error: unknown) => error)

describe('a shared deadline', () => {
  it('ends work that ignores its signal, at the latest when its time is over, and at most a hundredth earlier', async () => {
    const { clock, to } = handClock()
    const deadline = createSharedDeadline(clock, 1000, late)
    const ended: string[] = []
    const first = outcome(deadline.run(never)).then(() => ended.push('first'))
    to(9)
    const second = outcome(deadline.run(never)).then(() => ended.push('second'))
    to(10)
    const third = outcome(deadline.run(never)).then(() => ended.push('third'))
    to(999)
    await Promise.resolve()
    expect(ended).toEqual([])
    to(1000)
    await Promise.all([first, second])
    expect(ended).toEqual(['first', 'second'])
    to(1010)
    await third
    expect(ended).toEqual(['first', 'second', 'third'])
  })

  it('gives everybody an error of their own, and aborts the signal', async () => {
    const { clock, to } = handClock()
    const deadline = createSharedDeadline(clock, 1000, late)
    const signals: AbortSignal[] = []
    const work = (signal: AbortSignal): Promise<never> => {
      signals.push(signal)
      return never()
    }
    const both = [outcome(deadline.run(work)), outcome(deadline.run(work))]
    expect(signals[0]).toBe(signals[1])
    to(1000)
    const [one, other] = await Promise.all(both)
    expect([one, other]).toMatchObject([{ code: 'VENDOR_TIMEOUT' }, { code: 'VENDOR_TIMEOUT' }])
    expect(one).not.toBe(other)
    expect(signals[0]?.aborted).toBe(true)
  })

  it('passes on what the work says, also when it throws at once', async () => {
    const { clock, to } = handClock()
    const deadline = createSharedDeadline(clock, 1000, late)
    await expect(deadline.run(() => Promise.resolve(7))).resolves.toBe(7)
    await expect(deadline.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    const thrown = deadline.run(() => {
      throw new Error('at once')
    })
    await expect(thrown).rejects.toThrow('at once')
    to(1000)
  })

  it('does not abort the signal of those who began later', async () => {
    const { clock, to } = handClock()
    const deadline = createSharedDeadline(clock, 1000, late)
    void outcome(deadline.run(never))
    to(500)
    let signal: AbortSignal | undefined
    const second = outcome(
      deadline.run((given) => {
        signal = given
        return never()
      }),
    )
    to(1499)
    expect(signal?.aborted).toBe(false)
    to(1500)
    expect(signal?.aborted).toBe(true)
    expect(await second).toMatchObject({ code: 'VENDOR_TIMEOUT' })
  })

  it('leaves one timer at most when all is done', async () => {
    const { clock, timers, to } = handClock()
    const deadline = createSharedDeadline(clock, 5000, late)
    for (let at = 0; at < 1000; at += 25) {
      to(at)
      await deadline.run(() => Promise.resolve())
    }
    expect(timers()).toBe(1)
    to(6000)
    expect(timers()).toBe(0)
  })

  it('lets many listen without a warning', async () => {
    const { clock, to } = handClock()
    const warnings: unknown[] = []
    const onWarning = (warning: unknown): void => void warnings.push(warning)
    process.on('warning', onWarning)
    const deadline = createSharedDeadline(clock, 1000, late)
    const all = Array.from({ length: 50 }, () =>
      outcome(
        deadline.run((signal) => {
          signal.addEventListener('abort', () => {})
          return never()
        }),
      ),
    )
    to(1000)
    await Promise.all(all)
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', onWarning)
    expect(warnings).toEqual([])
  })
})
