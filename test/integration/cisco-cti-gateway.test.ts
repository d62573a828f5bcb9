import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { startSimulatorProcess, type SimulatorProcess, type SimulatorSpec } from '../../src/sandbox/child.js'
import { ciscoCtiPlatform } from '../../src/sandbox/platforms.js'
import { ciscoCtiSimulator } from '../../src/simulators/cisco-cti/index.js'
import { runSimulator, type RunningSimulator } from '../../src/simulators/kit/run.js'
import { SECRETS, startApi, testConfig, type Api } from '../support/api.js'
import { platformApi, type PlatformApi } from '../support/platform-api.js'

const SITE = [
  { code: 7, name: 'Lunch', type: 'NOT_READY' },
  { code: 8, name: 'Break', type: 'NOT_READY' },
  { code: 101, name: 'End of shift', type: 'LOGOUT' },
]
/** Quick enough for tests; everything else as in the sandbox. */
const QUICK = {
  reasons: SITE,
  heartbeatMs: 300,
  connectTimeoutMs: 1_000,
  openTimeoutMs: 1_000,
  closeTimeoutMs: 500,
  answerTimeoutMs: 3_000,
  confirmWithinMs: 3_000,
  eventGraceMs: 200,
  ladderMs: [50, 100],
  firstPauseMs: 20,
}
const AGENT = '1001'
const LOGIN = { action: 'LOGIN', station: '2001', credentials: { password: 'secret-1001' } }
const READY = { action: 'READY' }
const FORCE = { action: 'LOGOUT', force: true }

interface World extends PlatformApi {
  readonly sim: RunningSimulator
  /** State requests that reached the vendor for the agent, with what each did. */
  asked(agentId?: string): string[]
  /** What those did that did anything. */
  effects(agentId?: string): string[]
  vendor(agentId?: string): Readonly<Record<string, unknown>> | undefined
  fault(kind: string, more?: { times?: number; delayMs?: number; body?: string }): void
  event(type: string, body?: Readonly<Record<string, unknown>>): void
}

const open: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.stop()
})

async function world(simulator: Record<string, string> = {}, settings: Record<string, unknown> = {}): Promise<World> {
  const sim = await runSimulator(ciscoCtiSimulator, { options: { agents: '10', ...simulator } })
  open.push(sim)
  const config = testConfig({ platforms: [ciscoCtiPlatform(sim.simulator.endpoints, { ...QUICK, ...settings })] })
  const api = await startApi({ config })
  open.unshift(api)
  const platform = platformApi(api, 'cisco-cti')
  await platform.up()
  const asked = (agentId = AGENT): string[] =>
    sim.journal.list({ agentId, operation: 'SET_AGENT_STATE_REQ' }).map((entry) => `${entry.asked} ${entry.effect}`)
  return {
    ...platform,
    sim,
    asked,
    effects: (agentId) => asked(agentId).filter((entry) => entry.endsWith(' applied')),
    vendor: (agentId = AGENT) => sim.simulator.agents().find((agent) => agent['agentId'] === agentId),
    fault: (kind, more = {}) => void sim.faults.add({ kind, operation: 'SET_AGENT_STATE_REQ', times: 1, ...more }),
    event: (type, body = { agentId: AGENT }) => void sim.simulator.event(type, body),
  }
}

const until = async (what: () => unknown, timeout = 10_000): Promise<void> =>
  void (await expect.poll(what, { timeout, interval: 10 }).toBeTruthy())

describe('an agent of Unified CCE', () => {
  it('logs in, goes ready, not ready with a code and out with a code; each confirmed by an event, each sent once', async () => {
    const { ask, state, asked, vendor } = await world()
    const login = await ask(AGENT, LOGIN)
    expect(login.status).toBe(200)
    expect(login.body).toMatchObject({ status: 'confirmed', confirmedBy: 'event', attempts: 1 })
    expect(await state(AGENT)).toMatchObject({ state: 'NOT_READY', routable: false, desired: 'NOT_READY', drift: false, stale: false })
    expect((await ask(AGENT, READY)).body).toMatchObject({ status: 'confirmed', confirmedBy: 'event' })
    expect(await state(AGENT)).toMatchObject({ state: 'READY', routable: true, vendorState: 'AVAILABLE', source: 'event' })
    expect((await ask(AGENT, { action: 'NOT_READY', reason: '7' })).body).toMatchObject({ status: 'confirmed', confirmedBy: 'event' })
    expect(await state(AGENT)).toMatchObject({ state: 'NOT_READY', reason: { code: 7, name: 'Lunch' } })
    expect((await ask(AGENT, { action: 'NOT_READY', reason: 'Break' })).body).toMatchObject({ status: 'confirmed', confirmedBy: 'event' })
    expect(await state(AGENT)).toMatchObject({ state: 'NOT_READY', reason: { code: 8, name: 'Break' } })
    expect((await ask(AGENT, { action: 'LOGOUT', reason: 'End of shift' })).body).toMatchObject({
      status: 'confirmed',
      confirmedBy: 'event',
    })
    expect(await state(AGENT)).toMatchObject({ state: 'LOGGED_OUT', reason: { code: 101, name: 'End of shift' }, cause: 'agent' })
    expect(vendor()).toMatchObject({ state: 'LOGOUT', reason: 101 })
    expect(asked()).toEqual(['LOGIN applied', 'READY applied', 'NOT_READY applied', 'NOT_READY applied', 'LOGOUT applied'])
  })

  it('logs out from READY by way of NOT_READY', async () => {
    const { ask, asked, vendor } = await world({ loggedIn: '1' })
    await ask(AGENT, READY)
    expect((await ask(AGENT, { action: 'LOGOUT', reason: '101' })).body).toMatchObject({ status: 'confirmed', confirmedBy: 'event' })
    expect(asked()).toEqual(['READY applied', 'NOT_READY applied', 'LOGOUT applied'])
    expect(vendor()).toMatchObject({ state: 'LOGOUT', reason: 101 })
  })

  it('is shown by a dry run as what would go over the wire, without the password', async () => {
    const { api, asked } = await world()
    const answer = await api.call('POST', `/v1/platforms/cisco-cti/agents/${AGENT}/commands?dryRun=true`, { body: LOGIN })
    expect(answer.text).toContain('SET_AGENT_STATE_REQ')
    expect(answer.text).not.toContain('secret-1001')
    expect(asked()).toEqual([])
  })
})

describe('forced logout', () => {
  it('of an idle agent is confirmed at once, with the supervisor’s code', async () => {
    const { ask, state, asked, vendor } = await world({ loggedIn: '1' })
    await ask(AGENT, READY)
    const answer = await ask(AGENT, FORCE)
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ status: 'confirmed', force: true, confirmedBy: 'event' })
    expect(await state(AGENT)).toMatchObject({
      state: 'LOGGED_OUT',
      cause: 'supervisor',
      reason: { code: 999, key: 'SUPERVISOR.FORCED_LOGOUT' },
      drift: false,
    })
    expect(vendor()).toMatchObject({ state: 'LOGOUT', reason: 999 })
    expect(asked()).toEqual(['READY applied', 'NOT_READY applied', 'LOGOUT applied'])
  })

  it.each(['yes', 'no'])(
    'of one on a call is 202 and pending, then confirmed when the call ends (announced: %s)',
    async (announcePending) => {
      const { ask, later, state, command, ended, asked, vendor, event } = await world({ loggedIn: '1', announcePending })
      await ask(AGENT, READY)
      event('call-start')
      await expect.poll(async () => (await state(AGENT))['state']).toBe('BUSY')
      const answer = await later(AGENT, FORCE)
      expect(answer.status).toBe(202)
      await expect.poll(async () => (await command(answer))['pending']).toBe(true)
      expect(await command(answer)).toMatchObject({ status: 'sent' })
      expect(await state(AGENT)).toMatchObject({ state: 'BUSY', pendingState: 'NOT_READY', desired: 'LOGGED_OUT' })
      expect(vendor()).toMatchObject({ state: 'TALKING' })
      event('call-end')
      expect(await ended(answer)).toMatchObject({ status: 'confirmed', confirmedBy: 'event' })
      expect(await state(AGENT)).toMatchObject({ state: 'LOGGED_OUT', cause: 'supervisor', reason: { code: 999 } })
      expect(asked()).toEqual(['READY applied', 'NOT_READY applied', 'LOGOUT applied'])
    },
  )

  it('of one on a call with wrap-up is confirmed after the wrap-up', async () => {
    const { ask, later, command, ended, asked, event } = await world({ loggedIn: '1' })
    await ask(AGENT, READY)
    event('call-start')
    const answer = await later(AGENT, FORCE)
    await expect.poll(async () => (await command(answer))['pending']).toBe(true)
    event('call-end', { agentId: AGENT, wrapUp: true })
    event('wrap-up-end')
    expect(await ended(answer)).toMatchObject({ status: 'confirmed' })
    expect(asked().filter((entry) => entry.startsWith('LOGOUT'))).toEqual(['LOGOUT applied'])
  })

  it('of one who is out already is confirmed unchanged, by a read, and nothing is sent', async () => {
    const { ask, asked } = await world()
    const answer = await ask(AGENT, FORCE)
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ status: 'confirmed', unchanged: true, confirmedBy: 'read' })
    expect(asked()).toEqual([])
  })

  it('takes 10101, already logged out, for done once the agent is seen to be out', async () => {
    const { ask, asked, vendor, fault, event } = await world({ loggedIn: '1' })
    await ask(AGENT, { action: 'NOT_READY' })
    fault('control-failure', { body: '22/10101' })
    const running = ask(AGENT, FORCE)
    await until(() => asked().some((entry) => entry.startsWith('LOGOUT')))
    event('agent-logout')
    expect((await running).body).toMatchObject({ status: 'confirmed' })
    expect(asked()).toEqual(['LOGOUT none'])
    expect(vendor()).toMatchObject({ state: 'LOGOUT' })
  })

  it('falls back to ForcedFlag 1 after 10112 where the site allows it', async () => {
    const { ask, fault, sim, vendor } = await world({ loggedIn: '1' }, { useForcedFlag: true })
    fault('control-failure', { body: '22/10112' })
    expect((await ask(AGENT, FORCE)).body).toMatchObject({ status: 'confirmed' })
    const logouts = sim.journal.list({ agentId: AGENT, operation: 'SET_AGENT_STATE_REQ' }).filter(({ asked }) => asked === 'LOGOUT')
    expect(logouts.map(({ detail, effect }) => [detail?.['forcedFlag'], effect])).toEqual([
      [0, 'none'],
      [1, 'applied'],
    ])
    expect(vendor()).toMatchObject({ state: 'LOGOUT', reason: 999 })
  })

  it('needs the right to force', async () => {
    const { ask, asked } = await world({ loggedIn: '1' })
    expect((await ask(AGENT, FORCE, SECRETS.crm)).body).toMatchObject({ status: 403, code: 'FORBIDDEN' })
    expect(asked()).toEqual([])
  })
})

describe('refusals carry the vendor’s own number and name', () => {
  it('10112: a logout that the state does not allow', async () => {
    const { ask, fault } = await world({ loggedIn: '1' })
    fault('control-failure', { body: '22/10112' })
    const answer = await ask(AGENT, { action: 'LOGOUT', reason: '101' })
    expect(answer.status).toBe(409)
    expect(answer.body).toMatchObject({
      code: 'INVALID_TRANSITION',
      commandStatus: 'rejected',
      effect: 'none',
      vendorSystem: 'cti-server',
      vendorCode: 'CF 22, PERERR 10112',
      vendorName: expect.stringMatching(/CF_INVALID_OBJECT_STATE.*CANTLOGOUTFROMCURRENTSTATE/) as string,
    })
  })

  it.each([
    ['NOT_READY', 8],
    ['LOGOUT', 16],
  ])('281: %s without the reason that the desk settings demand', async (action, mask) => {
    const { ask, event } = await world({ loggedIn: '1' }, { notReadyBeforeLogout: 0 })
    await ask(AGENT, READY)
    if (action === 'LOGOUT') await ask(AGENT, { action: 'NOT_READY' })
    event('desk-settings', { agentId: AGENT, mask })
    const answer = await ask(AGENT, { action })
    expect(answer.status).toBe(422)
    expect(answer.body).toMatchObject({ code: 'REASON_REQUIRED', vendorCode: 'CF 281', vendorName: 'CF_REASON_CODE_REQUIRED' })
    const reason = action === 'LOGOUT' ? '101' : '7'
    expect((await ask(AGENT, { action, reason })).body).toMatchObject({ status: 'confirmed' })
  })

  it('266: a code that the peripheral does not take', async () => {
    const { ask } = await world({ loggedIn: '1', reasonCodes: '7,101' })
    await ask(AGENT, READY)
    const answer = await ask(AGENT, { action: 'NOT_READY', reason: 'Break' })
    expect(answer.body).toMatchObject({
      status: 422,
      code: 'REASON_INVALID',
      vendorCode: 'CF 266',
      vendorName: 'CF_INVALID_AGENT_REASON_CODE',
    })
  })

  it('credentials, devices and agents who are elsewhere', async () => {
    const { ask, event } = await world({ loggedIn: '2' })
    expect((await ask('1003', { ...LOGIN, station: '2003', credentials: { password: 'wrong' } })).body).toMatchObject({
      status: 422,
      code: 'CREDENTIALS_INVALID',
      vendorCode: 'CF 257',
    })
    const credentials = { password: 'secret-1003' }
    expect((await ask('1003', { ...LOGIN, station: '9999', credentials })).body).toMatchObject({
      code: 'DEVICE_INVALID',
      vendorCode: 'CF 260, PERERR 10125',
    })
    expect((await ask('1003', { ...LOGIN, station: '2002', credentials })).body).toMatchObject({
      code: 'DEVICE_IN_USE',
      vendorCode: 'CF 283',
    })
    event('lock', { agentId: '1003' })
    expect((await ask('1003', { ...LOGIN, station: '2003', credentials })).body).toMatchObject({
      code: 'ACCOUNT_LOCKED',
      vendorCode: 'CF 289',
    })
    expect((await ask('1004', READY)).body).toMatchObject({ status: 409, code: 'NOT_LOGGED_IN' })
    expect((await ask(AGENT, { ...LOGIN, station: '2007' })).body).toMatchObject({ status: 409, code: 'ALREADY_LOGGED_IN' })
  })

  it('a number that no table knows stays visible', async () => {
    const { ask, fault } = await world({ loggedIn: '1' })
    fault('control-failure', { body: '4711' })
    expect((await ask(AGENT, READY)).body).toMatchObject({ code: 'VENDOR_REJECTED', vendorCode: 'CF 4711' })
  })

  it('an agent whom nobody knows is 404', async () => {
    const { ask, api, asked } = await world()
    for (const agentId of ['4444', 'a-name-too-long']) {
      expect((await ask(agentId, FORCE)).body).toMatchObject({ status: 404, code: 'AGENT_NOT_FOUND', commandStatus: 'rejected' })
      expect((await api.call('GET', `/v1/platforms/cisco-cti/agents/${agentId}/state`)).status).toBe(404)
      expect(asked(agentId)).toEqual([])
    }
  })
})

describe('confirmation and event', () => {
  it('a confirmation without event is confirmed by a read, never by itself', async () => {
    const { ask, fault, effects } = await world({ loggedIn: '1' })
    fault('no-event')
    expect((await ask(AGENT, READY)).body).toMatchObject({ status: 'confirmed', confirmedBy: 'read' })
    expect(effects()).toEqual(['READY applied'])
  })

  it('a confirmation without event and without effect is unconfirmed', async () => {
    const { ask, fault, asked, state } = await world({ loggedIn: '1' })
    fault('accept-then-nothing')
    const answer = await ask(AGENT, READY)
    expect(answer.status).toBe(504)
    expect(answer.body).toMatchObject({ code: 'UNCONFIRMED', commandStatus: 'unconfirmed', effect: 'unknown' })
    expect(asked()).toEqual(['READY none'])
    expect(await state(AGENT)).toMatchObject({ state: 'NOT_READY' })
  })

  it.each([
    ['event-before-conf', {}],
    ['no-conf', {}],
    ['late-conf', { delayMs: 400 }],
    ['late-event', { delayMs: 150 }],
    ['late-effect', { delayMs: 150 }],
    ['duplicate-conf', {}],
    ['duplicate-event', {}],
    ['wrong-invoke-id', {}],
    ['unknown-tag', {}],
    ['split', {}],
    ['garbage', {}],
    ['slow', { delayMs: 400 }],
  ])('%s: confirmed, with one effect', async (kind, more) => {
    const { ask, fault, effects, state } = await world({ loggedIn: '1' })
    fault(kind, more)
    expect((await ask(AGENT, READY)).body).toMatchObject({ status: 'confirmed' })
    expect(effects()).toEqual(['READY applied'])
    expect(await state(AGENT)).toMatchObject({ state: 'READY' })
  })

  it('events of a login in the wrong order leave the true state', async () => {
    const { ask, fault, state } = await world()
    fault('reorder-events')
    expect((await ask(AGENT, LOGIN)).body).toMatchObject({ status: 'confirmed' })
    await expect.poll(async () => (await state(AGENT))['state'], { timeout: 8_000 }).toBe('NOT_READY')
  })

  it('a failure that follows the confirmation is this command’s refusal', async () => {
    const { ask, fault } = await world({ loggedIn: '1' })
    fault('late-failure', { body: '22/10111' })
    expect((await ask(AGENT, READY)).body).toMatchObject({ status: 409, code: 'INVALID_TRANSITION', vendorCode: 'CF 22, PERERR 10111' })
  })

  it.each(['truncate', 'absurd-length', 'drop-after', 'half-open-after'])('%s: looked at before anything is sent again', async (kind) => {
    const { ask, fault, asked } = await world({ loggedIn: '1' })
    fault(kind)
    expect((await ask(AGENT, READY)).body).toMatchObject({ status: 'confirmed', confirmedBy: 'read' })
    expect(asked()).toEqual(['READY applied'])
  })
})

describe('the pair', () => {
  it.each([
    ['before it had an effect', 'slow', ['READY none', 'READY applied']],
    ['and it was swallowed', 'hang', ['READY none', 'READY applied']],
    ['after it had its effect', 'half-open-after', ['READY applied']],
  ])('side A dies in mid-command, %s: it ends right on side B, with one effect', async (_title, kind, expected) => {
    const { later, ended, asked, fault, event, link, sim, state } = await world({ loggedIn: '1' })
    fault(kind, { delayMs: 60_000 })
    const answer = await later(AGENT, READY)
    await until(() => asked().length > 0)
    event('side-down', { side: 'A' })
    expect(await ended(answer)).toMatchObject({ status: 'confirmed' })
    expect(asked()).toEqual(expected)
    const last = sim.journal.list({ operation: 'QUERY_AGENT_STATE_REQ', agentId: AGENT }).at(-1)
    expect(last?.detail).toMatchObject({ side: 'B' })
    expect(await link()).toMatchObject({ status: 'up' })
    expect(await state(AGENT)).toMatchObject({ state: 'READY', stale: false })
  })

  it('side A dies between the two steps of a forced logout: side B does the rest', async () => {
    const { ask, later, ended, asked, event, sim } = await world({ loggedIn: '1' })
    await ask(AGENT, READY)
    sim.faults.add({ kind: 'drop-after', operation: 'SET_AGENT_STATE_REQ', times: 1 })
    const answer = await later(AGENT, FORCE)
    await until(() => asked().includes('NOT_READY applied'))
    event('side-down', { side: 'A' })
    expect(await ended(answer)).toMatchObject({ status: 'confirmed' })
    expect(asked()).toEqual(['READY applied', 'NOT_READY applied', 'LOGOUT applied'])
  })

  it('both sides down: 202, stale views, and confirmed when one returns', async () => {
    const { ask, later, command, ended, effects, event, link, state } = await world({ loggedIn: '1' })
    await ask(AGENT, READY)
    event('side-down', { side: 'A' })
    event('side-down', { side: 'B' })
    await expect.poll(async () => (await link())['status']).not.toBe('up')
    const answer = await later(AGENT, FORCE)
    expect(answer.status).toBe(202)
    await expect.poll(async () => (await command(answer))['status']).toBe('retrying')
    expect(await command(answer)).toMatchObject({ attempts: 0, problem: { code: 'VENDOR_UNAVAILABLE' } })
    expect(await state(AGENT)).toMatchObject({ stale: true })
    event('side-up', { side: 'B' })
    expect(await ended(answer, 30_000)).toMatchObject({ status: 'confirmed' })
    expect(effects()).toEqual(['READY applied', 'NOT_READY applied', 'LOGOUT applied'])
    expect(await state(AGENT)).toMatchObject({ state: 'LOGGED_OUT', stale: false })
  }, 60_000)

  it('a planned fail-over moves the session to the other side', async () => {
    const { ask, event, up, link, sim } = await world({ loggedIn: '1' })
    event('failover', {})
    await expect.poll(async () => String((await link())['status'])).not.toBe('')
    await up()
    expect((await ask(AGENT, READY)).body).toMatchObject({ status: 'confirmed' })
    expect(sim.journal.list({ agentId: AGENT, operation: 'SET_AGENT_STATE_REQ' }).at(-1)?.detail).toMatchObject({ side: 'B' })
  })

  it('a half-open link is found by heart-beats: views are stale, then asked again', async () => {
    const { ask, event, link, state, up, sim } = await world({ loggedIn: '1' }, { heartbeatMs: 100 })
    await ask(AGENT, READY)
    // Nobody answers on either side for a while; the agent is logged out meanwhile, and no event is replayed.
    event('half-open', { side: 'A' })
    const refusal = sim.faults.add({ kind: 'hang', operation: 'OPEN_REQ' })
    await expect.poll(async () => (await link())['status'], { timeout: 8_000, interval: 20 }).not.toBe('up')
    expect(await state(AGENT)).toMatchObject({ state: 'READY', stale: true })
    event('agent-logout')
    sim.faults.remove(refusal.id)
    await up(20_000)
    await expect.poll(async () => (await state(AGENT))['stale'], { timeout: 8_000 }).toBe(false)
    expect(await state(AGENT)).toMatchObject({ state: 'LOGGED_OUT', source: 'read', drift: true })
  }, 60_000)
})

/** The descriptions of the article's table of predefined logout codes: everything between its heading and the list of reports. */
function articleTexts(): string[] {
  const text = readFileSync('test/fixtures/cisco-agent-logout-reason-codes.txt', 'utf8')
  const table = text.slice(text.indexOf('Reason CodeDescription'), text.indexOf('Reports that show'))
  const blocks = table.split(/\n\s*\n/).map((block) => block.replace(/\s+/g, ' ').trim())
  return blocks.filter((block) => /^(The|An|A|Forces|Not Ready) .*\.$/.test(block))
}

describe('reasons', () => {
  const list = async (api: Api, query = ''): Promise<Record<string, unknown>[]> =>
    ((await api.call('GET', `/v1/platforms/cisco-cti/reasons${query}`)).body as unknown as { reasons: Record<string, unknown>[] }).reasons

  it('are the site’s own and Cisco’s, with source and confidence', async () => {
    const { api } = await world()
    const reasons = await list(api)
    expect(reasons).toContainEqual(expect.objectContaining({ type: 'LOGOUT', code: 101, name: 'End of shift', system: false }))
    for (const code of [-1, -2, -3, 999, 50002, 50003, 50004, 50020, 50030, 50040, 50042]) {
      expect(reasons, String(code)).toContainEqual(expect.objectContaining({ type: 'LOGOUT', code, system: true }))
    }
    for (const reason of reasons.filter(({ system }) => system === true)) expect(reason['source']).toMatch(/confidence [ABC]/)
    expect(await list(api, '?type=LOGOUT')).toEqual(reasons.filter(({ type }) => type === 'LOGOUT'))
  })

  it('have every description of the logout reason article, and flag its codes of Cisco Agent Desktop', async () => {
    const { api } = await world()
    const reasons = await list(api, '?type=LOGOUT')
    const texts = articleTexts()
    expect(texts).toHaveLength(13)
    for (const text of texts) expect(reasons.map(({ vendorText }) => vendorText)).toContain(text)
    for (const code of [20001, 20002, 20003]) {
      expect(reasons.find((reason) => reason['code'] === code)).toMatchObject({ appliesTo: 'Cisco Agent Desktop', system: true })
    }
    expect(reasons.filter(({ appliesTo }) => appliesTo === 'Cisco Agent Desktop')).toHaveLength(3)
  })

  it('of Unified CCX are another table', async () => {
    const { api } = await world({}, { product: 'CCX' })
    const reasons = await list(api)
    expect(reasons).toContainEqual(expect.objectContaining({ type: 'LOGOUT', code: 22, key: 'SUPERVISOR.FORCED_LOGOUT' }))
    expect(reasons.filter(({ code }) => code === 50002 || code === 999)).toEqual([])
  })

  it('that a site demands are asked for before anything is sent', async () => {
    const { ask, api, asked } = await world({ loggedIn: '1' }, { reasonRequired: { notReady: true, logout: true } })
    expect((await ask(AGENT, { action: 'LOGOUT' })).body).toMatchObject({ status: 422, code: 'REASON_REQUIRED' })
    expect((await api.call('GET', '/v1/platforms/cisco-cti')).body).toMatchObject({
      reasonForNotReady: 'required',
      reasonForLogout: 'required',
    })
    expect(asked()).toEqual([])
    expect((await ask(AGENT, FORCE)).body).toMatchObject({ status: 'confirmed' })
  })

  it('that only Cisco’s software writes cannot be chosen', async () => {
    const { ask, asked } = await world({ loggedIn: '1' })
    expect((await ask(AGENT, { action: 'LOGOUT', reason: 'LOGOUT:50002' })).body).toMatchObject({ status: 422, code: 'REASON_INVALID' })
    expect(asked()).toEqual([])
  })
})

describe('the report of logouts', () => {
  it('shows code and text of each, who asked, and what the vendor did by itself; as JSON and as CSV', async () => {
    const { ask, api, event, state } = await world({ loggedIn: '4' })
    const reported = await ask(AGENT, { action: 'LOGOUT', reason: 'End of shift' })
    await ask('1002', FORCE)
    event('inactivity', { agentId: '1003' })
    event('device-out', { agentId: '1004' })
    await expect.poll(async () => (await state('1004'))['state']).toBe('LOGGED_OUT')
    const span = `from=${new Date(Date.now() - 60_000).toISOString()}&to=${new Date(Date.now() + 60_000).toISOString()}`
    const rows = async (): Promise<Record<string, unknown>[]> =>
      (
        (await api.call('GET', `/v1/platforms/cisco-cti/logouts?${span}`, { key: SECRETS.reader })).body as unknown as {
          logouts: Record<string, unknown>[]
        }
      ).logouts
    await expect.poll(async () => (await rows()).length, { timeout: 8_000 }).toBe(4)
    const found = await rows()
    const of = (agentId: string): Record<string, unknown> | undefined => found.find((row) => row['agentId'] === agentId)
    expect(of(AGENT)).toMatchObject({ code: 101, text: 'End of shift', cause: 'agent', command: reported.body['id'] })
    expect(of('1002')).toMatchObject({
      code: 999,
      text: 'A supervisor forced the logout',
      cause: 'supervisor',
      key: 'SUPERVISOR.FORCED_LOGOUT',
    })
    expect(of('1003')).toMatchObject({ code: 50004, text: expect.stringContaining('Inactivity') as string, cause: 'inactivity' })
    expect(of('1004')).toMatchObject({ code: 50003, text: expect.stringContaining('out of service') as string, cause: 'device' })
    const csv = await api.call('GET', `/v1/platforms/cisco-cti/logouts?${span}`, { key: SECRETS.reader, headers: { accept: 'text/csv' } })
    expect(csv.text.split('\n')[0]).toContain('code,name,text')
    expect(csv.text).toContain('101,End of shift')
    expect(csv.text).toContain('50004,Inactivity')
  })
})

describe('a large site', () => {
  it('10,000 agents are asked again after a reconnect, never more than the limit at once, and no command waits for them', async () => {
    const LIMIT = 40
    // The vendor answers late and refuses whatever is more than its limit: the journal shows both.
    const { ask, api, sim, event, up, state } = await world(
      { agents: '10000', loggedIn: '10000', maxOutstanding: String(LIMIT), answerDelayMs: '10' },
      { maxOutstanding: LIMIT, heartbeatMs: 1_000 },
    )
    const queries = (since = 0): number => sim.journal.list({ operation: 'QUERY_AGENT_STATE_REQ', since }).length
    await until(() => queries() >= 10_000, 60_000)
    const page = await api.call('GET', '/v1/platforms/cisco-cti/agents?limit=1000&after=10000')
    expect((page.body['agents'] as unknown as object[]).length).toBe(1_000)

    const before = sim.journal.list({}).at(-1)?.seq ?? 0
    event('drop-connections', { side: 'A' })
    await until(() => queries(before) > 0, 20_000)
    await up()
    const took: number[] = []
    for (const agentId of ['5000', '5001', '5002', '5003', '5004']) {
      const began = performance.now()
      expect((await ask(agentId, READY)).body).toMatchObject({ status: 'confirmed' })
      took.push(performance.now() - began)
    }
    // Served while most of the site still waits to be asked.
    expect(queries(before)).toBeLessThan(8_000)
    expect(Math.max(...took)).toBeLessThan(2_000)
    await until(() => queries(before) >= 10_000, 60_000)
    const refused = sim.journal.list({}).filter(({ effect, operation }) => effect === 'refused' && operation !== 'OPEN_REQ')
    expect(refused).toEqual([])
    expect(await state('10999')).toMatchObject({ state: 'NOT_READY', stale: false })
    console.info(`commands during the re-query: ${took.map((ms) => Math.round(ms)).join(', ')} ms`)
  }, 180_000)
})

describe('the servers as processes of their own', () => {
  const spec = (port: number, loggedIn: number): SimulatorSpec => ({
    platform: 'cisco-cti',
    port,
    controlPort: 0,
    options: { agents: '3', loggedIn: String(loggedIn) },
  })
  const start = async (port: number, loggedIn: number): Promise<SimulatorProcess> => {
    const started = await startSimulatorProcess(spec(port, loggedIn), () => undefined)
    open.push(started)
    return started
  }
  const portOf = (endpoint: string | undefined): number => Number(new URL(endpoint ?? '').port)
  const post = (control: string, path: string, body: object): Promise<Response> =>
    fetch(`${control}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  const journal = async (control: string): Promise<string[]> => {
    const entries = (await (await fetch(`${control}/journal?operation=SET_AGENT_STATE_REQ`)).json()) as Record<string, unknown>[]
    return entries.map((entry) => `${String(entry['asked'])} ${String(entry['effect'])}`)
  }

  it('both killed in mid-command: the command stays open, and is confirmed once they run again', async () => {
    const first = await start(0, 1)
    const api = await startApi({ config: testConfig({ platforms: [ciscoCtiPlatform(first.endpoints, QUICK)] }) })
    open.unshift(api)
    const { ask, later, command, ended, link, state, up } = platformApi(api, 'cisco-cti')
    await up()
    expect((await ask(AGENT, READY)).body).toMatchObject({ status: 'confirmed' })
    expect((await post(first.control, '/faults', { kind: 'hang', operation: 'SET_AGENT_STATE_REQ' })).status).toBe(201)
    const answer = await later(AGENT, FORCE)
    await expect.poll(() => journal(first.control), { timeout: 10_000 }).toEqual(['READY applied', 'NOT_READY none'])
    process.kill(first.pid, 'SIGKILL')
    await expect.poll(async () => (await link())['status'], { timeout: 10_000, interval: 20 }).not.toBe('up')
    await expect.poll(async () => (await command(answer))['status'], { timeout: 10_000 }).toBe('retrying')
    expect(await state(AGENT)).toMatchObject({ stale: true })
    // They come back on the same ports, where the agent has stayed logged in.
    const second = await restart(first)
    expect(await ended(answer, 40_000)).toMatchObject({ status: 'confirmed', force: true })
    expect(await journal(second.control)).toEqual(['LOGOUT applied'])
  }, 120_000)

  /** The pair again, on the ports that it had. Port B is the one after A; where it was not, a forwarder stands in. */
  async function restart(before: SimulatorProcess): Promise<SimulatorProcess> {
    const again = await start(0, 1)
    for (const side of ['side-a', 'side-b']) {
      const forwarder = createServer((socket) => {
        const target = connect(portOf(again.endpoints[side]), '127.0.0.1')
        socket.on('error', () => target.destroy()).on('close', () => target.destroy())
        target.on('error', () => socket.destroy()).on('close', () => socket.destroy())
        socket.pipe(target).pipe(socket)
      })
      await new Promise<void>((resolve) => forwarder.listen(portOf(before.endpoints[side]), '127.0.0.1', resolve))
      open.push({ stop: () => new Promise((resolve) => void forwarder.close(() => resolve())) })
    }
    return again
  }
})
