import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { createCore, type Core } from '../../src/core/core.js'
import { createPresence } from '../../src/core/agents/presence.js'
import { platformOf, type Platforms } from '../../src/core/platforms.js'
import { openEngine } from '../../src/core/store/open.js'
import type { Engine } from '../../src/core/wake-ups.js'
import { loopbackOver } from '../../src/adapters/loopback/index.js'
import { createLoopbackVendor } from '../../src/adapters/loopback/vendor.js'
import { startRedisServer, type TestServer } from '../support/redis-server.js'
import { silentLogger } from '../support/storm.js'

/** Two gateways on one Redis, in front of one vendor. */
let redis: TestServer
const engines: Engine[] = []
const cores: Core[] = []
const vendor = createLoopbackVendor({ agents: 50, latencyMs: 2 }, systemClock)

beforeAll(async () => {
  redis = await startRedisServer()
  for (const owner of ['a', 'b']) {
    const engine = await openEngine(redis.url, { dataDir: '', log: silentLogger, clock: systemClock, owner })
    const presence = createPresence()
    const platform = platformOf(
      'loopback',
      loopbackOver(vendor, () => Date.now()),
      undefined,
      systemClock,
      3000,
    )
    const platforms: Platforms = {
      get: () => platform,
      all: () => [platform],
      start: () => platform.adapter.start({ agent: (event) => presence.event('loopback', event), link: () => undefined }),
      stop: () => platform.adapter.stop(),
    }
    const core = createCore({ engine, platforms, presence, clock: systemClock, logger: silentLogger, settings: { leaseMs: 1500 } })
    await platforms.start()
    await core.start()
    engines.push(engine)
    cores.push(core)
  }
})
afterAll(async () => {
  for (const core of cores) await core.stop(1000)
  for (const engine of engines) {
    await engine.wakeUps.close(1000)
    await engine.close()
  }
  await redis.stop()
})

async function submit(index: number, agentId: string, action: 'LOGIN' | 'READY' | 'NOT_READY' | 'LOGOUT', waitMs: number) {
  const core = cores[index] as Core
  const result = await core.commands.submit(
    { platform: 'loopback', agentId, request: { action }, origin: { principal: 'p', requestId: 'r' } },
    waitMs,
  )
  if (result.kind !== 'command') throw new Error('a stored answer')
  return result.command
}

it('a command accepted by one process replaces what waits at the vendor for the other', async () => {
  await submit(0, 'agent1', 'LOGIN', 3000)
  vendor.talk('agent1')
  const pause = await submit(0, 'agent1', 'NOT_READY', 500)
  expect(pause.pending).toBe(true)
  const logout = await submit(1, 'agent1', 'LOGOUT', 0)
  await expect.poll(async () => (await (cores[1] as Core).commands.get(logout.id)).pending, { timeout: 5000 }).toBe(true)
  vendor.hangUp('agent1')
  await expect.poll(async () => (await (cores[1] as Core).commands.get(logout.id)).status, { timeout: 5000 }).toBe('confirmed')
  expect((await (cores[1] as Core).commands.get(pause.id)).status).toBe('superseded')
}, 30_000)

it('order holds when an agent’s commands come to both in turn', async () => {
  await Promise.all(
    Array.from({ length: 40 }, async (_, at) => {
      const agentId = `agent${at + 2}`
      const kinds = ['LOGIN', 'READY', 'NOT_READY', 'LOGOUT', 'LOGIN', 'READY'] as const
      const commands = []
      for (const [turn, kind] of kinds.entries()) commands.push(await submit(turn % 2, agentId, kind, 0))
      for (const { id } of commands) {
        await expect
          .poll(async () => (await (cores[0] as Core).commands.get(id)).settledAt, { timeout: 20_000, interval: 100 })
          .toBeDefined()
      }
    }),
  )
  const states = vendor
    .all()
    .slice(1, 41)
    .map((agent) => agent.state)
  expect(new Set(states)).toEqual(new Set(['available']))
}, 60_000)
