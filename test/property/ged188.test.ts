import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  codecOf,
  createFramer,
  fixedLayout,
  MESSAGE_NAMES,
  NEWEST_VERSION,
  OLDEST_VERSION,
  tableOf,
  TAGS,
  type Message,
} from '../../src/adapters/cisco-cti/codec/index.js'
import { compileFixed, interpretFixed } from '../../src/adapters/cisco-cti/codec/fixed-reader.js'
import { messageOf } from '../support/ged188-arbitraries.js'

const VERSIONS = Array.from({ length: NEWEST_VERSION - OLDEST_VERSION + 1 }, (_, index) => OLDEST_VERSION + index)
const RUNS = 12

describe.each(VERSIONS)('version %i', (version) => {
  const codec = codecOf(version)

  it.each(MESSAGE_NAMES)('%s round-trips', (name) => {
    fc.assert(
      fc.property(messageOf(name, version), (message) => {
        const bytes = codec.encode(message)
        const decoded = codec.decode(bytes)
        expect(decoded).toEqual(message)
        expect(codec.encode(decoded).equals(bytes)).toBe(true)
      }),
      { numRuns: RUNS },
    )
  })

  it('gives back floating fields in any order, known and unknown, byte for byte', () => {
    const width = version >= 20 ? 2 : 1
    const known = Object.values(TAGS).filter((def) => !('since' in def) || def.since <= version)
    const tag = fc.oneof(fc.constantFrom(...known.map((def) => def.tag)), fc.integer({ min: 0, max: width === 1 ? 255 : 65_535 }))
    // Data of four bytes that end in NUL: a proper number, a proper text and proper bytes at once.
    const data = fc.constantFrom('01020300', '61626300', '0001', '6100', '00', '')
    const field = fc.tuple(tag, data).map(([number, hex]) => {
      const head = Buffer.alloc(2 * width)
      head.writeUIntBE(number, 0, width)
      head.writeUIntBE(hex.length / 2, width, width)
      return Buffer.concat([head, Buffer.from(hex, 'hex')])
    })
    const texts = new Set<number>(Object.values(TAGS).flatMap((def) => (def.type === 'STRING' ? [def.tag] : [])))
    fc.assert(
      fc.property(fc.constantFrom(...MESSAGE_NAMES), fc.array(field, { maxLength: 12 }), (name, fields) => {
        fc.pre(name !== 'OPEN_REQ' && name !== 'FAILURE_CONF')
        fc.pre(fields.every((f) => f.readUIntBE(0, width) !== TAGS.AutoWork.tag || f.at(-1) !== 0))
        // Texts must be plainly terminated and bool fields 0 or 1 for the bytes to be the same again.
        fc.pre(fields.every((f) => !texts.has(f.readUIntBE(0, width)) || (f.length > 2 * width && !f.subarray(2 * width, -1).includes(0))))
        const size = fixedLayout(tableOf(name), version, 'long').bytes
        const body = Buffer.concat([Buffer.alloc(size), ...fields])
        const frame = Buffer.alloc(8)
        frame.writeUInt32BE(body.length)
        frame.writeUInt32BE(tableOf(name).type, 4)
        const bytes = Buffer.concat([frame, body])
        expect(codec.encode(codec.decode(bytes)).toString('hex')).toBe(bytes.toString('hex'))
      }),
      { numRuns: 300 },
    )
  })

  it('reads a stream of messages the same in any pieces', () => {
    const any = fc.constantFrom(...MESSAGE_NAMES).chain((name) => messageOf(name, version))
    fc.assert(
      fc.property(
        fc.array(any, { minLength: 1, maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }),
        (messages, cuts) => {
          const stream = Buffer.concat(messages.map((message) => codec.encode(message)))
          const framer = createFramer()
          const seen: Message[] = []
          for (let at = 0, turn = 0; at < stream.length; turn += 1) {
            const size = cuts[turn % cuts.length]!
            framer.push(stream.subarray(at, at + size), (bytes, start, end) => seen.push(codec.decode(bytes, start, end)))
            at += size
          }
          expect(seen).toEqual(messages)
        },
      ),
      { numRuns: 20 },
    )
  })

  it('generated and interpreted readers of the fixed part agree', () => {
    for (const name of MESSAGE_NAMES) {
      const { fields, bytes } = fixedLayout(tableOf(name), version, 'long')
      fc.assert(
        fc.property(fc.uint8Array({ minLength: bytes, maxLength: bytes }), (data) => {
          const buffer = Buffer.from(data)
          expect(compileFixed(name, fields)(buffer, 0)).toEqual(interpretFixed(name, fields)(buffer, 0))
        }),
        { numRuns: 5 },
      )
    }
  })
})
