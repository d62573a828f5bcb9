import { afterEach, describe, expect, it } from 'vitest'
import { loopbackOver } from '../../src/adapters/loopback/index.js'
import { createLoopbackVendor } from '../../src/adapters/loopback/vendor.js'
import { systemClock } from '../../src/core/clock.js'
import { createCore } from '../../src/core/core.js'
import type { CommandRequest } from '../../src/core/accept/command-request.js'
import { createPresence } from '../../src/core/agents/presence.js'
import { platformOf, type Platforms } from '../../src/core/platforms.js'
import { ALONE } from '../../src/core/site/site-hooks.js'
import { startApi } from '../support/api.js'
import { accept, draft, soon } from '../support/drafts.js'
import { createMemoryEngine } from '../support/memory-engine.js'
import { createVirtualClock } from '../support/process-clocks.js'
import { silentLogger } from '../support/storm.js'

/** An hour, so that only what is under test wakes anybody. */
const NEVER = 3_600_000
const KEY = 'loopback/agent1'

const cleanUp: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean()
})

/** One of two processes; the other one is what a test writes into the log itself. Its agents are logged in. */
async function process(sweepMs = NEVER) {
  const clock = createVirtualClock()
  const engine = createMemoryEngine({ clock })
  const vendor = createLoopbackVendor({ agents: 9, latencyMs: 1 }, clock)
  const presence = createPresence()
  const platform = platformOf('loopback', loopbackOver(vendor, clock.now), undefined, clock, 3_000)
  const platforms: Platforms = {
    get: (id) => (id === 'loopback' ? platform : undefined),
    all: () => [platform],
    start: () => platform.adapter.start({ agent: (event) => presence.event('loopback', event), link: () => undefined }),
    stop: () => platform.adapter.stop(),
  }
  const core = createCore({ engine, platforms, presence, clock, logger: silentLogger, settings: { sweepMs }, site: { ...ALONE } })
  await platforms.start()
  await core.start()
  for (const { id } of vendor.all()) await vendorSays(id, 'paused')
  await clock.advance(100)
  cleanUp.push(async () => {
    const stopped = core.stop(0)
    await clock.advance(5_000)
    await stopped
  })

  async function vendorSays(agentId: string, state: 'paused' | 'signed-out'): Promise<void> {
    const set = vendor.set(agentId, state, undefined, new AbortController().signal)
    await clock.advance(5)
    await set
  }
  const within = () => ({ deadline: clock.now() + 1_000 })
  const status = async (id: string) => (await engine.log.get(id, within()))?.status
  return {
    clock,
    engine,
    core,
    within,
    status,
    asked: (agentId = 'agent1') => vendor.journal.filter((record) => record.agentId === agentId).map(({ asked }) => asked),
    /** Accepted by the other process, at this moment. */
    elsewhere: async (action: CommandRequest['action'] = 'READY', agentId = 'agent1') =>
      accept(engine.log, { platform: 'loopback', agentId, action: { kind: action }, acceptedAt: clock.now() }),
    async submit(request: CommandRequest, agentId = 'agent1') {
      const origin = { principal: 'test', requestId: 'r' }
      const result = await core.commands.submit({ platform: 'loopback', agentId, request, origin }, 0)
      if (result.kind !== 'command') throw new Error('a stored answer')
      return result.command
    },
    /** What the other process does with what it has told as failed. */
    takeBack: async (id: string) => {
      const change = { status: 'cancelled', settledAt: clock.now(), problem: { code: 'STORE_UNAVAILABLE' } } as const
      expect(await engine.log.settle(id, change, undefined, within())).toBe(true)
    },
    async outage(ms = 3_000) {
      core.sign(false)
      await clock.advance(ms)
      core.sign(true)
    },
  }
}

type Process = Awaited<ReturnType<typeof process>>

const TRIGGERS: Readonly<Record<string, (one: Process) => unknown>> = {
  'a wake-up': ({ engine }) => engine.wakeUps.wake(KEY, { delayMs: 0, priority: 1 }),
  'the sweep': ({ clock }) => clock.advance(1_000),
  'a link gained, or news': ({ core }) => core.runner.run(KEY),
  'a newer command of its agent that waits for it': ({ submit }) => submit({ action: 'LOGIN' }),
}

describe('after a time without the engine, what another process has accepted', () => {
  it.each(Object.entries(TRIGGERS))('is not taken over on %s before that process could take it back', async (what, trigger) => {
    const one = await process(what === 'the sweep' ? 1_000 : NEVER)
    const { id } = await one.elsewhere()
    if (what === 'the sweep') one.core.sign(false)
    await one.outage(what === 'the sweep' ? 20_000 : 3_000)
    await trigger(one)
    await one.clock.advance(900)
    expect(await one.status(id)).toBe('accepted')
    await one.takeBack(id)
    await one.clock.advance(10_000)
    expect(one.asked()).toEqual(['paused'])
  })

  it('is not taken over because its retry is due', async () => {
    const one = await process()
    const { id } = await one.elsewhere()
    await one.engine.log.settle(id, { status: 'retrying', nextAttemptAt: one.clock.now() + 3_500 }, undefined, one.within())
    await one.engine.wakeUps.alarm(one.clock.now() + 3_500, one.clock.now())
    await one.outage()
    await one.clock.advance(1_900)
    expect(await one.status(id)).toBe('retrying')
    await one.clock.advance(200)
    expect(await one.status(id)).toBe('confirmed')
  })

  it('is run when that time is over, at once: no wake-up is lost', async () => {
    const one = await process()
    const { id } = await one.elsewhere()
    await one.outage()
    await one.engine.wakeUps.wake(KEY, { delayMs: 0, priority: 1 })
    await one.clock.advance(1_990)
    expect(await one.status(id)).toBe('accepted')
    await one.clock.advance(50)
    expect(await one.status(id)).toBe('confirmed')
  })

  it('and whose wake-up was lost with the engine is looked for when that time is over', async () => {
    const one = await process()
    const { id } = await one.elsewhere()
    await one.outage(20_000)
    await one.clock.advance(1_990)
    expect(await one.status(id)).toBe('accepted')
    await one.clock.advance(50)
    expect(await one.status(id)).toBe('confirmed')
  })

  it('and holds a lease that has run out meanwhile is left to it: it has not crashed', async () => {
    const one = await process()
    const { id } = await one.elsewhere()
    await one.engine.log.take(KEY, 'other', 1_000, one.within())
    await one.outage()
    await one.core.runner.run(KEY)
    expect(await one.engine.log.take(KEY, 'other', 1_000, one.within())).toMatchObject({ kind: 'taken', head: { id } })
    expect((await one.engine.log.get(id, one.within()))?.crashes).toBeUndefined()
  })

  it('waits behind one of ours that was before it, too', async () => {
    const one = await process()
    const mine = await one.submit({ action: 'LOGOUT' })
    const { id } = await one.elsewhere('LOGIN')
    await one.outage(1)
    await one.core.runner.run(KEY)
    await one.clock.advance(1_900)
    expect([await one.status(mine.id), await one.status(id)]).toEqual(['confirmed', 'accepted'])
    await one.clock.advance(200)
    expect(await one.status(id)).not.toBe('accepted')
  })

  it('does not wait for ever when the engine comes and goes', async () => {
    const one = await process(1_000)
    const { id } = await one.elsewhere()
    const began = one.clock.monotonic()
    while ((await one.status(id)) === 'accepted' && one.clock.monotonic() - began < 60_000) {
      await one.outage(700)
      await one.clock.advance(700)
    }
    expect(await one.status(id)).toBe('confirmed')
    expect(one.clock.monotonic() - began).toBeGreaterThan(9_000)
    expect(one.clock.monotonic() - began).toBeLessThan(20_000)
  })
})

describe('after a time without the engine there do not wait', () => {
  it('what is accepted here', async () => {
    const one = await process()
    await one.outage()
    const { id } = await one.submit({ action: 'READY' })
    await one.clock.advance(50)
    expect(await one.status(id)).toBe('confirmed')
  })

  it('a forced logout, also of an agent for whom something else waits', async () => {
    const one = await process()
    const older = await one.elsewhere()
    await one.outage()
    await one.core.runner.run(KEY)
    const { id } = await one.submit({ action: 'LOGOUT', force: true })
    await one.clock.advance(50)
    expect([await one.status(older.id), await one.status(id)]).toEqual(['superseded', 'confirmed'])
  })

  it('what was accepted here before and was left open', async () => {
    const one = await process()
    one.core.sign(false)
    const ready = draft({ platform: 'loopback', agentId: 'agent1', action: { kind: 'READY' }, acceptedAt: one.clock.now() })
    one.core.acceptedElsewhere(ready.command.id) // known, as if it had been accepted here
    await one.engine.log.append(ready, one.within())
    await one.outage()
    void one.core.runner.run(KEY)
    await one.clock.advance(50)
    expect(await one.status(ready.command.id)).toBe('confirmed')
  })

  it('what another process has accepted since, or says that it has accepted', async () => {
    const one = await process()
    const told = await one.elsewhere('READY', 'agent2')
    await one.outage()
    const since = await one.elsewhere('READY', 'agent1')
    one.core.acceptedElsewhere(told.id)
    for (const agentId of ['agent1', 'agent2']) void one.core.runner.run(`loopback/${agentId}`)
    await one.clock.advance(50)
    expect([await one.status(since.id), await one.status(told.id)]).toEqual(['confirmed', 'confirmed'])
  })

  it('and without such a time nothing waits', async () => {
    const one = await process()
    const { id } = await one.elsewhere()
    one.core.sign(true)
    void one.core.runner.run(KEY)
    await one.clock.advance(50)
    expect(await one.status(id)).toBe('confirmed')
  })
})

it('a gateway learns of it by its signs of life', async () => {
  const engine = createMemoryEngine()
  const api = await startApi({ engine })
  cleanUp.push(() => api.stop())
  const { id } = await accept(engine.log, { platform: 'loopback', agentId: 'agent1', action: { kind: 'LOGIN' } })
  engine.fail(true)
  await systemClock.sleep(1_500)
  engine.fail(false)
  await engine.wakeUps.wake(KEY, { delayMs: 0, priority: 1 })
  await systemClock.sleep(1_500)
  expect(await engine.log.get(id, soon())).toMatchObject({ status: 'accepted' })
  await expect.poll(() => engine.log.get(id, soon()), { timeout: 5_000 }).toMatchObject({ status: 'confirmed' })
})
