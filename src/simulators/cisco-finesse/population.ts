import type { FinesseOptions } from './options.js'

/** Finesse state words (vendors/cisco.md section 4.3). */
export const FINESSE_STATES = [
  'LOGIN',
  'LOGOUT',
  'NOT_READY',
  'READY',
  'RESERVED',
  'RESERVED_OUTBOUND',
  'RESERVED_OUTBOUND_PREVIEW',
  'TALKING',
  'HOLD',
  'WORK',
  'WORK_READY',
  'UNKNOWN',
] as const
export type FinesseState = (typeof FINESSE_STATES)[number]

export type ReasonCategory = 'NOT_READY' | 'LOGOUT'

export interface ReasonCode {
  readonly id: number
  readonly category: ReasonCategory
  readonly code: number
  readonly label: string
  readonly forAll: boolean
}

/** What waits for the end of a call. */
export interface Pending {
  readonly state: FinesseState
  readonly reason: number | undefined
  readonly requestId: string | undefined
  readonly journalSeq?: number
}

export interface User {
  readonly id: string
  readonly loginName: string
  readonly password: string
  readonly firstName: string
  readonly lastName: string
  readonly teamId: number
  readonly roles: readonly ('Agent' | 'Supervisor' | 'Administrator')[]
  /** Teams that this user supervises. */
  readonly supervises: readonly number[]
  readonly home: string
  extension: string
  state: FinesseState
  /** Database id of the configured reason that stands on the state. */
  reasonCodeId: number | undefined
  /** Code of a system reason (999, 255 …), which no list holds; for the control API only. */
  systemCode: number | undefined
  pending: Pending | undefined
  afterCall: FinesseState | undefined
  /** Epoch ms. */
  since: number
  wrongPasswords: number
  /** Epoch ms until which the user is locked out. */
  lockedUntil: number
  /** Raised by `expire-tokens`: older tokens are refused. */
  tokenGeneration: number
}

export interface Population {
  readonly users: ReadonlyMap<string, User>
  readonly extensions: ReadonlySet<string>
  readonly reasons: Map<number, ReasonCode>
}

export const TEAM = { id: 1, name: 'Default' } as const

/** Database ids differ from codes on purpose: `reasonCodeId` is the id (section 4.2). */
const REASONS: readonly ReasonCode[] = [
  { id: 11, category: 'NOT_READY', code: 101, label: 'Lunch', forAll: true },
  { id: 12, category: 'NOT_READY', code: 102, label: 'Break', forAll: true },
  { id: 13, category: 'NOT_READY', code: 103, label: 'Meeting', forAll: true },
  { id: 21, category: 'LOGOUT', code: 201, label: 'End of Shift', forAll: true },
  { id: 22, category: 'LOGOUT', code: 202, label: 'Training', forAll: true },
]

function makeUser(identity: Pick<User, 'id' | 'roles' | 'supervises' | 'home'>, loggedIn: boolean): User {
  return {
    ...identity,
    loginName: `agent${identity.id}`,
    password: `secret-${identity.id}`,
    firstName: 'Agent',
    lastName: identity.id,
    teamId: TEAM.id,
    extension: loggedIn ? identity.home : '',
    state: loggedIn ? 'NOT_READY' : 'LOGOUT',
    reasonCodeId: undefined,
    systemCode: undefined,
    pending: undefined,
    afterCall: undefined,
    since: Date.now(),
    wrongPasswords: 0,
    lockedUntil: 0,
    tokenGeneration: 0,
  }
}

/** Users, extensions and reason lists of a fresh site. */
export function populate(options: FinesseOptions): Population {
  const agents = Array.from({ length: options.agents }, (_, index) =>
    makeUser({ id: String(1001 + index), roles: ['Agent'], supervises: [], home: String(2001 + index) }, index < options.loggedIn),
  )
  const supervisor = makeUser({ id: '900', roles: ['Agent', 'Supervisor'], supervises: [TEAM.id], home: '1900' }, false)
  const stranger = makeUser({ id: '901', roles: ['Agent', 'Supervisor'], supervises: [TEAM.id + 1], home: '1901' }, false)
  const admin = makeUser({ id: '800', roles: ['Administrator'], supervises: [], home: '1800' }, false)
  const users = [...agents, supervisor, stranger, admin]
  const configured = REASONS.filter((reason) => options.reasonLists === 'both' || options.reasonLists === reason.category)
  return {
    users: new Map(users.map((user) => [user.id, user])),
    extensions: new Set(users.map((user) => user.home)),
    reasons: new Map(configured.map((reason) => [reason.id, reason])),
  }
}
