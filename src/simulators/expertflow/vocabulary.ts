/** The vendor's own words (expertflow.md §8.1). RESERVED and UNKNOWN exist in newer documents only. */
export const GLOBAL_STATES = ['LOGIN', 'NOT_READY', 'READY', 'LOGOUT'] as const
export type GlobalState = (typeof GLOBAL_STATES)[number]

/** MRD states of the shared object model, 2024 (expertflow.md §8.1). */
export const MRD_STATES = [
  'LOGOUT',
  'LOGIN',
  'NOT_READY',
  'PENDING_NOT_READY',
  'READY',
  'INTERRUPTED',
  'ACTIVE',
  'BUSY',
  'UNKNOWN',
] as const

/** RESERVED is reported by newer releases while a task is offered (option `reservedState`); nobody can ask for it. */
export type MrdState = (typeof MRD_STATES)[number] | 'RESERVED'

export type ReasonType = 'LOGOUT' | 'NOT_READY'

/** A reason as a client sends it and as presence repeats it: the whole document or only `id`, `name`, `type`. */
export interface ReasonCode {
  readonly id?: string
  readonly name?: string
  readonly type?: string
  readonly description?: string
  readonly code?: number
  readonly [more: string]: unknown
}

export type PresenceAction = 'AGENT_STATE_CHANGED' | 'AGENT_STATE_UNCHANGED'

export function isGlobalState(value: unknown): value is GlobalState {
  return (GLOBAL_STATES as readonly unknown[]).includes(value)
}

export function isMrdState(value: unknown): value is (typeof MRD_STATES)[number] {
  return (MRD_STATES as readonly unknown[]).includes(value)
}
