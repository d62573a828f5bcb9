import { createHash } from 'node:crypto'
import { createDigests, DIGEST_BYTES } from './refusal-digests.js'
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
 * its cells in bytes, found again by a digest. About 0.2 KB a row, all of it outside the heap.
 */
export function createFold(maxBytes: number): Fold {
  const chunks: Buffer[] = []
  const digests = createDigests()
  let columns = columnsFor(FIRST_ROWS)
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
      return digests.rows
    },
    add(key, fields) {
      const digest = digestOf(key)
      const known = digests.find(digest)
      if (known !== undefined) {
        columns.count[known] = (columns.count[known] as number) + 1
        return true
      }
      const json = Buffer.from(JSON.stringify(fields))
      if (bytes + json.length > maxBytes && digests.rows > 0) return false
      bytes += json.length
      const row = digests.add(digest)
      if (row === columns.at.length) columns = columnsFor(2 * row, columns)
      columns.at[row] = key.at ?? Number.POSITIVE_INFINITY
      columns.place[row] = store(json)
      columns.size[row] = json.length
      columns.count[row] = 1
      return true
    },
    *drain() {
      const { at, place, size, count } = columns
      const order = new Uint32Array(digests.rows).map((_, row) => row).sort((a, b) => compare(at[a] ?? 0, at[b] ?? 0) || a - b)
      for (const row of order) {
        const start = place[row] ?? 0
        const chunk = chunks[Math.floor(start / CHUNK_BYTES)] as Buffer
        const offset = start % CHUNK_BYTES
        const fields = JSON.parse(chunk.toString('utf8', offset, offset + (size[row] ?? 0))) as readonly string[]
        yield { fields, occurrences: count[row] ?? 1 }
      }
    },
  }
}

/** What is known of each row: its instant (ms since 1970), where its cells are and how long they are (bytes), how often it was there. */
interface Columns {
  readonly at: Float64Array
  readonly place: Float64Array
  readonly size: Uint32Array
  readonly count: Uint32Array
}

const FIRST_ROWS = 1024

function columnsFor(rows: number, before?: Columns): Columns {
  const columns = {
    at: new Float64Array(rows),
    place: new Float64Array(rows),
    size: new Uint32Array(rows),
    count: new Uint32Array(rows),
  }
  if (before !== undefined) {
    columns.at.set(before.at)
    columns.place.set(before.place)
    columns.size.set(before.size)
    columns.count.set(before.count)
  }
  return columns
}

/** A row is never lost by a digest that another one has. */
export function digestOf(key: RecordKey): Buffer {
  return createHash('sha256').update(key.identity).digest().subarray(0, DIGEST_BYTES)
}

/** Two infinities are equal, though their difference is not a number. */
const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1)
