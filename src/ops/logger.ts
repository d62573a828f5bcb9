import pino from 'pino'
import type { Logger } from '../core/adapter.js'

/** Members of any logged object that are never written. A second line of defence: secrets are not logged to begin with. */
const SECRET_MEMBERS = [
  'password',
  'token',
  'secret',
  'authorization',
  'apiKey',
  'credentials',
  'access_token',
  'refresh_token',
  'authToken',
]

/** JSON lines on stderr, so that stdout stays for people. */
export function createLogger(level: string): Logger {
  const paths = SECRET_MEMBERS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`, `headers["${name}"]`])
  return pino({ level, redact: { paths, censor: '***' }, base: {} }, pino.destination({ dest: 2, sync: false, minLength: 0 }))
}
