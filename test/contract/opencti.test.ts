import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { assertSchema, SECRETS, startApi, type Answer, type Api } from '../support/api.js'
import { readEvents, type EventReader } from '../support/event-reader.js'
import { createLogSpy } from '../support/log-spy.js'
import { createMemoryEngine } from '../support/memory-engine.js'

/** Pega's facade over the loopback platform. Every answer is checked against the API description by `api.call`. */
const spy = createLogSpy()
const engine = createMemoryEngine()
let api: Api
beforeAll(async () => {
  api = await startApi({ logger: spy, engine })
})
afterAll(() => api.stop())

type Call = { key?: string | null; headers?: Record<string, string>; query?: string }

function act(activity: string, body: object, { query = '', ...options }: Call = {}): Promise<Answer> {
  return api.call('POST', `/opencti/loopback/${activity}${query}`, { body, ...options })
}
const stateOf = async (agentId: string): Promise<Answer['body']> =>
  (await api.call('GET', `/v1/platforms/loopback/agents/${agentId}/state`)).body
const newest = async (agentId: string): Promise<Record<string, unknown> | undefined> =>
  ((await api.call('GET', `/v1/platforms/loopback/agents/${agentId}/commands`)).body['commands'] as unknown as Record<string, unknown>[])[0]

describe('success', () => {
  it('is 2xx with empty error texts, and says what the agent is now', async () => {
    const login = await act('LoginAgent', { AgentID: 'agent1' })
    expect(login.status).toBe(200)
    expect(login.body).toMatchObject({
      agentId: 'agent1',
      state: 'NOT_READY',
      pyAgentState: 'NotReady',
      vendorState: 'paused',
      reasonCode: '',
      workMode: 'MODE_NONE',
      accepted: true,
      applied: true,
      unchanged: false,
      pending: false,
      info: '',
      errCode: '',
      errMessage: '',
      gatewayCode: '',
      correlationId: login.headers.get('x-request-id'),
    })
    expect((await act('SetAgentReady', { AgentID: 'agent1' })).body).toMatchObject({ pyAgentState: 'Ready', applied: true })
    const out = await act('LogoutAgent', { AgentID: 'agent1', pyReasonCode: 'End of shift' })
    expect(out.body).toMatchObject({ pyAgentState: 'Logout', state: 'LOGGED_OUT', reasonCode: 'end-of-shift' })
    const command = await api.call('GET', String(out.headers.get('location')))
    expect(command.body).toMatchObject({ action: 'LOGOUT', reason: 'End of shift', status: 'confirmed', requestedBy: 'crm' })
  })

  it('takes a page as Pega sends it: every property, blank where it is not set', async () => {
    const blank = {
      Queue: '',
      pyReasonCode: '',
      AgentOptions: { pyOpenCTI: { pyReasonCode: '' } },
      WorkMode: '',
      AgentPassword: '',
      UserName: '',
    }
    expect((await act('LoginAgent', { AgentID: 'agent2', Extension: '', DN: '', AgentState: '', ...blank })).status).toBe(200)
    expect(await newest('agent2')).not.toHaveProperty('reason')
    // What was needed at the login still stands on the page later.
    const page = { AgentID: 'agent2', AgentPassword: 'secret', Extension: '7', DN: '7', AgentState: 'available' }
    expect((await act('SetAgentReady', { ...page, pyReasonCode: 'lunch' })).body).toMatchObject({ pyAgentState: 'Ready' })
    expect((await act('LogoutAgent', { ...page, WorkMode: 'AFTER_CALL_WORK' })).body).toMatchObject({ pyAgentState: 'Logout' })
  })

  it.each([
    ['id', { pyReasonCode: 'lunch' }],
    ['code', { pyReasonCode: '2' }],
    ['name', { pyReasonCode: 'Lunch' }],
    ['key', { pyReasonCode: 'BREAK.LUNCH' }],
    ['the embedded page', { AgentOptions: { pyOpenCTI: { pyReasonCode: 'lunch' }, Anything: 'else' } }],
    ['both places, the same', { pyReasonCode: 'lunch', AgentOptions: { pyOpenCTI: { pyReasonCode: 'lunch' } } }],
  ])('a reason by %s', async (_form, reason) => {
    await act('LoginAgent', { AgentID: 'agent3' })
    await act('SetAgentReady', { AgentID: 'agent3' })
    expect((await act('SetAgentNotReady', { AgentID: 'agent3', ...reason })).body).toMatchObject({
      pyAgentState: 'NotReady',
      reasonCode: 'lunch',
    })
    expect(await stateOf('agent3')).toMatchObject({ state: 'NOT_READY', reason: { id: 'lunch' } })
  })

  it.each([
    ['id', 'lunch'],
    ['code', '2'],
    ['name', 'Lunch'],
    ['key', 'BREAK.LUNCH'],
  ])('tells the reason as %s', async (form, text) => {
    await act('LoginAgent', { AgentID: 'agent3' })
    const answer = await act('SetAgentNotReady', { AgentID: 'agent3', pyReasonCode: 'lunch' }, { query: `?reasonAs=${form}` })
    expect(answer.body).toMatchObject({ reasonCode: text })
  })
})

describe('work modes', () => {
  it.each(['ACW', 'AFTER_CALL_WORK', 'acw'])('%s is after-call work', async (mode) => {
    await act('LoginAgent', { AgentID: 'agent4' })
    await act('SetAgentReady', { AgentID: 'agent4' })
    const answer = await act('SetAgentNotReady', { AgentID: 'agent4', WorkMode: mode })
    expect(answer.body).toMatchObject({ applied: true, pyAgentState: 'NotReady', workMode: 'ACW', reasonCode: 'after-call-work' })
    expect(await newest('agent4')).toMatchObject({ action: 'NOT_READY', reason: 'WRAP_UP' })
  })
  it('a reason of the platform goes before the work mode, one that only Pega knows does not', async () => {
    await act('LoginAgent', { AgentID: 'agent4' })
    await act('SetAgentReady', { AgentID: 'agent4' })
    const known = await act('SetAgentNotReady', { AgentID: 'agent4', WorkMode: 'ACW', pyReasonCode: 'Lunch' })
    expect(known.body).toMatchObject({ reasonCode: 'lunch', workMode: 'MODE_NONE' })
    const unknown = await act('SetAgentNotReady', { AgentID: 'agent4', WorkMode: 'ACW', pyReasonCode: 'AfterCallWork' })
    expect(unknown.body).toMatchObject({ reasonCode: 'after-call-work', workMode: 'ACW' })
  })
  it.each([
    ['LoginAgent', ['AUTO_IN', 'MODE_AUTO_IN', 'MODE_NONE', 'UNSPECIFIED', ''], ['MANUAL_IN', 'ACW', 'BUSY', 'NAP']],
    ['SetAgentReady', ['AUTO_IN', 'MODE_AUTO_IN', 'MODE_NONE', 'UNSPECIFIED', ''], ['MODE_MANUAL_IN', 'AFTER_CALL_WORK', 'AUX_WORK']],
    ['SetAgentNotReady', ['AUX_WORK', 'MODE_NONE', 'UNSPECIFIED', ''], ['AUTO_IN', 'MANUAL_IN', 'BUSY']],
  ])('%s takes and refuses', async (activity, taken, refused) => {
    await act('LoginAgent', { AgentID: 'agent5' })
    for (const WorkMode of taken) expect((await act(activity, { AgentID: 'agent5', WorkMode })).status, WorkMode).toBe(200)
    for (const WorkMode of refused) {
      const answer = await act(activity, { AgentID: 'agent5', WorkMode })
      expect(answer.status, WorkMode).toBe(400)
      expect(String(answer.body['errMessage'])).toContain(`${activity} takes `)
    }
  })
})

describe('what is true already', () => {
  it('is success, unless the connector asks otherwise; nothing is sent', async () => {
    await act('LoginAgent', { AgentID: 'agent6' })
    await act('SetAgentReady', { AgentID: 'agent6' })
    const again = await act('SetAgentReady', { AgentID: 'agent6' })
    expect(again.status).toBe(200)
    expect(again.body).toMatchObject({ applied: true, unchanged: true, errCode: '' })
    const refused = await act('SetAgentReady', { AgentID: 'agent6' }, { query: '?sameState=refuse' })
    expect(refused.status).toBe(409)
    expect(refused.body).toMatchObject({
      errCode: 'OPENCTI_IN_SAME_STATE',
      gatewayCode: 'SAME_STATE',
      applied: false,
      pyAgentState: 'Ready',
    })
    expect((await act('LoginAgent', { AgentID: 'agent6' })).body).toMatchObject({ unchanged: true, pyAgentState: 'Ready' })
  })
  it.each(['SetAgentReady', 'SetAgentNotReady', 'LogoutAgent'])('%s needs an agent who is logged in', async (activity) => {
    const answer = await act(activity, { AgentID: 'agent7' })
    expect(answer.status).toBe(409)
    expect(answer.body).toMatchObject({
      errCode: 'OPENCTI_AGENT_NOT_LOGGED_IN',
      gatewayCode: 'NOT_LOGGED_IN',
      applied: false,
      pyAgentState: 'Logout',
    })
    expect(String(answer.body['errMessage'])).toContain('The agent is not logged in')
  })
})

describe('failure is the same flat body', () => {
  const failed = (answer: Answer): unknown[] => [answer.status, answer.body['errCode'], answer.body['gatewayCode']]
  it.each([
    ['no key', { key: null }, 401, 'OPENCTI_HTTP_ERROR_401', 'UNAUTHENTICATED'],
    ['a wrong key', { key: 'wrong' }, 401, 'OPENCTI_HTTP_ERROR_401', 'UNAUTHENTICATED'],
    ['a key that only reads', { key: SECRETS.reader }, 403, 'OPENCTI_CF_GENERIC_OPERATION', 'FORBIDDEN'],
    ['a key of another agent', { key: SECRETS.mine }, 403, 'OPENCTI_CF_GENERIC_OPERATION', 'FORBIDDEN'],
    ['a strange query', { query: '?same=1' }, 400, 'OPENCTI_CF_GENERIC_OPERATION', 'INVALID_REQUEST'],
    ['a bad wait', { headers: { prefer: 'wait=soon' } }, 400, 'OPENCTI_CF_GENERIC_OPERATION', 'INVALID_REQUEST'],
  ])('%s', async (_what, call: Call, ...expected) => {
    expect(failed(await act('LoginAgent', { AgentID: 'agent8' }, call))).toEqual(expected)
  })
  it.each([
    ['no AgentID', {}],
    ['an empty AgentID', { AgentID: '' }],
    ['an unknown property', { AgentID: 'agent8', Agent: 'x' }],
    ['a number for a text', { AgentID: 8 }],
    ['two reasons', { AgentID: 'agent8', pyReasonCode: 'a', AgentOptions: { pyOpenCTI: { pyReasonCode: 'b' } } }],
  ])('%s is named', async (_what, body) => {
    const answer = await act('LogoutAgent', body)
    expect(failed(answer)).toEqual([400, 'OPENCTI_CF_GENERIC_OPERATION', 'INVALID_REQUEST'])
    expect(String(answer.body['errMessage'])).toMatch(/\/(AgentID|Agent|pyReasonCode)\b|pyReasonCode and/)
  })
  it('two device numbers', async () => {
    const answer = await act('LoginAgent', { AgentID: 'agent8', Extension: '1', DN: '2' })
    expect(answer.body).toMatchObject({
      gatewayCode: 'INVALID_REQUEST',
      errMessage: expect.stringContaining('Extension and DN differ') as string,
    })
  })
  it('no route, another method, another platform, another agent', async () => {
    expect(failed(await act('HoldCall', { AgentID: 'agent8' }))).toEqual([404, 'OPENCTI_HTTP_ERROR_404', 'NOT_FOUND'])
    expect(failed(await api.call('GET', '/opencti/loopback/LoginAgent'))).toEqual([405, 'OPENCTI_HTTP_ERROR_405', 'METHOD_NOT_ALLOWED'])
    expect(failed(await api.call('POST', '/opencti/nowhere/LoginAgent', { body: { AgentID: 'agent8' } }))).toEqual([
      404,
      'OPENCTI_HTTP_ERROR_404',
      'PLATFORM_NOT_FOUND',
    ])
    expect(failed(await act('LoginAgent', { AgentID: 'nobody' }))).toEqual([404, 'OPENCTI_HTTP_ERROR_404', 'AGENT_NOT_FOUND'])
    expect(failed(await api.call('GET', '/opencti'))).toEqual([404, 'OPENCTI_HTTP_ERROR_404', 'NOT_FOUND'])
  })
  it('a body that is not JSON, of another type, or too large', async () => {
    const path = '/opencti/loopback/LoginAgent'
    expect(failed(await api.call('POST', path, { raw: '{' }))).toEqual([400, 'OPENCTI_CF_GENERIC_OPERATION', 'INVALID_REQUEST'])
    expect(failed(await api.call('POST', path, { raw: '<a/>', headers: { 'content-type': 'text/xml' } }))).toEqual([
      415,
      'OPENCTI_CF_GENERIC_OPERATION',
      'UNSUPPORTED_MEDIA_TYPE',
    ])
    expect(failed(await api.call('POST', path, { raw: `{"AgentID":"${'a'.repeat(20_000)}"}` }))).toEqual([
      413,
      'OPENCTI_CF_GENERIC_OPERATION',
      'PAYLOAD_TOO_LARGE',
    ])
  })
  it('a reason that the platform does not have: the valid ones are told', async () => {
    await act('LoginAgent', { AgentID: 'agent8' })
    const answer = await act('SetAgentNotReady', { AgentID: 'agent8', pyReasonCode: 'Siesta' })
    expect(failed(answer)).toEqual([422, 'OPENCTI_CF_GENERIC_OPERATION', 'REASON_INVALID'])
    expect(answer.body['errMessage']).toMatch(/no NOT_READY reason "Siesta".*Valid: Short break, Lunch/)
  })
  it('a queue, which no platform lets choose', async () => {
    const answer = await act('LogoutAgent', { AgentID: 'agent8', Queue: 'sales' })
    expect(failed(answer)).toEqual([422, 'OPENCTI_CF_GENERIC_OPERATION', 'UNSUPPORTED'])
    expect(await stateOf('agent8')).toMatchObject({ state: 'NOT_READY' })
  })
})

describe('a repeat', () => {
  const headers = { 'idempotency-key': 'pega-1' }
  it('with the same key and page has the same answer; with another agent it is refused', async () => {
    const first = await act('LoginAgent', { AgentID: 'agent9' }, { headers })
    expect(first.status).toBe(200)
    const again = await act('LoginAgent', { AgentID: 'agent9' }, { headers })
    expect(again.body).toMatchObject({ commandId: first.body['commandId'], applied: true, unchanged: false })
    const other = await act('LoginAgent', { AgentID: 'agent10' }, { headers })
    expect(other.status).toBe(422)
    expect(other.body).toMatchObject({ gatewayCode: 'IDEMPOTENCY_MISMATCH' })
    expect(await newest('agent10')).toBeUndefined()
  })
  it('of a failure has the same answer', async () => {
    const key = { 'idempotency-key': 'pega-2' }
    await act('LogoutAgent', { AgentID: 'agent9' })
    const first = await act('SetAgentReady', { AgentID: 'agent9' }, { headers: key })
    const again = await act('SetAgentReady', { AgentID: 'agent9' }, { headers: key })
    expect(again.status).toBe(409)
    expect(again.text).toBe(first.text)
  })
})

describe('the wait', () => {
  it('respond-async is 202, pending, and the address of the command', async () => {
    const answer = await act('LoginAgent', { AgentID: 'agent10' }, { headers: { prefer: 'respond-async' } })
    expect(answer.status).toBe(202)
    expect(answer.body).toMatchObject({ accepted: true, applied: false, pending: true, errCode: '', errMessage: '' })
    expect(answer.body['info']).toMatch(/^It is under way/)
    await expect.poll(async () => (await api.call('GET', String(answer.headers.get('location')))).body['status']).toBe('confirmed')
  })
})

describe('what else a command has', () => {
  it('one line in the log, the person behind the key, and no password anywhere', async () => {
    spy.lines.length = 0
    const body = { AgentID: 'agent1', AgentPassword: 'canary-4711', UserName: 'a.one' }
    const answer = await act('LoginAgent', body, { headers: { 'x-on-behalf-of': 'operator-7' } })
    const lines = spy.lines.filter(({ message }) => message === 'command')
    expect(lines).toHaveLength(1)
    expect(lines[0]?.fields).toMatchObject({
      platform: 'loopback',
      agentId: 'agent1',
      action: 'LOGIN',
      principal: 'crm',
      status: 'confirmed',
    })
    expect((await newest('agent1'))?.['onBehalfOf']).toBe('operator-7')
    expect(answer.text + JSON.stringify(spy.lines)).not.toContain('canary-4711')
  })
  it('one line for what is refused before it is stored', async () => {
    spy.lines.length = 0
    await act('LogoutAgent', { AgentID: 'agent1', Queue: 'q' })
    expect(spy.lines.filter(({ message }) => message === 'command')).toMatchObject([{ fields: { status: 'refused', code: 'UNSUPPORTED' } }])
  })
})

describe('events in Pega’s words', () => {
  const readers: EventReader[] = []
  afterEach(() => {
    for (const reader of readers.splice(0)) reader.close()
  })
  async function listen(query = ''): Promise<EventReader> {
    const reader = await readEvents(api.url, { key: SECRETS.reader, query: `?shape=pega&platform=loopback&agentId=agent10${query}` })
    readers.push(reader)
    await reader.until(({ event }) => event === 'snapshot-end')
    return reader
  }
  const words = (reader: EventReader): string[] =>
    reader.told.flatMap(({ event, data }) =>
      event === 'SnapshotEvent' || event === 'AgentStateEvent'
        ? [`${event} ${String(data['pyAgentState'] ?? data['pyEventName'])} ${String(data['pyReasonCode'])} ${String(data['pyWorkMode'])}`]
        : [],
    )

  it('a Snapshot after the login and after the logout, AgentStateEvents between them; each fits the description', async () => {
    await act('LogoutAgent', { AgentID: 'agent10' })
    const known = (reader: EventReader): Record<string, unknown>[] =>
      reader.told.find(({ event }) => event === 'snapshot')?.data['agents'] as unknown as Record<string, unknown>[]
    // What has just happened gets into the stream a moment later.
    await expect.poll(async () => known(await listen())[0]?.['pyAgentState'], { timeout: 5_000 }).toBe('Logout')
    const reader = await listen('&reasonAs=code')
    const begin = known(reader)
    expect(begin).toMatchObject([{ pyEventType: 'SnapshotEvent', pyAgentId: 'agent10', pyAgentState: 'Logout', pyDeviceState: 'CLOSED' }])
    const steps = [
      ['LoginAgent', {}, 'SnapshotEvent NotReady  MODE_NONE'],
      ['SetAgentReady', {}, 'AgentStateEvent Ready  MODE_NONE'],
      ['SetAgentNotReady', { pyReasonCode: 'lunch' }, 'AgentStateEvent NotReady 2 MODE_NONE'],
      ['SetAgentNotReady', { WorkMode: 'ACW' }, 'AgentStateEvent NotReady 4 ACW'],
      ['LogoutAgent', { pyReasonCode: 'END_OF_SHIFT' }, 'SnapshotEvent Logout 3 MODE_NONE'],
    ] as const
    for (const [index, [activity, page, expected]] of steps.entries()) {
      expect((await act(activity, { AgentID: 'agent10', ...page })).status).toBe(200)
      await expect.poll(() => words(reader)[index], { timeout: 5_000 }).toBe(expected)
    }
    expect(words(reader)).toEqual(steps.map(([, , expected]) => expected))
    const events = reader.told.filter(({ event }) => event.endsWith('Event'))
    for (const { data } of [...events, ...begin.map((each) => ({ data: each }))]) assertSchema('PegaEvent', data)
    const numbers = events.map(({ data }) => Number(data['sequence']))
    expect([...numbers].sort((a, b) => a - b)).toEqual(numbers)
    // Whoever comes back in the middle is told what came after it, in the same words.
    const again = await readEvents(api.url, {
      key: SECRETS.reader,
      query: '?shape=pega&platform=loopback&agentId=agent10&reasonAs=code',
      lastEventId: String(events[1]?.id),
    })
    readers.push(again)
    await expect.poll(() => words(again), { timeout: 5_000 }).toEqual(steps.slice(2).map(([, , expected]) => expected))
  })
})

it('while the store is away the answer is flat too', async () => {
  engine.fail(true)
  const answer = await act('LoginAgent', { AgentID: 'agent1' })
  engine.fail(false)
  expect(answer.status).toBe(503)
  expect(answer.body).toMatchObject({ errCode: 'OPENCTI_HTTP_ERROR_503', gatewayCode: 'STORE_UNAVAILABLE', accepted: false })
  expect(answer.headers.get('retry-after')).toBe('1')
})
