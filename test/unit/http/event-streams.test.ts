import { createServer, type Server, type ServerResponse } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keepEventLog } from '../../../src/core/events/event-keeper.js'
import type { StreamDraft } from '../../../src/core/events/event-log.js'
import { toCtiError } from '../../../src/core/model/error.js'
import { readPosition } from '../../../src/http/events/frames.js'
import { GATEWAY_SHAPE } from '../../../src/http/events/shape.js'
import { createEventStreams, type EventStreams } from '../../../src/http/events/stream.js'
import { createKeyring } from '../../../src/http/keyring.js'
import { KEYS, SECRETS } from '../../support/api.js'
import { knownAgents, readEvents, type EventReader, type ReaderOptions } from '../../support/event-reader.js'
import { createMemoryEngine, type MemoryEngine } from '../../support/memory-engine.js'
import { createVirtualClock, type VirtualClock } from '../../support/process-clocks.js'
import { silentLogger } from '../../support/storm.js'

/** The streams behind a bare HTTP server, on a log in memory and in a time that the tests move. */
const KEEP = 1_000
const keys = KEYS.filter(({ agent }) => agent === undefined)
let clock: VirtualClock
let engine: MemoryEngine
let streams: EventStreams
let server: Server
let url: string
let responses: ServerResponse[]
let ended: string[]
let keyring: ReturnType<typeof createKeyring>
const readers: EventReader[] = []
const sockets: Socket[] = []

function setUp(maxReaders = 10): void {
  streams = createEventStreams({
    log: engine.events,
    platforms: ['p'],
    clock,
    logger: silentLogger,
    storeTimeoutMs: 1_000,
    maxReaders,
    keyring,
    metrics: { delivered: () => undefined, ended: (reason) => ended.push(reason), lag: () => undefined },
    onFirst: () => undefined,
  })
}

beforeEach(async () => {
  clock = createVirtualClock()
  engine = createMemoryEngine({ clock, keepEvents: KEEP })
  keyring = createKeyring(keys, clock)
  ;[responses, ended] = [[], []]
  setUp()
  server = createServer((request, response) => {
    responses.push(response)
    const text = request.headers['last-event-id']
    const from = typeof text === 'string' ? (readPosition(text) ?? 'unknown') : undefined
    const types = request.url?.includes('type=command') === true ? new Set(['command' as const]) : undefined
    streams
      .open({
        response,
        principal: keyring.authenticate(request.headers),
        filter: types === undefined ? {} : { types },
        shape: GATEWAY_SHAPE,
        ...(from !== undefined && { from }),
      })
      .catch((error: unknown) => response.writeHead(503).end(toCtiError(error).code))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.close()
  for (const socket of sockets.splice(0)) socket.destroy()
  streams.stop()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

async function read(options: Partial<ReaderOptions> = {}): Promise<EventReader> {
  const reader = await readEvents(url, { key: SECRETS.reader, ...options })
  readers.push(reader)
  return reader
}

async function readAll(options: Partial<ReaderOptions> = {}): Promise<EventReader> {
  const reader = await read(options)
  await moving(() => reader.told.some(({ event }) => event === 'snapshot-end'))
  return reader
}

/** Moves the time on, a little, until this is so. */
async function moving(isSo: () => boolean): Promise<void> {
  await expect
    .poll(
      async () => {
        await clock.advance(20)
        return isSo()
      },
      { timeout: 10_000, interval: 1 },
    )
    .toBe(true)
}

let changes = 0
const agentDraft = (agentId: string, name = ''): StreamDraft => ({
  type: 'agent',
  platform: 'p',
  agentId,
  at: clock.now(),
  view: { agentId, state: 'BUSY', routable: false, channels: [], reason: { name }, since: (changes += 1), source: 'event', stale: false },
})
const tell = (...drafts: readonly StreamDraft[]): Promise<void> => engine.events.append(drafts, { deadline: clock.now() + 1_000 })
const cursorOf = (id: string | undefined): number => Number(id?.split('.').at(-1))
const epochOf = (id: string | undefined): string => id?.split('.')[0] ?? ''

describe('the streams of one process', () => {
  it('sends every reader a heart-beat every 15 s, which moves its place on past what it is not told', async () => {
    const reader = await readAll({ query: '?type=command' })
    const begun = reader.told.length
    await tell(agentDraft('a'), agentDraft('b'))
    streams.poke()
    await clock.advance(10_000)
    expect(reader.comments).toEqual([])
    await clock.advance(5_000)
    await expect.poll(() => reader.comments.map((text) => text.trim())).toEqual(['heart-beat'])
    expect(cursorOf(reader.lastId)).toBe(2)
    expect(reader.told).toHaveLength(begun)
    await clock.advance(15_000)
    await expect.poll(() => reader.comments).toHaveLength(2)
  })

  it('ends the readers of a key that is taken back, and nobody else', async () => {
    const [gone, stays] = [await readAll(), await readAll({ key: SECRETS.crm })]
    keyring.replace(keys.filter(({ name }) => name !== 'reader'))
    await expect.poll(() => gone.of('end').map(({ data }) => data['reason'])).toEqual(['revoked'])
    await clock.advance(1_000)
    await expect.poll(() => gone.ended).toBe(true)
    await tell(agentDraft('a'))
    await moving(() => stays.of('agent').length === 1)
    expect(stays.ended).toBe(false)
    expect(ended).toEqual(['revoked'])
  })

  it('takes as many readers as it is told to, and another one when one has left', async () => {
    streams.stop()
    setUp(2)
    const [first] = [await readAll(), await readAll()]
    const third = await fetch(`${url}/v1/events`, { headers: { authorization: `Bearer ${SECRETS.reader}` } })
    expect([third.status, await third.text()]).toEqual([503, 'TOO_MANY_READERS'])
    first.close()
    await expect.poll(() => streams.readers).toBe(1)
    expect((await readAll()).status).toBe(200)
  })

  it('says too-old, and begins anew, to a reader who comes back for what is kept no more', async () => {
    const left = (await readAll()).lastId
    await tell(agentDraft('a'))
    for (let from = 0; from < KEEP; from += 100) await tell(...Array.from({ length: 100 }, (_, at) => agentDraft(`a${at}`)))
    streams.stop()
    setUp()
    const back = await readAll({ lastEventId: left ?? '' })
    expect(back.told.map(({ event }) => event)).toEqual(['gap', 'snapshot', 'snapshot-end'])
    expect(back.told[0]?.data).toMatchObject({ reason: 'too-old', from: left, to: `${epochOf(left)}.${KEEP + 1}` })
    expect(Object.keys(knownAgents(back.told))).toHaveLength(101)
  })

  it('says too-old to all its readers when more was told than is kept before it could look', async () => {
    const reader = await readAll()
    for (let from = 0; from <= KEEP; from += 100) await tell(...Array.from({ length: 100 }, (_, at) => agentDraft(`a${at}`)))
    await moving(() => reader.of('snapshot-end').length === 2)
    expect(reader.told.slice(2).map(({ event }) => event)).toEqual(['gap', 'snapshot', 'snapshot-end'])
    expect(reader.of('gap')[0]?.data['reason']).toBe('too-old')
    await tell(agentDraft('late'))
    await moving(() => reader.of('agent').length === 1)
  })

  it('tells a newcomer every agent as of one cursor, and then what happened while the snapshot was being told', async () => {
    const ids = Array.from({ length: 1_700 }, (_, at) => `a${at}`)
    for (let from = 0; from < ids.length; from += 100) await tell(...ids.slice(from, from + 100).map((id) => agentDraft(id, 'before')))
    await readAll() // so that the tail is there, and moves on
    await clock.advance(1_100)
    const opening = read()
    await expect.poll(() => streams.readers, { interval: 1 }).toBe(2)
    for (let round = 0; round < 20; round += 1) {
      await tell(agentDraft(`a${round * 80}`, 'after'), agentDraft(`new${round}`, 'after'))
      streams.poke()
      await clock.advance(20)
    }
    const reader = await opening
    const newest = ids.length + 40
    await moving(() => cursorOf(reader.lastId) === newest)
    const told = reader.told.filter(({ event }) => event !== 'snapshot').map(({ id }) => cursorOf(id))
    expect(told).toEqual(told.map((_, at) => (told[0] ?? 0) + at))
    const known = new Map<string, unknown>()
    const put = (data: Record<string, unknown>): void =>
      void known.set(String(data['agentId']), (data['state'] as { reason?: { label?: string; name?: string } }).reason)
    for (const { data } of reader.of('snapshot')) (data['agents'] as unknown as Record<string, unknown>[]).forEach(put)
    for (const { data } of reader.of('agent')) put(data)
    expect(known.size).toBe(ids.length + 20)
    const after = [...known].filter(([, reason]) => JSON.stringify(reason).includes('after')).map(([id]) => id)
    expect(after.sort()).toEqual(
      Array.from({ length: 20 }, (_, round) => [`a${round * 80}`, `new${round}`])
        .flat()
        .sort(),
    )
  })
})

describe('agents that are not heard of any more', () => {
  const DAY = 24 * 3_600_000

  it('are forgotten every hour, and within a day newcomers hear nothing of them while others read on', async () => {
    await tell(agentDraft('old'), { type: 'link', platform: 'p', at: clock.now(), status: 'up' })
    const reads = await readAll()
    expect(Object.keys(knownAgents(reads.told))).toEqual(['p/old'])
    const end = keepEventLog({ log: engine.events, platforms: ['p'], forgetAgentsMs: 2 * DAY, clock, logger: silentLogger })
    const heads = async (): Promise<number> => (await engine.events.heads('p', undefined, 10, { deadline: clock.now() })).length
    await clock.advance(2 * DAY - 3_600_000)
    await tell(agentDraft('new'))
    expect(await heads()).toBe(2)
    await clock.advance(2 * 3_600_000)
    expect(await heads()).toBe(1)
    end()
    await clock.advance(DAY)
    await tell(agentDraft('newer'))
    await moving(() => reads.of('agent').length === 2)
    expect(reads.of('gap')).toEqual([])
    const late = await readAll()
    expect(Object.keys(knownAgents(late.told))).toEqual(['p/new', 'p/newer'])
  }, 60_000)
})

describe('a reader who does not read', () => {
  const MAX_UNSENT = 1_048_576
  const unsent = (): number => responses.at(-1)?.socket?.writableLength ?? 0

  async function connectSlow(): Promise<Socket> {
    const before = responses.length
    const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined)
    sockets.push(socket)
    socket.pause()
    socket.write(`GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${SECRETS.supervisor}\r\n\r\n`)
    await expect.poll(() => responses.length).toBe(before + 1)
    await moving(() => streams.readers === readers.length + 1)
    return socket
  }

  async function allOf(socket: Socket): Promise<string> {
    let text = ''
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
    socket.resume()
    await expect.poll(() => socket.readableEnded, { timeout: 10_000 }).toBe(true)
    return text
  }

  it('is ended with slow when a megabyte is unsent, never keeps more, and holds nobody up', async () => {
    const quick = await readAll()
    const socket = await connectSlow()
    let most = 0
    let told = 0
    while (ended.length === 0 && told < 1_000) {
      await tell(agentDraft('a', 'x'.repeat(50_000)))
      told += 1
      streams.poke()
      await clock.advance(20)
      most = Math.max(most, unsent())
    }
    expect(ended).toEqual(['slow'])
    // The last words come on top.
    expect(most).toBeLessThan(MAX_UNSENT + 1_000)
    expect(most).toBeGreaterThan(MAX_UNSENT / 2)
    await moving(() => quick.of('agent').length === told)
    expect((await allOf(socket)).endsWith('event: end\ndata: {"reason":"slow"}\n\n')).toBe(true)
    expect(streams.readers).toBe(1)
  }, 60_000)

  it('is ended with slow when it has taken nothing for ten seconds', async () => {
    const socket = await connectSlow()
    for (let told = 0; unsent() === 0 && told < 1_000; told += 1) {
      await tell(agentDraft('a', 'x'.repeat(50_000)))
      streams.poke()
      await clock.advance(20)
    }
    expect(unsent()).toBeGreaterThan(0)
    await clock.advance(9_000)
    expect(ended).toEqual([])
    await clock.advance(3_000)
    expect(ended).toEqual(['slow'])
    await clock.advance(1_000)
    expect(responses.at(-1)?.socket?.destroyed).toBe(true)
    expect(await allOf(socket)).not.toContain('"reason":"stopping"')
  }, 60_000)
})
