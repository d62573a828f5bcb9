import type { FloatItem } from './field-types.js'
import { floatWidth } from './layout.js'
import { tableOf, type ExtraField, type Message } from './messages.js'
import { fail, floatBytes, framed, plainFrame, putFixed, putFloat, tagOf, type Source } from './put.js'

interface Piece {
  readonly tag: number
  readonly data: Uint8Array
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
    const def = tagOf(item, version, where)
    const data = new Uint8Array(floatBytes(def, version, value, where, item))
    putFloat(data, 0, def, value, where, item)
    into.push({ tag: def.tag, data })
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

/** Longer than any fixed part of the tables, bytes. */
const FIXED_MOST = 256

/**
 * Whole frame (header and body) of a message at one version.
 * Guarantees: a decoded message gives the bytes that it was decoded from, if its texts were plainly NUL-terminated and its
 * BOOLs 0 or 1. Fixed fields that the version has not are left out.
 * Fails: `Ged188Error` VALUE for what does not fit the table, FRAME_TOO_LONG.
 */
export function writeMessage(message: Message, version: number): Buffer {
  if (message.message === 'OTHER') return framed(message.type, [message.body])
  const source = message as unknown as Source
  const { order, extra } = message
  if (order === undefined && extra === undefined) return plainFrame(message.message, source, version)
  const table = tableOf(message.message)
  let pieces: Piece[] = []
  collect(source, table.floats, version, message.message, pieces)
  if (order !== undefined) pieces = reorder(pieces, order)
  if (extra !== undefined) pieces = withExtra(pieces, extra)
  const width = floatWidth(version)
  const most = width === 1 ? 0xff : 0xffff
  const fixed = new Uint8Array(FIXED_MOST)
  const body: Uint8Array[] = [fixed.subarray(0, putFixed(fixed, 0, message.message, source, version))]
  for (const { tag, data } of pieces) {
    if (tag > most || data.length > most) fail(`${message.message}, field ${tag}`, `tag or length does not fit ${width} byte`)
    const header = Buffer.alloc(2 * width)
    header.writeUIntBE(tag, 0, width)
    header.writeUIntBE(data.length, width, width)
    body.push(header, data)
  }
  return framed(table.type, body)
}
