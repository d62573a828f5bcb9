import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { openEngine } from '../../src/core/store/open.js'
import { SECRETS, startApi, testConfig, type Answer, type Api } from '../support/api.js'
import { startRedisServer, type TestServer } from '../support/redis-server.js'
import { silentLogger } from '../support/storm.js'

/** The bound of every API call, ms: the agent's gate and one step of the store, each with its deadline, and some slack. */
const BOUND_MS = 3_000

let redis: TestServer
let api: Api
beforeAll(async () => {
  redis = await startRedisServer()
  const engine = await openEngine(redis.url, { dataDir: '', log: silentLogger, clock: systemClock, owner: 'frozen' })
  api = await startApi({ engine, config: testConfig({ platforms: [{ id: 'loopback', adapter: 'loopback', options: { agents: 200 } }] }) })
})
afterAll(async () => {
  redis.thaw()
  await api.stop()
  await redis.stop()
})

const path = (agent: number): string => `/v1/platforms/loopback/agents/agent${agent}/commands`

async function timed(work: () => Promise<Answer>): Promise<Answer & { ms: number }> {
  const began = performance.now()
  const answer = await work()
  return { ...answer, ms: performance.now() - began }
}

it('with Redis frozen every call is answered in its bound with 503 and Retry-After, and nothing told failed takes effect later', async () => {
  for (let agent = 1; agent <= 40; agent += 1) {
    const login = await api.call('POST', path(agent), { body: { action: 'LOGIN' }, headers: { prefer: 'wait=10' } })
    expect(login.status).toBe(200)
  }
  const known = ((await api.call('GET', path(1))).body['commands'] as unknown as { id: string }[])[0]?.id ?? ''
  redis.freeze()
  const answers = await Promise.all([
    ...Array.from({ length: 40 }, (_, at) =>
      timed(() => api.call('POST', path(at + 1), { body: { action: 'LOGOUT' }, headers: { 'idempotency-key': `f${at}` } })),
    ),
    ...Array.from({ length: 5 }, () => timed(() => api.call('POST', path(1), { body: { action: 'READY' } }))),
    timed(() => api.call('GET', `/v1/commands/${known}`)),
    timed(() => api.call('GET', path(1))),
    timed(() => api.call('GET', '/v1/platforms/loopback/agents/agent1/state')),
    timed(() => api.call('POST', `/v1/commands/${known}/cancel`)),
    timed(() => api.call('POST', `/v1/commands/${known}/replay`, { key: SECRETS.admin })),
    timed(() => api.call('GET', '/v1/dead-letters', { key: SECRETS.admin })),
    timed(() => api.call('GET', '/readyz')),
  ])
  redis.thaw()
  for (const answer of answers) {
    expect(answer.status).toBe(503)
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(answer.ms).toBeLessThan(BOUND_MS)
  }
  // Longer than any sweep: what is going to run has run.
  await systemClock.sleep(5_000)
  for (let agent = 1; agent <= 40; agent += 1) {
    const state = await api.call('GET', `/v1/platforms/loopback/agents/agent${agent}/state?fresh=true`)
    expect(state.body).toMatchObject({ state: 'NOT_READY', desired: 'NOT_READY' })
    const commands = (await api.call('GET', path(agent))).body['commands'] as unknown as { action: string; status: string }[]
    expect(commands.filter((command) => command.status !== 'cancelled').map((command) => command.action)).toEqual(['LOGIN'])
  }
  expect((await api.call('POST', path(1), { body: { action: 'LOGOUT' }, headers: { prefer: 'wait=10' } })).status).toBe(200)
}, 60_000)
