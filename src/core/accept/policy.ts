import type { Action } from '../model/command.js'

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
