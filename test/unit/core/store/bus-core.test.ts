import { describe, expect, it, vi } from 'vitest'
import type { BusMessage } from '../../../../src/core/site/bus.js'
import { systemClock } from '../../../../src/core/clock.js'
import { createBusCore, NotSent, type BusCore } from '../../../../src/core/store/bus-core.js'
import { createDecoder, encodeFrames } from '../../../../src/core/store/bus-frames.js'
import { isBusMessage } from '../../../../src/core/store/bus-message.js'
import { createLogSpy } from '../../../support/log-spy.js'

const view = { agentId: 'a', state: 'READY', routable: true, channels: [], observedAt: 1, source: 'event', stale: false } as const
const settled = (id: number): BusMessage => ({ kind: 'settled', id: `c${id}` })
const within = { timeout: 5000, interval: 5 }

/** Two ends of one wire that can be cut, and that can lose what it was given. */
function createWire() {
  const log = createLogSpy()
  let state: 'up' | 'away' | 'losing' = 'up'
  let sends = 0
  const ends: BusCore[] = []
  const end = (sender: string): BusCore => {
    const core = createBusCore({
      clock: systemClock,
      log,
      sender,
      maxFrameBytes: 300,
      async send(frames) {
        await Promise.resolve()
        sends += 1
        if (state === 'away') throw new NotSent('away')
        for (const frame of frames) for (const other of ends) other.receive(frame)
        if (state === 'losing') throw new Error('no answer')
      },
    })
    ends.push(core)
    return core
  }
  const [here, there] = [end('here'), end('there')]
  const heard: BusMessage[] = []
  there.bus.subscribe((message) => heard.push(message))
  const set = (to: typeof state): void => {
    state = to
  }
  return { here, there, heard, log, set, sends: () => sends }
}

describe('the bus on a bad line', () => {
  it('keeps the newest 1,000 messages while the engine is away, and their order', async () => {
    const { here, heard, set, sends, log } = createWire()
    set('away')
    for (let id = 0; id < 1500; id += 1) here.bus.publish(settled(id))
    await systemClock.sleep(50)
    for (let id = 1500; id < 1600; id += 1) here.bus.publish(settled(id))
    expect(sends()).toBeLessThan(20)
    set('up')
    here.kick()
    await vi.waitFor(() => expect(heard.length).toBe(1000), within)
    expect(heard).toStrictEqual(Array.from({ length: 1000 }, (_, at) => settled(at + 600)))
    expect(log.lines.map(({ message }) => message)).toContain('bus: the oldest message was dropped: the engine is away or slow')
    expect(log.lines.length).toBeLessThan(10)
  })

  it('tries again by itself', async () => {
    const { here, heard, set } = createWire()
    set('away')
    here.bus.publish(settled(1))
    await systemClock.sleep(20)
    set('up')
    await vi.waitFor(() => expect(heard).toEqual([settled(1)]), within)
  })

  it('does not say twice what may have been heard', async () => {
    const { here, heard, set } = createWire()
    set('losing')
    here.bus.publish(settled(1))
    await systemClock.sleep(300)
    set('up')
    here.bus.publish(settled(2))
    await vi.waitFor(() => expect(heard).toEqual([settled(1), settled(2)]), within)
    await systemClock.sleep(300)
    expect(heard.length).toBe(2)
  })

  it('goes on behind a send that never ends', async () => {
    const sent: string[] = []
    const core = createBusCore({
      clock: systemClock,
      log: createLogSpy(),
      sender: 'me',
      maxFrameBytes: 5000,
      send: (frames) => (sent.push(...frames) === 1 ? new Promise(() => undefined) : Promise.resolve()),
    })
    core.bus.publish(settled(1))
    await systemClock.sleep(1)
    core.bus.publish(settled(2))
    await vi.waitFor(() => expect(sent.length).toBe(2), within)
    core.close()
  })

  it('knows of others from what they say, before the next beat tells', () => {
    const { here, there } = createWire()
    here.setPeers(false)
    there.bus.publish(settled(1))
    return vi.waitFor(() => expect(here.bus.peers).toBe(true), within)
  })

  it('says nothing without others, after its end, or of what is too long', async () => {
    const { here, heard, sends } = createWire()
    here.bus.publish({ kind: 'run', key: 'k'.repeat(600 * 1024) })
    here.setPeers(false)
    expect(here.bus.peers).toBe(false)
    here.bus.publish(settled(1))
    here.setPeers(true)
    here.bus.publish(settled(2))
    await vi.waitFor(() => expect(heard).toEqual([settled(2)]), within)
    here.close()
    here.bus.publish(settled(3))
    await systemClock.sleep(10)
    expect(sends()).toBe(1)
  })

  it('ignores what is malformed, tells it in the debug log, and survives a listener that throws', () => {
    const { there, heard, log } = createWire()
    there.bus.subscribe(() => {
      throw new Error('boom')
    })
    const after: BusMessage[] = []
    there.bus.subscribe((message) => after.push(message))
    const frames = ['', 'x', 'other:1:0:1:', 'other:2:0:1:{"kind":"settled","id":"c"}', 'other:3:1:1:lost']
    frames.forEach((frame) => there.receive(frame))
    there.receive(`other:4:0:1:${JSON.stringify([null, 7, { kind: 'news' }, { kind: 'settled' }, settled(1), { kind: 'toString' }])}`)
    expect(heard).toEqual([settled(1)])
    expect(after).toEqual([settled(1)])
    const told = log.lines.map(({ level, message }) => `${level} ${message}`)
    expect(told).toEqual([
      'debug bus: a malformed frame was ignored',
      'debug bus: a message that is not understood was ignored',
      'debug bus: a listener has thrown',
    ])
  })
})

describe('frames', () => {
  it('carry any text in pieces of any size, cut between characters', () => {
    const text = 'aä€\u{1f600}"\\'.repeat(90)
    for (let size = 200; size < 260; size += 1) {
      const frames = encodeFrames('me', 7, text, size)
      expect(Math.max(...frames.map((frame) => Buffer.byteLength(frame)))).toBeLessThanOrEqual(size)
      const decode = createDecoder('you', 10_000)
      const decoded = frames.map((frame) => decode(frame))
      expect(decoded.slice(0, -1).every(({ kind }) => kind === 'none')).toBe(true)
      expect(decoded.at(-1)).toEqual({ kind: 'text', text })
    }
  })

  it('keep the pieces of several senders apart, and give up a text that misses a piece or is too long', () => {
    const decode = createDecoder('me', 1000)
    const [a = '', b = '', c = ''] = encodeFrames('one', 1, 'x'.repeat(300), 200)
    const [d = '', e = '', f = ''] = encodeFrames('two', 1, 'y'.repeat(300), 200)
    expect([a, d, b, e, c, f].map((frame) => decode(frame).kind)).toEqual(['none', 'none', 'none', 'none', 'text', 'text'])
    expect([a, c].map((frame) => decode(frame).kind)).toEqual(['none', 'broken'])
    expect(decode(b).kind).toBe('broken')
    const long = encodeFrames('one', 2, 'x'.repeat(2000), 200)
    expect(long.map((frame) => decode(frame).kind)).not.toContain('text')
    expect(encodeFrames('me', 1, 'own', 200).map((frame) => decode(frame).kind)).toEqual(['none'])
  })

  it('of ever new senders do not fill the memory', () => {
    const decode = createDecoder('me', 1000)
    const first = Array.from({ length: 150 }, (_, at) => encodeFrames(`s${at}`, 1, 'x'.repeat(150), 200))
    first.forEach(([frame = '']) => decode(frame))
    expect(first.filter(([, frame = '']) => decode(frame).kind === 'text').length).toBe(100)
  })
})

describe('messages', () => {
  it.each([
    { kind: 'run', key: 'p/a' },
    { kind: 'replaced', key: 'p/a', commandIds: [] },
    settled(1),
    { kind: 'event', platform: 'p', event: { agentId: 'a' } },
    { kind: 'event', platform: 'p', event: { agentId: 'a', view, refused: { code: 'VENDOR_REJECTED' } } },
    { kind: 'read', platform: 'p', view: { ...view, more: 1 } },
    { kind: 'link', platform: 'p', event: { status: 'up' } },
    { kind: 'rate', account: 'x', more: 1 },
    { kind: 'event', platform: 'p', event: { agentId: 'a' }, stamp: { term: 1, n: 2 } },
    { kind: 'owner', platform: 'p', stamp: { term: 1, n: 0 }, link: { status: 'up' }, since: 1, answers: 'q' },
    { kind: 'released', platform: 'p' },
    { kind: 'ask', platform: 'p', id: 'q' },
    { kind: 'ask', platform: 'p', id: 'q', agentId: 'a' },
    { kind: 'not-read', answers: 'q', problem: { code: 'AGENT_NOT_FOUND' } },
    { kind: 'secret-wanted', commandId: 'c' },
    { kind: 'secret', commandId: 'c', sealed: 's' },
  ])('%j is understood', (message) => {
    expect(isBusMessage(message)).toBe(true)
  })

  it.each([
    [],
    'settled',
    {},
    { kind: 'run', key: 1 },
    { kind: 'replaced', key: 'p/a', commandIds: ['c', 1] },
    { kind: 'event', platform: 'p', event: { agentId: 'a', view: { ...view, state: 'ASLEEP' } } },
    { kind: 'event', platform: 'p', event: { agentId: 'a', refused: {} } },
    { kind: 'read', platform: 'p', view: { ...view, channels: {} } },
    { kind: 'link', platform: 'p', event: { status: 'perhaps' } },
    { kind: 'rate' },
    { kind: 'link', platform: 'p', event: { status: 'up' }, stamp: { term: 1 } },
    { kind: 'owner', platform: 'p', stamp: { term: 1, n: null }, link: { status: 'up' }, since: 1 },
    { kind: 'ask', platform: 'p', id: 'q', agentId: 7 },
    { kind: 'not-read', answers: 'q', problem: {} },
    { kind: 'secret', commandId: 'c' },
  ])('%j is not', (message) => {
    expect(isBusMessage(message)).toBe(false)
  })
})
