import { describe, expect, it } from 'vitest'
import {
  codecOf,
  createFramer,
  fixedLayout,
  Ged188Error,
  MAX_BODY_BYTES,
  MESSAGE_NAMES,
  tableOf,
  TAGS,
  type Message,
} from '../../../../src/adapters/cisco-cti/codec/index.js'
import { VECTORS } from '../../../support/ged188-vectors.js'

describe('recorded and sample messages', () => {
  it.each(VECTORS)('$title decodes to the stated fields', ({ version, bytes, decoded }) => {
    expect(codecOf(version).decode(bytes)).toEqual(decoded)
  })

  it.each(VECTORS)('$title encodes back byte for byte', ({ version, bytes, decoded }) => {
    expect(codecOf(version).encode(decoded).toString('hex')).toBe(bytes.toString('hex'))
    expect(codecOf(version).encode(codecOf(version).decode(bytes)).equals(bytes)).toBe(true)
  })

  it.each(VECTORS)('$title comes out of the stream whole, cut at every offset', ({ version, bytes, decoded }) => {
    const codec = codecOf(version)
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const framer = createFramer()
      const seen: Message[] = []
      const take = (chunk: Buffer): void => framer.push(chunk, (b, start, end) => seen.push(codec.decode(b, start, end)))
      take(bytes.subarray(0, cut))
      expect(seen.length).toBe(cut === bytes.length ? 1 : 0)
      take(bytes.subarray(cut))
      expect(seen).toEqual([decoded])
      expect(framer.pending).toBe(0)
    }
  })

  it.each(VECTORS)('$title cut short is an error of the codec or a shorter message, never anything else', ({ version, bytes }) => {
    for (let length = 8; length < bytes.length; length += 1) {
      try {
        codecOf(version).decode(bytes, 0, length)
      } catch (error) {
        expect(error).toBeInstanceOf(Ged188Error)
      }
    }
  })
})

describe('sizes of fixed parts', () => {
  const size = (name: (typeof MESSAGE_NAMES)[number], version: number): number => fixedLayout(tableOf(name), version, 'long').bytes
  it.each([
    ['OPEN_REQ', 44, 44, 44],
    ['OPEN_CONF', 26, 30, 32],
    ['AGENT_STATE_EVENT', 58, 62, 62],
    ['QUERY_AGENT_STATE_CONF', 30, 34, 34],
    ['AGENT_TEAM_CONFIG_EVENT', 12, 16, 16],
    ['SET_AGENT_STATE_REQ', 21, 21, 21],
    ['SYSTEM_EVENT', 26, 26, 26],
    ['CONTROL_FAILURE_CONF', 10, 10, 10],
    ['AGENT_DESK_SETTINGS_CONF', 64, 64, 64],
    ['CONFIG_REQUEST_EVENT', 8, 8, 12],
  ] as const)('%s has %i bytes, %i from version 19 and %i from 24', (name, old, from19, from24) => {
    expect([13, 18].map((version) => size(name, version))).toEqual([old, old])
    expect([19, 23].map((version) => size(name, version))).toEqual([from19, from19])
    expect([24, 25].map((version) => size(name, version))).toEqual([from24, from24])
  })

  it('uses only known tags, and each message type once', () => {
    expect(new Set(MESSAGE_NAMES.map((name) => tableOf(name).type)).size).toBe(MESSAGE_NAMES.length)
    const tags = Object.values(TAGS).map((tag) => tag.tag)
    expect(new Set(tags).size).toBe(tags.length)
  })
})

describe('FAILURE_CONF', () => {
  it.each([13, 20, 23, 24, 25])('is read by the length of its body at version %i, not by the version', (version) => {
    const codec = codecOf(version)
    expect(codec.decode(Buffer.from('00000008000000010000000700000009', 'hex'))).toEqual({
      message: 'FAILURE_CONF',
      InvokeID: 7,
      Status: 9,
    })
    const long: Message = { message: 'FAILURE_CONF', InvokeID: 7, FailureCode: 9, PeripheralErrorCode: 10112 }
    const bytes = Buffer.from('0000000a0000000100000007000900002780', 'hex')
    expect(codec.decode(bytes)).toEqual(long)
    expect(codec.encode(long).equals(bytes)).toBe(true)
  })
})

describe('tolerance', () => {
  const codec = codecOf(15)
  const query = (floats: string): Buffer => {
    const body = Buffer.from(`000000070001000000000001000000000000000000000000000000000000${floats}`, 'hex')
    const header = Buffer.alloc(8)
    header.writeUInt32BE(body.length)
    header.writeUInt32BE(37, 4)
    return Buffer.concat([header, body])
  }

  it('skips unknown tags and keeps them raw, in place', () => {
    const bytes = query('c803aabbcc05023200')
    const decoded = codec.decode(bytes)
    expect(decoded).toMatchObject({ AgentID: '2', extra: [{ tag: 200, raw: new Uint8Array([0xaa, 0xbb, 0xcc]), at: 0 }] })
    expect(codec.encode(decoded).equals(bytes)).toBe(true)
  })

  it('keeps a second copy of a single field, and a number of a wrong size, raw', () => {
    const bytes = query('050231000502320040040000000141020001')
    const decoded = codec.decode(bytes)
    expect(decoded).toMatchObject({ AgentID: '1', extra: [{ tag: 5 }, { tag: 64 }], SkillGroups: [{ SkillGroupState: 1 }] })
    expect(codec.encode(decoded).equals(bytes)).toBe(true)
  })

  it('reads a text without NUL and one that is padded', () => {
    expect(codec.decode(query('050131'))).toMatchObject({ AgentID: '1' })
    expect(codec.decode(query('05043100ff00'))).toMatchObject({ AgentID: '1' })
  })

  it('keeps a message without a table whole', () => {
    const bytes = Buffer.from('0000000300000069010203', 'hex')
    const decoded = codec.decode(bytes)
    expect(decoded).toEqual({ message: 'OTHER', type: 105, body: new Uint8Array([1, 2, 3]) })
    expect(codec.encode(decoded).equals(bytes)).toBe(true)
  })

  it.each([
    ['a field that runs past the end', '0505313200'],
    ['one byte after the last field', '0502320005'],
  ])('refuses %s', (_title, floats) => {
    expect(() => codec.decode(query(floats))).toThrow(expect.objectContaining({ name: 'Ged188Error', kind: 'FLOATING_PART_BROKEN' }))
  })
})

describe('writer', () => {
  const codec = codecOf(15)
  const request = { message: 'QUERY_AGENT_STATE_REQ', InvokeID: 1, PeripheralID: 5000, MRDID: 1, ICMAgentID: 0 } as const
  it.each<[string, Message]>([
    ['a text longer than its maximum', { ...request, AgentID: '123456789012' }],
    ['a NUL in a text', { ...request, AgentID: '1\u00002' }],
    ['a text that is not single bytes', { ...request, AgentID: '\u20ac' }],
    ['a number out of range', { ...request, InvokeID: 2 ** 32 }],
    ['no number', { ...request, MRDID: Number.NaN }],
    [
      'a field of a later version',
      {
        message: 'SET_AGENT_STATE_REQ',
        InvokeID: 1,
        PeripheralID: 1,
        AgentState: 1,
        AgentWorkMode: 0,
        NumSkillGroups: 0,
        EventReasonCode: 0,
        ForcedFlag: 0,
        AgentServiceReq: 0,
        SSOEnabled: 1,
      },
    ],
  ])('refuses %s', (_title, message) => {
    expect(() => codec.encode(message)).toThrow(expect.objectContaining({ name: 'Ged188Error', kind: 'VALUE' }))
  })

  it('writes OPEN_REQ in the form of the version that it asks for', () => {
    const vector = VECTORS.find(({ title }) => title.startsWith('OPEN_REQ (sample'))!
    expect(codecOf(15).encode(vector.decoded).equals(vector.bytes)).toBe(true)
    expect(codecOf(15).decode(vector.bytes)).toEqual(vector.decoded)
  })
})

describe('framer', () => {
  it('refuses an absurd length, and everything after it', () => {
    const framer = createFramer()
    const push = (hex: string): void => framer.push(Buffer.from(hex, 'hex'), () => undefined)
    expect(() => push('7fffffff00000005')).toThrow(expect.objectContaining({ kind: 'FRAME_TOO_LONG' }))
    expect(() => push('0000000400000005')).toThrow(Ged188Error)
  })

  it('takes a frame of the greatest size in one-byte pieces', () => {
    const frame = Buffer.alloc(8 + MAX_BODY_BYTES)
    frame.writeUInt32BE(MAX_BODY_BYTES)
    frame.writeUInt32BE(105, 4)
    const framer = createFramer()
    let seen = 0
    for (let at = 0; at < frame.length; at += 1) framer.push(frame.subarray(at, at + 1), (_b, start, end) => (seen += end - start))
    expect(seen).toBe(frame.length)
  })

  it('costs no more per byte for a longer stream of one-byte pieces', () => {
    const beat = codecOf(15).encode({ message: 'HEARTBEAT_CONF', InvokeID: 1 })
    const cost = (frames: number): number => {
      const stream = Buffer.concat(Array.from({ length: frames }, () => beat))
      const framer = createFramer()
      let seen = 0
      const used = process.cpuUsage()
      for (let at = 0; at < stream.length; at += 1) framer.push(stream.subarray(at, at + 1), () => (seen += 1))
      const { user, system } = process.cpuUsage(used)
      expect(seen).toBe(frames)
      return (user + system) / frames
    }
    cost(2_000)
    expect(cost(40_000)).toBeLessThan(5 * Math.max(1, cost(4_000)))
  })
})
