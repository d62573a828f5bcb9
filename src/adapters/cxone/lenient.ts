/**
 * Reading of vendor JSON whose spelling differs between versions (vendors/cxone.md sections 4.2, 4.5, 5.1): keys in any
 * letter case, numbers and booleans as text, lists at the top or under `resultSet`. Pure.
 */
export type Json = Readonly<Record<string, unknown>>

export function asObject(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined
}

/** The first of these keys that is there with a value, whatever its letter case. */
export function pick(value: unknown, ...keys: readonly string[]): unknown {
  const object = asObject(value)
  if (object === undefined) return undefined
  for (const key of keys) {
    const direct = object[key]
    if (direct !== undefined && direct !== null) return direct
    const lower = key.toLowerCase()
    const found = Object.keys(object).find((candidate) => candidate.toLowerCase() === lower)
    const other = found === undefined ? undefined : object[found]
    if (other !== undefined && other !== null) return other
  }
  return undefined
}

/** Text, or a number as text. Empty text is missing. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A finite number, also as text. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'string' || value.trim() === '') return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

/** Events say `True` and `False` (section 3.5). */
export function truthOf(value: unknown): boolean {
  return value === true || value === 1 || (typeof value === 'string' && ['true', '1'].includes(value.trim().toLowerCase()))
}

/** Epoch ms of an ISO 8601 text; one without offset is UTC, as all times of the real-time API are. */
export function instantOf(value: unknown): number | undefined {
  if (typeof value !== 'string' || value === '') return undefined
  const text = /(?:Z|[+-]\d\d:?\d\d)$/i.test(value) ? value : `${value.replace(' ', 'T')}Z`
  const instant = Date.parse(text)
  return Number.isFinite(instant) ? instant : undefined
}

/** A list at the top level or under `resultSet`, or undefined. */
export function listOf(value: unknown, ...keys: readonly string[]): readonly unknown[] | undefined {
  for (const place of [value, pick(value, 'resultSet')]) {
    const list = pick(place, ...keys)
    if (Array.isArray(list)) return list as readonly unknown[]
  }
  return undefined
}
