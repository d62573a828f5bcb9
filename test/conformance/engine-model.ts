import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import type { CommandLog, Lease, StatusChange } from '../../src/core/command-log.js'
import { agentKey, COMMAND_CLASSES, type Action, type CommandClass } from '../../src/core/model/command.js'
import { accept, draft, soon, unique } from '../support/drafts.js'
import { createReferenceLog } from '../support/reference-log.js'
import type { Current } from './engine-conformance.js'

export function actionOf(name: CommandClass, channel: string | undefined): Action {
  const action: Action = name === 'LOGOUT!' ? { kind: 'LOGOUT', force: true } : { kind: name }
  return channel === undefined ? action : { ...action, channel }
}

const OWNERS = ['one', 'two'] as const
const owner = fc.constantFrom(...OWNERS)
const pick = fc.nat(5)
const status = fc.constantFrom('confirmed', 'retrying', 'sent', 'dead', 'rejected', 'cancelled', 'accepted')
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      name: fc.constantFrom(...COMMAND_CLASSES),
      channel: fc.constantFrom(undefined, undefined, 'voice', 'chat'),
      begin: fc.option(owner, { nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('take' as const), owner }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lapse' as const), owner }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('release' as const), owner }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('epoch' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('claim' as const), owner, pick, same: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('settle' as const), owner: fc.option(owner, { nil: undefined }), pick, status }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('finish' as const), owner, pick, status }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** One of the two logs and what its user knows. */
interface Side {
  readonly log: CommandLog
  readonly newEpoch: () => Promise<unknown>
  readonly leases: Map<string, Lease>
}

function changeOf(name: StatusChange['status'], now: number): StatusChange {
  if (name === 'retrying') return { status: name, nextAttemptAt: now + (now % 3) - 1, giveAttemptBack: now % 2 === 0 }
  if (name === 'sent') return { status: name, pending: true }
  return { status: name, settledAt: now, ...(name === 'rejected' && { problem: { code: 'VENDOR_REJECTED' }, pending: false }) }
}

/** Does one step and answers what its caller was told. */
async function perform(side: Side, key: string, next: Step, id: string, now: number): Promise<unknown> {
  const { log, leases } = side
  const none: Lease = { key, owner: 'nobody', token: 0 }
  const leaseOf = (name: string): Lease => leases.get(name) ?? none
  switch (next.do) {
    case 'append': {
      const given = draft({ id, agentId: key.slice(2), action: actionOf(next.name, next.channel), acceptedAt: now })
      const begin = next.begin === undefined ? {} : { begin: { owner: next.begin, ttlMs: 60_000 } }
      const result = await log.append(given, { ...soon(), ...begin })
      if (result.kind === 'accepted' && result.lease !== undefined) leases.set(result.lease.owner, result.lease)
      return result
    }
    case 'take':
    case 'lapse': {
      const taken = await log.take(key, next.owner, next.do === 'take' ? 60_000 : 1, soon())
      if (taken.kind === 'taken') leases.set(next.owner, taken.lease)
      return taken
    }
    case 'release':
      return log.release(leaseOf(next.owner), soon())
    case 'epoch':
      return side.newEpoch()
    case 'claim':
      return log.claimSend(id, leaseOf(next.owner), now, { ...soon(), sameAttempt: next.same })
    case 'settle':
      return log.settle(id, changeOf(next.status, now), next.owner === undefined ? undefined : leaseOf(next.owner), soon())
    case 'finish':
      return log.finish(id, changeOf(next.status, now), leaseOf(next.owner), now, soon())
  }
}

async function bothSame<T>(sides: readonly [Side, Side], ask: (log: CommandLog) => Promise<T>): Promise<void> {
  const [got, expected] = await Promise.all(sides.map(({ log }) => ask(log)))
  expect(got).toEqual(expected)
}

async function runHistory(current: Current, steps: readonly Step[]): Promise<void> {
  const { log, registry } = current.engine()
  let epoch = 0
  const real: Side = {
    log,
    leases: new Map(),
    async newEpoch() {
      const beat = await registry.beat('model', soon())
      await registry.newEpoch(beat.epoch, beat.count, soon())
    },
  }
  const reference: Side = {
    log: createReferenceLog(systemClock, () => String(epoch)),
    leases: new Map(),
    newEpoch: () => Promise.resolve(void (epoch += 1)),
  }
  const sides = [real, reference] as const
  const key = agentKey('p', unique('model'))
  const ids: string[] = []
  let now = 1000
  for (const next of steps) {
    now += 1
    if (next.do === 'append') ids.push(unique('cmd'))
    const id = (next.do === 'append' ? ids.at(-1) : 'pick' in next ? ids[next.pick % Math.max(1, ids.length)] : undefined) ?? 'none'
    const [got, expected] = await Promise.all(sides.map((side) => perform(side, key, next, id, now)))
    expect(got).toEqual(expected)
    if (next.do === 'lapse') await systemClock.sleep(10)
    await bothSame(sides, (each) => each.head(key, soon()))
    await bothSame(sides, async (each) => (await each.due(now, 3, 100_000, soon())).includes(key))
  }
  await bothSame(sides, (each) => each.history(key, 50, undefined, soon()))
  await bothSame(sides, (each) => each.newest(key, soon()))
  for (const id of ids) {
    await bothSame(sides, (each) => each.get(id, soon()))
    await bothSame(sides, (each) => each.settle(id, { status: 'expired', settledAt: now }, undefined, soon()))
  }
  expect(await log.take(key, 'model', 1, soon())).toEqual({ kind: 'idle' })
  expect(await log.due(9e14, 0, 100_000, soon())).not.toContain(key)
}

export function modelConformance(current: Current): void {
  describe('the reference log', () => {
    it('does the same for random histories of one agent', async () => {
      const before = await current.engine().log.backlog(soon())
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 20 }), (steps) => runHistory(current, steps)),
        { numRuns: 60 },
      )
      expect((await current.engine().log.backlog(soon())).open).toBe(before.open)
    }, 180_000)

    it('prunes many agents of which each keeps something', async () => {
      const { log } = current.engine()
      await log.prune(1, soon())
      const kept = await Promise.all(
        Array.from({ length: 40 }, async () => {
          const agentId = unique('part')
          for (const settledAt of [-900, -700]) {
            const { id } = await accept(log, { agentId, acceptedAt: -1000 })
            await log.settle(id, { status: 'confirmed', settledAt }, undefined, soon(20_000))
          }
          return agentKey('p', agentId)
        }),
      )
      expect(await log.prune(-800, soon(20_000))).toBe(40)
      for (const key of kept) expect((await log.history(key, 10, undefined, soon())).map(({ seq }) => seq)).toEqual([2])
      expect(await log.prune(-600, soon(20_000))).toBe(40)
    }, 30_000)

    it.each([
      { what: 'the newest', open: [95, 96, 97, 98, 99, 100] },
      { what: 'some of all ages', open: [2, 30, 31, 50, 77, 100] },
    ])(
      'keeps, pages through and prunes the same of a long history of which $what stay open',
      async ({ open }) => {
        const reference = createReferenceLog(systemClock)
        const { log } = current.engine()
        const both = [log, reference] as const
        await log.prune(1, soon())
        const agentId = unique('long')
        const key = agentKey('p', agentId)
        const pseudo = (index: number): number => (index * 7919) % 101
        const ids: string[] = []
        for (let index = 0; index < 101; index += 1) {
          const one = { id: unique('cmd'), agentId, action: { kind: 'LOGIN', channel: `c${index}` }, acceptedAt: -5000 + index } as const
          for (const each of both) await accept(each, one)
          ids.push(one.id)
        }
        const order = ids.map((id, index) => ({ id, index })).sort((a, b) => pseudo(a.index) - pseudo(b.index))
        for (const { id, index } of order.filter((one) => !open.includes(one.index))) {
          const change = { status: index % 10 === 0 ? 'dead' : 'confirmed', settledAt: -4000 + index * 5 + ((index * 31) % 60) } as const
          for (const each of both) expect(await each.settle(id, change, undefined, soon())).toBe(true)
        }
        for (const bound of [-3900, -3700, -3650, -3600, -3500]) {
          const [got, expected] = [await log.prune(bound, soon()), await reference.prune(bound, soon())]
          expect(got).toBe(expected)
          for (const before of [undefined, 101, 70, 64, 33, 32, 1]) {
            for (const limit of [1, 10, 200]) {
              expect(await log.history(key, limit, before, soon())).toEqual(await reference.history(key, limit, before, soon()))
            }
          }
          expect(await log.newest(key, soon())).toEqual(await reference.newest(key, soon()))
          expect(await log.dead(100, -1, soon())).toEqual(await reference.dead(100, -1, soon()))
          for (const id of ids) expect(await log.get(id, soon())).toEqual(await reference.get(id, soon()))
        }
        for (const { id } of order.filter((one) => open.includes(one.index))) {
          for (const each of both) await each.settle(id, { status: 'rejected', settledAt: -3000 }, undefined, soon())
        }
        expect(await log.history(key, 200, undefined, soon())).toEqual(await reference.history(key, 200, undefined, soon()))
        expect(await log.prune(-2000, soon())).toBe(await reference.prune(-2000, soon()))
        expect(await log.history(key, 200, undefined, soon())).toEqual([])
        expect((await accept(log, { agentId })).seq).toBe(102)
        expect((await log.history(key, 200, undefined, soon())).length).toBe(1)
      },
      60_000,
    )
  })
}
