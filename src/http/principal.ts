import { hash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../core/clock.js'
import { CtiError } from '../core/model/error.js'
import { createVerifiedKeys, type VerifiedKeys } from './verified-keys.js'

/** What a key may do. `supervisor:logout` is a supervisor's logout; `ops` is dead letters and replay. */
export const SCOPES = ['agent:read', 'agent:write', 'supervisor:logout', 'ops'] as const
export type Scope = (typeof SCOPES)[number]

/** An API key as configuration has it: only its SHA-256 is known to the gateway. */
export interface ApiKey {
  readonly name: string
  readonly sha256: string
  readonly scopes: readonly Scope[]
  /** Missing: all platforms. */
  readonly platforms?: readonly string[] | undefined
  /** `platform/agentId`; missing: all agents. An agent-scoped key acts on these only (product rule 8). */
  readonly agents?: readonly string[] | undefined
}

/** Who sends a request. */
export interface Principal {
  readonly name: string
  readonly scopes: ReadonlySet<Scope>
  readonly platforms: ReadonlySet<string> | undefined
  readonly agents: ReadonlySet<string> | undefined
}

/**
 * Finds the principal of a request by its headers: `Authorization: Bearer`, `X-API-Key`, or HTTP Basic with the key as password
 * (for browsers). Fails: UNAUTHENTICATED.
 */
export type Authenticate = (headers: IncomingHttpHeaders) => Principal

/** Keys that were verified lately are not compared again; unknown ones are not remembered, so that guessing fills nothing. */
export function createAuthenticate(
  keys: readonly ApiKey[],
  clock: Clock,
  verified: VerifiedKeys<Principal> = createVerifiedKeys(clock),
): Authenticate {
  const known = keys.map((key) => ({
    digest: Buffer.from(key.sha256, 'hex'),
    principal: {
      name: key.name,
      scopes: new Set(key.scopes),
      platforms: key.platforms === undefined ? undefined : new Set(key.platforms),
      agents: key.agents === undefined ? undefined : new Set(key.agents),
    } satisfies Principal,
  }))
  return (headers) => {
    const secret = secretOf(headers)
    if (secret === undefined) throw new CtiError('UNAUTHENTICATED', { detail: 'the request carries no API key' })
    const digest = hash('sha256', secret, 'hex')
    const recent = verified.get(digest)
    if (recent !== undefined) return recent
    const bytes = Buffer.from(digest, 'hex')
    let found: Principal | undefined
    // Every key is compared, in constant time each: how long it takes tells nothing about which one nearly fits.
    for (const key of known) if (timingSafeEqual(key.digest, bytes)) found = key.principal
    if (found === undefined) throw new CtiError('UNAUTHENTICATED', { detail: 'the API key is not known' })
    verified.put(digest, found)
    return found
  }
}

function secretOf(headers: IncomingHttpHeaders): string | undefined {
  const direct = headers['x-api-key']
  if (typeof direct === 'string' && direct !== '') return direct
  const [scheme, value] = (headers.authorization ?? '').split(' ', 2)
  if (value === undefined || value === '') return undefined
  if (scheme?.toLowerCase() === 'bearer') return value
  if (scheme?.toLowerCase() === 'basic') {
    const decoded = Buffer.from(value, 'base64').toString('utf8')
    const colon = decoded.indexOf(':')
    return colon < 0 ? undefined : decoded.slice(colon + 1)
  }
  return undefined
}

/** Fails: FORBIDDEN naming the missing scope. */
export function needScope(principal: Principal, scope: Scope): void {
  if (!principal.scopes.has(scope)) throw new CtiError('FORBIDDEN', { detail: `the key "${principal.name}" lacks the scope ${scope}` })
}

export function maySeePlatform(principal: Principal, platform: string): boolean {
  return principal.platforms === undefined || principal.platforms.has(platform)
}

export function maySeeAgent(principal: Principal, platform: string, agentId: string): boolean {
  return maySeePlatform(principal, platform) && (principal.agents === undefined || principal.agents.has(`${platform}/${agentId}`))
}

/** Fails: FORBIDDEN when the key does not reach this platform or agent. */
export function needAgent(principal: Principal, platform: string, agentId: string): void {
  if (!maySeeAgent(principal, platform, agentId)) {
    throw new CtiError('FORBIDDEN', { detail: `the key "${principal.name}" does not act on ${platform}/${agentId}` })
  }
}
