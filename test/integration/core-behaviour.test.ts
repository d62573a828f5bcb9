import { Redis } from 'ioredis'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import type { CommandRequest } from '../../src/core/accept/command-request.js'
import { CtiError } from '../../src/core/model/error.js'
import { openEngine } from '../../src/core/store/open.js'
import { expertflowId as agent, expertflowPlatform } from '../../src/sandbox/platforms.js'
import { expertflowSimulator } from '../../src/simulators/expertflow/index.js'
import { runSimulator } from '../../src/simulators/kit/run.js'
import { accept, leaseOf } from '../support/drafts.js'
import type { Engine } from '../../src/core/wake-ups.js'
import { startGateway } from '../../src/gateway.js'
import { KEYS, SECRETS, startApi, testConfig, type Api } from '../support/api.js'
import { createMemoryEngine } from '../support/memory-engine.js'
import { startRedisServer } from '../support/redis-server.js'
import { loopbackRig, type Rig } from '../support/storm.js'

const cleanUp: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean()
})

async function rig(options: Parameters<typeof loopbackRig>[1], engine = createMemoryEngine()): Promise<Rig> {
  const made = await loopbackRig(engine, options)
  cleanUp.push(() => made.stop())
  return made
}
const submit = async ({ core }: Rig, request: CommandRequest, waitMs: number, agentId = 'agent1') => {
  const result = await core.commands.submit(
    { platform: 'loopback', agentId, request, origin: { principal: 'test', requestId: 'r' } },
    waitMs,
  )
  if (result.kind !== 'command') throw new Error('a stored answer')
  return result.command
}

describe('a command that the platform applies later', () => {
  it('is pending while the agent talks, and confirmed when the contact ends', async () => {
    const { core, vendor, ...rest } = await rig({ agents: 2 })
    const all = { core, vendor, ...rest }
    await submit(all, { action: 'LOGIN' }, 2000)
    vendor.talk('agent1')
    const logout = await submit(all, { action: 'LOGOUT', force: true }, 300)
    expect(logout).toMatchObject({ status: 'sent', pending: true })
    await expect(submit(all, { action: 'READY' }, 300)).rejects.toMatchObject({ code: 'FORCED_LOGOUT_PENDING' })
    vendor.hangUp('agent1')
    await expect.poll(async () => (await core.commands.get(logout.id)).status).toBe('confirmed')
    expect(vendor.journal.filter((record) => record.asked === 'signed-out')).toHaveLength(1)
  })
  it('can be replaced by a newer one', async () => {
    const all = await rig({ agents: 2 })
    await submit(all, { action: 'LOGIN' }, 2000)
    all.vendor.talk('agent1')
    const pause = await submit(all, { action: 'NOT_READY', reason: 'Lunch' }, 300)
    expect(pause.pending).toBe(true)
    const logout = await submit(all, { action: 'LOGOUT' }, 300)
    expect(logout.pending).toBe(true)
    expect(await all.core.commands.get(pause.id)).toMatchObject({ status: 'superseded', supersededBy: logout.id })
    all.vendor.hangUp('agent1')
    await expect.poll(async () => (await all.core.commands.get(logout.id)).status).toBe('confirmed')
    expect(all.vendor.all()[0]?.state).toBe('signed-out')
  })
})

describe('a command that comes too late', () => {
  it('expires instead of being sent', async () => {
    let fault: 'down' | 'none' = 'none'
    const all = await rig({
      agents: 2,
      fault: () => fault,
      settings: { expiryMs: { LOGIN: 60_000, READY: 400, NOT_READY: 60_000, LOGOUT: 60_000 } },
    })
    await submit(all, { action: 'LOGIN' }, 2000)
    fault = 'down'
    const ready = await submit(all, { action: 'READY' }, 0)
    await expect.poll(async () => (await all.core.commands.get(ready.id)).status, { interval: 5 }).toBe('retrying')
    await expect.poll(async () => (await all.core.commands.get(ready.id)).status, { timeout: 5000 }).toBe('expired')
    fault = 'none'
    await systemClock.sleep(500)
    expect(all.vendor.journal.filter((record) => record.asked === 'available')).toEqual([])
  })
})

describe('an absent platform', () => {
  it('costs no attempts', async () => {
    let fault: 'down' | 'none' = 'none'
    const all = await rig({ agents: 2, fault: () => fault, settings: { retry: { baseMs: 5, factor: 1, capMs: 5, maxAttempts: 3 } } })
    await submit(all, { action: 'LOGIN' }, 2000)
    fault = 'down'
    const logout = await submit(all, { action: 'LOGOUT' }, 500)
    const parked = { status: 'retrying', attempts: 0, problem: { code: 'CIRCUIT_OPEN' } }
    await expect.poll(() => all.core.commands.get(logout.id), { interval: 1 }).toMatchObject(parked)
    fault = 'none'
    await expect.poll(async () => (await all.core.commands.get(logout.id)).status, { timeout: 5000 }).toBe('confirmed')
  })
})

describe('a platform that comes back', () => {
  it('is asked at once for what was put off, also where an earlier attempt may have had an effect', async () => {
    let fault: 'timeout-before' | 'none' = 'none'
    const retry = { baseMs: 5, factor: 1, capMs: 5, maxAttempts: 50 }
    const all = await rig({ agents: 2, fault: () => fault, settings: { retry } })
    await submit(all, { action: 'LOGIN' }, 2000)
    fault = 'timeout-before'
    const read = vi.spyOn(all.platform.adapter, 'read').mockRejectedValue(new CtiError('VENDOR_UNAVAILABLE'))
    const ready = await submit(all, { action: 'READY' }, 0)
    await expect.poll(() => all.platform.gate.circuit, { timeout: 5000 }).toBe('open')
    fault = 'none'
    read.mockRestore()
    expect(await all.core.commands.get(ready.id)).toMatchObject({ status: 'retrying', problem: { code: 'VENDOR_TIMEOUT' } })
    await expect.poll(async () => (await all.core.commands.get(ready.id)).status, { timeout: 5000 }).toBe('confirmed')
  })
})

describe('dead letters', () => {
  it('hold a command that failed too often; a replay is a new command, and is refused when a newer one exists', async () => {
    let fault: 'busy' | 'none' = 'none'
    const all = await rig({ agents: 2, fault: () => fault, settings: { retry: { baseMs: 5, factor: 1, capMs: 5, maxAttempts: 3 } } })
    await submit(all, { action: 'LOGIN' }, 2000)
    fault = 'busy'
    const logout = await submit(all, { action: 'LOGOUT' }, 2000)
    expect(logout).toMatchObject({ status: 'dead', attempts: 3, problem: { code: 'VENDOR_BUSY' } })
    expect((await all.core.commands.dead(10)).map((command) => command.id)).toEqual([logout.id])
    fault = 'none'
    const again = await all.core.commands.replay(logout.id, { principal: 'admin', requestId: 'r' }, 2000)
    expect(again).toMatchObject({ status: 'confirmed', action: { kind: 'LOGOUT' }, origin: { principal: 'admin' } })
    await expect(all.core.commands.replay(logout.id, { principal: 'admin', requestId: 'r' }, 0)).rejects.toMatchObject({ code: 'OBSOLETE' })
  })
})

describe('the fence', () => {
  it('keeps back what another process has superseded in the very moment before the send', async () => {
    const engine = createMemoryEngine()
    let logoutId = ''
    const log: Engine['log'] = {
      ...engine.log,
      // By the ordinary path, in which acceptance and fence are two steps.
      append: (draft, { deadline }) => engine.log.append(draft, { deadline }),
      async claimSend(id, lease, now, options) {
        const command = await engine.log.get(id, options)
        if (command?.action.kind === 'READY') {
          logoutId = (await accept(engine.log, { platform: 'loopback', agentId: 'agent1', action: { kind: 'LOGOUT' } })).id
        }
        return engine.log.claimSend(id, lease, now, options)
      },
    }
    const all = await rig({ agents: 2 }, { ...engine, log })
    await submit(all, { action: 'LOGIN' }, 2000)
    const ready = await submit(all, { action: 'READY' }, 1000)
    expect(await all.core.commands.get(ready.id)).toMatchObject({ status: 'superseded', supersededBy: logoutId, attempts: 0 })
    await expect.poll(async () => (await all.core.commands.get(logoutId)).status).toBe('confirmed')
    expect(all.vendor.journal.map((record) => record.asked)).toEqual(['paused', 'signed-out'])
  })
})

describe('an answer that was lost', () => {
  it('is looked for by a read before anything is sent again, also when no event tells', async () => {
    let fault: 'timeout-after' | 'none' = 'none'
    const all = await rig({ agents: 2, fault: () => fault, deaf: true })
    await submit(all, { action: 'LOGIN' }, 3000)
    fault = 'timeout-after'
    const logout = await submit(all, { action: 'LOGOUT' }, 3000)
    expect(logout).toMatchObject({ status: 'confirmed', confirmedBy: 'read', attempts: 1 })
    expect(all.vendor.journal.filter((record) => record.asked === 'signed-out')).toHaveLength(1)
  })
  it('that did not take effect is asked for again, after a read', async () => {
    const faults = ['none', 'timeout-before', 'none'] as const
    let call = 0
    const all = await rig({ agents: 2, fault: () => faults[call++] ?? 'none', deaf: true })
    await submit(all, { action: 'LOGIN' }, 3000)
    const logout = await submit(all, { action: 'LOGOUT' }, 3000)
    expect(logout).toMatchObject({ status: 'confirmed', attempts: 2 })
    expect(all.vendor.journal.filter((record) => record.asked === 'signed-out' && record.effect === 'applied')).toHaveLength(1)
  })
})

describe('after a crash', () => {
  it('commands that the dead process had accepted are run, in order', async () => {
    const engine = createMemoryEngine()
    for (const kind of ['LOGIN', 'READY'] as const) await accept(engine.log, { platform: 'loopback', agentId: 'agent1', action: { kind } })
    const all = await rig({ agents: 2 }, engine)
    await expect.poll(() => all.vendor.all()[0]?.state, { timeout: 5000 }).toBe('available')
    expect(all.vendor.journal.map((record) => record.asked)).toEqual(['paused', 'available'])
  })
  it('one that was sent is read before it is sent again', async () => {
    const engine = createMemoryEngine()
    const first = await rig({ agents: 2 }, engine)
    await submit(first, { action: 'LOGIN' }, 2000)
    const command = await accept(engine.log, { platform: 'loopback', agentId: 'agent1', action: { kind: 'LOGIN' } })
    const soon = { deadline: Date.now() + 5000 }
    const lease = await leaseOf(engine.log, 'loopback/agent1', 'dead process', 1)
    await engine.log.claimSend(command.id, lease, Date.now(), soon)
    await systemClock.sleep(20) // its lease runs out
    await first.core.runner.run('loopback/agent1')
    await expect.poll(async () => (await first.core.commands.get(command.id)).status, { timeout: 5000 }).toBe('confirmed')
    expect(first.vendor.journal).toHaveLength(1)
  })
})

it('a password is nowhere but on its way: not in the log, the answers, the queue or the store', async () => {
  const CANARY = 'canary-9d1f3b'
  const redis = await startRedisServer()
  cleanUp.push(() => redis.stop())
  const sim = await runSimulator(expertflowSimulator, { options: { agents: '3' } })
  cleanUp.push(() => sim.stop())
  const logged: string[] = []
  const note = (fields: object, text: string): void => void logged.push(`${JSON.stringify(fields)} ${text}`)
  const logger = { debug: note, info: note, warn: note, error: note }
  const engine = await openEngine(redis.url, { dataDir: '', log: logger, clock: systemClock, owner: 'canary' })
  const config = testConfig({ platforms: [expertflowPlatform(sim.simulator.endpoints, 0, { commandMs: 800 })] })
  const gateway = await startGateway({ config, keys: KEYS, logger, engine })
  cleanUp.push(() => gateway.stop())
  const answers: string[] = []
  const login = async (number: number, path = ''): Promise<void> => {
    const response = await fetch(`${gateway.url}/v1/platforms/expertflow/agents/${agent(number)}/commands${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${SECRETS.crm}`, 'content-type': 'application/json', 'idempotency-key': `k${number}${path}` },
      body: JSON.stringify({ action: 'LOGIN', credentials: { username: `agent${number}`, password: CANARY } }),
    })
    answers.push(await response.text())
  }
  await login(1, '?dryRun=true')
  await login(1)
  sim.faults.add({ kind: 'html-body', operation: 'login' })
  await login(2)
  sim.simulator.event('down', { mode: 'refuse' })
  await login(3)
  expect(answers[1]).toContain('CREDENTIALS_INVALID')
  const store = new Redis(redis.url)
  const dump: string[] = []
  for (const key of await store.keys('*')) dump.push(key, String(await store.dump(key)))
  store.disconnect()
  expect(dump.length).toBeGreaterThan(4)
  for (const text of [...logged, ...answers, ...dump]) expect(text).not.toContain(CANARY)
  for (const text of [...logged, ...answers]) expect(text).not.toContain('secret-supervisor1')
})

it('a bad start stops with all errors at once', async () => {
  const platforms = [
    { id: 'a', adapter: 'telepathy', options: {} },
    { id: 'b', adapter: 'loopback', options: { agents: -1, colour: 'red' } },
  ]
  const start = startGateway({
    config: testConfig({ platforms }),
    keys: KEYS,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    engine: createMemoryEngine(),
  })
  await expect(start).rejects.toThrow(/3 errors[^]*telepathy[^]*agents[^]*colour/)
})

it('an API call during the start is told to wait', async () => {
  const api: Api = await startApi()
  cleanUp.push(() => api.stop())
  expect((await api.call('GET', '/readyz', { key: null })).body).toMatchObject({ status: 'ready', engine: expect.any(String) as string })
})
