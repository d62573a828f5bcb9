import { CtiError } from '../core/model/error.js'

export const DEFAULT_WAIT_MS = 2_000
export const MAX_WAIT_MS = 30_000

/** `Prefer: wait=N` (RFC 7240, seconds) or `respond-async` → ms to wait. Bounded. Fails: INVALID_REQUEST naming the header. */
export function waitOf(prefer: string | undefined, defaultMs = DEFAULT_WAIT_MS): number {
  if (prefer === undefined || prefer.trim() === '') return defaultMs
  let wait = defaultMs
  for (const preference of prefer.split(',')) {
    const [name, value] = preference.trim().split('=', 2)
    if (name === 'respond-async') return 0
    if (name !== 'wait') continue // RFC 7240: unknown preferences are ignored
    const seconds = Number(value)
    if (!Number.isFinite(seconds) || seconds < 0) {
      throw new CtiError('INVALID_REQUEST', {
        errors: [{ field: 'headers prefer', message: 'wait takes a number of seconds from 0 to 30' }],
      })
    }
    wait = Math.min(seconds * 1000, MAX_WAIT_MS)
  }
  return wait
}
