/**
 * A second, tiny reading of GED-188 for the fuzz test: it only cuts. Written from the sizes in the vendor's guide, without a
 * look at the codec's tables, so that both can be held against each other.
 */

/** Bytes of the fixed part by message type: [from version 13, from 19, from 24]. */
const FIXED: Readonly<Record<number, readonly [number, number, number]>> = {
  2: [4, 4, 4], 3: [44, 44, 44], 4: [26, 30, 32], 5: [4, 4, 4], 6: [4, 4, 4], 7: [8, 8, 8], 8: [4, 4, 4],
  30: [58, 62, 62], 31: [26, 26, 26], 32: [6, 6, 6], 33: [4, 4, 4], 35: [10, 10, 10], 36: [16, 16, 16], 37: [30, 34, 34],
  38: [21, 21, 21], 39: [4, 4, 4], 78: [10, 10, 10], 107: [10, 10, 10], 109: [6, 6, 6], 118: [14, 14, 14], 124: [22, 22, 22],
  125: [10, 10, 10], 128: [12, 16, 16], 131: [8, 8, 8], 132: [64, 64, 64], 133: [8, 8, 8], 134: [10, 10, 10], 135: [8, 8, 8],
  136: [8, 8, 8], 137: [8, 8, 8], 138: [4, 4, 4], 143: [6, 6, 6], 230: [4, 4, 4], 231: [4, 4, 4], 232: [8, 8, 12], 233: [6, 6, 6],
  234: [4, 4, 4], 236: [2, 2, 2], 237: [2, 2, 2], 277: [0, 0, 0], 278: [4, 4, 4], 279: [6, 6, 6], 280: [2, 2, 2], 281: [0, 0, 0],
} // prettier-ignore

export interface TinyMessage {
  readonly type: number
  readonly fixed: Buffer
  readonly floats: readonly { readonly tag: number; readonly data: Buffer }[]
}

/** One frame with its header → its parts; undefined where the bytes are no message; `other` for a type without a size. */
export function tinyDecode(frame: Buffer, negotiated: number): TinyMessage | 'other' | undefined {
  if (frame.length < 8) return undefined
  const type = frame.readUInt32BE(4)
  let version = negotiated
  if (type === 3 && frame.length >= 16) {
    const asked = frame.readUInt32BE(12)
    if (asked >= 13 && asked <= 25) version = asked
  }
  const sizes = type === 1 ? (frame.length - 8 >= 10 ? [10, 10, 10] : [8, 8, 8]) : FIXED[type]
  if (sizes === undefined) return 'other'
  const size = sizes[version >= 24 ? 2 : version >= 19 ? 1 : 0]
  if (frame.length < 8 + size) return undefined
  const w = version >= 20 ? 2 : 1
  const floats: { tag: number; data: Buffer }[] = []
  let at = 8 + size
  while (at < frame.length) {
    if (at + 2 * w > frame.length) return undefined
    const tag = frame.readUIntBE(at, w)
    const length = frame.readUIntBE(at + w, w)
    at += 2 * w + length
    if (at > frame.length) return undefined
    floats.push({ tag, data: frame.subarray(at - length, at) })
  }
  return { type, fixed: frame.subarray(8, 8 + size), floats }
}

/** A whole stream → its frames, and whether it ends in a frame of absurd length. */
export function tinyFrames(stream: Buffer, maxBody: number): { frames: Buffer[]; broken: boolean } {
  const frames: Buffer[] = []
  let at = 0
  while (stream.length - at >= 8) {
    const end = at + 8 + stream.readUInt32BE(at)
    if (end - at - 8 > maxBody) return { frames, broken: true }
    if (end > stream.length) break
    frames.push(stream.subarray(at, end))
    at = end
  }
  return { frames, broken: false }
}
