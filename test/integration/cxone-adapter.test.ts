import { afterEach, describe, expect, it } from 'vitest'
import { cxone } from '../../src/adapters/cxone/index.js'
import { cxoneOptions } from '../../src/adapters/cxone/options.js'
import type { Adapter, Credentials, Expectation, Plan, RefusalRow } from '../../src/core/adapter.js'
import { systemClock } from '../../src/core/clock.js'
import { unknownView, type AgentView } from '../../src/core/model/agent-state.js'
import type { ResolvedAction } from '../../src/core/model/command.js'
import { CtiError } from '../../src/core/model/error.js'
import type { AgentEvent, LinkEvent } from '../../src/core/model/event.js'
import { judge } from '../../src/core/run/confirmer.js'
import { cxoneSimulator } from '../../src/simulators/cxone/index.js'
import { runSimulator, type RunningSimulator } from '../../src/simulators/kit/run.js'

const KEYS = {
  accessKeyId: 'SIMKEY7RJ3VTQ2XW5N4M====',
  accessKeySecret: 'SIMSECRET+4Q/ZP6LK2UYB7A====',
  clientId: 'sim-client@cxone',
  clientSecret: 'sim+client/secret==',
}
const logger = { debug() {}, info() {}, warn() {}, error() {} }
const signal = (): AbortSignal => AbortSignal.timeout(8000)

interface Bench {
  readonly simulator: RunningSimulator
  readonly adapter: Adapter
  readonly events: AgentEvent[]
  readonly links: LinkEvent[]
  /** Plans from a fresh read, sends, and waits for evidence, as the core does. */
  run(action: ResolvedAction, agentId: string, credentials?: Credentials): Promise<AgentView>
  read(agentId: string): Promise<AgentView>
  calls(): string[]
}

const benches: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of benches.splice(0)) await close()
})

async function bench(options: Record<string, unknown> = {}, simulated: Record<string, string> = {}): Promise<Bench> {
  const simulator = await runSimulator(cxoneSimulator, { options: { loggedIn: '5', effectMinMs: '5', effectMaxMs: '30', ...simulated } })
  const { auth, ...others } = options
  const parsed = cxoneOptions.parse({
    issuer: simulator.simulator.endpoints['issuer'],
    auth: { ...KEYS, ...(auth as object | undefined) },
    throttle: { perSecond: 1000, burst: 1000 },
    feed: { intervalMs: 100 },
    sessions: { defaultStationId: '7001', longPollSeconds: 2, retryMs: 50 },
    confirmWithinMs: 3000,
    ...others,
  })
  const adapter = cxone.create({ platform: 'cx', log: logger, clock: systemClock, options: parsed })
  const events: AgentEvent[] = []
  const links: LinkEvent[] = []
  await adapter.start({ agent: (event) => void events.push(event), link: (event) => void links.push(event) })
  benches.push(async () => {
    await adapter.stop()
    await simulator.stop()
  })
  const read = (agentId: string): Promise<AgentView> => adapter.read(agentId, { signal: signal() })
  const run: Bench['run'] = async (action, agentId, credentials) => {
    let view = await read(agentId)
    const plan: Plan = adapter.plan(action, agentId, view)
    for (const step of plan.steps) {
      const from = events.length
      await adapter.send(step, { agentId, signal: signal(), ...(credentials && { credentials }) })
      view = await evidence(
        step.expect,
        () => events.slice(from).flatMap((event) => (event.agentId === agentId && event.view ? [event.view] : [])),
        () => read(agentId),
      )
    }
    return view
  }
  const calls = (): string[] =>
    simulator.journal
      .list()
      .filter((entry) => entry.asked !== undefined)
      .map((entry) => `${entry.operation} ${entry.effect}`)
  return { simulator, adapter, events, links, run, read, calls }
}

async function evidence(expectation: Expectation, seen: () => AgentView[], read: () => Promise<AgentView>): Promise<AgentView> {
  const until = Date.now() + expectation.withinMs
  while (Date.now() < until) {
    const met = seen().find((view) => judge(expectation, view) !== 'no')
    if (met !== undefined) return met
    await systemClock.sleep(40)
    const view = await read()
    if (judge(expectation, view) !== 'no') return view
  }
  throw new Error(`no evidence for ${JSON.stringify(expectation)}`)
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (condition()) return
    await systemClock.sleep(30)
  }
  throw new Error(`never: ${what}`)
}

async function failureOf(work: Promise<unknown>): Promise<CtiError> {
  try {
    await work
  } catch (error) {
    if (error instanceof CtiError) return error
    throw error
  }
  throw new Error('it did not fail')
}

async function reasonOf(adapter: Adapter, agentId: string, name: string): Promise<NonNullable<ResolvedAction['reason']>> {
  const reasons = await adapter.reasons({ agentId, signal: signal() })
  const found = reasons.find((reason) => reason.name === name)
  if (found === undefined) throw new Error(`no reason ${name} among ${reasons.map((reason) => reason.name).join(', ')}`)
  return found
}

describe('supervisor mode against the simulated tenant', () => {
  it.each(['2026', 'v23'])('brings an agent through ready, not ready with a reason and out, with rows of %s', async (rows) => {
    const { adapter, run, calls } = await bench({}, { rows })
    const lunch = await reasonOf(adapter, '1001', 'Lunch')
    expect((await run({ kind: 'READY' }, '1001')).state).toBe('READY')
    const away = await run({ kind: 'NOT_READY', reason: lunch }, '1001')
    expect(away).toMatchObject({ state: 'NOT_READY', reason: { id: '12', name: 'Lunch', key: 'BREAK.LUNCH' } })
    expect((await run({ kind: 'LOGOUT' }, '1001')).state).toBe('LOGGED_OUT')
    expect(calls()).toEqual([
      'POST /agents/{agentId}/state applied',
      'POST /agents/{agentId}/state applied',
      'POST /agents/{agentId}/logout applied',
    ])
  })

  it('sends nothing when the agent is there already', async () => {
    const { run, calls } = await bench()
    await run({ kind: 'NOT_READY' }, '1001')
    await run({ kind: 'LOGOUT', force: true }, '1020')
    expect(calls()).toEqual([])
  })

  it('tells an unknown agent from one who is logged out', async () => {
    const { adapter, read } = await bench()
    const view: AgentView = { ...unknownView('1020', 0), state: 'NOT_READY', stale: false }
    const steps = (agentId: string) => adapter.plan({ kind: 'READY' }, agentId, view).steps[0]!
    expect((await failureOf(adapter.send(steps('1020'), { agentId: '1020', signal: signal() }))).code).toBe('NOT_LOGGED_IN')
    expect((await failureOf(adapter.send(steps('9999'), { agentId: '9999', signal: signal() }))).code).toBe('AGENT_NOT_FOUND')
    expect((await failureOf(read('9999'))).code).toBe('AGENT_NOT_FOUND')
  })

  it('refuses an ACW code without a contact as the vendor does', async () => {
    const { adapter, run } = await bench()
    const acw = await reasonOf(adapter, '1001', 'After Call Work')
    const failure = await failureOf(run({ kind: 'NOT_READY', reason: acw }, '1001'))
    expect(failure).toMatchObject({ code: 'INVALID_TRANSITION', effect: 'none', retry: 'never', fault: { httpStatus: 409 } })
  })

  it('keeps a change on a contact pending and sees it come true afterwards', async () => {
    const { adapter, run, read, simulator, events } = await bench()
    await run({ kind: 'READY' }, '1001')
    simulator.simulator.event('contact-accepted', { agentId: '1001' })
    const lunch = await reasonOf(adapter, '1001', 'Lunch')
    expect(await run({ kind: 'NOT_READY', reason: lunch }, '1001')).toMatchObject({ state: 'BUSY', pendingState: 'NOT_READY' })
    const from = events.length
    simulator.simulator.event('contact-ended', { agentId: '1001' })
    await until(() => events.slice(from).some((event) => event.view?.reason?.id === '12'), 'the code after the contact')
    expect(await read('1001')).toMatchObject({ state: 'NOT_READY', reason: { id: '12' } })
    expect((await read('1001')).pendingState).toBeUndefined()
  })

  it('shows a log-off that waits for the end of the contact', async () => {
    const { run, simulator, events } = await bench()
    await run({ kind: 'READY' }, '1001')
    simulator.simulator.event('contact-accepted', { agentId: '1001' })
    expect(await run({ kind: 'LOGOUT', force: true }, '1001')).toMatchObject({ state: 'BUSY', pendingState: 'LOGGED_OUT' })
    simulator.simulator.event('contact-ended', { agentId: '1001' })
    await until(() => events.some((event) => event.agentId === '1001' && event.view?.state === 'LOGGED_OUT'), 'the log-off')
  })

  it('feeds what happens at the desks: login, after-call work, refusal, logout', async () => {
    const { simulator, events, links } = await bench()
    const last = (): AgentView | undefined => events.filter((event) => event.agentId === '1002').at(-1)?.view
    await until(() => links.at(-1)?.status === 'up', 'link up')
    simulator.simulator.event('agent-state', { agentId: '1002', state: 'Available' })
    await until(() => last()?.state === 'READY', 'ready')
    simulator.simulator.event('contact-refused', { agentId: '1002' })
    await until(() => last()?.reason?.id === '-1', 'refused')
    expect(last()).toMatchObject({ state: 'NOT_READY', routable: false, cause: 'system', reason: { name: 'Refused' } })
    simulator.simulator.event('agent-state', { agentId: '1002', state: 'Available' })
    simulator.simulator.event('contact-accepted', { agentId: '1002' })
    await until(() => last()?.state === 'BUSY', 'busy')
    simulator.simulator.event('contact-ended', { agentId: '1002', acw: true })
    await until(() => last()?.state === 'WRAP_UP', 'wrap-up')
    simulator.simulator.event('agent-logout', { agentId: '1002' })
    await until(() => last()?.state === 'LOGGED_OUT', 'logged out')
  })

  it.each(['2026', 'v23'])('reads all agents over several pages, rows of %s', async (rows) => {
    const { adapter } = await bench({ feed: { enabled: false, pageSize: 7 } }, { agents: '30', rows })
    const views = await adapter.list!({ signal: signal() })
    expect(new Set(views.map((view) => view.agentId)).size).toBe(30)
    expect(views.filter((view) => view.state === 'NOT_READY')).toHaveLength(5)
  })

  it.each(['2026', 'v23', 'sdk'])('reads the codes of a team in the shape %s', async (codes) => {
    const { adapter } = await bench({}, { codes })
    const reasons = await adapter.reasons({ agentId: '1001', signal: signal() })
    expect(reasons.map((reason) => [reason.id, reason.name])).toEqual(
      expect.arrayContaining([
        ['12', 'Lunch'],
        ['15', 'After Call Work'],
      ]),
    )
    expect(reasons.some((reason) => reason.name === 'Old Break')).toBe(false)
    expect(reasons.find((reason) => reason.id === '15')?.key).toBe('WRAP_UP')
  })

  it('takes its parameters to the query when it is told to', async () => {
    const { run } = await bench({ parameters: 'query' })
    expect((await run({ kind: 'READY' }, '1001')).state).toBe('READY')
  })
})

describe('faults of the tenant', () => {
  const STATE = 'POST /agents/{agentId}/state'
  const ready = (adapter: Adapter) =>
    adapter.plan({ kind: 'READY' }, '1001', { ...unknownView('1001', 0), state: 'NOT_READY', stale: false }).steps[0]!

  it.each([
    ['3', 3000],
    ['date+3', 3000],
    [undefined, undefined],
  ])('429 with Retry-After %s is busy without effect', async (retryAfter, atMost) => {
    const { adapter, simulator, calls } = await bench()
    simulator.faults.add({ kind: 'rate-limit', operation: STATE, times: 1, ...(retryAfter && { retryAfter }) })
    const failure = await failureOf(adapter.send(ready(adapter), { agentId: '1001', signal: signal() }))
    expect(failure).toMatchObject({ code: 'VENDOR_BUSY', effect: 'none', retry: 'later' })
    if (atMost === undefined) expect(failure.retryAfterMs).toBeUndefined()
    else {
      expect(failure.retryAfterMs).toBeGreaterThan(1500)
      expect(failure.retryAfterMs).toBeLessThanOrEqual(atMost)
    }
    expect(calls()).toEqual([`${STATE} none`])
  })

  it('after a 429 nothing else is sent before the time that the vendor named', async () => {
    const { adapter, simulator } = await bench({ feed: { enabled: false } })
    simulator.faults.add({ kind: 'rate-limit', operation: STATE, times: 1, retryAfter: '30' })
    await failureOf(adapter.send(ready(adapter), { agentId: '1001', signal: signal() }))
    const failure = await failureOf(adapter.read('1001', { signal: signal() }))
    expect(failure.code).toBe('VENDOR_BUSY')
    expect(failure.retryAfterMs).toBeGreaterThan(25_000)
    expect(simulator.journal.list({ operation: 'GET /agents/{agentId}/states' })).toHaveLength(0)
  })

  it('a token that expires in mid-flight is renewed and the request repeated once', async () => {
    const { adapter, simulator, calls } = await bench({ feed: { enabled: false } })
    simulator.faults.add({ kind: 'expired-token', operation: STATE, times: 1 })
    await adapter.send(ready(adapter), { agentId: '1001', signal: signal() })
    await until(() => calls().includes(`${STATE} applied`), 'effect')
    expect(calls()).toEqual([`${STATE} none`, `${STATE} applied`])
  })

  it('a token that is refused twice is the gateway’s own trouble', async () => {
    const { adapter, simulator } = await bench({ feed: { enabled: false } })
    simulator.faults.add({ kind: 'expired-token', operation: STATE, times: 2 })
    expect(await failureOf(adapter.send(ready(adapter), { agentId: '1001', signal: signal() }))).toMatchObject({
      code: 'VENDOR_AUTH',
      effect: 'none',
      retry: 'park',
    })
  })

  it.each([
    ['unavailable', undefined, 'VENDOR_BUSY', 'none'],
    ['html', 502, 'VENDOR_ERROR', 'unknown'],
    ['drop-after', undefined, 'VENDOR_TIMEOUT', 'unknown'],
    ['error-after', 500, 'VENDOR_ERROR', 'unknown'],
    ['forbidden', undefined, 'VENDOR_FORBIDDEN', 'none'],
  ])('%s ends as it must and is not sent twice', async (kind, status, code, effect) => {
    const { adapter, simulator, calls } = await bench({ feed: { enabled: false } })
    simulator.faults.add({ kind, operation: STATE, ...(status && { status }), times: 1 })
    expect(await failureOf(adapter.send(ready(adapter), { agentId: '1001', signal: signal() }))).toMatchObject({ code, effect })
    await systemClock.sleep(80)
    expect(calls()).toHaveLength(1)
  })

  it('takes the text of an error without a body from icStatusDescription', async () => {
    const { adapter, simulator } = await bench({ feed: { enabled: false } })
    simulator.faults.add({ kind: 'ic-status', operation: STATE, body: 'Agent is busy elsewhere', times: 1 })
    const failure = await failureOf(adapter.send(ready(adapter), { agentId: '1001', signal: signal() }))
    expect(failure).toMatchObject({ code: 'INVALID_REQUEST', fault: { message: 'Agent is busy elsewhere' } })
  })

  it('an aborted exchange ends at once', async () => {
    const { adapter, simulator } = await bench({ feed: { enabled: false } })
    await adapter.read('1001', { signal: signal() })
    simulator.faults.add({ kind: 'hang', operation: STATE, times: 1 })
    const abort = new AbortController()
    const sending = failureOf(adapter.send(ready(adapter), { agentId: '1001', signal: abort.signal }))
    await systemClock.sleep(100)
    const at = performance.now()
    abort.abort()
    expect((await sending).code).toBe('VENDOR_TIMEOUT')
    expect(performance.now() - at).toBeLessThan(50)
  })

  it('the feed goes down when the tenant is away and comes back complete', async () => {
    const { simulator, links, events } = await bench()
    await until(() => links.at(-1)?.status === 'up', 'up')
    simulator.simulator.event('down', { mode: 'unavailable' })
    await until(() => links.at(-1)?.status === 'down', 'down')
    const from = events.length
    simulator.simulator.event('up', {})
    await until(() => links.at(-1)?.status === 'up', 'up again')
    expect(new Set(events.slice(from).map((event) => event.agentId)).size).toBe(30)
  })

  it('wrong credentials bring the link down and are not tried on and on', async () => {
    const { simulator, links, adapter } = await bench({ auth: { accessKeySecret: 'wrong-secret-canary' } })
    await until(() => links.at(-1)?.status === 'down', 'down')
    await failureOf(adapter.read('1001', { signal: signal() }))
    expect(simulator.journal.list({ operation: 'POST /auth/token' }).length).toBeLessThanOrEqual(1)
    expect(adapter.health().status).toBe('down')
  })
})

describe('login', () => {
  it('supervisor mode does not offer it unless it is set up', async () => {
    const { adapter } = await bench()
    expect(adapter.manifest).toMatchObject({ login: 'unsupported', actions: ['READY', 'NOT_READY', 'LOGOUT'] })
    expect(() => adapter.plan({ kind: 'LOGIN', station: '7001' }, '1020', unknownView('1020', 0))).toThrow(/impersonation/)
  })

  it('by impersonation: the session is started, held and can be ended by force', async () => {
    const { run, calls } = await bench({ login: 'impersonate' })
    expect((await run({ kind: 'LOGIN', station: '7001' }, '1020')).state).toBe('NOT_READY')
    expect((await run({ kind: 'READY' }, '1020')).state).toBe('READY')
    expect((await run({ kind: 'LOGOUT', force: true }, '1020')).state).toBe('LOGGED_OUT')
    expect(calls()).toEqual([
      'POST /agent-sessions applied',
      'POST /agents/{agentId}/state applied',
      'POST /agents/{agentId}/logout applied',
    ])
  })

  it('a second start is refused with the reason and nothing is held', async () => {
    const { adapter } = await bench({ login: 'impersonate' })
    const [step] = adapter.plan({ kind: 'LOGIN', station: '7001' }, '1001', unknownView('1001', 0)).steps
    expect(await failureOf(adapter.send(step!, { agentId: '1001', signal: signal() }))).toMatchObject({
      code: 'ALREADY_LOGGED_IN',
      effect: 'none',
      retry: 'later',
      retryAfterMs: 1500,
    })
    expect(adapter.plan({ kind: 'LOGIN' }, '1001', await adapter.read('1001', { signal: signal() })).steps).toEqual([])
  })
})

describe('session owner', () => {
  const owner = { mode: 'session-owner', feed: { enabled: false } }

  it('starts, changes states by the name of the code, and ends the session; all by events', async () => {
    const { adapter, run, calls, events } = await bench(owner)
    await run({ kind: 'LOGIN', station: '7001' }, '1020')
    const lunch = await reasonOf(adapter, '1020', 'Lunch')
    expect((await run({ kind: 'READY' }, '1020')).state).toBe('READY')
    expect(await run({ kind: 'NOT_READY', reason: lunch }, '1020')).toMatchObject({
      state: 'NOT_READY',
      reason: { id: '12', name: 'Lunch' },
    })
    expect((await run({ kind: 'LOGOUT' }, '1020')).state).toBe('LOGGED_OUT')
    expect(calls()).toEqual([
      'POST /agent-sessions applied',
      'POST /agent-sessions/{sessionId}/state applied',
      'POST /agent-sessions/{sessionId}/state applied',
      'DELETE /agent-sessions/{sessionId} applied',
    ])
    await until(() => events.at(-1)?.view?.state === 'LOGGED_OUT', 'the end by event')
    expect(events.every((event) => event.view?.source === 'event')).toBe(true)
  })

  it('joins the session of an agent who sits at a desktop', async () => {
    const { run, calls } = await bench(owner)
    expect((await run({ kind: 'READY' }, '1001')).state).toBe('READY')
    expect(calls().at(-1)).toBe('POST /agent-sessions/{sessionId}/state applied')
    await run({ kind: 'LOGIN' }, '1002')
  })

  it('sees the supervisor’s log-off with its cause', async () => {
    const { run, simulator, events } = await bench(owner)
    await run({ kind: 'LOGIN', station: '7001' }, '1020')
    simulator.simulator.event('supervisor-logout', { agentId: '1020' })
    await until(() => events.at(-1)?.view?.state === 'LOGGED_OUT', 'the log-off')
    expect(events.at(-1)?.view?.cause).toBe('supervisor')
  })

  it('keeps a session alive that would end without polls, and survives failing polls', async () => {
    const { run, read, simulator, events } = await bench({ ...owner, sessions: { longPollSeconds: 1, retryMs: 20 } }, { secondMs: '10' })
    await run({ kind: 'LOGIN', station: '7001' }, '1020')
    simulator.faults.add({ kind: 'drop-after', operation: 'GET /agent-sessions/{sessionId}/get-next-event', times: 2 })
    simulator.simulator.event('agent-state', { agentId: '1020', state: 'Available' })
    await until(() => events.at(-1)?.view?.state === 'READY', 'the state after lost answers')
    expect((await read('1020')).vendor?.['session']).toBe('held')
  })

  it('does not end a session with an open contact unless forced with flags', async () => {
    const { run, simulator, read } = await bench(owner)
    await run({ kind: 'LOGIN', station: '7001' }, '1020')
    await run({ kind: 'READY' }, '1020')
    simulator.simulator.event('contact-accepted', { agentId: '1020' })
    expect(await failureOf(run({ kind: 'LOGOUT' }, '1020'))).toMatchObject({ code: 'INVALID_TRANSITION', retry: 'never' })
    expect((await read('1020')).state).toBe('BUSY')
    expect((await run({ kind: 'LOGOUT', force: true, options: { endContacts: true } }, '1020')).state).toBe('LOGGED_OUT')
  })
})

describe('refusals', () => {
  const refusals = { reportId: 350100, timeZone: 'America/New_York' }
  const collect = async (adapter: Adapter, from: number, to: number): Promise<RefusalRow[]> => {
    const rows: RefusalRow[] = []
    for await (const row of adapter.refusals!({ from, to, signal: signal() })) rows.push(row)
    return rows
  }

  it.each(['inline', 'saved'])('fetches the report in the form %s', async (form) => {
    const { adapter } = await bench({ refusals: { ...refusals, form } }, { refusalRows: '500', refusalDays: '2', fileLagMs: '300' })
    const now = Date.now()
    const rows = await collect(adapter, now - 3 * 86_400_000, now)
    expect(rows.reduce((sum, row) => sum + row.occurrences, 0)).toBe(500)
    expect(rows.every((row) => row.flaw === undefined && row.at !== undefined)).toBe(true)
    expect(rows.map((row) => row.at)).toEqual(rows.map((row) => row.at).toSorted((a, b) => a! - b!))
  })

  it('refuses a report that is another one', async () => {
    const { adapter } = await bench({ refusals: { ...refusals, reportId: 500 } }, { refusalRows: '5' })
    const now = Date.now()
    const failure = await failureOf(collect(adapter, now - 86_400_000, now))
    expect(['VENDOR_REJECTED', 'VENDOR_PROTOCOL', 'INVALID_REQUEST']).toContain(failure.code)
  })

  it('keeps malformed rows and takes doubled ones together', async () => {
    const { adapter } = await bench({ refusals }, { refusalRows: '400', refusalMalformedEvery: '40', refusalDuplicateEvery: '50' })
    const now = Date.now()
    const rows = await collect(adapter, now - 2 * 86_400_000, now + 60_000)
    expect(rows.filter((row) => row.flaw !== undefined).length).toBeGreaterThan(0)
    expect(rows.filter((row) => row.occurrences > 1).length).toBeGreaterThan(0)
  })
})
