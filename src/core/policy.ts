import type { Action } from './model/command.js'
import { CtiError } from './model/error.js'

/** Order of service when a vendor account is busy; smaller goes first. */
export const PRIORITY = { forcedLogout: 1, logout: 2, notReady: 3, login: 4, ready: 5, read: 6 } as const

export function priorityOf(action: Pick<Action, 'kind' | 'force'>): number {
  switch (action.kind) {
    case 'LOGOUT':
      return action.force === true ? PRIORITY.forcedLogout : PRIORITY.logout
    case 'NOT_READY':
      return PRIORITY.notReady
    case 'LOGIN':
      return PRIORITY.login
    case 'READY':
      return PRIORITY.ready
  }
}

/** Lets at most `size` calls reach one vendor at once, the most urgent first. One vendor's trouble stays its own. */
export interface Bulkhead {
  /** Resolves with the function that gives the place back. Fails: CIRCUIT_OPEN when too many wait; the signal's reason when aborted. */
  enter(priority: number, signal: AbortSignal): Promise<() => void>
  readonly waiting: number
}

interface Waiter {
  readonly priority: number
  readonly order: number
  readonly resolve: (leave: () => void) => void
  readonly drop: () => void
}

export function createBulkhead(size: number, maxWaiting = 100_000): Bulkhead {
  let inside = 0
  let order = 0
  const waiters: Waiter[] = []

  const leaveOnce = (): (() => void) => {
    let left = false
    return () => {
      if (left) return
      left = true
      const next = waiters.shift()
      if (next === undefined) inside -= 1
      else {
        next.drop()
        next.resolve(leaveOnce())
      }
    }
  }

  return {
    get waiting() {
      return waiters.length
    },
    enter(priority, signal) {
      if (signal.aborted) return Promise.reject(signal.reason as Error)
      if (inside < size) {
        inside += 1
        return Promise.resolve(leaveOnce())
      }
      if (waiters.length >= maxWaiting) {
        return Promise.reject(new CtiError('VENDOR_BUSY', { detail: 'too many calls wait for this platform', effect: 'none' }))
      }
      return new Promise((resolve, reject) => {
        const onAbort = (): void => {
          const at = waiters.indexOf(waiter)
          if (at >= 0) waiters.splice(at, 1)
          reject(signal.reason as Error)
        }
        const waiter: Waiter = { priority, order: ++order, resolve, drop: () => signal.removeEventListener('abort', onAbort) }
        signal.addEventListener('abort', onAbort, { once: true })
        const at = waiters.findIndex((other) => other.priority > priority)
        waiters.splice(at < 0 ? waiters.length : at, 0, waiter)
      })
    },
  }
}

export interface RetrySettings {
  /** Upper bound of the first delay, ms. */
  readonly baseMs: number
  readonly factor: number
  /** Upper bound of every delay, ms. */
  readonly capMs: number
  /** Attempts at most; those lost to an absent vendor do not count. */
  readonly maxAttempts: number
}

/**
 * Delay before the next attempt: full jitter, random(0, min(cap, base * factor^n)), but never before the vendor's
 * Retry-After (performance.md section 8). `attempts` is the number of attempts begun.
 */
export function retryDelayMs(settings: RetrySettings, attempts: number, retryAfterMs: number | undefined, random: () => number): number {
  const ceiling = Math.min(settings.capMs, settings.baseMs * settings.factor ** Math.max(0, attempts - 1))
  const jittered = Math.round(random() * ceiling)
  return retryAfterMs === undefined ? jittered : retryAfterMs + Math.round(random() * settings.baseMs)
}
