import { CtiError } from '../core/model/error.js'

/**
 * What a key may do. No scope includes another: `admin` manages keys and reads the audit trail, and nothing else.
 * `agent:self` reads and commands the one agent that its key names, and stands alone.
 */
export const SCOPES = ['agent:read', 'agent:write', 'agent:self', 'supervisor:logout', 'reports:read', 'ops', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

/** All that a key can have that is not made for one agent. */
export const SITE_SCOPES: readonly Scope[] = SCOPES.filter((scope) => scope !== 'agent:self')

/** An API key as configuration and the keys file have it: only its SHA-256 is known to the gateway. */
export interface ApiKey {
  readonly name: string
  readonly sha256: string
  readonly scopes: readonly Scope[]
  /** Missing: all platforms. */
  readonly platforms?: readonly string[] | undefined
  /** `platform/agentId`: the one agent of a key with `agent:self` (product rule 8). */
  readonly agent?: string | undefined
}

/** Who sends a request. The same object for the same key, as long as that key is valid with the same rights. */
export interface Principal {
  readonly name: string
  readonly scopes: ReadonlySet<Scope>
  readonly platforms: ReadonlySet<string> | undefined
  /** `platform/agentId`; nothing is known or done about any other agent. */
  readonly agent: string | undefined
}

/** A key that would be understood in two ways: what is wrong with which of its fields, and what to do. */
export interface KeyFault {
  readonly field: 'agent' | 'platforms' | 'scopes'
  readonly message: string
}

/** What does not fit together in one key. The same rules for the configuration, the keys file and the command line. Pure. */
export function keyFaults({ scopes, agent, platforms }: Pick<ApiKey, 'scopes' | 'agent' | 'platforms'>): readonly KeyFault[] {
  const isSelf = scopes.includes('agent:self')
  if (!isSelf && agent === undefined) return []
  if (!isSelf) return [{ field: 'agent', message: 'is for keys with the scope agent:self only; leave it out, or use that scope' }]
  const faults: KeyFault[] = []
  if (scopes.some((scope) => scope !== 'agent:self'))
    faults.push({ field: 'scopes', message: 'agent:self stands alone; make a second key for the other scopes' })
  if (agent === undefined) {
    faults.push({ field: 'agent', message: 'is needed with the scope agent:self; name the one agent as platform/agentId' })
  } else if (platforms !== undefined && !platforms.includes(platformIn(agent))) {
    faults.push({ field: 'platforms', message: `does not hold the platform of ${agent}; leave it out` })
  }
  return faults
}

/** Fails: on a key that `keyFaults` finds wrong; none may be read as more than it was meant for. */
export function principalFor(key: ApiKey): Principal {
  const [fault] = keyFaults(key)
  if (fault !== undefined) throw new Error(`the key "${key.name}": ${fault.field} ${fault.message}`)
  const platforms = key.agent === undefined ? key.platforms : [platformIn(key.agent)]
  return { name: key.name, scopes: new Set(key.scopes), platforms: platforms && new Set(platforms), agent: key.agent }
}

function platformIn(agent: string): string {
  return agent.slice(0, agent.indexOf('/'))
}

/** Cause of an error that looks like something that there is not, and is a lack of authority: the audit trail tells them apart. */
export const HIDDEN = Symbol('hidden from this key')

/** Fails: FORBIDDEN naming the missing scope. */
export function needScope(principal: Principal, scope: Scope): void {
  if (!principal.scopes.has(scope)) throw new CtiError('FORBIDDEN', { detail: `the key "${principal.name}" lacks the scope ${scope}` })
}

/** Reads about agents; which ones, `needAgent` and `maySeeAgent` say. Fails: FORBIDDEN. */
export function needRead(principal: Principal): void {
  if (!principal.scopes.has('agent:self')) needScope(principal, 'agent:read')
}

/** Commands to agents; to which ones, `needAgent` says. Fails: FORBIDDEN. */
export function needWrite(principal: Principal): void {
  if (!principal.scopes.has('agent:self')) needScope(principal, 'agent:write')
}

export function maySeePlatform(principal: Principal, platform: string): boolean {
  return principal.platforms === undefined || principal.platforms.has(platform)
}

export function maySeeAgent(principal: Principal, platform: string, agentId: string): boolean {
  return maySeePlatform(principal, platform) && (principal.agent === undefined || principal.agent === `${platform}/${agentId}`)
}

/** Fails: FORBIDDEN when the key does not reach this platform or agent. */
export function needAgent(principal: Principal, platform: string, agentId: string): void {
  if (!maySeeAgent(principal, platform, agentId)) {
    throw new CtiError('FORBIDDEN', { detail: `the key "${principal.name}" does not act on ${platform}/${agentId}` })
  }
}
