import type { Clock } from '../../src/core/clock.js'

/** A clock that stands still until it is told to go on. */
export interface VirtualClock extends Clock {
  /** Runs everything that falls due within `ms`, in its order, with all that follows from it; then that much time has passed. */
  advance(ms: number): Promise<void>
  /** Timers that wait. */
  readonly timers: number
}

interface Timer {
  readonly at: number
  readonly order: number
  readonly fn: () => void
}

/** Lets promises settle: long chains too, because the turn ends only when the queue of microtasks is empty. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export function createVirtualClock(start = 1_000_000): VirtualClock {
  let now = start
  let order = 0
  const timers = new Set<Timer>()

  function earliest(until: number): Timer | undefined {
    let found: Timer | undefined
    for (const timer of timers) {
      if (timer.at > until) continue
      if (found === undefined || timer.at < found.at || (timer.at === found.at && timer.order < found.order)) found = timer
    }
    return found
  }

  function after(ms: number, fn: () => void): () => void {
    const timer: Timer = { at: now + Math.max(0, ms), order: ++order, fn }
    timers.add(timer)
    return () => void timers.delete(timer)
  }

  return {
    now: () => Math.floor(now),
    monotonic: () => now,
    after,
    every(ms, fn) {
      let cancel = (): void => {}
      const arm = (): void => {
        cancel = after(ms, () => {
          arm()
          fn()
        })
      }
      arm()
      return () => cancel()
    },
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason as Error)
        const onAbort = (): void => {
          cancel()
          reject(signal?.reason as Error)
        }
        const cancel = after(ms, () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        })
        signal?.addEventListener('abort', onAbort, { once: true })
      })
    },
    async advance(ms) {
      const until = now + ms
      await settle()
      for (let timer = earliest(until); timer !== undefined; timer = earliest(until)) {
        timers.delete(timer)
        now = Math.max(now, timer.at)
        timer.fn()
        await settle()
      }
      now = until
    },
    get timers() {
      return timers.size
    },
  }
}
