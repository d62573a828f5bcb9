import { describe, expect, it } from 'vitest'
import { ciscoFinesse } from '../../../../src/adapters/cisco-finesse/index.js'
import { createSupervisorAccount } from '../../../../src/adapters/cisco-finesse/account.js'
import { createBackground } from '../../../../src/adapters/cisco-finesse/background.js'
import { chooseNode, statusOf, type NodeStatus } from '../../../../src/adapters/cisco-finesse/nodes.js'
import { createRoster } from '../../../../src/adapters/cisco-finesse/roster.js'
import { systemClock } from '../../../../src/core/clock.js'
import { CtiError } from '../../../../src/core/model/error.js'

const minimal = { primary: { api: 'https://a.example.com:8445' }, supervisor: { id: '900', password: 'p' } }
const ignore = (): void => undefined
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore }

describe('SystemInfo status', () => {
  it.each([
    ['IN_SERVICE', 'in-service'],
    ['in_service', 'in-service'],
    ['PARTIAL', 'partial'],
    ['OUT_OF_SERVICE', 'out-of-service'],
    ['SOMETHING', 'out-of-service'],
    [undefined, 'out-of-service'],
  ])('%s is %s', (word, status) => {
    expect(statusOf(word)).toBe(status)
  })
})

describe('chooseNode', () => {
  it.each<[NodeStatus, NodeStatus, number, number]>([
    ['in-service', 'in-service', 0, 0],
    ['in-service', 'in-service', 1, 1], // nobody goes back by itself
    ['out-of-service', 'in-service', 0, 1],
    ['unreachable', 'in-service', 0, 1],
    ['in-service', 'unreachable', 1, 0],
    ['partial', 'in-service', 0, 1],
    ['partial', 'unknown', 0, 0],
    ['partial', 'partial', 1, 1],
    ['out-of-service', 'partial', 0, 1],
    ['unreachable', 'out-of-service', 0, 0],
    ['unknown', 'unknown', 0, 0],
  ])('of %s and %s, being at %i, takes %i', (first, second, active, expected) => {
    expect(chooseNode([first, second], active)).toBe(expected)
  })
})

describe('options', () => {
  it('fills in the documented defaults', () => {
    expect(ciscoFinesse.options.parse(minimal)).toMatchObject({
      deployment: 'UCCE',
      systemInfoMs: 20_000,
      confirmWithinMs: 15_000,
      xmpp: { enabled: true, allowPlaintext: false, keepAliveMs: 10_000 },
    })
  })

  it.each([
    ['an unknown field', { ...minimal, extra: 1 }],
    ['no secret', { ...minimal, supervisor: { id: '900' } }],
    ['two secrets', { ...minimal, supervisor: { id: '900', password: 'p', token: 't' } }],
    ['another protocol', { ...minimal, primary: { api: 'ftp://a' } }],
    ['an XMPP address without protocol', { ...minimal, primary: { api: 'https://a', xmpp: 'a:5223' } }],
  ])('refuses %s', (_title, bad) => {
    expect(ciscoFinesse.options.safeParse(bad).success).toBe(false)
  })
})

describe('supervisor account', () => {
  const options = ciscoFinesse.options.parse(minimal)
  const clockAt = (time: { now: number }) => ({ ...systemClock, monotonic: () => time.now })
  const refuse = (): Promise<never> => Promise.reject(new CtiError('VENDOR_AUTH'))

  it('rests after three refusals for authHoldMs, and begins anew after a success', async () => {
    const time = { now: 0 }
    const account = createSupervisorAccount(options, clockAt(time))
    await account.guard(refuse).catch(ignore)
    await account.guard(() => Promise.resolve(1))
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect(account.restMs()).toBe(0)
      await account.guard(refuse).catch(ignore)
    }
    expect(account.restMs()).toBe(300_000)
    await expect(account.guard(() => Promise.resolve(1))).rejects.toMatchObject({
      code: 'VENDOR_AUTH',
      fault: { code: 'CREDENTIALS_REST' },
    })
    time.now = 300_000
    await expect(account.guard(() => Promise.resolve(1))).resolves.toBe(1)
  })

  it('tries unproven credentials one request at a time, so that a burst spends three trials and not all five', async () => {
    const account = createSupervisorAccount(options, clockAt({ now: 0 }))
    let sent = 0
    const work = async (): Promise<never> => {
      sent += 1
      await new Promise((resolve) => setTimeout(resolve, 5))
      return refuse()
    }
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => account.guard(work)))
    expect(outcomes.every((outcome) => outcome.status === 'rejected')).toBe(true)
    expect(sent).toBe(3)
  })

  it('waits for the trial of another no longer than its own deadline', async () => {
    const account = createSupervisorAccount(options, clockAt({ now: 0 }))
    let finish = ignore
    const slow = account.guard(() => new Promise<void>((resolve) => (finish = resolve)))
    await expect(account.guard(() => Promise.resolve(1), AbortSignal.timeout(20))).rejects.toMatchObject({
      code: 'VENDOR_TIMEOUT',
      effect: 'none',
    })
    finish()
    await slow
    await expect(account.guard(() => Promise.resolve(1))).resolves.toBe(1)
  })

  it('runs requests side by side once the credentials are proven', async () => {
    const account = createSupervisorAccount(options, clockAt({ now: 0 }))
    await account.guard(() => Promise.resolve(1))
    let running = 0
    let most = 0
    const work = async (): Promise<void> => {
      most = Math.max(most, (running += 1))
      await new Promise((resolve) => setTimeout(resolve, 5))
      running -= 1
    }
    await Promise.all([account.guard(work), account.guard(work), account.guard(work)])
    expect(most).toBe(3)
  })
})

describe('background', () => {
  it('never overlaps work of one slot, and runs it once more for calls in between', async () => {
    const background = createBackground(systemClock, log, 1000)
    let running = 0
    let runs = 0
    const work = async (): Promise<void> => {
      expect((running += 1)).toBe(1)
      await new Promise((resolve) => setTimeout(resolve, 10))
      running -= 1
      runs += 1
    }
    background.run('a', work)
    background.run('a', work)
    background.run('a', work)
    await expect.poll(() => runs).toBe(2)
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(runs).toBe(2)
    background.stop()
  })

  it('gives every request a deadline, and ends them all on stop', async () => {
    const background = createBackground(systemClock, log, 20)
    const ended = (signal: AbortSignal): Promise<string> =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve('ended')))
    await expect(background.within(ended)).resolves.toBe('ended')
    const last = background.within(ended)
    background.stop()
    await expect(last).resolves.toBe('ended')
    await expect(background.within(ended)).rejects.toMatchObject({ code: 'STOPPING' })
    background.schedule('a', 0, () => Promise.reject(new Error('must not run')))
    expect(background.has('a')).toBe(false)
  })
})

describe('roster', () => {
  it('is bounded, and the longest unseen go first', () => {
    const roster = createRoster(2, { product: 'CCE', reasonKeys: {} }, () => 0)
    for (const loginId of ['1', '2', '1', '3']) roster.learn({ loginId, state: 'READY', teams: [] }, { source: 'event', summary: false })
    expect(['1', '2', '3'].map((id) => roster.known(id)?.loginId)).toEqual(['1', undefined, '3'])
  })

  it('follows agents before and after they are seen, once', () => {
    const roster = createRoster(10, { product: 'CCE', reasonKeys: {} }, () => 0)
    expect([roster.follow('1'), roster.follow('1')]).toEqual([true, false])
    roster.learn({ loginId: '1', state: 'READY', teams: [] }, { source: 'event', summary: false })
    expect(roster.follow('1')).toBe(false)
    expect(roster.followed()).toEqual(['1'])
  })
})
