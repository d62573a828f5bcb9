import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { openEngine } from '../../src/core/store/open.js'
import { agentKey } from '../../src/core/model/command.js'
import { accept, draft, leaseOf, soon, unique } from '../support/drafts.js'
import { createLogSpy } from '../support/log-spy.js'
import { freePort, startRedisServer, type TestServer } from '../support/redis-server.js'
import { measureRedisSpace } from '../support/redis-space.js'
import { startSlowProxy } from '../support/slow-proxy.js'
import { engineConformance } from './engine-conformance.js'
import { allOpen } from './engine-open.js'
import { sideConformance } from './engine-side.js'
import {
  expectFrozenIsHarmless,
  expectOnlyItsOwnLeaseFreed,
  expectSentIsNotUndone,
  expectToldIsNotUndone,
  expectSurvivesKill,
  expectUndone,
  proxied,
} from './outage.js'

let server: TestServer
const spy = createLogSpy()
const parts = { dataDir: '', log: spy, clock: systemClock, owner: 'test one' }

beforeAll(async () => {
  // With everysec Redis puts a write off for up to 2 s while a slow disk still syncs the one before: a kill then loses what was answered.
  server = await startRedisServer(['--appendfsync', 'always'])
}, 20_000)
afterAll(() => server.stop())

engineConformance({ name: 'redis', open: () => openEngine(server.url, parts) })
sideConformance({ name: 'redis', open: () => openEngine(server.url, parts), shared: true })

describe('a list of open commands', () => {
  it('looks at no more than 1,000 at a time, and still finds the one behind them', async () => {
    const engine = await openEngine(server.url, parts)
    try {
      const at = 5_000_000_000_000
      const given = Array.from({ length: 1_100 }, () => draft({ agentId: unique('many'), acceptedAt: at }))
      for (const one of given) await engine.log.append(one, soon())
      const last = await accept(engine.log, { agentId: unique('many'), acceptedAt: at + 1 })
      const lease = await leaseOf(engine.log, agentKey('p', last.agentId))
      await engine.log.settle(last.id, { status: 'retrying', nextAttemptAt: at + 2 }, lease, soon())
      const pages = await allOpen(engine.log, { limit: 10, status: 'retrying', after: { acceptedAt: at - 1, id: '' } })
      expect(pages.map((page) => page.map(({ id }) => id))).toEqual([[], [last.id]])
    } finally {
      await engine.close()
    }
  }, 30_000)
})

describe('redis outages', () => {
  it('frozen: every call fails in time, and after the thaw nothing that failed has happened', async () => {
    const engine = await openEngine(server.url, parts)
    try {
      await expectFrozenIsHarmless(engine, server)
    } finally {
      await engine.close()
    }
  }, 20_000)

  it.each(['late', 'lost'] as const)(
    'an append whose answer is %s is taken back',
    async (loss) => {
      const proxy = await startSlowProxy(Number(new URL(server.url).port))
      const engine = await openEngine(proxied(server.url, proxy.port), parts)
      try {
        await expectUndone(engine, proxy, loss)
      } finally {
        await engine.close()
        await proxy.stop()
      }
    },
    20_000,
  )

  it.each([
    ['frees no lease that was granted after its own', expectOnlyItsOwnLeaseFreed],
    ['stays when another process has sent it meanwhile', expectSentIsNotUndone],
    ['stays when its caller came again with the key and was told of it', expectToldIsNotUndone],
  ])(
    'an append that is taken back %s',
    async (_what, expectThat) => {
      const proxy = await startSlowProxy(Number(new URL(server.url).port))
      const [engine, direct] = await Promise.all([openEngine(proxied(server.url, proxy.port), parts), openEngine(server.url, parts)])
      try {
        await expectThat(engine, direct, proxy)
      } finally {
        await Promise.all([engine.close(), direct.close()])
        await proxy.stop()
      }
    },
    20_000,
  )

  it('killed: calls fail in time, and it works again after the restart with nothing lost', async () => {
    const engine = await openEngine(server.url, parts)
    try {
      await expectSurvivesKill(engine, server)
    } finally {
      await engine.close()
    }
  }, 30_000)

  it('a server that has lost its scripts gets their text: each call is done, and once', async () => {
    const engine = await openEngine(server.url, parts)
    const direct = new Redis(server.url)
    try {
      const made = draft({ agentId: unique('scripts') })
      await direct.script('FLUSH')
      const [result] = await Promise.all([engine.log.append(made, soon()), engine.log.backlog(soon())])
      expect(result).toMatchObject({ kind: 'accepted', command: { seq: 1 } })
      await direct.script('FLUSH')
      expect(await engine.log.get(made.command.id, soon())).toMatchObject({ id: made.command.id, status: 'accepted' })
      await expect(engine.log.append(made, soon())).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' }) // the same id twice
    } finally {
      direct.disconnect()
      await engine.close()
    }
  })

  it('answers within its bound when it closes on a frozen server', async () => {
    const engine = await openEngine(server.url, parts)
    server.freeze()
    const begun = Date.now()
    try {
      await engine.close()
    } finally {
      server.thaw()
    }
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

describe('redis memory', () => {
  it('a finished command of the last day costs at most 400 bytes, its part of its agent included', async () => {
    const fresh = await startRedisServer()
    try {
      const engine = await openEngine(fresh.url, parts)
      const { bytesEach } = await measureRedisSpace(fresh.url, engine.log, { agents: 500, commandsEach: 20 })
      expect(bytesEach).toBeLessThanOrEqual(400)
      // So that a wrong measure does not pass: it cannot be less than what the command says.
      expect(bytesEach).toBeGreaterThan(100)
      await engine.close()
    } finally {
      await fresh.stop()
    }
  }, 120_000)
})
