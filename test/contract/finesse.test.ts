import nock from 'nock'
import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { ciscoFinesse } from '../../src/adapters/cisco-finesse/index.js'
import type { Adapter, Credentials, Logger, Step } from '../../src/core/adapter.js'
import { systemClock } from '../../src/core/clock.js'
import { unknownView, type AgentState, type AgentView } from '../../src/core/model/agent-state.js'
import type { ResolvedAction } from '../../src/core/model/command.js'

const HOST = 'https://finesse-a.example.com:8445'
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const XML = { 'Content-Type': 'application/xml' }
const basic = (user: string, password: string): string => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
const SUPERVISOR = basic('boss', 'super-secret')
const AGENT = basic('1001', 'agent-secret')
const called = new Set<string>()
const adapters: Adapter[] = []

function adapter(overrides: Record<string, unknown> = {}): Adapter {
  const write = (): void => undefined
  const log: Logger = { debug: write, info: write, warn: write, error: write }
  const options = ciscoFinesse.options.parse({
    primary: { api: HOST },
    supervisor: { id: '900', username: 'boss', password: 'super-secret' },
    accounts: { '1001': { password: 'agent-secret', extension: '2001' } },
    xmpp: { enabled: false },
    ...overrides,
  })
  const made = ciscoFinesse.create({ platform: 'finesse', log, clock: systemClock, options })
  adapters.push(made)
  return made
}

interface Expected {
  readonly authorization: string
  readonly body?: string
}

/** Answers one request and proves its method, URL, headers and body byte for byte. */
function expectCall(
  method: 'GET' | 'PUT',
  path: string,
  expected: Expected,
  answer: { status: number; body?: string; headers?: Record<string, string> },
): nock.Scope {
  return nock(HOST)
    .intercept(`/finesse/api${path}`, method)
    .reply(function (_uri, body) {
      const headers = this.req.headers
      expect(headers['authorization']).toBe(expected.authorization)
      expect(headers['accept']).toBe('application/xml')
      if (method === 'PUT') {
        expect(headers['content-type']).toBe('application/xml')
        expect(headers['requestid']).toMatch(UUID)
        expect(body).toBe(expected.body)
      } else {
        expect(headers['content-type']).toBeUndefined()
        expect(body).toBe('')
      }
      called.add(`${method} ${path.split('?')[0]?.replace(/^(\/(?:User|Team|TeamResource))\/[^/]+/, '$1/{id}')}`)
      return [answer.status, answer.body ?? '', answer.headers ?? {}]
    })
}

const view = (state: AgentState, extra: Partial<AgentView> = {}): AgentView => ({
  ...unknownView('1001', 0),
  state,
  stale: false,
  source: 'read',
  ...extra,
})
const signal = (): AbortSignal => AbortSignal.timeout(3000)

/** Sends all steps of an action's plan. */
async function send(made: Adapter, action: ResolvedAction, from: AgentView, agentId = '1001', credentials?: Credentials): Promise<void> {
  for (const step of made.plan(action, agentId, from).steps) {
    await made.send(step, { agentId, signal: signal(), ...(credentials !== undefined && { credentials }) })
  }
}

const user = (...lines: string[]): string => `<User>\n${lines.map((line) => `  ${line}\n`).join('')}</User>\n`
const lunch = { id: '11', code: 101, name: 'Lunch', type: 'NOT_READY', system: false } as const
const ACCEPTED = { status: 202 }

beforeEach(() => nock.disableNetConnect())
afterEach(async () => {
  await Promise.all(adapters.splice(0).map((made) => made.stop()))
  expect(nock.pendingMocks()).toEqual([])
  nock.cleanAll()
})
afterAll(() => nock.enableNetConnect())

describe('User PUT', () => {
  it.each<[string, ResolvedAction, AgentView, Expected]>([
    [
      'signs in with the extension',
      { kind: 'LOGIN' },
      view('LOGGED_OUT'),
      { authorization: AGENT, body: user('<state>LOGIN</state>', '<extension>2001</extension>') },
    ],
    ['goes ready', { kind: 'READY' }, view('NOT_READY'), { authorization: AGENT, body: user('<state>READY</state>') }],
    [
      'goes not ready with the database id of the reason',
      { kind: 'NOT_READY', reason: lunch },
      view('READY'),
      { authorization: AGENT, body: user('<state>NOT_READY</state>', '<reasonCodeId>11</reasonCodeId>') },
    ],
    [
      'signs out with a reason, of all media',
      { kind: 'LOGOUT', reason: { ...lunch, id: '21', type: 'LOGOUT' }, options: { logoutAllMedia: true } },
      view('NOT_READY'),
      {
        authorization: AGENT,
        body: user('<state>LOGOUT</state>', '<reasonCodeId>21</reasonCodeId>', '<logoutAllMedia>true</logoutAllMedia>'),
      },
    ],
    [
      'forces out as the supervisor, without a reason',
      { kind: 'LOGOUT', force: true, reason: lunch },
      view('BUSY'),
      { authorization: SUPERVISOR, body: user('<state>LOGOUT</state>') },
    ],
    [
      'signs in a mobile agent on a chosen device, escaped',
      {
        kind: 'LOGIN',
        station: '2<1&',
        options: { activeDeviceId: 'SEP"1', mobileAgentMode: 'CALL_BY_CALL', mobileAgentDialNumber: '5551' },
      },
      view('LOGGED_OUT'),
      {
        authorization: AGENT,
        body: user(
          '<state>LOGIN</state>',
          '<extension>2&lt;1&amp;</extension>',
          '<activeDeviceId>SEP&quot;1</activeDeviceId>',
          '<mobileAgent>\n    <mode>CALL_BY_CALL</mode>\n    <dialNumber>5551</dialNumber>\n  </mobileAgent>',
        ),
      },
    ],
  ])('%s', async (_title, action, from, expected) => {
    expectCall('PUT', '/User/1001', expected, ACCEPTED)
    await send(adapter(), action, from)
  })

  it('takes the credentials of the command before the configured ones, and encodes the id in the path', async () => {
    expectCall('PUT', '/User/a%2Fb', { authorization: basic('agent.b', 'own'), body: user('<state>READY</state>') }, ACCEPTED)
    await send(adapter(), { kind: 'READY', hasSecret: true }, view('NOT_READY'), 'a/b', { username: 'agent.b', password: 'own' })
    expectCall('PUT', '/User/1001', { authorization: 'Bearer tok', body: user('<state>READY</state>') }, ACCEPTED)
    await send(adapter(), { kind: 'READY', hasSecret: true }, view('NOT_READY'), '1001', { token: 'tok' })
  })

  it('carries a bearer token where the supervisor has one', async () => {
    expectCall('PUT', '/User/1002', { authorization: 'Bearer tok-900', body: user('<state>LOGOUT</state>') }, ACCEPTED)
    await send(adapter({ supervisor: { id: '900', token: 'tok-900' } }), { kind: 'LOGOUT', force: true }, view('READY'), '1002')
  })

  it('acknowledges with the requestId that it sent, and keeps the one that came back for support', async () => {
    expectCall(
      'PUT',
      '/User/1001',
      { authorization: AGENT, body: user('<state>READY</state>') },
      { status: 202, headers: { requestId: 'echo-1' } },
    )
    const made = adapter()
    const [step] = made.plan({ kind: 'READY' }, '1001', view('NOT_READY')).steps
    const ack = await made.send(step as Step, { agentId: '1001', signal: signal() })
    expect(ack.correlation).toMatch(UUID)
    expect(ack.vendorRef).toBe('echo-1')
  })

  it.each<[number, string, string, string, { code: string; effect: string }, boolean?]>([
    [400, 'Parameter Missing', 'finesse.api.reasoncode.require_reasoncode', '', { code: 'REASON_REQUIRED', effect: 'none' }],
    [400, 'Invalid State', 'Invalid State specified', '22', { code: 'INVALID_TRANSITION', effect: 'none' }],
    [401, 'Authorization Failure', 'no', '', { code: 'CREDENTIALS_INVALID', effect: 'none' }],
    [401, 'Authorization Failure', 'no', '', { code: 'VENDOR_AUTH', effect: 'none' }, true],
    [401, 'Invalid Supervisor', 'not yours', '', { code: 'VENDOR_FORBIDDEN', effect: 'none' }, true],
    [404, 'User Not Found', 'UNKNOWN_USER', '4023', { code: 'AGENT_NOT_FOUND', effect: 'none' }],
    [500, 'Internal Server Error', 'x', '', { code: 'VENDOR_ERROR', effect: 'unknown' }],
    [503, 'Service Unavailable', 'OUT_OF_SERVICE', '', { code: 'VENDOR_UNAVAILABLE', effect: 'none' }],
  ])(
    'maps %i %s to our code, whatever the letter case of the element names',
    async (status, type, message, data, expected, force = false) => {
      const pascal = `<ApiErrors><ApiError><ErrorType>${type}</ErrorType><ErrorMessage>${message}</ErrorMessage><ErrorData>${data}</ErrorData></ApiError></ApiErrors>`
      const camel = `<apiErrors><apiError><errorType>${type}</errorType><errorMessage>${message}</errorMessage><errorData>${data}</errorData></apiError></apiErrors>`
      for (const body of [pascal, camel]) {
        expectCall(
          'PUT',
          '/User/1001',
          { authorization: force ? SUPERVISOR : AGENT, body: user(`<state>${force ? 'LOGOUT' : 'READY'}</state>`) },
          { status, body, headers: XML },
        )
        const sending = send(adapter(), force ? { kind: 'LOGOUT', force } : { kind: 'READY' }, view('NOT_READY'))
        await expect(sending).rejects.toMatchObject({ ...expected, fault: { system: 'finesse', httpStatus: status, name: type } })
      }
    },
  )

  it('describes what it sends, with the credentials hidden', async () => {
    const made = adapter()
    const [step] = made.plan({ kind: 'LOGIN' }, '1001', view('LOGGED_OUT')).steps
    expect(made.describe(step as Step, '1001')).toEqual({
      target: `PUT ${HOST}/finesse/api/User/1001`,
      headers: { Accept: 'application/xml', Authorization: 'Basic ***', 'Content-Type': 'application/xml', requestId: '(a new UUID)' },
      body: user('<state>LOGIN</state>', '<extension>2001</extension>'),
    })
  })
})

describe('reads', () => {
  it('GET /User/{id} as the supervisor', async () => {
    const body =
      '<User><loginId>1001</loginId><state>NOT_READY</state><pendingState></pendingState><reasonCodeId>11</reasonCodeId><ReasonCode><uri>/finesse/api/ReasonCode/11</uri><code>101</code><label>Lunch &amp; more</label></ReasonCode><stateChangeTime>2026-03-01T17:58:21.123Z</stateChangeTime><extension>2001</extension><mediaType>1</mediaType></User>'
    expectCall('GET', '/User/1001', { authorization: SUPERVISOR }, { status: 200, body, headers: XML })
    expect(await adapter().read('1001', { signal: signal() })).toMatchObject({
      agentId: '1001',
      state: 'NOT_READY',
      vendorState: 'NOT_READY',
      reason: { id: '11', code: 101, name: 'Lunch & more' },
      since: Date.parse('2026-03-01T17:58:21.123Z'),
      source: 'read',
      vendor: { extension: '2001' },
    })
  })

  it('GET /TeamResource/{id}/ReasonCodes of the team of the agent, both categories', async () => {
    expectCall(
      'GET',
      '/User/1001',
      { authorization: SUPERVISOR },
      { status: 200, body: '<User><loginId>1001</loginId><state>LOGOUT</state><teamId>7</teamId></User>' },
    )
    for (const [category, id] of [
      ['NOT_READY', '11'],
      ['LOGOUT', '21'],
    ] as const) {
      const body = `<ReasonCodes category="${category}"><ReasonCode><uri>/finesse/api/ReasonCode/${id}</uri><category>${category}</category><code>1${id}</code><label>R${id}</label><forAll>false</forAll></ReasonCode></ReasonCodes>`
      expectCall('GET', `/TeamResource/7/ReasonCodes?category=${category}`, { authorization: SUPERVISOR }, { status: 200, body })
    }
    const reasons = await adapter().reasons({ agentId: '1001', signal: signal() })
    expect(reasons.filter((reason) => !reason.system)).toMatchObject([
      { id: '11', code: 111, name: 'R11', type: 'NOT_READY', teams: ['7'] },
      { id: '21', code: 121, name: 'R21', type: 'LOGOUT', teams: ['7'] },
    ])
  })

  it("GET /User/{id}/ReasonCodes with the agent's own credentials, where the site is older than 12.5", async () => {
    for (const category of ['NOT_READY', 'LOGOUT']) {
      expectCall(
        'GET',
        `/User/1001/ReasonCodes?category=${category}`,
        { authorization: AGENT },
        { status: 200, body: '<ReasonCodes></ReasonCodes>' },
      )
    }
    const reasons = await adapter({ reasonLists: 'user' }).reasons({ agentId: '1001', signal: signal() })
    expect(reasons.every((reason) => reason.system)).toBe(true)
  })

  it('GET /Team/{id} with the agents that are logged out', async () => {
    expectCall(
      'GET',
      '/User/900',
      { authorization: SUPERVISOR },
      { status: 200, body: '<User><loginId>900</loginId><state>LOGOUT</state><teams><Team><id>7</id></Team></teams></User>' },
    )
    expectCall(
      'GET',
      '/Team/7?includeLoggedOutAgents=true',
      { authorization: SUPERVISOR },
      {
        status: 200,
        body: '<Team><id>7</id><users><User><loginId>1001</loginId><state>READY</state></User><User><loginId>1002</loginId><state>LOGOUT</state></User></users></Team>',
      },
    )
    expect((await adapter().list?.({ signal: signal() }))?.map((found) => [found.agentId, found.state])).toEqual([
      ['1001', 'READY'],
      ['1002', 'LOGGED_OUT'],
    ])
  })

  it('GET /SystemInfo without credentials first, with them once the node asked for them', async () => {
    let answered = 0
    nock(HOST)
      .get('/finesse/api/SystemInfo')
      .reply(function () {
        expect(this.req.headers['authorization']).toBeUndefined()
        return [401, '', {}]
      })
    nock(HOST)
      .get('/finesse/api/SystemInfo')
      .reply(function () {
        expect(this.req.headers['authorization']).toBe(SUPERVISOR)
        called.add('GET /SystemInfo')
        answered += 1
        return [200, '<SystemInfo><status>OUT_OF_SERVICE</status></SystemInfo>', {}]
      })
    const made = adapter()
    await made.start({ agent: () => undefined, link: () => undefined })
    await expect.poll(() => answered, { timeout: 3000 }).toBe(1)
    await expect.poll(() => made.health()).toMatchObject({ status: 'down', detail: 'primary: SystemInfo: OUT_OF_SERVICE' })
  })

  it.each([
    ['an HTML page', '<html><body>Login<br></body></html>'],
    ['half a document', '<User><state>READY'],
    ['a DOCTYPE', '<!DOCTYPE x [<!ENTITY a "b">]><User><loginId>1</loginId><state>&a;</state></User>'],
    ['nothing', ''],
  ])('says VENDOR_PROTOCOL for %s', async (_title, body) => {
    expectCall('GET', '/User/1001', { authorization: SUPERVISOR }, { status: 200, body })
    await expect(adapter().read('1001', { signal: signal() })).rejects.toMatchObject({ code: 'VENDOR_PROTOCOL', effect: 'none' })
  })

  it('does not follow a redirect', async () => {
    expectCall('GET', '/User/1001', { authorization: SUPERVISOR }, { status: 302, headers: { Location: 'https://elsewhere.example.com/' } })
    await expect(adapter().read('1001', { signal: signal() })).rejects.toMatchObject({
      code: 'VENDOR_REJECTED',
      fault: { httpStatus: 302 },
    })
  })

  it.each(['.', '..', ''])('does not let the id %j climb in the path', async (id) => {
    await expect(adapter().read(id, { signal: signal() })).rejects.toMatchObject({ code: 'AGENT_NOT_FOUND' })
  })
})

it('calls every operation of the consumer contract, and no other', () => {
  const contract = parse(readFileSync(new URL('../../openapi/vendors/finesse.yaml', import.meta.url), 'utf8')) as {
    paths: Record<string, Record<string, unknown>>
  }
  const described = Object.entries(contract.paths).flatMap(([path, operations]) =>
    ['get', 'put'].filter((method) => method in operations).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect([...called].sort()).toEqual(described.sort())
})
