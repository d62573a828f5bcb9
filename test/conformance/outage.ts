import { expect } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import type { CommandLog, EngineOptions, Lease } from '../../src/core/command-log.js'
import type { LogoutRecord } from '../../src/core/agents/logout-log.js'
import { agentKey } from '../../src/core/model/command.js'
import type { Engine } from '../../src/core/wake-ups.js'
import { accept, draft, leaseOf, soon, unique } from '../support/drafts.js'
import type { TestServer } from '../support/redis-server.js'
import type { SlowProxy } from '../support/slow-proxy.js'

/** All calls at once with the same deadline: each must reject with STORE_UNAVAILABLE at the latest 100 ms after it. */
async function expectBoundedRejection(calls: readonly ((options: EngineOptions) => Promise<unknown>)[], ms: number): Promise<void> {
  const deadline = Date.now() + ms
  // How late a bare timer is now: on a busy machine that is not the engine's fault.
  const control = new Promise<number>((resolve) => setTimeout(() => resolve(Math.max(0, Date.now() - deadline)), ms))
  const outcomes = await Promise.all(
    calls.map(async (call, index) => {
      try {
        return { index, code: 'resolved', value: await call({ deadline }), after: Date.now() - deadline }
      } catch (error) {
        return { index, code: (error as { code?: string }).code, value: undefined, after: Date.now() - deadline }
      }
    }),
  )
  const lateness = await control
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(outcome.after, `call ${outcome.index}`).toBeLessThanOrEqual(100 + lateness)
  }
}

/** Repeats until it succeeds, for 8 s. */
export async function waitUntil(attempt: () => Promise<void>): Promise<void> {
  for (const end = Date.now() + 8000; ;) {
    try {
      await attempt()
      return
    } catch (error) {
      if (Date.now() > end) throw error
      await systemClock.sleep(50)
    }
  }
}

/** Product rule 5: a caller who was told 503 never sees the effect afterwards. */
export async function expectFrozenIsHarmless(engine: Engine, frozen: Pick<TestServer, 'freeze' | 'thaw'>): Promise<void> {
  const { log } = engine
  const agentId = unique('frozen')
  const key = agentKey('p', agentId)
  const idempotency = { key: unique('key'), fingerprint: 'f', ttlMs: 60_000 }
  const command = await accept(log, { agentId })
  const lease = await leaseOf(log, key, 'me', 60_000)
  const logout = { platform: unique('frozen'), agentId, at: 1_700_000_000_000 }
  frozen.freeze()
  try {
    await expectBoundedRejection([...everyCall(log, lease, command.id, agentId, idempotency), ...everyLogoutCall(engine, logout)], 300)
    const begun = Date.now()
    await expect(engine.wakeUps.wake(key, { delayMs: 0, priority: 1 })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(Date.now() - begun).toBeLessThan(500)
    await expectBoundedRejection([(options) => engine.ping(options)], 300)
  } finally {
    frozen.thaw()
  }
  await systemClock.sleep(300)
  expect(await log.history(key, 10, undefined, soon())).toStrictEqual([command])
  expect(await log.newest(agentKey('p', `${agentId} begun`), soon())).toBeUndefined()
  expect(await engine.logouts.list(logout.platform, 0, Date.now(), 10, undefined, soon())).toEqual([])
  expect(await log.renew(lease, 60_000, soon())).toBe(true)
  expect((await log.append(draft({ agentId: unique('fresh'), idempotency }), soon())).kind).toBe('accepted')
}

type Call = (options: EngineOptions) => Promise<unknown>

/** One call of every kind; those that write would leave a trace. */
function everyCall(
  log: CommandLog,
  lease: Lease,
  id: string,
  agentId: string,
  idempotency: { key: string; fingerprint: string; ttlMs: number },
): readonly Call[] {
  return [
    (options) => log.append(draft({ agentId, idempotency }), options),
    (options) => log.append(draft({ agentId, action: { kind: 'LOGOUT' } }), options),
    (options) => log.claimSend(id, lease, 1, options),
    (options) => log.settle(id, { status: 'dead', settledAt: 1 }, undefined, options),
    (options) => log.append(draft({ agentId: `${agentId} begun` }), { ...options, begin: { owner: 'me', ttlMs: 60_000 } }),
    (options) => log.take(lease.key, 'me', 1, options),
    (options) => log.finish(id, { status: 'dead', settledAt: 1 }, lease, 1, options),
    (options) => log.release(lease, options),
    (options) => log.completeIdempotency(idempotency.key, { status: 200, headers: {}, body: '' }, options),
    (options) => log.prune(Date.now(), options),
    (options) => log.get(id, options),
    (options) => log.head(lease.key, options),
    (options) => log.newest(lease.key, options),
    (options) => log.history(lease.key, 1, undefined, options),
    (options) => log.dead(1, undefined, options),
    (options) => log.due(1, 1, 1, options),
    (options) => log.backlog(options),
    (options) => log.renew(lease, 1, options),
  ]
}

function everyLogoutCall({ logouts }: Engine, logout: LogoutRecord): readonly Call[] {
  return [
    (options) => logouts.record(logout, options),
    (options) => logouts.list(logout.platform, 0, 1, 1, undefined, options),
    (options) => logouts.prune(1, options),
  ]
}

/** Product rule 5 and the promise of every server engine: dead means refused at once, back means working again. */
export async function expectSurvivesKill(engine: Engine, server: Pick<TestServer, 'kill' | 'restart'>): Promise<void> {
  const agentId = unique('killed')
  const woken: string[] = []
  await engine.wakeUps.start((key) => {
    woken.push(key)
    return Promise.resolve()
  })
  const command = await accept(engine.log, { agentId })
  const delayed = unique('p/delayed')
  await engine.wakeUps.wake(delayed, { delayMs: 1500, priority: 1 })
  await server.kill()
  await systemClock.sleep(50)
  const begun = Date.now()
  await expect(engine.log.append(draft({ agentId }), soon(500))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryAfterMs: 1000 })
  await expect(engine.wakeUps.wake('p/x', { delayMs: 0, priority: 1 })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  expect(Date.now() - begun).toBeLessThan(1300)
  await server.restart()
  await waitUntil(() => engine.ping(soon(500)))
  expect(await engine.log.history(agentKey('p', agentId), 10, undefined, soon())).toStrictEqual([command])
  const fresh = unique('p/fresh')
  await waitUntil(() => engine.wakeUps.wake(fresh, { delayMs: 0, priority: 1 }))
  await waitUntil(() => Promise.resolve(expect(woken).toEqual(expect.arrayContaining([fresh, delayed]))))
}

/** The very first append asks an engine twice (it does not know the script yet), so a late answer would keep it from being done at all. */
async function warm({ log }: Engine): Promise<void> {
  await accept(log, { agentId: unique('warm') })
}

/**
 * The engine has accepted a command and the answer is late or lost: the caller was told 503, so the command must end as
 * cancelled before anybody runs it, and the idempotency key and the agent must be free for the caller's next try.
 */
export async function expectUndone(engine: Engine, proxy: SlowProxy, loss: 'late' | 'lost'): Promise<void> {
  const agentId = unique(loss)
  const key = agentKey('p', agentId)
  const idempotency = { key: unique('key'), fingerprint: 'f', ttlMs: 60_000 }
  const given = draft({ agentId, idempotency })
  await warm(engine)
  proxy.delayAnswers(700)
  const begin = { owner: 'me', ttlMs: 60_000 }
  const appended = engine.log.append(given, { ...soon(loss === 'late' ? 300 : 3000), begin })
  if (loss === 'lost') setTimeout(() => proxy.cut(), 100)
  await expect(appended).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  proxy.delayAnswers(0)
  await waitUntil(async () => {
    const command = await engine.log.get(given.command.id, soon())
    expect(command).toMatchObject({ status: 'cancelled', attempts: 0, problem: { code: 'STORE_UNAVAILABLE' } })
  })
  expect(await engine.log.head(key, soon())).toBeUndefined()
  // Nobody was given the lease that the lost answer spoke of, so the next command can be begun.
  const next = await engine.log.append(draft({ agentId, idempotency }), { ...soon(), begin })
  expect(next).toMatchObject({ kind: 'accepted', command: { status: 'sent' }, lease: { owner: 'me' } })
}

/** The same server behind a proxy. */
export function proxied(url: string, port: number): string {
  const through = new URL(url)
  through.port = String(port)
  return through.href
}

/** While the answer to an append is late, another process sends the command: it stays, and so does what its caller's next try finds. */
export async function expectSentIsNotUndone(engine: Engine, direct: Engine, proxy: SlowProxy): Promise<void> {
  const agentId = unique('sent')
  const idempotency = { key: unique('key'), fingerprint: 'f', ttlMs: 60_000 }
  const given = draft({ agentId, idempotency })
  const { id } = given.command
  await warm(engine)
  proxy.delayAnswers(1500)
  const outcome = expect(engine.log.append(given, soon(1000))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  await waitUntil(async () => expect(await direct.log.get(id, soon())).toMatchObject({ status: 'accepted' }))
  const lease = await leaseOf(direct.log, agentKey('p', agentId), 'other', 60_000)
  expect(await direct.log.claimSend(id, lease, 1, soon())).toBeDefined()
  await outcome
  proxy.delayAnswers(0)
  // Whatever was asked before has been answered when this is: the connection keeps the order.
  await waitUntil(() => engine.ping(soon()))
  await systemClock.sleep(1500) // beyond the time after which it is tried again
  expect(await direct.log.get(id, soon())).toMatchObject({ status: 'sent', attempts: 1 })
  expect(await engine.log.append(draft({ agentId, idempotency }), soon())).toMatchObject({ kind: 'known', commandId: id })
}

/**
 * While the answer to an append is late, its caller comes again with the key and is told of the command: that one stays, although the first
 * answer said that there is none. One whose key came with another body is told of nothing.
 */
export async function expectToldIsNotUndone(engine: Engine, direct: Engine, proxy: SlowProxy): Promise<void> {
  for (const [body, status] of [
    ['same', 'accepted'],
    ['another', 'cancelled'],
  ] as const) {
    const agentId = unique('told')
    const idempotency = { key: unique('key'), fingerprint: 'same', ttlMs: 60_000 }
    const given = draft({ agentId, idempotency })
    const { id } = given.command
    await warm(engine)
    proxy.delayAnswers(1500)
    const outcome = expect(engine.log.append(given, soon(1000))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await waitUntil(async () => expect(await direct.log.get(id, soon())).toMatchObject({ status: 'accepted' }))
    const again = draft({ agentId, idempotency: { ...idempotency, fingerprint: body } })
    expect(await direct.log.append(again, soon())).toMatchObject({ kind: 'known', commandId: id, sameBody: body === 'same' })
    await outcome
    proxy.delayAnswers(0)
    await waitUntil(() => engine.ping(soon()))
    await systemClock.sleep(1500) // beyond the time after which it is tried again
    expect(await direct.log.get(id, soon())).toMatchObject({ status })
  }
}

/** While the answer to a begun append is late, the same process takes the agent again by the sweep: that lease must stay. */
export async function expectOnlyItsOwnLeaseFreed(engine: Engine, direct: Engine, proxy: SlowProxy): Promise<void> {
  const agentId = unique('retaken')
  const key = agentKey('p', agentId)
  const given = draft({ agentId, action: { kind: 'LOGIN' } })
  await warm(engine)
  proxy.delayAnswers(1500)
  const appended = engine.log.append(given, { ...soon(1000), begin: { owner: 'me', ttlMs: 60_000 } })
  const outcome = expect(appended).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  await waitUntil(async () => expect(await direct.log.get(given.command.id, soon())).toMatchObject({ status: 'sent' }))
  const lease = await leaseOf(direct.log, key, 'me', 60_000)
  await outcome
  proxy.delayAnswers(0)
  await waitUntil(async () => expect(await direct.log.get(given.command.id, soon())).toMatchObject({ status: 'cancelled' }))
  expect(await direct.log.renew(lease, 60_000, soon())).toBe(true)
}
