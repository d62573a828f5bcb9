import { afterEach, describe, expect, it, vi } from 'vitest'
import { ciscoCtiSimulator } from '../../../src/simulators/cisco-cti/index.js'
import { runSimulator, type RunningSimulator } from '../../../src/simulators/kit/run.js'
import { float, message, openRequest, queryState, rawClient, setState, stateOf, text, u32, until, type RawClient } from './client.js'

let site: RunningSimulator
const clients: RawClient[] = []

async function run(options: Record<string, string> = {}): Promise<void> {
  site = await runSimulator(ciscoCtiSimulator, { options: { loggedIn: '3', ...options } })
}

async function dial(side: 'side-a' | 'side-b' = 'side-a'): Promise<RawClient> {
  const client = await rawClient(site.simulator.endpoints[side]!)
  clients.push(client)
  return client
}

async function opened(
  version = 15,
  side: 'side-a' | 'side-b' = 'side-a',
  over: Parameters<typeof openRequest>[1] = {},
): Promise<RawClient> {
  const client = await dial(side)
  client.send(openRequest(version, over))
  await client.next(4)
  return client
}

/** Status of a FAILURE_CONF in either form. */
const status = (body: Buffer): number => (body.length === 8 ? body.readUInt32BE(4) : body.readUInt16BE(4))

afterEach(async () => {
  vi.useRealTimers()
  for (const client of clients.splice(0)) client.end()
  await site.stop()
})

describe('opening (vendors/cisco.md 1.1, 1.5)', () => {
  it.each([
    [13, 26, 58],
    [18, 26, 58],
    [19, 30, 62],
    [20, 30, 62],
    [23, 30, 62],
    [24, 32, 62],
    [25, 32, 62],
  ])('speaks version %i: OPEN_CONF of %i bytes, AGENT_STATE_EVENT of %i', async (version, conf, event) => {
    await run()
    const client = await dial()
    client.send(openRequest(version))
    const answer = await client.next(4)
    const wide = version >= 20 ? 2 : 1
    expect(answer.body.length).toBe(conf + 3 * 2 * wide + 2 + 4 + 2)
    client.send(setState(version, { state: 3, agentId: '1001', instrument: '2001' }))
    const frame = await client.next(30)
    expect(stateOf(frame).state).toBe(3)
    expect(frame.body.subarray(event).toString('hex')).toBe(
      float(version, 5, text('1001')) + float(version, 4, text('2001')) + float(version, 6, text('2001')),
    )
  })

  it.each([
    [12, 8],
    [26, 10],
  ])('refuses version %i with status 1 in %i bytes', async (version, bytes) => {
    await run()
    const client = await dial()
    client.send(openRequest(version))
    const { body } = await client.next(1)
    expect([body.length, status(body)]).toEqual([bytes, 1])
  })

  it('lets a client try another version on the same connection, within the range of the site', async () => {
    await run({ oldestVersion: '14', newestVersion: '20' })
    const client = await dial()
    for (const version of [25, 24, 13]) {
      client.send(openRequest(version))
      expect(status((await client.next(1)).body)).toBe(1)
    }
    client.send(openRequest(20))
    await client.next(4)
  })

  it.each([
    ['an idle time-out under 20 s', { idle: 19 }, 18],
    ['unused service bits', { services: 0x4000 }, 19],
    ['unused call mask bits', { callMask: 0x10000000 }, 20],
    ['unused state mask bits', { states: 0x4000 }, 21],
    ['an unknown peripheral', { peripheral: 4711 }, 7],
    ['CLIENT_EVENTS without an agent', { services: 0x5 }, 8],
  ])('refuses %s', async (_name, over, expected) => {
    await run()
    const client = await dial()
    client.send(openRequest(15, over))
    expect(status((await client.next(1)).body)).toBe(expected)
    expect(site.journal.list({ operation: 'OPEN_REQ' })).toMatchObject([
      { effect: 'refused', detail: { side: 'A', version: 15, status: expected } },
    ])
  })

  it('wants ClientID and ClientPassword, and the right ones where the site enforces them', async () => {
    await run({ clientId: 'gw', clientPassword: 'pw' })
    const client = await dial()
    const fixed = [1, 15, 0xffffffff, 0xffffffff, 0x14, 0, 0x3fff, 0, 0, 0, 0].map(u32).join('')
    client.send(message(3, fixed + float(15, 1, text('gw'))))
    expect(status((await client.next(1)).body)).toBe(6)
    client.send(message(3, fixed + float(15, 1, text('gw')) + float(15, 2, text('no'))))
    expect(status((await client.next(1)).body)).toBe(36)
    client.send(message(3, fixed + float(15, 1, text('gw')) + float(15, 2, text('pw'))))
    await client.next(4)
  })

  it('refuses requests before OPEN, a second OPEN, unknown types and broken messages', async () => {
    await run()
    const client = await dial()
    client.send(queryState(15, '1001'))
    expect(status((await client.next(1)).body)).toBe(4)
    client.send(openRequest(15))
    await client.next(4)
    client.send(openRequest(15))
    expect(status((await client.next(1)).body)).toBe(5)
    client.send(message(9999, u32(1)))
    expect(status((await client.next(1)).body)).toBe(2)
    client.send(message(38, u32(1)))
    expect(status((await client.next(1)).body)).toBe(23)
    client.send(message(36, `${u32(1)}${u32(5000)}${u32(1)}${u32(0)}05ff31`))
    expect(status((await client.next(1)).body)).toBe(25)
    client.send('7fffffff00000005')
    await until(() => client.closed)
  })

  it('takes its messages in segments of one byte, and several in one', async () => {
    await run()
    const client = await opened()
    const bytes = Buffer.from(queryState(15, '1001', 1), 'hex')
    for (const byte of bytes) {
      client.socket.write(Buffer.from([byte]))
      await new Promise((resolve) => setImmediate(resolve))
    }
    client.send(queryState(15, '1002', 2) + queryState(15, '1003', 3))
    const ids = [await client.next(37), await client.next(37), await client.next(37)].map((frame) => frame.body.readUInt32BE(0))
    expect(ids).toEqual([1, 2, 3])
  })

  it('without CLIENT_CONTROL refuses SET_AGENT_STATE with status 12', async () => {
    await run()
    const client = await opened(15, 'side-a', { services: 0x10 })
    client.send(setState(15, { state: 3, agentId: '1001' }))
    expect(status((await client.next(1)).body)).toBe(12)
  })

  it('gives a CLIENT_EVENTS session the events of its own agent only, with its SessionID', async () => {
    await run()
    const client = await dial()
    const fixed = [1, 15, 0xffffffff, 5000, 0x5, 0, 0x3fff, 0, 0, 0, 0].map(u32).join('')
    client.send(message(3, fixed + float(15, 1, text('gw')) + float(15, 2, '') + float(15, 5, text('1002'))))
    const conf = await client.next(4)
    expect(conf.body.readUInt16BE(24)).toBe(2)
    site.simulator.event('agent-state', { agentId: '1001', state: 'AVAILABLE' })
    site.simulator.event('agent-state', { agentId: '1002', state: 'AVAILABLE' })
    const event = await client.next(30)
    expect(event.body.toString('hex')).toContain(text('1002'))
    expect(event.body.readUInt32BE(8)).toBeGreaterThan(0)
    expect(client.frames.filter((frame) => frame.body.toString('hex').includes(text('1001')))).toEqual([])
    client.send(setState(15, { state: 2, agentId: '1001', reason: 1 }))
    expect(status((await client.next(1)).body)).toBe(12)
  })

  it('resets a client that says nothing for its idle time-out', async () => {
    await run()
    const client = await dial()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    const answered = new Promise((resolve) => client.socket.once('data', resolve))
    const gone = new Promise((resolve) => client.socket.once('close', resolve))
    client.send(openRequest(15, { idle: 20 }))
    await answered
    vi.advanceTimersByTime(19_000)
    expect(client.closed).toBe(false)
    vi.advanceTimersByTime(1_100)
    await gone
  })

  it('limits outstanding requests where the site does', async () => {
    await run({ maxOutstanding: '2', answerDelayMs: '20' })
    const client = await opened()
    client.send([1, 2, 3].map((invoke) => queryState(15, '1001', invoke)).join(''))
    const { body } = await client.next(35)
    expect([body.readUInt32BE(0), body.readUInt16BE(4)]).toEqual([3, 44])
    await client.next(37)
    await client.next(37)
  })
})

describe('the pair (vendors/cisco.md 1.5, 1.11)', () => {
  it('serves on A; B refuses with 15 until A dies, and then has the same agents', async () => {
    await run()
    const a = await opened()
    const b = await dial('side-b')
    b.send(openRequest(15))
    expect(status((await b.next(1)).body)).toBe(15)
    a.send(setState(15, { state: 3, agentId: '1001' }))
    await a.next(30)
    site.simulator.event('side-down', { side: 'A' })
    await until(() => a.closed)
    await expect(dial('side-a')).rejects.toThrow('ECONNREFUSED')
    b.send(openRequest(15))
    await b.next(4)
    b.send(queryState(15, '1001'))
    expect((await b.next(37)).body.readUInt16BE(4)).toBe(3)
    site.simulator.event('side-up', { side: 'A' })
    await expect.poll(async () => (await dial('side-a').catch(() => undefined)) !== undefined).toBe(true)
    clients.at(-1)!.send(openRequest(15))
    expect(status((await clients.at(-1)!.next(1)).body)).toBe(15)
  })

  it('tells its clients to leave by FAILURE_EVENT 15 at a fail-over, refuses heart-beats and requests', async () => {
    await run()
    const a = await opened()
    site.simulator.event('failover', {})
    expect((await a.next(2)).body.readUInt32BE(0)).toBe(15)
    a.send(setState(15, { state: 3, agentId: '1001' }))
    expect(status((await a.next(1)).body)).toBe(92)
    a.send(message(5, u32(4)))
    expect(status((await a.next(1)).body)).toBe(15)
    const b = await opened(15, 'side-b')
    b.send(message(5, u32(4)))
    await b.next(6)
    site.simulator.reset()
    expect((await b.next(2)).body.readUInt32BE(0)).toBe(15)
    await opened(15, 'side-a')
  })

  it('answers heart-beats with FAILURE_CONF 15 and OPEN with 110 in maintenance', async () => {
    await run()
    const a = await opened()
    site.simulator.event('maintenance', { side: 'A' })
    await a.next(2)
    a.send(message(5, u32(3)))
    expect(status((await a.next(1)).body)).toBe(15)
    const late = await dial()
    late.send(openRequest(15))
    expect(status((await late.next(1)).body)).toBe(110)
    await opened(15, 'side-b')
  })

  it('lets ACTIVE_STANDBY clients in on both sides from version 24 and tells them of changes', async () => {
    await run()
    const services = 0x02100014
    const a = await dial()
    a.send(openRequest(24, { services }))
    expect((await a.next(4)).body.readUInt16BE(30)).toBe(1)
    const b = await dial('side-b')
    b.send(openRequest(24, { services }))
    expect((await b.next(4)).body.readUInt16BE(30)).toBe(2)
    site.simulator.event('maintenance', { side: 'A' })
    const asked = await a.next(278)
    a.send(message(279, `${asked.body.toString('hex')}0001`))
    expect((await a.next(280)).body.readUInt16BE(0)).toBe(1)
    await b.next(277)
    b.send(setState(24, { state: 3, agentId: '1001' }))
    await b.next(39)
  })

  it('tells of peripherals, instruments and the PG by SYSTEM_EVENT, and logs out with 50003', async () => {
    await run({ systemEvents: 'no' })
    const client = await opened()
    const system = async () => {
      const { body } = await client.next(31)
      return [body.readUInt32BE(8), body.readUInt32BE(12), body.readUInt32BE(0)]
    }
    site.simulator.event('peripheral-offline', {})
    expect(await system()).toEqual([4, 5000, 4])
    client.send(setState(15, { state: 3, agentId: '1001' }))
    expect((await client.next(35)).body.readUInt16BE(4)).toBe(1015)
    site.simulator.event('peripheral-online', {})
    expect(await system()).toEqual([3, 5000, 0])
    site.simulator.event('device-out', { agentId: '1001' })
    expect(await system()).toEqual([10, 5000, 0])
    expect(stateOf(await client.next(30))).toMatchObject({ state: 1, reason: 50003 })
    site.simulator.event('pg-offline', {})
    expect(await system()).toEqual([6, 0, 1])
    client.send(queryState(15, '1002'))
    expect((await client.next(37)).body.readUInt16BE(4)).toBe(9)
    site.simulator.event('non-voice-state', { agentId: '1002' })
    expect(stateOf(await client.next(30))).toMatchObject({ state: 11, mrd: 5001 })
  })
})
