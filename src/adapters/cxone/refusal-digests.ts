/** Bytes of a digest: 128 bits of SHA-256, so two different rows under one are not to be feared. */
export const DIGEST_BYTES = 16

/** Which row a digest belongs to. */
export interface Digests {
  find(digest: Buffer): number | undefined
  /** Gives a digest that is new the next number, from 0 on. */
  add(digest: Buffer): number
  readonly rows: number
}

const FIRST_ROWS = 1024

/**
 * A hash table in two blocks outside the heap, 24 to 48 bytes a row.
 *
 * Why: a `Map` of 200,000 short texts stands in the heap, where V8 lets garbage grow to a multiple of what lives before it looks; the
 * table costs a third, and that multiple is not taken of it.
 */
export function createDigests(): Digests {
  let digests = Buffer.allocUnsafeSlow(FIRST_ROWS * DIGEST_BYTES)
  // A slot holds a row's number plus one; 0 is free. Never more than half of them are taken.
  let slots = new Uint32Array(2 * FIRST_ROWS)
  let rows = 0

  const slotOf = (digest: Buffer): number => {
    const mask = slots.length - 1
    for (let slot = digest.readUInt32LE(0) & mask; ; slot = (slot + 1) & mask) {
      const row = (slots[slot] as number) - 1
      if (row === -1 || digest.compare(digests, row * DIGEST_BYTES, (row + 1) * DIGEST_BYTES) === 0) return slot
    }
  }

  const grow = (): void => {
    digests = Buffer.concat([digests, Buffer.allocUnsafeSlow(digests.length)])
    slots = new Uint32Array(2 * slots.length)
    for (let row = 0; row < rows; row += 1) slots[slotOf(digests.subarray(row * DIGEST_BYTES, (row + 1) * DIGEST_BYTES))] = row + 1
  }

  return {
    get rows() {
      return rows
    },
    find(digest) {
      const row = slots[slotOf(digest)] as number
      return row === 0 ? undefined : row - 1
    },
    add(digest) {
      if (2 * (rows + 1) > slots.length) grow()
      digest.copy(digests, rows * DIGEST_BYTES)
      slots[slotOf(digest)] = rows + 1
      return rows++
    },
  }
}
