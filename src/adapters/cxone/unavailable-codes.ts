import type { CanonicalReason, Reason } from '../../core/model/reason.js'
import { asObject, listOf, numberOf, pick, textOf, truthOf, type Json } from './lenient.js'
import { reasonKey } from './mapping.js'

/** One unavailable code, whichever of the vendor's shapes it came in. */
export interface UnavailableCode {
  readonly id: string
  readonly name: string
  readonly active: boolean
  readonly acw: boolean
  /** After this many minutes in the code the platform logs the agent out (section 4.4). */
  readonly timeoutMinutes?: number
  readonly raw: Json
}

/**
 * Reads a list of unavailable codes in any of the three shapes of vendors/cxone.md section 4.5.
 * Guarantees: undefined when there is no list at all, so that an unreadable answer is not taken for an empty team; a row
 * without id or name cannot be used by any call and is left out.
 */
export function parseUnavailableCodes(body: unknown): readonly UnavailableCode[] | undefined {
  const rows = Array.isArray(body) ? (body as readonly unknown[]) : listOf(body, 'unavailableCodes', 'agentUnavailableCodes')
  return rows?.flatMap((row) => codeOf(row) ?? [])
}

function codeOf(row: unknown): UnavailableCode | undefined {
  const id = textOf(pick(row, 'outStateId', 'id'))
  const name = textOf(pick(row, 'outStateName', 'name'))
  const raw = asObject(row)
  if (id === undefined || name === undefined || raw === undefined) return undefined
  const active = pick(row, 'isActive')
  const timeoutMinutes = numberOf(pick(row, 'agentTimeoutMins', 'agentTimeout'))
  return {
    id,
    name,
    active: active === undefined || truthOf(active),
    acw: isAcwRecord(raw),
    ...(timeoutMinutes !== undefined && { timeoutMinutes }),
    raw,
  }
}

/** The ACW flag of a vendor record, in any letter case. */
export function isAcwRecord(raw: Json | undefined): boolean {
  return truthOf(pick(raw, 'isACW'))
}

/** A code as a reason of ours. Negative codes are the platform's own (section 4.4). */
export function reasonOf(code: UnavailableCode, team: string | undefined, keys: Readonly<Record<string, CanonicalReason>>): Reason {
  const number = numberOf(code.id)
  const key = reasonKey(code.name, code.acw, keys)
  const notes = [
    ...(code.acw ? ['only directly after a contact'] : []),
    ...(code.timeoutMinutes === undefined ? [] : [`the platform logs the agent out after ${code.timeoutMinutes} minutes`]),
  ]
  return {
    id: code.id,
    name: code.name,
    type: 'NOT_READY',
    system: number !== undefined && number < 0,
    source: team === undefined ? 'GET unavailable-codes' : `GET teams/${team}/unavailable-codes`,
    raw: code.raw,
    ...(number !== undefined && { code: number }),
    ...(key !== undefined && { key }),
    ...(team !== undefined && { teams: [team] }),
    ...(notes.length > 0 && { description: notes.join('; ') }),
  }
}
