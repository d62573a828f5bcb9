import { afterEach, describe, expect, it } from 'vitest'
import { cxonePlatform } from '../../src/sandbox/platforms.js'
import type { JournalEntry } from '../../src/simulators/kit/journal.js'
import { spawnSimulator } from '../chaos/processes.js'
import { SECRETS, startApi, testConfig } from '../support/api.js'
import { startCxone, type CxoneGateway } from '../support/cxone.js'

const START = 'POST /agent-sessions'
const STATE = 'POST /agents/{agentId}/state'
const LOGOUT = 'POST /agents/{agentId}/logout'
const SESSION_STATE = 'POST /agent-sessions/{sessionId}/state'
const END = 'DELETE /agent-sessions/{sessionId}'

const open: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.stop()
})
async function cxone(...given: Parameters<typeof startCxone>): Promise<CxoneGateway> {
  const gateway = await startCxone(...given)
  open.push(gateway)
  return gateway
}

/** The calls of the journal that change an agent, with what they carried and how. */
const wire = (entries: readonly JournalEntry[]): unknown[] =>
  entries
    .filter((entry) => entry.asked !== undefined)
    .map(({ operation, effect, detail }) => [operation, detail?.['version'], detail?.['inputIn'], detail?.['input'], effect])

describe('supervisor mode', () => {
  it('brings an agent of a simulator in its own process through all states, each confirmed, each by the prescribed call', async () => {
    const simulator = await spawnSimulator('cxone', { agents: '10', loggedIn: '2' })
    open.push(simulator)
    // Without host settings: token and discovery are asked as the vendor prescribes.
    const platform = cxonePlatform(simulator.endpoints, { hosts: {}, tenantId: undefined, confirmWithinMs: 3000 })
    const api = await startApi({ config: testConfig({ platforms: [platform] }) })
    open.push(api)
    const ask = (body: object, key = SECRETS.crm) =>
      api.call('POST', '/v1/platforms/cxone/agents/1007/commands', { body, key, headers: { prefer: 'wait=10' } })
    const confirmed = expect.objectContaining({ status: 'confirmed', confirmedBy: expect.stringMatching(/^(read|event)$/), attempts: 1 })

    expect((await ask({ action: 'LOGIN', station: '7001' })).body).toEqual(confirmed)
    expect((await ask({ action: 'READY' })).body).toEqual(confirmed)
    expect((await ask({ action: 'NOT_READY', reason: 'Lunch' })).body).toEqual(confirmed)
    const state = await api.call('GET', '/v1/platforms/cxone/agents/1007/state')
    expect(state.body).toMatchObject({ state: 'NOT_READY', routable: false, reason: { id: '12', name: 'Lunch', key: 'BREAK.LUNCH' } })
    expect((await ask({ action: 'LOGOUT' })).body).toEqual(confirmed)
    expect((await ask({ action: 'LOGIN', options: { stationPhoneNumber: '+15550100' } })).body).toEqual(confirmed)
    expect((await ask({ action: 'LOGOUT', force: true }, SECRETS.supervisor)).body).toEqual(confirmed)
    expect((await api.call('GET', '/v1/platforms/cxone/agents/1007/state?fresh=true')).body).toMatchObject({ state: 'LOGGED_OUT' })

    const journal = (await (await fetch(`${simulator.control}/journal`)).json()) as JournalEntry[]
    expect(wire(journal)).toEqual([
      [START, 'v34.0', 'body', { stationId: '7001', asAgentId: '1007' }, 'applied'],
      [STATE, 'v34.0', 'body', { state: 'Available' }, 'applied'],
      [STATE, 'v34.0', 'body', { state: 'Unavailable', outStateId: '12' }, 'applied'],
      [LOGOUT, 'v34.0', 'query', {}, 'applied'],
      [START, 'v34.0', 'body', { stationPhoneNumber: '+15550100', asAgentId: '1007' }, 'applied'],
      [LOGOUT, 'v34.0', 'query', {}, 'applied'],
    ])
    // One token, then one discovery, then the API; reads and long polls are all that there is besides the changes.
    expect(journal.slice(0, 2).map((entry) => entry.operation)).toEqual(['POST /auth/token', 'GET /.well-known/cxone-configuration'])
    expect(new Set(journal.filter((entry) => entry.asked === undefined).map((entry) => entry.operation))).toEqual(
      new Set([
        'POST /auth/token',
        'GET /.well-known/cxone-configuration',
        'GET /server-time',
        'GET /agents/states',
        'GET /agents/{agentId}/states',
        'GET /teams/{teamId}/unavailable-codes',
        'GET /agent-sessions/{sessionId}/get-next-event',
      ]),
    )
    expect(journal.filter((entry) => entry.operation === 'POST /auth/token')).toHaveLength(1)
  })

  it('refuses a reason that the team does not have, with those that it has, and sends nothing', async () => {
    const { ask, changes } = await cxone()
    for (const reason of ['Nap', 'Coaching', 'Old Break']) {
      const answer = await ask(1001, { action: 'NOT_READY', reason })
      expect(answer.status).toBe(422)
      expect(answer.body).toMatchObject({
        code: 'REASON_INVALID',
        validReasons: ['Break', 'Lunch', 'Meeting', 'Training', 'After Call Work'],
      })
    }
    expect((await ask(1001, { action: 'READY', reason: 'Nap' })).body).toMatchObject({
      status: 422,
      code: 'REASON_INVALID',
      validReasons: expect.arrayContaining(['Break', 'Lunch']) as string[],
    })
    expect(changes(1001)).toEqual([])
  })

  it('tells an unknown agent from one who is logged out', async () => {
    const { ask, changes } = await cxone()
    expect((await ask(9999, { action: 'READY' })).body).toMatchObject({ status: 404, code: 'AGENT_NOT_FOUND' })
    expect((await ask(9999, { action: 'NOT_READY', reason: 'Lunch' })).body).toMatchObject({ status: 404, code: 'AGENT_NOT_FOUND' })
    expect((await ask(9999, { action: 'LOGOUT', force: true }, SECRETS.supervisor)).body).toMatchObject({ code: 'AGENT_NOT_FOUND' })
    expect((await ask(1020, { action: 'READY' })).body).toMatchObject({ status: 409, code: 'NOT_LOGGED_IN' })
    expect([...changes(9999), ...changes(1020)]).toEqual([])
  })

  it('sends nothing to bring an agent where it is', async () => {
    const { ask, changes } = await cxone()
    expect((await ask(1001, { action: 'NOT_READY' })).body).toMatchObject({ status: 'confirmed', unchanged: true, confirmedBy: 'read' })
    expect((await ask(1020, { action: 'LOGOUT' })).body).toMatchObject({ status: 'confirmed', unchanged: true, confirmedBy: 'read' })
    expect([...changes(1001), ...changes(1020)]).toEqual([])
  })

  it('gives an ACW code without a contact as the conflict that the platform calls it', async () => {
    const { ask, changes } = await cxone()
    const answer = await ask(1001, { action: 'NOT_READY', reason: 'After Call Work' })
    expect(answer.body).toMatchObject({ status: 409, code: 'INVALID_TRANSITION', commandStatus: 'rejected' })
    expect(changes(1001)).toEqual([`${STATE} refused`])
  })

  it('shows what would be sent without sending it', async () => {
    const { api, changes } = await cxone()
    const dry = await api.call('POST', '/v1/platforms/cxone/agents/1001/commands?dryRun=true', {
      body: { action: 'NOT_READY', reason: 'Lunch' },
    })
    expect(dry.body).toMatchObject({ dryRun: true, unchanged: false, fromState: 'NOT_READY' })
    expect(dry.text).toContain('/incontactapi/services/v34.0/agents/1001/state')
    expect(dry.text).not.toMatch(/SIMSECRET|sim\+client/)
    expect(changes(1001)).toEqual([])
  })
})

describe('session-owner mode', () => {
  const owner = { mode: 'session-owner', feed: { enabled: false } }

  it('starts, holds and ends the session of an agent; states by the name of the code', async () => {
    const { ask, sim, changes } = await cxone(owner)
    const confirmed = expect.objectContaining({ status: 'confirmed', attempts: 1 })
    expect((await ask(1020, { action: 'LOGIN', station: '7001' })).body).toEqual(confirmed)
    expect((await ask(1020, { action: 'READY' })).body).toEqual(confirmed)
    expect((await ask(1020, { action: 'NOT_READY', reason: '11' })).body).toEqual(confirmed)
    expect((await ask(1020, { action: 'LOGOUT' })).body).toEqual(confirmed)
    expect((await ask(1020, { action: 'LOGIN', station: '7001' })).body).toEqual(confirmed)
    expect((await ask(1020, { action: 'LOGOUT', force: true }, SECRETS.supervisor)).body).toEqual(confirmed)
    expect(wire(sim.journal.list({ agentId: '1020' }))).toEqual([
      [START, 'v34.0', 'body', { stationId: '7001', asAgentId: '1020' }, 'applied'],
      [SESSION_STATE, 'v34.0', 'body', { state: 'Available' }, 'applied'],
      [SESSION_STATE, 'v34.0', 'body', { state: 'Unavailable', reason: 'Break' }, 'applied'],
      [END, 'v34.0', 'query', {}, 'applied'],
      [START, 'v34.0', 'body', { stationId: '7001', asAgentId: '1020' }, 'applied'],
      [LOGOUT, 'v34.0', 'query', {}, 'applied'],
    ])
    expect(changes(1020).every((line) => line.endsWith('applied'))).toBe(true)
  })

  it('joins the session that an agent has at its own desktop', async () => {
    const { ask, sim } = await cxone(owner)
    expect((await ask(1001, { action: 'READY' })).body).toMatchObject({ status: 'confirmed' })
    const operations = sim.journal.list({ agentId: '1001' }).map((entry) => entry.operation)
    expect(operations).toContain('POST /agent-sessions/join')
    expect(operations).not.toContain(START)
  })

  it('ends a session with an open contact only by force and with the flag', async () => {
    const { ask, sim, changes, state } = await cxone(owner)
    await ask(1020, { action: 'LOGIN', station: '7001' })
    await ask(1020, { action: 'READY' })
    sim.simulator.event('contact-accepted', { agentId: '1020' })
    expect((await ask(1020, { action: 'LOGOUT' })).body).toMatchObject({ status: 409, code: 'INVALID_TRANSITION' })
    expect(await state(1020)).toMatchObject({ state: 'BUSY' })
    const forced = await ask(1020, { action: 'LOGOUT', force: true, options: { endContacts: true } }, SECRETS.supervisor)
    expect(forced.body).toMatchObject({ status: 'confirmed' })
    expect(changes(1020).slice(-2)).toEqual([`${END} refused`, `${END} applied`])
  })

  it('tells of a logout by a supervisor at the platform', async () => {
    const { ask, sim, api } = await cxone(owner)
    await ask(1020, { action: 'LOGIN', station: '7001' })
    sim.simulator.event('supervisor-logout', { agentId: '1020' })
    await expect
      .poll(async () => (await api.call('GET', '/v1/platforms/cxone/agents/1020/state')).body, { timeout: 5000 })
      .toMatchObject({ state: 'LOGGED_OUT', cause: 'supervisor', drift: true })
  })
})

describe('a tenant with bad manners', () => {
  it.each([
    ['rate-limit', '1', 1000],
    ['rate-limit', 'date+2', 1000],
    ['rate-limit', undefined, 0],
    ['unavailable', '1', 1000],
    ['unavailable', undefined, 0],
  ])('%s with Retry-After %s is waited for, and the command takes effect once', async (kind, retryAfter, atLeast) => {
    const { ask, sim, changes } = await cxone()
    sim.faults.add({ kind, operation: STATE, times: 1, ...(retryAfter !== undefined && { retryAfter }) })
    // That the account is called too often is not the command's fault: it costs no attempt.
    const attempts = kind === 'rate-limit' ? 1 : 2
    expect((await ask(1001, { action: 'READY' })).body).toMatchObject({ status: 'confirmed', attempts })
    expect(changes(1001)).toEqual([`${STATE} none (${kind})`, `${STATE} applied`])
    const [first, second] = sim.journal.list({ agentId: '1001', operation: STATE })
    expect(second!.at - first!.at).toBeGreaterThanOrEqual(atLeast)
  })

  it('a token that expires in mid-flight is renewed once and the request repeated once', async () => {
    const { ask, sim, changes } = await cxone()
    sim.faults.add({ kind: 'expired-token', operation: STATE, times: 1 })
    expect((await ask(1001, { action: 'READY' })).body).toMatchObject({ status: 'confirmed', attempts: 1 })
    expect(changes(1001)).toEqual([`${STATE} none (expired-token)`, `${STATE} applied`])
    expect(sim.journal.list({ operation: 'POST /auth/token' })).toHaveLength(2)
  })

  it.each(['html', 'drop-before', 'error'])('%s: the state is read, then the request repeated; one effect', async (kind) => {
    const { ask, sim, changes } = await cxone()
    sim.faults.add({ kind, operation: STATE, times: 1 })
    expect((await ask(1001, { action: 'READY' })).body).toMatchObject({ status: 'confirmed', attempts: 2 })
    expect(changes(1001)).toEqual([`${STATE} none (${kind})`, `${STATE} applied`])
  })

  it.each(['drop-after', 'error-after', 'truncate'])('%s after the effect: the read shows it, and nothing is sent again', async (kind) => {
    const { ask, sim, changes, state } = await cxone()
    sim.faults.add({ kind, operation: STATE, times: 1 })
    expect((await ask(1001, { action: 'READY' })).body).toMatchObject({ status: 'confirmed', confirmedBy: 'read' })
    expect(changes(1001)).toEqual([`${STATE} applied (${kind})`])
    sim.faults.add({ kind, operation: LOGOUT, times: 1 })
    expect((await ask(1001, { action: 'LOGOUT', force: true }, SECRETS.supervisor)).body).toMatchObject({ status: 'confirmed' })
    expect(changes(1001)).toEqual([`${STATE} applied (${kind})`, `${LOGOUT} applied (${kind})`])
    expect(await state(1001)).toMatchObject({ state: 'LOGGED_OUT' })
  })

  it('a start whose answer is lost starts no second session', async () => {
    const { ask, sim, changes, state } = await cxone()
    sim.faults.add({ kind: 'drop-after', operation: START, times: 1 })
    expect((await ask(1020, { action: 'LOGIN', station: '7001' })).body).toMatchObject({ status: 'confirmed' })
    expect(changes(1020).filter((line) => line.includes('applied'))).toEqual([`${START} applied (drop-after)`])
    expect(await state(1020)).toMatchObject({ state: 'NOT_READY' })
  })

  it('that swallows a request until the deadline is read, and asked again', async () => {
    const { later, ended, sim, changes } = await cxone({}, {}, { limits: { ...testConfig().limits, sendTimeoutMs: 500 } })
    sim.faults.add({ kind: 'hang', operation: STATE, times: 1 })
    expect(await ended(await later(1001, { action: 'READY' }))).toMatchObject({ status: 'confirmed', attempts: 2 })
    expect(changes(1001)).toEqual([`${STATE} none (hang)`, `${STATE} applied`])
  })

  it.each([
    [STATE, { action: 'READY' }],
    [LOGOUT, { action: 'LOGOUT' }],
  ])('that accepts and does nothing gives unconfirmed, never confirmed: %s', async (operation, body) => {
    const { ask, sim, changes } = await cxone({ confirmWithinMs: 1000 })
    sim.faults.add({ kind: 'accept-then-nothing', operation })
    const answer = await ask(1001, body)
    expect(answer.status).toBe(504)
    expect(answer.body).toMatchObject({ code: 'UNCONFIRMED', commandStatus: 'unconfirmed', effect: 'unknown' })
    expect(changes(1001)).toEqual([`${operation} none (accept-then-nothing)`])
  })

  it('an error event instead of the effect is a refusal in session-owner mode, not a silence', async () => {
    const { ask, sim, changes } = await cxone({ mode: 'session-owner', feed: { enabled: false }, confirmWithinMs: 1500 })
    await ask(1020, { action: 'LOGIN', station: '7001' })
    sim.faults.add({ kind: 'agent-error', operation: SESSION_STATE, times: 1 })
    const answer = await ask(1020, { action: 'READY' })
    expect(answer.body).toMatchObject({ status: 409, code: 'INVALID_TRANSITION', commandStatus: 'rejected' })
    expect(changes(1020).slice(1)).toEqual([`${SESSION_STATE} none (agent-error)`])
  })

  it.each(['reset', 'unavailable'])(
    'that is down (%s) gives 202, and confirmed once it is back',
    async (mode) => {
      const { later, ended, command, sim, changes, api } = await cxone()
      sim.simulator.event('down', { mode })
      const answer = await later(1001, { action: 'LOGOUT' })
      expect(answer.status).toBe(202)
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
      await expect.poll(async () => (await command(answer))['status'], { timeout: 10_000 }).toBe('retrying')
      await expect.poll(async () => (await api.call('GET', '/v1/platforms/cxone')).text, { timeout: 10_000 }).toContain('"status":"down"')
      sim.simulator.event('up', {})
      expect(await ended(answer)).toMatchObject({ status: 'confirmed' })
      expect(changes(1001).filter((line) => line === `${LOGOUT} applied`)).toHaveLength(1)
    },
    60_000,
  )

  it('without the permission says so, and whose it is', async () => {
    const { ask, sim } = await cxone()
    sim.simulator.event('permissions', { permissions: ['read'] })
    expect((await ask(1001, { action: 'READY' })).body).toMatchObject({ status: 502, code: 'VENDOR_FORBIDDEN' })
    expect((await ask(1001, { action: 'LOGOUT', force: true }, SECRETS.supervisor)).body).toMatchObject({ code: 'VENDOR_FORBIDDEN' })
  })
})

describe('a change that the platform applies after the contact', () => {
  it.each([
    ['supervisor', { feed: { intervalMs: 200 } }],
    ['supervisor, with a feed that has not told of the contact yet', { feed: { intervalMs: 300_000 } }],
    ['session-owner', { mode: 'session-owner', feed: { enabled: false } }],
  ])(
    'is 202 and pending, and confirmed when it comes true: %s',
    async (_mode, options) => {
      const { ask, sim, later, command, ended, state, changes } = await cxone(options)
      await ask(1001, { action: 'READY' })
      sim.simulator.event('contact-accepted', { agentId: '1001' })
      const answer = await later(1001, { action: 'NOT_READY', reason: 'Lunch' })
      expect(answer.status).toBe(202)
      await expect.poll(async () => command(answer), { timeout: 8000 }).toMatchObject({ status: 'sent', pending: true })
      expect(await state(1001)).toMatchObject({ state: 'BUSY', pendingState: 'NOT_READY', routable: false })
      sim.simulator.event('contact-ended', { agentId: '1001' })
      expect(await ended(answer)).toMatchObject({ status: 'confirmed' })
      expect(await state(1001)).toMatchObject({ state: 'NOT_READY', reason: { name: 'Lunch' } })
      expect(changes(1001).filter((line) => line.includes('/state'))).toHaveLength(2)
    },
    40_000,
  )

  it('also a log-off: pending until the contact has ended', async () => {
    const { ask, sim, api, command, ended, changes } = await cxone({ feed: { intervalMs: 200 } })
    await ask(1001, { action: 'READY' })
    sim.simulator.event('contact-accepted', { agentId: '1001' })
    const answer = await api.call('POST', '/v1/platforms/cxone/agents/1001/commands', {
      body: { action: 'LOGOUT', force: true },
      key: SECRETS.supervisor,
      headers: { prefer: 'wait=1' },
    })
    expect(answer.status).toBe(202)
    await expect.poll(async () => command(answer), { timeout: 8000 }).toMatchObject({ status: 'sent', pending: true })
    sim.simulator.event('contact-ended', { agentId: '1001' })
    expect(await ended(answer)).toMatchObject({ status: 'confirmed' })
    expect(changes(1001).slice(1)).toEqual([`${LOGOUT} applied`])
  })

  it('a newer command takes the place of one that is pending', async () => {
    const { ask, sim, later, command, ended, state } = await cxone({ feed: { intervalMs: 200 } })
    await ask(1001, { action: 'READY' })
    sim.simulator.event('contact-accepted', { agentId: '1001' })
    const first = await later(1001, { action: 'NOT_READY', reason: 'Lunch' })
    await expect.poll(async () => command(first), { timeout: 8000 }).toMatchObject({ pending: true })
    const second = await later(1001, { action: 'NOT_READY', reason: 'Break' })
    expect(await ended(first)).toMatchObject({ status: 'superseded' })
    await expect.poll(async () => command(second), { timeout: 8000 }).toMatchObject({ pending: true })
    sim.simulator.event('contact-ended', { agentId: '1001' })
    expect(await ended(second)).toMatchObject({ status: 'confirmed' })
    expect(await state(1001)).toMatchObject({ state: 'NOT_READY', reason: { name: 'Break' } })
  })
})
