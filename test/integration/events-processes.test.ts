import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { expertflowId, expertflowPlatform } from '../../src/sandbox/platforms.js'
import { expertflowSimulator } from '../../src/simulators/expertflow/index.js'
import { runSimulator, type RunningSimulator } from '../../src/simulators/kit/run.js'
import { SECRETS } from '../support/api.js'
import { knownAgents, readEvents, type EventReader, type Told } from '../support/event-reader.js'
import { startGatewayProcess, type GatewayProcess } from '../support/gateway-process.js'
import { startPostgresServer } from '../support/postgres-server.js'
import { startRedisServer, type TestServer } from '../support/redis-server.js'

/** Two gateways on one engine, in front of one platform whose link one of them has. */
const servers: Record<string, TestServer> = {}
let vendor: RunningSimulator
const running: GatewayProcess[] = []
const readers: EventReader[] = []
const AGENTS = 6
const IDS = Array.from({ length: AGENTS }, (_, at) => expertflowId(at + 1))

beforeAll(async () => {
  Object.assign(servers, { redis: await startRedisServer(), postgres: await startPostgresServer() })
}, 180_000)
afterAll(async () => {
  for (const server of Object.values(servers)) await server.stop()
})
beforeEach(async () => {
  vendor = await runSimulator(expertflowSimulator, { options: { agents: String(AGENTS), disconnectMs: '600000' } })
})
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.close()
  for (const gateway of running.splice(0)) await gateway.kill()
  await vendor.stop()
})

async function start(engine: string, port?: number): Promise<GatewayProcess> {
  const gateway = await startGatewayProcess({
    engine: servers[engine]?.url ?? '',
    ...(port !== undefined && { port }),
    platforms: [
      expertflowPlatform(vendor.simulator.endpoints, AGENTS, { soleDesk: true, pollMs: 500, reconnect: { baseMs: 20, capMs: 200 } }),
    ],
    more: { siteSecret: 'a secret of the tests of events' },
  })
  running.push(gateway)
  return gateway
}

async function read(gateway: GatewayProcess, lastEventId?: string): Promise<EventReader> {
  const reader = await readEvents(gateway.url, { key: SECRETS.supervisor, ...(lastEventId !== undefined && { lastEventId }) })
  readers.push(reader)
  if (lastEventId === undefined) await reader.until(({ event }) => event === 'snapshot-end', 10_000)
  return reader
}

const ask = (gateway: GatewayProcess, agentId: string, action: string, prefer = 'wait=10') =>
  gateway.call('POST', `/v1/platforms/expertflow/agents/${agentId}/commands`, {
    key: SECRETS.supervisor,
    body: { action },
    headers: { prefer },
  })
const cursors = (told: readonly Told[]): number[] => told.flatMap(({ id }) => (id === undefined ? [] : [Number(id.split('.').at(-1))]))
const changes = (reader: EventReader): readonly Told[] => reader.told.filter(({ event }) => !event.startsWith('snapshot'))
const ended = (reader: EventReader): readonly string[] =>
  reader.of('command').flatMap(({ data }) => {
    const { id, status } = data['command'] as unknown as { id: string; status: string }
    return ['accepted', 'sent', 'retrying'].includes(status) ? [] : [id]
  })
const isUp = ({ event, data }: Told): boolean =>
  (event === 'link' && String(data['status']) === 'up') ||
  (event === 'snapshot' && (data['links'] as unknown as { status: string }[]).some(({ status }) => status === 'up'))
/** By its own words. */
const hasLink = (gateway: GatewayProcess): boolean =>
  (gateway.output().match(/this process (now has|has lost) the link/g) ?? []).at(-1) === 'this process now has the link'
const expectContiguous = (found: readonly number[]): void => expect(found).toEqual(found.map((_, at) => (found[0] ?? 0) + at))

describe.each(['redis', 'postgres'])('two gateways on %s', (engine) => {
  it('tell one stream: the same events with the same ids in the same order, and either goes on where the other stopped', async () => {
    const [one, two] = [await start(engine), await start(engine)]
    const [first, second] = [await read(one), await read(two)]
    await first.until(isUp, 20_000)
    const begun = Math.max(...[first, second].map((reader) => cursors(reader.told).at(-1) ?? 0))
    const ids: string[] = []
    for (const [at, agentId] of IDS.entries()) {
      for (const [turn, action] of ['LOGIN', 'READY', 'NOT_READY'].entries()) {
        const { body } = await ask((at + turn) % 2 === 0 ? one : two, agentId, action)
        expect(body['status']).toBe('confirmed')
        ids.push(String(body['id']))
      }
    }
    for (const reader of [first, second])
      await expect.poll(() => ids.every((id) => ended(reader).includes(id)), { timeout: 10_000 }).toBe(true)
    const behind = (reader: EventReader): readonly Told[] => changes(reader).filter((told) => (cursors([told])[0] ?? 0) > begun)
    const length = Math.min(behind(first).length, behind(second).length)
    expect(length).toBeGreaterThan(ids.length)
    expect(behind(first).slice(0, length)).toEqual(behind(second).slice(0, length))
    expectContiguous(cursors(behind(first)))
    expect(new Set(ended(first)).size).toBe(ended(first).length)

    const left = first.lastId
    first.close()
    await ask(two, IDS[0] ?? '', 'READY')
    const resumed = await read(two, left)
    await expect.poll(() => ended(resumed).length).toBe(1)
    expectContiguous([Number(left?.split('.').at(-1)), ...cursors(changes(resumed))])
    await expect.poll(() => knownAgents([...first.told, ...resumed.told])).toEqual(knownAgents(second.told))
    expect(knownAgents(second.told)).toMatchObject({ [`expertflow/${IDS[0] ?? ''}`]: 'READY', [`expertflow/${IDS[1] ?? ''}`]: 'NOT_READY' })
  }, 90_000)

  it('kill -9 in the middle of changes: who comes back is told all of it, nothing twice, and what the vendor did is in it', async () => {
    const gateway = await start(engine)
    let reader = await read(gateway)
    await reader.until(isUp, 20_000)
    await Promise.all(IDS.map((agentId) => ask(gateway, agentId, 'LOGIN')))
    const told: Told[] = []
    const asked: string[] = []
    let present = gateway
    for (let round = 0; round < 3; round += 1) {
      const accepted = await Promise.all(
        IDS.flatMap((agentId) =>
          ['READY', 'NOT_READY', 'READY'].map(async (action) => {
            const reply = await ask(present, agentId, action, 'respond-async').catch(() => undefined)
            return reply?.status === 202 || reply?.status === 200 ? [String(reply.body['id'])] : []
          }),
        ),
      )
      asked.push(...accepted.flat())
      await present.kill()
      running.splice(running.indexOf(present), 1)
      await expect.poll(() => reader.ended).toBe(true)
      told.push(...reader.told)
      present = await start(engine, gateway.port)
      reader = await read(present, told.findLast(({ id }) => id !== undefined)?.id)
    }
    const all = (): readonly Told[] => [...told, ...reader.told]
    const final = (): readonly string[] =>
      all().flatMap(({ event, data }) => {
        const command = data['command'] as unknown as { id: string; status: string } | undefined
        return event !== 'command' || command === undefined || ['accepted', 'sent', 'retrying'].includes(command.status) ? [] : [command.id]
      })
    await expect.poll(() => asked.filter((id) => !final().includes(id)), { timeout: 40_000 }).toEqual([])
    expect(all().filter(({ event }) => event === 'gap')).toEqual([])
    expectContiguous(cursors(all().filter(({ event }) => event !== 'snapshot')))
    for (const id of asked) expect(final().filter((one) => one === id)).toHaveLength(1)
    const states = IDS.map((agentId) => `expertflow/${agentId}`)
    await expect.poll(() => states.map((name) => knownAgents(all())[name]), { timeout: 20_000 }).toEqual(states.map(() => 'READY'))
    for (const agentId of IDS) {
      const { body } = await present.call('GET', `/v1/platforms/expertflow/agents/${agentId}/state?fresh=true`, { key: SECRETS.supervisor })
      expect(body['state']).toBe('READY')
    }
  }, 150_000)

  it('the process with the link is killed: its agents are stale within seconds at the other one, and fresh again', async () => {
    const gateways = [await start(engine), await start(engine)]
    const reading = new Map<GatewayProcess, EventReader>()
    for (const gateway of gateways) reading.set(gateway, await read(gateway))
    for (const reader of reading.values()) await reader.until(isUp, 20_000)
    await ask(gateways[1] as GatewayProcess, IDS[0] ?? '', 'LOGIN')
    for (const reader of reading.values()) {
      await reader.until(({ event, data }) => event === 'agent' && data['agentId'] === (IDS[0] as never), 10_000)
    }
    // Whoever came first has the link, unless it was too slow to renew it.
    await expect.poll(() => gateways.filter(hasLink).length, { timeout: 20_000 }).toBe(1)
    const owner = gateways.find(hasLink) as GatewayProcess
    const reader = reading.get(gateways.find((gateway) => gateway !== owner) as GatewayProcess) as EventReader
    const before = reader.told.length
    await owner.kill()
    const later = (): readonly Told[] => reader.told.slice(before)
    await expect
      .poll(() => later().some(({ event, data }) => event === 'link' && String(data['status']) === 'down'), { timeout: 15_000 })
      .toBe(true)
    await expect.poll(() => later().some(isUp), { timeout: 20_000 }).toBe(true)
    await expect.poll(() => knownAgents(reader.told)[`expertflow/${IDS[0] ?? ''}`], { timeout: 20_000 }).toBe('NOT_READY')
    expectContiguous(cursors(changes(reader)))
  }, 90_000)
})
