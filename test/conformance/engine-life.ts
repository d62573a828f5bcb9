import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { agentKey } from '../../src/core/model/command.js'
import { accept, draft, leaseOf, soon, unique } from '../support/drafts.js'
import type { Current } from './engine-conformance.js'

export function lifeConformance(current: Current): void {
  describe('leases', () => {
    it('are exclusive, expire, and their tokens grow', async () => {
      const { log } = current.engine()
      const agentId = unique('lease')
      const key = agentKey('p', agentId)
      await accept(log, { agentId })
      const first = await leaseOf(log, key, 'one', 250)
      expect((await log.take(key, 'two', 250, soon())).kind).toBe('held')
      const again = await leaseOf(log, key, 'one', 250)
      expect(again.token).toBeGreaterThan(first.token)
      expect(await log.renew(first, 250, soon())).toBe(false)
      expect(await log.renew(again, 250, soon())).toBe(true)
      await systemClock.sleep(350)
      expect(await log.renew(again, 250, soon())).toBe(false)
      const other = await leaseOf(log, key, 'two', 5000)
      expect(other.token).toBeGreaterThan(again.token)
      await log.release(again, soon())
      expect((await log.take(key, 'one', 250, soon())).kind).toBe('held')
      await log.release(other, soon())
      const last = await leaseOf(log, key, 'one', 250)
      expect(last.token).toBeGreaterThan(other.token)
    })
  })

  describe('the fence', () => {
    it('counts attempts, clears what waited, and keeps the count for further steps', async () => {
      const { log } = current.engine()
      const agentId = unique('fence')
      const key = agentKey('p', agentId)
      const command = await accept(log, { agentId })
      const lease = await leaseOf(log, key)
      const sent = await log.claimSend(command.id, lease, 10, soon())
      expect(sent).toStrictEqual({ ...command, status: 'sent', sentAt: 10, attempts: 1 })
      await log.settle(command.id, { status: 'retrying', nextAttemptAt: 99, pending: true }, lease, soon())
      expect(await log.get(command.id, soon())).toStrictEqual({ ...sent, status: 'retrying', nextAttemptAt: 99, pending: true })
      expect(await log.claimSend(command.id, lease, 20, soon())).toStrictEqual({ ...command, status: 'sent', sentAt: 20, attempts: 2 })
      const step = await log.claimSend(command.id, lease, 30, { ...soon(), sameAttempt: true })
      expect(step).toStrictEqual({ ...command, status: 'sent', sentAt: 30, attempts: 2 })
      await log.settle(command.id, { status: 'retrying', nextAttemptAt: 99, giveAttemptBack: true }, lease, soon())
      expect((await log.get(command.id, soon()))?.attempts).toBe(1)
    })

    it('stops a sender without the lease, and lets nobody use the lease of another agent', async () => {
      const { log } = current.engine()
      const agentId = unique('fence')
      const key = agentKey('p', agentId)
      const command = await accept(log, { agentId })
      const lost = await leaseOf(log, key, 'one', 60)
      await systemClock.sleep(120)
      expect(await log.claimSend(command.id, lost, 1, soon())).toBeUndefined()
      expect(await log.settle(command.id, { status: 'confirmed', settledAt: 1 }, lost, soon())).toBe(false)
      const held = await leaseOf(log, key, 'two')
      const other = await accept(log, { agentId: unique('other') })
      const foreign = await leaseOf(log, agentKey('p', other.agentId), 'one')
      expect(await log.claimSend(command.id, lost, 1, soon())).toBeUndefined()
      expect(await log.claimSend(command.id, foreign, 1, soon())).toBeUndefined()
      expect(await log.settle(command.id, { status: 'confirmed', settledAt: 1 }, foreign, soon())).toBe(false)
      // The lease that ran out counts as one crash, the refused attempts as nothing.
      expect(await log.get(command.id, soon())).toStrictEqual({ ...command, crashes: 1 })
      expect(await log.settle(command.id, { status: 'confirmed', settledAt: 1 }, held, soon())).toBe(true)
    })
  })

  describe('settle', () => {
    it('stores every field, and gives each command exactly one final status', async () => {
      const { log } = current.engine()
      const command = await accept(log, { agentId: unique('settle') })
      const problem = {
        code: 'VENDOR_REJECTED',
        detail: 'nö\n"x"',
        fault: { system: 's', code: '0', message: '\u0000' },
        validReasons: [],
      } as const
      const change = { status: 'rejected', settledAt: 42, confirmedBy: 'read', unchanged: true, pending: false, problem } as const
      expect(await log.settle(command.id, change, undefined, soon())).toBe(true)
      expect(await log.get(command.id, soon())).toStrictEqual({ ...command, ...change })
      expect(await log.settle(command.id, { status: 'confirmed', settledAt: 43 }, undefined, soon())).toBe(false)
      expect(await log.get(command.id, soon())).toStrictEqual({ ...command, ...change })
      expect(await log.settle(unique('nobody'), { status: 'confirmed', settledAt: 1 }, undefined, soon())).toBe(false)
    })

    it('lets one of many win', async () => {
      const { log } = current.engine()
      for (let round = 0; round < 5; round += 1) {
        const command = await accept(log, { agentId: unique('settle') })
        const statuses = ['confirmed', 'rejected', 'cancelled', 'expired', 'unconfirmed', 'dead'] as const
        const wins = await Promise.all(statuses.map((status, at) => log.settle(command.id, { status, settledAt: at }, undefined, soon())))
        expect(wins.filter(Boolean).length).toBe(1)
        expect((await log.get(command.id, soon()))?.status).toBe(statuses[wins.indexOf(true)])
      }
    })
  })

  describe('lists', () => {
    it('names the agents whose head is due, the longest overdue first', async () => {
      const { log } = current.engine()
      const make = async (name: string, acceptedAt: number, nextAttemptAt?: number): Promise<string> => {
        const agentId = unique(name)
        const command = await accept(log, { agentId, acceptedAt })
        if (nextAttemptAt !== undefined) await log.settle(command.id, { status: 'retrying', nextAttemptAt }, undefined, soon())
        return agentKey('p', agentId)
      }
      const untouched = await make('untouched', 100)
      const retry = await make('retry', 110, 400)
      const late = await make('late', 120, 250)
      const young = await make('young', 480)
      const waits = await make('waits', 130, 9_000)
      const mine = [untouched, retry, late, young, waits]
      const found = await log.due(500, 200, 1000, soon())
      expect(found.filter((key) => mine.includes(key))).toEqual([late, untouched, retry])
      const atItsTime = await log.due(400, 200, 1000, soon())
      expect(atItsTime.filter((key) => mine.includes(key))).toEqual([late, untouched, retry])
      expect((await log.due(399, 200, 1000, soon())).filter((key) => mine.includes(key))).toEqual([late, untouched])
      expect((await log.due(300, 200, 1000, soon())).filter((key) => mine.includes(key))).toEqual([late])
      expect((await log.due(500, 200, 1, soon())).length).toBe(1)
    })

    it('does not name an agent whose head waits, whatever stands behind it', async () => {
      const { log } = current.engine()
      const agentId = unique('behind')
      const key = agentKey('p', agentId)
      const login = await accept(log, { agentId, action: { kind: 'LOGIN' }, acceptedAt: 100 })
      await log.settle(login.id, { status: 'retrying', nextAttemptAt: 9000 }, undefined, soon())
      await accept(log, { agentId, acceptedAt: 110 })
      expect(await log.due(5000, 200, 1000, soon())).not.toContain(key)
      await log.settle(login.id, { status: 'confirmed', settledAt: 300 }, undefined, soon())
      expect(await log.due(5000, 200, 1000, soon())).toContain(key)
    })

    it('knows of whom a command has ended lately', async () => {
      const { log } = current.engine()
      const [ended, open] = [unique('ended'), unique('open')]
      const begun = Date.now()
      await accept(log, { agentId: open })
      for (const seq of [1, 2]) {
        const command = await accept(log, { agentId: ended, action: { kind: 'LOGIN' } })
        await log.settle(command.id, { status: 'confirmed', settledAt: begun + seq }, undefined, soon())
      }
      const found = (await log.endedSince(begun - 1_000, 100_000, soon())).filter((key) => key.endsWith(ended) || key.endsWith(open))
      expect(found).toEqual([agentKey('p', ended)])
      expect((await log.endedSince(begun - 1_000, 1, soon())).length).toBe(1)
      expect(await log.endedSince(begun + 60_000, 10, soon())).toEqual([])
      await log.prune(1, soon())
      expect(await log.endedSince(begun - 1_000, 100_000, soon())).toContain(agentKey('p', ended))
    })

    it('counts what is open', async () => {
      const { log } = current.engine()
      const before = await log.backlog(soon())
      const one = await accept(log, { agentId: unique('backlog'), acceptedAt: 3 })
      const two = await accept(log, { agentId: unique('backlog'), acceptedAt: 4 })
      expect(await log.backlog(soon())).toEqual({ open: before.open + 2, oldestAcceptedAt: 3 })
      await log.settle(one.id, { status: 'confirmed', settledAt: 5 }, undefined, soon())
      expect(await log.backlog(soon())).toEqual({ open: before.open + 1, oldestAcceptedAt: 4 })
      await log.settle(two.id, { status: 'confirmed', settledAt: 5 }, undefined, soon())
      expect((await log.backlog(soon())).open).toBe(before.open)
    })

    it('shows dead letters, the newest first', async () => {
      const { log } = current.engine()
      const ids: string[] = []
      for (const settledAt of [9e12 + 1, 9e12 + 2, 9e12 + 3]) {
        const command = await accept(log, { agentId: unique('dead') })
        await log.settle(command.id, { status: 'dead', settledAt }, undefined, soon())
        ids.unshift(command.id)
      }
      expect((await log.dead(2, undefined, soon())).map((command) => command.id)).toEqual(ids.slice(0, 2))
      expect((await log.dead(2, 9e12 + 2, soon()))[0]?.id).toBe(ids[2])
    })

    it('prunes what is final and old, never what is open, and never uses a place twice', async () => {
      const { log } = current.engine()
      await log.prune(1, soon())
      const agentId = unique('prune')
      const key = agentKey('p', agentId)
      const old = await accept(log, { agentId, acceptedAt: -100 })
      const kept = await accept(log, { agentId, acceptedAt: -90 })
      const dead = await accept(log, { agentId: unique('prune'), acceptedAt: -80 })
      await log.settle(dead.id, { status: 'dead', settledAt: -60 }, undefined, soon())
      expect(await log.prune(-50, soon())).toBe(2)
      expect(await log.get(old.id, soon())).toBeUndefined()
      expect(await log.dead(1000, 0, soon())).toEqual([])
      expect((await log.history(key, 10, undefined, soon())).map((command) => command.id)).toEqual([kept.id])
      await log.settle(kept.id, { status: 'confirmed', settledAt: -40 }, undefined, soon())
      expect(await log.prune(-30, soon())).toBe(1)
      expect((await accept(log, { agentId })).seq).toBe(3)
    })

    it('prunes by the end of each command, also of one that by its process ended before those before it', async () => {
      const { log } = current.engine()
      await log.prune(1, soon())
      const agentId = unique('prune')
      const first = await accept(log, { agentId, acceptedAt: -100 })
      await log.settle(first.id, { status: 'confirmed', settledAt: -40 }, undefined, soon())
      const second = await accept(log, { agentId, acceptedAt: -90 })
      await log.settle(second.id, { status: 'confirmed', settledAt: -60 }, undefined, soon())
      expect(await log.prune(-50, soon())).toBe(1)
      expect(await log.get(second.id, soon())).toBeUndefined()
      expect((await log.get(first.id, soon()))?.status).toBe('confirmed')
    })
  })

  describe('deadlines', () => {
    it('does nothing after its deadline', async () => {
      const { log, ping } = current.engine()
      const agentId = unique('late')
      const key = agentKey('p', agentId)
      const command = await accept(log, { agentId })
      const late = { deadline: Date.now() - 1 }
      const error = { code: 'STORE_UNAVAILABLE', effect: 'none' }
      const lease = await leaseOf(log, key)
      await expect(log.append(draft({ agentId }), late)).rejects.toMatchObject(error)
      await expect(log.claimSend(command.id, lease, 1, late)).rejects.toMatchObject(error)
      await expect(log.settle(command.id, { status: 'dead', settledAt: 1 }, lease, late)).rejects.toMatchObject(error)
      await expect(log.append(draft({ agentId }), { ...late, begin: { owner: 'you', ttlMs: 1000 } })).rejects.toMatchObject(error)
      await expect(log.take(key, 'me', 1, late)).rejects.toMatchObject(error)
      await expect(log.finish(command.id, { status: 'dead', settledAt: 1 }, lease, 1, late)).rejects.toMatchObject(error)
      await expect(log.release(lease, late)).rejects.toMatchObject(error)
      await expect(log.head(key, late)).rejects.toMatchObject(error)
      await expect(ping(late)).rejects.toMatchObject(error)
      expect(await log.history(key, 10, undefined, soon())).toStrictEqual([command])
      expect(await log.renew(lease, 1000, soon())).toBe(true)
      await expect(ping(soon())).resolves.toBeUndefined()
    })
  })

  describe('closing and opening again', () => {
    it('keeps commands, places, tokens and idempotency records', async () => {
      const agentId = unique('reopen')
      const key = agentKey('p', agentId)
      const idempotency = { key: unique('key'), fingerprint: 'f', ttlMs: 600_000 }
      const given = draft({ agentId, idempotency })
      await current.engine().log.append(given, soon())
      const lease = await leaseOf(current.engine().log, key)
      const sent = await current.engine().log.claimSend(given.command.id, lease, 5, soon())
      await current.reopen()
      const { log } = current.engine()
      expect(await log.get(given.command.id, soon())).toStrictEqual(sent)
      expect(await log.append(given, soon())).toMatchObject({ kind: 'known', commandId: given.command.id })
      expect((await accept(log, { agentId, action: { kind: 'LOGOUT' } })).seq).toBe(2)
      expect((await leaseOf(log, key)).token).toBeGreaterThan(lease.token)
    }, 30_000)
  })
}
