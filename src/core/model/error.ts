/**
 * Could the vendor have applied the request? This, not the HTTP method, decides about sending again (product rule 4).
 * `none`: certainly not · `unknown`: it may have · `applied`: it has.
 */
export const EFFECTS = ['none', 'unknown', 'applied'] as const
export type Effect = (typeof EFFECTS)[number]

/**
 * What the runner does with a failed attempt.
 * `never`: the command ends · `later`: try again with back-off · `park`: the vendor or the link is away, try again with
 * back-off without spending the attempt budget.
 */
export const RETRY_CLASSES = ['never', 'later', 'park'] as const
export type RetryClass = (typeof RETRY_CLASSES)[number]

export interface CatalogueEntry {
  readonly status: number
  readonly title: string
  readonly effect: Effect
  readonly retry: RetryClass
  /** What the caller can do about it. */
  readonly hint: string
}

/**
 * The one error catalogue. HTTP status, retry decision, OpenAPI enum and docs/errors.md follow from it; tests prove
 * them equal. Its column for Pega is in opencti-code.ts.
 */
export const ERROR_CATALOGUE = {
  // The caller's side
  INVALID_REQUEST: e(400, 'The request is not valid', 'none', 'never', 'Correct the fields named in `errors` and send again.'),
  UNAUTHENTICATED: e(401, 'No valid credentials', 'none', 'never', 'Send `Authorization: Bearer <API key>`.'),
  FORBIDDEN: e(403, 'Not allowed', 'none', 'never', 'Use a key that has the scope named in `detail`.'),
  NOT_FOUND: e(404, 'No such resource', 'none', 'never', 'Check the address.'),
  PLATFORM_NOT_FOUND: e(404, 'No such platform', 'none', 'never', 'List the platforms with GET /v1/platforms.'),
  AGENT_NOT_FOUND: e(404, 'The platform does not know this agent', 'none', 'never', 'Use the agent id of the platform itself.'),
  COMMAND_NOT_FOUND: e(404, 'No such command', 'none', 'never', 'Settled commands are kept for the configured retention only.'),
  METHOD_NOT_ALLOWED: e(405, 'Method not allowed', 'none', 'never', 'See the `Allow` header.'),
  PRECONDITION_FAILED: e(412, 'The state has changed meanwhile', 'none', 'never', 'Read the state again and decide anew.'),
  PAYLOAD_TOO_LARGE: e(413, 'The body is too large', 'none', 'never', 'Send at most 16 KiB.'),
  UNSUPPORTED_MEDIA_TYPE: e(415, 'Media type not supported', 'none', 'never', 'Send application/json.'),
  IDEMPOTENCY_IN_FLIGHT: e(409, 'A request with this key is still running', 'none', 'never', 'Wait for the first answer, then repeat.'),
  IDEMPOTENCY_MISMATCH: e(422, 'This key was used for another body', 'none', 'never', 'Use a new Idempotency-Key for a new request.'),
  TOO_MANY_READERS: e(503, 'Too many readers of events', 'none', 'never', 'Come back later, or ask another process of the site.'),
  // The domain
  UNSUPPORTED: e(422, 'This platform cannot do that', 'none', 'never', 'See GET /v1/platforms/{platform} for what it can do.'),
  INVALID_TRANSITION: e(409, 'The platform refused this change of state', 'none', 'never', 'Read the state; choose an allowed action.'),
  SAME_STATE: e(409, 'The agent is in that state already', 'none', 'never', 'Nothing to do; nothing was sent.'),
  NOT_LOGGED_IN: e(409, 'The agent is not logged in', 'none', 'never', 'Log the agent in first.'),
  ALREADY_LOGGED_IN: e(409, 'The agent is logged in elsewhere', 'none', 'never', 'Log the agent out there, or force it.'),
  OFFER_PENDING: e(409, 'A contact is being offered to the agent', 'none', 'later', 'The gateway tries again when the offer has ended.'),
  PARENT_NOT_READY: e(409, 'The agent must be READY before a channel can be', 'none', 'never', 'Send READY without a channel first.'),
  SESSION_TAKEN_OVER: e(
    409,
    "Another desktop took over the agent's session",
    'unknown',
    'never',
    'Use that desktop, or log in again here.',
  ),
  FORCED_LOGOUT_PENDING: e(409, 'A forced logout is under way', 'none', 'never', 'Wait until it has ended, then log in again.'),
  REASON_REQUIRED: e(422, 'A reason is required', 'none', 'never', 'Choose one of GET /v1/platforms/{platform}/reasons.'),
  REASON_INVALID: e(422, 'The platform does not know this reason', 'none', 'never', 'Choose one of `validReasons`.'),
  CREDENTIALS_REQUIRED: e(422, "The agent's credentials are needed", 'none', 'never', 'Send `credentials` with LOGIN, or configure them.'),
  CREDENTIALS_INVALID: e(422, 'The platform refused the credentials', 'none', 'never', 'Check user name and password.'),
  ACCOUNT_LOCKED: e(423, 'The account is locked at the platform', 'none', 'never', 'Have it unlocked; do not try again before.'),
  DEVICE_INVALID: e(422, 'The platform does not accept this station', 'none', 'never', 'Check the extension or station.'),
  DEVICE_IN_USE: e(409, 'The station is in use', 'none', 'never', 'Use another station or free this one.'),
  LICENSE_REFUSED: e(403, 'The platform has no licence for this', 'none', 'never', "Ask the platform's administrator."),
  SUPERSEDED: e(409, 'A newer command replaced this one', 'none', 'never', 'See `supersededBy`.'),
  CANCELLED: e(409, 'The command was cancelled', 'none', 'never', 'Send a new command if it is still wanted.'),
  NOT_CANCELLABLE: e(409, 'The command has ended or is on its way', 'none', 'never', 'Send the opposite command instead.'),
  NOT_REPLAYABLE: e(409, 'Only dead letters can be replayed', 'none', 'never', 'Send a new command.'),
  OBSOLETE: e(409, 'A newer command makes this one obsolete', 'none', 'never', 'Send a new command if it is still wanted.'),
  EXPIRED: e(410, 'The command expired before the platform took it', 'none', 'never', 'Send a new command if it is still wanted.'),
  // The vendor's side
  UNCONFIRMED: e(
    504,
    'The platform accepted the request but no evidence of its effect came',
    'unknown',
    'never',
    'Read the state; send again if needed.',
  ),
  VENDOR_UNAVAILABLE: e(
    503,
    'The platform cannot be reached',
    'none',
    'park',
    'Nothing to do: the gateway tries again until the command expires.',
  ),
  VENDOR_BUSY: e(503, 'The platform asks to wait', 'none', 'later', 'Nothing to do: the gateway tries again.'),
  VENDOR_TIMEOUT: e(504, 'The platform did not answer in time', 'unknown', 'later', 'The gateway reads the state before it tries again.'),
  VENDOR_AUTH: e(502, "The platform refused the gateway's own credentials", 'none', 'park', "Correct the platform's settings."),
  VENDOR_FORBIDDEN: e(
    502,
    'The platform does not allow the gateway this operation',
    'none',
    'never',
    "Give the gateway's account the permission.",
  ),
  VENDOR_PROTOCOL: e(
    502,
    'The platform answered something that cannot be understood',
    'unknown',
    'later',
    'See the vendor fields; report it if it stays.',
  ),
  VENDOR_REJECTED: e(502, 'The platform refused the request', 'none', 'never', 'See the vendor fields.'),
  VENDOR_ERROR: e(
    502,
    'The platform reported an error of its own',
    'unknown',
    'later',
    'The gateway reads the state before it tries again.',
  ),
  // Our own
  CIRCUIT_OPEN: e(503, 'The platform has failed too often; waiting', 'none', 'park', 'Nothing to do: the gateway tries again.'),
  STORE_UNAVAILABLE: e(
    503,
    'The gateway cannot store the command now',
    'none',
    'never',
    'Nothing was accepted. Send again after Retry-After.',
  ),
  PROCESS_CRASHED: e(
    502,
    'The gateway ended abnormally three times while it worked on this command',
    'unknown',
    'never',
    'Read the state; report the command; replay it when the cause is gone.',
  ),
  ENGINE_ROLLED_BACK: e(
    409,
    'The store was rolled back to an older snapshot; this command may be done or replaced long ago',
    'unknown',
    'never',
    'Read the state; replay it or send a new command if it is still wanted.',
  ),
  STOPPING: e(503, 'The gateway is stopping', 'none', 'never', 'Send again after Retry-After.'),
  INTERNAL: e(500, 'The gateway failed', 'unknown', 'never', 'Report it with the request id.'),
} as const satisfies Record<string, CatalogueEntry>

function e(status: number, title: string, effect: Effect, retry: RetryClass, hint: string): CatalogueEntry {
  return { status, title, effect, retry, hint }
}

export type ErrorCode = keyof typeof ERROR_CATALOGUE
export const ERROR_CODES = Object.keys(ERROR_CATALOGUE) as readonly ErrorCode[]

/** The vendor's own evidence, redacted: raw code, raw name, request id. */
export interface VendorFault {
  /** Which of the vendor's systems answered, for example `cti-server`, `finesse`, `agent-manager`. */
  readonly system: string
  /** The vendor's own code as text, unchanged. */
  readonly code: string
  readonly name?: string
  readonly message?: string
  readonly httpStatus?: number
  readonly requestId?: string
}

/** One offending field of a request, and the remedy. */
export interface FieldError {
  /** JSON pointer or parameter name. */
  readonly field: string
  readonly message: string
}

export interface CtiErrorInit {
  readonly detail?: string
  readonly fault?: VendorFault
  /** The vendor's wish, in ms. */
  readonly retryAfterMs?: number
  readonly cause?: unknown
  /** Overrides the catalogue where the thrower knows better, for example a refused connection (`none`). */
  readonly effect?: Effect
  readonly retry?: RetryClass
  readonly errors?: readonly FieldError[]
  readonly validReasons?: readonly string[]
}

/** The only error that crosses a layer of the gateway. Everything about it that is not in `init` comes from the catalogue. */
export class CtiError extends Error {
  override readonly name = 'CtiError'
  readonly code: ErrorCode
  readonly detail: string | undefined
  readonly fault: VendorFault | undefined
  readonly retryAfterMs: number | undefined
  readonly effect: Effect
  readonly retry: RetryClass
  readonly errors: readonly FieldError[] | undefined
  readonly validReasons: readonly string[] | undefined

  constructor(code: ErrorCode, init: CtiErrorInit = {}) {
    super(init.detail ?? ERROR_CATALOGUE[code].title, init.cause === undefined ? undefined : { cause: init.cause })
    this.code = code
    this.detail = init.detail
    this.fault = init.fault
    this.retryAfterMs = init.retryAfterMs
    this.effect = init.effect ?? ERROR_CATALOGUE[code].effect
    this.retry = init.retry ?? ERROR_CATALOGUE[code].retry
    this.errors = init.errors
    this.validReasons = init.validReasons
  }

  get status(): number {
    return ERROR_CATALOGUE[this.code].status
  }

  get title(): string {
    return ERROR_CATALOGUE[this.code].title
  }
}

/** Anything thrown → `CtiError`. A foreign error is `INTERNAL`: its text stays in `cause` and out of answers. */
export function toCtiError(error: unknown): CtiError {
  return error instanceof CtiError ? error : new CtiError('INTERNAL', { cause: error })
}
