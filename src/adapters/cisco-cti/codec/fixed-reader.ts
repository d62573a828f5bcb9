import type { FixedType } from './field-types.js'
import type { PlacedField } from './layout.js'

/** Reads the fixed part that begins at `start` into a new object. */
export type ReadFixed = (bytes: Buffer, start: number) => Record<string, unknown>

export function uint4(bytes: Buffer, at: number): number {
  return bytes[at]! * 0x1000000 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!)
}

const uint2 = (bytes: Buffer, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!

const READ: Readonly<Record<FixedType, (bytes: Buffer, at: number) => number | boolean>> = {
  CHAR: (bytes, at) => (bytes[at]! << 24) >> 24,
  UCHAR: (bytes, at) => bytes[at]!,
  SHORT: (bytes, at) => (uint2(bytes, at) << 16) >> 16,
  USHORT: uint2,
  BOOL: (bytes, at) => uint2(bytes, at) !== 0,
  INT: (bytes, at) => uint4(bytes, at) | 0,
  UINT: uint4,
  TIME: uint4,
}

/** One closure per field. Used where the process may not generate code; the tests hold it against the generated reader. */
export function interpretFixed(name: string, fields: readonly PlacedField[]): ReadFixed {
  const readers = fields.map(({ name: field, type, offset }) => {
    const read = READ[type]
    return (target: Record<string, unknown>, bytes: Buffer, start: number): void => {
      target[field] = read(bytes, start + offset)
    }
  })
  return (bytes, start) => {
    const target: Record<string, unknown> = { message: name }
    for (const read of readers) read(target, bytes, start)
    return target
  }
}

/**
 * The reader of a fixed part as one generated object literal: engines build an object of a known shape an order of magnitude
 * faster than one that grows field by field. The source consists of names, types and offsets of this codec's own tables;
 * nothing that comes from outside gets into it.
 */
export function compileFixed(name: string, fields: readonly PlacedField[]): ReadFixed {
  const rows = fields.map(({ name: field, type, offset }) => `${JSON.stringify(field)}: read.${type}(bytes, start + ${offset})`)
  const source = `return (bytes, start) => ({ ${[`message: ${JSON.stringify(name)}`, ...rows].join(', ')} })`
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval
    return (new Function('read', source) as (read: typeof READ) => ReadFixed)(READ)
  } catch (error) {
    // `--disallow-code-generation-from-strings`
    if (error instanceof EvalError) return interpretFixed(name, fields)
    throw error
  }
}
