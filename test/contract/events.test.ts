import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { loopback, loopbackOver } from '../../src/adapters/loopback/index.js'
import { createLoopbackVendor, type LoopbackVendor } from '../../src/adapters/loopback/vendor.js'
import type { AdapterDefinition, EventSink } from '../../src/core/adapter.js'
import type { StreamEvent } from '../../src/core/events/event-log.js'
import { systemClock } from '../../src/core/clock.js'
import { startGateway, type Gateway } from '../../src/gateway.js'
import { KEYS, SECRETS, testConfig } from '../support/api.js'
import { knownAgents, readEvents, type EventReader, type ReaderOptions, type Told } from '../support/event-reader.js'
import { soon } from '../support/drafts.js'
import { createMemoryEngine, type MemoryEngine } from '../support/memory-engine.js'
import { silentLogger } from '../support/storm.js'

/** Two platforms of two agents each; the sink of each, so that the tests can lose its link. */
const PLATFORMS = ['one', 'two'] as const
const sinks = new Map<string, EventSink>()
const vendors = new Map<string, LoopbackVendor>()
const tested: AdapterDefinition<never> = {
  ...(loopback as AdapterDefinition<never>),
  create: ({ platform, clock }) => {
    const vendor = createLoopbackVendor({ agents: 2, latencyMs: 0 }, clock)
    vendors.set(platform, vendor)
    const adapter = loopbackOver(vendor, () => clock.now())
    return {
      ...adapter,
      manifest: { ...adapter.manifest, link: 'events' },
      start(sink) {
        sinks.set(platform, sink)
        return adapter.start(sink)
      },
    }
  },
}

let engine: MemoryEngine
let gateway: Gateway
const readers: EventReader[] = []

const ALL_SCHEMAS = [
  ['snapshot', 'StreamSnapshot'],
  ['snapshot-end', 'StreamSnapshotEnd'],
  ['agent', 'AgentStreamEvent'],
  ['command', 'CommandStreamEvent'],
  ['link', 'LinkStreamEvent'],
  ['gap', 'StreamGap'],
  ['end', 'StreamEnd'],
] as const
const ajv = new Ajv2020({ strict: false, allErrors: true })
;(addFormats as unknown as (target: Ajv2020) => void)(ajv)
ajv.addSchema(parse(readFileSync('openapi/gateway.yaml', 'utf8')) as object, 'gateway')

function expectDescribed(told: readonly Told[]): void {
  const schemas = new Map<string, string>(ALL_SCHEMAS)
  for (const { event, data } of told) {
    const validate = ajv.compile({ $ref: `gateway#/components/schemas/${schemas.get(event) ?? 'none'}` })
    expect(validate(data), `${event}: ${ajv.errorsText(validate.errors)}`).toBe(true)
  }
}

async function start(): Promise<void> {
  const config = testConfig({ platforms: PLATFORMS.map((id) => ({ id, adapter: 'tested', options: {} })) })
  const keys = KEYS.map((key) => (key.name === 'mine' ? { ...key, agent: 'one/agent1' } : key))
  const two = { name: 'two', sha256: KEYS[0]?.sha256 ?? '', scopes: ['agent:read'] as const, platforms: ['two'] }
  const adapters = { tested: () => Promise.resolve(tested) }
  gateway = await startGateway({
    config,
    keys: [...keys.slice(1), { ...two }],
    logger: silentLogger,
    engine: { ...engine, close: () => Promise.resolve() },
    adapters,
  })
}

async function read(options: Partial<ReaderOptions> = {}): Promise<EventReader> {
  const reader = await readEvents(gateway.url, { key: SECRETS.supervisor, ...options })
  readers.push(reader)
  if (reader.status === 200 && options.lastEventId === undefined) await reader.until(({ event }) => event === 'snapshot-end')
  return reader
}

const call = (method: string, path: string, body?: object): Promise<Response> =>
  fetch(`${gateway.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${SECRETS.supervisor}`, 'content-type': 'application/json', prefer: 'wait=5' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
const ask = (platform: string, agentId: string, action: string): Promise<Response> =>
  call('POST', `/v1/platforms/${platform}/agents/${agentId}/commands`, { action })
/** What is known of a platform's agents, and told to the log. */
async function lookAtAll(): Promise<void> {
  for (const id of PLATFORMS) {
    await call('GET', `/v1/platforms/${id}/agents`)
    await expect.poll(async () => (await engine.events.heads(id, undefined, 10, soon())).filter(({ stale }) => !stale).length).toBe(2)
  }
}
const agentsOf = (reader: EventReader): readonly Record<string, unknown>[] =>
  reader.of('snapshot').flatMap(({ data }) => data['agents'] as unknown as Record<string, unknown>[])
const nameOf = ({ data }: Pick<Told, 'data'>): string => `${String(data['platform'])}/${String(data['agentId'])}`
const isConfirmed = ({ event, data }: Told): boolean => event === 'command' && statusOf({ data }) === 'confirmed'
const statusOf = ({ data }: Pick<Told, 'data'>): unknown => (data['command'] as unknown as { status: string } | undefined)?.status
const stateOf = ({ data }: Pick<Told, 'data'>) => data['state'] as unknown as { state: string; stale: boolean; routable: boolean }
const isEnd = (event: StreamEvent): boolean => event.type === 'command' && event.command.status === 'confirmed'
const cursorOf = (id: string | undefined): number => Number(id?.split('.').at(-1))

beforeEach(async () => {
  engine = createMemoryEngine()
  await start()
})
afterEach(async () => {
  for (const reader of readers.splice(0)) {
    expectDescribed(reader.told)
    reader.close()
  }
  await gateway.stop()
})

describe('GET /v1/events', () => {
  it('begins with every agent and link, then tells what happens, in the words of the other routes', async () => {
    await lookAtAll()
    const reader = await read()
    expect(reader.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(reader.headers.get('cache-control')).toBe('no-store')
    expect(
      agentsOf(reader)
        .map((data) => nameOf({ data: data as Told['data'] }))
        .sort(),
    ).toEqual(['one/agent1', 'one/agent2', 'two/agent1', 'two/agent2'].sort())
    const links = reader.of('snapshot')[0]?.data['links'] as unknown as { platform: string; status: string }[]
    expect(links.map(({ platform, status }) => `${platform} ${status}`)).toEqual(['one up', 'two up'])
    expect(reader.of('snapshot-end')[0]).toMatchObject({ id: reader.of('snapshot-end')[0]?.data['cursor'], data: { agents: 4 } })

    const before = reader.told.length
    await ask('one', 'agent1', 'LOGIN')
    await ask('one', 'agent1', 'READY')
    await expect.poll(() => reader.told.filter(isConfirmed).length).toBe(2)
    const told = reader.told.slice(before)
    expect(told.map(nameOf).every((name) => name === 'one/agent1')).toBe(true)
    const ids = told.map(({ id }) => cursorOf(id))
    expect(ids).toEqual(ids.map((_, at) => (ids[0] ?? 0) + at))
    const seqs = told.map(({ data }) => Number(data['seq']))
    expect(seqs).toEqual(seqs.map((_, at) => 2 + at))
    const last = told.filter(({ event }) => event === 'agent').at(-1) as Told
    const answer = (await (await call('GET', '/v1/platforms/one/agents/agent1/state')).json()) as Record<string, unknown>
    for (const name of ['desired', 'desiredCommand', 'drift']) delete answer[name]
    expect(last.data['state']).toEqual(answer)
    const confirmed = told.filter(isConfirmed).at(-1) as Told
    const command = confirmed.data['command'] as unknown as { id: string }
    expect(command).toEqual(await (await call('GET', `/v1/commands/${command.id}`)).json())
  })

  it('shows agents whom nobody has asked for as soon as somebody reads', async () => {
    const reader = await read()
    await expect
      .poll(() => Object.keys(knownAgents(reader.told)), { timeout: 5_000 })
      .toEqual(['one/agent1', 'one/agent2', 'two/agent1', 'two/agent2'])
  })

  it('filters by platform, agent and type', async () => {
    await lookAtAll()
    const all = await read()
    const two = await read({ query: '?platform=two' })
    const both = await read({ query: '?platform=one,two&agentId=agent2&agentId=nobody' })
    const commands = await read({ query: '?type=command' })
    const states = await read({ query: '?type=agent,link&platform=one' })
    expect(agentsOf(two)).toHaveLength(2)
    expect(agentsOf(both).map((data) => nameOf({ data: data as Told['data'] }))).toEqual(['one/agent2', 'two/agent2'])
    expect(agentsOf(commands)).toEqual([])
    for (const platform of PLATFORMS) for (const agentId of ['agent1', 'agent2']) await ask(platform, agentId, 'LOGIN')
    sinks.get('two')?.link({ status: 'degraded' })
    await all.until(({ event, data }) => event === 'link' && (data['status'] as unknown) === 'degraded')
    await expect.poll(() => all.told.filter(isConfirmed).length).toBe(4)
    await expect.poll(() => commands.told.filter(isConfirmed).length).toBe(4)
    const kinds = (reader: EventReader): readonly string[] =>
      [
        ...new Set(
          reader.told
            .filter(({ event }) => !event.startsWith('snapshot'))
            .map((told) => `${told.event} ${String(told.data['platform'])} ${String(told.data['agentId'] ?? '')}`),
        ),
      ].sort()
    expect(kinds(two)).toEqual(['agent two agent1', 'agent two agent2', 'command two agent1', 'command two agent2', 'link two '])
    expect(kinds(both)).toEqual(['agent one agent2', 'agent two agent2', 'command one agent2', 'command two agent2', 'link two '])
    expect(kinds(commands).every((kind) => kind.startsWith('command'))).toBe(true)
    expect(kinds(states)).toEqual(['agent one agent1', 'agent one agent2'])
  })

  it('tells a key what it may see, and nothing else', async () => {
    await lookAtAll()
    const mine = await read({ key: SECRETS.mine })
    const two = await read({ key: SECRETS.crm })
    const all = await read()
    expect(agentsOf(mine).map((data) => nameOf({ data: data as Told['data'] }))).toEqual(['one/agent1'])
    expect(agentsOf(two)).toHaveLength(2)
    for (const platform of PLATFORMS) for (const agentId of ['agent1', 'agent2']) await ask(platform, agentId, 'LOGIN')
    await expect.poll(() => all.told.filter(isConfirmed).length).toBe(4)
    await expect.poll(() => two.told.filter(isConfirmed).length).toBe(2)
    const seen = (reader: EventReader): string[] => [
      ...new Set(reader.told.filter(({ event }) => !event.startsWith('snapshot')).map(nameOf)),
    ]
    expect(seen(mine)).toEqual(['one/agent1'])
    expect(seen(two).sort()).toEqual(['two/agent1', 'two/agent2'])
    expect((await read({ key: SECRETS.crm, query: '?platform=one' })).status).toBe(404)
    expect((await read({ key: SECRETS.mine, query: '?agentId=agent2' })).status).toBe(403)
  })

  it.each(['header', 'query'] as const)('goes on where a reader left off, without a snapshot (%s)', async (way) => {
    await lookAtAll()
    const first = await read()
    await ask('one', 'agent1', 'LOGIN')
    await first.until(isConfirmed)
    first.close()
    const left = first.told.at(-1)?.id ?? ''
    await ask('one', 'agent1', 'READY')
    await ask('two', 'agent2', 'LOGIN')
    await expect.poll(async () => (await engine.events.after(cursorOf(left), 100, soon())).events.filter(isEnd).length).toBe(2)
    const end = (await engine.events.after(0, 1, soon())).newest
    const second = await read(way === 'header' ? { lastEventId: left } : { query: `?cursor=${left}`, lastEventId: '' })
    await second.until(({ id }) => cursorOf(id) === end)
    expect(second.told.map(({ id }) => cursorOf(id))).toEqual(
      Array.from({ length: end - cursorOf(left) }, (_, at) => cursorOf(left) + 1 + at),
    )
    expect(second.of('snapshot')).toEqual([])
    await ask('two', 'agent1', 'LOGIN')
    await expect.poll(() => second.told.filter(isConfirmed).length).toBe(3)
    const ids = second.told.map(({ id }) => cursorOf(id))
    expect(ids).toEqual(ids.map((_, at) => (ids[0] ?? 0) + at))
  })

  it.each([
    ['other-epoch', (id: string) => `another.${cursorOf(id)}`],
    ['unknown', () => 'nonsense'],
    ['unknown', (id: string) => `${id}000`],
  ])('says %s when the way back is lost, and begins anew', async (reason, change) => {
    await lookAtAll()
    const first = await read()
    const lastEventId = change(first.of('snapshot-end')[0]?.id ?? '')
    const second = await read({ lastEventId })
    await second.until(({ event }) => event === 'snapshot-end')
    expect(second.told.map(({ event }) => event)).toEqual(['gap', 'snapshot', 'snapshot-end'])
    expect(second.told[0]?.data['reason']).toBe(reason)
    expect(agentsOf(second)).toHaveLength(4)
  })

  it('tells a lost link at once, and shows its agents as stale until each is heard of again', async () => {
    await lookAtAll()
    await ask('one', 'agent1', 'LOGIN')
    const reader = await read()
    sinks.get('one')?.link({ status: 'down', detail: 'connection reset' })
    sinks.get('one')?.link({ status: 'up' })
    const down = await reader.until(({ event, data }) => event === 'link' && (data['status'] as unknown) === 'down')
    expect(down.data).toMatchObject({ platform: 'one', detail: 'connection reset' })
    await reader.until(({ event, data }) => event === 'link' && (data['status'] as unknown) === 'up')
    const [loggedIn, unknown] = ['NOT_READY?', 'LOGGED_OUT?']
    const late = await read()
    await expect
      .poll(() => knownAgents(late.told))
      .toEqual({ 'one/agent1': loggedIn, 'one/agent2': unknown, 'two/agent1': 'LOGGED_OUT', 'two/agent2': 'LOGGED_OUT' })
    await call('GET', '/v1/platforms/one/agents/agent2/state?fresh=true')
    const fresh = await reader.until(({ event, id }) => event === 'agent' && cursorOf(id) > cursorOf(down.id))
    expect(nameOf(fresh)).toBe('one/agent2')
    expect(stateOf(fresh).stale).toBe(false)
    await systemClock.sleep(SHARED_MS)
    const later = await read()
    for (const one of [reader, late, later]) {
      await expect.poll(() => knownAgents(one.told)).toMatchObject({ 'one/agent1': loggedIn, 'one/agent2': 'LOGGED_OUT' })
    }
    expect(later.told.map(({ event }) => event)).toEqual(['snapshot', 'snapshot-end'])
  })

  it('tells the lost link of one agent as that agent’s stale view', async () => {
    await lookAtAll()
    const reader = await read()
    sinks.get('one')?.link({ status: 'down', agentId: 'agent2', detail: 'desk' })
    const told = await reader.until(({ event }) => event === 'agent')
    expect(nameOf(told)).toBe('one/agent2')
    expect(stateOf(told)).toMatchObject({ stale: true, routable: false })
    expect(reader.of('link')).toEqual([])
  })

  it('tells what a restart finds, without telling what did not change', async () => {
    await ask('one', 'agent1', 'LOGIN')
    await lookAtAll()
    const first = await read()
    const left = first.of('snapshot-end')[0]?.id ?? ''
    await gateway.stop()
    expect((await first.until(({ event }) => event === 'end')).data['reason']).toBe('stopping')
    await start()
    const second = await read({ lastEventId: left })
    await expect.poll(() => second.of('link').filter(({ data }) => (data['status'] as unknown) === 'up').length).toBe(2)
    await expect.poll(() => second.of('agent').length).toBe(4)
    const down = second.of('link').filter(({ data }) => (data['status'] as unknown) === 'down')
    expect(down).toHaveLength(2)
    expect(second.told.map(({ event }) => event)).not.toContain('gap')
  })

  it('refuses what it cannot do with a problem', async () => {
    const wrong = await call('GET', '/v1/events?type=agents')
    expect(wrong.status).toBe(400)
    expect(await wrong.json()).toMatchObject({ code: 'INVALID_REQUEST', errors: [{ field: 'query type' }] })
    expect((await call('GET', '/v1/events?platform=three')).status).toBe(404)
    expect((await call('GET', '/v1/events?nonsense=1')).status).toBe(400)
    engine.fail(true)
    const away = await call('GET', '/v1/events')
    expect(away.status).toBe(503)
    expect(away.headers.get('content-type')).toContain('application/problem+json')
    expect(await away.json()).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    engine.fail(false)
    const head = await fetch(`${gateway.url}/v1/events`, { method: 'HEAD', headers: { authorization: `Bearer ${SECRETS.reader}` } })
    expect(head.status).toBe(405)
  })

  it('keeps its readers while the store is away, and goes on afterwards with the newest of everything', async () => {
    await lookAtAll()
    const reader = await read()
    engine.fail(true)
    sinks.get('one')?.agent({ agentId: 'agent1', view: { ...viewOf('agent1'), state: 'BUSY' } })
    await systemClock.sleep(60)
    sinks.get('one')?.agent({ agentId: 'agent1', view: { ...viewOf('agent1'), state: 'WRAP_UP' } })
    sinks.get('two')?.agent({ agentId: 'agent2', view: { ...viewOf('agent2'), state: 'READY' } })
    await systemClock.sleep(60)
    expect(reader.ended).toBe(false)
    engine.fail(false)
    await expect
      .poll(() => reader.of('agent').map((told) => `${nameOf(told)} ${stateOf(told).state}`), { timeout: 5_000 })
      .toEqual(['one/agent1 WRAP_UP', 'two/agent2 READY'])
  })
})

/** Snapshots are shared by those who come within a second. */
const SHARED_MS = 1_100

const viewOf = (agentId: string) =>
  ({ agentId, state: 'READY', routable: true, channels: [], source: 'event', stale: false, observedAt: Date.now() }) as const
