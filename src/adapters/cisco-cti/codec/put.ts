import { FIXED_BYTES, Ged188Error, HEADER_BYTES, MAX_BODY_BYTES, type FixedType, type FloatItem } from './field-types.js'
import { fixedLayout, floatWidth, hasForms, maxBytes, type PlacedField } from './layout.js'
import { tableOf, type MessageName } from './messages.js'
import { TAGS, type Tag, type TagName } from './tags.js'

export type Source = Readonly<Record<string, unknown>>

const RANGE: Readonly<Record<FixedType, readonly [low: number, high: number]>> = {
  CHAR: [-0x80, 0x7f],
  UCHAR: [0, 0xff],
  SHORT: [-0x8000, 0x7fff],
  USHORT: [0, 0xffff],
  BOOL: [0, 1],
  INT: [-0x8000_0000, 0x7fff_ffff],
  UINT: [0, 0xffff_ffff],
  TIME: [0, 0xffff_ffff],
}

export function fail(where: string, detail: string): never {
  throw new Ged188Error('VALUE', `${where}: ${detail}`)
}

function tooLong(bytes: number): never {
  throw new Ged188Error('FRAME_TOO_LONG', `a body of ${bytes} bytes; at most ${MAX_BODY_BYTES} are allowed`)
}

/** The name of the field is put together only where it is needed: most fields are right. */
export function putNumber(target: Uint8Array, at: number, type: FixedType, value: unknown, owner: string, field: string): void {
  const number = type === 'BOOL' && typeof value === 'boolean' ? Number(value) : value
  const range = RANGE[type]
  if (typeof number !== 'number' || !Number.isInteger(number) || number < range[0] || number > range[1])
    return fail(`${owner}.${field}`, `${String(value)} is no ${type}`)
  putBytes(target, at, number, FIXED_BYTES[type])
}

/** Big-endian; negative numbers in two's complement. */
function putBytes(target: Uint8Array, at: number, number: number, size: number): void {
  if (size === 4) {
    target[at] = number >>> 24
    target[at + 1] = number >>> 16
    target[at + 2] = number >>> 8
    target[at + 3] = number
  } else if (size === 2) {
    target[at] = number >>> 8
    target[at + 1] = number
  } else target[at] = number
}

interface FixedPlan {
  /** `late`: came with a later version, and is 0 where the caller did not know it. */
  readonly fields: readonly (PlacedField & { readonly late: boolean; readonly low: number; readonly high: number; readonly size: number })[]
  readonly bytes: number
  /** Has the message a short and a long form? */
  readonly forms: boolean
}
/** By message, then by version and form. */
const plans = new Map<MessageName, (FixedPlan | undefined)[]>()

function makeFixedPlan(name: MessageName, version: number, form: 'short' | 'long'): FixedPlan {
  const table = tableOf(name)
  const late = new Set(table.fixed.flatMap(([field, , options]) => (options?.since === undefined ? [] : [field])))
  const { fields, bytes } = fixedLayout(table, version, form)
  return {
    fields: fields.map((field) => {
      const [low, high] = RANGE[field.type]
      return { ...field, late: late.has(field.name), low, high, size: FIXED_BYTES[field.type] }
    }),
    bytes,
    forms: hasForms(table),
  }
}

function fixedPlan(name: MessageName, source: Source, version: number): FixedPlan {
  let known = plans.get(name)
  if (known === undefined) plans.set(name, (known = []))
  const plan = (known[2 * version] ??= makeFixedPlan(name, version, 'long'))
  if (!plan.forms || source['FailureCode'] !== undefined) return plan
  return (known[2 * version + 1] ??= makeFixedPlan(name, version, 'short'))
}

/** Writes the fixed part at `at`; returns its length. */
export function putFixed(target: Uint8Array, at: number, name: MessageName, source: Source, version: number): number {
  const { fields, bytes } = fixedPlan(name, source, version)
  for (const { name: field, type, offset, late, low, high, size } of fields) {
    const value = source[field]
    // The common case without a call; whatever else is looked at in full.
    if (typeof value === 'number' && value >= low && value <= high && Number.isInteger(value)) putBytes(target, at + offset, value, size)
    else if (value === undefined && late) putBytes(target, at + offset, 0, size)
    else putNumber(target, at + offset, type, value, name, field)
  }
  return bytes
}

/** The definition of a floating field that this version has. Fails: VALUE. */
export function tagOf(field: string, version: number, owner: string): Tag {
  const def: Tag = TAGS[field as TagName]
  if (def.since !== undefined && version < def.since) fail(`${owner}.${field}`, `exists from version ${def.since} on, not in ${version}`)
  return def
}

/** Length of a floating field's data, once its value has been found to fit. Fails: VALUE. */
export function floatBytes(def: Tag, version: number, value: unknown, owner: string, field: string): number {
  let length: number
  if (def.type === 'STRING') length = typeof value === 'string' ? value.length + 1 : fail(`${owner}.${field}`, 'is not a text')
  else if (def.type === 'UNSPEC') length = value instanceof Uint8Array ? value.length : fail(`${owner}.${field}`, 'is not bytes')
  else return FIXED_BYTES[def.type]
  const most = maxBytes(def, version)
  return length <= most ? length : fail(`${owner}.${field}`, `${length} bytes with the NUL; at most ${most}`)
}

/** Writes the data of a floating field, whose length is `floatBytes`. Fails: VALUE. */
export function putFloat(target: Uint8Array, at: number, def: Tag, value: unknown, owner: string, field: string): void {
  if (def.type === 'UNSPEC') return target.set(value as Uint8Array, at)
  if (def.type !== 'STRING') return putNumber(target, at, def.type, value, owner, field)
  const text = value as string
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === 0 || code > 0xff) fail(`${owner}.${field}`, 'texts are single bytes without NUL')
    target[at + index] = code
  }
  target[at + text.length] = 0
}

/** One frame is written at a time, so that one place for it serves all. */
const scratch = new Uint8Array(HEADER_BYTES + MAX_BODY_BYTES)

function putFloats(at: number, source: Source, items: readonly FloatItem[], version: number, owner: string): number {
  const width = floatWidth(version)
  for (const item of items) {
    if (typeof item !== 'string') {
      const elements = source[item.list] as readonly Source[] | undefined
      if (elements === undefined) continue
      for (const [index, element] of elements.entries()) at = putFloats(at, element, item.of, version, `${owner}.${item.list}[${index}]`)
      continue
    }
    const value = source[item]
    if (value === undefined) continue
    const def = tagOf(item, version, owner)
    const length = floatBytes(def, version, value, owner, item)
    if (width === 1 && (def.tag > 0xff || length > 0xff)) fail(`${owner}.${item}`, 'tag or length does not fit 1 byte')
    const data = at + 2 * width
    if (data + length > scratch.length) tooLong(data + length - HEADER_BYTES)
    putBytes(scratch, at, def.tag, width)
    putBytes(scratch, at + width, length, width)
    putFloat(scratch, data, def, value, owner, item)
    at = data + length
  }
  return at
}

/** Whole frame of a message whose floating fields come in the order of the table and without foreign ones. */
export function plainFrame(name: MessageName, source: Source, version: number): Buffer {
  const table = tableOf(name)
  const start = HEADER_BYTES + putFixed(scratch, HEADER_BYTES, name, source, version)
  const end = putFloats(start, source, table.floats, version, name)
  putBytes(scratch, 0, end - HEADER_BYTES, 4)
  putBytes(scratch, 4, table.type, 4)
  const frame = Buffer.allocUnsafe(end)
  frame.set(scratch.subarray(0, end))
  return frame
}

/** Whole frame of these parts. */
export function framed(type: number, body: readonly Uint8Array[]): Buffer {
  const length = body.reduce((sum, part) => sum + part.length, 0)
  if (length > MAX_BODY_BYTES) tooLong(length)
  const header = new Uint8Array(HEADER_BYTES)
  putBytes(header, 0, length, 4)
  putBytes(header, 4, type, 4)
  return Buffer.concat([header, ...body])
}
