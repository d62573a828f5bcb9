/**
 * The states of the session with one CTI Server pair, as a table. The drawing in docs/platforms/cisco-cti.md is made from
 * it (vendors/cisco.md sections 1.5, 1.8 and 1.11). Pure.
 */
export const SESSION_STATES = ['STOPPED', 'CONNECTING', 'OPENING', 'IN_SERVICE', 'DEGRADED', 'CLOSING', 'WAITING'] as const
export type SessionState = (typeof SESSION_STATES)[number]

export const SESSION_EVENTS = [
  'start',
  'connected',
  'connect-failed',
  'opened',
  'opened-degraded',
  'version-refused',
  'open-refused',
  'open-unanswered',
  'pg-degraded',
  'pg-normal',
  'lost',
  'server-leaves',
  'closed',
  'wait-over',
  'stop',
  'closed-for-good',
] as const
export type SessionEvent = (typeof SESSION_EVENTS)[number]

interface Transition {
  readonly from: SessionState
  readonly on: SessionEvent
  readonly to: SessionState
  /** What happens, and where the documents say so. */
  readonly why: string
}

const t = (from: SessionState, on: SessionEvent, to: SessionState, why: string): Transition => ({ from, on, to, why })

export const TRANSITIONS: readonly Transition[] = [
  t('STOPPED', 'start', 'CONNECTING', 'side A first, TCP or TLS'),
  t('CONNECTING', 'connected', 'OPENING', 'OPEN_REQ with the newest version not yet refused'),
  t('CONNECTING', 'connect-failed', 'WAITING', 'next rung of the ladder (1.11)'),
  t('CONNECTING', 'stop', 'STOPPED', ''),
  t('OPENING', 'opened', 'IN_SERVICE', 'OPEN_CONF; every known agent is asked again'),
  t('OPENING', 'opened-degraded', 'DEGRADED', 'OPEN_CONF with PGStatus (1.10)'),
  t('OPENING', 'version-refused', 'CONNECTING', 'FAILURE_CONF 1: same side, next version (1.1)'),
  t('OPENING', 'open-refused', 'WAITING', 'standby, maintenance, password … (1.8)'),
  t('OPENING', 'open-unanswered', 'WAITING', 'no answer in 30 s (1.11)'),
  t('OPENING', 'lost', 'WAITING', ''),
  t('OPENING', 'stop', 'STOPPED', ''),
  ...(['IN_SERVICE', 'DEGRADED'] as const).flatMap((from) => [
    t(from, 'lost', 'WAITING', 'reset, three heart-beats unanswered, broken framing (1.11)'),
    t(from, 'server-leaves', 'CLOSING', 'FAILURE_EVENT, or maintenance: CLOSE_REQ (1.11)'),
    t(from, 'stop', 'CLOSING', 'CLOSE_REQ status 0'),
  ]),
  t('IN_SERVICE', 'pg-degraded', 'DEGRADED', 'SYSTEM_EVENT with PGStatus (1.10)'),
  t('DEGRADED', 'pg-normal', 'IN_SERVICE', 'SYSTEM_EVENT with PGStatus 0'),
  t('CLOSING', 'closed', 'WAITING', 'CLOSE_CONF, or 5 s without it; then a hard reset (1.11)'),
  t('CLOSING', 'stop', 'CLOSING', ''),
  t('CLOSING', 'closed-for-good', 'STOPPED', 'the gateway stops'),
  t('WAITING', 'wait-over', 'CONNECTING', 'last good side, other side, growing pauses (1.11)'),
  t('WAITING', 'stop', 'STOPPED', ''),
]

const table = new Map(TRANSITIONS.map((row) => [`${row.from}|${row.on}`, row.to]))

/** The state after an event; undefined where the event has no meaning in this state. */
export function nextState(state: SessionState, event: SessionEvent): SessionState | undefined {
  return table.get(`${state}|${event}`)
}

/** The table as a Mermaid state diagram. */
export function sessionDiagram(): string {
  const rows = TRANSITIONS.map(
    ({ from, on, to, why }) => `    ${from} --> ${to}: ${on}${why === '' ? '' : ` · ${why.replace(/[:;]/g, ',')}`}`,
  )
  return ['stateDiagram-v2', '    [*] --> STOPPED', ...rows].join('\n')
}
