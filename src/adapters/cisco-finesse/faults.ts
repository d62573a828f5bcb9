import type { CtiErrorInit, ErrorCode, VendorFault } from '../../core/model/error.js'

/** Whose credentials a request carried: the same answer means different things. */
export type Identity = 'agent' | 'supervisor'

/** One error as Finesse words it, from a REST answer or from a notification. */
export interface FinesseError {
  readonly type?: string
  readonly message?: string
  readonly data?: string
  readonly peripheralCode?: string
  readonly peripheralMessage?: string
}

interface Verdict {
  readonly code: ErrorCode
  readonly init?: Pick<CtiErrorInit, 'effect' | 'retry' | 'detail'>
}

interface RestRow {
  readonly status: number
  /** Of the error type, without regard to letter case. */
  readonly type?: RegExp
  /** Of the message or the data. */
  readonly says?: RegExp
  readonly as?: Identity
  readonly code: ErrorCode
  readonly detail?: string
}

/** REST answers → our codes, first match wins. Sources: cisco.md sections 4.2, 4.5 and 6.3. */
const REST_ROWS: readonly RestRow[] = [
  { status: 400, says: /require_reasoncode|reason.*(required|missing)/i, code: 'REASON_REQUIRED' }, // 4.5 Parameter Missing
  { status: 400, says: /reasoncode\.not_allowed/i, code: 'REASON_INVALID', detail: 'no reason may be given when a supervisor acts' }, // 4.2
  { status: 400, type: /parameter missing/i, says: /reason/i, code: 'REASON_REQUIRED' }, // 4.5
  { status: 400, type: /parameter missing|invalid input|bad request/i, says: /extension|device/i, code: 'DEVICE_INVALID' }, // 4.5 "no extension"
  { status: 400, type: /invalid input/i, says: /reason/i, code: 'REASON_INVALID' }, // 6.3
  { status: 400, type: /invalid state/i, code: 'INVALID_TRANSITION' }, // 4.5
  { status: 400, type: /invalid device/i, code: 'DEVICE_INVALID' }, // 4.5
  { status: 400, type: /device busy/i, code: 'DEVICE_IN_USE' }, // 4.5
  { status: 400, code: 'VENDOR_REJECTED' },
  { status: 401, type: /invalid state/i, code: 'INVALID_TRANSITION' }, // 4.5 401 Invalid State
  { status: 401, type: /invalid supervisor/i, code: 'VENDOR_FORBIDDEN', detail: "the agent is not in one of the supervisor's teams" }, // 4.5
  { status: 401, says: /lock/i, as: 'agent', code: 'ACCOUNT_LOCKED' }, // 4.1 lock-out; wording unverified
  { status: 401, type: /invalid.*authorization/i, as: 'agent', code: 'CREDENTIALS_INVALID', detail: 'the credentials are of another user' }, // 4.5
  { status: 401, type: /invalid.*authorization/i, as: 'supervisor', code: 'VENDOR_FORBIDDEN' }, // 4.5 acting on another user
  { status: 401, as: 'agent', code: 'CREDENTIALS_INVALID' }, // 4.5 Authorization Failure
  { status: 401, as: 'supervisor', code: 'VENDOR_AUTH' },
  { status: 403, code: 'VENDOR_FORBIDDEN' }, // 4.6 writes on the secondary node
  { status: 404, code: 'AGENT_NOT_FOUND' }, // 4.5 UNKNOWN_USER
  { status: 423, as: 'agent', code: 'ACCOUNT_LOCKED' },
  { status: 423, as: 'supervisor', code: 'VENDOR_AUTH' },
  { status: 429, code: 'VENDOR_BUSY' }, // not documented; a proxy in front may
  { status: 503, code: 'VENDOR_UNAVAILABLE' }, // 4.1 OUT_OF_SERVICE
]

/** Outcome of a request that was answered with an HTTP status of 300 or more. Pure. */
export function restVerdict(status: number, error: FinesseError, as: Identity): Verdict {
  const said = `${error.message ?? ''} ${error.data ?? ''}`
  const row = REST_ROWS.find(
    (candidate) =>
      candidate.status === status &&
      (candidate.as === undefined || candidate.as === as) &&
      (candidate.type === undefined || candidate.type.test(error.type ?? '')) &&
      (candidate.says === undefined || candidate.says.test(said)),
  )
  if (row !== undefined) return { code: row.code, ...(row.detail !== undefined && { init: { detail: row.detail } }) }
  if (status >= 500) return { code: 'VENDOR_ERROR' }
  if (status >= 400) return { code: 'VENDOR_REJECTED' }
  return { code: 'VENDOR_REJECTED', init: { detail: `unexpected HTTP status ${status}; is the address of the node right?` } }
}

/** Peripheral error codes → our codes. Source: cisco.md section 1.9 (second table) and 6.3. */
const PERIPHERAL: Readonly<Record<number, ErrorCode>> = {
  10001: 'VENDOR_ERROR', // LOCK…: internal locking fault of the PG
  10002: 'VENDOR_ERROR',
  10003: 'VENDOR_ERROR',
  10004: 'DEVICE_INVALID', // NOINSTRUMENTFOREXTENSION
  10101: 'NOT_LOGGED_IN', // AGENTALREADYLOGGEDOUT
  10102: 'ALREADY_LOGGED_IN', // AGENTALREADYSIGNEDON
  10103: 'INVALID_TRANSITION', // AGENTAVAILORWORK
  10104: 'VENDOR_BUSY', // AGENTCANTGOUNVAILABLE: a retry normally succeeds
  10106: 'OFFER_PENDING', // AGENTRESERVED
  10108: 'INVALID_TRANSITION', // BADSTATETRANSITION
  10111: 'INVALID_TRANSITION', // CANTGOREADYFROMCURRENTSTATE
  10112: 'INVALID_TRANSITION', // CANTLOGOUTFROMCURRENTSTATE
  10125: 'DEVICE_INVALID', // NODEVICETARGETFORNETTARGETID
  20001: 'VENDOR_TIMEOUT', // CM TIMEOUT
  20065: 'DEVICE_INVALID', // CM device cannot be opened
  20119: 'DEVICE_INVALID', // CM device out of service
  20512: 'VENDOR_UNAVAILABLE', // CM provider closed
  20513: 'VENDOR_TIMEOUT', // CM protocol time-out
}

/** Control failure codes (CF_*) → our codes. Source: cisco.md sections 1.9 and 6.3. */
const CONTROL_FAILURE: Readonly<Record<number, ErrorCode>> = {
  2: 'INVALID_TRANSITION', // REQUEST_INCOMPATIBLE_WITH_OBJECT
  8: 'VENDOR_FORBIDDEN', // PRIVILEGE_VIOLATION on specified device
  9: 'VENDOR_FORBIDDEN',
  10: 'VENDOR_FORBIDDEN',
  12: 'DEVICE_INVALID', // invalid device identifier
  19: 'VENDOR_FORBIDDEN', // SECURITY_VIOLATION
  21: 'INVALID_TRANSITION', // GENERIC_STATE_INCOMPATIBILITY
  22: 'INVALID_TRANSITION', // INVALID_OBJECT_STATE
  31: 'VENDOR_BUSY', // SYSTEM_RESOURCE_AVAILABILITY
  32: 'VENDOR_BUSY', // SERVICE_BUSY
  33: 'VENDOR_BUSY', // RESOURCE_BUSY
  34: 'VENDOR_UNAVAILABLE', // RESOURCE_OUT_OF_SERVICE
  36: 'VENDOR_UNAVAILABLE', // NETWORK_OUT_OF_SERVICE
  44: 'VENDOR_BUSY', // OUTSTANDING_REQUEST_LIMIT
  78: 'VENDOR_TIMEOUT', // REQUEST_TIMEOUT_REJECTION
  256: 'CREDENTIALS_INVALID', // INVALID_AGENT_ID_SPECIFIED
  257: 'CREDENTIALS_INVALID', // INVALID_PASSWORD_SPECIFIED
  258: 'CREDENTIALS_INVALID', // INVALID_AGENT_ID_OR_PASSWORD_SPECIFIED
  259: 'ALREADY_LOGGED_IN', // SPECIFIED_AGENT_ALREADY_SIGNED_ON
  260: 'DEVICE_INVALID', // INVALID_LOGON_DEVICE_SPECIFIED
  261: 'DEVICE_INVALID', // INVALID_ANSWERING_DEVICE_SPECIFIED
  265: 'INVALID_TRANSITION', // INVALID_AGENT_WORKMODE
  266: 'REASON_INVALID', // INVALID_AGENT_REASON_CODE
  269: 'VENDOR_ERROR', // INTERNAL_PROCESSING_ERROR
  280: 'INVALID_TRANSITION', // WRAPUP_DATA_REQUIRED
  281: 'REASON_REQUIRED', // REASON_CODE_REQUIRED
  283: 'DEVICE_IN_USE', // SPECIFIED_EXTENSION_ALREADY_IN_USE
  287: 'DEVICE_INVALID', // DEVICE_RESTRICTED
  288: 'DEVICE_INVALID', // LINE_RESTRICTED
  289: 'ACCOUNT_LOCKED', // AGENT_ACCOUNT_LOCKED_OUT
  293: 'DEVICE_INVALID', // EXTENSION_NOT_UNIQUE
  1006: 'VENDOR_UNAVAILABLE', // PD_SERVICE_INACTIVE
  1015: 'VENDOR_UNAVAILABLE', // PERIPHERAL INTERFACE INACTIVE
}

/** Error types that say more than the number beside them. */
const ASYNC_TYPES: Readonly<Record<string, ErrorCode>> = {
  'invalid state': 'INVALID_TRANSITION',
  'device busy': 'DEVICE_IN_USE',
  'mode not allowed': 'DEVICE_INVALID',
  'invalid device': 'DEVICE_INVALID',
}

/** "Invalid State" with data 257 (a wrong password, by its name) is the answer to a NOT_READY of an agent who is logged out (section 4.3). */
const isLoggedOut = ({ type, data }: FinesseError): boolean => /^\s*invalid state\s*$/i.test(type ?? '') && Number(data) === 257

/** Outcome of an error that came as a notification: peripheral code, then type, then CF number. Pure. */
export function asyncVerdict(error: FinesseError): ErrorCode {
  const peripheral = PERIPHERAL[Number(error.peripheralCode)]
  if (peripheral !== undefined) return peripheral
  if (isLoggedOut(error)) return 'NOT_LOGGED_IN'
  const byType = ASYNC_TYPES[(error.type ?? '').trim().toLowerCase()]
  if (byType !== undefined) return byType
  const byNumber = CONTROL_FAILURE[Number(error.data)]
  if (byNumber !== undefined) return byNumber
  return (error.type ?? '').toLowerCase() === 'internal server error' ? 'VENDOR_ERROR' : 'VENDOR_REJECTED'
}

/** The vendor's own evidence, bounded; it never holds anything of our request. */
export function faultOf(error: FinesseError, extra: { readonly status?: number; readonly requestId?: string }): VendorFault {
  const cut = (value: string): string => value.slice(0, 300)
  const said = [error.message, error.peripheralMessage].filter((part) => part !== undefined && part !== '').join('; ')
  const code =
    error.peripheralCode !== undefined && error.peripheralCode !== '' ? `${error.data ?? ''}/${error.peripheralCode}` : error.data
  return {
    system: 'finesse',
    code: cut(code ?? (extra.status === undefined ? 'UNKNOWN' : String(extra.status))),
    ...(error.type !== undefined && { name: cut(error.type) }),
    ...(said !== '' && { message: cut(said) }),
    ...(extra.status !== undefined && { httpStatus: extra.status }),
    ...(extra.requestId !== undefined && { requestId: cut(extra.requestId) }),
  }
}
