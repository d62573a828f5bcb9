import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { pause, startTenant, type Tenant } from './client.js'

const STATE = 'POST /agents/{agentId}/state'
let tenant: Tenant
beforeEach(async () => {
  tenant = await startTenant()
  await tenant.api('GET', '/server-time')
})
afterEach(() => tenant.stop())

const play = (kind: string, more: object = {}) => tenant.running.faults.add({ kind, operation: STATE, times: 1, ...more })
const ready = () => tenant.api('POST', '/agents/1001/state', { state: 'Available' })
const effects = () => tenant.running.journal.list({ operation: STATE }).map((entry) => [entry.fault, entry.effect])
const stateAfter = async (ms = 40) => {
  await pause(ms)
  return tenant.agent('1001')['state']
}

describe('faults before the effect', () => {
  it.each([
    ['rate-limit with seconds', 'rate-limit', { retryAfter: '7' }, 429, /^7$/],
    ['rate-limit with a date', 'rate-limit', { retryAfter: 'date+7' }, 429, /GMT$/],
    ['rate-limit without a hint', 'rate-limit', {}, 429, /^null$/],
    ['unavailable', 'unavailable', { retryAfter: '2' }, 503, /^2$/],
    ['error', 'error', { status: 504 }, 504, /^null$/],
    ['forbidden', 'forbidden', {}, 403, /^null$/],
  ])('%s', async (_name, kind, more, status, retryAfter) => {
    play(kind, more)
    const answer = await ready()
    expect(answer.status).toBe(status)
    expect(String(answer.headers.get('retry-after'))).toMatch(retryAfter)
    expect(await stateAfter()).toBe('Unavailable')
    expect(effects()).toEqual([[kind, 'none']])
    expect((await ready()).status).toBe(200)
  })

  it('rate-limit’s date lies that many seconds ahead', async () => {
    play('rate-limit', { retryAfter: 'date+30' })
    const ahead = Date.parse((await ready()).headers.get('retry-after')!) - Date.now()
    expect(ahead).toBeGreaterThan(25_000)
    expect(ahead).toBeLessThan(31_000)
  })

  it('expired-token: 401 in mid-flight, and the token stays dead', async () => {
    play('expired-token')
    expect((await ready()).status).toBe(401)
    expect((await ready()).status).toBe(401)
    const answer = await tenant.api('POST', '/agents/1001/state', { state: 'Available' }, await tenant.token())
    expect(answer.status).toBe(200)
    expect(await stateAfter()).toBe('Available')
    expect(effects()).toEqual([
      ['expired-token', 'none'],
      [undefined, 'refused'],
      [undefined, 'applied'],
    ])
  })

  it('html, ic-status and raw answers', async () => {
    play('html')
    expect(await ready()).toMatchObject({ status: 502, text: expect.stringMatching(/^<html>/) })
    play('ic-status', { status: 409, body: 'Agent cannot change state' })
    expect(await ready()).toMatchObject({ status: 409, text: '', description: 'Agent cannot change state' })
    play('raw', { body: '{"broken' })
    const raw = await fetch(`${tenant.url}/incontactapi/services/v34.0/agents/1001/state?state=Available`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await tenant.token()}` },
    })
    expect([raw.status, await raw.text()]).toEqual([200, '{"broken'])
    expect(await stateAfter()).toBe('Unavailable')
  })

  it('drop-before: the connection dies and nothing happens', async () => {
    play('drop-before')
    await expect(ready()).rejects.toThrow()
    expect(await stateAfter()).toBe('Unavailable')
    expect(effects()).toEqual([['drop-before', 'none']])
  })

  it('hang: no answer and no effect', async () => {
    play('hang')
    const outcome = await Promise.race([ready().catch(() => 'dropped'), pause(150).then(() => 'silence')])
    expect(outcome).toBe('silence')
    expect(await stateAfter()).toBe('Unavailable')
  })
})

describe('faults around and after the effect', () => {
  it.each(['drop-after', 'truncate'])('%s: the connection dies and the change is made', async (kind) => {
    play(kind)
    await expect(ready()).rejects.toThrow()
    expect(await stateAfter()).toBe('Available')
    expect(effects()).toEqual([[kind, 'applied']])
  })

  it('truncate: a report breaks off in the middle', async () => {
    tenant.event('refusals', { rows: 2000 })
    play('truncate', { operation: 'POST /report-jobs/datadownload/*' })
    const dates = [-2, 2].map((days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10))
    const path = `/report-jobs/datadownload/350100?startDate=${dates[0]}&endDate=${dates[1]}&saveAsFile=false`
    await expect(tenant.api('POST', path)).rejects.toThrow()
    expect((await tenant.api('POST', path)).text.length).toBeGreaterThan(100_000)
  })

  it('error-after: an error, and the change is made', async () => {
    play('error-after', { status: 503 })
    expect((await ready()).status).toBe(503)
    expect(await stateAfter()).toBe('Available')
    expect(effects()).toEqual([['error-after', 'applied']])
  })

  it('hang-after: silence, and the change is made', async () => {
    play('hang-after')
    expect(await Promise.race([ready().catch(() => 'dropped'), pause(150).then(() => 'silence')])).toBe('silence')
    expect(tenant.agent('1001')['state']).toBe('Available')
  })

  it('accept-then-nothing: the true answer and no change; a refused request stays refused', async () => {
    play('accept-then-nothing', { times: 2 })
    expect((await ready()).status).toBe(200)
    expect((await tenant.api('POST', '/agents/4711/state', { state: 'Available' })).status).toBe(404)
    expect(await stateAfter()).toBe('Unavailable')
    expect(effects()).toEqual([
      ['accept-then-nothing', 'none'],
      ['accept-then-nothing', 'refused'],
    ])
  })

  it('accept-then-nothing of a start gives an id that nobody knows', async () => {
    tenant.running.faults.add({ kind: 'accept-then-nothing', times: 1 })
    await tenant.api('GET', '/agents/1010/states')
    const started = await tenant.api('POST', '/agent-sessions', { asAgentId: '1010', stationId: '5' })
    expect(started.status).toBe(202)
    expect((await tenant.api('GET', `/agent-sessions/${String(started.body['sessionId'])}/get-next-event?timeout=0`)).status).toBe(404)
  })

  it('agent-error: accepted, no change, and an AgentError for the desktops', async () => {
    const joined = await tenant.api('POST', '/agent-sessions/join', { asAgentId: '1001' })
    const first = await tenant.api('GET', `/agent-sessions/${String(joined.body['sessionId'])}/get-next-event?timeout=1`)
    play('agent-error', { body: 'Rejected' })
    expect((await ready()).status).toBe(200)
    const next = await tenant.api('GET', `/agent-sessions/${String(first.body['sessionId'])}/get-next-event?timeout=2`)
    expect(next.body['events']).toMatchObject([{ Type: 'AgentError', ResultCode: 'Rejected' }])
    expect(await stateAfter()).toBe('Unavailable')
  })

  it('delayed-effect: the change comes late and overtakes what was asked after it', async () => {
    play('delayed-effect', { delayMs: 120 })
    expect((await ready()).status).toBe(200)
    await tenant.api('POST', '/agents/1001/state', { state: 'Unavailable', outStateId: 12 })
    expect(await stateAfter()).toBe('Unavailable')
    expect(await stateAfter(120)).toBe('Available')
  })

  it('slow: everything later', async () => {
    play('slow', { delayMs: 120 })
    const before = Date.now()
    expect((await ready()).status).toBe(200)
    expect(Date.now() - before).toBeGreaterThan(110)
    expect(await stateAfter()).toBe('Available')
  })

  it('hits the token call too, and only the agent that it names', async () => {
    tenant.running.faults.add({ kind: 'unavailable', operation: 'POST /auth/token', times: 1 })
    await expect(tenant.token()).rejects.toThrow('error')
    play('unavailable', { agentId: '1002' })
    expect((await ready()).status).toBe(200)
    expect((await tenant.api('POST', '/agents/1002/state', { state: 'Available' })).status).toBe(503)
  })
})

describe('the whole vendor', () => {
  it('is down and comes back, by reset or by 503', async () => {
    tenant.event('down')
    await expect(ready()).rejects.toThrow()
    tenant.event('up')
    expect((await ready()).status).toBe(200)
    tenant.event('down', { mode: 'unavailable' })
    expect((await ready()).status).toBe(503)
    tenant.event('up')
    expect((await ready()).status).toBe(200)
  })

  it('resets to the start', async () => {
    await ready()
    tenant.event('refusals', { rows: 5 })
    tenant.running.simulator.reset()
    expect(await stateAfter()).toBe('Unavailable')
    expect((await ready()).status).toBe(401)
    expect(tenant.running.simulator.agents().filter((agent) => agent['state'] === 'Unavailable')).toHaveLength(4)
  })

  it('says what is wrong with an event', () => {
    expect(() => tenant.event('agent-state', { agentId: '4711' })).toThrow('no agent 4711')
    expect(() => tenant.event('agent-state', { agentId: '1001', state: 'Tired' })).toThrow('field "state" must be one of')
    expect(() => tenant.event('refusals', { rows: 0 })).toThrow('rows')
    expect(() => tenant.event('agent-login', { agentId: '1001' })).toThrow('is logged in')
  })
})
