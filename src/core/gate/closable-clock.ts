import type { Clock } from '../clock.js'

/** A clock whose timers can all be taken away at once. */
export interface ClosableClock extends Clock {
  /** Cancels what `after` and `every` have started; from then on they start nothing. Sleepers are not woken. */
  close(): void
}

/** For a part that must leave no timer behind, whatever it was waiting for. */
export function closableClock(clock: Clock): ClosableClock {
  const running = new Set<() => void>()
  let closed = false
  const keep = (cancel: () => void): (() => void) => {
    running.add(cancel)
    return () => {
      running.delete(cancel)
      cancel()
    }
  }
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    after(ms, fn) {
      if (closed) return () => {}
      const cancel = clock.after(ms, () => {
        running.delete(cancel)
        fn()
      })
      return keep(cancel)
    },
    every: (ms, fn) => (closed ? () => {} : keep(clock.every(ms, fn))),
    close() {
      closed = true
      for (const cancel of running) cancel()
      running.clear()
    },
  }
}
