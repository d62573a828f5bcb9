/** Bad manners of the simulated tenant, as data. `operation` of a fault is the one of the journal, for example `POST /agents/{agentId}/state`. */

export interface FaultPlay {
  readonly text: string
  /** Answer instead of the handling: this status unless the fault names one. */
  readonly status?: number
  /** Body of that answer. */
  readonly body?: 'oauth' | 'html' | 'none' | 'text'
  /** The fault's `retryAfter` becomes the Retry-After header. */
  readonly retryAfter?: true
  /** The caller's token is revoked. */
  readonly revoke?: true
  /** Everything waits `delayMs` first. */
  readonly slow?: true
  /** The request is handled, but nothing changes. */
  readonly noEffect?: true
  /** The change comes `delayMs` later than the answer, out of the agent's order. */
  readonly lateEffect?: true
  /** What happens to the connection instead of an answer: reset, half an answer, or silence. */
  readonly connection?: 'reset' | 'truncate' | 'silence'
  /** The request is handled before the fault's answer or the cut of the connection. */
  readonly handled?: true
  /** An AgentError event follows. */
  readonly agentError?: true
  /** Answer of a data download: 200 with errorMessage. */
  readonly errorMessage?: true
}

export const FAULTS = {
  'rate-limit': {
    text: '429 with the body’s text; Retry-After as `retryAfter` has it ("3", an HTTP date, or "date+3" for an HTTP date in 3 s), none without',
    status: 429,
    retryAfter: true,
    body: 'oauth',
  },
  unavailable: { text: '503, Retry-After as with rate-limit', status: 503, retryAfter: true, body: 'oauth' },
  'expired-token': {
    text: 'The token is revoked and the request answered with 401: expiry in mid-flight',
    status: 401,
    revoke: true,
    body: 'oauth',
  },
  forbidden: { text: '403', status: 403, body: 'oauth' },
  error: { text: 'Answer with `status` (500) and `body` as error_description; no effect', status: 500, body: 'oauth' },
  html: { text: 'Answer with `status` (502) and an HTML page; no effect', status: 502, body: 'html' },
  'ic-status': {
    text: 'Answer with `status` (400), no body, and `body` in the icStatusDescription header; no effect',
    status: 400,
    body: 'none',
  },
  raw: { text: 'Answer with `status` (200) and `body` as it stands, whatever it is; no effect', status: 200, body: 'text' },
  'drop-before': { text: 'Connection reset before the request has an effect', connection: 'reset' },
  'drop-after': { text: 'The request is carried out, then the connection is reset without an answer', connection: 'reset', handled: true },
  truncate: { text: 'The request is carried out; half of the answer’s body comes, then a reset', connection: 'truncate', handled: true },
  'error-after': { text: 'The request is carried out, the answer is `status` (500)', status: 500, body: 'oauth', handled: true },
  'accept-then-nothing': { text: 'The true success answer, and nothing changes', noEffect: true },
  'agent-error': {
    text: 'As accept-then-nothing, and an AgentError event with ResultCode `body` (InvalidState) follows',
    noEffect: true,
    agentError: true,
  },
  'delayed-effect': {
    text: 'The true answer at once, the change `delayMs` (1000) later, out of order if others overtake it',
    lateEffect: true,
  },
  slow: { text: 'Everything about this request happens `delayMs` (1000) late', slow: true },
  hang: { text: 'Swallowed: no effect, no answer, the connection stays open', connection: 'silence' },
  'hang-after': { text: 'The request is carried out, no answer comes, the connection stays open', connection: 'silence', handled: true },
  'report-error': { text: 'A data download answers 200 with `body` as errorMessage', status: 200, errorMessage: true },
  'report-empty': { text: 'A data download answers 204', status: 204, body: 'none' },
} as const satisfies Readonly<Record<string, FaultPlay>>

export const FAULT_KINDS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(FAULTS).map(([kind, play]) => [kind, play.text]),
)

const PLAIN: FaultPlay = { text: '' }

export function playOf(kind: string | undefined): FaultPlay {
  return kind !== undefined && kind in FAULTS ? FAULTS[kind as keyof typeof FAULTS] : PLAIN
}

/** `date+3` → an HTTP date three seconds from now; anything else stays as it is. */
export function retryAfterText(value: string, now: number): string {
  const seconds = /^date\+(\d+)$/.exec(value)?.[1]
  return seconds === undefined ? value : new Date(now + Number(seconds) * 1000).toUTCString()
}
