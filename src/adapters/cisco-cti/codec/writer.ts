import { FIXED_BYTES, Ged188Error, HEADER_BYTES, MAX_BODY_BYTES, type FixedType, type FloatItem } from './field-types.js'
import { fixedLayout, floatWidth, hasForms, maxBytes } from './layout.js'
import { tableOf, type ExtraField, type Message, type MessageName } from './messages.js'
import { TAGS, type Tag, type TagName } from './tags.js'

type Source = Readonly<Record<string, unknown>>

interface Piece {
  readonly tag: number
  readonly data: Uint8Array
}

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

function fail(where: string, detail: string): never {
  throw new Ged188Error('VALUE', `${where}: ${detail}`)
}

function putNumber(target: Buffer, at: number, type: FixedType, value: unknown, where: string): void {
  const number = type === 'BOOL' && typeof value === 'boolean' ? Number(value) : value
  const [low, high] = RANGE[type]
  if (typeof number !== 'number' || !Number.isInteger(number) || number < low || number > high)
    fail(where, `${String(value)} is no ${type}`)
  const size = FIXED_BYTES[type]
  if (number < 0) target.writeIntBE(number, at, size)
  else target.writeUIntBE(number, at, size)
}

function textBytes(value: string, where: string): Buffer {
  for (let index = 0; index < value.length; index += 1) {
    const code = value.charCodeAt(index)
    if (code === 0 || code > 0xff) fail(where, 'texts are single bytes without NUL')
  }
  return Buffer.from(`${value}\0`, 'latin1')
}

function floatData(def: Tag, version: number, value: unknown, where: string): Uint8Array {
  let data: Uint8Array
  if (def.type === 'STRING') data = typeof value === 'string' ? textBytes(value, where) : fail(where, 'is not a text')
  else if (def.type === 'UNSPEC') data = value instanceof Uint8Array ? value : fail(where, 'is not bytes')
  else {
    const number = Buffer.alloc(FIXED_BYTES[def.type])
    putNumber(number, 0, def.type, value, where)
    return number
  }
  const most = maxBytes(def, version)
  return data.length <= most ? data : fail(where, `${data.length} bytes with the NUL; at most ${most}`)
}

/** The present fields of `source` in the order of the table, groups member by member. */
function collect(source: Source, items: readonly FloatItem[], version: number, where: string, into: Piece[]): void {
  for (const item of items) {
    if (typeof item !== 'string') {
      const elements = (source[item.list] ?? []) as readonly Source[]
      elements.forEach((element, index) => collect(element, item.of, version, `${where}.${item.list}[${index}]`, into))
      continue
    }
    const value = source[item]
    if (value === undefined) continue
    const def: Tag = TAGS[item as TagName]
    const name = `${where}.${item}`
    if (def.since !== undefined && version < def.since) fail(name, `exists from version ${def.since} on, not in ${version}`)
    into.push({ tag: def.tag, data: floatData(def, version, value, name) })
  }
}

/** Brings pieces into the order in which the message was received; pieces that were not there then come last. */
function reorder(pieces: readonly Piece[], order: readonly number[]): Piece[] {
  const byTag = new Map<number, Piece[]>()
  for (const piece of pieces) {
    const queue = byTag.get(piece.tag)
    if (queue === undefined) byTag.set(piece.tag, [piece])
    else queue.push(piece)
  }
  for (const queue of byTag.values()) queue.reverse()
  const sorted: Piece[] = []
  for (const tag of order) {
    const piece = byTag.get(tag)?.pop()
    if (piece !== undefined) sorted.push(piece)
  }
  const used = new Set(sorted)
  for (const piece of pieces) if (!used.has(piece)) sorted.push(piece)
  return sorted
}

/** Puts raw fields at the places where they were received. */
function withExtra(pieces: readonly Piece[], extra: readonly ExtraField[]): Piece[] {
  const placed = new Map<number, Piece>()
  const behind: Piece[] = []
  for (const { tag, raw, at } of extra) {
    if (at === undefined || placed.has(at)) behind.push({ tag, data: raw })
    else placed.set(at, { tag, data: raw })
  }
  const merged: Piece[] = []
  const rest = [...pieces].reverse()
  while (rest.length > 0 || placed.size > 0) {
    const here = placed.get(merged.length)
    if (here !== undefined) {
      placed.delete(merged.length)
      merged.push(here)
    } else if (rest.length > 0) merged.push(rest.pop()!)
    else break
  }
  return [...merged, ...placed.values(), ...behind]
}

function frame(type: number, body: readonly Uint8Array[]): Buffer {
  const length = body.reduce((sum, part) => sum + part.length, 0)
  if (length > MAX_BODY_BYTES) throw new Ged188Error('FRAME_TOO_LONG', `a body of ${length} bytes; at most ${MAX_BODY_BYTES} are allowed`)
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt32BE(length, 0)
  header.writeUInt32BE(type, 4)
  return Buffer.concat([header, ...body])
}

function fixedPart(name: MessageName, source: Source, version: number): Buffer {
  const table = tableOf(name)
  const form = hasForms(table) && source['FailureCode'] === undefined ? 'short' : 'long'
  const { fields, bytes } = fixedLayout(table, version, form)
  const sinceNow = new Set(table.fixed.flatMap(([field, , options]) => (options?.since === undefined ? [] : [field])))
  const target = Buffer.alloc(bytes)
  for (const { name: field, type, offset } of fields) {
    const value = source[field]
    // A field that came with a later version is 0 where the caller did not know it.
    if (value === undefined && sinceNow.has(field)) continue
    putNumber(target, offset, type, value, `${name}.${field}`)
  }
  return target
}

/**
 * Whole frame (header and body) of a message at one version.
 * Guarantees: a decoded message gives the bytes that it was decoded from, if its texts were plainly NUL-terminated and its
 * BOOLs 0 or 1. Fixed fields that the version has not are left out.
 * Fails: `Ged188Error` VALUE for what does not fit the table, FRAME_TOO_LONG.
 */
export function writeMessage(message: Message, version: number): Buffer {
  if (message.message === 'OTHER') return frame(message.type, [message.body])
  const source = message as unknown as Source
  const table = tableOf(message.message)
  const fixed = fixedPart(message.message, source, version)
  let pieces: Piece[] = []
  collect(source, table.floats, version, message.message, pieces)
  const { order, extra } = message
  if (order !== undefined) pieces = reorder(pieces, order)
  if (extra !== undefined) pieces = withExtra(pieces, extra)
  const width = floatWidth(version)
  const most = width === 1 ? 0xff : 0xffff
  const body: Uint8Array[] = [fixed]
  for (const { tag, data } of pieces) {
    if (tag > most || data.length > most) fail(`${message.message}, field ${tag}`, `tag or length does not fit ${width} byte`)
    const header = Buffer.alloc(2 * width)
    header.writeUIntBE(tag, 0, width)
    header.writeUIntBE(data.length, width, width)
    body.push(header, data)
  }
  return frame(table.type, body)
}
