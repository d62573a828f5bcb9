import { describe, expect, it } from 'vitest'
import { createSharedTimers } from '../../../src/core/shared-timers.js'

/** A clock that is moved by hand, and the timers that were asked of it. */
function rig() {
  let now = 0
  const pending: { readonly at: number; readonly fn: () => void }[] = []
  let asked = 0
  const after = createSharedTimers(
    () => now,
    (ms, fn) => {
      asked += 1
      pending.push({ at: now + ms, fn })
    },
  )
  return {
    after,
    asked: () => asked,
    pass(ms: number): void {
      const end = now + ms
      for (;;) {
        const due = pending.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
        if (due === undefined) break
        pending.splice(pending.indexOf(due), 1)
        now = Math.max(now, due.at)
        due.fn()
      }
      now = end
    },
    /** A timer of the platform that goes off too soon. */
    early(): void {
      pending.shift()?.fn()
    },
  }
}

describe('timers that share one of the platform', () => {
  it('go off at their time, each once, in the order in which they were planned', () => {
    const { after, pass } = rig()
    const calls: string[] = []
    after(100, () => calls.push('a'))
    pass(40)
    after(100, () => calls.push('b'))
    after(50, () => calls.push('c'))
    pass(49)
    expect(calls).toEqual([])
    pass(1)
    expect(calls).toEqual(['c'])
    pass(10)
    expect(calls).toEqual(['c', 'a'])
    pass(1000)
    expect(calls).toEqual(['c', 'a', 'b'])
  })

  it('a thousand deadlines that nobody reaches cost one timer', () => {
    const { after, asked, pass } = rig()
    let late = 0
    for (let i = 0; i < 1000; i += 1) after(1000, () => (late += 1))()
    expect(asked()).toBe(1)
    pass(5000)
    expect(late).toBe(0)
    expect(asked()).toBe(1)
  })

  it('one that is cancelled does not take the others with it', () => {
    const { after, pass } = rig()
    const calls: string[] = []
    const cancels = ['a', 'b', 'c'].map((name) => after(100, () => calls.push(name)))
    cancels[1]?.()
    cancels[1]?.()
    pass(100)
    expect(calls).toEqual(['a', 'c'])
    cancels[0]?.()
    after(100, () => calls.push('d'))
    pass(100)
    expect(calls).toEqual(['a', 'c', 'd'])
  })

  it('none is early, though the timer of the platform is', () => {
    const { after, early, pass } = rig()
    let called = 0
    after(100, () => (called += 1))
    early()
    expect(called).toBe(0)
    pass(100)
    expect(called).toBe(1)
  })

  it('what is planned by one that goes off does not put off those that wait', () => {
    const { after, pass } = rig()
    const calls: string[] = []
    after(100, () => {
      calls.push('a')
      after(100, () => calls.push('later'))
    })
    pass(10)
    after(100, () => calls.push('b'))
    pass(100)
    expect(calls).toEqual(['a', 'b'])
    pass(90)
    expect(calls).toEqual(['a', 'b', 'later'])
  })

  it('one that throws keeps nobody from going off', () => {
    const { after, pass } = rig()
    let called = 0
    after(100, () => {
      throw new Error('mine')
    })
    after(100, () => (called += 1))
    expect(() => pass(100)).toThrow('mine')
    pass(1)
    expect(called).toBe(1)
  })

  it('takes any number: parts of a millisecond are rounded up, for ever is for ever', () => {
    const { after, pass } = rig()
    const calls: string[] = []
    after(0.2, () => calls.push('soon'))
    after(-5, () => calls.push('at once'))
    after(Number.POSITIVE_INFINITY, () => calls.push('never'))
    after(Number.NaN, () => calls.push('nothing'))
    pass(1)
    expect(calls).toEqual(['soon', 'at once', 'nothing'])
    pass(2 ** 33)
    expect(calls).toHaveLength(3)
  })
})
