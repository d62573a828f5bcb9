import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import type { AppendResult } from '../../src/core/command-log.js'
import { agentKey, COMMAND_CLASSES, relation, type Action } from '../../src/core/model/command.js'
import { accept, draft, leaseOf, soon, unique } from '../support/drafts.js'
import type { Current } from './engine-conformance.js'
import { actionOf } from './engine-model.js'

/** Both for the whole agent, both for one channel, one of each, two channels: newer, older. */
const CHANNEL_PAIRS = [
  [undefined, undefined],
  ['voice', 'voice'],
  ['voice', undefined],
  [undefined, 'voice'],
  ['voice', 'chat'],
] as const

export function appendConformance(current: Current): void {
  describe('append', () => {
    it('gives back what was stored, unchanged', async () => {
      const { log } = current.engine()
      const agentId = unique('ägent "one"/\\')
      const action: Action = {
        kind: 'NOT_READY',
        reason: 'Déjeuner 昼',
        queues: [],
        channel: '',
        options: { empty: [], nested: { none: null, big: 9007199254740991, tiny: 1e-7, nul: 'a\u0000b', line: 'a\nb' } },
      }
      const given = draft({ agentId, action, acceptedAt: 1_700_000_000_123 })
      const result = await log.append(given, soon())
      expect(result).toEqual({ kind: 'accepted', superseded: [], command: { ...given.command, status: 'accepted', seq: 1, attempts: 0 } })
      expect(await log.get(given.command.id, soon())).toStrictEqual({ ...given.command, status: 'accepted', seq: 1, attempts: 0 })
      expect(await log.get(unique('nobody'), soon())).toBeUndefined()
    })

    it('applies the supersede matrix to every pair of classes and scopes', async () => {
      const { log } = current.engine()
      for (const newer of COMMAND_CLASSES) {
        for (const older of COMMAND_CLASSES) {
          for (const [newerChannel, olderChannel] of CHANNEL_PAIRS) {
            const agentId = unique('pair')
            const first = await accept(log, { agentId, action: actionOf(older, olderChannel) })
            const second = draft({ agentId, action: actionOf(newer, newerChannel), acceptedAt: first.acceptedAt + 7 })
            const result = await log.append(second, soon())
            const expected = relation(second.command.action, first.action)
            const pair = `${newer}/${newerChannel} after ${older}/${olderChannel}: ${expected}`
            const after = await log.get(first.id, soon())
            if (expected === 'refused') {
              expect(result, pair).toEqual({ kind: 'refused', by: first.id })
              expect(await log.get(second.command.id, soon()), pair).toBeUndefined()
              expect(after, pair).toEqual(first)
            } else if (expected === 'replaces') {
              expect(result, pair).toMatchObject({ kind: 'accepted', superseded: [first.id], command: { seq: 2 } })
              expect(after, pair).toEqual({
                ...first,
                status: 'superseded',
                settledAt: second.command.acceptedAt,
                supersededBy: second.command.id,
              })
            } else {
              expect(result, pair).toMatchObject({ kind: 'accepted', superseded: [], command: { seq: 2 } })
              expect(after, pair).toEqual(first)
            }
          }
        }
      }
    }, 30_000)

    it('supersedes nothing that is older than one it waits for', async () => {
      const { log } = current.engine()
      const agentId = unique('barrier')
      const key = agentKey('p', agentId)
      const notReady = await accept(log, { agentId, action: { kind: 'NOT_READY' } })
      const login = await accept(log, { agentId, action: { kind: 'LOGIN' } })
      const ready = await accept(log, { agentId, action: { kind: 'READY' } })
      const last = await log.append(draft({ agentId, action: { kind: 'NOT_READY' } }), soon())
      expect(last).toMatchObject({ kind: 'accepted', superseded: [ready.id] })
      expect((await log.head(key, soon()))?.id).toBe(notReady.id)
      expect((await log.get(login.id, soon()))?.status).toBe('accepted')
    })

    it('supersedes a command that is being sent, and fences its sender off', async () => {
      const { log } = current.engine()
      const agentId = unique('inflight')
      const key = agentKey('p', agentId)
      const ready = await accept(log, { agentId })
      const lease = await leaseOf(log, key, 'me', 5000)
      await log.claimSend(ready.id, lease, 5, soon())
      const logout = await accept(log, { agentId, action: { kind: 'LOGOUT' } })
      expect(await log.get(ready.id, soon())).toMatchObject({ status: 'superseded', supersededBy: logout.id, attempts: 1, sentAt: 5 })
      expect(await log.claimSend(ready.id, lease, 6, soon())).toBeUndefined()
      expect(await log.settle(ready.id, { status: 'confirmed', settledAt: 7 }, lease, soon())).toBe(false)
    })

    it('gives concurrent appends distinct growing places and leaves exactly one open', async () => {
      const { log } = current.engine()
      const agentId = unique('race')
      const key = agentKey('p', agentId)
      const results = await Promise.all(Array.from({ length: 40 }, () => log.append(draft({ agentId }), soon(10_000))))
      const seqs = results.map((result) => (result.kind === 'accepted' ? result.command.seq : -1))
      expect(seqs.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1))
      const all = await log.history(key, 100, undefined, soon())
      expect(all.filter((command) => command.status === 'accepted').map((command) => command.seq)).toEqual([40])
      const named = results.flatMap((result) => (result.kind === 'accepted' ? result.superseded : []))
      expect(new Set(named).size).toBe(39)
      expect(named.length).toBe(39)
    })

    it('pages through the history from the newest on', async () => {
      const { log } = current.engine()
      const agentId = unique('pages')
      const key = agentKey('p', agentId)
      for (let i = 0; i < 5; i += 1) await accept(log, { agentId })
      const first = await log.history(key, 2, undefined, soon())
      expect(first.map((command) => command.seq)).toEqual([5, 4])
      expect((await log.history(key, 2, 4, soon())).map((command) => command.seq)).toEqual([3, 2])
      expect((await log.newest(key, soon()))?.seq).toBe(5)
      expect(await log.newest(agentKey('p', unique('nobody')), soon())).toBeUndefined()
    })
  })

  describe('idempotency', () => {
    it('lets one of many equal requests through and gives the others its answer', async () => {
      const { log } = current.engine()
      const idempotency = { key: unique('key'), fingerprint: 'f1', ttlMs: 60_000 }
      const results = await Promise.all(
        Array.from({ length: 20 }, () => log.append(draft({ agentId: unique('agent'), idempotency }), soon(10_000))),
      )
      const accepted = results.filter((result): result is AppendResult & { kind: 'accepted' } => result.kind === 'accepted')
      expect(accepted.length).toBe(1)
      const commandId = accepted[0]?.command.id
      for (const other of results.filter((result) => result.kind !== 'accepted')) {
        expect(other).toEqual({ kind: 'known', commandId, sameBody: true })
      }
      const response = { status: 202, headers: { location: '/v1/commands/ü' }, body: '{"a":"\\u0000"}' }
      await log.completeIdempotency(idempotency.key, response, soon())
      const again = await log.append(draft({ agentId: unique('agent'), idempotency }), soon())
      expect(again).toEqual({ kind: 'known', commandId, sameBody: true, response })
      const other = await log.append(draft({ agentId: unique('agent'), idempotency: { ...idempotency, fingerprint: 'f2' } }), soon())
      expect(other).toEqual({ kind: 'known', commandId, sameBody: false, response })
    })

    it('forgets a key after its time', async () => {
      const { log } = current.engine()
      const idempotency = { key: unique('key'), fingerprint: 'f1', ttlMs: 60 }
      const agentId = unique('agent')
      expect((await log.append(draft({ agentId, idempotency }), soon())).kind).toBe('accepted')
      await systemClock.sleep(120)
      const second = draft({ agentId, idempotency: { ...idempotency, ttlMs: 60_000 } })
      expect((await log.append(second, soon())).kind).toBe('accepted')
      const third = await log.append(draft({ agentId, idempotency }), soon())
      expect(third).toEqual({ kind: 'known', commandId: second.command.id, sameBody: true })
    })

    it('claims nothing when the command is refused', async () => {
      const { log } = current.engine()
      const agentId = unique('agent')
      const idempotency = { key: unique('key'), fingerprint: 'f1', ttlMs: 60_000 }
      const forced = await accept(log, { agentId, action: { kind: 'LOGOUT', force: true } })
      expect(await log.append(draft({ agentId, idempotency }), soon())).toEqual({ kind: 'refused', by: forced.id })
      await log.settle(forced.id, { status: 'confirmed', settledAt: 1 }, undefined, soon())
      expect((await log.append(draft({ agentId, idempotency }), soon())).kind).toBe('accepted')
    })

    it('ignores the answer to a key that nobody claimed', async () => {
      const { log } = current.engine()
      const idempotency = { key: unique('key'), fingerprint: 'f1', ttlMs: 60_000 }
      await log.completeIdempotency(idempotency.key, { status: 200, headers: {}, body: '' }, soon())
      expect((await log.append(draft({ agentId: unique('agent'), idempotency }), soon())).kind).toBe('accepted')
    })
  })
}
