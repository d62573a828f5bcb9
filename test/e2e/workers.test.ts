import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { restartPauseMs } from '../../src/workers.js'
import { ciscoCtiPlatform } from '../../src/sandbox/platforms.js'
import { ciscoCtiSimulator } from '../../src/simulators/cisco-cti/index.js'
import { runSimulator, type RunningSimulator } from '../../src/simulators/kit/run.js'
import { SECRETS } from '../support/api.js'
import { startGatewayProcess, type GatewayProcess, type Reply } from '../support/gateway-process.js'
import { startRedisServer, type TestServer } from '../support/redis-server.js'

/** `cti-gateway start --workers 2`: one port, two processes, one link. */
let redis: TestServer
let cisco: RunningSimulator
let gateway: GatewayProcess

beforeAll(async () => {
  redis = await startRedisServer()
  cisco = await runSimulator(ciscoCtiSimulator, { options: { agents: '10', loggedIn: '0' } })
  gateway = await startGatewayProcess({
    engine: redis.url,
    platforms: [ciscoCtiPlatform(cisco.simulator.endpoints, { heartbeatMs: 300, closeTimeoutMs: 300 })],
    args: ['--workers', '2'],
  })
}, 90_000)
afterAll(async () => {
  await gateway.kill()
  await cisco.stop()
  await redis.stop()
})

/** Process ids of the workers that became ready, in order. */
const readied = (): number[] => [...gateway.output().matchAll(/worker \d \(process (\d+)\) is ready/g)].map(([, id]) => Number(id))
const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
const command = (agentId: string, body: object): Promise<Reply> =>
  gateway.call('POST', `/v1/platforms/cisco-cti/agents/${agentId}/commands`, {
    key: SECRETS.crm,
    body,
    // A connection of its own: each may meet another worker.
    headers: { prefer: 'wait=15', connection: 'close' },
  })
const login = (agentId: string): Promise<Reply> =>
  command(agentId, { action: 'LOGIN', station: String(Number(agentId) + 1000), credentials: { password: `secret-${agentId}` } })

it('starts two workers on one port, says so once, and any of them takes a LOGIN with a password', async () => {
  expect(readied()).toHaveLength(2)
  expect(gateway.output().match(/is ready at/g)).toHaveLength(1)
  const answers = await Promise.all(['1001', '1002', '1003', '1004', '1005', '1006'].map(login))
  expect(answers.map(({ body }) => body['status'])).toEqual(answers.map(() => 'confirmed'))
  expect(gateway.output()).not.toContain('secret-100')
})

it('starts a worker that was killed again', async () => {
  const [first] = readied() as [number]
  process.kill(first, 'SIGKILL')
  await expect.poll(() => readied().length, { timeout: 30_000 }).toBe(3)
  expect(gateway.output()).toContain(`(process ${first}) has ended: SIGKILL`)
  expect((await command('1001', { action: 'READY' })).body).toMatchObject({ status: 'confirmed' })
}, 60_000)

it('replaces one worker after the other on SIGHUP, and answers all the time', async () => {
  const before = readied().slice(-2)
  const statuses = new Set<number>()
  let asking = true
  const asked = (async () => {
    while (asking) {
      const reply = await gateway.call('GET', '/readyz', { key: '', headers: { connection: 'close' } }).catch(() => undefined)
      statuses.add(reply?.status ?? 0)
    }
  })()
  const old = readied().filter(alive)
  gateway.child.kill('SIGHUP')
  await expect.poll(() => gateway.output(), { timeout: 60_000 }).toContain('all workers have been replaced')
  asking = false
  await asked
  expect(statuses).toEqual(new Set([200]))
  expect(old).toHaveLength(2)
  expect(old.filter(alive)).toEqual([])
  expect(readied()).toHaveLength(5)
  expect(before.every((pid) => !readied().slice(-2).includes(pid))).toBe(true)
  expect((await command('1001', { action: 'NOT_READY' })).body).toMatchObject({ status: 'confirmed' })
}, 90_000)

it('stops all of them on SIGTERM', async () => {
  const workers = readied().filter(alive)
  expect(workers).toHaveLength(2)
  expect(await gateway.stop()).toBe(0)
  expect(workers.filter(alive)).toEqual([])
}, 60_000)

it('refuses several workers on the embedded engine, and numbers that are none', async () => {
  const start = (...args: string[]): Promise<{ stderr: string; code?: number }> =>
    promisify(execFile)(process.execPath, ['bin/cti-gateway.js', 'start', ...args], {
      env: { ...process.env, CTI_ENGINE: 'embedded' },
    }).then(
      ({ stderr }) => ({ stderr }),
      (error: { stderr: string; code: number }) => error,
    )
  const refused = await start('--workers', '3')
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain('the embedded engine can be opened by one process only')
  expect((await start('--workers', 'many')).stderr).toContain('is not a number from 1 to')
}, 30_000)

it('waits longer after every failure of a worker, up to ten seconds', () => {
  expect([1, 2, 3, 6, 7, 50].map(restartPauseMs)).toEqual([250, 500, 1_000, 8_000, 10_000, 10_000])
})
