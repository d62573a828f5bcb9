import type { Clock } from '../../core/clock.js'
import { CtiError, toCtiError } from '../../core/model/error.js'
import type { FinesseOptions } from './options.js'
import { authorizationOf, type FinesseRest, type RestAnswer } from './rest.js'
import { XmppAuthError } from './xmpp-session.js'

/** The supervisor's account: reads as it, and keeps it from being locked. */
export interface SupervisorAccount {
  readonly authorization: string
  /** GET as the supervisor. Fails: as `exchange`; VENDOR_AUTH without a request while the account rests. */
  get(node: { readonly rest: FinesseRest }, path: string, signal: AbortSignal): Promise<RestAnswer>
  /** Runs one exchange, or one sign-in to the notifications, as the supervisor; counts refusals. */
  guard<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>
  /** How long the account still rests, ms; 0 when it may be used. */
  restMs(): number
}

/** Five wrong passwords lock a user for five minutes (cisco.md section 4.1); stop before that. */
const REFUSALS_BEFORE_REST = 3

/**
 * Guarantees: after three refusals in a row the account is not used for `authHoldMs`; until the credentials have been accepted once, and
 * after every refusal, they are tried by one request at a time, so that no burst of requests spends all five trials.
 * Why: a gateway that goes on asking with an old password keeps the account locked for everybody.
 */
export function createSupervisorAccount(options: FinesseOptions, clock: Clock): SupervisorAccount {
  const authorization = authorizationOf(credentialsOf(options.supervisor), options.supervisor.id) ?? ''
  let refusals = 0
  let restUntil = 0
  let proven = false
  let trial: Promise<unknown> | undefined

  const restMs = (): number => Math.max(0, restUntil - clock.monotonic())

  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    const left = restMs()
    if (left > 0) {
      throw new CtiError('VENDOR_AUTH', {
        detail: "the supervisor's credentials were refused three times; they rest so that the account is not locked",
        retryAfterMs: left,
        fault: { system: 'finesse', code: 'CREDENTIALS_REST' },
      })
    }
    try {
      const result = await work()
      proven = true
      refusals = 0
      return result
    } catch (error) {
      if (isRefusal(error)) {
        proven = false
        refusals += 1
        if (refusals >= REFUSALS_BEFORE_REST) {
          restUntil = clock.monotonic() + options.authHoldMs
          refusals = 0
        }
      }
      throw error
    }
  }

  const guard = async <T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    while (!proven && trial !== undefined) await orAborted(trial, signal)
    if (proven) return attempt(work)
    const mine = attempt(work)
    const settled = mine.catch(() => undefined).then(() => void (trial === settled && (trial = undefined)))
    trial = settled
    return mine
  }

  return {
    authorization,
    guard,
    get: (node, path, signal) => guard(() => node.rest.exchange({ method: 'GET', path, authorization, as: 'supervisor', signal }), signal),
    restMs,
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof XmppAuthError || toCtiError(error).code === 'VENDOR_AUTH'
}

/** Waits for the trial of another request, but not beyond the own deadline. */
function orAborted(trial: Promise<unknown>, signal: AbortSignal | undefined): Promise<unknown> {
  if (signal === undefined) return trial
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new CtiError('VENDOR_TIMEOUT', { effect: 'none', detail: 'nothing was sent' }))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    void trial.then((value) => {
      signal.removeEventListener('abort', abort)
      resolve(value)
    })
  })
}

/** An account of the configuration as credentials. */
export function credentialsOf(account: { username?: string | undefined; password?: string | undefined; token?: string | undefined }): {
  username?: string
  password?: string
  token?: string
} {
  const { username, password, token } = account
  return { ...(username !== undefined && { username }), ...(password !== undefined && { password }), ...(token !== undefined && { token }) }
}
