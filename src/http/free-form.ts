import { CtiError } from '../core/model/error.js'

const MAX_DEPTH = 16
/** Names that reach a prototype where somebody copies members carelessly. */
const PROTOTYPE_NAMES = new Set(['__proto__', 'constructor', 'prototype'])

/** The one part of a body whose members the API description leaves open. Fails: INVALID_REQUEST. */
export function refuseStrangeOptions(options: unknown): void {
  const problem = problemOf(options, 0)
  if (problem === undefined) return
  throw new CtiError('INVALID_REQUEST', { errors: [{ field: '/options', message: problem }] })
}

function problemOf(value: unknown, depth: number): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (depth >= MAX_DEPTH) return `is nested deeper than ${MAX_DEPTH} levels`
  for (const [name, member] of Object.entries(value)) {
    if (PROTOTYPE_NAMES.has(name)) return `must not have a member named "${name}"`
    const problem = problemOf(member, depth + 1)
    if (problem !== undefined) return problem
  }
  return undefined
}
