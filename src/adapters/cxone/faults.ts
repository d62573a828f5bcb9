import { CtiError, type Effect, type ErrorCode, type RetryClass } from '../../core/model/error.js'
import { pick, textOf } from './lenient.js'

/** Every call that the adapter makes, by our name. The meaning of a status depends on it (vendors/cxone.md section 5.2). */
export const CALLS = [
  'token',
  'discovery',
  'set-state',
  'logout',
  'start-session',
  'join-session',
  'session-state',
  'end-session',
  'next-event',
  'read-agent',
  'list-states',
  'agent-details',
  'unavailable-codes',
  'server-time',
  'data-download',
  'saved-file',
] as const
export type Call = (typeof CALLS)[number]

/** A meaning of an answer. Absent fields come from the error catalogue. */
export interface Meaning {
  readonly code: ErrorCode
  readonly effect?: Effect
  readonly retry?: RetryClass
  readonly retryAfterMs?: number
  readonly detail?: string
  /** The vendor's text names a person and is left out. */
  readonly hideText?: boolean
}

/** By status, for every call that has no row of its own. */
export const BY_STATUS: Readonly<Record<number, Meaning>> = {
  400: { code: 'INVALID_REQUEST' }, // 9
  401: { code: 'VENDOR_AUTH' }, // 5, after one renewal of the token
  403: { code: 'VENDOR_FORBIDDEN' }, // 4.1
  404: { code: 'VENDOR_REJECTED' }, // nothing better known of this call
  409: { code: 'INVALID_TRANSITION' }, // 5.2
  429: { code: 'VENDOR_BUSY' }, // 5.3
  503: { code: 'VENDOR_BUSY' }, // 5.3
}

/** By call and status, before `BY_STATUS`. */
export const BY_CALL: Readonly<Partial<Record<Call, Readonly<Record<number, Meaning>>>>> = {
  token: {
    400: { code: 'VENDOR_AUTH' }, // 2.2: invalid_grant, invalid_client
    401: { code: 'VENDOR_AUTH' }, // 2.3
    403: { code: 'VENDOR_AUTH' }, // 2.2
    404: { code: 'VENDOR_UNAVAILABLE', detail: 'the token endpoint was not found; check the issuer' },
  },
  discovery: {
    400: { code: 'VENDOR_UNAVAILABLE', detail: 'discovery refused the tenant id' }, // 2.1
    404: { code: 'VENDOR_UNAVAILABLE', detail: 'discovery does not know the tenant' }, // 2.1
  },
  'set-state': {
    404: { code: 'NOT_LOGGED_IN' }, // 4.1: bad agent id or no session; the caller tells apart by a read
    409: { code: 'INVALID_TRANSITION' }, // 4.1: for example an ACW code without a contact
  },
  logout: {
    404: { code: 'AGENT_NOT_FOUND' }, // 4.1
  },
  'start-session': {
    403: { code: 'VENDOR_FORBIDDEN', detail: 'the role lacks the permission to impersonate agents' }, // 3.1
    409: { code: 'ALREADY_LOGGED_IN', retry: 'later', retryAfterMs: 1500 }, // 3.1, 5.2: read, then join or start once more
  },
  'join-session': {
    400: { code: 'AGENT_NOT_FOUND' }, // 3.2: bad agent id
    409: { code: 'NOT_LOGGED_IN' }, // 3.2: no session to join
  },
  'session-state': {
    404: { code: 'NOT_LOGGED_IN', retry: 'later' }, // 3.3: unknown session id; a read tells what is true now
    409: { code: 'INVALID_TRANSITION' }, // 3.3
  },
  'end-session': {
    404: { code: 'NOT_LOGGED_IN', retry: 'later' }, // 3.4
    409: { code: 'INVALID_TRANSITION', detail: 'contacts are open or the personal queue is not empty; force the logout to end them' }, // 3.4
  },
  'next-event': {
    404: { code: 'NOT_LOGGED_IN' }, // 3.5
    409: { code: 'NOT_LOGGED_IN' }, // 3.5: the session has ended
  },
  'read-agent': {
    404: { code: 'AGENT_NOT_FOUND' }, // 4.2
  },
  'agent-details': {
    404: { code: 'AGENT_NOT_FOUND' }, // 4.6
  },
  'list-states': {
    409: { code: 'VENDOR_FORBIDDEN', detail: 'the trust check between business unit and partner failed' }, // 4.2, 5.2: configuration, not a state
  },
  'data-download': {
    409: { code: 'VENDOR_REJECTED', detail: 'a file of this name exists' }, // 5.2
  },
}

interface Pattern {
  readonly call: Call
  readonly status: number
  readonly text: RegExp
  readonly meaning: Meaning
}

/** By the vendor's words, first match, before the tables above. The wording is not published exactly: patterns are wide. */
export const BY_TEXT: readonly Pattern[] = [
  // 3.1: the message names the other user
  {
    call: 'start-session',
    status: 400,
    text: /phone.*(in use|already|used)|(already|in) use.*phone/i,
    meaning: { code: 'DEVICE_IN_USE', hideText: true },
  },
  { call: 'start-session', status: 400, text: /licen[cs]e|concurrent|limit/i, meaning: { code: 'LICENSE_REFUSED' } }, // 3.1
  { call: 'start-session', status: 400, text: /inactivity|timeout/i, meaning: { code: 'INVALID_REQUEST' } }, // 3.1
  { call: 'start-session', status: 400, text: /agent ?id|asAgentId/i, meaning: { code: 'AGENT_NOT_FOUND' } }, // 3.1
  { call: 'start-session', status: 400, text: /station|phone/i, meaning: { code: 'DEVICE_INVALID' } }, // 3.1
  // 3.4, 5.2: a request with the id of a session that has ended
  {
    call: 'session-state',
    status: 409,
    text: /session.*(ended|not (active|started))/i,
    meaning: { code: 'NOT_LOGGED_IN', retry: 'later' },
  },
  { call: 'end-session', status: 409, text: /session.*(ended|not (active|started))/i, meaning: { code: 'NOT_LOGGED_IN', retry: 'later' } },
]

/** What an answer that is not a success means. Pure and total. */
export function meaningOf(call: Call, status: number, text: string | undefined): Meaning {
  const byText = text === undefined ? undefined : BY_TEXT.find((row) => row.call === call && row.status === status && row.text.test(text))
  const known = byText?.meaning ?? BY_CALL[call]?.[status] ?? BY_STATUS[status]
  if (known !== undefined) return known
  if (status >= 500) return { code: 'VENDOR_ERROR' }
  if (status >= 400) return { code: 'VENDOR_REJECTED' }
  return { code: 'VENDOR_PROTOCOL' }
}

/**
 * The vendor's own words, from body or header (section 5.1): `error_description` in any spelling, then `icStatusDescription`,
 * then `Message` or `error`. A body that is not JSON (an HTML page of a proxy) tells nothing.
 */
export function errorText(body: unknown, icStatusDescription: unknown): string | undefined {
  const description = textOf(pick(body, 'error_description', 'errorDescription'))
  const text = description ?? textOf(icStatusDescription) ?? textOf(pick(body, 'Message', 'errorMessage', 'error'))
  return text?.slice(0, 500)
}

export interface BadAnswer {
  readonly call: Call
  readonly status: number
  readonly body: unknown
  readonly icStatusDescription: unknown
  readonly retryAfterMs: number | undefined
  readonly redact: (text: string) => string
}

/** A bad answer as the one error of the gateway. Reads have no effect, whatever became of them. */
export function faultOf(answer: BadAnswer): CtiError {
  const { call, status } = answer
  const text = errorText(answer.body, answer.icStatusDescription)
  const meaning = meaningOf(call, status, text)
  const shown = text === undefined || meaning.hideText === true ? undefined : answer.redact(text)
  const name = textOf(pick(answer.body, 'error'))
  const effect = meaning.effect ?? (READ_CALLS.has(call) ? 'none' : undefined)
  const retryAfterMs = answer.retryAfterMs ?? meaning.retryAfterMs
  const detail = meaning.detail ?? shown
  return new CtiError(meaning.code, {
    fault: {
      system: 'cxone',
      code: String(status),
      httpStatus: status,
      ...(name !== undefined && name !== text && { name: answer.redact(name.slice(0, 100)) }),
      ...(shown !== undefined && { message: shown }),
    },
    ...(detail !== undefined && { detail }),
    ...(effect !== undefined && { effect }),
    ...(meaning.retry !== undefined && { retry: meaning.retry }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}

/** Calls that change nothing about an agent. */
export const READ_CALLS: ReadonlySet<Call> = new Set([
  'token',
  'discovery',
  'next-event',
  'read-agent',
  'list-states',
  'agent-details',
  'unavailable-codes',
  'server-time',
  'data-download',
  'saved-file',
])
