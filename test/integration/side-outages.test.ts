import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { BusMessage } from '../../src/core/site/bus.js'
import { systemClock } from '../../src/core/clock.js'
import { openEngine } from '../../src/core/store/open.js'
import type { Engine } from '../../src/core/wake-ups.js'
import { soon, unique } from '../support/drafts.js'
import { createLogSpy } from '../support/log-spy.js'
import { startPostgresServer } from '../support/postgres-server.js'
import { startRedisServer, type TestServer } from '../support/redis-server.js'

const SERVERS = [
  { name: 'redis', start: () => startRedisServer() },
  { name: 'postgres', start: startPostgresServer },
] as const

const DEADLINE_MS = 300
/** A frozen engine does on thaw what was sent to it; by then the deadline that went with it has passed. */
const AFTER_THAW_MS = 300

/** All at once; each must be refused, at the latest 100 ms after the deadline and what a bare timer is late by now. */
async function expectRefusedInTime(calls: readonly ((deadline: number) => Promise<unknown>)[]): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS
  const control = systemClock.sleep(DEADLINE_MS).then(() => Math.max(0, Date.now() - deadline))
  const outcomes = await Promise.all(
    calls.map(async (call) => {
      const code = await call(deadline).then(
        () => 'done',
        (error: unknown) => (error as { code?: string }).code,
      )
      return { code, lateMs: Date.now() - deadline }
    }),
  )
  const lateness = await control
  for (const { code, lateMs } of outcomes) {
    expect(code).toBe('STORE_UNAVAILABLE')
    expect(lateMs).toBeLessThanOrEqual(100 + lateness)
  }
}

/** Speaks until it is heard. */
async function expectHeard(from: Engine, to: Engine): Promise<void> {
  const heard: BusMessage[] = []
  const stop = to.bus.subscribe((message) => heard.push(message))
  await vi.waitFor(
    () => {
      from.bus.publish({ kind: 'settled', id: unique('news') })
      expect(heard.length).toBeGreaterThan(0)
    },
    { timeout: 15_000, interval: 50 },
  )
  stop()
}

describe.each(SERVERS)('beside the log of $name', ({ start }) => {
  let server: TestServer
  let here: Engine
  let there: Engine
  beforeAll(async () => {
    server = await start()
    const open = () => openEngine(server.url, { dataDir: '', log: createLogSpy(), clock: systemClock, owner: 'test' })
    here = await open()
    there = await open()
  }, 60_000)
  afterAll(async () => {
    server.thaw()
    await here.close()
    await there.close()
    await server.stop()
  }, 30_000)

  it('frozen: every call is refused in time, and nothing of it has happened after the thaw', async () => {
    const [account, name, mine, theirs] = [unique('account'), unique('link'), unique('owner'), unique('owner')]
    const limit = { perSecond: 0.01, burst: 1 }
    const token = await here.sites.acquire(name, mine, 60_000, soon())
    const before = await here.registry.beat(mine, soon())
    server.freeze()
    try {
      await expectRefusedInTime([
        (deadline) => here.budgets.take(account, 1, limit, { deadline }),
        (deadline) => here.budgets.restrict(account, { perSecond: 0.001, pauseMs: 60_000 }, { deadline }),
        (deadline) => here.sites.release(name, mine, { deadline }),
        (deadline) => here.sites.acquire(name, theirs, 60_000, { deadline }),
        (deadline) => here.registry.beat(theirs, { deadline }),
        (deadline) => here.registry.newEpoch(before.epoch, before.count + 100, { deadline }),
        (deadline) => here.registry.leave(mine, { deadline }),
      ])
      const begun = performance.now()
      for (let at = 0; at < 5000; at += 1) here.bus.publish({ kind: 'settled', id: `c${at}` })
      expect(performance.now() - begun).toBeLessThan(1000)
    } finally {
      server.thaw()
    }
    await systemClock.sleep(AFTER_THAW_MS)
    expect(await here.sites.acquire(name, mine, 60_000, soon())).toBe(token)
    const after = await here.registry.beat(mine, soon())
    expect(after).toMatchObject({ epoch: before.epoch, count: before.count + 1, alive: [mine] })
    expect(await here.budgets.take(account, 1, limit, soon())).toMatchObject({ granted: true, perSecond: limit.perSecond })
  }, 30_000)

  it('killed and started again: leases, rates and counts are there, and news are heard again in both directions', async () => {
    const [account, name, mine] = [unique('account'), unique('link'), unique('owner')]
    // The beats of the test before have shown nobody else.
    await there.registry.beat(unique('owner'), soon())
    await expectPeers()
    await here.budgets.restrict(account, { perSecond: 3, pauseMs: 0 }, soon())
    const token = await here.sites.acquire(name, mine, 600_000, soon())
    const { epoch, count } = await here.registry.beat(mine, soon())
    await expectHeard(here, there)
    // Redis puts its file on the disk once a second.
    await systemClock.sleep(1200)
    await server.kill()
    await expectRefusedInTime([
      (deadline) => here.budgets.take(account, 1, { burst: 1 }, { deadline }),
      (deadline) => here.registry.beat(mine, { deadline }),
    ])
    await server.restart()
    await vi.waitFor(() => Promise.all([here.ping(soon(500)), there.ping(soon(500))]), { timeout: 15_000, interval: 100 })
    expect((await there.budgets.take(account, 1, { burst: 1 }, soon())).perSecond).toBe(3)
    expect(await there.sites.acquire(name, unique('owner'), 600_000, soon())).toBeUndefined()
    expect(await here.sites.acquire(name, mine, 600_000, soon())).toBe(token)
    expect(await here.registry.beat(mine, soon())).toMatchObject({ epoch, count: count + 1 })
    await expectPeers()
    await expectHeard(here, there)
    await expectHeard(there, here)
  }, 60_000)

  async function expectPeers(): Promise<void> {
    const [one, two] = [unique('owner'), unique('owner')]
    await here.registry.beat(one, soon())
    await there.registry.beat(two, soon())
    await here.registry.beat(one, soon())
    expect([here.bus.peers, there.bus.peers]).toEqual([true, true])
  }
})
