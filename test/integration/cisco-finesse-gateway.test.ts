import { afterEach, describe, expect, it } from 'vitest'
import { ciscoFinessePlatform } from '../../src/sandbox/platforms.js'
import { ciscoFinesseSimulator } from '../../src/simulators/cisco-finesse/index.js'
import { runSimulator, type RunningSimulator } from '../../src/simulators/kit/run.js'
import { SECRETS, startApi, testConfig } from '../support/api.js'
import { platformApi, type PlatformApi } from '../support/platform-api.js'

/** Quick enough for tests; everything else as in the sandbox. */
const QUICK = {
  confirmWithinMs: 3_000,
  systemInfoMs: 300,
  pollMs: 200,
  reconnectMinMs: 50,
  reconnectMaxMs: 300,
  xmpp: { allowPlaintext: true, keepAliveMs: 200 },
}
const AGENT = '1001'
const LUNCH = 'Lunch'
const SHIFT = 'End of Shift'
const FORCE = { action: 'LOGOUT', force: true }

interface World extends PlatformApi {
  readonly sim: RunningSimulator
  /** State requests that reached the vendor for the agent, with what each did. */
  asked(agentId?: string): string[]
  /** What those did that did anything. */
  effects(agentId?: string): string[]
  vendor(agentId?: string): Readonly<Record<string, unknown>> | undefined
  fault(kind: string, more?: { operation?: string; times?: number; delayMs?: number; body?: string; retryAfter?: string }): void
  event(type: string, body?: Readonly<Record<string, unknown>>): void
}

const open: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.stop()
})

async function world(simulator: Record<string, string> = {}, settings: Record<string, unknown> = {}): Promise<World> {
  const sim = await runSimulator(ciscoFinesseSimulator, { options: { agents: '6', ...simulator } })
  open.push(sim)
  const config = testConfig({ platforms: [ciscoFinessePlatform(sim.simulator.endpoints, 6, { ...QUICK, ...settings })] })
  const api = await startApi({ config })
  open.unshift(api)
  const platform = platformApi(api, 'cisco-finesse')
  await platform.up()
  const asked = (agentId = AGENT): string[] =>
    sim.journal.list({ agentId, operation: 'PUT /User/{id}' }).map((entry) => `${entry.asked} ${entry.effect}`)
  return {
    ...platform,
    sim,
    asked,
    effects: (agentId) => asked(agentId).filter((entry) => entry.endsWith(' applied')),
    vendor: (agentId = AGENT) => sim.simulator.agents().find((agent) => agent['agentId'] === agentId),
    fault: (kind, more = {}) => void sim.faults.add({ kind, operation: 'PUT /User/{id}', times: 1, ...more }),
    event: (type, body = { agentId: AGENT }) => void sim.simulator.event(type, body),
  }
}

const until = async (what: () => unknown, timeout = 10_000): Promise<void> =>
  void (await expect.poll(what, { timeout, interval: 10 }).toBeTruthy())

describe('an agent of Finesse', () => {
  it('logs in, goes ready, not ready with a code and out with a code; each confirmed by a notification, each sent once', async () => {
    const { ask, state, asked, vendor } = await world()
    const login = await ask(AGENT, { action: 'LOGIN' })
    expect(login.status).toBe(200)
    expect(login.body).toMatchObject({ status: 'confirmed', confirmedBy: 'event' })
    expect(await state(AGENT)).toMatchObject({ state: 'NOT_READY', routable: false, drift: false, stale: false })
    expect((await ask(AGENT, { action: 'READY' })).body).toMatchObject({ status: 'confirmed', confirmedBy: 'event' })
    expect(await state(AGENT)).toMatchObject({ state: 'READY', routable: true, source: 'event' })
    expect((await ask(AGENT, { action: 'NOT_READY', reason: '101' })).body).toMatchObject({ status: 'confirmed', confirmedBy: 'event' })
    expect(await state(AGENT)).toMatchObject({ state: 'NOT_READY', reason: { id: '11', code: 101, name: LUNCH } })
    expect((await ask(AGENT, { action: 'NOT_READY', reason: 'Break' })).body).toMatchObject({ status: 'confirmed', confirmedBy: 'event' })
    expect((await ask(AGENT, { action: 'LOGOUT', reason: SHIFT })).body).toMatchObject({ status: 'confirmed', confirmedBy: 'event' })
    expect(await state(AGENT)).toMatchObject({ state: 'LOGGED_OUT', reason: { id: '21', code: 201, name: SHIFT } })
    expect(vendor()).toMatchObject({ state: 'LOGOUT' })
    expect(asked()).toEqual(['LOGIN applied', 'READY applied', 'NOT_READY applied', 'NOT_READY applied', 'LOGOUT applied'])
  })

  it('logs in with the credentials of the command, and is refused with wrong ones', async () => {
    const { ask, asked } = await world({}, { accounts: {} })
    const wrong = await ask('1002', { action: 'LOGIN', station: '2002', credentials: { password: 'wrong' } })
    expect(wrong.body).toMatchObject({ status: 422, code: 'CREDENTIALS_INVALID', vendorSystem: 'finesse', vendorStatus: 401 })
    const right = await ask('1002', { action: 'LOGIN', station: '2002', credentials: { password: 'secret-1002' } })
    expect(right.body).toMatchObject({ status: 'confirmed' })
    expect(asked('1002').filter((entry) => entry.endsWith('applied'))).toEqual(['LOGIN applied'])
  })

  it('signs out from READY by way of NOT_READY', async () => {
    const { ask, asked } = await world({ loggedIn: '1' })
    await ask(AGENT, { action: 'READY' })
    expect((await ask(AGENT, { action: 'LOGOUT', reason: SHIFT })).body).toMatchObject({ status: 'confirmed' })
    expect(asked()).toEqual(['READY applied', 'NOT_READY applied', 'LOGOUT applied'])
  })
})

describe('forced logout', () => {
  it('of an idle agent is one request of the supervisor, confirmed at once', async () => {
    const { ask, state, asked, vendor } = await world({ loggedIn: '1' })
    await ask(AGENT, { action: 'READY' })
    const answer = await ask(AGENT, FORCE)
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ status: 'confirmed', force: true, confirmedBy: 'event' })
    expect(await state(AGENT)).toMatchObject({ state: 'LOGGED_OUT', drift: false })
    expect(vendor()).toMatchObject({ state: 'LOGOUT' })
    expect(asked()).toEqual(['READY applied', 'LOGOUT applied'])
  })

  it('of one on a call is 202 and pending, then confirmed when the call ends', async () => {
    const { ask, later, state, command, ended, asked, vendor, event } = await world({ loggedIn: '1' })
    await ask(AGENT, { action: 'READY' })
    event('call-start')
    await expect.poll(async () => (await state(AGENT))['state']).toBe('BUSY')
    const answer = await later(AGENT, FORCE)
    expect(answer.status).toBe(202)
    await expect.poll(async () => (await command(answer))['pending']).toBe(true)
    expect(await state(AGENT)).toMatchObject({ state: 'BUSY', pendingState: 'LOGGED_OUT', desired: 'LOGGED_OUT' })
    expect(vendor()).toMatchObject({ state: 'TALKING' })
    event('call-end')
    expect(await ended(answer)).toMatchObject({ status: 'confirmed', confirmedBy: 'event' })
    expect(await state(AGENT)).toMatchObject({ state: 'LOGGED_OUT' })
    expect(asked()).toEqual(['READY applied', 'LOGOUT applied'])
  })

  it('of one who is out already is confirmed unchanged, by a read, and nothing is sent', async () => {
    const { ask, asked } = await world()
    const answer = await ask(AGENT, FORCE)
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ status: 'confirmed', unchanged: true, confirmedBy: 'read' })
    expect(asked()).toEqual([])
  })

  it('NOT_READY during a call is pending too', async () => {
    const { ask, later, state, command, ended, event } = await world({ loggedIn: '1' })
    await ask(AGENT, { action: 'READY' })
    event('call-start')
    const answer = await later(AGENT, { action: 'NOT_READY', reason: LUNCH })
    await expect.poll(async () => (await command(answer))['pending']).toBe(true)
    expect(await state(AGENT)).toMatchObject({ state: 'BUSY', pendingState: 'NOT_READY' })
    event('call-end')
    expect(await ended(answer)).toMatchObject({ status: 'confirmed' })
    expect(await state(AGENT)).toMatchObject({ state: 'NOT_READY', reason: { id: '11' } })
  })
})

describe('refusals carry the vendor’s own words', () => {
  it('an asynchronous error belongs to the command whose requestId it carries', async () => {
    const { ask, fault, asked } = await world({ loggedIn: '2' })
    await ask('1002', { action: 'READY' })
    fault('async-error', { body: '22/10112' })
    const [refused, other] = await Promise.all([ask(AGENT, { action: 'READY' }), ask('1002', { action: 'NOT_READY', reason: LUNCH })])
    // The fault hits whichever comes first; the other one must not be touched by it.
    const answers = [refused, other]
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.find(({ status }) => status !== 200)?.body).toMatchObject({
      status: 409,
      code: 'INVALID_TRANSITION',
      effect: 'none',
      vendorSystem: 'finesse',
      vendorCode: '22/10112',
      vendorName: 'Invalid State',
      vendorRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    })
    expect([...asked(), ...asked('1002')].filter((entry) => entry.endsWith('none'))).toHaveLength(1)
  })

  it('an asynchronous error of somebody else’s request does not end a command', async () => {
    const { ask, fault, sim } = await world({ loggedIn: '1' })
    // The desk's own request is refused while ours is on its way: both errors go to the same node of the agent.
    fault('late-effect', { delayMs: 500 })
    const running = ask(AGENT, { action: 'READY' })
    await until(() => sim.journal.list({ agentId: AGENT, operation: 'PUT /User/{id}' }).length > 0)
    sim.faults.add({ kind: 'async-error', operation: 'PUT /User/{id}', times: 1, body: '22/10112' })
    const desk = await fetch(`${sim.simulator.endpoints['primary']}/finesse/api/User/${AGENT}`, {
      method: 'PUT',
      headers: {
        authorization: `Basic ${Buffer.from(`${AGENT}:secret-${AGENT}`).toString('base64')}`,
        'content-type': 'application/xml',
        requestId: 'of-the-desk',
      },
      body: '<User><state>LOGOUT</state><reasonCodeId>21</reasonCodeId></User>',
    })
    expect(desk.status).toBe(202)
    expect((await running).body).toMatchObject({ status: 'confirmed' })
  })

  it('10112 from the peripheral, when the agent went READY unheard', async () => {
    const { ask, fault, event, state } = await world({ loggedIn: '1' }, { supervisorNotReady: false })
    await ask(AGENT, { action: 'NOT_READY', reason: LUNCH })
    fault('async-error', { body: '22/10112' })
    event('repeat-state')
    const answer = await ask(AGENT, { action: 'LOGOUT', reason: SHIFT })
    expect(answer.body).toMatchObject({ status: 409, code: 'INVALID_TRANSITION', vendorCode: '22/10112' })
    expect(await state(AGENT)).toMatchObject({ state: 'NOT_READY' })
  })

  it('a mandatory reason', async () => {
    const { ask, asked } = await world({ loggedIn: '1' })
    await ask(AGENT, { action: 'READY' })
    const answer = await ask(AGENT, { action: 'NOT_READY' })
    expect(answer.status).toBe(422)
    expect(answer.body).toMatchObject({ code: 'REASON_REQUIRED', vendorSystem: 'finesse', vendorStatus: 400 })
    expect(answer.body['vendorName']).toBe('Parameter Missing')
    expect(asked()).toEqual(['READY applied', 'NOT_READY refused'])
  })

  it('a mandatory reason that the configuration knows of is asked for without asking Finesse', async () => {
    const { ask, asked } = await world({ loggedIn: '1' }, { reasonRequired: { notReady: true, logout: true } })
    await ask(AGENT, { action: 'READY' })
    expect((await ask(AGENT, { action: 'NOT_READY' })).body).toMatchObject({ status: 422, code: 'REASON_REQUIRED' })
    expect(asked()).toEqual(['READY applied'])
  })

  it('errors in either letter case', async () => {
    const { ask, fault } = await world({ loggedIn: '1', invalidState: 'sync' })
    await ask('1002', { action: 'LOGIN' })
    fault('lower-camel-error')
    const answer = await ask(AGENT, { action: 'LOGIN', station: '2005' })
    expect(answer.body).toMatchObject({ status: 409, code: 'ALREADY_LOGGED_IN' })
    fault('lower-camel-error')
    const missing = await ask('1002', { action: 'LOGOUT' })
    expect(missing.body).toMatchObject({ status: 422, code: 'REASON_REQUIRED', vendorStatus: 400 })
  })

  it('a device that does not exist, and one that is in use', async () => {
    const { ask } = await world({ loggedIn: '1' })
    expect((await ask('1002', { action: 'LOGIN', station: '9999' })).body).toMatchObject({
      status: 422,
      code: 'DEVICE_INVALID',
      vendorCode: '260/10125',
      vendorName: 'Invalid Device',
    })
    expect((await ask('1002', { action: 'LOGIN', station: '2001' })).body).toMatchObject({ status: 409, code: 'DEVICE_IN_USE' })
  })

  it('an agent whom nobody knows is 404', async () => {
    const { ask, api, asked } = await world()
    expect((await ask('4444', FORCE)).body).toMatchObject({ status: 404, code: 'AGENT_NOT_FOUND', commandStatus: 'rejected' })
    expect((await api.call('GET', '/v1/platforms/cisco-finesse/agents/4444/state')).status).toBe(404)
    expect(asked('4444')).toEqual([])
  })

  it('forcing needs the right to', async () => {
    const { ask, asked } = await world({ loggedIn: '1' })
    expect((await ask(AGENT, FORCE, SECRETS.crm)).body).toMatchObject({ status: 403, code: 'FORBIDDEN' })
    expect(asked()).toEqual([])
  })
})

describe('the report of logouts', () => {
  it('shows the code and the text of the site’s own reason, and Cisco’s own codes', async () => {
    const { ask, api, event, state } = await world({ loggedIn: '3' })
    await ask(AGENT, { action: 'LOGOUT', reason: SHIFT })
    await ask('1002', FORCE)
    event('agent-logout', { agentId: '1003', reasonCodeId: 22 })
    await expect.poll(async () => (await state('1003'))['state']).toBe('LOGGED_OUT')
    const span = `from=${new Date(Date.now() - 60_000).toISOString()}&to=${new Date(Date.now() + 60_000).toISOString()}`
    const rows = async (): Promise<Record<string, unknown>[]> =>
      (
        (await api.call('GET', `/v1/platforms/cisco-finesse/logouts?${span}`, { key: SECRETS.reader })).body as unknown as {
          logouts: Record<string, unknown>[]
        }
      ).logouts
    await expect.poll(async () => (await rows()).length, { timeout: 8_000 }).toBe(3)
    const found = await rows()
    const of = (agentId: string): Record<string, unknown> | undefined => found.find((row) => row['agentId'] === agentId)
    expect(of(AGENT)).toMatchObject({ code: 201, name: SHIFT, text: SHIFT })
    expect(of('1002')?.['requestedBy']).toBe('supervisor')
    expect(of('1003')).toMatchObject({ code: 202, text: 'Training' })
  })
})

describe('202 and notification', () => {
  it('a 202 without notification is confirmed by a read, never by itself', async () => {
    const { ask, fault, effects } = await world({ loggedIn: '1' })
    fault('no-event')
    expect((await ask(AGENT, { action: 'READY' })).body).toMatchObject({ status: 'confirmed', confirmedBy: 'read' })
    expect(effects()).toEqual(['READY applied'])
  })

  it('a 202 without notification and without effect is unconfirmed', async () => {
    const { ask, fault, asked } = await world({ loggedIn: '1' })
    fault('accept-then-nothing')
    const answer = await ask(AGENT, { action: 'READY' })
    expect(answer.status).toBe(504)
    expect(answer.body).toMatchObject({ code: 'UNCONFIRMED', commandStatus: 'unconfirmed', effect: 'unknown' })
    expect(asked()).toEqual(['READY none'])
  })

  it.each([
    ['event-before-answer', {}],
    ['late-event', { delayMs: 250 }],
    ['late-effect', { delayMs: 250 }],
    ['duplicate-event', {}],
    ['slow', { delayMs: 400 }],
  ])('%s: confirmed, with one effect', async (kind, more) => {
    const { ask, fault, effects, state } = await world({ loggedIn: '1' })
    fault(kind, more)
    expect((await ask(AGENT, { action: 'READY' })).body).toMatchObject({ status: 'confirmed' })
    expect(effects()).toEqual(['READY applied'])
    expect(await state(AGENT)).toMatchObject({ state: 'READY' })
  })

  it('notifications of a login in the wrong order leave the true state', async () => {
    const { ask, fault, state } = await world()
    fault('reorder-events')
    expect((await ask(AGENT, { action: 'LOGIN' })).body).toMatchObject({ status: 'confirmed' })
    await expect.poll(async () => (await state(AGENT))['state'], { timeout: 8_000 }).toBe('NOT_READY')
  })

  it('a notification that is late by a state does not turn the view back', async () => {
    const { ask, fault, state } = await world({ loggedIn: '1' })
    fault('late-event', { delayMs: 1_200 })
    expect((await ask(AGENT, { action: 'READY' })).body).toMatchObject({ status: 'confirmed', confirmedBy: 'read' })
    expect((await ask(AGENT, { action: 'NOT_READY', reason: LUNCH })).body).toMatchObject({ status: 'confirmed' })
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect(await state(AGENT)).toMatchObject({ state: 'NOT_READY', drift: false })
  })

  it.each(['drop-after', 'html-body', 'broken-xml', 'hang-after'])('%s: the effect happens once', async (kind) => {
    const { ask, fault, effects, state } = await world({ loggedIn: '1' })
    fault(kind)
    expect((await ask(AGENT, { action: 'READY' })).body).toMatchObject({ status: 'confirmed' })
    expect(effects()).toEqual(['READY applied'])
    expect(await state(AGENT)).toMatchObject({ state: 'READY' })
  })

  it('while notifications are away, polling and reads confirm, and the link says degraded', async () => {
    const { ask, event, link, state, sim, up } = await world({ loggedIn: '1' }, { authHoldMs: 300 })
    const refusal = sim.faults.add({ kind: 'xmpp-refuse', operation: 'xmpp auth' })
    event('xmpp-drop', {})
    await expect.poll(async () => (await link())['status'], { timeout: 8_000, interval: 20 }).toBe('degraded')
    const answer = await ask(AGENT, { action: 'READY' })
    expect(answer.body).toMatchObject({ status: 'confirmed', confirmedBy: 'read' })
    expect(await state(AGENT)).toMatchObject({ state: 'READY', source: 'read', stale: false })
    event('agent-login', { agentId: '1004' })
    await expect.poll(async () => (await state('1004'))['state'], { timeout: 5_000 }).toBe('NOT_READY')
    sim.faults.remove(refusal.id)
    await up()
  })

  it('a silent notification connection is found and opened anew', async () => {
    const { ask, event, up, link } = await world({ loggedIn: '1' })
    event('xmpp-silence', {})
    expect((await ask(AGENT, { action: 'READY' })).body).toMatchObject({ status: 'confirmed' })
    await expect.poll(async () => (await link())['status'], { timeout: 8_000, interval: 10 }).toBe('up')
    await up()
    expect((await ask(AGENT, { action: 'NOT_READY', reason: LUNCH })).body).toMatchObject({ status: 'confirmed' })
  })
})

describe('the pair of nodes', () => {
  it.each(['side-down', 'side-standby'])(
    'the primary goes away in mid-command (%s): it ends right on the secondary, with one effect',
    async (how) => {
      const { later, ended, asked, effects, fault, event, link, state } = await world({ loggedIn: '1' })
      fault('hang')
      const answer = await later(AGENT, { action: 'READY' })
      await until(() => asked().length > 0)
      event(how, { side: 'primary' })
      expect(await ended(answer, 30_000)).toMatchObject({ status: 'confirmed' })
      expect(effects()).toEqual(['READY applied'])
      await expect.poll(async () => (await link())['detail'], { timeout: 8_000 }).toMatch(/^secondary/)
      expect(await state(AGENT)).toMatchObject({ state: 'READY', stale: false })
    },
    60_000,
  )

  it('the primary dies after the effect: it is seen on the secondary and not sent again', async () => {
    const { later, ended, asked, fault, event } = await world({ loggedIn: '1' })
    fault('hang-after')
    const answer = await later(AGENT, { action: 'READY' })
    await until(() => asked().includes('READY applied'))
    event('side-down', { side: 'primary' })
    expect(await ended(answer, 30_000)).toMatchObject({ status: 'confirmed' })
    expect(asked()).toEqual(['READY applied'])
  }, 60_000)

  it('a primary out of service is left for the secondary', async () => {
    const { ask, event, link, up, sim } = await world({ loggedIn: '1' })
    event('side-standby', { side: 'primary' })
    await expect.poll(async () => (await link())['detail'], { timeout: 8_000, interval: 20 }).toMatch(/^secondary/)
    await up()
    const before = sim.journal.list({}).at(-1)?.seq ?? 0
    expect((await ask(AGENT, { action: 'READY' })).body).toMatchObject({ status: 'confirmed', confirmedBy: 'event' })
    const puts = sim.journal.list({ since: before, operation: 'PUT /User/{id}' })
    expect(puts.map(({ detail }) => detail?.['node'] ?? detail?.['side'])).toEqual(['secondary'])
  })

  it('both nodes away: 202, and confirmed when one returns', async () => {
    const { ask, later, command, ended, effects, event, link, state } = await world({ loggedIn: '1' })
    await ask(AGENT, { action: 'READY' })
    event('side-down', { side: 'primary' })
    event('side-down', { side: 'secondary' })
    await expect.poll(async () => (await link())['status'], { timeout: 8_000, interval: 20 }).toBe('down')
    const answer = await later(AGENT, FORCE)
    expect(answer.status).toBe(202)
    await expect.poll(async () => (await command(answer))['status']).toBe('retrying')
    expect(await state(AGENT)).toMatchObject({ stale: true })
    event('side-up', { side: 'secondary' })
    expect(await ended(answer, 30_000)).toMatchObject({ status: 'confirmed' })
    expect(effects()).toEqual(['READY applied', 'LOGOUT applied'])
    await expect.poll(async () => await state(AGENT)).toMatchObject({ state: 'LOGGED_OUT', stale: false })
  }, 60_000)

  it('both out of service (their CTI Server is lost): 202, and confirmed when they are back', async () => {
    const { later, command, ended, effects, event } = await world({ loggedIn: '1' })
    event('cti-lost', {})
    const answer = await later(AGENT, FORCE)
    await expect.poll(async () => (await command(answer))['status']).toBe('retrying')
    expect(await command(answer)).toMatchObject({ problem: { code: 'VENDOR_UNAVAILABLE' } })
    event('cti-back', {})
    expect(await ended(answer, 30_000)).toMatchObject({ status: 'confirmed' })
    expect(effects()).toEqual(['LOGOUT applied'])
  }, 60_000)
})

describe('answers of the web server', () => {
  it('503 is tried again, and nothing is sent twice', async () => {
    const { ask, fault, effects } = await world({ loggedIn: '1' })
    fault('unavailable', { retryAfter: '1' })
    expect((await ask(AGENT, { action: 'READY' })).body).toMatchObject({ status: 'confirmed' })
    expect(effects()).toEqual(['READY applied'])
  })

  it('429 waits as long as it says', async () => {
    const { ask, fault, sim, effects } = await world({ loggedIn: '1' })
    fault('too-many', { retryAfter: '1' })
    expect((await ask(AGENT, { action: 'READY' })).body).toMatchObject({ status: 'confirmed' })
    const [first, second] = sim.journal.list({ agentId: AGENT, operation: 'PUT /User/{id}' })
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1_000)
    expect(effects()).toEqual(['READY applied'])
  })

  it('401 of the agent’s account is the caller’s affair', async () => {
    const { ask, fault, effects } = await world({ loggedIn: '1' })
    fault('unauthorized')
    expect((await ask(AGENT, { action: 'READY' })).body).toMatchObject({
      status: 422,
      code: 'CREDENTIALS_INVALID',
      vendorStatus: 401,
      vendorName: 'Authorization Failure',
    })
    expect(effects()).toEqual([])
  })

  it('401 of the supervisor’s account is the gateway’s, and is not hammered until the account is locked', async () => {
    const sim = await runSimulator(ciscoFinesseSimulator, { options: { agents: '6', loggedIn: '1' } })
    open.push(sim)
    const settings = { ...QUICK, supervisor: { id: '900', password: 'wrong' }, accounts: {} }
    const api = await startApi({ config: testConfig({ platforms: [ciscoFinessePlatform(sim.simulator.endpoints, 0, settings)] }) })
    open.unshift(api)
    const { later, command, link } = platformApi(api, 'cisco-finesse')
    const answers = await Promise.all(['1001', '1002', '1003', '1004', '1005', '1006'].map((agentId) => later(agentId, FORCE)))
    for (const answer of answers) {
      await expect.poll(async () => (await command(answer))['problem'], { timeout: 8_000 }).toMatchObject({ code: 'VENDOR_AUTH' })
      expect(await command(answer)).toMatchObject({ status: 'retrying', attempts: 0 })
    }
    expect(await link()).toMatchObject({ status: 'down' })
    expect(sim.journal.list({}).filter(({ effect }) => effect === 'refused').length).toBeLessThan(5)
  })

  it('a supervisor of another team may not', async () => {
    const sim = await runSimulator(ciscoFinesseSimulator, { options: { agents: '6', loggedIn: '1' } })
    open.push(sim)
    const settings = { ...QUICK, supervisor: { id: '901', password: 'secret-901' }, accounts: {} }
    const api = await startApi({ config: testConfig({ platforms: [ciscoFinessePlatform(sim.simulator.endpoints, 0, settings)] }) })
    open.unshift(api)
    const { ask } = platformApi(api, 'cisco-finesse')
    expect((await ask(AGENT, FORCE)).body).toMatchObject({ code: 'VENDOR_FORBIDDEN', vendorStatus: 401 })
  })
})
