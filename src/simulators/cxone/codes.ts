/** The platform's numbers and words (vendors/cxone.md 3.6, 4.3, 4.4). */

/** Agent states: id → word, in the order of the vendor's own list (4.3). */
export const STATE_NAMES = [
  'LoggedOut',
  'Available',
  'Unavailable',
  'InboundContact',
  'OutboundContact',
  'InboundConsult',
  'OutboundConsult',
  'Dialer',
  'LoggedIn',
] as const

export const STATE = {
  loggedOut: 0,
  available: 1,
  unavailable: 2,
  inboundContact: 3,
  outboundContact: 4,
  inboundConsult: 5,
  outboundConsult: 6,
  dialer: 7,
  loggedIn: 8,
} as const
export type StateId = (typeof STATE)[keyof typeof STATE]

/** Out-states that the system sets and nobody may choose (4.4). */
export const SYSTEM_OUT_STATES = {
  PreviewNotification: -13,
  LogoffPending: -12,
  PromisePending: -9,
  CallbackPending: -8,
  TransferPending: -7,
  DialerPending: -6,
  ConsultPending: -5,
  OutboundPending: -4,
  InboundPending: -3,
  HeldPartyAbandoned: -2,
  Refused: -1,
} as const
export type SystemOutState = keyof typeof SYSTEM_OUT_STATES

/** An unavailable code of the business unit. */
export interface UnavailableCode {
  readonly id: number
  readonly name: string
  readonly isAcw: boolean
  readonly isActive: boolean
  /** Minutes until the system logs the agent out; 30 to 720 (4.4). */
  readonly timeoutMinutes: number
}

export interface Team {
  readonly id: number
  readonly name: string
  readonly uuid: string
  codeIds: readonly number[]
}

/** The default codes. 13 is on teams 501 and 502 only, 18 on team 503 only, 17 is out of use. */
export const DEFAULT_CODES: readonly UnavailableCode[] = [
  { id: 11, name: 'Break', isAcw: false, isActive: true, timeoutMinutes: 120 },
  { id: 12, name: 'Lunch', isAcw: false, isActive: true, timeoutMinutes: 120 },
  { id: 13, name: 'Meeting', isAcw: false, isActive: true, timeoutMinutes: 240 },
  { id: 14, name: 'Training', isAcw: false, isActive: true, timeoutMinutes: 480 },
  { id: 15, name: 'After Call Work', isAcw: true, isActive: true, timeoutMinutes: 30 },
  { id: 16, name: 'Follow-up Mail', isAcw: true, isActive: true, timeoutMinutes: 60 },
  { id: 17, name: 'Old Break', isAcw: false, isActive: false, timeoutMinutes: 120 },
  { id: 18, name: 'Coaching', isAcw: false, isActive: true, timeoutMinutes: 120 },
]

export const DEFAULT_TEAMS: readonly Team[] = [
  { id: 501, name: 'Sales', uuid: '11eb0501-0000-4000-8000-000000000501', codeIds: [11, 12, 13, 14, 15, 17] },
  { id: 502, name: 'Service', uuid: '11eb0502-0000-4000-8000-000000000502', codeIds: [11, 12, 13, 15, 16] },
  { id: 503, name: 'Back Office', uuid: '11eb0503-0000-4000-8000-000000000503', codeIds: [11, 12, 15, 18] },
]

/** Causes of a refusal as the report shows them, in the order of the report's help page; the last one is `0`. */
export const REFUSAL_CAUSES = [
  'Bad Number',
  'Busy',
  'ContactAlreadyRouted',
  'Error',
  'Invalid Call Leg',
  'NoAnswer',
  'LinkFailed',
  'Dropped',
  'AgentLinkTimeout',
  'NA',
  '0',
] as const
