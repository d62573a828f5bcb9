import { describe, expect, it } from 'vitest'
import { judge } from '../../../src/core/run/confirmer.js'
import { withDeadline } from '../../../src/core/deadline.js'
import { failureAction } from '../../../src/core/run/failure.js'
import { createKeyMutex } from '../../../src/core/key-mutex.js'
import type { AgentView } from '../../../src/core/model/agent-state.js'
import { CtiError } from '../../../src/core/model/error.js'
import type { Reason } from '../../../src/core/model/reason.js'
import { PRIORITY, priorityOf, retryDelayMs } from '../../../src/core/accept/policy.js'
import { createPresence } from '../../../src/core/agents/presence.js'
import { matchReason } from '../../../src/core/accept/reason-book.js'
import { createVault } from '../../../src/core/accept/vault.js'
import { systemClock } from '../../../src/core/clock.js'
import { waitOf } from '../../../src/http/prefer.js'

const view = (more: Partial<AgentView> = {}): AgentView => ({
  agentId: 'a',
  state: 'READY',
  routable: true,
  channels: [],
  observedAt: 1,
  source: 'event',
  stale: false,
  ...more,
})

it('who must go home goes before who arrives', () => {
  const order = [
    priorityOf({ kind: 'LOGOUT', force: true }),
    priorityOf({ kind: 'LOGOUT' }),
    priorityOf({ kind: 'NOT_READY' }),
    priorityOf({ kind: 'LOGIN' }),
    priorityOf({ kind: 'READY' }),
    PRIORITY.read,
  ]
  expect(order).toEqual([...order].sort((a, b) => a - b))
  expect(new Set(order).size).toBe(order.length)
})

describe('judging a view', () => {
  const expect1 = { states: ['NOT_READY'] as const, withinMs: 100 }
  it('needs the state, and the reason where one is expected', () => {
    expect(judge(expect1, view({ state: 'NOT_READY' }))).toBe('met')
    expect(judge(expect1, view())).toBe('no')
    expect(judge({ ...expect1, reasonId: 'x' }, view({ state: 'NOT_READY' }))).toBe('no')
    expect(judge({ ...expect1, reasonId: 'x' }, view({ state: 'NOT_READY', reason: { id: 'x' } }))).toBe('met')
  })
  it('tells what is pending, only where that counts', () => {
    expect(judge({ ...expect1, pending: ['NOT_READY'] }, view({ pendingState: 'NOT_READY' }))).toBe('pending')
    expect(judge(expect1, view({ pendingState: 'NOT_READY' }))).toBe('no')
  })
  it('looks at the channel where one is meant, and never trusts a stale view', () => {
    const chat = { id: 'chat', state: 'NOT_READY', routable: false, vendorState: 'x' } as const
    expect(judge({ ...expect1, channel: 'chat' }, view({ channels: [chat] }))).toBe('met')
    expect(judge({ ...expect1, channel: 'mail' }, view({ state: 'NOT_READY', channels: [chat] }))).toBe('no')
    expect(judge(expect1, view({ state: 'NOT_READY', stale: true }))).toBe('no')
  })
})

describe('presence', () => {
  it('drops an event that is older than what it knows, and tells nobody', async () => {
    const presence = createPresence()
    presence.event('p', { agentId: 'a', view: view({ state: 'NOT_READY' }), occurredAt: 20 })
    const watch = presence.watch('p', 'a')
    presence.event('p', { agentId: 'a', view: view({ state: 'READY' }), occurredAt: 10 })
    expect(presence.get('p', 'a')?.state).toBe('NOT_READY')
    expect(watch.take()).toEqual([])
    presence.event('p', { agentId: 'a', view: view({ state: 'READY' }), occurredAt: 20 })
    expect(watch.take()).toHaveLength(1)
  })
  it('makes views stale on link loss and changes nothing else', () => {
    const presence = createPresence()
    presence.event('p', { agentId: 'a', view: view() })
    presence.event('p', { agentId: 'b', view: view({ agentId: 'b' }) })
    presence.link('p', { status: 'down', agentId: 'a' })
    expect(presence.get('p', 'a')).toEqual(view({ stale: true }))
    expect(presence.get('p', 'b')?.stale).toBe(false)
    presence.link('p', { status: 'down' })
    expect(presence.get('p', 'b')?.stale).toBe(true)
  })
  it('forgets the longest unseen agent beyond its bound', () => {
    const presence = createPresence(2)
    for (const agentId of ['a', 'b', 'c']) presence.read('p', view({ agentId }))
    expect(presence.list('p').map((known) => known.agentId)).toEqual(['b', 'c'])
  })
})

describe('what a failure means', () => {
  it.each([
    ['VENDOR_REJECTED', 1, 'safe', 'rejected'],
    ['VENDOR_UNAVAILABLE', 99, 'safe', 'retry'],
    ['VENDOR_BUSY', 3, 'safe', 'retry'],
    ['VENDOR_BUSY', 5, 'safe', 'dead'],
    ['VENDOR_TIMEOUT', 1, 'never', 'dead'],
    ['VENDOR_TIMEOUT', 1, 'verify-first', 'retry'],
    ['INTERNAL', 1, 'safe', 'dead'],
  ] as const)('%s after %i attempts, resend %s: %s', (code, attempts, resend, action) => {
    expect(failureAction(new CtiError(code), attempts, resend, 5)).toBe(action)
  })
})

describe('delays', () => {
  const settings = { baseMs: 250, factor: 2, capMs: 10_000, maxAttempts: 8 }
  it('grow by full jitter up to the cap', () => {
    expect(retryDelayMs(settings, 1, undefined, () => 1)).toBe(250)
    expect(retryDelayMs(settings, 4, undefined, () => 1)).toBe(2000)
    expect(retryDelayMs(settings, 40, undefined, () => 1)).toBe(10_000)
    expect(retryDelayMs(settings, 4, undefined, () => 0)).toBe(0)
  })
  it('are never shorter than the vendor asks', () => {
    expect(retryDelayMs(settings, 1, 7000, () => 0)).toBe(7000)
    expect(retryDelayMs(settings, 1, 7000, () => 1)).toBe(7250)
  })
})

describe('the mutex of a key', () => {
  it('lets those in who wait for a key in their order, without whoever gave up', async () => {
    const mutex = createKeyMutex(systemClock)
    const entered: string[] = []
    const enter = async (name: string, timeoutMs = 1000): Promise<() => void> => {
      const leave = await mutex.acquire('a', timeoutMs)
      entered.push(name)
      return leave
    }
    const first = await enter('first')
    const second = enter('second')
    const late = enter('late', 5)
    const third = enter('third')
    await expect(late).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    first()
    ;(await second)()
    ;(await third)()
    expect(entered).toEqual(['first', 'second', 'third'])
  })

  it('is first come first served, and gives up in its bound without breaking the order', async () => {
    const mutex = createKeyMutex(systemClock)
    const first = await mutex.acquire('a', 1000)
    await expect(mutex.acquire('a', 20)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    const third = mutex.acquire('a', 1000)
    expect(await mutex.acquire('b', 20)).toBeTypeOf('function')
    first()
    ;(await third)()
    expect(await mutex.acquire('a', 20)).toBeTypeOf('function')
  })
})

describe('a deadline', () => {
  it('holds even when the work ignores its signal', async () => {
    const never = withDeadline(
      systemClock,
      20,
      undefined,
      () => new Promise<void>(() => undefined),
      () => new CtiError('VENDOR_TIMEOUT'),
    )
    await expect(never).rejects.toMatchObject({ code: 'VENDOR_TIMEOUT' })
  })
})

describe('naming a reason', () => {
  const reasons: Reason[] = [
    { id: 'i1', code: 9, name: 'Forced', type: 'LOGOUT', system: true, key: 'SUPERVISOR.FORCED_LOGOUT' },
    { id: 'i2', code: 9, name: 'Inactive', type: 'LOGOUT', system: true },
    { id: 'i3', code: 1, name: 'Home', type: 'LOGOUT', system: false, key: 'END_OF_SHIFT' },
    { id: '1', code: 4, name: 'home', type: 'LOGOUT', system: false },
  ]
  it.each([
    ['i3', 'i3'],
    ['END_OF_SHIFT', 'i3'],
    ['Home', 'i3'],
    ['home', '1'],
    ['1', '1'],
    ['4', '1'],
    ['forced', 'i1'],
  ])('%s is %s', (selector, id) => {
    expect(matchReason(reasons, selector, 'LOGOUT').id).toBe(id)
  })
  it('is refused when a code or a name means two', () => {
    expect(() => matchReason(reasons, '9', 'LOGOUT')).toThrow(/use the id: i1 \(Forced\), i2 \(Inactive\)/)
    expect(() => matchReason(reasons, 'HOME', 'LOGOUT')).toThrow(/names 2/)
    expect(() => matchReason(reasons, 'beach', 'LOGOUT')).toThrow(/no LOGOUT reason/)
  })
})

describe('Prefer', () => {
  it.each([
    [undefined, 2000],
    ['', 2000],
    ['wait=5', 5000],
    ['wait=500', 30_000],
    ['wait=0', 0],
    ['respond-async', 0],
    ['respond-async, wait=10', 0],
    ['handling=lenient', 2000],
  ])('%s waits %i ms', (prefer, ms) => expect(waitOf(prefer)).toBe(ms))
  it.each(['wait=soon', 'wait=-1', 'wait'])('%s is refused', (prefer) => expect(() => waitOf(prefer)).toThrow())
})

it('the vault forgets the oldest secret beyond its bound', () => {
  const vault = createVault(2)
  for (const id of ['a', 'b', 'c']) vault.put(id, { password: id })
  expect([vault.get('a'), vault.get('c')?.password]).toEqual([undefined, 'c'])
})
