import { hash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../core/clock.js'
import { CtiError } from '../core/model/error.js'
import { principalFor, type ApiKey, type Principal } from './principal.js'
import { createVerifiedKeys, type VerifiedKeys } from './verified-keys.js'

/** The keys that are valid now. */
export interface Keyring {
  /**
   * Finds the principal of a request by its headers: `Authorization: Bearer`, `X-API-Key`, or HTTP Basic with the key as password
   * (for browsers). Fails: UNAUTHENTICATED.
   */
  authenticate(headers: IncomingHttpHeaders): Principal
  /** Is the key that this principal came with valid still, with the rights that it had then? For answers that last. */
  stillValid(principal: Principal): boolean
  /** Tells that keys have changed; then ask `stillValid`. Returns the way to stop listening. */
  onChange(listener: () => void): () => void
}

/** A keyring whose keys can change. */
export interface ChangingKeyring extends Keyring {
  /** These are all valid keys from now on. Whose key stays as it was keeps its principal; the others are unknown at once. */
  replace(keys: readonly ApiKey[]): void
}

interface Known {
  readonly digest: Buffer
  readonly principal: Principal
}

/** Keys that were verified lately are not compared again; unknown ones are not remembered, so that guessing fills nothing. */
export function createKeyring(
  keys: readonly ApiKey[],
  clock: Clock,
  verified: VerifiedKeys<Principal> = createVerifiedKeys(clock),
): ChangingKeyring {
  let known: ReadonlyMap<string, Known> = knownOf(keys, new Map())
  let valid = principalsOf(known)
  const listeners = new Set<() => void>()
  return {
    authenticate(headers) {
      const secret = secretOf(headers)
      if (secret === undefined) throw new CtiError('UNAUTHENTICATED', { detail: 'the request carries no API key' })
      const digest = hash('sha256', secret, 'hex')
      const recent = verified.get(digest)
      if (recent !== undefined) return recent
      const bytes = Buffer.from(digest, 'hex')
      let found: Principal | undefined
      // Every key is compared, in constant time each: how long it takes tells nothing about which one nearly fits.
      for (const key of known.values()) if (timingSafeEqual(key.digest, bytes)) found = key.principal
      if (found === undefined) throw new CtiError('UNAUTHENTICATED', { detail: 'the API key is not known' })
      verified.put(digest, found)
      return found
    },
    stillValid: (principal) => valid.has(principal),
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    replace(next) {
      known = knownOf(next, known)
      valid = principalsOf(known)
      verified.clear()
      for (const listener of listeners) listener()
    },
  }
}

/** By all that a key is: one whose rights have changed is another one. */
function knownOf(keys: readonly ApiKey[], before: ReadonlyMap<string, Known>): ReadonlyMap<string, Known> {
  return new Map(
    keys.map((key) => {
      const identity = JSON.stringify([key.sha256.toLowerCase(), key.name, key.scopes, key.platforms, key.agent])
      return [identity, before.get(identity) ?? { digest: Buffer.from(key.sha256, 'hex'), principal: principalFor(key) }]
    }),
  )
}

function principalsOf(known: ReadonlyMap<string, Known>): ReadonlySet<Principal> {
  return new Set([...known.values()].map(({ principal }) => principal))
}

function secretOf(headers: IncomingHttpHeaders): string | undefined {
  const direct = headers['x-api-key']
  if (typeof direct === 'string' && direct !== '') return direct
  const [scheme, value] = (headers.authorization ?? '').split(' ', 2)
  if (value === undefined || value === '') return undefined
  if (scheme?.toLowerCase() === 'bearer') return value
  if (scheme?.toLowerCase() === 'basic' && !isFromOtherSite(headers)) {
    const decoded = Buffer.from(value, 'base64').toString('utf8')
    const colon = decoded.indexOf(':')
    return colon < 0 ? undefined : decoded.slice(colon + 1)
  }
  return undefined
}

/**
 * A browser adds a Basic password that it remembers to what pages of other sites send here, too: whoever has the queue board open would let them
 * act with its key. Browsers name the page's origin with everything that is not merely read.
 */
function isFromOtherSite({ origin, host }: IncomingHttpHeaders): boolean {
  return origin !== undefined && !(URL.canParse(origin) && new URL(origin).host === host)
}
