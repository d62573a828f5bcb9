import { createHash, timingSafeEqual } from 'node:crypto'
import type { Request } from 'express'
import { CtiError } from '../core/model/error.js'

/** What a key may do. `agent:force` is a supervisor's logout; `operations` is dead letters and replay. */
export const SCOPES = ['agent:read', 'agent:command', 'agent:force', 'operations'] as const
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

/** Finds the principal of a request: `Authorization: Bearer`, `X-API-Key`, or HTTP Basic with the key as password (for browsers). */
export type Authenticate = (request: Request) => Principal

export function createAuthenticate(keys: readonly ApiKey[]): Authenticate {
  const known = keys.map((key) => ({
    digest: Buffer.from(key.sha256, 'hex'),
    principal: {
      name: key.name,
      scopes: new Set(key.scopes),
      platforms: key.platforms === undefined ? undefined : new Set(key.platforms),
      agents: key.agents === undefined ? undefined : new Set(key.agents),
    } satisfies Principal,
  }))
  return (request) => {
    const secret = secretOf(request)
    if (secret === undefined) throw new CtiError('UNAUTHENTICATED', { detail: 'the request carries no API key' })
    const digest = createHash('sha256').update(secret).digest()
    let found: Principal | undefined
    // Every key is compared, in constant time each: how long it takes tells nothing about which one nearly fits.
    for (const key of known) if (timingSafeEqual(key.digest, digest)) found = key.principal
    if (found === undefined) throw new CtiError('UNAUTHENTICATED', { detail: 'the API key is not known' })
    return found
  }
}

function secretOf(request: Request): string | undefined {
  const direct = request.get('x-api-key')
  if (direct !== undefined && direct !== '') return direct
  const [scheme, value] = (request.get('authorization') ?? '').split(' ', 2)
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
