import { afterEach, describe, expect, it } from 'vitest'
import type { CommandRequest } from '../../src/core/accept/command-request.js'
import type { CommandLog } from '../../src/core/command-log.js'
import { CtiError } from '../../src/core/model/error.js'
import { createMemoryEngine } from '../support/memory-engine.js'
import { accept, soon } from '../support/drafts.js'
import { loopbackRig, type Rig } from '../support/storm.js'

const cleanUp: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean()
})

/** An engine that remembers which operations of the log were asked for. */
function countedEngine(): { engine: ReturnType<typeof createMemoryEngine>; calls: string[] } {
  const engine = createMemoryEngine()
  const calls: string[] = []
  const log = new Proxy(engine.log, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...args: unknown[]): unknown => {
        if (name !== 'due' && name !== 'prune') calls.push(String(name))
        return (value as (...all: unknown[]) => unknown).apply(target, args)
      }
    },
  })
  return { engine: { ...engine, log }, calls }
}

async function rig(options: Parameters<typeof loopbackRig>[1], engine = createMemoryEngine()): Promise<Rig> {
  const made = await loopbackRig(engine, options)
  cleanUp.push(() => made.stop())
  return made
}

const ask = (request: CommandRequest, agentId = 'agent1', key?: string) => ({
  platform: 'loopback',
  agentId,
  request,
  origin: { principal: 'test', requestId: 'r' },
  ...(key !== undefined && { idempotency: { key, fingerprint: 'f' } }),
})

async function submit({ core }: Rig, request: CommandRequest, waitMs = 2000, agentId = 'agent1') {
  const result = await core.commands.submit(ask(request, agentId), waitMs)
  if (result.kind !== 'command') throw new Error('a stored answer')
  return result.command
}

describe('a command that can be sent at once', () => {
  it('costs one round trip to accept and one to settle', async () => {
    const { engine, calls } = countedEngine()
    const all = await rig({ agents: 2 }, engine)
    await submit(all, { action: 'LOGIN' })
    // Its run ends in the turn in which its caller, in this process, learns of the end; no network is as quick.
    await new Promise(setImmediate)
    calls.length = 0
    expect(await submit(all, { action: 'READY' })).toMatchObject({ status: 'confirmed', attempts: 1, confirmedBy: 'event' })
    expect(calls).toEqual(['append', 'finish'])
    expect(all.vendor.all()[0]?.state).toBe('available')
  })

  it('is a confirmed command for a repeated request too, without an answer having been stored', async () => {
    const { engine, calls } = countedEngine()
    const all = await rig({ agents: 2 }, engine)
    await submit(all, { action: 'LOGIN' })
    const first = await all.core.commands.submit(ask({ action: 'READY' }, 'agent1', 'k'), 2000)
    const again = await all.core.commands.submit(ask({ action: 'READY' }, 'agent1', 'k'), 2000)
    expect(calls).not.toContain('completeIdempotency')
    expect(again).toStrictEqual({ ...first, repeated: true })
    expect(all.vendor.journal.filter(({ asked }) => asked === 'available')).toHaveLength(1)
  })

  it.each(['stale', 'unknown'] as const)('is looked at in the ordinary way when the state is %s', async (what) => {
    const { engine, calls } = countedEngine()
    const all = await rig({ agents: 2, deaf: what === 'unknown' }, engine)
    const ready = await submit(all, { action: 'LOGIN' })
    expect(ready.status).toBe('confirmed')
    expect(calls).toContain('take')
  })

  it('keeps the order when many come at once, and what is replaced is not sent afterwards', async () => {
    const all = await rig({ agents: 2, latencyMs: 20 })
    await submit(all, { action: 'LOGIN' })
    const results = await Promise.all((['READY', 'NOT_READY', 'READY', 'LOGOUT'] as const).map((action) => submit(all, { action }, 5000)))
    // The first one was sent. Its evidence and its replacement come in the same moment: either may be first.
    expect(['confirmed', 'superseded']).toContain(results[0]?.status)
    expect(results.slice(1).map(({ status }) => status)).toEqual(['superseded', 'superseded', 'confirmed'])
    expect(results[3]).toMatchObject({ action: { kind: 'LOGOUT' } })
    expect(all.vendor.all()[0]?.state).toBe('signed-out')
    expect(all.vendor.journal.at(-1)?.asked).toBe('signed-out')
  })

  it('leaves nothing reserved when the append fails: the next one goes through', async () => {
    const all = await rig({ agents: 2 })
    await submit(all, { action: 'LOGIN' })
    const engine = all.engine as ReturnType<typeof createMemoryEngine>
    engine.fail(true)
    await expect(submit(all, { action: 'READY' })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    engine.fail(false)
    expect(all.core.runner.active).toBe(0)
    expect(await submit(all, { action: 'READY' })).toMatchObject({ status: 'confirmed' })
  })
})

describe('an absent platform', () => {
  const absent = { LOGIN: 60_000, READY: 60_000, NOT_READY: 60_000, LOGOUT: 60_000 }
  async function away(options: { expiryMs?: typeof absent } = {}) {
    let fault: 'down' | 'none' = 'none'
    const { engine, calls } = countedEngine()
    const settings = { retry: { baseMs: 5, factor: 1, capMs: 5, maxAttempts: 3 }, sweepMs: 100, ...options }
    const all = await rig({ agents: 50, fault: () => fault, settings }, engine)
    for (let n = 1; n <= 50; n += 1) await submit(all, { action: 'LOGIN' }, 2000, `agent${n}`)
    fault = 'down'
    await submit(all, { action: 'READY' }, 0)
    await expect.poll(() => all.platform.gate.circuit).toBe('open')
    return { all, calls, back: () => (fault = 'none') }
  }

  it('opens its circuit; then accepting a command is all the store has to do, and nobody spends an attempt', async () => {
    const { all, calls, back } = await away()
    const sent = all.vendor.journal.length
    calls.length = 0
    const ids: string[] = []
    for (let n = 2; n <= 50; n += 1) ids.push((await submit(all, { action: 'READY' }, 0, `agent${n}`)).id)
    expect(new Set(calls)).toEqual(new Set(['append']))
    expect(all.vendor.journal).toHaveLength(sent)
    back()
    for (const id of ids) {
      await expect.poll(() => all.core.commands.get(id), { timeout: 10_000 }).toMatchObject({ status: 'confirmed', attempts: 1 })
    }
    expect(all.platform.gate.circuit).toBe('closed')
  })

  it('does not keep a command from expiring', async () => {
    const { all } = await away({ expiryMs: { ...absent, READY: 300 } })
    const ready = await submit(all, { action: 'READY' }, 0, 'agent7')
    await expect.poll(async () => (await all.core.commands.get(ready.id)).status, { timeout: 5000 }).toBe('expired')
  })
})

describe('a command that processes did not survive', () => {
  async function crashOn(log: CommandLog, key: string, owner: string): Promise<void> {
    const taken = await log.take(key, owner, 1, soon())
    expect(taken.kind).toBe('taken')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }

  it('goes to the dead letters after the third, unsent, and the next one of the agent goes on', async () => {
    const engine = createMemoryEngine()
    const all = await rig({ agents: 2 }, engine)
    await submit(all, { action: 'LOGIN' })
    const before = all.vendor.journal.length
    const key = 'loopback/agent1'
    const poison = await accept(engine.log, { platform: 'loopback', agentId: 'agent1', action: { kind: 'LOGIN' } })
    const next = await accept(engine.log, { platform: 'loopback', agentId: 'agent1', action: { kind: 'READY' } })
    for (const owner of ['first', 'second', 'third']) await crashOn(engine.log, key, owner)
    await all.core.runner.run(key)
    expect(await all.core.commands.get(poison.id)).toMatchObject({ status: 'dead', problem: { code: 'PROCESS_CRASHED' } })
    expect(await all.core.commands.get(next.id)).toMatchObject({ status: 'confirmed' })
    expect(all.vendor.journal.slice(before).map(({ asked }) => asked)).toEqual(['available'])
  })

  it('is tried again after the second', async () => {
    const engine = createMemoryEngine()
    const all = await rig({ agents: 2 }, engine)
    await submit(all, { action: 'LOGIN' })
    const ready = await accept(engine.log, { platform: 'loopback', agentId: 'agent1', action: { kind: 'READY' } })
    for (const owner of ['first', 'second']) await crashOn(engine.log, 'loopback/agent1', owner)
    await all.core.runner.run('loopback/agent1')
    expect(await all.core.commands.get(ready.id)).toMatchObject({ status: 'confirmed' })
  })
})

describe('commands whose next crash would be their last', () => {
  it('are tried one at a time: the innocent ones do not die with the one that did it', async () => {
    const engine = createMemoryEngine()
    const all = await rig({ agents: 4 }, engine)
    const agents = ['agent1', 'agent2', 'agent3']
    for (const agentId of agents) await submit(all, { action: 'LOGIN' }, 2000, agentId)
    let running = 0
    let most = 0
    const send = all.platform.adapter.send.bind(all.platform.adapter)
    Object.assign(all.platform.adapter, {
      async send(...args: Parameters<typeof send>) {
        most = Math.max(most, ++running)
        await new Promise((resolve) => setTimeout(resolve, 50))
        running -= 1
        return send(...args)
      },
    })
    const ids: string[] = []
    for (const agentId of agents) {
      ids.push((await accept(engine.log, { platform: 'loopback', agentId, action: { kind: 'READY' } })).id)
      for (const owner of ['first', 'second']) {
        await engine.log.take(`loopback/${agentId}`, owner, 1, soon())
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }
    for (const agentId of agents) void all.core.runner.run(`loopback/${agentId}`)
    for (const id of ids) await expect.poll(async () => (await all.core.commands.get(id)).status, { timeout: 10_000 }).toBe('confirmed')
    expect(most).toBe(1)
  })
})

describe('commands that an old snapshot brought back', () => {
  it('are not sent: what the vendor shows decides, and the rest is for a person', async () => {
    const engine = createMemoryEngine()
    const all = await rig({ agents: 3 }, engine)
    for (const agentId of ['agent1', 'agent2']) await submit(all, { action: 'LOGIN' }, 2000, agentId)
    const done = await accept(engine.log, { platform: 'loopback', agentId: 'agent1', action: { kind: 'LOGIN' } })
    const obsolete = await accept(engine.log, { platform: 'loopback', agentId: 'agent2', action: { kind: 'READY' } })
    const { epoch } = await engine.registry.beat('me', soon())
    await engine.registry.newEpoch(epoch, 0, soon())
    const before = all.vendor.journal.length
    for (const agentId of ['agent1', 'agent2']) await all.core.runner.run(`loopback/${agentId}`)
    expect(await all.core.commands.get(done.id)).toMatchObject({ status: 'confirmed', confirmedBy: 'read' })
    expect(await all.core.commands.get(obsolete.id)).toMatchObject({ status: 'dead', problem: { code: 'ENGINE_ROLLED_BACK' } })
    expect(all.vendor.journal).toHaveLength(before)
    const again = await all.core.commands.replay(obsolete.id, { principal: 'admin', requestId: 'r' }, 2000)
    expect(again).toMatchObject({ status: 'confirmed' })
  })
})

describe('what is remembered of an agent is not believed against the vendor', () => {
  const behindOurBack = (all: Rig, state: 'paused' | 'signed-out') =>
    all.vendor.set('agent1', state, undefined, new AbortController().signal)

  it('an action that memory says cannot be is looked up before it is refused', async () => {
    const all = await rig({ agents: 2, deaf: true })
    await submit(all, { action: 'LOGIN' })
    await submit(all, { action: 'LOGOUT' })
    await behindOurBack(all, 'paused')
    expect(await submit(all, { action: 'READY' })).toMatchObject({ status: 'confirmed' })
  })

  it("a refusal because of the agent's state is looked up: it stands when the vendor shows the same", async () => {
    const all = await rig({ agents: 2, deaf: true })
    await submit(all, { action: 'LOGIN' })
    await behindOurBack(all, 'signed-out')
    expect(await submit(all, { action: 'READY' })).toMatchObject({ status: 'rejected', problem: { code: 'NOT_LOGGED_IN' } })
  })

  it.each(['memory', 'a fresh read'] as const)(
    'a refusal of what was planned from %s, in whatever words, says that the agent is logged out when a read shows it',
    async (from) => {
      const all = await rig({ agents: 2, deaf: from === 'a fresh read' })
      await submit(all, { action: 'LOGIN' })
      const fault = { system: 'loopback', code: '257', name: 'Invalid State' }
      Object.assign(all.platform.adapter, {
        async send() {
          await behindOurBack(all, 'signed-out')
          throw new CtiError('INVALID_TRANSITION', { fault })
        },
      })
      expect(await submit(all, { action: 'READY' })).toMatchObject({ status: 'rejected', problem: { code: 'NOT_LOGGED_IN', fault } })
    },
  )

  it('and it stays what the vendor called it when the action can be in the state that it shows, or when it may not be read', async () => {
    for (const readable of [true, false]) {
      const all = await rig({ agents: 2 })
      await submit(all, { action: 'LOGIN' })
      const read = all.platform.adapter.read.bind(all.platform.adapter)
      let sent = 0
      Object.assign(all.platform.adapter, {
        send() {
          sent += 1
          return Promise.reject(new CtiError('INVALID_TRANSITION'))
        },
        read: (...args: Parameters<typeof read>) => (readable ? read(...args) : Promise.reject(new CtiError('VENDOR_FORBIDDEN'))),
      })
      expect(await submit(all, { action: 'READY' })).toMatchObject({ status: 'rejected', problem: { code: 'INVALID_TRANSITION' } })
      expect(sent).toBe(1)
    }
  })

  it('and it is a confirmation when the vendor shows the target reached (an event that came late made us ask)', async () => {
    const all = await rig({ agents: 2, deaf: true })
    await submit(all, { action: 'LOGIN' })
    await submit(all, { action: 'LOGOUT' })
    const { adapter } = all.platform
    let sent = 0
    Object.assign(adapter, {
      async send() {
        sent += 1
        await behindOurBack(all, 'paused')
        throw new CtiError('ALREADY_LOGGED_IN')
      },
    })
    expect(await submit(all, { action: 'LOGIN' })).toMatchObject({ status: 'confirmed', confirmedBy: 'read' })
    expect(sent).toBe(1)
  })
})
