import pino, { type DestinationStream } from 'pino'
import type { Logger } from '../core/adapter.js'
import { systemClock } from '../core/clock.js'

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

/** Lines wait for others for this long at most, ms, and until there is so much of them, bytes. */
const FLUSH_MS = 20
const FLUSH_BYTES = 8_192
/** When nobody takes them, as many bytes of lines wait; further ones are lost. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024

/**
 * JSON lines on stderr, so that stdout stays for people. Lines of a few milliseconds leave in one write: one each was a twentieth of
 * what a command costs. The end of the process, by an error too, writes what is left; a `kill -9` takes the last 20 ms with it.
 */
export function createLogger(level: string, destination: DestinationStream = stderr()): Logger {
  const logger = pino({ level, base: {}, formatters: { log: (fields) => redacted(fields, 0) as Record<string, unknown> } }, destination)
  if (!logger.isLevelEnabled('info')) return logger
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info(fields, message) {
      const line = plainLine(fields, message)
      if (line === undefined) logger.info(fields, message)
      else destination.write(line)
    },
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
  }
}

const INFO = pino.levels.values['info']
/** Members that the line has of its own. */
const OWN_MEMBERS = new Set(['level', 'time', 'msg'])

/**
 * The line of pino for fields that are words and numbers, made in one go: every command has one, and member by member it takes
 * twice as long. Undefined for whatever else is in them, and for secrets: that is pino's.
 */
function plainLine(fields: object, message: string): string | undefined {
  for (const name in fields) {
    const value: unknown = fields[name as keyof typeof fields]
    const plain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === undefined
    if (!plain || !isPlainName(name)) return undefined
  }
  const members = JSON.stringify(fields).slice(1, -1)
  return `{"level":${INFO},"time":${systemClock.now()}${members === '' ? '' : ','}${members},"msg":${JSON.stringify(message)}}\n`
}

/** The same few names come with every line. */
const names = new Map<string, boolean>()
const MAX_NAMES = 1_000

function isPlainName(name: string): boolean {
  const known = names.get(name)
  if (known !== undefined) return known
  const plain = !OWN_MEMBERS.has(name) && !SECRET_MEMBERS.has(name.toLowerCase())
  if (names.size < MAX_NAMES) names.set(name, plain)
  return plain
}

function stderr(): DestinationStream {
  const stream = pino.destination({ dest: 2, sync: false, minLength: FLUSH_BYTES, maxLength: MAX_WAITING_BYTES })
  let armed = false
  const flush = (): void => {
    armed = false
    stream.flush()
  }
  return {
    write(line) {
      stream.write(line)
      if (armed) return
      // Its own `periodicFlush` would write nothing fifty times a second while there is nothing to write.
      armed = true
      systemClock.after(FLUSH_MS, flush)
    },
  }
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
