import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** Unlike that of any other process, also of this one after a restart. */
const PREFIX = randomBytes(9).toString('base64url')
const HARMLESS = /^[\w.:-]{1,128}$/
let count = 0

/** A caller's own id is taken over when it is harmless, so that its log and ours can be joined; else one of ours, which tells nothing. */
export function requestIdFor(headers: IncomingHttpHeaders): string {
  const given = headers['x-request-id']
  if (typeof given === 'string' && HARMLESS.test(given)) return given
  count += 1
  return `${PREFIX}-${count.toString(36)}`
}
