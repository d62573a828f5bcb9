import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { agentKey } from '../../src/core/model/command.js'
import { openEngine } from '../../src/core/store/open.js'
import { accept, draft, soon, unique } from '../support/drafts.js'
import { createLogSpy } from '../support/log-spy.js'
import { freePort, startRedisServer, type TestServer } from '../support/redis-server.js'
import { engineConformance } from './engine-conformance.js'
import { expectFrozenIsHarmless, waitUntil } from './outage.js'

let server: TestServer
const spy = createLogSpy()
const parts = { dataDir: '', log: spy, clock: systemClock, owner: 'test one' }

beforeAll(async () => {
  server = await startRedisServer()
}, 20_000)
afterAll(() => server.stop())

engineConformance({ name: 'redis', open: () => openEngine(server.url, parts) })

describe('redis outages', () => {
  it('frozen: every call fails in time, and after the thaw nothing that failed has happened', async () => {
    const engine = await openEngine(server.url, parts)
    try {
      await expectFrozenIsHarmless(engine, server)
    } finally {
      await engine.close()
    }
  }, 20_000)

  it('killed: calls fail at once, and it works again after the restart with nothing lost', async () => {
    const engine = await openEngine(server.url, parts)
    const agentId = unique('killed')
    const command = await accept(engine.log, { agentId })
    await server.kill()
    await systemClock.sleep(50)
    const begun = Date.now()
    await expect(engine.log.append(draft({ agentId }), soon(2000))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryAfterMs: 1000 })
    await expect(engine.wakeUps.wake('p/x', { delayMs: 0, priority: 1 })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(Date.now() - begun).toBeLessThan(1000)
    await server.restart()
    await waitUntil(() => engine.ping(soon(200)))
    expect(await engine.log.history(agentKey('p', agentId), 10, undefined, soon())).toStrictEqual([command])
    await waitUntil(() => engine.wakeUps.wake('p/x', { delayMs: 0, priority: 1 }))
    await engine.close()
  }, 20_000)

  it('answers within its bound when it closes on a frozen server', async () => {
    const engine = await openEngine(server.url, parts)
    server.freeze()
    const begun = Date.now()
    await engine.close()
    server.thaw()
    expect(Date.now() - begun).toBeLessThan(4000)
  }, 20_000)
})

describe('redis at start', () => {
  it('names the address and the remedy when nothing listens, without the password', async () => {
    const port = await freePort()
    const begun = Date.now()
    const opening = openEngine(`redis://user:hunter2@127.0.0.1:${port}`, { ...parts, startMs: 300 })
    const error: unknown = await opening.catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', detail: expect.stringContaining(`127.0.0.1:${port}`) as string })
    expect(String((error as Error).message)).not.toContain('hunter2')
    expect(Date.now() - begun).toBeLessThan(2000)
  })

  it('refuses a server that evicts keys, unless it is allowed, and warns of one without append-only file', async () => {
    const unsafe = await startRedisServer(['--maxmemory-policy', 'allkeys-lru', '--appendonly', 'no'])
    try {
      await expect(openEngine(unsafe.url, parts)).rejects.toMatchObject({ detail: expect.stringContaining('noeviction') as string })
      spy.lines.length = 0
      const engine = await openEngine(unsafe.url, { ...parts, redisAllowEviction: true })
      expect(engine.description).toContain('WITHOUT append-only file')
      expect(spy.lines.filter((line) => line.level === 'warn').map((line) => line.message)).toEqual([
        expect.stringContaining('allkeys-lru'),
        expect.stringContaining('without AOF'),
      ])
      await engine.close()
    } finally {
      await unsafe.stop()
    }
  }, 20_000)

  it('follows a Redis whose clock differs from ours', async () => {
    const shifted = { ...systemClock, now: () => Date.now() + 3_600_000 }
    const engine = await openEngine(server.url, { ...parts, clock: shifted })
    const result = await engine.log.append(draft({ agentId: unique('clock') }), { deadline: shifted.now() + 1000 })
    expect(result.kind).toBe('accepted')
    await expect(engine.log.backlog({ deadline: Date.now() + 1000 })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await engine.close()
  })
})
