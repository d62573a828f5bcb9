import type { CanonicalReason, Reason, ReasonType } from '../../core/model/reason.js'
import type { ExpertflowOptions } from './options.js'
import { fieldsOf, textOf, type PresenceReason } from './presence.js'

/** A reason on the wire: at least id, name and type (seed "changeAgentState"; section 6). */
export interface ReasonCode {
  readonly id: string
  readonly name: string
  readonly type: ReasonType
  readonly [more: string]: unknown
}

export const FORCED_LOGOUT_REASON = {
  name: 'FORCED_LOGOUT_BY_SUPERVISOR',
  description: 'Logout by supervisor',
  type: 'LOGOUT',
  code: 9,
  id: '62ffc95cf12b6ccf1594d934',
} as const satisfies ReasonCode

export const INACTIVITY_REASON = {
  name: 'SESSION_TIMEOUT_INACTIVITY',
  description: 'Logout due to no activity on interface',
  type: 'LOGOUT',
  code: 9,
  id: '12ffc95cf12b6ccf1594d948',
} as const satisfies ReasonCode

/** Reasons that Unified Admin does not list (seed "changeAgentState"; section 9.5). Both have code 9: the id tells them apart. */
export const SPECIAL_REASONS: readonly Reason[] = [
  system(FORCED_LOGOUT_REASON, 'SUPERVISOR.FORCED_LOGOUT'),
  system(INACTIVITY_REASON, 'SYSTEM.INACTIVITY'),
]

/** Canonical keys of reasons by the vendor's id (section 9.2) and by usual names. Names not listed have no key; nothing is guessed. */
export const KEY_BY_ID: Readonly<Record<string, CanonicalReason>> = {
  '62ffc95cf12b6ccf1594d781': 'OUT_OF_OFFICE', // 9.2, default LOGOUT reason
  '62ffc9e9f12b6ccf1594d88b': 'BREAK.SHORT', // 9.2, default NOT_READY reason
  '62ffc95cf12b6ccf1594d934': 'SUPERVISOR.FORCED_LOGOUT', // 9.5
  '12ffc95cf12b6ccf1594d948': 'SYSTEM.INACTIVITY', // 9.5
}

export const KEY_BY_NAME: Readonly<Record<string, CanonicalReason>> = {
  'out of office': 'OUT_OF_OFFICE', // 9.2 and the seed's sample
  'short break': 'BREAK.SHORT', // 9.2
  'lunch break': 'BREAK.LUNCH', // the seed's sample
  'end of shift': 'END_OF_SHIFT', // the seed's sample
  // No page of the vendor names these; they are what sites call it. The platform itself has wrap-up for single tasks only (11.1).
  'after call work': 'WRAP_UP',
  'after-call work': 'WRAP_UP',
  'wrap up': 'WRAP_UP',
  'wrap-up': 'WRAP_UP',
  callback: 'CALLBACK', // 12.3: re-routes all conversations from 4.10.5 on
  forced_logout_by_supervisor: 'SUPERVISOR.FORCED_LOGOUT', // 9.5
  session_timeout_inactivity: 'SYSTEM.INACTIVITY', // 9.5
}

/** Canonical key of a reason, by id first: a name may be given twice, an id not. */
export function keyOf(reason: PresenceReason): CanonicalReason | undefined {
  const byId = reason.id === undefined ? undefined : KEY_BY_ID[reason.id]
  return byId ?? (reason.name === undefined ? undefined : KEY_BY_NAME[reason.name.toLowerCase()])
}

/** Older builds say LOG_OUT (section 9.2). */
const TYPES: Readonly<Record<string, ReasonType>> = { LOGOUT: 'LOGOUT', LOG_OUT: 'LOGOUT', NOT_READY: 'NOT_READY' }

/**
 * The list of `GET /unified-admin/reasons` → ours, with the special reasons behind it.
 *
 * Guarantees: soft-deleted entries are left out; ids, names, types, codes and times unchanged, the document itself in `raw`;
 * entries without id, name or a known type are left out, because they could not be sent. The vendor's `?type=` is never
 * used: it returns both types (section 9.4).
 */
export function parseReasons(documents: readonly unknown[]): readonly Reason[] {
  const own = documents.map(parseReason).filter((reason) => reason !== undefined)
  const known = new Set(own.map((reason) => reason.id))
  return [...own, ...SPECIAL_REASONS.filter((reason) => !known.has(reason.id))]
}

function parseReason(value: unknown): Reason | undefined {
  const raw = fieldsOf(value)
  if (raw === undefined || raw['isDeleted'] === true) return undefined
  const id = textOf(raw['id'])
  const name = textOf(raw['name']) ?? textOf(raw['label'])
  const type = TYPES[textOf(raw['type']) ?? '']
  if (id === undefined || name === undefined || type === undefined) return undefined
  const key = keyOf({ id, name })
  const [description, createdAt, updatedAt] = [raw['description'], raw['createdAt'], raw['updatedAt']].map(textOf)
  return {
    id,
    name,
    type,
    system: SPECIAL_REASONS.some((special) => special.id === id),
    ...(typeof raw['code'] === 'number' && { code: raw['code'] }),
    ...(description !== undefined && { description }),
    ...(key !== undefined && { key }),
    ...(createdAt !== undefined && { createdAt }),
    ...(updatedAt !== undefined && { updatedAt }),
    source: 'GET /unified-admin/reasons',
    raw,
  }
}

/** A reason as it is sent: the least, or the whole document as the vendor's desks send it (section 6). */
export function wireReason(reason: Reason, form: ExpertflowOptions['reasonForm']): ReasonCode {
  const least = { id: reason.id, name: reason.name, type: reason.type }
  return form === 'document' ? { ...reason.raw, ...least } : least
}

function system(document: ReasonCode & { readonly code: number; readonly description: string }, key: CanonicalReason): Reason {
  const { id, name, type, code, description } = document
  return {
    id,
    name,
    type,
    code,
    description,
    key,
    system: true,
    source: 'changeAgentState, "Other Logout Scenarios"',
    raw: { ...document },
  }
}
