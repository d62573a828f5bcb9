import { hash } from 'node:crypto'
import { headerOf, type AgentRequest } from './context.js'

/**
 * A caller's Idempotency-Key as the store keeps it: bound to the caller, the route and the key, so that two callers never
 * meet; and the fingerprint of what was asked. Neither can be turned back into the request.
 */
export function idempotencyOf(request: AgentRequest, body: unknown): { key: string; fingerprint: string } | undefined {
  const key = headerOf(request.headers, 'idempotency-key')
  if (key === undefined) return undefined
  return { key: digest([request.principal.name, request.method, request.path, key]), fingerprint: fingerprintOf(body, canonical(body)) }
}

/** Of short bodies, made of members that are never a secret: most callers send the same few again and again. */
const SHORT = 64
const HARMLESS = new Set(['action', 'channel', 'reason', 'force'])
const fingerprints = new Map<string, string>()
const MAX_FINGERPRINTS = 100

function fingerprintOf(body: unknown, text: string): string {
  if (text.length > SHORT || !isHarmless(body)) return digest([text])
  const known = fingerprints.get(text)
  if (known !== undefined) return known
  const made = digest([text])
  if (fingerprints.size >= MAX_FINGERPRINTS) fingerprints.clear()
  fingerprints.set(text, made)
  return made
}

function isHarmless(body: unknown): boolean {
  return typeof body === 'object' && body !== null && Object.keys(body).every((name) => HARMLESS.has(name))
}

function digest(parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts), 'base64url')
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
