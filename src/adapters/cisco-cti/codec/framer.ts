import { Ged188Error, HEADER_BYTES, MAX_BODY_BYTES } from './field-types.js'

/** Called with each complete frame: `bytes[start, end)` is header and body, valid only during the call. */
export type OnFrame = (bytes: Buffer, start: number, end: number) => void

export interface Framer {
  /**
   * Takes the next bytes of the stream, in pieces of any size.
   * Guarantees: each byte is copied at most once, so one-byte pieces cost linear time; never keeps more than one frame.
   * Fails: `Ged188Error` FRAME_TOO_LONG; the stream cannot be understood from there on and every later call fails too.
   */
  push(chunk: Uint8Array, onFrame: OnFrame): void
  /** Bytes of an unfinished frame that are kept. */
  readonly pending: number
}

function bodyLength(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 0x1000000 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!)
}

/** Cuts a TCP stream into frames (vendors/cisco.md section 1.2). */
export function createFramer(maxBody: number = MAX_BODY_BYTES): Framer {
  // One buffer of the greatest size, made when a frame is first cut by a chunk's end.
  let kept: Buffer | undefined
  let filled = 0
  let needed = HEADER_BYTES
  let broken: Ged188Error | undefined

  const sizeAt = (bytes: Uint8Array, at: number): number => {
    const length = bodyLength(bytes, at)
    if (length <= maxBody) return HEADER_BYTES + length
    broken = new Ged188Error('FRAME_TOO_LONG', `a frame announces ${length} bytes; at most ${maxBody} are allowed`)
    throw broken
  }

  /** Fills the kept frame from the chunk; returns where the chunk goes on. */
  const resume = (chunk: Buffer, onFrame: OnFrame): number => {
    const buffer = (kept ??= Buffer.allocUnsafeSlow(HEADER_BYTES + maxBody))
    let at = 0
    for (;;) {
      const take = Math.min(needed - filled, chunk.length - at)
      if (take === 1) buffer[filled] = chunk[at]!
      else chunk.copy(buffer, filled, at, at + take)
      filled += take
      at += take
      if (filled < needed) return at
      if (needed === HEADER_BYTES) {
        needed = sizeAt(buffer, 0)
        if (needed > HEADER_BYTES) continue
      }
      const end = needed
      filled = 0
      needed = HEADER_BYTES
      onFrame(buffer, 0, end)
      return at
    }
  }

  return {
    get pending() {
      return filled
    },
    push(chunk, onFrame) {
      if (broken !== undefined) throw broken
      const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      let at = filled > 0 ? resume(bytes, onFrame) : 0
      while (bytes.length - at >= HEADER_BYTES) {
        const end = at + sizeAt(bytes, at)
        if (end > bytes.length) break
        onFrame(bytes, at, end)
        at = end
      }
      if (at < bytes.length) resume(bytes.subarray(at), onFrame)
    },
  }
}
