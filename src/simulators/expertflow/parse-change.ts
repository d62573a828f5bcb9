import type { ChangeRequest } from './state-change.js'
import { isGlobalState, isMrdState, type ReasonCode } from './vocabulary.js'

export interface Unreadable {
  readonly error: 'error.validation' | 'error.invalid-field-format'
  readonly message: string
}

type Bag = Readonly<Record<string, unknown>>

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value)
}

export function isBag(value: unknown): value is Bag {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The payload of `changeAgentState` (expertflow.md §6). What the routing engine would answer to its translation into
 * `/agent-state` or `/mrd-state` is returned as {@link Unreadable} (§10.2).
 */
export function parseChange(payload: unknown): ChangeRequest | Unreadable {
  if (!isBag(payload)) return invalid('payload must be an object')
  if (payload.action === 'agentState') return parseGlobalChange(payload)
  if (payload.action === 'agentMRDState') return parseMrdChange(payload)
  return badFormat('action must be agentState or agentMRDState')
}

/** `{ agentId, state: { name, reasonCode? } }`, as in `PUT /agent-state` (expertflow.md §10.1). */
export function parseGlobalChange(payload: Bag): ChangeRequest | Unreadable {
  const missing = parseAgentId(payload)
  if (missing !== undefined) return missing
  if (!isBag(payload.state))
    return payload.state === undefined || payload.state === null ? invalid('state is required') : badFormat('state must be an object')
  const { name, reasonCode } = payload.state
  if (!isGlobalState(name)) return badFormat('state.name is not an agent state')
  const reason = parseReason(reasonCode)
  if (reason === undefined) return badFormat('state.reasonCode must be an object or null')
  return { kind: 'global', agentId: String(payload.agentId), state: name, reason }
}

/** `{ agentId, mrdId, state }`, as in `PUT /mrd-state` (expertflow.md §10.1). */
export function parseMrdChange(payload: Bag): ChangeRequest | Unreadable {
  const missing = parseAgentId(payload)
  if (missing !== undefined) return missing
  if (typeof payload.mrdId !== 'string' || payload.mrdId === '') return invalid('mrdId is required')
  if (payload.state === undefined || payload.state === null) return invalid('state is required')
  if (!isMrdState(payload.state)) return badFormat('state is not an MRD state')
  return { kind: 'mrd', agentId: String(payload.agentId), mrdId: payload.mrdId, state: payload.state }
}

function parseAgentId(payload: Bag): Unreadable | undefined {
  if (payload.agentId === undefined || payload.agentId === null || payload.agentId === '') return invalid('agentId is required')
  return isUuid(payload.agentId) ? undefined : badFormat('agentId must be a UUID')
}

/** Absent, null and the empty string (Finesse bridge) all mean "no reason" (expertflow.md §6). */
function parseReason(value: unknown): ReasonCode | null | undefined {
  if (value === undefined || value === null || value === '') return null
  return isBag(value) ? value : undefined
}

const invalid = (message: string): Unreadable => ({ error: 'error.validation', message })
const badFormat = (message: string): Unreadable => ({ error: 'error.invalid-field-format', message })
