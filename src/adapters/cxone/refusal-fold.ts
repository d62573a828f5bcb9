import { createHash } from 'node:crypto'
import type { RecordKey } from './refusal-rows.js'

/** One row as its cells, and how often it was there. */
export interface FoldedRecord {
  readonly fields: readonly string[]
  readonly occurrences: number
}

/** Identical rows of one download folded into one, in the order of time. */
export interface Fold {
  /** False when the fold is full: the window has to be cut in two. The record is then not taken. */
  add(key: RecordKey, fields: readonly string[]): boolean
  /** Oldest first; rows without a time come last. */
  drain(): Iterable<FoldedRecord>
  readonly rows: number
}

const CHUNK_BYTES = 4 * 1024 * 1024

/**
 * The files have no documented order and identical rows need not be neighbours, so a window is held until its end: each row once, as
 * its cells in bytes outside the heap, found again by a digest of 16 bytes. About 0.2 KB a row.
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
    add(key, fields) {
      const digest = digestOf(key)
      const known = index.get(digest)
      if (known !== undefined) {
        count[known] = (count[known] ?? 0) + 1
        return true
      }
      const json = Buffer.from(JSON.stringify(fields))
      if (bytes + json.length > maxBytes && at.length > 0) return false
      bytes += json.length
      index.set(digest, at.length)
      at.push(key.at ?? Number.POSITIVE_INFINITY)
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
        const fields = JSON.parse(chunk.toString('utf8', offset, offset + (size[each] ?? 0))) as readonly string[]
        yield { fields, occurrences: count[each] ?? 1 }
      }
    },
  }
}

/** 128 bits: two different rows under one digest are not to be feared, and a row is never lost that way. */
export function digestOf(key: RecordKey): string {
  return createHash('sha256').update(key.identity).digest().toString('latin1', 0, 16)
}

/** Two infinities are equal, though their difference is not a number. */
const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1)
