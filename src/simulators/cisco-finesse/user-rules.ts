/**
 * What Finesse and the CCE (or CCX) behind it do with a change of state and with calls (vendors/cisco.md sections 4.2,
 * 4.3, 4.5). Changes users in place; sends nothing.
 */
import type { FinesseOptions } from './options.js'
import type { FinesseState, Pending, Population, User } from './population.js'

/** An asynchronous error as it is notified: CF number and name, and the peripheral's code where one is known. */
export interface AsyncError {
  readonly errorType: string
  readonly errorMessage: string
  readonly errorData: number
  readonly peripheralErrorCode?: number
  readonly peripheralErrorMsg?: string
}

export type Outcome =
  | { readonly kind: 'done'; readonly effect: 'applied' | 'unchanged'; readonly states: readonly Snapshot[] }
  | { readonly kind: 'deferred'; readonly states: readonly Snapshot[] }
  | { readonly kind: 'refused'; readonly error: AsyncError }

/** A user as notified at one instant. */
export type Snapshot = Readonly<User>

export interface ChangeRequest {
  readonly state: FinesseState
  readonly extension: string | undefined
  readonly reasonCodeId: number | undefined
  /** Asked for by a supervisor, not by the user. */
  readonly bySupervisor: boolean
  readonly requestId: string | undefined
}

const invalidState = (peripheralErrorCode?: number, peripheralErrorMsg?: string): Outcome => ({
  kind: 'refused',
  error: {
    errorType: 'Invalid State',
    errorMessage: 'CF_INVALID_OBJECT_STATE',
    errorData: 22,
    ...(peripheralErrorCode !== undefined && { peripheralErrorCode }),
    ...(peripheralErrorMsg !== undefined && { peripheralErrorMsg }),
  },
})

/** Captured in error-invalid-line.xml (section 7.5). */
const INVALID_DEVICE: AsyncError = {
  errorType: 'Invalid Device',
  errorMessage: 'CF_INVALID_LOGON_DEVICE_SPECIFIED',
  errorData: 260,
  peripheralErrorCode: 10125,
  peripheralErrorMsg: 'PERERR_TELDRIVE_NODEVICETARGETFORNETTARGETID',
}
const DEVICE_BUSY: AsyncError = { errorType: 'Device Busy', errorMessage: 'CF_SPECIFIED_EXTENSION_ALREADY_IN_USE', errorData: 283 }

export const isOnCall = (user: User): boolean => user.state === 'TALKING' || user.state === 'HOLD'
const isReserved = (user: User): boolean => user.state.startsWith('RESERVED')
const isWrapUp = (user: User): boolean => user.state === 'WORK' || user.state === 'WORK_READY'
export const isLoggedIn = (user: User): boolean => user.state !== 'LOGOUT' && user.state !== 'UNKNOWN'

/** Puts the user into a state; returns the user as it is then. */
export function enter(user: User, state: FinesseState, reason: { id?: number | undefined; system?: number } = {}): Snapshot {
  user.state = state
  user.reasonCodeId = reason.id
  user.systemCode = reason.system
  user.since = Date.now()
  if (state === 'LOGOUT') {
    user.extension = ''
    user.pending = undefined
    user.afterCall = undefined
  }
  return { ...user }
}

const done = (...states: Snapshot[]): Outcome => ({ kind: 'done', effect: 'applied', states })
const unchanged = (user: User): Outcome => ({ kind: 'done', effect: 'unchanged', states: [{ ...user }] })

/** What becomes of an accepted PUT of a state. */
export function changeState(user: User, request: ChangeRequest, site: { population: Population; options: FinesseOptions }): Outcome {
  switch (request.state) {
    case 'LOGIN':
      return login(user, request, site.population)
    case 'READY':
      return ready(user, request)
    case 'NOT_READY':
      return notReady(user, request, site.options)
    case 'LOGOUT':
      return logout(user, request, site.options)
    default:
      return invalidState()
  }
}

function login(user: User, request: ChangeRequest, population: Population): Outcome {
  // Signing in while signed in keeps the state (section 4.2).
  if (isLoggedIn(user)) return unchanged(user)
  const extension = request.extension ?? ''
  if (!population.extensions.has(extension)) return { kind: 'refused', error: INVALID_DEVICE }
  for (const other of population.users.values()) {
    if (other !== user && other.extension === extension) return { kind: 'refused', error: DEVICE_BUSY }
  }
  user.extension = extension
  return done(enter(user, 'LOGIN'), enter(user, 'NOT_READY'))
}

function ready(user: User, request: ChangeRequest): Outcome {
  if (user.state === 'READY') return unchanged(user)
  if (user.state === 'NOT_READY' || isWrapUp(user) || user.state === 'RESERVED_OUTBOUND') return done(enter(user, 'READY'))
  return isOnCall(user) && request.bySupervisor ? defer(user, request) : invalidState(10111, 'PERERR_TELDRIVE_CANTGOREADYFROMCURRENTSTATE')
}

function notReady(user: User, request: ChangeRequest, options: FinesseOptions): Outcome {
  // CCE: LOGOUT to NOT_READY yields errorData 257 (section 4.3).
  if (!isLoggedIn(user)) {
    return { kind: 'refused', error: { errorType: 'Invalid State', errorMessage: 'CF_INVALID_PASSWORD_SPECIFIED', errorData: 257 } }
  }
  if (isOnCall(user)) return defer(user, request)
  if (user.state === 'RESERVED') return invalidState(10106, 'PERERR_TELDRIVE_AGENTRESERVED')
  const system = request.bySupervisor ? supervisorCode(options, 'NOT_READY') : undefined
  if (user.state === 'NOT_READY' && user.reasonCodeId === request.reasonCodeId && user.systemCode === system) return unchanged(user)
  return done(enter(user, 'NOT_READY', { id: request.reasonCodeId, ...(system !== undefined && { system }) }))
}

function logout(user: User, request: ChangeRequest, options: FinesseOptions): Outcome {
  if (user.state === 'LOGOUT') return invalidState(10101, 'PERERR_TELDRIVE_AGENTALREADYLOGGEDOUT')
  if (request.bySupervisor) {
    if (isOnCall(user) || isReserved(user)) return defer(user, request)
    return done(enter(user, 'LOGOUT', { system: supervisorCode(options, 'LOGOUT') }))
  }
  const allowed = user.state === 'NOT_READY' || (options.deployment === 'UCCX' && user.state === 'READY')
  if (!allowed) return invalidState(10112, 'PERERR_TELDRIVE_CANTLOGOUTFROMCURRENTSTATE')
  return done(enter(user, 'LOGOUT', { id: request.reasonCodeId }))
}

/** CCE records 999, CCX 22 for a logout and 33 for not ready (sections 2.3, 4.2). */
export function supervisorCode(options: FinesseOptions, state: 'LOGOUT' | 'NOT_READY'): number {
  if (options.deployment === 'UCCE') return 999
  return state === 'LOGOUT' ? 22 : 33
}

function defer(user: User, request: ChangeRequest): Outcome {
  user.pending = { state: request.state, reason: request.reasonCodeId, requestId: request.requestId }
  return { kind: 'deferred', states: [{ ...user }] }
}

export function offerCall(user: User): Snapshot[] {
  if (user.state !== 'READY') throw new Error(`user ${user.id} is not READY`)
  user.afterCall = 'READY'
  return [enter(user, 'RESERVED')]
}

export function answerCall(user: User): Snapshot[] {
  if (!isLoggedIn(user)) throw new Error(`user ${user.id} is not signed in`)
  if (!isReserved(user)) user.afterCall = user.state
  return [enter(user, 'TALKING')]
}

/** The call ends: what was deferred takes effect, else wrap-up, else the state of before. */
export function endCall(user: User, wrapUp: boolean, options: FinesseOptions): { states: Snapshot[]; applied: Pending | undefined } {
  if (!isOnCall(user) && !isReserved(user)) throw new Error(`user ${user.id} is not on a call`)
  const { pending, afterCall = 'NOT_READY' } = user
  user.afterCall = undefined
  if (wrapUp && pending?.state !== 'LOGOUT') {
    return { states: [enter(user, afterCall === 'READY' && pending === undefined ? 'WORK_READY' : 'WORK')], applied: undefined }
  }
  return applyPending(user, afterCall === 'READY' ? 'READY' : 'NOT_READY', options)
}

export function endWrapUp(user: User, options: FinesseOptions): ReturnType<typeof endCall> {
  if (!isWrapUp(user)) throw new Error(`user ${user.id} is not in wrap-up`)
  return applyPending(user, user.state === 'WORK_READY' ? 'READY' : 'NOT_READY', options)
}

function applyPending(user: User, otherwise: FinesseState, options: FinesseOptions): ReturnType<typeof endCall> {
  const { pending } = user
  user.pending = undefined
  if (pending === undefined) return { states: [enter(user, otherwise)], applied: undefined }
  const system = pending.state === 'LOGOUT' ? { system: supervisorCode(options, 'LOGOUT') } : {}
  return { states: [enter(user, pending.state, { id: pending.reason, ...system })], applied: pending }
}
