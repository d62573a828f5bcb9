import { describe, expect, it } from 'vitest'
import { manifestOf } from '../../../../src/adapters/cxone/manifest.js'
import { cxoneCommandOptions, cxoneOptions, loginWay } from '../../../../src/adapters/cxone/options.js'
import { createRedactor } from '../../../../src/adapters/cxone/redact.js'
import { createThrottle, TURN } from '../../../../src/adapters/cxone/throttle.js'
import { abortAfter, unlessAborted } from '../../../../src/adapters/cxone/timing.js'
import { claimsOf, createTokenSource, type Grant } from '../../../../src/adapters/cxone/tokens.js'
import { createTrust } from '../../../../src/adapters/cxone/trust.js'
import type { Clock } from '../../../../src/core/clock.js'
import { CtiError } from '../../../../src/core/model/error.js'

/** Time that moves only when told; timers fire in order. */
function manualClock(): Clock & { advance(ms: number): Promise<void>; readonly timers: number } {
  let now = 1_000_000
  const timers = new Set<{ at: number; fn: () => void }>()
  const after: Clock['after'] = (ms, fn) => {
    const timer = { at: now + ms, fn }
    timers.add(timer)
    return () => void timers.delete(timer)
  }
  return {
    now: () => now,
    monotonic: () => now,
    after,
    every: () => () => undefined,
    sleep: (ms) => new Promise((resolve) => void after(ms, resolve)),
    get timers() {
      return timers.size
    },
    async advance(ms) {
      const end = now + ms
      for (;;) {
        const next = [...timers].filter((timer) => timer.at <= end).toSorted((a, b) => a.at - b.at)[0]
        if (next === undefined) break
        now = next.at
        timers.delete(next)
        next.fn()
        await Promise.resolve()
      }
      now = end
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
    },
  }
}
const never = new AbortController().signal
const grant = (accessToken: string, expiresInSeconds = 3600): Grant => ({ accessToken, expiresInSeconds })
async function failureOf(work: Promise<unknown>): Promise<CtiError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof CtiError)) throw new Error('no CtiError')
  return error
}

describe('tokens (section 2.6)', () => {
  const settings = { refreshMarginSeconds: 600, timeoutMs: 5000 }

  it('are asked once for many, kept until 600 s before their end, then renewed', async () => {
    const clock = manualClock()
    let asked = 0
    const source = createTokenSource(() => Promise.resolve(grant(`t${++asked}`)), clock, settings)
    const tokens = await Promise.all([source.get(never), source.get(never), source.get(never)])
    expect(tokens.map((token) => token.accessToken)).toEqual(['t1', 't1', 't1'])
    await clock.advance(2_999_999)
    expect((await source.get(never)).accessToken).toBe('t1')
    await clock.advance(1)
    expect((await source.get(never)).accessToken).toBe('t2')
    expect(clock.timers).toBe(0)
  })

  it('with a short life are renewed at half of it', async () => {
    const clock = manualClock()
    let asked = 0
    const source = createTokenSource(() => Promise.resolve(grant(`t${++asked}`, 10)), clock, settings)
    await source.get(never)
    await clock.advance(4999)
    expect((await source.get(never)).accessToken).toBe('t1')
    await clock.advance(1)
    expect((await source.get(never)).accessToken).toBe('t2')
  })

  it('that the vendor refused are not used again, newer ones stay', async () => {
    const clock = manualClock()
    let asked = 0
    const source = createTokenSource(() => Promise.resolve(grant(`t${++asked}`)), clock, settings)
    const first = await source.get(never)
    source.reject(first.serial)
    const second = await source.get(never)
    expect(second.accessToken).toBe('t2')
    source.reject(first.serial)
    expect((await source.get(never)).accessToken).toBe('t2')
  })

  it('a failing renewal harms nobody while the present one is good', async () => {
    const clock = manualClock()
    let fail = false
    const source = createTokenSource(
      () => (fail ? Promise.reject(new CtiError('VENDOR_TIMEOUT')) : Promise.resolve(grant('t1'))),
      clock,
      settings,
    )
    await source.get(never)
    fail = true
    await clock.advance(3_000_000)
    expect((await source.get(never)).accessToken).toBe('t1')
    await clock.advance(595_000)
    const failure = await failureOf(source.get(never))
    expect(failure).toMatchObject({ code: 'VENDOR_TIMEOUT', effect: 'none' })
  })

  it('after a failure the vendor is left alone for five seconds', async () => {
    const clock = manualClock()
    let asked = 0
    const source = createTokenSource(
      () => {
        asked += 1
        return Promise.reject(new CtiError('VENDOR_AUTH', { retryAfterMs: 5, detail: 'd', fault: { system: 'cxone', code: '401' } }))
      },
      clock,
      settings,
    )
    expect(await failureOf(source.get(never))).toMatchObject({ code: 'VENDOR_AUTH', retryAfterMs: 5, detail: 'd', fault: { code: '401' } })
    await clock.advance(4999)
    await failureOf(source.get(never))
    expect(asked).toBe(1)
    await clock.advance(1)
    await failureOf(source.get(never))
    expect(asked).toBe(2)
  })

  it('a caller that gives up leaves the others their token', async () => {
    const clock = manualClock()
    let give: (granted: Grant) => void = () => undefined
    const source = createTokenSource(() => new Promise((resolve) => (give = resolve)), clock, settings)
    const abort = new AbortController()
    const impatient = failureOf(source.get(abort.signal))
    const patient = source.get(never)
    abort.abort()
    expect(await impatient).toMatchObject({ code: 'VENDOR_TIMEOUT', effect: 'none' })
    give(grant('t1'))
    expect((await patient).accessToken).toBe('t1')
    expect(await failureOf(source.get(abort.signal))).toMatchObject({ code: 'VENDOR_TIMEOUT' })
  })

  it('the last grant is handed to the next, for refreshing', async () => {
    const clock = manualClock()
    const seen: (string | undefined)[] = []
    const source = createTokenSource(
      (_signal, last) => {
        seen.push(last?.refreshToken)
        return Promise.resolve({ ...grant('t'), refreshToken: `r${seen.length}` })
      },
      clock,
      settings,
    )
    source.reject((await source.get(never)).serial)
    await source.get(never)
    expect(seen).toEqual([undefined, 'r1'])
  })

  it('claims are read from what is a token and from nothing else', () => {
    const token = (payload: string): string => `h.${Buffer.from(payload).toString('base64url')}.s`
    expect(claimsOf(token('{"tenantId":"t"}'))).toEqual({ tenantId: 't' })
    for (const bad of [undefined, '', 'x', 'a.b', token('nonsense'), token('null'), token('5')]) expect(claimsOf(bad)).toEqual({})
  })
})

describe('throttle (section 5.3)', () => {
  const make = (perSecond = 5, burst = 2, maxWaitMs = 1000) => {
    const clock = manualClock()
    return { clock, throttle: createThrottle({ perSecond, burst, maxWaitMs }, clock) }
  }

  it('lets a burst through and then keeps the rate', async () => {
    const { clock, throttle } = make()
    const done: number[] = []
    for (let index = 0; index < 5; index += 1) void throttle.enter(TURN.command, never).then(() => done.push(clock.now()))
    await clock.advance(0)
    expect(done).toHaveLength(2)
    await clock.advance(199)
    expect(done).toHaveLength(2)
    await clock.advance(1)
    expect(done).toHaveLength(3)
    await clock.advance(400)
    expect(done).toHaveLength(5)
  })

  it('a rest does not save up more than the burst', async () => {
    const { clock, throttle } = make()
    await clock.advance(60_000)
    let done = 0
    for (let index = 0; index < 4; index += 1) void throttle.enter(TURN.command, never).then(() => (done += 1))
    await clock.advance(0)
    expect(done).toBe(2)
  })

  it('a forced logout goes before commands, reads and the feed', async () => {
    const { clock, throttle } = make(5, 1, 10_000)
    const order: string[] = []
    const go = (name: string, turn: 0 | 1 | 2 | 3): void => void throttle.enter(turn, never).then(() => order.push(name))
    go('first', TURN.feed)
    go('feed', TURN.feed)
    go('read', TURN.read)
    go('command', TURN.command)
    go('command 2', TURN.command)
    go('forced', TURN.forced)
    await clock.advance(2000)
    expect(order).toEqual(['first', 'forced', 'command', 'command 2', 'read', 'feed'])
  })

  it('who would wait too long is told at once, with the time', async () => {
    const { clock, throttle } = make(1, 1, 1500)
    await throttle.enter(TURN.command, never)
    void throttle.enter(TURN.command, never)
    expect(await failureOf(throttle.enter(TURN.command, never))).toMatchObject({ code: 'VENDOR_BUSY', effect: 'none', retryAfterMs: 2000 })
    let fed = false
    void throttle.enter(TURN.feed, never).then(() => (fed = true))
    await clock.advance(2000)
    expect(fed).toBe(true)
  })

  it('a pause holds everything, also what waits already', async () => {
    const { clock, throttle } = make(5, 1, 60_000)
    await throttle.enter(TURN.command, never)
    let done = false
    void throttle.enter(TURN.forced, never).then(() => (done = true))
    throttle.pause(3000)
    throttle.pause(10)
    await clock.advance(2999)
    expect(done).toBe(false)
    await clock.advance(1)
    expect(done).toBe(true)
    throttle.pause(90_000)
    expect((await failureOf(throttle.enter(TURN.read, never))).retryAfterMs).toBe(90_000)
  })

  it('who gives up was never sent and takes no turn', async () => {
    const { clock, throttle } = make(1, 1, 60_000)
    await throttle.enter(TURN.command, never)
    const abort = new AbortController()
    const waiting = failureOf(throttle.enter(TURN.command, abort.signal))
    let next = false
    void throttle.enter(TURN.command, never).then(() => (next = true))
    abort.abort()
    expect(await waiting).toMatchObject({ code: 'VENDOR_TIMEOUT', effect: 'none' })
    await clock.advance(1000)
    expect(next).toBe(true)
    expect(await failureOf(throttle.enter(TURN.command, abort.signal))).toMatchObject({ code: 'VENDOR_TIMEOUT', effect: 'none' })
    expect(clock.timers).toBe(0)
  })
})

describe('timing', () => {
  it('a signal aborts after its time or with the outer one', async () => {
    const clock = manualClock()
    const outer = new AbortController()
    const first = abortAfter(clock, 100, outer.signal)
    await clock.advance(100)
    expect(first.signal.aborted).toBe(true)
    const second = abortAfter(clock, 100, outer.signal)
    outer.abort()
    expect(second.signal.aborted).toBe(true)
    expect(abortAfter(clock, 100, outer.signal).signal.aborted).toBe(true)
    const third = abortAfter(clock, 100)
    third.close()
    await clock.advance(1000)
    expect(third.signal.aborted).toBe(false)
  })
  it('an abort before the wait leaves no unhandled failure', async () => {
    await expect(unlessAborted(Promise.reject(new Error('shared')), AbortSignal.abort(), () => new Error('mine'))).rejects.toThrow('mine')
  })
})

describe('trust', () => {
  const trust = createTrust('https://cxone.niceincontact.com', ['https://proxy.example:8443/cx', undefined], ['api.private.example'])
  it.each([
    'https://api-na1.niceincontact.com/x',
    'https://api-b32.nice-incontact.com/inContactAPI',
    'https://api-c30.incontact.com',
    'https://proxy.example:8443/other',
    'https://api.private.example/x',
    'https://API.PRIVATE.EXAMPLE/x',
  ])('%s may have the token', (address) => expect(trust(address)).toBe(true))
  it.each([
    'http://api-na1.niceincontact.com/x',
    'https://niceincontact.com.evil.example',
    'https://evilniceincontact.com',
    'https://api.niceincontact.com:8443/x',
    'https://user@api-na1.niceincontact.com',
    'https://:pass@api-na1.niceincontact.com',
    'https://proxy.example/cx',
    'http://proxy.example:8443/cx',
    'http://api.private.example/x',
    'http://127.0.0.1:1',
    'not an address',
    '',
  ])('%s may not', (address) => expect(trust(address)).toBe(false))
  it('a simulator on loopback trusts loopback only', () => {
    const sandbox = createTrust('http://127.0.0.1:9000', [], [])
    for (const good of ['http://127.0.0.1:9001/x', 'http://localhost:1/', 'http://[::1]:5/']) expect(sandbox(good)).toBe(true)
    for (const bad of ['http://127.0.0.1.evil.example/', 'http://10.0.0.1/', 'https://localhost.evil/']) expect(sandbox(bad)).toBe(false)
  })
})

describe('redaction', () => {
  it('removes known secrets in every encoding, bearer values and web tokens', () => {
    const redact = createRedactor(['a+b/c==', undefined, 'xyz'])
    const encoded = Buffer.from('a+b/c==').toString('base64')
    expect(redact(`a+b/c== ${encodeURIComponent('a+b/c==')} ${encoded}`)).toBe('*** *** ***')
    expect(redact('Authorization: Bearer abc.def, basic Zm9v')).toBe('Authorization: Bearer ***, basic ***')
    expect(redact('token eyJhbGciOi.eyJzdWIiOi.c2ln end')).toBe('token *** end')
    expect(redact('xyz stays: too short to be a secret')).toContain('xyz')
  })
})

describe('settings', () => {
  const auth = { accessKeyId: 'a', accessKeySecret: 'b', clientId: 'c', clientSecret: 'd' }
  const parse = (more: object = {}) => cxoneOptions.parse({ auth, ...more })
  const valid = (more: object): boolean => cxoneOptions.safeParse({ auth, ...more }).success

  it('need credentials and little else', () => {
    expect(parse()).toMatchObject({
      mode: 'supervisor',
      issuer: 'https://cxone.niceincontact.com',
      apiVersion: 'v34.0',
      parameters: 'body',
      throttle: { perSecond: 5, burst: 10, maxWaitMs: 2000 },
      feed: { enabled: true, intervalMs: 5000, pageSize: 100 },
      sessions: { stationIs: 'id', inactivityTimeoutSeconds: 0, longPollSeconds: 30, retryMs: 10_000 },
      confirmWithinMs: 15_000,
    })
    expect(cxoneOptions.safeParse({}).success).toBe(false)
    expect(valid({ auth: { accessKeyId: 'a', accessKeySecret: 'b' } })).toBe(false)
    expect(valid({ auth: { accessKeyId: 'a', accessKeySecret: 'b', clientId: 'c' } })).toBe(false)
    expect(valid({ auth: { accessKeyId: 'a', accessKeySecret: 'b', method: 'userhub-access-key' } })).toBe(true)
  })
  it('refuse what cannot be', () => {
    expect(valid({ unknown: 1 })).toBe(false)
    expect(valid({ apiVersion: '34' })).toBe(false)
    expect(valid({ issuer: 'ftp://x' })).toBe(false)
    expect(valid({ sessions: { inactivityTimeoutSeconds: 29 } })).toBe(false)
    expect(valid({ sessions: { inactivityTimeoutSeconds: 301 } })).toBe(false)
    expect(valid({ sessions: { inactivityTimeoutSeconds: 30 } })).toBe(true)
    expect(valid({ sessions: { inactivityTimeoutSeconds: 300 } })).toBe(true)
    expect(valid({ mode: 'session-owner', login: 'unsupported' })).toBe(false)
    expect(valid({ refusals: { reportId: 1, timeZone: 'Mars/Olympus' } })).toBe(false)
    expect(valid({ refusals: { reportId: 'x', timeZone: 'UTC' } })).toBe(false)
    expect(valid({ refusals: { reportId: 1, timeZone: 'UTC', windowDays: 31 } })).toBe(false)
    expect(parse({ refusals: { reportId: 350100, timeZone: 'UTC' } }).refusals).toMatchObject({
      reportId: '350100',
      form: 'inline',
      doubledHour: 'earlier',
      windowDays: 30,
      overlapMinutes: 60,
    })
  })
  it('decide how a login is done', () => {
    expect(loginWay(parse())).toBe('unsupported')
    expect(loginWay(parse({ mode: 'session-owner' }))).toBe('impersonate')
    expect(loginWay(parse({ login: 'agent-credentials' }))).toBe('agent-credentials')
  })
  it('give the manifest', () => {
    expect(manifestOf(parse())).toMatchObject({
      kind: 'cxone',
      actions: ['READY', 'NOT_READY', 'LOGOUT'],
      login: 'unsupported',
      confirms: 'read',
      events: 'poll',
      logoutWhileBusy: 'unknown',
      refusals: false,
      forcedLogout: 'native',
      ratePerSecond: 5,
      reasons: { notReady: 'optional', logout: 'none', source: 'vendor', perAgent: true },
    })
    expect(manifestOf(parse({ feed: { enabled: false } })).events).toBe('none')
    expect(manifestOf(parse({ login: 'impersonate' }))).toMatchObject({
      actions: ['LOGIN', 'READY', 'NOT_READY', 'LOGOUT'],
      login: 'on-behalf',
    })
    expect(
      manifestOf(parse({ mode: 'session-owner', login: 'agent-credentials', refusals: { reportId: 1, timeZone: 'UTC' } })),
    ).toMatchObject({ login: 'own-credentials', confirms: 'event', events: 'push', logoutWhileBusy: 'unknown', refusals: true })
  })
  it('of a command', () => {
    expect(cxoneCommandOptions.safeParse({ stationPhoneNumber: '+1', endContacts: true, ignorePersonalQueue: false }).success).toBe(true)
    expect(cxoneCommandOptions.safeParse({ other: 1 }).success).toBe(false)
    expect(cxoneCommandOptions.safeParse({ stationPhoneNumber: '' }).success).toBe(false)
  })
})
