import { afterEach, describe, expect, it, vi } from 'vitest'
import type { LoopbackFault } from '../../src/adapters/loopback/vendor.js'
import type { CommandRequest } from '../../src/core/accept/command-request.js'
import { CtiError } from '../../src/core/model/error.js'
import { createMemoryEngine } from '../support/memory-engine.js'
import { accept, leaseOf, soon } from '../support/drafts.js'
import { loopbackRig, type Rig } from '../support/storm.js'

const cleanUp: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean()
  vi.restoreAllMocks()
})

interface Counted extends Rig {
  readonly calls: string[]
  /** The next exchanges fail so, one after the other. */
  fail(...faults: LoopbackFault[]): void
}

/** agent1 is logged in; what the log is asked for from then on is counted. */
async function rig(delayMs = 40): Promise<Counted> {
  vi.spyOn(Math, 'random').mockReturnValue(0.999) // the whole delay
  const engine = createMemoryEngine()
  const calls: string[] = []
  const log = new Proxy(engine.log, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...args: unknown[]): unknown => {
        if (name !== 'due' && name !== 'prune' && name !== 'get') calls.push(String(name))
        return (value as (...all: unknown[]) => unknown).apply(target, args)
      }
    },
  })
  const faults: LoopbackFault[] = []
  const settings = { retry: { baseMs: delayMs, factor: 1, capMs: delayMs, maxAttempts: 5 } }
  const made = await loopbackRig({ ...engine, log }, { agents: 2, fault: () => faults.shift() ?? 'none', settings })
  cleanUp.push(() => made.stop())
  await submit(made, { action: 'LOGIN' })
  calls.length = 0
  return { ...made, calls, fail: (...next) => void faults.push(...next) }
}

async function submit({ core }: Rig, request: CommandRequest, waitMs = 3000) {
  const origin = { principal: 'test', requestId: 'r' }
  const result = await core.commands.submit({ platform: 'loopback', agentId: 'agent1', request, origin }, waitMs)
  if (result.kind !== 'command') throw new Error('a stored answer')
  return result.command
}

it('a retry of what had no effect costs two calls of the log and no read', async () => {
  const all = await rig()
  const reads = vi.spyOn(all.platform.adapter, 'read')
  all.fail('busy')
  expect(await submit(all, { action: 'READY' })).toMatchObject({ status: 'confirmed', attempts: 2 })
  expect(all.calls).toEqual(['append', 'finish', 'retake', 'finish'])
  expect(reads).not.toHaveBeenCalled()
})

it('after an unknown effect the platform is read before anything is sent again', async () => {
  const all = await rig()
  all.fail('timeout-before')
  vi.spyOn(all.platform.adapter, 'read').mockRejectedValueOnce(new Error('the read fails too'))
  expect(await submit(all, { action: 'READY' })).toMatchObject({ status: 'confirmed' })
  expect(all.calls).not.toContain('retake')
  expect(all.platform.adapter.read).toHaveBeenCalledTimes(2)
})

it('what replaces a command that waits for its retry does not wait for it', async () => {
  const all = await rig(60_000)
  all.fail('busy')
  const ready = await submit(all, { action: 'READY' }, 0)
  await vi.waitFor(async () => expect(await all.engine.log.get(ready.id, soon())).toMatchObject({ status: 'retrying' }))
  expect(await submit(all, { action: 'LOGOUT' })).toMatchObject({ status: 'confirmed', attempts: 1 })
  expect(await all.engine.log.get(ready.id, soon())).toMatchObject({ status: 'superseded', attempts: 1 })
})

it('what is accepted behind it waits too, and asks nothing of the log meanwhile', async () => {
  const all = await rig(950)
  all.fail('busy')
  const ready = await submit(all, { action: 'READY' }, 0)
  await vi.waitFor(() => expect(all.calls).toEqual(['append', 'finish']))
  await submit(all, { action: 'LOGIN' }, 0)
  await vi.waitFor(async () => expect(await all.engine.log.get(ready.id, soon())).toMatchObject({ status: 'confirmed' }), 5000)
  expect(all.calls.slice(0, 5)).toEqual(['append', 'finish', 'append', 'retake', 'finish'])
})

it('another process that has had the agent meanwhile is seen, and the retry goes the ordinary way', async () => {
  const all = await rig(200)
  all.fail('busy')
  const ready = submit(all, { action: 'READY' })
  await vi.waitFor(() => expect(all.calls).toContain('finish'))
  await all.engine.log.release(await leaseOf(all.engine.log, 'loopback/agent1', 'another'), soon())
  expect(await ready).toMatchObject({ status: 'confirmed', attempts: 2 })
  expect(all.calls.slice(-4)).toEqual(['retake', 'take', 'claimSend', 'finish'])
})

it('a retry that another process left is found by its alarm, long before the sweeper comes', async () => {
  const engine = createMemoryEngine()
  const { id } = await accept(engine.log, { platform: 'loopback', agentId: 'agent1', action: { kind: 'LOGIN' } })
  const at = Date.now() + 300
  await engine.log.settle(id, { status: 'retrying', nextAttemptAt: at }, undefined, soon())
  await engine.wakeUps.alarm(at, Date.now())
  const made = await loopbackRig(engine, { agents: 2, settings: { sweepMs: 60_000 } })
  cleanUp.push(() => made.stop())
  await vi.waitFor(async () => expect(await engine.log.get(id, soon())).toMatchObject({ status: 'confirmed' }), 5000)
})

describe('a refusal because of the state of the agent', () => {
  it('is not believed while the vendor cannot be read, and nothing is sent meanwhile: it may not be the answer to ours', async () => {
    const all = await rig(5)
    const fault = { system: 'loopback', code: 'not-now' }
    const send = vi.spyOn(all.platform.adapter, 'send').mockRejectedValueOnce(new CtiError('INVALID_TRANSITION', { fault }))
    const read = vi.spyOn(all.platform.adapter, 'read').mockRejectedValue(new CtiError('VENDOR_BUSY'))
    const { id } = await submit(all, { action: 'READY' }, 0)
    await vi.waitFor(() => expect(read.mock.calls.length).toBeGreaterThan(3))
    expect(send).toHaveBeenCalledTimes(1)
    expect(await all.engine.log.get(id, soon())).toMatchObject({ status: 'retrying', attempts: 1, problem: { fault } })
    read.mockRestore()
    await vi.waitFor(async () => expect(await all.engine.log.get(id, soon())).toMatchObject({ status: 'confirmed', attempts: 2 }), 5000)
  })

  it('is a confirmation when the read that comes later shows that ours has had its effect', async () => {
    const all = await rig(5)
    const real = all.platform.adapter.send.bind(all.platform.adapter)
    const send = vi.spyOn(all.platform.adapter, 'send').mockImplementationOnce(async (step, options) => {
      await real(step, options)
      throw new CtiError('INVALID_TRANSITION', { detail: 'the answer to an older request' })
    })
    vi.spyOn(all.platform.adapter, 'read').mockRejectedValueOnce(new CtiError('VENDOR_BUSY'))
    expect(await submit(all, { action: 'READY' })).toMatchObject({ status: 'confirmed', attempts: 1 })
    expect(send).toHaveBeenCalledTimes(1)
  })
})
