import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { ciscoCtiPlatform, expertflowId, expertflowPlatform } from '../../src/sandbox/platforms.js'
import { ciscoCtiSimulator } from '../../src/simulators/cisco-cti/index.js'
import { expertflowSimulator } from '../../src/simulators/expertflow/index.js'
import { runSimulator, type RunningSimulator } from '../../src/simulators/kit/run.js'
import { SECRETS } from '../support/api.js'
import { startCountingProxy, startGatewayProcess, type CountingProxy, type GatewayProcess, type Reply } from '../support/gateway-process.js'
import { startPostgresServer } from '../support/postgres-server.js'
import { startRedisServer, type TestServer } from '../support/redis-server.js'

/** Two gateways on one Redis, in front of platforms that one of them only may be linked to. */
const servers: Record<string, TestServer> = {}
let spy: Redis
let cisco: RunningSimulator
let expertflow: RunningSimulator
const proxies: CountingProxy[] = []
const running: GatewayProcess[] = []
const overTheBus: string[] = []

const ENGINES = ['redis', 'postgres']
const PASSWORD = 'secret-1001'
const QUICK = { heartbeatMs: 300, connectTimeoutMs: 1_000, openTimeoutMs: 2_000, closeTimeoutMs: 300, answerTimeoutMs: 3_000 }

beforeAll(async () => {
  const redis = await startRedisServer()
  Object.assign(servers, { redis, postgres: await startPostgresServer() })
  spy = new Redis(redis.url)
  spy.on('pmessage', (_pattern: string, _channel: string, text: string) => overTheBus.push(text))
  await spy.psubscribe('*')
}, 60_000)
afterAll(async () => {
  spy.disconnect()
  for (const server of Object.values(servers)) await server.stop()
})
beforeEach(async () => {
  cisco = await runSimulator(ciscoCtiSimulator, { options: { agents: '60', loggedIn: '0' } })
  expertflow = await runSimulator(expertflowSimulator, { options: { agents: '5', disconnectMs: '600000' } })
  for (const side of ['side-a', 'side-b']) {
    proxies.push(await startCountingProxy(Number(new URL(cisco.simulator.endpoints[side] ?? '').port)))
  }
})
afterEach(async () => {
  for (const gateway of running.splice(0)) await gateway.kill()
  for (const proxy of proxies.splice(0)) await proxy.stop()
  await cisco.stop()
  await expertflow.stop()
})

async function start(engine: string, port?: number): Promise<GatewayProcess> {
  const [a, b] = proxies.map((proxy) => `tcp://127.0.0.1:${proxy.port}`) as [string, string]
  const gateway = await startGatewayProcess({
    engine: servers[engine]?.url ?? '',
    ...(port !== undefined && { port }),
    platforms: [
      ciscoCtiPlatform({ 'side-a': a, 'side-b': b }, QUICK),
      expertflowPlatform(expertflow.simulator.endpoints, 5, { soleDesk: true, pollMs: 500, reconnect: { baseMs: 20, capMs: 200 } }),
    ],
    more: { siteSecret: 'a secret of the tests of links', logLevel: 'debug' },
  })
  running.push(gateway)
  return gateway
}

const statusOf = async (gateway: GatewayProcess): Promise<string> => {
  const platforms = (await gateway.call('GET', '/readyz', { key: '' })).body['platforms'] as { status: string }[]
  return platforms.map(({ status }) => status).join(' ')
}
const up = async (gateway: GatewayProcess, timeout = 20_000): Promise<void> =>
  void (await expect.poll(() => statusOf(gateway), { timeout, interval: 100 }).toBe('up up'))
const pathOf = (platform: string, agentId: string): string => `/v1/platforms/${platform}/agents/${agentId}`
const ask = (gateway: GatewayProcess, platform: string, agentId: string, body: object): Promise<Reply> =>
  gateway.call('POST', `${pathOf(platform, agentId)}/commands`, { key: SECRETS.crm, body, headers: { prefer: 'wait=15' } })
const stateOf = async (gateway: GatewayProcess, platform: string, agentId: string, query = ''): Promise<Reply['body']> =>
  (await gateway.call('GET', `${pathOf(platform, agentId)}/state${query}`, { key: SECRETS.crm })).body
const open = (): number => proxies.reduce((sum, proxy) => sum + proxy.now, 0)
/** State requests that reached CTI Server for the agent, with what each did. */
const asked = (agentId: string): string[] =>
  cisco.journal.list({ agentId, operation: 'SET_AGENT_STATE_REQ' }).map((entry) => `${entry.asked} ${entry.effect}`)
const supervisorSockets = (): number =>
  expertflow.journal.list({ operation: 'socket connect' }).filter(({ agentId }) => agentId?.includes('-9000-') === true).length

it.each(ENGINES)(
  'on %s what is asked of the process without the links is done by the one that has them, after its death by the other',
  async (engine) => {
    const first = await start(engine)
    await up(first)
    const second = await start(engine)
    await up(second)
    expect([open(), supervisorSockets()]).toEqual([1, 1])

    const login = { action: 'LOGIN', station: '2001', credentials: { password: PASSWORD } }
    expect((await ask(second, 'cisco-cti', '1001', login)).body).toMatchObject({ status: 'confirmed' })
    expect((await ask(second, 'expertflow', expertflowId(1), { action: 'LOGIN' })).body).toMatchObject({ status: 'confirmed' })
    for (const gateway of [first, second]) {
      expect(await stateOf(gateway, 'cisco-cti', '1001')).toMatchObject({ state: 'NOT_READY', stale: false })
      expect(await stateOf(gateway, 'expertflow', expertflowId(1))).toMatchObject({ state: 'NOT_READY', stale: false })
    }
    expect(await stateOf(second, 'cisco-cti', '1002', '?fresh=true')).toMatchObject({ state: 'LOGGED_OUT', source: 'read' })
    expect((await second.call('GET', `${pathOf('cisco-cti', 'nobody')}/state?fresh=true`, { key: SECRETS.crm })).status).toBe(404)
    const reasons = await second.call('GET', '/v1/platforms/expertflow/reasons', { key: SECRETS.crm })
    expect((reasons.body['reasons'] as unknown[]).length).toBeGreaterThan(0)
    const agents = await second.call('GET', '/v1/platforms/cisco-cti/agents', { key: SECRETS.crm })
    expect((agents.body['agents'] as { agentId: string }[]).map(({ agentId }) => agentId)).toContain('1001')

    await first.kill()
    expect((await ask(second, 'cisco-cti', '1001', { action: 'READY' })).body).toMatchObject({ status: 'confirmed' })
    await up(second)
    expect((await ask(second, 'expertflow', expertflowId(1), { action: 'READY' })).body).toMatchObject({ status: 'confirmed' })
    expect((await ask(second, 'cisco-cti', '1001', { action: 'NOT_READY', reason: '8' })).status).toBeLessThan(500)
    expect(asked('1001').slice(0, 2)).toEqual(['LOGIN applied', 'READY applied'])
    expect([open(), supervisorSockets()]).toEqual([1, 2])
    for (const proxy of proxies) expect(proxy.most).toBeLessThanOrEqual(1)

    if (engine === 'redis') expect(overTheBus.some((text) => text.includes('sealed'))).toBe(true)
    for (const text of [...overTheBus, first.output(), second.output()]) expect(text).not.toContain(PASSWORD)
    await second.stop()
  },
  120_000,
)

it.each(ENGINES)(
  'on %s restarting one after the other under load loses nothing, doubles nothing and refuses nothing that was accepted',
  async (engine) => {
    let [one, two] = [await start(engine), await start(engine)] as [GatewayProcess, GatewayProcess]
    await Promise.all([up(one), up(two)])
    const clients = Array.from({ length: 20 }, (_, at) => client(String(1011 + at), String(2011 + at), () => [one, two]))
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    for (const turn of [0, 1]) {
      const old = turn === 0 ? one : two
      expect(await old.stop()).toBe(0)
      const fresh = await start(engine, old.port)
      if (turn === 0) one = fresh
      else two = fresh
      await up(fresh)
      await new Promise((resolve) => setTimeout(resolve, 1_500))
    }
    const results = await Promise.all(clients.map((each) => each.finish()))
    for (const { agentId, done } of results) {
      expect(done.length).toBeGreaterThan(3)
      // Every accepted command has reached the vendor once, in the order in which it was accepted; nothing else has.
      expect(asked(agentId)).toEqual(done.map(({ action, status }) => `${action} ${status === 'confirmed' ? 'applied' : String(status)}`))
    }
    // Each link was closed, and its closing confirmed, before the next one was opened.
    const opened = cisco.journal.list().flatMap(({ operation }) => (/^(OPEN|CLOSE)_REQ$/.test(operation) ? [operation] : []))
    expect(opened.length).toBeGreaterThan(2)
    expect(opened).toEqual(opened.map((_, at) => (at % 2 === 0 ? 'OPEN_REQ' : 'CLOSE_REQ')))
  },
  180_000,
)

interface Done {
  readonly action: string
  readonly status: unknown
}

/** One desk that sends a command after the other to whichever process answers, each with a key of its own, until it is told to finish. */
function client(agentId: string, station: string, gateways: () => readonly GatewayProcess[]) {
  let going = true
  const done: Done[] = []
  const path = `${pathOf('cisco-cti', agentId)}/commands`

  async function accepted(body: object, key: string): Promise<Reply['body']> {
    for (let tries = Number(agentId) % 2; ; tries += 1) {
      const gateway = gateways()[tries % 2] as GatewayProcess
      const headers = { prefer: 'wait=2', 'idempotency-key': key }
      const reply = await gateway.call('POST', path, { key: SECRETS.crm, body, headers }).catch(() => undefined)
      if (reply?.body['id'] !== undefined || reply?.body['commandId'] !== undefined) return reply.body
      if (reply !== undefined && reply.status !== 503 && reply.status !== 409) throw new Error(JSON.stringify(reply))
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  async function statusOfCommand(id: string): Promise<unknown> {
    for (let tries = 0; ; tries += 1) {
      const gateway = gateways()[tries % 2] as GatewayProcess
      const reply = await gateway.call('GET', `/v1/commands/${id}`, { key: SECRETS.admin }).catch(() => undefined)
      if (reply?.status === 200 && reply.body['settledAt'] !== undefined) return reply.body['status']
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  async function work(): Promise<void> {
    for (let turn = 0; going; turn += 1) {
      const action = turn === 0 ? 'LOGIN' : turn % 2 === 1 ? 'READY' : 'NOT_READY'
      const login = { station, credentials: { password: `secret-${agentId}` } }
      const body = await accepted({ action, ...(turn === 0 && login) }, `${agentId}-${turn}`)
      const id = String(body['id'] ?? body['commandId'])
      done.push({ action, status: await statusOfCommand(id) })
    }
  }

  const working = work()
  return {
    async finish() {
      going = false
      await working
      return { agentId, done }
    },
  }
}
