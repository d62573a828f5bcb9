import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ActionKind, Command } from '../../src/core/model/command.js'
import { createMemoryEngine } from '../support/memory-engine.js'
import { loopbackRig, type Rig } from '../support/storm.js'

/** A vendor that answers at once and applies 300 ms later, for one kind of request only; its requests stay in order. */
describe('a command that is replaced after its answer and before its effect', () => {
  let rig: Rig
  let late: 'available' | 'paused'
  let lateReason: string | undefined
  beforeEach(async () => {
    rig = await loopbackRig(createMemoryEngine(), { agents: 1, latencyMs: 1 })
    late = 'available'
    lateReason = undefined
    expect((await submit('LOGIN', 2_000)).status).toBe('confirmed')
    const { set } = rig.vendor
    Object.assign(rig.vendor, {
      set: (agentId: string, asked: string, reasonId: string | undefined, signal: AbortSignal) => {
        if (asked !== late || (lateReason !== undefined && reasonId !== lateReason))
          return set(agentId, asked as 'paused', reasonId, signal)
        setTimeout(() => void set(agentId, late, reasonId, new AbortController().signal), 300)
        return Promise.resolve()
      },
    })
  })
  afterEach(() => rig.stop())

  async function submit(action: ActionKind, waitMs: number, reason?: string): Promise<Command> {
    const origin = { principal: 'test', requestId: 'r' }
    const result = await rig.core.commands.submit(
      { platform: 'loopback', agentId: 'agent1', request: { action, ...(reason !== undefined && { reason }) }, origin },
      waitMs,
    )
    if (result.kind !== 'command') throw new Error('no command')
    return result.command
  }

  it('does not have the last word: the newer one is not confirmed by the state from before', async () => {
    const older = await submit('READY', 0)
    await new Promise((resolve) => setTimeout(resolve, 50))
    const newer = await submit('NOT_READY', 8_000)
    expect(newer).toMatchObject({ status: 'confirmed', attempts: 1 })
    expect((await rig.core.commands.get(older.id)).status).toBe('superseded')
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(rig.vendor.all()[0]?.state).toBe('paused')
    expect(rig.vendor.journal.map(({ asked }) => asked)).toEqual(['paused', 'available', 'paused'])
  })

  it('nor when the link of the older one is told to have broken: its request may be at the vendor all the same', async () => {
    await submit('READY', 0)
    await new Promise((resolve) => setTimeout(resolve, 50))
    const newer = submit('NOT_READY', 8_000)
    await new Promise((resolve) => setTimeout(resolve, 100))
    rig.presence.event('loopback', { agentId: 'agent1', refused: { code: 'VENDOR_TIMEOUT', detail: 'the link broke' } })
    expect(await newer).toMatchObject({ status: 'confirmed', attempts: 1 })
    expect(rig.vendor.journal.map(({ asked }) => asked)).toEqual(['paused', 'available', 'paused'])
  })

  it('nor when many others, never sent, were accepted in between', async () => {
    expect((await submit('LOGOUT', 2_000)).status).toBe('confirmed')
    late = 'paused'
    const older = await submit('LOGIN', 0)
    for (let again = 0; again < 80; again += 1) await submit('READY', 0)
    const newer = await submit('LOGOUT', 8_000)
    expect(newer).toMatchObject({ status: 'confirmed', attempts: 1 })
    expect((await rig.core.commands.get(older.id)).status).toBe('superseded')
    expect(rig.vendor.all()[0]?.state).toBe('signed-out')
  })

  it('nor when it asks for the same state with another reason', async () => {
    expect(await submit('NOT_READY', 2_000, 'Short break')).toMatchObject({ status: 'confirmed' })
    late = 'paused'
    lateReason = 'lunch'
    const older = await submit('NOT_READY', 0, 'Lunch')
    await new Promise((resolve) => setTimeout(resolve, 50))
    const newer = await submit('NOT_READY', 8_000, 'Short break')
    expect(newer).toMatchObject({ status: 'confirmed', attempts: 1 })
    expect((await rig.core.commands.get(older.id)).status).toBe('superseded')
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(rig.vendor.all()[0]).toMatchObject({ state: 'paused', reasonId: 'short-break' })
  })

  it('costs nothing where nothing is on its way', async () => {
    expect(await submit('NOT_READY', 2_000)).toMatchObject({ status: 'confirmed', unchanged: true })
  })
})

/** A vendor whose refusals do not say which request they answer. */
describe('a refusal that may be the answer to an older request', () => {
  let rig: Rig
  let swallowed: number
  beforeEach(async () => {
    rig = await loopbackRig(createMemoryEngine(), { agents: 1, latencyMs: 1 })
    swallowed = 0
    expect((await submit('LOGIN', 2_000)).status).toBe('confirmed')
    const { set } = rig.vendor
    Object.assign(rig.vendor, {
      set: (agentId: string, asked: string, reasonId: string | undefined, signal: AbortSignal) => {
        if (asked !== 'signed-out' || swallowed > 0) return set(agentId, asked as 'paused', reasonId, signal)
        swallowed += 1
        setTimeout(() => rig.presence.event('loopback', { agentId: 'agent1', refused: { code: 'INVALID_TRANSITION' } }), 30)
        return Promise.resolve()
      },
    })
  })
  afterEach(() => rig.stop())

  async function submit(action: ActionKind, waitMs: number): Promise<Command> {
    const origin = { principal: 'test', requestId: 'r' }
    const result = await rig.core.commands.submit({ platform: 'loopback', agentId: 'agent1', request: { action }, origin }, waitMs)
    if (result.kind !== 'command') throw new Error('no command')
    return result.command
  }

  it('does not end a LOGOUT that never arrived, as long as the older one has no answer', async () => {
    const { set } = rig.vendor
    Object.assign(rig.vendor, {
      set: (agentId: string, asked: string, reasonId: string | undefined, signal: AbortSignal) =>
        asked === 'available' ? Promise.resolve() : set(agentId, asked as 'paused', reasonId, signal),
    })
    const older = await submit('READY', 0)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await submit('LOGOUT', 8_000)).toMatchObject({ status: 'confirmed', attempts: 2 })
    expect((await rig.core.commands.get(older.id)).status).toBe('superseded')
    expect(rig.vendor.all()[0]?.state).toBe('signed-out')
  })

  it('ends it at once where no other request is without its answer', async () => {
    expect(await submit('LOGOUT', 8_000)).toMatchObject({ status: 'rejected', attempts: 1, problem: { code: 'INVALID_TRANSITION' } })
    expect(swallowed).toBe(1)
  })
})
