/** Bad manners of the simulated Finesse pair, as data. Operations are `PUT /User/{id}`, `GET /SystemInfo` …, `xmpp auth`, `xmpp publish`. */
export interface FaultPlay {
  readonly text: string
  readonly delayAll?: true
  readonly noEffect?: true
  /** What goes back over HTTP: the true answer, none, or something else. */
  readonly answer?: 'none' | 'accept' | 'status' | 'html' | 'broken-xml' | 'unauthorized' | 'unavailable' | 'too-many' | 'lower-camel'
  readonly events?: 'none' | 'first' | 'late' | 'twice' | 'reversed' | 'error'
  readonly lateEffect?: true
  readonly reset?: true
  /** The XMPP connection that should carry the event is cut, or says nothing more. */
  readonly xmpp?: 'cut' | 'silence' | 'refuse'
}

export const FAULTS = {
  slow: { text: 'Everything about this request happens `delayMs` (1000) late', delayAll: true },
  hang: { text: 'Swallowed: no effect, no answer', noEffect: true, answer: 'none', events: 'none' },
  'drop-before': { text: 'Connection reset before the request has an effect', noEffect: true, answer: 'none', events: 'none', reset: true },
  'drop-after': { text: 'The effect happens, then the connection is reset without an answer', answer: 'none', reset: true },
  'hang-after': { text: 'The effect happens, no answer comes', answer: 'none' },
  'http-status': { text: 'Answer with `status`, `body` and `retryAfter`; no effect', noEffect: true, answer: 'status', events: 'none' },
  'http-status-after': { text: 'The effect happens, the answer is `status`', answer: 'status' },
  'accept-then-nothing': { text: '202, then neither effect nor notification', noEffect: true, answer: 'accept', events: 'none' },
  'no-event': { text: 'Effect, but no notification', events: 'none' },
  'event-before-answer': { text: 'The notification comes before the 202', events: 'first' },
  'late-event': { text: 'The notification comes `delayMs` (1000) late, as it was at the time of the change', events: 'late' },
  'late-effect': { text: '202 at once, effect and notification `delayMs` (1000) later', answer: 'accept', lateEffect: true },
  'duplicate-event': { text: 'Every notification comes twice', events: 'twice' },
  'reorder-events': { text: 'The notifications of one request come in reverse order', events: 'reversed' },
  'async-error': {
    text: '202, then an error notification; `body` "errorData/peripheralErrorCode" (22/10112); no effect',
    noEffect: true,
    answer: 'accept',
    events: 'error',
  },
  'html-body': { text: '200 with an HTML page (a proxy); no effect', noEffect: true, answer: 'html', events: 'none' },
  'broken-xml': { text: '200 with XML that does not end; no effect', noEffect: true, answer: 'broken-xml', events: 'none' },
  unauthorized: { text: '401 Authorization Failure; no effect', noEffect: true, answer: 'unauthorized', events: 'none' },
  unavailable: {
    text: '503 Service Unavailable, with `retryAfter` if given; no effect',
    noEffect: true,
    answer: 'unavailable',
    events: 'none',
  },
  'too-many': { text: '429 with `retryAfter` if given; no effect', noEffect: true, answer: 'too-many', events: 'none' },
  'lower-camel-error': { text: 'A refusal is written with lowerCamel element names', answer: 'lower-camel' },
  'xmpp-refuse': { text: 'For `xmpp auth`: the notification service refuses the sign-in', xmpp: 'refuse' },
  'xmpp-cut': { text: 'For `xmpp publish`: the connection is cut and the notification is lost', xmpp: 'cut', events: 'none' },
  'xmpp-silence': { text: 'For `xmpp publish`: the connection stays and nothing more comes', xmpp: 'silence', events: 'none' },
} as const satisfies Readonly<Record<string, FaultPlay>>

const PLAIN: FaultPlay = { text: '' }

export function playOf(kind: string | undefined): FaultPlay {
  return kind !== undefined && kind in FAULTS ? FAULTS[kind as keyof typeof FAULTS] : PLAIN
}

export const FAULT_KINDS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(FAULTS).map(([kind, play]) => [kind, play.text]),
)
