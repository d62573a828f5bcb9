import { CtiError, type CtiErrorInit, type Effect, type ErrorCode, type RetryClass, type VendorFault } from '../../core/model/error.js'
import type { Refusal } from '../../core/model/event.js'
import { fieldsOf, textOf } from './presence.js'

/** What a vendor answer means. `effect` and `retry` override the catalogue where the vendor's rule says more. */
export interface Meaning {
  readonly code: ErrorCode
  readonly effect?: Effect
  readonly retry?: RetryClass
  readonly detail?: string
}

/** Who logged in: the caller's agent, or the gateway's own account. */
export type Party = 'agent' | 'service'

/** HTTP status of a refused login → meaning (section 3.3). A refused login has no effect on the agent's state. */
export const LOGIN_FAULTS: Readonly<Record<number, Readonly<Record<Party, Meaning>>>> = {
  400: { agent: { code: 'VENDOR_REJECTED' }, service: { code: 'VENDOR_AUTH' } }, // seen by the desk
  401: { agent: { code: 'CREDENTIALS_INVALID' }, service: { code: 'VENDOR_AUTH' } }, // invalid grant
  403: {
    agent: { code: 'VENDOR_FORBIDDEN', detail: 'the agent has no role or team at the platform' }, // role or team not assigned
    service: { code: 'VENDOR_AUTH', detail: 'the supervisor account has no role or team at the platform' },
  },
  404: { agent: { code: 'CREDENTIALS_INVALID', detail: 'the platform knows no such user name' }, service: { code: 'VENDOR_AUTH' } }, // user not found
  408: { agent: { code: 'VENDOR_UNAVAILABLE' }, service: { code: 'VENDOR_UNAVAILABLE' } }, // Keycloak unreachable
  412: { agent: { code: 'LICENSE_REFUSED' }, service: { code: 'LICENSE_REFUSED', retry: 'park' } }, // licence status unavailable
}

/** 404 is used for an unknown user and for an unknown Keycloak host (section 3.3); the reason's text tells them apart. */
const HOST_UNKNOWN = /ENOTFOUND|EAI_AGAIN|host/i

/** `error` of the routing engine's body → meaning (section 10.2). */
export const ENGINE_FAULTS: Readonly<Record<string, Meaning>> = {
  'error.resource-not-found': { code: 'AGENT_NOT_FOUND', effect: 'none' },
  'error.method-argument-type-mismatch': { code: 'AGENT_NOT_FOUND', effect: 'none', detail: 'agent ids of this platform are UUIDs' },
  'error.validation': { code: 'VENDOR_REJECTED', effect: 'none' },
  'error.invalid-field-format': { code: 'VENDOR_REJECTED', effect: 'none' },
  'error.illegal-argument': { code: 'VENDOR_REJECTED', effect: 'none' },
  'error.illegal-arguments': { code: 'VENDOR_REJECTED', effect: 'none' },
  'error.conflict': { code: 'INVALID_TRANSITION', effect: 'none' },
  'error.forbidden': { code: 'VENDOR_FORBIDDEN', effect: 'none' },
}

/** `error` or `code` of Unified Admin's body → meaning (section 9.3). */
export const ADMIN_FAULTS: Readonly<Record<string, Meaning>> = {
  REASON_NAME_CONFLICT: { code: 'VENDOR_REJECTED', effect: 'none' },
  NOT_ALLOWED: { code: 'VENDOR_REJECTED', effect: 'none' },
  '400': { code: 'VENDOR_REJECTED', effect: 'none' },
  '404': { code: 'VENDOR_PROTOCOL', effect: 'none', retry: 'later', detail: 'the platform has no such address; check its base URL' },
}

/** HTTP status → meaning, for services whose body says nothing better (sections 3.1, 9.3, 10.2). */
export const HTTP_FAULTS: Readonly<Record<number, Meaning>> = {
  400: { code: 'VENDOR_REJECTED', effect: 'none' },
  401: { code: 'VENDOR_AUTH', effect: 'none' }, // token missing, invalid or expired
  403: { code: 'VENDOR_FORBIDDEN', effect: 'none' },
  404: { code: 'VENDOR_PROTOCOL', effect: 'none', detail: 'the platform has no such address; check its base URL' },
  405: { code: 'VENDOR_REJECTED', effect: 'none' },
  408: { code: 'VENDOR_TIMEOUT' },
  409: { code: 'INVALID_TRANSITION', effect: 'none' },
  429: { code: 'VENDOR_BUSY', effect: 'none' },
  503: { code: 'VENDOR_BUSY', effect: 'none' },
}

export type Service = 'agent-manager' | 'unified-admin' | 'routing-engine' | 'conversation-manager'

/** An HTTP answer that is not a success. */
export interface Answer {
  readonly service: Service
  readonly status: number
  readonly body: unknown
  readonly retryAfterMs?: number | undefined
  readonly requestId?: string | undefined
  /** Texts that must not get into errors: password, tokens. */
  readonly secrets: readonly string[]
}

/** A refused login → error. Never with an effect: at worst a token was made that nobody uses. */
export function loginError(answer: Answer, party: Party): CtiError {
  const fault = faultOf(answer)
  const hostUnknown = answer.status === 404 && HOST_UNKNOWN.test(fault.message ?? '')
  const meaning: Meaning =
    (hostUnknown ? { code: 'VENDOR_UNAVAILABLE' as const } : LOGIN_FAULTS[answer.status]?.[party]) ?? byStatus(answer.status)
  return errorOf({ ...meaning, effect: 'none' }, answer, fault)
}

/** A refused call to the routing engine or Unified Admin → error. A read (`changes` false) never has an effect. */
export function callError(answer: Answer, changes: boolean): CtiError {
  const fault = faultOf(answer)
  const table = answer.service === 'unified-admin' ? ADMIN_FAULTS : ENGINE_FAULTS
  const meaning = table[fault.code] ?? byStatus(answer.status)
  return errorOf(changes ? meaning : { ...meaning, effect: 'none' }, answer, fault)
}

/** Statuses without a row: other 4xx are refusals without effect; 5xx may have had one. */
function byStatus(status: number): Meaning {
  const row = HTTP_FAULTS[status]
  if (row !== undefined) return row
  return status >= 500
    ? { code: 'VENDOR_ERROR' }
    : status >= 400
      ? { code: 'VENDOR_REJECTED', effect: 'none' }
      : { code: 'VENDOR_PROTOCOL' }
}

function errorOf(meaning: Meaning, answer: Answer, fault: VendorFault): CtiError {
  const { code, ...rest } = meaning
  return new CtiError(code, { ...rest, fault, ...(answer.retryAfterMs !== undefined && { retryAfterMs: answer.retryAfterMs }) })
}

/** Both shapes of section 3.3, the shapes of 9.3 and 10.2, or no JSON at all. */
function faultOf(answer: Answer): VendorFault {
  const body = fieldsOf(answer.body)
  const detail = fieldsOf(body?.['error_detail'])
  const code = [body?.['error'], body?.['code'], body?.['statusCode'], detail?.['status']].map(wordOf).find((word) => word !== undefined)
  const message = [wordOf(body?.['error_message']), wordOf(detail?.['reason']), wordOf(body?.['msg']), wordOf(body?.['message'])]
    .filter((word) => word !== undefined)
    .join(': ')
  return {
    system: answer.service,
    code: scrub(code ?? String(answer.status), answer.secrets),
    ...(message !== '' && { message: scrub(message, answer.secrets) }),
    httpStatus: answer.status,
    ...(answer.requestId !== undefined && { requestId: scrub(answer.requestId, answer.secrets) }),
  }
}

/**
 * `connect_error` of the agent manager's own making → error (sections 4.1 and 15.4). `err.data.content.key` LM is the licence
 * manager; `login-failed` ends the desk for good; other texts are the vendor's and stay as evidence.
 */
export function handshakeError(message: string, data: unknown, secrets: readonly string[]): CtiError {
  const content = fieldsOf(fieldsOf(data)?.['content']) ?? fieldsOf(data)
  const key = wordOf(content?.['key'])
  const text = wordOf(content?.['msg'])
  const init: CtiErrorInit = {
    effect: 'none',
    fault: {
      system: 'agent-manager',
      code: scrub(key ?? message, secrets),
      ...(text !== undefined && { message: scrub(text, secrets) }),
      ...(key !== undefined && { name: scrub(message, secrets) }),
    },
  }
  if (key === 'LM') return new CtiError('LICENSE_REFUSED', init)
  if (message === 'login-failed') return new CtiError('CREDENTIALS_INVALID', { ...init, detail: 'the agent manager refused the session' })
  return new CtiError('VENDOR_REJECTED', { ...init, detail: 'the agent manager refused the session' })
}

/**
 * The event `errors` (section 5.2: task, msg, probably statusCode) → refusal (section 15.4). Only a 403 is taken at its word;
 * with anything else the request may have been carried out, so the state is read first.
 */
export function errorsRefusal(payload: unknown, secrets: readonly string[]): Refusal {
  const fields = fieldsOf(payload)
  const task = wordOf(fields?.['task'])
  const message = wordOf(fields?.['msg'])
  const status = wordOf(fields?.['statusCode'])
  const httpStatus = Number(status)
  return {
    code: httpStatus === 403 ? 'VENDOR_FORBIDDEN' : 'VENDOR_ERROR',
    detail: 'the agent manager reported an error',
    fault: {
      system: 'agent-manager',
      code: scrub(status ?? task ?? 'errors', secrets),
      ...(task !== undefined && { name: scrub(task, secrets) }),
      ...(message !== undefined && { message: scrub(message, secrets) }),
      ...(Number.isInteger(httpStatus) && httpStatus > 0 && { httpStatus }),
    },
  }
}

function wordOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  if (fieldsOf(value) !== undefined) return JSON.stringify(value)
  return textOf(value)
}

const LONGEST = 300

/** Takes known secrets out of a vendor's text and cuts it to a bounded length. */
export function scrub(text: string, secrets: readonly string[]): string {
  const clean = secrets.filter((secret) => secret !== '').reduce((left, secret) => left.replaceAll(secret, '***'), text)
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}…` : clean
}
