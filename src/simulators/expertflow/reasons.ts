import type { ReasonCode, ReasonType } from './vocabulary.js'

/** A reason document of Unified Admin (expertflow.md §9.2, 2025 form). */
export interface Reason {
  readonly name: string
  readonly description: string
  readonly type: ReasonType
  readonly isDeleted: boolean
  readonly createdAt: string
  readonly updatedAt: string
  readonly code: number
  readonly id: string
}

/** The payload of the changeAgentState page, field by field (seed "changeAgentState"; §9.2). */
export const DEFAULT_REASONS: readonly Reason[] = [
  {
    name: 'Out Of Office',
    description: 'A default log out reason code',
    type: 'LOGOUT',
    isDeleted: false,
    createdAt: '2025-10-09T05:25:49.866Z',
    updatedAt: '2025-10-09T05:25:49.866Z',
    code: 1,
    id: '62ffc95cf12b6ccf1594d781',
  },
  {
    name: 'Short Break',
    description: 'A default not ready reason code',
    type: 'NOT_READY',
    isDeleted: false,
    createdAt: '2025-10-09T05:25:49.964Z',
    updatedAt: '2025-10-09T05:25:49.964Z',
    code: 2,
    id: '62ffc9e9f12b6ccf1594d88b',
  },
]

/** Reasons that Unified Admin does not store. Both carry code 9 (expertflow.md §9.5). */
export const FORCED_LOGOUT_BY_SUPERVISOR: ReasonCode = {
  name: 'FORCED_LOGOUT_BY_SUPERVISOR',
  description: 'Logout by supervisor',
  type: 'LOGOUT',
  code: 9,
  id: '62ffc95cf12b6ccf1594d934',
}

export const SESSION_TIMEOUT_INACTIVITY: ReasonCode = {
  name: 'SESSION_TIMEOUT_INACTIVITY',
  description: 'Logout due to no activity on interface',
  type: 'LOGOUT',
  code: 9,
  id: '12ffc95cf12b6ccf1594d948',
}

export interface ReasonInput {
  readonly name: string
  readonly description: string
  readonly type: ReasonType
}

/** What a write came to: the document, or the vendor's refusal (expertflow.md §9.3). */
export type ReasonWrite = { reason: Reason } | { conflict: true } | { unknown: true } | { notAllowed: true }

/** The reasons of Unified Admin. Deleting is soft: the entry stays in the list with `isDeleted` (§9.2, §14 no. 9). */
export function createReasonStore() {
  let reasons: Reason[] = [...DEFAULT_REASONS]
  let created = 0

  const conflicts = (input: ReasonInput, except?: string) =>
    reasons.some((other) => !other.isDeleted && other.id !== except && other.name === input.name && other.type === input.type)

  const replace = (id: string, change: Partial<Reason>): ReasonWrite => {
    const at = reasons.findIndex((reason) => reason.id === id)
    const old = reasons[at]
    if (old === undefined || old.isDeleted) return { unknown: true }
    const reason = { ...old, ...change, updatedAt: new Date().toISOString() }
    reasons[at] = reason
    return { reason }
  }

  return {
    /** With `defect`, "type" is compared with "less or equal", as the 2024 controller does (§9.4). */
    list(type: string | undefined, filter: 'defect' | 'exact'): Reason[] {
      if (type === undefined) return [...reasons]
      const wanted = type.toUpperCase()
      return reasons.filter((reason) => (filter === 'defect' ? reason.type <= wanted : reason.type === wanted))
    },
    find: (id: string): Reason | undefined => reasons.find((reason) => reason.id === id && !reason.isDeleted),
    create(input: ReasonInput): ReasonWrite {
      if (conflicts(input)) return { conflict: true }
      created += 1
      const now = new Date().toISOString()
      const code = Math.max(...reasons.map((reason) => reason.code)) + 1
      const id = `62ffc95cf12b6ccf${created.toString(16).padStart(8, '0')}`
      const reason: Reason = { ...input, isDeleted: false, createdAt: now, updatedAt: now, code, id }
      reasons.push(reason)
      return { reason }
    },
    update: (id: string, input: ReasonInput): ReasonWrite => (conflicts(input, id) ? { conflict: true } : replace(id, input)),
    remove: (id: string): ReasonWrite =>
      DEFAULT_REASONS.some((reason) => reason.id === id) ? { notAllowed: true } : replace(id, { isDeleted: true }),
    reset(): void {
      reasons = [...DEFAULT_REASONS]
      created = 0
    },
  }
}

export type ReasonStore = ReturnType<typeof createReasonStore>
