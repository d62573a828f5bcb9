import type { Clock } from '../../core/clock.js'
import { CtiError, toCtiError } from '../../core/model/error.js'
import type { FinesseOptions } from './options.js'
import { authorizationOf, type RestAnswer } from './rest.js'
import type { FinesseNode } from './nodes.js'

/** The supervisor's account: reads as it, and keeps it from being locked. */
export interface SupervisorAccount {
  readonly authorization: string
  /** GET as the supervisor. Fails: as `exchange`; VENDOR_AUTH without a request while the account rests. */
  get(node: FinesseNode, path: string, signal: AbortSignal): Promise<RestAnswer>
  /** Runs one exchange as the supervisor, counting refusals. */
  guard<T>(work: () => Promise<T>): Promise<T>
  /** How long the account still rests, ms; 0 when it may be used. */
  restMs(): number
}

/** Five wrong passwords lock a user for five minutes (cisco.md section 4.1); stop before that. */
const REFUSALS_BEFORE_REST = 3

/**
 * Guarantees: after three refusals in a row the account is not used for `authHoldMs`; one success begins anew.
 * Why: a gateway that goes on asking with an old password keeps the account locked for everybody.
 */
export function createSupervisorAccount(options: FinesseOptions, clock: Clock): SupervisorAccount {
  const authorization = authorizationOf(credentialsOf(options.supervisor), options.supervisor.id) ?? ''
  let refusals = 0
  let restUntil = 0

  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    const left = restUntil - clock.monotonic()
    if (left > 0) {
      throw new CtiError('VENDOR_AUTH', {
        detail: "the supervisor's credentials were refused three times; they rest so that the account is not locked",
        retryAfterMs: left,
        fault: { system: 'finesse', code: 'CREDENTIALS_REST' },
      })
    }
    try {
      const result = await work()
      refusals = 0
      return result
    } catch (error) {
      if (toCtiError(error).code === 'VENDOR_AUTH') {
        refusals += 1
        if (refusals >= REFUSALS_BEFORE_REST) {
          restUntil = clock.monotonic() + options.authHoldMs
          refusals = 0
        }
      }
      throw error
    }
  }

  return {
    authorization,
    guard,
    get: (node, path, signal) => guard(() => node.rest.exchange({ method: 'GET', path, authorization, as: 'supervisor', signal })),
    restMs: () => Math.max(0, restUntil - clock.monotonic()),
  }
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
