import type { Clock } from '../../core/clock.js'
import { CtiError, toCtiError } from '../../core/model/error.js'
import { abortAfter, unlessAborted } from './timing.js'

/** What a token endpoint gave. */
export interface Grant {
  readonly accessToken: string
  readonly expiresInSeconds: number
  readonly refreshToken?: string
  readonly idToken?: string
}

/** A token in use. `serial` tells one from the next without showing it. */
export interface Token extends Grant {
  readonly serial: number
}

/** Tokens of one identity: the tenant's API user, or one agent. */
export interface TokenSource {
  /** Fails: VENDOR_AUTH, VENDOR_UNAVAILABLE, VENDOR_TIMEOUT; never with an effect. */
  get(signal: AbortSignal): Promise<Token>
  /** The vendor answered 401 to this token: it is not used again. A newer one stays. */
  reject(serial: number): void
}

export interface TokenSettings {
  readonly refreshMarginSeconds: number
  readonly timeoutMs: number
  /** After a failure nobody asks again for this long: a wrong secret must not lock the account. */
  readonly failureHoldMs?: number
}

/**
 * Caches one identity's token; renews it early (vendors/cxone.md section 2.6).
 *
 * Guarantees: one request at the token endpoint at a time, however many callers wait; a caller that gives up does not stop the
 * others; while the present token is still good, a failing renewal harms nobody. `grant` gets the last grant, for refreshing.
 */
export function createTokenSource(
  grant: (signal: AbortSignal, last: Grant | undefined) => Promise<Grant>,
  clock: Clock,
  settings: TokenSettings,
): TokenSource {
  let current: { token: Token; renewAt: number; endsAt: number } | undefined
  let last: Grant | undefined
  let running: Promise<Token> | undefined
  let failed: { error: CtiError; until: number } | undefined
  let serial = 0

  const renew = (): Promise<Token> => {
    if (running !== undefined) return running
    const now = clock.monotonic()
    if (failed !== undefined && now < failed.until) return Promise.reject(failed.error)
    const limit = abortAfter(clock, settings.timeoutMs)
    running = grant(limit.signal, last)
      .then((granted) => {
        last = granted
        failed = undefined
        const token = { ...granted, serial: ++serial }
        const lifeMs = Math.max(1, granted.expiresInSeconds) * 1000
        const margin = Math.min(settings.refreshMarginSeconds * 1000, lifeMs / 2)
        const at = clock.monotonic()
        current = { token, renewAt: at + lifeMs - margin, endsAt: at + lifeMs - Math.min(margin, 5000) }
        return token
      })
      .catch((error: unknown) => {
        const failure = withoutEffect(toCtiError(error))
        failed = { error: failure, until: clock.monotonic() + (settings.failureHoldMs ?? 5000) }
        throw failure
      })
      .finally(() => {
        running = undefined
        limit.close()
      })
    return running
  }

  const get = async (): Promise<Token> => {
    const now = clock.monotonic()
    if (current !== undefined && now < current.renewAt) return current.token
    try {
      return await renew()
    } catch (error) {
      if (current !== undefined && clock.monotonic() < current.endsAt) return current.token
      throw error
    }
  }

  return {
    get: (signal) =>
      unlessAborted(get(), signal, () => new CtiError('VENDOR_TIMEOUT', { detail: 'no token before the deadline', effect: 'none' })),
    reject(rejected) {
      if (current?.token.serial === rejected) current = undefined
    },
  }
}

/** Whatever became of a token request, it did nothing to an agent. */
function withoutEffect(error: CtiError): CtiError {
  const { detail, fault, retryAfterMs } = error
  return new CtiError(error.code, {
    effect: 'none',
    retry: error.retry,
    ...(detail !== undefined && { detail }),
    ...(fault !== undefined && { fault }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}

/** Claims of an id token, unverified: it came straight from the issuer over TLS and serves discovery only, not authority. */
export function claimsOf(idToken: string | undefined): Readonly<Record<string, unknown>> {
  const payload = idToken?.split('.')[1]
  if (payload === undefined) return {}
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    return typeof claims === 'object' && claims !== null ? (claims as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
