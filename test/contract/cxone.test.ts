import { Ajv2020 } from 'ajv/dist/2020.js'
import nock from 'nock'
import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { cxone } from '../../src/adapters/cxone/index.js'
import { cxoneOptions } from '../../src/adapters/cxone/options.js'
import type { CxoneRequest } from '../../src/adapters/cxone/requests.js'
import type { Adapter, RefusalRow, Step } from '../../src/core/adapter.js'
import { systemClock } from '../../src/core/clock.js'
import { unknownView, type AgentView } from '../../src/core/model/agent-state.js'
import { CtiError } from '../../src/core/model/error.js'
import type { AgentEvent } from '../../src/core/model/event.js'

/* Shape of every call against openapi/vendors/cxone.yaml: exact method, address, headers and body; answers validated too. */

const ISSUER = 'https://cxone.niceincontact.com'
const API = 'https://api-na1.niceincontact.com'
const BASE = '/incontactapi/services/v34.0'
const CANARY = {
  accessKeyId: 'key-canary==',
  accessKeySecret: 'secret/canary+1==',
  clientId: 'client@canary',
  clientSecret: 'client+secret/canary==',
}
const ACCESS_TOKEN = 'access-token-canary'
const logger = { debug() {}, info() {}, warn() {}, error() {} }
const signal = (): AbortSignal => AbortSignal.timeout(5000)

const ajv = new Ajv2020({ strict: false, formats: { uri: true } })
ajv.addSchema(parse(readFileSync('openapi/vendors/cxone.yaml', 'utf8')) as object, 'cxone')

/** The value, if the contract allows it. */
function valid<T>(schema: string, value: T): T {
  const check = ajv.getSchema(`cxone#/components/schemas/${schema}`)
  if (check === undefined) throw new Error(`no schema ${schema}`)
  if (check(value) !== true) throw new Error(`${schema}: ${ajv.errorsText(check.errors)} in ${JSON.stringify(value)}`)
  return value
}

/** An answer to a request that must have no body. */
const bodyless =
  (answer: object) =>
  (_uri: string, sent: nock.Body): nock.Body => {
    expect(sent).toBe('')
    return answer as nock.Body
  }

const idToken = (claims: object): string => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.sig`
const TOKEN = {
  access_token: ACCESS_TOKEN,
  token_type: 'Bearer',
  expires_in: 3600,
  refresh_token: 'refresh-canary',
  id_token: idToken({ tenantId: 't-1', icClusterId: 'B32' }),
}
const ROW = {
  agentId: 1001,
  agentStateId: 2,
  agentStateName: 'Unavailable',
  isACW: false,
  outStateId: 12,
  outStateDescription: 'Lunch',
  startDate: '2026-06-18T10:00:00.000Z',
  teamId: 501,
}
const JSON_HEADERS = { accept: 'application/json', authorization: `Bearer ${ACCESS_TOKEN}`, 'content-type': 'application/json' }
const READ_HEADERS = { accept: 'application/json', authorization: `Bearer ${ACCESS_TOKEN}` }

const open: Adapter[] = []

function adapterWith(extra: Record<string, unknown> = {}): Adapter {
  const { auth, ...others } = extra
  const options = cxoneOptions.parse({
    auth: { ...CANARY, ...(auth as object | undefined) },
    feed: { enabled: false },
    throttle: { perSecond: 1000, burst: 1000 },
    ...others,
  })
  const adapter = cxone.create({ platform: 'cx', log: logger, clock: systemClock, options: options })
  open.push(adapter)
  return adapter
}

/** Token and discovery, each asked exactly once. */
function signIn(): void {
  nock(ISSUER, { reqheaders: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded', authorization: basic } })
    .post('/auth/token', (body: object) => {
      valid('TokenForm', body)
      expect(body).toEqual({ grant_type: 'password', username: CANARY.accessKeyId, password: CANARY.accessKeySecret })
      return true
    })
    .reply(200, valid('Token', TOKEN))
  nock(ISSUER, { reqheaders: { accept: 'application/json' }, badheaders: ['authorization'] })
    .get('/.well-known/cxone-configuration')
    .query({ tenantId: 't-1' })
    .reply(200, valid('Configuration', { api_endpoint: API, area: 'na1' }))
}
/** Both halves are URL-encoded before they are joined: worked out by hand, not by the adapter. */
const basic = `Basic ${Buffer.from('client%40canary:client%2Bsecret%2Fcanary%3D%3D').toString('base64')}`

const loggedIn: AgentView = { ...unknownView('1001', 0), state: 'NOT_READY', stale: false, source: 'read', vendor: { session: 'none' } }
const step = (request: CxoneRequest): Step => ({
  name: 'test',
  request,
  expect: { states: ['READY'], withinMs: 1000 },
  resend: 'verify-first',
})

async function failureOf(work: Promise<unknown>): Promise<CtiError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof CtiError)) throw new Error(`no CtiError but ${inspect(error)}`)
  return error
}

beforeAll(() => nock.disableNetConnect())
beforeEach(() => nock.cleanAll())
afterEach(async () => {
  for (const adapter of open.splice(0)) await adapter.stop()
  const pending = nock.pendingMocks()
  nock.cleanAll()
  expect(pending, 'calls that were never made').toEqual([])
})
afterAll(() => {
  nock.cleanAll()
  nock.enableNetConnect()
})

describe('sign-in', () => {
  it('asks for token and hosts once for many callers at once, and reads the state', async () => {
    signIn()
    nock(API, { reqheaders: READ_HEADERS })
      .get(`${BASE}/agents/1001/states`)
      .times(5)
      .reply(200, valid('AgentStates', { agentStates: [ROW] }))
    const adapter = adapterWith()
    const views = await Promise.all([1, 2, 3, 4, 5].map(() => adapter.read('1001', { signal: signal() })))
    expect(views[0]).toMatchObject({
      state: 'NOT_READY',
      reason: { id: '12', name: 'Lunch' },
      source: 'read',
      since: Date.parse(ROW.startDate),
    })
  })

  it('puts the client into the form when told so', async () => {
    nock(ISSUER, { badheaders: ['authorization'] })
      .post('/auth/token', (body: Record<string, string>) => {
        valid('TokenForm', body)
        expect(body).toMatchObject({ client_id: CANARY.clientId, client_secret: CANARY.clientSecret })
        return true
      })
      .reply(200, TOKEN)
    nock(API)
      .get(`${BASE}/agents/1001/states`)
      .reply(200, { agentStates: [ROW] })
    await adapterWith({ auth: { clientAuth: 'body' }, hosts: { api: API } }).read('1001', { signal: signal() })
  })

  it('uses the older access-key call without a client', async () => {
    nock('https://na1.nice-incontact.com', {
      reqheaders: { accept: 'application/json', 'content-type': 'application/json' },
      badheaders: ['authorization'],
    })
      .post('/authentication/v1/token/access-key', (body: object) => {
        expect(valid('AccessKey', body)).toEqual({ accessKeyId: CANARY.accessKeyId, accessKeySecret: CANARY.accessKeySecret })
        return true
      })
      .reply(200, TOKEN)
    nock(API)
      .get(`${BASE}/agents/1001/states`)
      .reply(200, { agentStates: [ROW] })
    const adapter = adapterWith({
      auth: { method: 'userhub-access-key', clientId: undefined, clientSecret: undefined },
      hosts: { userHub: 'https://na1.nice-incontact.com/', api: API },
    })
    await adapter.read('1001', { signal: signal() })
  })

  it('falls back to the cluster of the token when discovery does not know the tenant', async () => {
    nock(ISSUER).post('/auth/token').reply(200, TOKEN)
    nock(ISSUER).get('/.well-known/cxone-configuration').query(true).reply(404, {})
    nock('https://api-b32.nice-incontact.com')
      .get(`${BASE}/agents/1001/states`)
      .reply(200, { agentStates: [ROW] })
    await adapterWith().read('1001', { signal: signal() })
  })

  it('sends the token nowhere when discovery names a foreign host', async () => {
    nock(ISSUER).post('/auth/token').reply(200, TOKEN)
    nock(ISSUER).get('/.well-known/cxone-configuration').query(true).reply(200, { api_endpoint: 'https://api.evil.example' })
    expect(await failureOf(adapterWith().read('1001', { signal: signal() }))).toMatchObject({ code: 'VENDOR_UNAVAILABLE', effect: 'none' })
  })

  it('does not ask again at once after a refusal, for a wrong secret must not lock the account', async () => {
    nock(ISSUER)
      .post('/auth/token')
      .once()
      .reply(401, { error: 'invalid_client', errorDescription: `bad ${CANARY.accessKeySecret}` })
    const adapter = adapterWith()
    for (const _try of [1, 2])
      expect(await failureOf(adapter.read('1001', { signal: signal() }))).toMatchObject({ code: 'VENDOR_AUTH', retry: 'park' })
  })
})

describe('changes', () => {
  it.each<[string, CxoneRequest, 'POST' | 'DELETE', string, string | undefined, object | undefined, number, object]>([
    ['ready', { call: 'set-state', state: 'Available' }, 'POST', '/agents/1001/state', 'SetState', { state: 'Available' }, 200, {}],
    [
      'not ready by id',
      { call: 'set-state', state: 'Unavailable', outStateId: '12' },
      'POST',
      '/agents/1001/state',
      'SetState',
      { state: 'Unavailable', outStateId: '12' },
      200,
      {},
    ],
    [
      'start by impersonation',
      { call: 'start-session', stationId: '7001', inactivityTimeout: 45, asAgentId: '1001' },
      'POST',
      '/agent-sessions',
      'StartSession',
      { stationId: '7001', inactivityTimeout: '45', asAgentId: '1001' },
      202,
      { sessionId: 's1' },
    ],
    [
      'start by phone',
      { call: 'start-session', stationPhoneNumber: '+15550100' },
      'POST',
      '/agent-sessions',
      'StartSession',
      { stationPhoneNumber: '+15550100' },
      202,
      { sessionId: 's1' },
    ],
    [
      'join',
      { call: 'join-session', asAgentId: '1001', login: true },
      'POST',
      '/agent-sessions/join',
      'JoinSession',
      { asAgentId: '1001' },
      202,
      { sessionId: 's1' },
    ],
  ])('%s: body, and the same in the query', async (_name, request, _method, path, schema, body, status, answer) => {
    const poll = (): void => void nock(API).get(`${BASE}/agent-sessions/s1/get-next-event`).query(true).optionally().delay(2000).reply(304)
    signIn()
    poll()
    nock(API, { reqheaders: JSON_HEADERS })
      .post(`${BASE}${path}`, (sent: object) => {
        expect(valid(schema as string, sent)).toEqual(body)
        return true
      })
      .reply(status, answer)
    await adapterWith({ login: 'impersonate' }).send(step(request), { agentId: '1001', signal: signal() })
    signIn()
    poll()
    nock(API, { reqheaders: READ_HEADERS, badheaders: ['content-type'] })
      .post(`${BASE}${path}`)
      .query(body as Record<string, string>)
      .reply(status, bodyless(answer))
    await adapterWith({ parameters: 'query', login: 'impersonate' }).send(step(request), { agentId: '1001', signal: signal() })
  })

  it('forced logout has no body and no parameters', async () => {
    signIn()
    nock(API, { reqheaders: READ_HEADERS, badheaders: ['content-type'] })
      .post(`${BASE}/agents/1001/logout`)
      .reply(202, bodyless({}))
    await adapterWith().send(step({ call: 'logout' }), { agentId: '1001', signal: signal() })
  })

  it('a session: state by name, long poll with the newest id, end with flags in the query', async () => {
    signIn()
    const events: AgentEvent[] = []
    const event = {
      Type: 'AgentState',
      CurrentState: 'Unavailable',
      CurrentOutReason: '',
      IsAcw: 'False',
      StartTimeUTC: '2026-06-18T10:00:01Z',
    }
    nock(API)
      .post(`${BASE}/agent-sessions`)
      .reply(202, valid('Session', { sessionId: 's/1' }))
    nock(API, { reqheaders: READ_HEADERS })
      .get(`${BASE}/agent-sessions/s%2F1/get-next-event`)
      .query({ timeout: '30' })
      .reply(200, valid('Events', { sessionId: 's2', events: [event] }))
    nock(API, { reqheaders: READ_HEADERS }).get(`${BASE}/agent-sessions/s2/get-next-event`).query({ timeout: '30' }).delay(300).reply(304)
    nock(API)
      .get(`${BASE}/agent-sessions/s2/get-next-event`)
      .query({ timeout: '30' })
      .delay(300)
      .reply(409, { error: 'x', error_description: 'The session has ended' })
    nock(API, { reqheaders: JSON_HEADERS })
      .post(`${BASE}/agent-sessions/s2/state`, (sent: object) => {
        expect(valid('SessionState', sent)).toEqual({ state: 'Unavailable', reason: 'Lunch' })
        return true
      })
      .reply(202, {})
    nock(API, { reqheaders: READ_HEADERS })
      .delete(`${BASE}/agent-sessions/s2`)
      .query({ forceLogoff: 'true', endContacts: 'true' })
      .reply(202, {})
    const adapter = adapterWith({ mode: 'session-owner' })
    await adapter.start({ agent: (heard) => void events.push(heard), link: () => undefined })
    await adapter.send(step({ call: 'start-session', stationId: '1', asAgentId: '1001' }), { agentId: '1001', signal: signal() })
    await expect.poll(() => events.length).toBe(1)
    await adapter.send(step({ call: 'session-state', state: 'Unavailable', reason: 'Lunch', reasonId: '12' }), {
      agentId: '1001',
      signal: signal(),
    })
    await adapter.send(step({ call: 'end-session', forceLogoff: true, endContacts: true }), { agentId: '1001', signal: signal() })
    await expect.poll(() => events.at(-1)?.view?.state, { timeout: 3000 }).toBe('LOGGED_OUT')
  })

  it('an agent signs in with a key of its own: its token starts the session', async () => {
    nock(ISSUER)
      .post('/auth/token', (body: object) => {
        expect(body).toEqual({ grant_type: 'password', username: 'agent-key', password: 'agent-secret-canary' })
        return true
      })
      .reply(200, { ...TOKEN, access_token: 'agents-own' })
    nock(API, { reqheaders: { authorization: 'Bearer agents-own' } })
      .post(`${BASE}/agent-sessions`, { stationId: '7001' })
      .reply(202, { sessionId: 's1' })
    nock(API).get(`${BASE}/agent-sessions/s1/get-next-event`).query(true).optionally().delay(2000).reply(304)
    const adapter = adapterWith({ mode: 'session-owner', login: 'agent-credentials', hosts: { api: API } })
    const [login] = adapter.plan({ kind: 'LOGIN', station: '7001', hasSecret: true }, '1001', unknownView('1001', 0)).steps
    await adapter.send(login!, {
      agentId: '1001',
      signal: signal(),
      credentials: { username: 'agent-key', password: 'agent-secret-canary' },
    })
  })

  it('a wrong key of an agent is the agent’s trouble, not the gateway’s', async () => {
    nock(ISSUER).post('/auth/token').reply(400, { error: 'invalid_grant', errorDescription: 'no' })
    const adapter = adapterWith({ mode: 'session-owner', login: 'agent-credentials', hosts: { api: API } })
    const work = adapter.send(step({ call: 'start-session', stationId: '1' }), {
      agentId: '1001',
      signal: signal(),
      credentials: { username: 'a', password: 'b' },
    })
    expect(await failureOf(work)).toMatchObject({ code: 'CREDENTIALS_INVALID', effect: 'none', retry: 'never' })
  })
})

describe('reads', () => {
  it('feeds by updatedSince, follows links on its own host only, and asks the clock', async () => {
    signIn()
    const row = (agentId: number, agentStateId: number): object => ({ ...ROW, agentId, agentStateId })
    nock(API, { reqheaders: READ_HEADERS }).get(`${BASE}/server-time`).reply(200, { ServerTime: '2026-06-18T10:00:00.000Z' })
    nock(API, { reqheaders: READ_HEADERS })
      .get(`${BASE}/agents/states`)
      .query({ top: '100', skip: '0' })
      .reply(
        200,
        valid('AgentStates', {
          totalRecords: 2,
          lastPollTime: 'mark-1',
          _links: { next: `https://api.evil.example/inContactAPI/services/v35.0/agents/states?skip=1&top=100` },
          agentStates: [row(1, 1)],
        }),
      )
    nock(API, { reqheaders: READ_HEADERS })
      .get(`${BASE}/agents/states`)
      .query({ skip: '1', top: '100' })
      .reply(200, valid('AgentStates', { lastPollTime: 'mark-2', _links: {}, agentStates: [row(2, 0)] }))
    nock(API, { reqheaders: READ_HEADERS })
      .get(`${BASE}/agents/states`)
      .query({ updatedSince: 'mark-1', top: '100', skip: '0' })
      .reply(200, valid('AgentStates', { lastPollTime: 'mark-3', agentStates: [] }))
    nock(API)
      .get(`${BASE}/agents/states`)
      .query({ updatedSince: 'mark-3', top: '100', skip: '0' })
      .reply(409, { error_description: 'partner trust' })
    const events: AgentEvent[] = []
    const adapter = adapterWith({ feed: { enabled: true, intervalMs: 50 } })
    await adapter.start({ agent: (heard) => void events.push(heard), link: () => undefined })
    await expect.poll(() => adapter.health().status, { timeout: 4000 }).toBe('down')
    expect(adapter.health().detail).toMatch(/trust check/)
    expect(events.map((event) => [event.agentId, event.view?.state])).toEqual([
      ['1', 'READY'],
      ['2', 'LOGGED_OUT'],
    ])
  })

  it('takes the mark out of the rows in the older dialect', async () => {
    nock(ISSUER).post('/auth/token').reply(200, TOKEN)
    nock(API).get(`${BASE}/server-time`).reply(500)
    const row = (lastPollTime: string): object => ({ ...ROW, lastPollTime })
    nock(API)
      .get(`${BASE}/agents/states`)
      .query({ top: '100', skip: '0' })
      .reply(200, valid('AgentStates', { agentStates: [row('2026-06-18T10:00:05Z'), row('2026-06-18T10:00:04Z')] }))
    nock(API).get(`${BASE}/agents/states`).query({ updatedSince: '2026-06-18T10:00:05Z', top: '100', skip: '0' }).reply(409, {})
    const adapter = adapterWith({ hosts: { api: API }, feed: { enabled: true, intervalMs: 50 } })
    await adapter.start({ agent: () => undefined, link: () => undefined })
    await expect.poll(() => adapter.health().status, { timeout: 4000 }).toBe('down')
  })

  it('finds the agent’s team and its codes', async () => {
    signIn()
    nock(API, { reqheaders: READ_HEADERS })
      .get(`${BASE}/agents/1001`)
      .reply(200, valid('AgentDetails', { agents: [{ teamId: 501 }] }))
    nock(API, { reqheaders: READ_HEADERS })
      .get(`${BASE}/teams/501/unavailable-codes`)
      .query({ activeOnly: 'true' })
      .reply(
        200,
        valid('UnavailableCodes', {
          resultSet: { unavailableCodes: [{ outStateId: 12, outStateName: 'Lunch', isActive: true, isAcw: false, agentTimeoutMins: 120 }] },
        }),
      )
    const reasons = await adapterWith().reasons({ agentId: '1001', signal: signal() })
    expect(reasons).toMatchObject([
      { id: '12', code: 12, name: 'Lunch', type: 'NOT_READY', key: 'BREAK.LUNCH', system: false, teams: ['501'] },
    ])
  })

  it('lists the codes of the business unit over pages', async () => {
    signIn()
    nock(API)
      .get(`${BASE}/unavailable-codes`)
      .reply(
        200,
        valid('UnavailableCodes', { unavailableCodes: [{ id: 1, name: 'A' }], _links: { next: `${BASE}/unavailable-codes?skip=1` } }),
      )
    nock(API)
      .get(`${BASE}/unavailable-codes`)
      .query({ skip: '1' })
      .reply(200, valid('UnavailableCodes', { unavailableCodes: [{ id: 2, name: 'B', isActive: false }] }))
    const reasons = await adapterWith().reasons({ signal: signal() })
    expect(reasons.map((reason) => reason.id)).toEqual(['1'])
  })

  it('an invalid code is answered with the valid ones of the team', async () => {
    signIn()
    nock(API)
      .get(`${BASE}/agents/1001`)
      .reply(200, { agents: [{ teamId: 501 }] })
    nock(API)
      .get(`${BASE}/teams/501/unavailable-codes`)
      .query(true)
      .reply(200, {
        unavailableCodes: [
          { outstateId: 12, outstateName: 'Lunch', agentTimeoutMins: '30' },
          { outstateId: -1, outstateName: 'Refused' },
        ],
      })
    nock(API).post(`${BASE}/agents/1001/state`).reply(400, { error: 'invalid', error_description: 'Invalid unavailable code' })
    const adapter = adapterWith()
    await adapter.reasons({ agentId: '1001', signal: signal() })
    const failure = await failureOf(
      adapter.send(step({ call: 'set-state', state: 'Unavailable', outStateId: '99' }), {
        agentId: '1001',
        signal: signal(),
      }),
    )
    expect(failure).toMatchObject({
      code: 'REASON_INVALID',
      validReasons: ['Lunch'],
      fault: { httpStatus: 400, message: 'Invalid unavailable code' },
    })
  })
})

describe('report', () => {
  const HEADER = 'Contact_ID,Agent_No,FullName,Station_ID,Reason,Refuse_Time\r\n'
  const CSV = `${HEADER}1,1001,Ada Archer,7001,NoAnswer,06/18/2026 06:00\r\n`
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  const refusals = { reportId: 350100, timeZone: 'America/New_York' }
  const FROM = Date.parse('2026-06-18T00:00:00Z')
  const TO = Date.parse('2026-06-19T00:00:00Z')
  const collect = async (adapter: Adapter): Promise<RefusalRow[]> => {
    const rows: RefusalRow[] = []
    for await (const row of adapter.refusals!({ from: FROM, to: TO, signal: signal() })) rows.push(row)
    return rows
  }
  /** One data download; `queries` collects what was asked. */
  const download = (queries: Record<string, string>[], answer: object, status = 200): void =>
    void nock(API, { reqheaders: READ_HEADERS, badheaders: ['content-type'] })
      .post(`${BASE}/report-jobs/datadownload/350100`)
      .query((query) => {
        queries.push(query as Record<string, string>)
        return true
      })
      .reply(status, bodyless(answer))

  it('asks a day first, then the span; rows come from the inline file', async () => {
    signIn()
    const queries: Record<string, string>[] = []
    download(queries, valid('Report', { errorMessage: '', fileName: 'x.csv', file: base64(CSV), fileType: 'csv', URI: '' }))
    download(queries, valid('Report', { errorMessage: '', fileName: 'x.csv', file: base64(CSV), fileType: 'csv', URI: '' }))
    const rows = await collect(adapterWith({ refusals }))
    expect(rows).toMatchObject([
      {
        contactId: '1',
        agentId: '1001',
        agentName: 'Ada Archer',
        cause: 'NO_ANSWER',
        rawCause: 'NoAnswer',
        at: Date.parse('2026-06-18T10:00:00Z'),
        occurrences: 1,
      },
    ])
    expect(queries).toHaveLength(2)
    // New York is four hours behind; one hour of overlap and one of margin on each side.
    expect(queries[1]).toMatchObject({
      startDate: '2026-06-17T18:00:00',
      endDate: '2026-06-18T22:00:00',
      saveAsFile: 'false',
      includeHeaders: 'true',
    })
    for (const query of queries) {
      expect(Object.keys(query).toSorted()).toEqual(['endDate', 'fileName', 'includeHeaders', 'saveAsFile', 'startDate'])
      valid('WallTime', query['startDate'])
      expect(query['fileName']).toMatch(/^agent-refusal-[\w-]+\.csv$/)
    }
  })

  it('fetches a saved file from the vendor’s host with the token', async () => {
    signIn()
    for (const _call of [1, 2]) {
      download(
        [],
        valid('Report', {
          errorMessage: '',
          file: '',
          URI: 'https://api-b32.nice-incontact.com/inContactAPI/services/V35.0/files?fileName=Reports%5Cx.csv',
        }),
      )
      nock('https://api-b32.nice-incontact.com', { reqheaders: READ_HEADERS })
        .get('/inContactAPI/services/V35.0/files')
        .query({ fileName: 'Reports\\x.csv' })
        .reply(200, valid('SavedFile', { files: { file: base64(CSV), fileName: 'x.csv' } }))
    }
    expect(await collect(adapterWith({ refusals: { ...refusals, form: 'saved' } }))).toHaveLength(1)
  })

  it.each([
    'https://files.evil.example/x',
    'http://api-b32.nice-incontact.com/x',
    'https://nice-incontact.com.evil.example/x',
    'https://u:p@api.nice-incontact.com/x',
    'ftp://api.nice-incontact.com/x',
  ])('does not follow %s', async (uri) => {
    signIn()
    download([], { errorMessage: '', file: '', URI: uri })
    expect(await failureOf(collect(adapterWith({ refusals })))).toMatchObject({ code: 'VENDOR_PROTOCOL', effect: 'none', retry: 'never' })
  })

  it('a message in a 200 is a failure', async () => {
    signIn()
    download([], { file: '', URI: '', errorMessage: 'Report does not exist' })
    expect(await failureOf(collect(adapterWith({ refusals })))).toMatchObject({ code: 'VENDOR_REJECTED', detail: 'Report does not exist' })
  })

  it('another report’s columns feed nothing', async () => {
    signIn()
    download([], { errorMessage: '', file: base64('Agent_No,Team\r\n1,2\r\n'), URI: '' })
    const failure = await failureOf(collect(adapterWith({ refusals })))
    expect(failure).toMatchObject({ code: 'VENDOR_PROTOCOL', retry: 'never' })
    expect(failure.detail).toMatch(/Contact_ID, Reason, Refuse_Time/)
  })

  it('204 and a header alone are both empty', async () => {
    signIn()
    download([], {}, 204)
    download([], { errorMessage: '', file: base64(HEADER), URI: '' })
    expect(await collect(adapterWith({ refusals }))).toEqual([])
  })

  it('a busy vendor and an expired token are met with patience', async () => {
    signIn()
    nock(API).post(`${BASE}/report-jobs/datadownload/350100`).query(true).reply(503, '', { 'Retry-After': '0' })
    nock(API).post(`${BASE}/report-jobs/datadownload/350100`).query(true).reply(401, {})
    nock(ISSUER).post('/auth/token').reply(200, TOKEN)
    download([], { errorMessage: null, file: base64(CSV), URI: null })
    download([], { errorMessage: null, file: base64(CSV), URI: null })
    expect(await collect(adapterWith({ refusals }))).toHaveLength(1)
  })
})

describe('secrets', () => {
  const secrets = [...Object.values(CANARY), ACCESS_TOKEN, 'refresh-canary']
  const clean = (value: unknown): void => {
    const text = inspect(value, { depth: 12, showHidden: true })
    for (const secret of secrets) {
      for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]) expect(text).not.toContain(form)
    }
    expect(text).not.toContain(basic)
  }

  it.each<[string, () => void]>([
    [
      'an echoing error body',
      () =>
        void nock(API)
          .post(`${BASE}/agents/1001/state`)
          .reply(500, {
            error_description: `Bearer ${ACCESS_TOKEN} and ${CANARY.accessKeySecret} of ${encodeURIComponent(CANARY.clientSecret)}`,
          }),
    ],
    [
      'a broken connection',
      () =>
        void nock(API)
          .post(`${BASE}/agents/1001/state`)
          .replyWithError(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })),
    ],
    [
      'a refused token',
      () => {
        nock(API).post(`${BASE}/agents/1001/state`).twice().reply(401, { error: 'x' })
        nock(ISSUER).post('/auth/token').reply(200, TOKEN)
      },
    ],
  ])('are in no error after %s', async (_name, prepare) => {
    signIn()
    prepare()
    const adapter = adapterWith()
    clean(await failureOf(adapter.send(step({ call: 'set-state', state: 'Available' }), { agentId: '1001', signal: signal() })))
  })

  it('are in no error of the token call', async () => {
    nock(ISSUER)
      .post('/auth/token')
      .replyWithError(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }))
    clean(await failureOf(adapterWith().read('1001', { signal: signal() })))
  })

  it('are not in what would be sent', () => {
    const adapter = adapterWith({ mode: 'session-owner' })
    const all: CxoneRequest[] = [
      { call: 'set-state', state: 'Available' },
      { call: 'logout' },
      { call: 'start-session', stationId: '1', asAgentId: '1001' },
      { call: 'session-state', state: 'Available' },
      { call: 'end-session', forceLogoff: true },
    ]
    const texts = all.map((request) => adapter.describe(step(request), '1001'))
    clean(texts)
    expect(texts[0]).toEqual({
      target: `POST https://{api_endpoint}${BASE}/agents/1001/state`,
      headers: { Accept: 'application/json', Authorization: 'Bearer ***', 'Content-Type': 'application/json' },
      body: '{\n  "state": "Available"\n}',
    })
    expect(texts[4]?.target).toBe(`DELETE https://{api_endpoint}${BASE}/agent-sessions/{sessionId}?forceLogoff=true`)
    expect(adapter.plan({ kind: 'READY' }, '1001', loggedIn).steps).toHaveLength(2)
  })
})
