import { afterEach, expect, it } from 'vitest'
import { createMemoryEngine } from '../support/memory-engine.js'
import { SECRETS, startApi, testConfig, type Api } from '../support/api.js'

let running: Api | undefined
afterEach(() => running?.stop())

it('a command that waits for its turn is told its place and when to look again; the urgent ones go first', async () => {
  const platforms = [{ id: 'lab', adapter: 'loopback', options: { agents: 20 }, ratePerSecond: 1 }]
  const api = await startApi({ engine: createMemoryEngine(), config: testConfig({ platforms }) })
  running = api
  const post = (agent: number, body: object) =>
    api.call('POST', `/v1/platforms/lab/agents/agent${agent}/commands`, {
      key: SECRETS.supervisor,
      body,
      headers: { Prefer: 'wait=0.05' },
    })
  const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => post(index + 1, { action: 'LOGIN' })))
  const waiting = answers.filter((answer) => answer.status === 202)
  expect(waiting.length).toBeGreaterThanOrEqual(10)
  const last = await post(13, { action: 'LOGIN' })
  expect(last.status).toBe(202)
  expect(last.body).toMatchObject({ status: 'accepted', queuePosition: expect.any(Number) as number })
  expect(Number(last.body['queuePosition'])).toBeGreaterThanOrEqual(8)
  expect(Number(last.headers.get('retry-after'))).toBeGreaterThanOrEqual(8)
  const urgent = await post(14, { action: 'LOGOUT', force: true })
  expect(Number(urgent.body['queuePosition'] ?? 0)).toBeLessThan(3)
})
