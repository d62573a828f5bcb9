import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LogoutRecord } from '../../src/core/agents/logout-log.js'
import { SECRETS, startApi, type Answer, type Api } from '../support/api.js'
import { soon } from '../support/drafts.js'
import { createMemoryEngine } from '../support/memory-engine.js'

const engine = createMemoryEngine()
let api: Api
beforeAll(async () => {
  api = await startApi({ engine })
})
afterAll(() => api.stop())

const begun = new Date(Date.now() - 60_000).toISOString()
const path = (from = begun, to = new Date(Date.now() + 60_000).toISOString()): string =>
  `/v1/platforms/loopback/logouts?from=${from}&to=${to}`

function report(target: string, options: Parameters<Api['call']>[2] = {}): Promise<Answer> {
  return api.call('GET', target, { key: SECRETS.reader, ...options })
}

async function logOut(agent: string, body: object, key = SECRETS.crm): Promise<string> {
  const commands = `/v1/platforms/loopback/agents/${agent}/commands`
  expect((await api.call('POST', commands, { body: { action: 'LOGIN' }, key })).status).toBe(200)
  const answer = await api.call('POST', commands, { body: { action: 'LOGOUT', ...body }, key })
  expect(answer.body).toMatchObject({ status: 'confirmed' })
  return String(answer.body['id'])
}

function listed(answer: { body: Record<string, unknown> }): readonly Record<string, unknown>[] {
  return answer.body['logouts'] as readonly Record<string, unknown>[]
}

/** Records of long ago, put in directly, for what the loopback platform does not do. */
async function put(...records: readonly Omit<LogoutRecord, 'platform'>[]): Promise<void> {
  for (const record of records) await engine.logouts.record({ platform: 'loopback', ...record }, soon())
}

describe('the report of logouts', () => {
  it('shows code and text in JSON and CSV, who asked, and the state before', async () => {
    const id = await logOut('agent1', { reason: 'END_OF_SHIFT' })
    const forced = await logOut('agent2', { force: true }, SECRETS.supervisor)
    await expect.poll(async () => listed(await report(path()))).toHaveLength(2)
    const json = await report(path())
    const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*\.\d{3}Z$/) as string
    expect(listed(json)).toEqual([
      {
        agentId: 'agent1',
        at,
        code: 3,
        name: 'End of shift',
        text: 'End of shift',
        key: 'END_OF_SHIFT',
        previousState: 'NOT_READY',
        command: id,
        requestedBy: 'crm',
      },
      {
        agentId: 'agent2',
        at,
        code: 9,
        name: 'Logged out by supervisor',
        text: 'Logged out by supervisor',
        key: 'SUPERVISOR.FORCED_LOGOUT',
        previousState: 'NOT_READY',
        command: forced,
        requestedBy: 'supervisor',
      },
    ])
    const csv = await report(path(), { headers: { accept: 'text/csv' } })
    expect(csv.status).toBe(200)
    expect(csv.headers.get('content-type')).toMatch(/^text\/csv/)
    const [first, second] = listed(json)
    expect(csv.text.split('\n')).toEqual([
      'at,agentId,code,name,text,key,cause,previousState,command,requestedBy',
      `${String(first?.['at'])},agent1,3,End of shift,End of shift,END_OF_SHIFT,,NOT_READY,${id},crm`,
      `${String(second?.['at'])},agent2,9,Logged out by supervisor,Logged out by supervisor,SUPERVISOR.FORCED_LOGOUT,,NOT_READY,${forced},supervisor`,
      '',
    ])
  })

  it('is empty, not missing, when nobody logged out', async () => {
    const quiet = path('2001-01-01T00:00:00Z', '2001-01-02T00:00:00Z')
    expect((await report(quiet)).text).toBe('{"logouts":[]}')
    const csv = await report(quiet, { headers: { accept: 'text/csv' } })
    expect(csv.text).toBe('at,agentId,code,name,text,key,cause,previousState,command,requestedBy\n')
  })

  it('keeps negative codes as they are and lets no text become a formula', async () => {
    await put({ agentId: '+1', at: Date.UTC(2002, 0, 1), code: -2, name: '=1+1', text: 'said "no",\nthen left' })
    const span = path('2002-01-01T00:00:00Z', '2002-01-02T00:00:00Z')
    const csv = await report(span, { headers: { accept: 'text/csv' } })
    expect(csv.text.slice(csv.text.indexOf('\n') + 1)).toBe(`2002-01-01T00:00:00.000Z,'+1,-2,'=1+1,"said ""no"",\nthen left",,,,,\n`)
    expect(listed(await report(span))).toEqual([
      { agentId: '+1', at: '2002-01-01T00:00:00.000Z', code: -2, name: '=1+1', text: 'said "no",\nthen left' },
    ])
  })

  it('takes from ≤ at < to, to the millisecond, and streams more than one page in order', async () => {
    const day = Date.UTC(2003, 0, 1)
    await put(...Array.from({ length: 1200 }, (_, n) => ({ agentId: `agent${n % 10}`, at: day + n })))
    const all = listed(await report(path('2003-01-01T00:00:00Z', '2003-01-02T00:00:00Z')))
    expect(all.map(({ at }) => Date.parse(String(at)) - day)).toEqual(Array.from({ length: 1200 }, (_, n) => n))
    const two = listed(await report(path('2003-01-01T00:00:00.005Z', '2003-01-01T00:00:00.007Z')))
    expect(two.map(({ at }) => at)).toEqual(['2003-01-01T00:00:00.005Z', '2003-01-01T00:00:00.006Z'])
  })
})

describe('authority and errors', () => {
  it('needs the scope reports:read', async () => {
    await put({ agentId: 'agent1', at: Date.UTC(2004, 0, 1) }, { agentId: 'agent2', at: Date.UTC(2004, 0, 1) })
    const span = path('2004-01-01T00:00:00Z', '2004-01-02T00:00:00Z')
    expect(listed(await report(span)).map(({ agentId }) => agentId)).toEqual(['agent1', 'agent2'])
    expect((await report(span, { key: SECRETS.crm })).body).toMatchObject({ status: 403, code: 'FORBIDDEN' })
    expect((await report(span, { key: SECRETS.mine })).body).toMatchObject({ status: 403, code: 'FORBIDDEN' })
    expect((await report(span, { key: null })).status).toBe(401)
  })

  it('a bad span is 400, an unknown platform 404, and a store that is away 503', async () => {
    expect((await report('/v1/platforms/loopback/logouts')).status).toBe(400)
    expect((await report(path('2004-01-02T00:00:00Z', '2004-01-01T00:00:00Z'))).status).toBe(400)
    expect((await report(path('2001-01-01T00:00:00Z', '2004-01-01T00:00:00Z'))).status).toBe(400)
    expect((await report(path().replace('loopback', 'nowhere'))).body).toMatchObject({ code: 'PLATFORM_NOT_FOUND' })
    engine.fail(true)
    try {
      for (const accept of ['application/json', 'text/csv']) {
        const answer = await report(path(), { headers: { accept } })
        expect([answer.status, answer.body['code'], answer.headers.get('retry-after')]).toEqual([503, 'STORE_UNAVAILABLE', '1'])
      }
    } finally {
      engine.fail(false)
    }
  })
})
