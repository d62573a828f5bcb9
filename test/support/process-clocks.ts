import type { Clock } from '../../src/core/clock.js'

/** Time that moves only when a test moves it, for several processes at once. */
export interface VirtualTime {
  /** Monotonic ms since the beginning. */
  readonly now: number
  /** The clock of a new process. `skewMs`: how far its wall clock is off. */
  process(skewMs?: number): ProcessClock
  /** Timers that wait. */
  readonly timers: number
  /** Moves on, and lets what is due happen in order, each with all that follows from it at once. */
  advance(ms: number): Promise<void>
}

/** The clock of the only process there is. */
export interface VirtualClock extends Clock {
  advance(ms: number): Promise<void>
  /** Timers that wait. */
  readonly timers: number
}

/** The clock of a process that can be frozen: its timers wait then, and time goes on without it. */
export interface ProcessClock extends Clock {
  freeze(): void
  thaw(): void
  /** All timers are gone, as if the process had been killed. */
  kill(): void
  readonly frozen: boolean
}

interface Timer {
  at: number
  readonly everyMs: number | undefined
  readonly fn: () => void
  readonly owner: { frozen: boolean }
}

const EPOCH = Date.UTC(2026, 0, 1)

/** Lets promises that wait for nothing else settle. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

export function createVirtualTime(): VirtualTime {
  let now = 0
  const timers = new Set<Timer>()

  const nextDue = (until: number): Timer | undefined => {
    let found: Timer | undefined
    for (const timer of timers) {
      if (!timer.owner.frozen && timer.at <= until && (found === undefined || timer.at < found.at)) found = timer
    }
    return found
  }

  function process(skewMs = 0): ProcessClock {
    const owner = { frozen: false }
    const add = (ms: number, fn: () => void, everyMs?: number): (() => void) => {
      const timer: Timer = { at: now + Math.max(0, ms), everyMs, fn, owner }
      timers.add(timer)
      return () => void timers.delete(timer)
    }
    return {
      now: () => EPOCH + now + skewMs,
      monotonic: () => now,
      sleep(ms, signal) {
        return new Promise((resolve, reject) => {
          const cancel = add(ms, () => {
            signal?.removeEventListener('abort', onAbort)
            resolve()
          })
          const onAbort = (): void => {
            cancel()
            reject(signal?.reason as Error)
          }
          if (signal?.aborted === true) onAbort()
          else signal?.addEventListener('abort', onAbort, { once: true })
        })
      },
      after: (ms, fn) => add(ms, fn),
      every: (ms, fn) => add(ms, fn, ms),
      freeze: () => void (owner.frozen = true),
      thaw: () => void (owner.frozen = false),
      kill() {
        for (const timer of timers) if (timer.owner === owner) timers.delete(timer)
      },
      get frozen() {
        return owner.frozen
      },
    }
  }

  return {
    get now() {
      return now
    },
    get timers() {
      return timers.size
    },
    process,
    async advance(ms) {
      const until = now + ms
      await settle()
      for (let timer = nextDue(until); timer !== undefined; timer = nextDue(until)) {
        now = Math.max(now, timer.at)
        if (timer.everyMs === undefined) timers.delete(timer)
        else timer.at = now + timer.everyMs
        timer.fn()
        await settle()
      }
      now = until
    },
  }
}

export function createVirtualClock(): VirtualClock {
  const time = createVirtualTime()
  return {
    ...time.process(),
    advance: (ms) => time.advance(ms),
    get timers() {
      return time.timers
    },
  }
}
