import type { Clock } from '../../core/clock.js'
import { CtiError } from '../../core/model/error.js'
import { unlessAborted } from './bounded.js'
import type { Login } from './login.js'

/** The supervisor account's login, shared by all calls. */
export interface ServiceToken {
  /** The login, made when needed. Fails as `login` does; VENDOR_TIMEOUT when aborted. */
  get(signal: AbortSignal): Promise<Login>
  /** The vendor refused this token: the next `get` logs in anew. A token that has been replaced already stays. */
  refused(token: string): void
  close(): void
}

/** After refused credentials no new login for so long: repeating it would lock the account. */
const REFUSED_PAUSE_MS = 30_000

/**
 * One login for all. Guarantees: at most one login at a time, however many wait for it; a caller's abort does not end it for
 * the others; refused credentials are not sent again for 30 s.
 */
export function createServiceToken(doLogin: (signal: AbortSignal) => Promise<Login>, clock: Clock): ServiceToken {
  const closing = new AbortController()
  let kept: Login | undefined
  let running: Promise<Login> | undefined
  let refusal: { readonly error: CtiError; readonly until: number } | undefined

  const start = async (): Promise<Login> => {
    try {
      kept = await doLogin(closing.signal)
      refusal = undefined
      return kept
    } catch (error) {
      if (error instanceof CtiError && error.code === 'VENDOR_AUTH') refusal = { error, until: clock.monotonic() + REFUSED_PAUSE_MS }
      throw error
    } finally {
      running = undefined
    }
  }

  return {
    get(signal) {
      if (kept !== undefined) return Promise.resolve(kept)
      if (refusal !== undefined && clock.monotonic() < refusal.until) return Promise.reject(refusal.error)
      running ??= start()
      return unlessAborted(
        running,
        signal,
        () => new CtiError('VENDOR_TIMEOUT', { effect: 'none', detail: 'the login of the gateway took too long' }),
      )
    },
    refused(token) {
      if (kept?.token === token) kept = undefined
    },
    close: () => closing.abort(),
  }
}
