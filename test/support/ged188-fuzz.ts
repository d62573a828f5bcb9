/** Mutated, truncated and random GED-188 streams against the codec and the tiny second decoder. Deterministic per seed. */
import {
  codecOf,
  createFramer,
  Ged188Error,
  MAX_BODY_BYTES,
  MESSAGE_NAMES,
  TAGS,
  type Message,
} from '../../src/adapters/cisco-cti/codec/index.js'
import { messageOf } from './ged188-arbitraries.js'
import { tinyDecode, tinyFrames, type TinyMessage } from './tiny-ged188.js'
import fc from 'fast-check'

export interface FuzzResult {
  bytes: number
  frames: number
  decoded: number
  refused: number
  /** Frames whose decoded form was written again and compared. */
  compared: number
  broken: number
}

function mulberry32(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = a
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }
}

/** Places of BOOLs in fixed parts: any non-zero value is true, and is written as 1. */
const BOOLS: Readonly<Record<number, number>> = { 4: 20, 279: 4, 280: 0 }
const TEXTS = new Set<number>(Object.values(TAGS).flatMap((def) => (def.type === 'STRING' ? [def.tag] : [])))
const BOOL_TAG = 185

function normalised(message: TinyMessage): string {
  const fixed = Buffer.from(message.fixed)
  const bool = BOOLS[message.type]
  if (bool !== undefined) fixed.writeUInt16BE(fixed.readUInt16BE(bool) === 0 ? 0 : 1, bool)
  const floats = message.floats.map(({ tag, data }) => {
    if (tag === BOOL_TAG && data.length === 2) return `${tag}:${data.readUInt16BE(0) === 0 ? 0 : 1}`
    if (!TEXTS.has(tag)) return `${tag}:${data.toString('hex')}`
    const nul = data.indexOf(0)
    return `${tag}:${data.toString('hex', 0, nul < 0 ? data.length : nul)}`
  })
  return `${fixed.toString('hex')}|${floats.join('|')}`
}

function seeds(version: number): Buffer[] {
  const codec = codecOf(version)
  return MESSAGE_NAMES.flatMap((name) =>
    fc.sample(messageOf(name, version), { numRuns: 4, seed: 7 }).map((message) => codec.encode(message)),
  )
}

/** One stream of about `size` bytes: whole messages, some mutated, some cut short, with random bytes in between. */
function makeStream(pool: readonly Buffer[], size: number, random: () => number): Buffer {
  const stream = Buffer.allocUnsafe(size)
  let at = 0
  while (at < size) {
    const kind = random() % 16
    const chosen = pool[random() % pool.length]!
    if (kind === 0 && random() % 64 === 0) {
      const length = Math.min(size - at, random() % 64)
      for (let index = 0; index < length; index += 1) stream[at + index] = random()
      at += length
      continue
    }
    const start = at
    at += chosen.copy(stream, at, 0, size - at)
    // Mutations leave the header alone most of the time, so that the stream goes on behind them.
    for (let count = kind < 8 ? random() % 4 : 0; count > 0 && at - start > 9; count -= 1)
      stream[start + 8 + (random() % (at - start - 8))] = random()
    if (kind === 9 && at - start > 12) {
      at -= random() % (at - start - 8)
      if (at - start >= 4 && start + 4 <= size) stream.writeUInt32BE(Math.max(0, at - start - 8), start)
    }
    if (kind === 10 && start + 8 <= size && random() % 4 === 0) stream[start + 7] = random()
  }
  return stream
}

function compare(codec: ReturnType<typeof codecOf>, message: Message, tiny: TinyMessage, result: FuzzResult): void {
  let again: Buffer
  try {
    again = codec.encode(message)
  } catch (error) {
    // Texts longer than the tables allow are read, but not written.
    if (error instanceof Ged188Error && error.kind === 'VALUE') return
    throw error
  }
  const second = tinyDecode(again, codec.version)
  if (second === undefined || second === 'other' || normalised(second) !== normalised(tiny)) {
    throw new Error(`written again, ${message.message} differs: ${JSON.stringify(tiny)}`)
  }
  result.compared += 1
}

function oneFrame(codec: ReturnType<typeof codecOf>, frame: Buffer, result: FuzzResult): void {
  result.frames += 1
  const tiny = tinyDecode(frame, codec.version)
  let message: Message | undefined
  try {
    message = codec.decode(frame)
  } catch (error) {
    if (!(error instanceof Ged188Error)) throw error
  }
  if (message === undefined) {
    if (tiny !== undefined) throw new Error(`the codec refuses what the tiny decoder reads: ${frame.toString('hex')}`)
    result.refused += 1
    return
  }
  if (tiny === undefined) throw new Error(`the codec reads what the tiny decoder refuses: ${frame.toString('hex')}`)
  result.decoded += 1
  if ((tiny === 'other') !== (message.message === 'OTHER')) throw new Error(`type ${frame.readUInt32BE(4)} is known to one decoder only`)
  if (tiny !== 'other' && result.frames % 8 === 0) compare(codec, message, tiny, result)
}

/** Runs about `megabytes` through both decoders. Throws on the first disagreement, foreign error, or unbounded buffer. */
export function fuzz(megabytes: number, seed: number): FuzzResult {
  const random = mulberry32(seed)
  const result: FuzzResult = { bytes: 0, frames: 0, decoded: 0, refused: 0, compared: 0, broken: 0 }
  const pools = new Map([13, 15, 19, 20, 23, 24, 25].map((version) => [version, seeds(version)]))
  const versions = [...pools.keys()]
  while (result.bytes < megabytes * 1024 * 1024) {
    const version = versions[random() % versions.length]!
    const codec = codecOf(version)
    const stream = makeStream(pools.get(version)!, 256 * 1024, random)
    result.bytes += stream.length
    const expected = tinyFrames(stream, MAX_BODY_BYTES)
    const framer = createFramer()
    let count = 0
    let broken = false
    try {
      for (let at = 0; at < stream.length;) {
        const size = 1 + (random() % (random() % 8 === 0 ? 16 : 4096))
        framer.push(stream.subarray(at, at + size), (bytes, start, end) => {
          const frame = bytes.subarray(start, end)
          if (!expected.frames[count]?.equals(frame)) throw new Error(`frame ${count} is cut differently`)
          count += 1
          oneFrame(codec, frame, result)
        })
        if (framer.pending > MAX_BODY_BYTES + 8) throw new Error('the framer keeps more than a frame')
        at += size
      }
    } catch (error) {
      if (!(error instanceof Ged188Error) || error.kind !== 'FRAME_TOO_LONG') throw error
      broken = true
      result.broken += 1
    }
    if (count !== expected.frames.length || broken !== expected.broken) throw new Error('the framer and the tiny decoder cut differently')
  }
  return result
}
