import { describe, expect, it } from 'vitest'
import { agentKey } from '../../src/core/model/command.js'
import { begin, head, lapse, LOGIN } from '../support/agents.js'
import { accept, leaseOf, soon, unique } from '../support/drafts.js'
import type { Current } from './engine-conformance.js'

/** How a command and its agent's lease come to their end, and what a rollback of the engine leaves. */
export function endConformance(current: Current): void {
  finishConformance(current)
  rollbackConformance(current)
}

function finishConformance(current: Current): void {
  describe('finish', () => {
    it('settles and releases where nothing follows', async () => {
      const { log } = current.engine()
      const agentId = unique('finish')
      const { command, lease } = await begin(log, agentId)
      if (lease === undefined) throw new Error('not begun')
      const change = { status: 'confirmed', settledAt: 42, confirmedBy: 'event', unchanged: false } as const
      expect(await log.finish(command.id, change, lease, 50, soon())).toEqual({ settled: true })
      expect(await log.get(command.id, soon())).toStrictEqual({ ...command, ...change })
      expect(await log.renew(lease, 1000, soon())).toBe(false)
      expect((await begin(log, agentId, 'other')).lease).toMatchObject({ owner: 'other', token: lease.token + 1 })
    })

    it('answers the next due command and keeps the lease for it', async () => {
      const { log } = current.engine()
      const agentId = unique('finish')
      const { command, lease } = await begin(log, agentId, 'me', LOGIN)
      if (lease === undefined) throw new Error('not begun')
      const ready = await accept(log, { agentId })
      expect(await log.finish(command.id, { status: 'confirmed', settledAt: 1 }, lease, 2, soon())).toEqual({ settled: true, next: ready })
      expect(await log.renew(lease, 30_000, soon())).toBe(true)
      expect(await log.claimSend(ready.id, lease, 3, soon())).toMatchObject({ id: ready.id, status: 'sent' })
      expect(await log.finish(ready.id, { status: 'confirmed', settledAt: 4 }, lease, 4, soon())).toEqual({ settled: true })
    })

    it.each([
      { now: 499, due: false },
      { now: 500, due: true },
    ])('of a command that is tried again at 500, at $now: due $due, and no crash is left', async ({ now, due }) => {
      const { log } = current.engine()
      const agentId = unique('finish')
      const key = agentKey('p', agentId)
      const command = await accept(log, { agentId, action: LOGIN })
      await accept(log, { agentId })
      await lapse(log, key, 'dead')
      const lease = await leaseOf(log, key)
      expect((await head(log, key)).crashes).toBe(1)
      const change = { status: 'retrying', nextAttemptAt: 500 } as const
      const retried = { ...command, ...change }
      expect(await log.finish(command.id, change, lease, now, soon())).toEqual({ settled: true, ...(due && { next: retried }) })
      expect(await log.get(command.id, soon())).toStrictEqual(retried)
      expect(await log.renew(lease, 30_000, soon())).toBe(due)
      expect(await log.due(500, 200, 10_000, soon())).toContain(key)
      expect(await log.due(499, 200, 10_000, soon())).not.toContain(key)
    })

    it('of a command that is left to the vendor leaves no crash either', async () => {
      const { log } = current.engine()
      const agentId = unique('finish')
      const key = agentKey('p', agentId)
      const command = await accept(log, { agentId })
      await lapse(log, key, 'dead')
      const lease = await leaseOf(log, key)
      const pending = { ...command, status: 'sent', pending: true }
      expect(await log.finish(command.id, { status: 'sent', pending: true }, lease, 1, soon())).toEqual({ settled: true, next: pending })
      expect(await log.get(command.id, soon())).toStrictEqual(pending)
    })

    it('goes on with what has replaced the command, and does not settle that', async () => {
      const { log } = current.engine()
      const agentId = unique('finish')
      const { command, lease } = await begin(log, agentId)
      if (lease === undefined) throw new Error('not begun')
      const logout = await accept(log, { agentId, action: { kind: 'LOGOUT' } })
      const finished = await log.finish(command.id, { status: 'confirmed', settledAt: 1 }, lease, 2, soon())
      expect(finished).toEqual({ settled: false, next: logout })
      expect(await log.get(command.id, soon())).toMatchObject({ status: 'superseded', supersededBy: logout.id })
      expect(await log.renew(lease, 30_000, soon())).toBe(true)
      await log.settle(logout.id, { status: 'expired', settledAt: 3 }, undefined, soon())
      expect(await log.finish(logout.id, { status: 'confirmed', settledAt: 4 }, lease, 4, soon())).toEqual({ settled: false })
      expect(await log.renew(lease, 30_000, soon())).toBe(false)
      expect(await log.get(logout.id, soon())).toStrictEqual({ ...logout, status: 'expired', settledAt: 3 })
    })

    it('with a lost lease changes nothing and releases nothing', async () => {
      const { log } = current.engine()
      const agentId = unique('finish')
      const key = agentKey('p', agentId)
      const command = await accept(log, { agentId })
      const lost = await lapse(log, key, 'one')
      const change = { status: 'confirmed', settledAt: 1 } as const
      expect(await log.finish(command.id, change, lost, 2, soon())).toEqual({ settled: false })
      expect(await log.get(command.id, soon())).toStrictEqual(command)
      const held = await leaseOf(log, key, 'two')
      const taken = await head(log, key)
      expect(await log.finish(command.id, change, lost, 2, soon())).toEqual({ settled: false })
      expect(await log.get(command.id, soon())).toStrictEqual(taken)
      expect(await log.renew(held, 30_000, soon())).toBe(true)
    })

    it("does not settle another agent's command", async () => {
      const { log } = current.engine()
      const other = await accept(log, { agentId: unique('finish') })
      const { lease } = await begin(log, unique('finish'))
      if (lease === undefined) throw new Error('not begun')
      expect(await log.finish(other.id, { status: 'dead', settledAt: 1 }, lease, 2, soon())).toMatchObject({ settled: false })
      expect(await log.get(other.id, soon())).toStrictEqual(other)
    })

    it('like settle cancels what waits, and never what is on its way', async () => {
      const { log } = current.engine()
      const agentId = unique('finish')
      const { command, lease } = await begin(log, agentId)
      if (lease === undefined) throw new Error('not begun')
      const cancelled = { status: 'cancelled', settledAt: 1 } as const
      expect(await log.settle(command.id, cancelled, undefined, soon())).toBe(false)
      expect(await log.finish(command.id, cancelled, lease, 2, soon())).toEqual({ settled: false, next: command })
      await log.settle(command.id, { status: 'retrying', nextAttemptAt: 99 }, lease, soon())
      expect(await log.settle(command.id, cancelled, undefined, soon())).toBe(true)
      expect(await log.head(agentKey('p', agentId), soon())).toBeUndefined()
    })
  })
}

function rollbackConformance(current: Current): void {
  describe('after a rollback', () => {
    it('marks what is open of before, wherever it is read, and never sends it; what is accepted then is not touched', async () => {
      const { log, registry } = current.engine()
      const agentId = unique('rollback')
      const key = agentKey('p', agentId)
      const { epoch, count } = await registry.beat('me', soon())
      const ended = await accept(log, { agentId })
      await log.settle(ended.id, { status: 'confirmed', settledAt: 7 }, undefined, soon())
      const { command, lease } = await begin(log, agentId, 'me', LOGIN)
      if (lease === undefined) throw new Error('not begun')
      await registry.newEpoch(epoch, count, soon())

      const old = { ...command, beforeRollback: true }
      expect(await log.get(command.id, soon())).toStrictEqual(old)
      expect(await log.get(ended.id, soon())).toStrictEqual({ ...ended, status: 'confirmed', settledAt: 7 })
      expect(await log.head(key, soon())).toStrictEqual(old)
      expect(await log.newest(key, soon())).toStrictEqual(old)
      expect((await log.history(key, 1, undefined, soon()))[0]).toStrictEqual(old)
      expect(await log.take(key, 'you', 1000, soon())).toEqual({ kind: 'held', head: old })
      expect(await log.claimSend(command.id, lease, 5, soon())).toBeUndefined()
      expect(await log.claimSend(command.id, lease, 5, { ...soon(), sameAttempt: true })).toBeUndefined()
      expect(await log.get(command.id, soon())).toStrictEqual(old)

      const fresh = await accept(log, { agentId })
      expect(fresh.beforeRollback).toBeUndefined()
      expect(await log.take(key, 'me', 30_000, soon())).toMatchObject({ kind: 'taken', head: old })
      const again = await leaseOf(log, key)
      expect(await log.finish(command.id, { status: 'retrying', nextAttemptAt: 3 }, again, 3, soon())).toMatchObject({
        settled: true,
        next: { id: command.id, beforeRollback: true },
      })
      const dead = { status: 'dead', settledAt: 9 } as const
      expect(await log.finish(command.id, dead, again, 9, soon())).toEqual({ settled: true, next: fresh })
      expect(await log.get(command.id, soon())).toStrictEqual({ ...command, ...dead })
      expect(await log.claimSend(fresh.id, again, 10, soon())).toMatchObject({ id: fresh.id, status: 'sent' })
    })
  })
}
