export const REASON_TYPES = ['LOGOUT', 'NOT_READY'] as const
export type ReasonType = (typeof REASON_TYPES)[number]

/**
 * One reason of one platform with a lossless reference to the vendor's own record.
 *
 * Keyed by `id`, never by `code`: Expertflow uses code 9 twice (vendors/expertflow.md section 9.5), CXone's names are
 * compared without regard to letter case in one call and by numeric id in the next (vendors/cxone.md section 12).
 */
export interface Reason {
  /** The vendor's stable identifier; where the vendor has none, a documented surrogate such as `NOT_READY:50002`. */
  readonly id: string
  readonly code?: number
  readonly name: string
  readonly type: ReasonType
  readonly description?: string
  /** Canonical key, for example `SUPERVISOR.FORCED_LOGOUT`; see `CANONICAL_REASONS`. */
  readonly key?: CanonicalReason
  /** Written by the vendor's system; shown and reported, but not to be chosen by a caller. */
  readonly system: boolean
  readonly createdAt?: string
  readonly updatedAt?: string
  /** Teams that may use it; missing means all. */
  readonly teams?: readonly string[]
  /** Which document or call this comes from, and how sure we are. */
  readonly source?: string
  /** The vendor's own wording of what the code means, where `description` is ours. */
  readonly vendorText?: string
  /** The one product of the vendor that writes it. */
  readonly appliesTo?: string
  /** Where the vendor's documents disagree, or what one has to know. */
  readonly note?: string
  /** The vendor's record as it came, for the adapter's own use when it must be sent back whole. */
  readonly raw?: Readonly<Record<string, unknown>>
}

/** How a caller names a reason: a canonical key, or the vendor's id, code or name. Exactly one text. */
export type ReasonSelector = string

/** The canonical taxonomy. Stable wire values; a new one is added, none is renamed. */
export const CANONICAL_REASONS = [
  'BREAK.SHORT',
  'BREAK.LUNCH',
  'MEETING',
  'TRAINING',
  'ADMINISTRATION',
  'CALLBACK',
  'OUT_OF_OFFICE',
  'END_OF_SHIFT',
  'WRAP_UP',
  'SUPERVISOR.FORCED_LOGOUT',
  'SUPERVISOR.FORCED_NOT_READY',
  'SYSTEM.INACTIVITY',
  'SYSTEM.NO_ANSWER',
  'SYSTEM.DEVICE_LOST',
  'SYSTEM.DEVICE_CONFLICT',
  'SYSTEM.CONNECTION_LOST',
  'SYSTEM.FAILOVER',
  'SYSTEM.RESTART',
  'SYSTEM.TAKEOVER',
  'SYSTEM.FORCED_LOGIN',
  'SYSTEM.CONFIGURATION',
  'SYSTEM.LOGIN',
  'SYSTEM.OFF_HOOK',
  'SYSTEM.CALL_ENDED',
  'SYSTEM.OTHER',
] as const
export type CanonicalReason = (typeof CANONICAL_REASONS)[number]
