import fc from 'fast-check'
import {
  fixedLayout,
  FIXED_BYTES,
  maxBytes,
  tableOf,
  TAGS,
  type FixedType,
  type FloatItem,
  type Message,
  type MessageName,
  type Tag,
  type TagName,
} from '../../src/adapters/cisco-cti/codec/index.js'

/** Numbers of a type, with its ends and its sign bit drawn often. */
export function numberOf(type: FixedType): fc.Arbitrary<number | boolean> {
  if (type === 'BOOL') return fc.boolean()
  const bits = 8 * FIXED_BYTES[type]
  const signed = type === 'CHAR' || type === 'SHORT' || type === 'INT'
  const min = signed ? -(2 ** (bits - 1)) : 0
  const max = signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1
  return fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max, 0, 2 ** (bits - 1) - 1))
}

function floatValue(def: Tag, version: number): fc.Arbitrary<unknown> {
  const most = Math.min(maxBytes(def, version), version < 20 ? 255 : 65_535)
  if (def.type === 'UNSPEC') return fc.uint8Array({ maxLength: most })
  if (def.type !== 'STRING') return numberOf(def.type)
  return fc.array(fc.integer({ min: 1, max: 255 }), { maxLength: most - 1 }).map((codes) => String.fromCharCode(...codes))
}

/** `first` makes the first member of a group present: without it, two elements look like one on the wire. */
function floats(items: readonly FloatItem[], version: number, first: boolean): fc.Arbitrary<Record<string, unknown>> {
  const model: Record<string, fc.Arbitrary<unknown>> = {}
  const required: string[] = []
  items.forEach((item, index) => {
    if (typeof item !== 'string') {
      model[item.list] = fc.array(floats(item.of, version, true), { minLength: 1, maxLength: 4 })
      return
    }
    const def: Tag = TAGS[item as TagName]
    if (def.since !== undefined && version < def.since) return
    model[item] = floatValue(def, version)
    if (first && index === 0) required.push(item)
  })
  return fc.record(model, { requiredKeys: required })
}

/** Any message of one kind at one version, with values all over their ranges. */
export function messageOf(name: MessageName, version: number): fc.Arbitrary<Message> {
  const table = tableOf(name)
  const fixed = (form: 'short' | 'long'): fc.Arbitrary<Record<string, unknown>> =>
    fc.record(Object.fromEntries(fixedLayout(table, version, form).fields.map((field) => [field.name, numberOf(field.type)])))
  const either = name === 'FAILURE_CONF' ? fc.oneof(fixed('short'), fixed('long')) : fixed('long')
  return fc
    .tuple(either, floats(table.floats, version, false))
    .map(
      ([part, fields]) =>
        ({ message: name, ...part, ...(name === 'OPEN_REQ' && { VersionNumber: version }), ...fields }) as unknown as Message,
    )
}
