import { createHash } from 'node:crypto'
import type { Request } from 'express'
import type { Principal } from './principal.js'

/**
 * A caller's Idempotency-Key as the store keeps it: bound to the caller, the route and the key, so that two callers never
 * meet; and the fingerprint of what was asked. Neither can be turned back into the request.
 */
export function idempotencyOf(request: Request, principal: Principal, path: string): { key: string; fingerprint: string } | undefined {
  const key = request.get('idempotency-key')
  if (key === undefined) return undefined
  return {
    key: digest([principal.name, request.method, path, key]),
    fingerprint: digest([canonical(request.body)]),
  }
}

function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}

/** JSON with sorted members: the order in which a client writes its fields is not a difference. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
  }
  return JSON.stringify(value) ?? 'null'
}
