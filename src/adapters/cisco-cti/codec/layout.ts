import {
  FIXED_BYTES,
  NEWEST_VERSION,
  OLDEST_VERSION,
  WIDE_FLOATS_SINCE,
  type FixedType,
  type FloatItem,
  type MessageTable,
} from './field-types.js'
import { TAGS, type Tag, type TagName } from './tags.js'

/** The protocol version, or an error: layouts outside the tables are not guessed. */
export function checkVersion(version: number): number {
  if (Number.isInteger(version) && version >= OLDEST_VERSION && version <= NEWEST_VERSION) return version
  throw new RangeError(`protocol version ${version} is not one of ${OLDEST_VERSION} to ${NEWEST_VERSION}`)
}

/** Width of tag and length of floating fields, bytes. */
export function floatWidth(version: number): 1 | 2 {
  return version >= WIDE_FLOATS_SINCE ? 2 : 1
}

export interface PlacedField {
  readonly name: string
  readonly type: FixedType
  readonly offset: number
}

export interface FixedLayout {
  readonly fields: readonly PlacedField[]
  readonly bytes: number
}

/** The fixed part of a message at one version, with offsets. `form` picks the rows of one form of FAILURE_CONF. */
export function fixedLayout(table: MessageTable, version: number, form: 'short' | 'long'): FixedLayout {
  const fields: PlacedField[] = []
  let offset = 0
  for (const [name, type, options] of table.fixed) {
    if (options?.since !== undefined && version < options.since) continue
    if (options?.form !== undefined && options.form !== form) continue
    fields.push({ name, type, offset })
    offset += FIXED_BYTES[type]
  }
  return { fields, bytes: offset }
}

/** True for FAILURE_CONF, whose form is decided by the length of the body (section 1.5). */
export function hasForms(table: MessageTable): boolean {
  return table.fixed.some(([, , options]) => options?.form !== undefined)
}

/** A group of floating fields as reader and writer keep track of it. */
export interface ListPlan {
  readonly id: number
  readonly name: string
  /** Its place among the members of `parent`, or among the message's floating fields. */
  readonly index: number
  readonly parent: ListPlan | undefined
}

/** One floating field of a message at one version. */
export interface FloatPlan {
  readonly name: TagName
  readonly def: Tag
  /** Place of the field, or of its outermost group, in the message's table. */
  readonly top: number
  readonly list: ListPlan | undefined
  /** Place among the members of its group. */
  readonly index: number
}

export interface FloatLayout {
  readonly items: readonly FloatPlan[]
  readonly lists: readonly ListPlan[]
}

/** The floating fields that a message may have at one version, flattened. */
export function floatLayout(table: MessageTable, version: number): FloatLayout {
  const items: FloatPlan[] = []
  const lists: ListPlan[] = []
  const walk = (members: readonly FloatItem[], parent: ListPlan | undefined, top: number | undefined): void => {
    members.forEach((member, index) => {
      const outermost = top ?? index
      if (typeof member !== 'string') {
        const list: ListPlan = { id: lists.length, name: member.list, index, parent }
        lists.push(list)
        walk(member.of, list, outermost)
        return
      }
      const name = member as TagName
      const def: Tag = TAGS[name]
      if (def.since === undefined || version >= def.since) items.push({ name, def, top: outermost, list: parent, index })
    })
  }
  walk(table.floats, undefined, undefined)
  return { items, lists }
}

/** Longest data of a floating field at one version, bytes. */
export function maxBytes(def: Tag, version: number): number {
  if (def.max === undefined) return FIXED_BYTES[def.type as FixedType]
  return version < WIDE_FLOATS_SINCE ? (def.maxNarrow ?? def.max) : def.max
}
