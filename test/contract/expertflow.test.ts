import nock from 'nock'
import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { expertflow } from '../../src/adapters/expertflow/index.js'
import { expertflowOptions } from '../../src/adapters/expertflow/options.js'
import type { Adapter, Credentials, Step } from '../../src/core/adapter.js'
import { systemClock } from '../../src/core/clock.js'
import { unknownView } from '../../src/core/model/agent-state.js'
import type { ResolvedAction } from '../../src/core/model/command.js'
import { AGENT, MRDS, presenceBody } from '../support/expertflow-presence.js'
import { CALLS, conform, conformBody } from '../support/expertflow-schemas.js'

const HOST = 'https://cx.example.com'
const SUPERVISOR = { username: 'gateway', password: 'service-secret' }
const SUPERVISOR_ID = '00000000-0000-4000-9000-000000000001'
const USER = { id: AGENT, username: 'agent1', firstName: null, lastName: null, roles: ['agent'], realm: 'expertflow' }
const CREDENTIALS: Credentials = { username: 'agent1', password: 'agent-secret' }
const REASONS = JSON.parse(readFileSync(new URL('../fixtures/expertflow-reasons.json', import.meta.url), 'utf8')) as unknown[]
const ACK = { agentId: AGENT, timestamp: '2025-10-09T05:25:49.866Z', message: 'The request has been received' }

const called = new Set<string>()
const adapters: Adapter[] = []
const signal = (): AbortSignal => AbortSignal.timeout(5000)

function adapter(more: object = {}): Adapter {
  const quiet = (): void => undefined
  const options = expertflowOptions.parse({ baseUrl: HOST, supervisor: SUPERVISOR, sessionModel: 'in-cluster-rest', pollMs: 0, ...more })
  const made = expertflow.create({
    platform: 'ef',
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    clock: systemClock,
    options,
  })
  adapters.push(made)
  return made
}

/** One expected exchange: method, path, headers and body exactly; both sides checked against the vendor slice. */
function expectCall(
  call: string,
  path: string,
  exchange: {
    query?: Record<string, string>
    token?: string | undefined
    request?: unknown
    status?: number
    answer: unknown
    headers?: Record<string, string>
  },
): nock.Scope {
  const { query = {}, token, request, status = 200, answer } = exchange
  called.add(call)
  if (request !== undefined) conformBody(call, 'request', request)
  if (typeof answer === 'object') conformBody(call, status, answer)
  const [method = ''] = call.split(' ')
  const matcher = (headers: Record<string, string>): boolean =>
    headers['authorization'] === (token === undefined ? undefined : `Bearer ${token}`)
  return nock(HOST)
    .matchHeader('accept', 'application/json, text/plain, */*')
    .intercept(path, method, request === undefined ? undefined : (body: unknown) => JSON.stringify(body) === JSON.stringify(request))
    .query((actual) => JSON.stringify(actual) === JSON.stringify(query))
    .reply(function () {
      const headers = Object.fromEntries(Object.entries(this.req.headers).map(([key, value]) => [key, String(value)]))
      if (!matcher(headers)) return [599, `wrong authorization: ${headers['authorization'] ?? 'none'}`]
      if (request !== undefined && headers['content-type'] !== 'application/json') return [599, 'wrong content-type']
      if (request === undefined && headers['content-type'] !== undefined) return [599, 'content-type without a body']
      return [status, answer as nock.Body, exchange.headers ?? {}]
    })
}

const loggedIn = (token: string, user: object = USER): object => ({
  statusCode: 200,
  data: { token, refresh_token: 'r', keycloak_User: user },
})
const serviceLogin = (token: string): nock.Scope =>
  expectCall('POST /unified-admin/keycloakLogin', '/unified-admin/keycloakLogin', {
    request: SUPERVISOR,
    answer: loggedIn(token, { ...USER, id: SUPERVISOR_ID, username: 'gateway' }),
  })
const readState = (token: string | undefined, answer: unknown, more: object = {}): nock.Scope =>
  expectCall('GET /routing-engine/agents/{agentId}/states', `/routing-engine/agents/${AGENT}/states`, { token, answer, ...more })

beforeEach(() => {
  nock.disableNetConnect()
})
afterEach(async () => {
  for (const each of adapters.splice(0)) await each.stop()
  const left = nock.pendingMocks()
  nock.cleanAll()
  expect(left).toEqual([])
})
afterAll(() => {
  nock.enableNetConnect()
  nock.restore()
  expect([...called].sort()).toEqual([...CALLS].sort())
})

describe('reads', () => {
  it('of one agent: the login of the gateway first, then the state with its token', async () => {
    serviceLogin('t1')
    readState('t1', presenceBody('READY', { CHAT: 'ACTIVE' }))
    readState('t1', presenceBody('NOT_READY'))
    const made = adapter()
    expect(await made.read(AGENT, { signal: signal() })).toMatchObject({ state: 'READY', routable: true, source: 'read' })
    expect(await made.read(AGENT, { signal: signal() })).toMatchObject({ state: 'NOT_READY' })
  })

  it('go without a token where no account is set (before 4.9)', async () => {
    readState(undefined, presenceBody('LOGOUT'))
    expect(await adapter({ supervisor: undefined }).read(AGENT, { signal: signal() })).toMatchObject({ state: 'LOGGED_OUT' })
  })

  it('log in anew once when the token is refused, and give up when the new one is too', async () => {
    serviceLogin('t1')
    readState('t1', { error: 'unauthorized' }, { status: 401 })
    serviceLogin('t2')
    readState('t2', presenceBody('READY'))
    const made = adapter()
    expect(await made.read(AGENT, { signal: signal() })).toMatchObject({ state: 'READY' })
    readState('t2', { error: 'unauthorized' }, { status: 401 })
    serviceLogin('t3')
    readState('t3', { error: 'unauthorized' }, { status: 401 })
    await expect(made.read(AGENT, { signal: signal() })).rejects.toMatchObject({ code: 'VENDOR_AUTH', effect: 'none' })
  })

  it('of all agents', async () => {
    serviceLogin('t1')
    expectCall('GET /routing-engine/agents/states', '/routing-engine/agents/states', {
      token: 't1',
      answer: [presenceBody('READY'), presenceBody('LOGOUT')],
    })
    expect((await adapter().list!({ signal: signal() })).map((view) => view.state)).toEqual(['READY', 'LOGGED_OUT'])
  })

  it('of the reasons never use the type filter, which is defect', async () => {
    serviceLogin('t1')
    expectCall('GET /unified-admin/reasons', '/unified-admin/reasons', { token: 't1', answer: REASONS })
    const reasons = await adapter().reasons({ signal: signal() })
    expect(reasons.slice(0, 2).map((reason) => reason.raw)).toEqual(REASONS)
    expect(reasons).toHaveLength(4)
  })

  it('of the tasks, for the preview', async () => {
    serviceLogin('t1')
    const tasks = [{ id: 't', conversationId: 'c', state: { name: 'ACTIVE', reasonCode: null }, activeMedia: [] }]
    expectCall('GET /routing-engine/tasks', '/routing-engine/tasks', { token: 't1', query: { agentId: AGENT }, answer: tasks })
    expect(await adapter().preview!(AGENT, unknownView(AGENT, 0), { signal: signal() })).toMatchObject([
      { conversationId: 'c', situationCode: 'CHAT', outcome: 'UNKNOWN', possibleOutcomes: ['REQUEUED', 'HANDED_OVER', 'UNAFFECTED'] },
    ])
  })

  it('of a conversation, for the preview, where the setting says that it may', async () => {
    serviceLogin('t1')
    const tasks = [{ id: 't', conversationId: 'c', state: { name: 'ACTIVE', reasonCode: null }, activeMedia: [] }]
    expectCall('GET /routing-engine/tasks', '/routing-engine/tasks', { token: 't1', query: { agentId: AGENT }, answer: tasks })
    const person = (id: string) => ({ id, keycloakUser: { id, username: id } })
    const participants = [
      { type: 'CUSTOMER', role: 'CUSTOMER', participant: { id: 'session' } },
      { type: 'AGENT', role: 'PRIMARY', participant: person(AGENT) },
      { type: 'AGENT', role: 'ASSISTANT', participant: person('bob') },
    ]
    const call = 'GET /conversation-manager/customer-topics/{conversationId}'
    expectCall(call, '/conversation-manager/customer-topics/c', { token: 't1', answer: { id: 'c', participants } })
    const preview = adapter({ conversations: {} }).preview!(AGENT, unknownView(AGENT, 0), { signal: signal() })
    expect(await preview).toMatchObject([{ situationCode: 'CONSULT_PRIMARY', outcome: 'REQUEUED', removed: ['bob (secondary)'] }])
  })

  it.each([
    [404, { timestamp: 't', error: 'error.resource-not-found', message: 'm' }, 'AGENT_NOT_FOUND', 'never'],
    [404, '<html>no such page</html>', 'VENDOR_PROTOCOL', 'later'],
    [500, { timestamp: 't', error: 'error.generic', message: 'm' }, 'VENDOR_ERROR', 'later'],
    [503, '', 'VENDOR_BUSY', 'later'],
    [200, '<html>a login page</html>', 'VENDOR_PROTOCOL', 'later'],
    [302, '', 'VENDOR_PROTOCOL', 'later'],
  ])('answered %i %j fail without effect', async (status, answer, code, retry) => {
    readState(undefined, answer, { status })
    await expect(adapter({ supervisor: undefined }).read(AGENT, { signal: signal() })).rejects.toMatchObject({
      code,
      retry,
      effect: 'none',
    })
  })

  it('take Retry-After and the correlation id along', async () => {
    readState(undefined, '', { status: 429, headers: { 'retry-after': '7', correlationId: 'c-9' } })
    await expect(adapter({ supervisor: undefined }).read(AGENT, { signal: signal() })).rejects.toMatchObject({
      code: 'VENDOR_BUSY',
      retryAfterMs: 7000,
      fault: { requestId: 'c-9', httpStatus: 429 },
    })
  })

  it('end in time when the vendor hangs, and at once when aborted', async () => {
    nock(HOST).get(`/routing-engine/agents/${AGENT}/states`).twice().delay(2000).reply(200, {})
    const made = adapter({ supervisor: undefined, restMs: 100 })
    const started = performance.now()
    await expect(made.read(AGENT, { signal: signal() })).rejects.toMatchObject({ code: 'VENDOR_TIMEOUT', effect: 'none' })
    expect(performance.now() - started).toBeLessThan(500)
    const controller = new AbortController()
    const reading = made.read(AGENT, { signal: controller.signal })
    const failed = expect(reading).rejects.toMatchObject({ code: 'VENDOR_TIMEOUT' })
    setTimeout(() => controller.abort(), 20)
    const abortedAt = performance.now()
    await failed
    expect(performance.now() - abortedAt).toBeLessThan(100)
    nock.abortPendingRequests()
  })

  it('encode the agent id, whatever it is', async () => {
    nock(HOST).get('/routing-engine/agents/..%2Fstates%3Fa/states').reply(400, { error: 'error.method-argument-type-mismatch' })
    await expect(adapter({ supervisor: undefined }).read('../states?a', { signal: signal() })).rejects.toMatchObject({
      code: 'AGENT_NOT_FOUND',
    })
  })
})

describe('changes over the routing engine', () => {
  const step = (made: Adapter, action: ResolvedAction, body: Record<string, unknown>): Promise<{ step: Step; sent: unknown }> =>
    (async () => {
      readState('t1', body)
      const first = made.plan(action, AGENT, await made.read(AGENT, { signal: signal() })).steps[0]
      if (first === undefined) throw new Error('no step')
      return { step: first, sent: JSON.parse(made.describe(first, AGENT).body ?? '') as unknown }
    })()

  it('of the agent: exactly what was described', async () => {
    serviceLogin('t1')
    const made = adapter()
    const { step: planned, sent } = await step(
      made,
      { kind: 'NOT_READY', reason: { id: '62ffc9e9f12b6ccf1594d88b', name: 'Short Break', type: 'NOT_READY', system: false } },
      presenceBody('READY'),
    )
    expect(sent).toEqual({
      agentId: AGENT,
      state: { name: 'NOT_READY', reasonCode: { id: '62ffc9e9f12b6ccf1594d88b', name: 'Short Break', type: 'NOT_READY' } },
    })
    expectCall('PUT /routing-engine/agent-state', '/routing-engine/agent-state', { token: 't1', request: sent, answer: ACK })
    expect(await made.send(planned, { agentId: AGENT, signal: signal() })).toEqual({})
  })

  it('of one channel', async () => {
    serviceLogin('t1')
    const made = adapter()
    const { step: planned, sent } = await step(made, { kind: 'READY', channel: 'CHAT' }, presenceBody('READY', { CHAT: 'NOT_READY' }))
    expect(sent).toEqual({ agentId: AGENT, mrdId: MRDS.CHAT.id, state: 'READY' })
    expectCall('PUT /routing-engine/mrd-state', '/routing-engine/mrd-state', { token: 't1', request: sent, answer: ACK })
    await made.send(planned, { agentId: AGENT, signal: signal() })
  })

  it.each([
    [401, { error: 'unauthorized' }, 'VENDOR_AUTH', 'none', 'later'],
    [400, { error: 'error.validation' }, 'VENDOR_REJECTED', 'none', 'never'],
    [404, { error: 'error.resource-not-found' }, 'AGENT_NOT_FOUND', 'none', 'never'],
    [409, { error: 'error.conflict' }, 'INVALID_TRANSITION', 'none', 'never'],
    [500, { error: 'error.generic' }, 'VENDOR_ERROR', 'unknown', 'later'],
    [200, '<html>a login page</html>', 'VENDOR_PROTOCOL', 'unknown', 'later'],
  ])('answered %i are sent once, never again by themselves', async (status, answer, code, effect, retry) => {
    serviceLogin('t1')
    const made = adapter()
    const { step: planned, sent } = await step(made, { kind: 'LOGOUT' }, presenceBody('READY'))
    expectCall('PUT /routing-engine/agent-state', '/routing-engine/agent-state', { token: 't1', request: sent, status, answer })
    await expect(made.send(planned, { agentId: AGENT, signal: signal() })).rejects.toMatchObject({ code, effect, retry })
  })

  it('whose connection breaks may have had an effect', async () => {
    serviceLogin('t1')
    const made = adapter()
    const { step: planned } = await step(made, { kind: 'LOGOUT' }, presenceBody('READY'))
    nock(HOST)
      .put('/routing-engine/agent-state')
      .replyWithError(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }))
    await expect(made.send(planned, { agentId: AGENT, signal: signal() })).rejects.toMatchObject({
      code: 'VENDOR_TIMEOUT',
      effect: 'unknown',
    })
  })
})

describe('login', () => {
  const LOGIN: ResolvedAction = { kind: 'LOGIN', username: 'agent1', hasSecret: true }
  const planned = (made: Adapter): Step => made.plan(LOGIN, AGENT, unknownView(AGENT, 0)).steps[0] as Step
  const send = (made: Adapter, credentials: Credentials = CREDENTIALS) =>
    made.send(planned(made), { agentId: AGENT, credentials, signal: signal() })
  const agentLogin = (answer: unknown, status = 200) =>
    expectCall('POST /agent-manager/agent/login', '/agent-manager/agent/login', { request: CREDENTIALS, answer, status })

  it('inside the cluster: at the agent manager, then the identity, unchanged, to the routing engine', async () => {
    agentLogin(loggedIn('a1'))
    serviceLogin('t1')
    expectCall('POST /routing-engine/agent-login', '/routing-engine/agent-login', { token: 't1', request: USER, answer: ACK })
    expect(await send(adapter())).toEqual({})
  })

  it('at Unified Admin where the settings say so', async () => {
    expectCall('POST /unified-admin/keycloakLogin', '/unified-admin/keycloakLogin', { request: CREDENTIALS, answer: loggedIn('a1') })
    expectCall('POST /routing-engine/agent-login', '/routing-engine/agent-login', { request: USER, answer: ACK })
    await send(adapter({ agentLogin: 'unified-admin', supervisor: undefined }))
  })

  it('with the account of the settings', async () => {
    agentLogin(loggedIn('a1'))
    expectCall('POST /routing-engine/agent-login', '/routing-engine/agent-login', { request: USER, answer: ACK })
    const made = adapter({ supervisor: undefined, accounts: { [AGENT]: { username: 'agent1', password: 'agent-secret' } } })
    const step = made.plan({ kind: 'LOGIN' }, AGENT, unknownView(AGENT, 0)).steps[0] as Step
    await made.send(step, { agentId: AGENT, signal: signal() })
  })

  it('never mixes the caller’s user name with the settings’ password', async () => {
    const made = adapter({ supervisor: undefined, accounts: { [AGENT]: { username: 'other', password: 'other-secret' } } })
    await expect(send(made, { username: 'agent1' })).rejects.toMatchObject({ code: 'CREDENTIALS_REQUIRED' })
  })

  it('of somebody else than the addressed agent goes no further', async () => {
    agentLogin(loggedIn('a1', { ...USER, id: SUPERVISOR_ID }))
    await expect(send(adapter())).rejects.toMatchObject({ code: 'CREDENTIALS_INVALID', effect: 'none' })
  })

  it.each([
    [
      'Keycloak’s',
      401,
      { error_message: 'Invalid user credentials agent-secret', error_detail: { status: 401, reason: 'invalid_grant' } },
      'CREDENTIALS_INVALID',
    ],
    ['the desk’s', 412, { statusCode: 412, msg: 'License status is not available' }, 'LICENSE_REFUSED'],
    ['the desk’s in a 200', 200, { statusCode: 401, msg: 'no' }, 'CREDENTIALS_INVALID'],
    ['none', 500, '<html>agent-secret</html>', 'VENDOR_ERROR'],
  ])('refused in a body of the shape: %s', async (_what, status, answer, code) => {
    if (status === 200) nock(HOST).post('/agent-manager/agent/login').reply(200, answer)
    else agentLogin(answer, status)
    const failure = await send(adapter()).then(
      () => undefined,
      (error: unknown) => error as Error,
    )
    expect(failure).toMatchObject({ code, effect: 'none' })
    expect(JSON.stringify({ ...failure, message: failure?.message, cause: failure?.cause })).not.toContain('agent-secret')
  })

  it('without a token (two-factor) says so', async () => {
    nock(HOST)
      .post('/agent-manager/agent/login')
      .reply(200, { statusCode: 200, data: { is2fa: true } })
    await expect(send(adapter())).rejects.toMatchObject({
      code: 'VENDOR_PROTOCOL',
      effect: 'none',
      detail: expect.stringContaining('two-factor') as string,
    })
  })

  it('whose connection breaks had no effect, and its error holds no request', async () => {
    nock(HOST)
      .post('/agent-manager/agent/login')
      .replyWithError(Object.assign(new Error('reset while sending agent-secret'), { code: 'ECONNRESET' }))
    const failure = (await send(adapter()).catch((error: unknown) => error)) as Error
    expect(failure).toMatchObject({ code: 'VENDOR_TIMEOUT', effect: 'none', fault: { message: 'reset while sending ***' } })
    expect(failure.cause).toBeUndefined()
  })
})

it('the fixtures are of the vendor’s shapes', () => {
  for (const document of REASONS) conform('Reason', document)
  conform('AgentPresence', presenceBody('READY', { CHAT: 'ACTIVE', VOICE: 'BUSY', CISCO: 'NOT_READY' }))
  expect(() => conform('AgentPresence', { state: {} })).toThrow()
})
