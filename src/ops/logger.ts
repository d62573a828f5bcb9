import pino, { type DestinationStream } from 'pino'
import type { Logger } from '../core/adapter.js'

/** Members of any logged object that are never written, in lower case. A second line of defence: secrets are not logged to begin with. */
const SECRET_MEMBERS = new Set([
  'password',
  'token',
  'secret',
  'authorization',
  'apikey',
  'x-api-key',
  'credentials',
  'access_token',
  'refresh_token',
  'authtoken',
])
const MAX_DEPTH = 6

/** JSON lines on stderr, so that stdout stays for people. Written in the background; the end of the process writes what is left. */
export function createLogger(
  level: string,
  destination: DestinationStream = pino.destination({ dest: 2, sync: false, minLength: 0 }),
): Logger {
  return pino({ level, base: {}, formatters: { log: (fields) => redacted(fields, 0) as Record<string, unknown> } }, destination)
}

/**
 * The same with secret members masked. Our own, because every command has its line: pino's, with these names at three depths, costs
 * several times the line itself. What holds no secret is not copied.
 */
function redacted(fields: object, depth: number): unknown {
  let copy: Record<string, unknown> | undefined
  for (const [name, value] of Object.entries(fields) as [string, unknown][]) {
    const kept = SECRET_MEMBERS.has(name.toLowerCase())
      ? '***'
      : isPlain(value)
        ? depth < MAX_DEPTH
          ? redacted(value, depth + 1)
          : '…'
        : value
    if (kept === value) continue
    copy ??= { ...fields }
    copy[name] = kept
  }
  if (copy === undefined) return fields
  return Array.isArray(fields) ? Object.values(copy) : copy
}

function isPlain(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    (Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null))
  )
}
