import { SITE_SCOPES, type ApiKey, type Scope } from '../../src/http/principal.js'
import type { Row, Scene } from '../contract/authority-table.js'

/** A way to call: with which key, if any. */
export interface Kind {
  readonly name: string
  readonly secret?: string
  readonly key?: Omit<ApiKey, 'name' | 'sha256'>
}

export const secretOf = (name: string): string => `secret-of-${name.replace(/\W+/g, '-')}`
const keyed = (name: string, key: Kind['key'] & object): Kind => ({ name, secret: secretOf(name), key })
export const KINDS: readonly Kind[] = [
  { name: 'no key' },
  { name: 'a wrong key', secret: 'wrong' },
  { name: 'a revoked key' },
  ...SITE_SCOPES.map((scope) => keyed(`only ${scope}`, { scopes: [scope] })),
  ...SITE_SCOPES.map((scope) => keyed(`all but ${scope}`, { scopes: SITE_SCOPES.filter((other) => other !== scope) })),
  keyed('all scopes', { scopes: SITE_SCOPES }),
  keyed('all scopes, this platform', { scopes: SITE_SCOPES, platforms: ['here'] }),
  keyed('all scopes, another platform', { scopes: SITE_SCOPES, platforms: ['there'] }),
  keyed('this agent', { scopes: ['agent:self'], agent: 'here/agent1' }),
  keyed('another agent', { scopes: ['agent:self'], agent: 'here/agent2' }),
  keyed('an agent of that name on another platform', { scopes: ['agent:self'], agent: 'there/agent1' }),
]

const DENIED: readonly number[] = [401, 403, 404]

/** What is wrong with an answer; undefined: nothing. */
export function faultOf(row: Row, kind: Kind, scene: Scene, answer: { status: number; text: string }): string | undefined {
  const expected = expectation(row, kind)
  if (expected === 'denied') return [403, 404].includes(answer.status) ? undefined : 'expected 403 or 404'
  if (typeof expected === 'number') return answer.status === expected ? undefined : `expected ${expected}`
  const isAllowed = row.allowed?.includes(answer.status) ?? !DENIED.includes(answer.status)
  if (!isAllowed) return 'expected to be allowed'
  const mark = row.shows?.(scene)
  if (mark === undefined) return expected === 'filtered' ? 'a filtered row must say what it shows' : undefined
  if (answer.text.includes(mark) !== (expected === 'allowed')) return expected === 'allowed' ? `does not show ${mark}` : `shows ${mark}`
  return undefined
}

function expectation({ needs, otherPlatform, otherAgent }: Row, { name, key }: Kind): number | 'allowed' | 'filtered' | 'denied' {
  if (needs === 'all') return 'allowed'
  if (key === undefined) return 401
  const may = (scopes: readonly Scope[]): boolean =>
    needs === 'any' || needs.some((together) => together.every((scope) => scopes.includes(scope)))
  // Two reasons to be denied: what a key reaches is looked at before what it may do there, or after.
  if (!may(key.scopes)) return reachesNot(key) ? 'denied' : 403
  if (name === 'all scopes, another platform' || name.startsWith('an agent of that name')) return otherPlatform
  if (name === 'another agent') return otherAgent ?? 403
  return 'allowed'
}

function reachesNot({ platforms, agent }: Omit<ApiKey, 'name' | 'sha256'>): boolean {
  return platforms?.includes('here') === false || (agent !== undefined && agent !== 'here/agent1')
}
