import { describe, expect, it } from 'vitest'
import type { Clock } from '../../../src/core/clock.js'
import { createLocalRetries } from '../../../src/core/run/local-retries.js'
import type { Command } from '../../../src/core/model/command.js'

/** A clock that is driven; `early` timers fire that much before their time, as Node's may. */
function drivenClock(early = 0) {
  let now = 1_000_000
  const timers = new Map<number, { readonly at: number; readonly fn: () => void }>()
  let last = 0
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    sleep: () => Promise.resolve(),
    every: () => () => undefined,
    after(ms, fn) {
      const id = (last += 1)
      timers.set(id, { at: now + Math.max(0, ms - early), fn })
      return () => void timers.delete(id)
    },
  }
  return {
    clock,
    get timers() {
      return timers.size
    },
    to(at: number) {
      now = Math.max(now, at)
      for (let due = next(); due !== undefined; due = next()) {
        timers.delete(due[0])
        due[1].fn()
        if (early > 0 && timers.size > 0) now += 1
      }
    },
  }
  function next() {
    return [...timers].find(([, { at }]) => at <= now)
  }
}

const command = (id: string, nextAttemptAt: number): Command => ({ id, nextAttemptAt, status: 'retrying' }) as Command

describe('retries that are planned here', () => {
  it('come at their time, never before, also when a timer is early', () => {
    const time = drivenClock(1)
    const due: number[] = []
    const retries = createLocalRetries(time.clock, () => due.push(time.clock.now()))
    retries.add('p/a', { command: command('1', 1_000_100), token: 7 })
    time.to(1_000_098)
    expect(due).toEqual([])
    expect(retries.waits('p/a', 10)).toBe(true)
    expect(retries.waits('p/a', 1)).toBe(false)
    time.to(1_000_099)
    expect(due).toEqual([1_000_100])
    expect([retries.waits('p/a', 10_000), time.timers]).toEqual([false, 0])
  })

  it('one for each agent: the newest', () => {
    const time = drivenClock()
    const due: string[] = []
    const retries = createLocalRetries(time.clock, (_key, waiting) => due.push(waiting.command.id))
    retries.add('p/a', { command: command('1', 1_000_010), token: 1 })
    retries.add('p/a', { command: command('2', 1_000_020), token: 2 })
    time.to(1_000_030)
    expect(due).toEqual(['2'])
  })

  it('are dropped with the command that waits, and with no other', () => {
    const time = drivenClock()
    const due: string[] = []
    const retries = createLocalRetries(time.clock, (key) => due.push(key))
    for (const key of ['p/a', 'p/b', 'p/c']) retries.add(key, { command: command(`of ${key}`, 1_000_010), token: 1 })
    expect(retries.drop('p/a', ['another'])).toBe(false)
    expect(retries.drop('p/a', ['another', 'of p/a'])).toBe(true)
    retries.forget('p/b')
    time.to(1_000_020)
    expect(due).toEqual(['p/c'])
    retries.add('p/c', { command: command('3', 1_000_030), token: 1 })
    retries.stop()
    expect(time.timers).toBe(0)
  })
})
