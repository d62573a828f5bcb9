import { compileFixed, uint4 } from './fixed-reader.js'
import { Ged188Error, HEADER_BYTES, type FloatType } from './field-types.js'
import { fixedLayout, floatLayout, floatWidth, hasForms, type FloatPlan, type ListPlan } from './layout.js'
import { MESSAGES, MESSAGE_NAMES, tableOf, type ExtraField, type Message, type MessageName } from './messages.js'

type Target = Record<string, unknown>
/** Reads the body `bytes[at, end)` of one message. */
type ReadBody = (bytes: Buffer, at: number, end: number) => Message

/** Text up to its NUL. Bytes above 127 are kept as Latin-1: the guide says ASCII, and nothing may be lost. */
function text(bytes: Buffer, at: number, end: number): string {
  if (end - at > 24) {
    const nul = bytes.subarray(at, end).indexOf(0)
    return bytes.toString('latin1', at, nul < 0 ? end : at + nul)
  }
  let value = ''
  for (let index = at; index < end; index += 1) {
    const byte = bytes[index]!
    if (byte === 0) break
    value += String.fromCharCode(byte)
  }
  return value
}

/** The value of a floating field; undefined when its data has not the length of its type. */
function floatValue(type: FloatType, bytes: Buffer, at: number, end: number): unknown {
  switch (type) {
    case 'STRING':
      return text(bytes, at, end)
    case 'UNSPEC':
      return new Uint8Array(bytes.subarray(at, end))
    case 'UINT':
    case 'TIME':
      return end - at === 4 ? uint4(bytes, at) : undefined
    case 'INT':
      return end - at === 4 ? uint4(bytes, at) | 0 : undefined
    case 'USHORT':
      return end - at === 2 ? (bytes[at]! << 8) | bytes[at + 1]! : undefined
    case 'SHORT':
      return end - at === 2 ? (((bytes[at]! << 8) | bytes[at + 1]!) << 16) >> 16 : undefined
    case 'BOOL':
      return end - at === 2 ? (bytes[at]! | bytes[at + 1]!) !== 0 : undefined
    case 'UCHAR':
      return end - at === 1 ? bytes[at]! : undefined
    case 'CHAR':
      return end - at === 1 ? (bytes[at]! << 24) >> 24 : undefined
  }
}

/** Where the reader stands in one group: its present element, and the index of the member it saw last. */
interface Cursor {
  element: Target | undefined
  last: number
}

/** Puts a member of a group into its element; a member that does not come after the last one begins a new element. */
function putMember(target: Target, cursors: Cursor[], plan: FloatPlan, list: ListPlan, value: unknown): void {
  const cursor = cursors[list.id]!
  const holder = elementHolder(target, cursors, list)
  if (cursor.element === undefined || plan.index <= cursor.last) beginElement(holder, cursors, list)
  cursor.element![plan.name] = value
  cursor.last = plan.index
}

function elementHolder(target: Target, cursors: Cursor[], list: ListPlan): Target {
  const { parent } = list
  if (parent === undefined) return target
  const cursor = cursors[parent.id]!
  if (cursor.element === undefined || list.index < cursor.last) beginElement(elementHolder(target, cursors, parent), cursors, parent)
  cursor.last = list.index
  return cursor.element!
}

function beginElement(holder: Target, cursors: Cursor[], list: ListPlan): void {
  const element: Target = {}
  const elements = holder[list.name] as Target[] | undefined
  if (elements === undefined) holder[list.name] = [element]
  else elements.push(element)
  const cursor = cursors[list.id]!
  cursor.element = element
  cursor.last = -1
  // A new element begins its own inner groups anew; inner groups have higher ids than their parents.
  for (let id = list.id + 1; id < cursors.length; id += 1) cursors[id]!.element = undefined
}

/** Reader of the floating part at one version. Guarantees: linear in the bytes; every field ends in the message. */
function floatReader(name: MessageName, version: number): (target: Target, bytes: Buffer, at: number, end: number) => void {
  const { items, lists } = floatLayout(tableOf(name), version)
  const plans: (FloatPlan | undefined)[] = Array.from({ length: 1 + Math.max(-1, ...items.map((item) => item.def.tag)) }, () => undefined)
  for (const item of items) plans[item.def.tag] = item
  const width = floatWidth(version)
  const header = 2 * width

  return (target, bytes, start, end) => {
    const cursors: Cursor[] = []
    for (let id = 0; id < lists.length; id += 1) cursors.push({ element: undefined, last: -1 })
    let at = start
    let ordered = true
    let lastTop = -1
    let count = 0
    let extra: ExtraField[] | undefined
    while (at < end) {
      if (at + header > end) throw new Ged188Error('FLOATING_PART_BROKEN', `${name}: ${end - at} bytes after the last whole field`)
      const tag = width === 1 ? bytes[at]! : (bytes[at]! << 8) | bytes[at + 1]!
      const dataEnd = at + header + (width === 1 ? bytes[at + 1]! : (bytes[at + 2]! << 8) | bytes[at + 3]!)
      if (dataEnd > end) throw new Ged188Error('FLOATING_PART_BROKEN', `${name}: field ${tag} runs past the end of the message`)
      const plan = tag < plans.length ? plans[tag] : undefined
      const value = plan === undefined ? undefined : floatValue(plan.def.type, bytes, at + header, dataEnd)
      if (plan === undefined || value === undefined || (plan.list === undefined && plan.name in target)) {
        extra ??= []
        extra.push({ tag, raw: new Uint8Array(bytes.subarray(at + header, dataEnd)), at: count })
      } else {
        if (plan.top < lastTop) ordered = false
        lastTop = plan.top
        if (plan.list === undefined) target[plan.name] = value
        else putMember(target, cursors, plan, plan.list, value)
      }
      count += 1
      at = dataEnd
    }
    if (extra !== undefined) target['extra'] = extra
    if (!ordered) target['order'] = knownOrder(bytes, start, end, width, extra)
  }
}

/** Second pass over a floating part that is not in the table's order: the tags that are not `extra`, as they came. */
function knownOrder(bytes: Buffer, start: number, end: number, width: 1 | 2, extra: readonly ExtraField[] | undefined): number[] {
  const odd = new Set(extra?.map((field) => field.at))
  const order: number[] = []
  let at = start
  for (let count = 0; at < end; count += 1) {
    if (!odd.has(count)) order.push(bytes.readUIntBE(at, width))
    at += 2 * width + bytes.readUIntBE(at + width, width)
  }
  return order
}

function bodyReader(name: MessageName, version: number, form: 'short' | 'long'): ReadBody {
  const { fields, bytes: size } = fixedLayout(tableOf(name), version, form)
  const readFixed = compileFixed(name, fields)
  const readFloats = floatReader(name, version)
  return (bytes, at, end) => {
    if (end - at < size) throw new Ged188Error('FIXED_PART_SHORT', `${name} of ${end - at} bytes; version ${version} has ${size} or more`)
    const target = readFixed(bytes, at)
    if (at + size < end) readFloats(target, bytes, at + size, end)
    return target as unknown as Message
  }
}

/** Body length from which FAILURE_CONF has the long form (section 1.5). */
const LONG_FORM_BYTES = 10

/**
 * Reader of whole frames (header and body) at one version.
 * Fails: `Ged188Error` FIXED_PART_SHORT, FLOATING_PART_BROKEN. A type without a table is no error: it is kept whole.
 */
export function createReader(version: number): (bytes: Buffer, start: number, end: number) => Message {
  const readers = new Map<number, ReadBody>()
  for (const name of MESSAGE_NAMES) {
    const long = bodyReader(name, version, 'long')
    const short = hasForms(tableOf(name)) ? bodyReader(name, version, 'short') : long
    readers.set(MESSAGES[name].type, short === long ? long : (b, at, end) => (end - at >= LONG_FORM_BYTES ? long : short)(b, at, end))
  }
  return (bytes, start, end) => {
    if (end - start < HEADER_BYTES) throw new Ged188Error('FIXED_PART_SHORT', 'a frame shorter than its header')
    const type = uint4(bytes, start + 4)
    const read = readers.get(type)
    if (read !== undefined) return read(bytes, start + HEADER_BYTES, end)
    return { message: 'OTHER', type, body: new Uint8Array(bytes.subarray(start + HEADER_BYTES, end)) }
  }
}
