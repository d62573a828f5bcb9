import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { bounded, ladderDelay } from '../../../../src/adapters/expertflow/bounded.js'
import { createHealthBook } from '../../../../src/adapters/expertflow/health.js'
import { expertflow } from '../../../../src/adapters/expertflow/index.js'
import { requireIdentity, type Login } from '../../../../src/adapters/expertflow/login.js'
import { manifestOf } from '../../../../src/adapters/expertflow/manifest.js'
import { expertflowOptions, serviceUrls } from '../../../../src/adapters/expertflow/options.js'
import { createPoller } from '../../../../src/adapters/expertflow/poller.js'
import { createServiceToken } from '../../../../src/adapters/expertflow/service-token.js'
import type { Clock } from '../../../../src/core/clock.js'
import type { AgentView } from '../../../../src/core/model/agent-state.js'
import { CtiError } from '../../../../src/core/model/error.js'
import type { AgentEvent, LinkEvent } from '../../../../src/core/model/event.js'

/** A clock that stands until it is moved. */
function testClock(): Clock & { pass(ms: number): void } {
  let now = 1000
  let timers: { at: number; fn: () => void; every: number | undefined }[] = []
  const add = (ms: number, fn: () => void, every?: number) => {
    const timer = { at: now + ms, fn, every }
    timers.push(timer)
    return () => void (timers = timers.filter((other) => other !== timer))
  }
  return {
    now: () => now,
    monotonic: () => now,
    sleep: (ms) => new Promise((resolve) => void add(ms, resolve)),
    after: (ms, fn) => add(ms, fn),
    every: (ms, fn) => add(ms, fn, ms),
    pass(ms) {
      now += ms
      for (const timer of timers.filter((each) => each.at <= now)) {
        if (timer.every === undefined) timers = timers.filter((other) => other !== timer)
        else timer.at = now + timer.every
        timer.fn()
      }
    },
  }
}

/** Settings by dotted name; objects with settings in them are entered. */
function flat(value: object, prefix = ''): [string, unknown][] {
  return Object.entries(value).flatMap(([key, each]: [string, unknown]): [string, unknown][] =>
    typeof each === 'object' && each !== null && !Array.isArray(each) && Object.keys(each).length > 0
      ? flat(each, `${prefix}${key}.`)
      : key === 'urls'
        ? []
        : [[`${prefix}${key}`, each]],
  )
}

const signal = (): AbortSignal => new AbortController().signal
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const options = (more: object = {}) => expertflowOptions.parse({ baseUrl: 'https://cx.example.com/', ...more })
const found = (token: string): Login => ({ token, user: {}, agentId: 'S', username: 's' })

describe('the token of the gateway', () => {
  it('is made once for all who wait, and kept', async () => {
    let logins = 0
    const token = createServiceToken(() => Promise.resolve(found(`t${++logins}`)), testClock())
    const all = await Promise.all([token.get(signal()), token.get(signal()), token.get(signal())])
    expect(all.map((each) => each.token)).toEqual(['t1', 't1', 't1'])
    expect((await token.get(signal())).token).toBe('t1')
  })

  it('is made anew once it was refused, and not when an older one is', async () => {
    let logins = 0
    const token = createServiceToken(() => Promise.resolve(found(`t${++logins}`)), testClock())
    await token.get(signal())
    token.refused('t1')
    expect((await token.get(signal())).token).toBe('t2')
    token.refused('t1')
    expect((await token.get(signal())).token).toBe('t2')
  })

  it('is not asked for again for 30 s after refused credentials, so that the account is not locked', async () => {
    const clock = testClock()
    let logins = 0
    const token = createServiceToken(() => Promise.reject(new CtiError('VENDOR_AUTH', { detail: String(++logins) })), clock)
    await expect(token.get(signal())).rejects.toMatchObject({ detail: '1' })
    clock.pass(29_999)
    await expect(token.get(signal())).rejects.toMatchObject({ detail: '1' })
    clock.pass(1)
    await expect(token.get(signal())).rejects.toMatchObject({ detail: '2' })
  })

  it('is asked for again at once after any other failure', async () => {
    let logins = 0
    const token = createServiceToken(() => Promise.reject(new CtiError('VENDOR_UNAVAILABLE', { detail: String(++logins) })), testClock())
    await expect(token.get(signal())).rejects.toMatchObject({ detail: '1' })
    await expect(token.get(signal())).rejects.toMatchObject({ detail: '2' })
  })

  it('an impatient caller goes without it, the others get it', async () => {
    let finish = (_login: Login): void => {}
    const token = createServiceToken(() => new Promise((resolve) => (finish = resolve)), testClock())
    const impatient = new AbortController()
    const first = token.get(impatient.signal)
    const second = token.get(signal())
    impatient.abort()
    await expect(first).rejects.toMatchObject({ code: 'VENDOR_TIMEOUT', effect: 'none' })
    finish(found('t'))
    expect((await second).token).toBe('t')
  })
})

describe('bounded', () => {
  it('aborts after its time and with its parent, and leaves nothing behind', async () => {
    const clock = testClock()
    const waiting = (inner: AbortSignal): Promise<string> =>
      new Promise((resolve) => inner.addEventListener('abort', () => resolve('aborted')))
    const late = bounded(clock, 100, signal(), waiting)
    clock.pass(100)
    expect(await late).toBe('aborted')
    const parent = new AbortController()
    const ended = bounded(clock, 100, parent.signal, waiting)
    parent.abort()
    expect(await ended).toBe('aborted')
    expect(await bounded(clock, 100, AbortSignal.abort(), (inner) => Promise.resolve(inner.aborted))).toBe(true)
    let seen: AbortSignal | undefined
    await bounded(clock, 100, signal(), (inner) => Promise.resolve((seen = inner)))
    clock.pass(1000)
    expect(seen?.aborted).toBe(false)
  })
})

describe('the reconnect ladder', () => {
  it.each([
    [0, 0, 50],
    [0, 1, 100],
    [1, 0, 100],
    [1, 1, 200],
    [3, 1, 800],
    [4, 1, 1000],
    [400, 1, 1000],
    [400, 0, 500],
  ])('try %i, draw %f: %i ms', (tries, draw, expected) => {
    expect(ladderDelay({ baseMs: 100, capMs: 1000 }, tries, () => draw)).toBe(expected)
  })
})

describe('health', () => {
  const book = (more: object) => {
    const links: LinkEvent[] = []
    const clock = testClock()
    const health = createHealthBook(options(more), clock, { agent: () => undefined, link: (event) => links.push(event) })
    return { health, links, clock }
  }
  const supervisor = { username: 's', password: 'p' }

  it('of headless desks is degraded without REST or supervisor, down without both', () => {
    const { health, links, clock } = book({ supervisor })
    expect(health.get().status).toBe('connecting')
    health.rest(true)
    expect(health.get().status).toBe('connecting')
    health.supervisor(true)
    clock.pass(5)
    health.rest(false)
    health.rest(false)
    expect(health.get().status).toBe('up')
    health.rest(false)
    expect(health.get()).toEqual({ status: 'degraded', detail: 'REST calls fail', since: 1005 })
    health.supervisor(false, 'transport close')
    expect(health.get()).toMatchObject({ status: 'down', detail: 'REST calls fail' })
    health.rest(true)
    expect(health.get()).toMatchObject({ status: 'degraded', detail: 'supervisor session: transport close' })
    health.supervisor(true)
    health.rest(false)
    health.rest(false)
    health.rest(true)
    health.rest(false)
    expect(health.get().status).toBe('up')
    expect(links.map((link) => link.status)).toEqual(['up', 'degraded', 'down', 'degraded', 'up'])
    expect(links.every((link) => link.agentId === undefined)).toBe(true)
  })

  it('of models that live by reading is down without REST', () => {
    const proxy = book({ supervisor, sessionModel: 'supervisor-proxy' })
    proxy.health.supervisor(true)
    for (let each = 0; each < 3; each += 1) proxy.health.rest(false)
    expect(proxy.health.get().status).toBe('down')
    const inside = book({ sessionModel: 'in-cluster-rest', supervisor })
    inside.health.rest(true)
    expect(inside.health.get().status).toBe('up')
  })
})

describe('the poller', () => {
  const view = (agentId: string, state: AgentView['state'], desk = 'none', since = 1): AgentView => ({
    agentId,
    state,
    routable: false,
    channels: [{ id: 'm', state: 'READY', routable: false, vendorState: 'READY', since: 9 }],
    since,
    observedAt: Math.random(),
    source: 'read',
    stale: false,
    vendor: { desk },
  })

  it('tells changes only, leaves our own desks out, and goes on after a failure', async () => {
    const clock = testClock()
    const told: AgentEvent[] = []
    let lists: (readonly AgentView[] | Error)[] = []
    const poller = createPoller({ clock, pollMs: 100, sink: { agent: (event) => told.push(event), link: () => undefined } }, () => {
      const next = lists.shift() ?? []
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(next)
    })
    await tick()
    const poll = async (...next: (readonly AgentView[] | Error)[]) => {
      lists = next
      told.length = 0
      clock.pass(100)
      await tick()
      return told.map((event) => [event.agentId, event.view?.state, event.occurredAt])
    }
    expect(await poll([view('a', 'READY'), view('b', 'READY', 'up')])).toEqual([['a', 'READY', 9]])
    expect(await poll([view('a', 'READY'), view('b', 'BUSY', 'up')])).toEqual([])
    expect(await poll(new Error('away'))).toEqual([])
    expect(await poll([view('a', 'NOT_READY', 'none', 20)])).toEqual([['a', 'NOT_READY', 20]])
    poller.forget()
    expect(await poll([view('a', 'NOT_READY', 'none', 20)])).toEqual([['a', 'NOT_READY', 20]])
    poller.stop()
    expect(await poll([view('a', 'READY')])).toEqual([])
  })

  it('never has two reads under way', async () => {
    const clock = testClock()
    let lists = 0
    let finish = (): void => {}
    const ports = { clock, pollMs: 100, sink: { agent: () => undefined, link: () => undefined } }
    createPoller(ports, () => new Promise((resolve) => (lists++, (finish = () => resolve([])))))
    clock.pass(100)
    clock.pass(100)
    expect(lists).toBe(1)
    finish()
    await tick()
    clock.pass(100)
    expect(lists).toBe(2)
  })

  it('does not poll at all with interval 0', async () => {
    let lists = 0
    createPoller({ clock: testClock(), pollMs: 0, sink: { agent: () => undefined, link: () => undefined } }, () =>
      Promise.resolve((lists++, [])),
    )
    await tick()
    expect(lists).toBe(0)
  })
})

describe('whose credentials they are', () => {
  it('must be the addressed agent’s, in any letter case', () => {
    expect(() => requireIdentity({ ...found('t'), agentId: 'ABC-1' }, 'abc-1')).not.toThrow()
    expect(() => requireIdentity({ ...found('t'), agentId: 'abc-2' }, 'abc-1')).toThrowError(
      expect.objectContaining({ code: 'CREDENTIALS_INVALID' }) as Error,
    )
  })
})

describe('settings', () => {
  it('are all in the table of the platform page, each with its default', () => {
    const page = readFileSync(new URL('../../../../docs/platforms/expertflow.md', import.meta.url), 'utf8')
    const table = page.slice(page.indexOf('## Settings'), page.indexOf('## States'))
    const rows = table.split('\n').filter((line) => line.startsWith('| `'))
    for (const [key, value] of flat(options())) {
      const row = rows.find((line) => line.split('|')[1]?.includes(`\`${key}\``))
      expect(row, key).toBeDefined()
      const text = Array.isArray(value) ? `[${value.join(', ')}]` : typeof value === 'string' ? value : JSON.stringify(value)
      if (key !== 'baseUrl') expect(row?.split('|')[2], key).toContain(text)
    }
  })

  it('have the documented defaults', () => {
    expect(options()).toEqual({
      baseUrl: 'https://cx.example.com/',
      urls: {},
      sessionModel: 'headless-desk',
      accounts: {},
      soleDesk: false,
      agentLogin: 'agent-manager',
      serviceLogin: 'unified-admin',
      handshake: { agent: 'string', token: 'none', transports: ['polling', 'websocket'] },
      readyMrds: 'all',
      externalMrds: ['CISCO_CC', 'CISCO CC', '20316843be924c8ab4f57a7a'],
      autoSync: false,
      reasonForm: 'minimal',
      requireReason: { notReady: false, logout: false },
      forcedLogoutReason: 'fixed',
      supervisorNotReady: false,
      logoutViaNotReady: false,
      commandMs: 5000,
      restMs: 3000,
      connectMs: 5000,
      offerMs: 60_000,
      pollMs: 15_000,
      reconnect: { baseMs: 500, capMs: 30_000, verify: true },
      maxInFlight: 50,
    })
  })

  it.each([
    [{ baseUrl: 'cx.example.com' }],
    [{ baseUrl: 'ftp://x' }],
    [{ sessionModel: 'desk-bridge' }],
    [{ unknown: 1 }],
    [{ readyMrds: [] }],
    [{ supervisor: { username: 's' } }],
  ])('refuse %j', (more) => {
    expect(expertflowOptions.safeParse({ baseUrl: 'https://cx.example.com', ...more }).success).toBe(false)
  })

  it('of a command know takeOver only', () => {
    expect(expertflow.commandOptions?.safeParse({ takeOver: true }).success).toBe(true)
    expect(expertflow.commandOptions?.safeParse({ other: true }).success).toBe(false)
  })

  it('give the addresses of the services', () => {
    expect(serviceUrls(options({ urls: { routingEngine: 'http://re:8081/' } }))).toEqual({
      agentManager: 'https://cx.example.com/agent-manager',
      unifiedAdmin: 'https://cx.example.com/unified-admin',
      routingEngine: 'http://re:8081',
      conversationManager: 'https://cx.example.com/conversation-manager',
    })
  })
})

describe('the manifest', () => {
  const supervisor = { username: 's', password: 'p' }
  it.each([
    [{ supervisor }, { confirms: 'event', events: 'push', login: 'own-credentials', forcedLogout: 'native', channels: true }],
    [{}, { forcedLogout: 'unsupported', actions: ['LOGIN', 'READY', 'NOT_READY', 'LOGOUT'] }],
    [
      { supervisor, sessionModel: 'supervisor-proxy' },
      { confirms: 'read', events: 'poll', login: 'unsupported', channels: false, actions: ['READY', 'LOGOUT'] },
    ],
    [
      { supervisor, sessionModel: 'supervisor-proxy', supervisorNotReady: true, pollMs: 0 },
      { events: 'none', actions: ['READY', 'NOT_READY', 'LOGOUT'] },
    ],
    [{ sessionModel: 'in-cluster-rest' }, { confirms: 'read', login: 'own-credentials', forcedLogout: 'native', channels: true }],
    [{ requireReason: { notReady: true } }, { reasons: { notReady: 'required', logout: 'optional', source: 'vendor' } }],
    [{ requireReason: { logout: true } }, { reasons: { notReady: 'optional', logout: 'required', source: 'vendor' } }],
    [{ maxInFlight: 7 }, { maxInFlight: 7, logoutWhileBusy: 'reroute', loginCreatesAgent: true, kind: 'expertflow' }],
  ])('of %j', (more, expected) => {
    expect(manifestOf(options(more))).toMatchObject(expected)
  })
})
