import type { Clock } from '../../core/clock.js'
import { CtiError } from '../../core/model/error.js'

/** Who goes first when there are not enough turns: a forced logout before other commands before reads before the feed. */
export const TURN = { forced: 0, command: 1, read: 2, feed: 3 } as const
export type Turn = (typeof TURN)[keyof typeof TURN]

/** Token bucket of one tenant. */
export interface Throttle {
  /**
   * Resolves when it is this request's turn.
   * Fails: VENDOR_BUSY at once when a command or read would wait longer than `maxWaitMs` (nothing was sent, so that the caller can come
   * again later); VENDOR_TIMEOUT without effect when aborted. The feed waits as long as it takes.
   */
  enter(turn: Turn, signal: AbortSignal): Promise<void>
  /** The vendor asked to wait: no turns for this long. */
  pause(ms: number): void
}

export interface ThrottleSettings {
  readonly perSecond: number
  readonly burst: number
  readonly maxWaitMs: number
}

interface Waiter {
  readonly turn: Turn
  readonly go: () => void
}

/** The vendor publishes no limit (vendors/cxone.md section 5.3): ours is a setting. */
export function createThrottle(settings: ThrottleSettings, clock: Clock): Throttle {
  const queue: Waiter[] = []
  let tokens = settings.burst
  let filledAt = clock.monotonic()
  let pausedUntil = 0
  let cancelTimer: (() => void) | undefined

  const refill = (): void => {
    const now = clock.monotonic()
    tokens = Math.min(settings.burst, tokens + ((now - filledAt) / 1000) * settings.perSecond)
    filledAt = now
  }
  const pauseLeft = (): number => Math.max(0, pausedUntil - clock.monotonic())
  /** When a newcomer would get its turn, ms from now. */
  const waitFor = (turn: Turn): number => {
    const ahead = queue.filter((waiter) => waiter.turn <= turn).length
    return Math.max(pauseLeft(), ((ahead + 1 - tokens) / settings.perSecond) * 1000, 0)
  }
  const pump = (): void => {
    cancelTimer?.()
    cancelTimer = undefined
    refill()
    while (pauseLeft() === 0 && tokens >= 1 && queue.length > 0) {
      tokens -= 1
      queue.shift()?.go()
    }
    if (queue.length > 0) {
      const wait = Math.max(pauseLeft(), ((1 - tokens) / settings.perSecond) * 1000, 1)
      cancelTimer = clock.after(Math.ceil(wait), pump)
    }
  }
  const insert = (waiter: Waiter): void => {
    const at = queue.findIndex((other) => other.turn > waiter.turn)
    queue.splice(at === -1 ? queue.length : at, 0, waiter)
  }

  return {
    enter(turn, signal) {
      if (signal.aborted) return Promise.reject(neverSent())
      refill()
      const wait = waitFor(turn)
      if (turn < TURN.feed && wait > settings.maxWaitMs) {
        return Promise.reject(
          new CtiError('VENDOR_BUSY', {
            detail: "the platform's request budget is used up",
            retryAfterMs: Math.ceil(wait),
            effect: 'none',
          }),
        )
      }
      return new Promise((resolve, reject) => {
        const stop = (): void => {
          const at = queue.indexOf(waiter)
          if (at !== -1) queue.splice(at, 1)
          reject(neverSent())
        }
        const waiter: Waiter = {
          turn,
          go() {
            signal.removeEventListener('abort', stop)
            resolve()
          },
        }
        signal.addEventListener('abort', stop, { once: true })
        insert(waiter)
        pump()
      })
    },
    pause(ms) {
      pausedUntil = Math.max(pausedUntil, clock.monotonic() + ms)
    },
  }
}

function neverSent(): CtiError {
  return new CtiError('VENDOR_TIMEOUT', { detail: 'the request was not sent: no turn before the deadline', effect: 'none' })
}
