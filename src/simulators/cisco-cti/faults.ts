/** Bad manners of the simulated CTI Server, as data. `operation` of a fault is the message name, for example `SET_AGENT_STATE_REQ`. */

/** How a request is treated while the fault is played. */
export interface FaultPlay {
  readonly text: string
  /** Wait `delayMs` before anything else. */
  readonly delayAll?: true
  /** The request changes nothing. */
  readonly noEffect?: true
  /** What is answered: the true answer, none, a bare confirmation, a refusal, or a confirmation followed by a refusal. */
  readonly answer?: 'none' | 'conf' | 'failure' | 'control-failure' | 'conf-then-control-failure' | 'twice' | 'late' | 'wrong-invoke-id'
  /** Form of a FAILURE_CONF. */
  readonly form?: 'short' | 'long'
  readonly events?: 'none' | 'first' | 'late' | 'twice' | 'reversed'
  /** The effect comes `delayMs` after the confirmation. */
  readonly lateEffect?: true
  /** What is done to the connection. */
  readonly connection?: 'reset' | 'half-open' | 'garbage' | 'absurd-length' | 'truncate' | 'split' | 'failure-event'
  /** Floating fields with a tag that nobody knows are added. */
  readonly unknownTag?: true
  /** Services that OPEN_CONF grants. */
  readonly grant?: 'narrow' | 'read-only'
}

export const FAULTS = {
  slow: { text: 'Everything about this request happens `delayMs` (1000) late', delayAll: true },
  hang: {
    text: 'Swallowed: no effect, no answer; for HEARTBEAT_REQ this is heart-beat loss',
    noEffect: true,
    answer: 'none',
    events: 'none',
  },
  'drop-before': {
    text: 'Connection reset before the request has an effect',
    noEffect: true,
    answer: 'none',
    events: 'none',
    connection: 'reset',
  },
  'drop-after': { text: 'The effect happens, then the connection is reset without an answer', answer: 'none', connection: 'reset' },
  'half-open': {
    text: 'From this request on the connection stays open and says nothing more; this request has no effect',
    noEffect: true,
    answer: 'none',
    events: 'none',
    connection: 'half-open',
  },
  'half-open-after': { text: 'The effect happens, and the connection says nothing more', answer: 'none', connection: 'half-open' },
  'no-conf': { text: 'Effect and event, but no confirmation', answer: 'none' },
  'no-event': { text: 'Effect and confirmation, but no event to anybody', events: 'none' },
  'accept-then-nothing': { text: 'Confirmation, then neither effect nor event', noEffect: true, answer: 'conf', events: 'none' },
  'event-before-conf': { text: 'The event comes before the confirmation', events: 'first' },
  'late-event': { text: 'Effect and confirmation at once, the event `delayMs` (1000) later', events: 'late' },
  'late-conf': { text: 'Effect and event at once, the confirmation `delayMs` (1000) later', answer: 'late' },
  'late-effect': { text: 'Confirmation at once, effect and event `delayMs` (1000) later', answer: 'conf', lateEffect: true },
  'late-failure': {
    text: 'Confirmation, then CONTROL_FAILURE_CONF with `body` "CF/PERERR" (default 22/10108); no effect',
    noEffect: true,
    answer: 'conf-then-control-failure',
    events: 'none',
  },
  'failure-conf': {
    text: 'FAILURE_CONF with the E_CTI number in `body` (default 17); no effect',
    noEffect: true,
    answer: 'failure',
    events: 'none',
  },
  'failure-conf-short': { text: 'The same in the 8-byte form', noEffect: true, answer: 'failure', form: 'short', events: 'none' },
  'failure-conf-long': { text: 'The same in the 10-byte form', noEffect: true, answer: 'failure', form: 'long', events: 'none' },
  'control-failure': {
    text: 'CONTROL_FAILURE_CONF with `body` "CF/PERERR" (default 22/10112); no effect',
    noEffect: true,
    answer: 'control-failure',
    events: 'none',
  },
  'duplicate-conf': { text: 'The answer comes twice', answer: 'twice' },
  'duplicate-event': { text: 'Every event comes twice', events: 'twice' },
  'reorder-events': { text: 'The events of one request come in reverse order', events: 'reversed' },
  'wrong-invoke-id': { text: 'The answer carries an InvokeID that nobody sent', answer: 'wrong-invoke-id' },
  garbage: { text: 'A frame of random bytes with an unknown type comes before the answer', connection: 'garbage' },
  'absurd-length': { text: 'A header that announces 2 GiB comes instead of the answer', answer: 'none', connection: 'absurd-length' },
  truncate: { text: 'Half of the answer, then the connection is reset', connection: 'truncate' },
  split: { text: 'The answer comes in segments of one byte', connection: 'split' },
  'failure-event': { text: 'FAILURE_EVENT with the status in `body` (default 15) follows the answer', connection: 'failure-event' },
  'unknown-tag': { text: 'Answer and events carry floating fields with unknown tags', unknownTag: true },
  'narrow-grant': { text: 'OPEN_CONF grants 0x2000 in place of 0x4', grant: 'narrow' },
  'read-only-grant': { text: 'OPEN_CONF grants neither 0x4 nor 0x2000', grant: 'read-only' },
} as const satisfies Readonly<Record<string, FaultPlay>>

export type FaultKind = keyof typeof FAULTS

export const FAULT_KINDS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(FAULTS).map(([kind, play]) => [kind, play.text]),
)

/** No fault. */
const PLAIN: FaultPlay = { text: '' }

export function playOf(kind: string | undefined): FaultPlay {
  return kind !== undefined && kind in FAULTS ? FAULTS[kind as FaultKind] : PLAIN
}

/** Reads "22/10112" of a fault's body; missing parts take the default. */
export function failureOf(body: string | undefined, fallback: readonly [number, number]): [failure: number, peripheralError: number] {
  const [failure, peripheralError] = (body ?? '').split('/')
  return [failure ? Number(failure) : fallback[0], peripheralError ? Number(peripheralError) : failure ? 0 : fallback[1]]
}
