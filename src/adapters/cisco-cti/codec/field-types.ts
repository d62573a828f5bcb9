/** Oldest and newest protocol version whose layouts the tables give (vendors/cisco.md section 1.1). */
export const OLDEST_VERSION = 13
export const NEWEST_VERSION = 25
/** From this version on, tag and length of a floating field are two bytes each; before, one (section 1.2). */
export const WIDE_FLOATS_SINCE = 20
/** MessageLength and MessageType. */
export const HEADER_BYTES = 8
/** Guides say 12 500 bytes at most; more than this is a framing error (section 1.2). */
export const MAX_BODY_BYTES = 16_384

/** Data types of the fixed part (section 1.2). TIME is seconds since 1970 UTC. */
export const FIXED_BYTES = { CHAR: 1, UCHAR: 1, SHORT: 2, USHORT: 2, BOOL: 2, INT: 4, UINT: 4, TIME: 4 } as const
export type FixedType = keyof typeof FIXED_BYTES
/** Types of floating fields: those of the fixed part, text with its NUL, and raw bytes. */
export type FloatType = FixedType | 'STRING' | 'UNSPEC'

export interface FieldOptions {
  /** First protocol version that has the field. */
  readonly since?: number
  /** FAILURE_CONF only: in the form of 8 or of 10 bytes (section 1.5). */
  readonly form?: 'short' | 'long'
  readonly note?: string
}

/** One row of a fixed part: name, type, and from which version on. */
export type FixedField = readonly [name: string, type: FixedType, options?: FieldOptions]

/** A repeated group of floating fields, in the order in which its members come; a member may be a group again. */
export interface FloatList {
  readonly list: string
  readonly of: readonly FloatItem[]
}
export type FloatItem = string | FloatList

/** The layout of one message in all versions: the single source of reader, writer, types and docs/ged188.md. */
export interface MessageTable {
  readonly type: number
  readonly from: 'client' | 'server'
  /** Section of vendors/cisco.md, and how sure it is. */
  readonly source: string
  readonly fixed: readonly FixedField[]
  readonly floats: readonly FloatItem[]
  readonly note?: string
}

/** Bytes that are not a valid message, or values that do not fit one. */
export class Ged188Error extends Error {
  override readonly name = 'Ged188Error'
  constructor(
    readonly kind: 'FRAME_TOO_LONG' | 'FIXED_PART_SHORT' | 'FLOATING_PART_BROKEN' | 'VALUE',
    message: string,
  ) {
    super(message)
  }
}
