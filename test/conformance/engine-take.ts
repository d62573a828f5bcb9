import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import type { CommandLog, Lease } from '../../src/core/command-log.js'
import { agentKey, type Action } from '../../src/core/model/command.js'
import { begin, head, lapse, LOGIN, type Accepted } from '../support/agents.js'
import { accept, draft, leaseOf, soon, unique } from '../support/drafts.js'
import type { Current } from './engine-conformance.js'

/** How an agent comes to be somebody's. */
export function leaseConformance(current: Current): void {
  beginConformance(current)
  takeConformance(current)
  raceConformance(current)
}

function beginConformance(current: Current): void {
  describe('begin', () => {
    it('grants the lease and passes the fence in the step that accepts', async () => {
      const { log } = current.engine()
      const agentId = unique('begin')
      const key = agentKey('p', agentId)
      const given = draft({ agentId, acceptedAt: 1000 })
      const result = await log.append(given, { ...soon(), begin: { owner: 'me', ttlMs: 30_000 } })
      const command = { ...given.command, status: 'sent', seq: 1, attempts: 1, sentAt: 1000 }
      expect(result).toEqual({ kind: 'accepted', command, superseded: [], lease: { key, owner: 'me', token: 1 } })
      expect(await log.get(given.command.id, soon())).toStrictEqual(command)
      const { lease } = result as Accepted
      if (lease === undefined) throw new Error('no lease')
      expect(await log.renew(lease, 30_000, soon())).toBe(true)
      expect(await log.claimSend(given.command.id, lease, 1007, { ...soon(), sameAttempt: true })).toStrictEqual({
        ...command,
        sentAt: 1007,
      })
      // Should the process die now, the sweep finds it.
      expect(await log.due(1207, 200, 10_000, soon())).not.toContain(key)
      expect(await log.due(1208, 200, 10_000, soon())).toContain(key)
    })

    it('is for a command that has replaced everything that was open', async () => {
      const { log } = current.engine()
      const agentId = unique('begin')
      const older = [await accept(log, { agentId }), await accept(log, { agentId, action: { kind: 'READY', channel: 'c' } })]
      const result = await begin(log, agentId, 'me', { kind: 'LOGOUT' })
      expect(result.superseded).toEqual(older.map(({ id }) => id))
      expect(result).toMatchObject({ command: { status: 'sent', seq: 3, attempts: 1 }, lease: { owner: 'me' } })
      expect((await head(log, agentKey('p', agentId))).id).toBe(result.command.id)
    })

    const nobody = (): Promise<unknown> => Promise.resolve()
    it.each<{ what: string; before: Action; prepare: (log: CommandLog, key: string) => Promise<unknown>; begun: boolean }>([
      { what: 'another stays open', before: LOGIN, prepare: nobody, begun: false },
      { what: 'another process has the agent', before: { kind: 'READY' }, prepare: (log, key) => leaseOf(log, key, 'other'), begun: false },
      { what: 'this process has the agent', before: { kind: 'READY' }, prepare: (log, key) => leaseOf(log, key), begun: false },
      { what: "another's lease has run out", before: { kind: 'READY' }, prepare: (log, key) => lapse(log, key, 'other'), begun: false },
      { what: 'its own lease has run out', before: { kind: 'READY' }, prepare: (log, key) => lapse(log, key, 'me'), begun: false },
      {
        what: 'the lease was released',
        before: { kind: 'READY' },
        prepare: async (log, key) => log.release(await leaseOf(log, key, 'other'), soon()),
        begun: true,
      },
    ])('where $what: $begun', async ({ before, prepare, begun }) => {
      const { log } = current.engine()
      const agentId = unique('begin')
      const key = agentKey('p', agentId)
      await accept(log, { agentId, action: before })
      await prepare(log, key)
      const result = await begin(log, agentId, 'me', { kind: 'READY' })
      const stored = await log.get(result.command.id, soon())
      expect(stored).toStrictEqual(result.command)
      if (begun) expect(result).toMatchObject({ command: { status: 'sent', attempts: 1 }, lease: { key, owner: 'me' } })
      else expect(result).toMatchObject({ command: { status: 'accepted', attempts: 0 } })
      expect('lease' in result).toBe(begun)
    })

    it('grants nothing for what is refused or known, nor unasked', async () => {
      const { log } = current.engine()
      const agentId = unique('begin')
      const key = agentKey('p', agentId)
      const idempotency = { key: unique('key'), fingerprint: 'f', ttlMs: 60_000 }
      const forced = await accept(log, { agentId, action: { kind: 'LOGOUT', force: true }, idempotency })
      const options = { ...soon(), begin: { owner: 'me', ttlMs: 30_000 } }
      expect(await log.append(draft({ agentId }), options)).toEqual({ kind: 'refused', by: forced.id })
      expect(await log.append(draft({ agentId, idempotency }), options)).toMatchObject({ kind: 'known', commandId: forced.id })
      expect((await leaseOf(log, key, 'other')).token).toBe(1)
    })
  })
}

function takeConformance(current: Current): void {
  describe('take', () => {
    it('answers idle and grants nothing where nothing is open', async () => {
      const { log } = current.engine()
      const agentId = unique('take')
      const key = agentKey('p', agentId)
      expect(await log.take(key, 'me', 30_000, soon())).toEqual({ kind: 'idle' })
      const { command, lease } = await begin(log, agentId, 'other')
      if (lease === undefined) throw new Error('not begun')
      await log.settle(command.id, { status: 'confirmed', settledAt: 1 }, lease, soon())
      expect(await log.take(key, 'me', 30_000, soon())).toEqual({ kind: 'idle' })
      expect(await log.renew(lease, 30_000, soon())).toBe(true)
    })

    it("answers held and the head while another's lease lasts", async () => {
      const { log } = current.engine()
      const agentId = unique('take')
      const key = agentKey('p', agentId)
      const { command, lease } = await begin(log, agentId, 'other')
      expect(await log.take(key, 'me', 30_000, soon())).toEqual({ kind: 'held', head: command })
      if (lease === undefined) throw new Error('not begun')
      expect(await log.renew(lease, 30_000, soon())).toBe(true)
    })

    it('answers lease and head, and the same owner gets a new token', async () => {
      const { log } = current.engine()
      const agentId = unique('take')
      const key = agentKey('p', agentId)
      const login = await accept(log, { agentId, action: LOGIN })
      await accept(log, { agentId })
      expect(await log.take(key, 'me', 30_000, soon())).toEqual({ kind: 'taken', lease: { key, owner: 'me', token: 1 }, head: login })
      expect(await log.take(key, 'me', 30_000, soon())).toEqual({ kind: 'taken', lease: { key, owner: 'me', token: 2 }, head: login })
      expect(await log.renew({ key, owner: 'me', token: 1 }, 30_000, soon())).toBe(false)
      expect(await log.claimSend(login.id, { key, owner: 'me', token: 1 }, 1, soon())).toBeUndefined()
    })

    it('grants one of many', async () => {
      const { log } = current.engine()
      const agentId = unique('take')
      await accept(log, { agentId })
      const grants = await Promise.all(
        Array.from({ length: 12 }, (_, index) => log.take(agentKey('p', agentId), `owner ${index}`, 5000, soon())),
      )
      expect(grants.filter(({ kind }) => kind === 'taken').length).toBe(1)
      expect(grants.filter(({ kind }) => kind === 'held').length).toBe(11)
    })

    it("counts the crashes of others' owners in a row, and the fence keeps the count", async () => {
      const { log } = current.engine()
      const agentId = unique('crash')
      const key = agentKey('p', agentId)
      const command = await accept(log, { agentId, action: LOGIN })
      const behind = await accept(log, { agentId })
      await lapse(log, key, 'one')
      const second = await log.take(key, 'two', 1, soon())
      expect(second).toMatchObject({ kind: 'taken', head: { ...command, crashes: 1 } })
      await systemClock.sleep(30)
      const third = await leaseOf(log, key, 'three')
      expect(await log.get(command.id, soon())).toStrictEqual({ ...command, crashes: 2 })
      expect(await log.claimSend(command.id, third, 5, soon())).toMatchObject({ crashes: 2, attempts: 1 })
      expect(await log.get(behind.id, soon())).toStrictEqual(behind)
    })

    it.each<{ what: string; prepare: (log: CommandLog, key: string, id: string) => Promise<unknown> }>([
      { what: 'its own lease that ran out', prepare: (log, key) => lapse(log, key, 'me') },
      { what: 'a lease that was released', prepare: async (log, key) => log.release(await leaseOf(log, key, 'other'), soon()) },
      {
        what: 'a command that is pending',
        prepare: async (log, key, id) => {
          await log.settle(id, { status: 'sent', pending: true }, await leaseOf(log, key, 'other'), soon())
          await log.release(await leaseOf(log, key, 'other'), soon())
          await lapse(log, key, 'other')
        },
      },
    ])('counts no crash for $what', async ({ prepare }) => {
      const { log } = current.engine()
      const agentId = unique('crash')
      const key = agentKey('p', agentId)
      const command = await accept(log, { agentId })
      await prepare(log, key, command.id)
      const before = await head(log, key)
      expect(await log.take(key, 'me', 30_000, soon())).toMatchObject({ kind: 'taken', head: before })
      expect(await log.get(command.id, soon())).toStrictEqual(before)
      expect(before.crashes).toBeUndefined()
    })
  })
}

function raceConformance(current: Current): void {
  describe('races', () => {
    it('for one agent between those who begin and those who take have exactly one winner, 200 times', async () => {
      const { log } = current.engine()
      for (let round = 0; round < 200; round += 1) {
        const agentId = unique('race')
        const key = agentKey('p', agentId)
        const empty = round % 2 === 0
        if (!empty) await accept(log, { agentId })
        const options = (owner: string) => ({ ...soon(20_000), begin: { owner, ttlMs: 60_000 } })
        const logout = draft({ agentId, action: { kind: 'LOGOUT' } })
        const results = await Promise.all([
          log.append(logout, options('one')),
          empty ? log.append(draft({ agentId, action: LOGIN }), options('two')) : log.take(key, 'two', 60_000, soon(20_000)),
          log.take(key, 'three', 60_000, soon(20_000)),
        ])
        const leases = results.flatMap((result) => ('lease' in result && result.lease !== undefined ? [result.lease] : []))
        expect(leases.map(({ token }) => token)).toEqual([1])
        const lease = leases[0] as Lease
        // A LOGIN that was begun may have been replaced since.
        const begun = (await log.history(key, 5, undefined, soon(20_000))).filter(({ attempts }) => attempts === 1)
        expect(begun.length).toBe(lease.owner === 'three' || (lease.owner === 'two' && !empty) ? 0 : 1)
        expect(await log.renew(lease, 60_000, soon(20_000))).toBe(true)
      }
    }, 120_000)
  })
}
