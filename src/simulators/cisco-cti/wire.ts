/**
 * Bytes of GED-188: framing, fixed parts and floating fields. The simulator's own reading of vendors/cisco.md sections
 * 1.2, 1.3 and 1.5; it shares nothing with the gateway's codec on purpose.
 */
import { LAYOUTS, TAG_TYPES, type MessageLayout } from './messages.js'

/** Oldest and newest protocol version that this simulator can speak (section 1.1). */
export const VERSION_RANGE = { oldest: 13, newest: 25 } as const
/** From this version on, tag and length of a floating field take two bytes each (section 1.2). */
const WIDE_FLOATS_SINCE = 20
const HEADER = 8
/** Declared lengths above this are a framing error (section 1.2). */
const MAX_BODY = 16_384

export type FloatValue = number | string | Buffer
export type FloatList = readonly (readonly [tag: number, value: FloatValue])[]

export interface Message {
  readonly type: number
  readonly fields: Readonly<Record<string, number>>
  readonly floats: readonly { readonly tag: number; readonly data: Buffer }[]
}

/** Bytes that are not a message; `status` is the E_CTI number that a server answers with. */
export class WireError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly invokeId = 0,
  ) {
    super(message)
    this.name = 'WireError'
  }
}

const SIZES = { u1: 1, u2: 2, u4: 4, i4: 4 } as const
type FixedType = keyof typeof SIZES

interface FixedField {
  readonly name: string
  readonly type: FixedType
}

/** Fields of a layout that exist at this version; `Name:type@since` and `Name:type@since-until`. */
function fieldsAt(layout: string, version: number): FixedField[] {
  if (layout === '') return []
  return layout.split(' ').flatMap((text) => {
    const [name = '', rest = ''] = text.split(':')
    const [type = '', span = ''] = rest.split('@')
    if (span !== '' && version < Number(span)) return []
    return [{ name, type: type as FixedType }]
  })
}

const cache = new Map<string, FixedField[]>()

function fixedFields(layout: MessageLayout, version: number): FixedField[] {
  const key = `${version}|${layout.fixed}`
  const known = cache.get(key)
  if (known !== undefined) return known
  const fields = fieldsAt(layout.fixed, version)
  cache.set(key, fields)
  return fields
}

function readFixed(body: Buffer, at: number, type: FixedType): number {
  if (type === 'u1') return body.readUInt8(at)
  if (type === 'u2') return body.readUInt16BE(at)
  return type === 'u4' ? body.readUInt32BE(at) : body.readInt32BE(at)
}

function writeFixed(target: Buffer, at: number, type: FixedType, value: number): void {
  if (type === 'u1') target.writeUInt8(value & 0xff, at)
  else if (type === 'u2') target.writeUInt16BE(value & 0xffff, at)
  else target.writeUInt32BE(value >>> 0, at)
}

/**
 * Reads one message (type and body, as framed).
 * Fails: `WireError` 2 for an unknown type, 23 for a short fixed part, 25 for floating fields that do not add up.
 */
export function decode(type: number, body: Buffer, negotiated: number): Message {
  const layout = LAYOUTS[type]
  const invokeId = body.length >= 4 ? body.readUInt32BE(0) : 0
  if (layout === undefined) throw new WireError(`message type ${type} is not known`, 2, invokeId)
  // OPEN_REQ comes in the form of the version that it asks for (section 1.2).
  const version = type === 3 && body.length >= 8 ? body.readUInt32BE(4) : negotiated
  const fields: Record<string, number> = {}
  let at = 0
  for (const field of fixedFields(layout, version)) {
    if (at + SIZES[field.type] > body.length) throw new WireError(`${layout.name} is too short: ${body.length} bytes`, 23, invokeId)
    fields[field.name] = readFixed(body, at, field.type)
    at += SIZES[field.type]
  }
  return { type, fields, floats: readFloats(body, at, version, invokeId) }
}

function readFloats(body: Buffer, start: number, version: number, invokeId: number): Message['floats'] {
  const width = version >= WIDE_FLOATS_SINCE ? 2 : 1
  const floats: { tag: number; data: Buffer }[] = []
  let at = start
  while (at < body.length) {
    if (at + 2 * width > body.length) throw new WireError('half a floating field header at the end', 25, invokeId)
    const tag = width === 2 ? body.readUInt16BE(at) : body.readUInt8(at)
    const length = width === 2 ? body.readUInt16BE(at + 2) : body.readUInt8(at + 1)
    at += 2 * width
    if (at + length > body.length) throw new WireError(`floating field ${tag} runs past the end`, 25, invokeId)
    floats.push({ tag, data: body.subarray(at, at + length) })
    at += length
  }
  return floats
}

/** Text of the first floating field with this tag, without its NUL; undefined when it is absent. */
export function floatText(message: Message, tag: number): string | undefined {
  const field = message.floats.find((float) => float.tag === tag)
  if (field === undefined) return undefined
  const end = field.data.indexOf(0)
  return field.data.toString('latin1', 0, end < 0 ? field.data.length : end)
}

/** Number in the first floating field with this tag, whatever its width. */
export function floatNumber(message: Message, tag: number): number | undefined {
  const data = message.floats.find((float) => float.tag === tag)?.data
  return data === undefined || data.length === 0 || data.length > 4 ? undefined : data.readUIntBE(0, data.length)
}

function floatBytes(tag: number, value: FloatValue): Buffer {
  if (Buffer.isBuffer(value)) return value
  if (typeof value === 'string') return Buffer.from(`${value}\0`, 'latin1')
  const size = SIZES[TAG_TYPES[tag] ?? 'u4']
  const data = Buffer.alloc(size)
  data.writeUIntBE(size === 4 ? value >>> 0 : value & (2 ** (8 * size) - 1), 0, size)
  return data
}

function floatHeader(tag: number, length: number, wide: boolean): Buffer {
  const header = Buffer.alloc(wide ? 4 : 2)
  if (wide) {
    header.writeUInt16BE(tag, 0)
    header.writeUInt16BE(length, 2)
  } else {
    header.writeUInt8(tag, 0)
    header.writeUInt8(length, 1)
  }
  return header
}

/**
 * Writes one message with its header. Fields that are not given are 0; fields that this version has not are left out,
 * as are tags above 255 below version 20 (section 1.3).
 */
export function encode(type: number, fields: Readonly<Record<string, number>>, floats: FloatList, version: number): Buffer {
  const layout = LAYOUTS[type]
  if (layout === undefined) throw new Error(`no layout of message ${type}`)
  const fixed = fixedFields(layout, version)
  const body = Buffer.alloc(fixed.reduce((sum, field) => sum + SIZES[field.type], 0))
  let at = 0
  for (const field of fixed) {
    writeFixed(body, at, field.type, fields[field.name] ?? 0)
    at += SIZES[field.type]
  }
  const wide = version >= WIDE_FLOATS_SINCE
  const parts: Buffer[] = [body]
  for (const [tag, value] of floats) {
    if (!wide && tag > 255) continue
    const data = floatBytes(tag, value)
    parts.push(floatHeader(tag, data.length, wide), Buffer.from(data))
  }
  return frame(type & 0xffff, Buffer.concat(parts))
}

/** Puts the 8-byte header before a body. */
export function frame(type: number, body: Buffer): Buffer {
  const header = Buffer.alloc(HEADER)
  header.writeUInt32BE(body.length, 0)
  header.writeUInt32BE(type, 4)
  return Buffer.concat([header, body])
}

export interface Framer {
  /** Takes any chunk; returns the messages that are complete now. Fails: `WireError` 25 for an absurd length. */
  push(chunk: Buffer): { type: number; body: Buffer }[]
}

/** Cuts a byte stream into messages whatever the segments are. */
export function createFramer(): Framer {
  let pending: Buffer = Buffer.alloc(0)
  return {
    push(chunk) {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
      const frames: { type: number; body: Buffer }[] = []
      while (pending.length >= HEADER) {
        const length = pending.readUInt32BE(0)
        if (length > MAX_BODY) throw new WireError(`a body of ${length} bytes is announced`, 25)
        if (pending.length < HEADER + length) break
        frames.push({ type: pending.readUInt32BE(4), body: Buffer.from(pending.subarray(HEADER, HEADER + length)) })
        pending = pending.subarray(HEADER + length)
      }
      return frames
    },
  }
}
