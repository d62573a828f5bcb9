import { createHash } from 'node:crypto'
import type { RefusalRow } from '../../core/adapter.js'
import { identityOf } from './refusal-rows.js'

/** Identical rows of one download folded into one, in the order of time. */
export interface Fold {
  /** False when the fold is full: the window has to be cut in two. The row is then not taken. */
  add(row: RefusalRow): boolean
  /** Oldest first; rows without a time come last. Empties the fold as it goes. */
  drain(): Iterable<RefusalRow>
  readonly rows: number
}

const CHUNK_BYTES = 4 * 1024 * 1024

/**
 * The files have no documented order and identical rows need not be neighbours, so a window is held until its end: each row once, as
 * JSON bytes outside the heap, found again by a digest of 16 bytes. About 0.3 KB a row.
 */
export function createFold(maxBytes: number): Fold {
  const chunks: Buffer[] = []
  const index = new Map<string, number>()
  const at: number[] = []
  const place: number[] = []
  const size: number[] = []
  const count: number[] = []
  let used = CHUNK_BYTES
  let bytes = 0

  const store = (json: Buffer): number => {
    let chunk = chunks.at(-1)
    if (chunk === undefined || used + json.length > chunk.length) {
      chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, json.length))
      chunks.push(chunk)
      used = 0
    }
    json.copy(chunk, used)
    const position = (chunks.length - 1) * CHUNK_BYTES + used
    used += json.length
    return position
  }

  return {
    get rows() {
      return at.length
    },
    add(row) {
      const digest = digestOf(row)
      const known = index.get(digest)
      if (known !== undefined) {
        count[known] = (count[known] ?? 0) + 1
        return true
      }
      const json = Buffer.from(JSON.stringify(row))
      if (bytes + json.length > maxBytes && at.length > 0) return false
      bytes += json.length
      index.set(digest, at.length)
      at.push(row.at ?? Number.POSITIVE_INFINITY)
      place.push(store(json))
      size.push(json.length)
      count.push(1)
      return true
    },
    *drain() {
      index.clear()
      const order = Uint32Array.from(at.keys()).sort((a, b) => compare(at[a] ?? 0, at[b] ?? 0) || a - b)
      for (const each of order) {
        const start = place[each] ?? 0
        const chunk = chunks[Math.floor(start / CHUNK_BYTES)] as Buffer
        const offset = start % CHUNK_BYTES
        const row = JSON.parse(chunk.toString('utf8', offset, offset + (size[each] ?? 0))) as RefusalRow
        yield { ...row, occurrences: count[each] ?? 1 }
      }
    },
  }
}

/** 128 bits: two different rows under one digest are not to be feared, and a row is never lost that way. */
export function digestOf(row: RefusalRow): string {
  return createHash('sha256').update(identityOf(row)).digest().toString('latin1', 0, 16)
}

/** Two infinities are equal, though their difference is not a number. */
const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1)
