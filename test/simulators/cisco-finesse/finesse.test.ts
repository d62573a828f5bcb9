import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ciscoFinesseSimulator } from '../../../src/simulators/cisco-finesse/index.js'
import { runSimulator, type RunningSimulator } from '../../../src/simulators/kit/run.js'
import { basic, call, listen, putState, tag, until, type Ears } from './helpers.js'

let site: RunningSimulator
let base: string
let ears: Ears[] = []

async function start(options: Record<string, string> = {}): Promise<void> {
  site = await runSimulator(ciscoFinesseSimulator, { options: { loggedIn: '3', ...options } })
  base = site.simulator.endpoints['primary']!
}

async function hear(id: string, endpoint = 'primary-xmpp', options: { plain?: boolean } = {}): Promise<Ears> {
  const one = await listen(site.simulator.endpoints[endpoint]!, id, options)
  ears.push(one)
  await until(() => one.presences.length > 0)
  return one
}

const state = (id: string) => site.simulator.agents().find((agent) => agent['agentId'] === id)

beforeEach(() => start())
afterEach(async () => {
  await Promise.all(ears.map((one) => one.stop().catch(() => undefined)))
  ears = []
  await site.stop()
})

async function restart(options: Record<string, string>): Promise<void> {
  await site.stop()
  await start(options)
}

describe('REST (vendors/cisco.md 4.1 to 4.7)', () => {
  it('gives a user with the fields of section 4.4', async () => {
    const { status, text, headers } = await call(base, 'GET', '/User/1001', { as: '1001', requestId: 'r-1' })
    expect(status).toBe(200)
    expect(headers.get('content-type')).toContain('application/xml')
    expect(headers.get('requestid')).toBe('r-1')
    expect([tag(text, 'state'), tag(text, 'loginId'), tag(text, 'extension'), tag(text, 'reasonCodeId')]).toEqual([
      'NOT_READY',
      '1001',
      '2001',
      '-1',
    ])
    expect(text.startsWith('<User>')).toBe(true)
  })

  it('wants a password, a token or a supervisor, and locks after five wrong passwords', async () => {
    expect((await call(base, 'GET', '/User/1001')).status).toBe(401)
    const wrong = await call(base, 'GET', '/User/1001', { auth: basic('1001', 'no') })
    expect([wrong.status, tag(wrong.text, 'ErrorType')]).toEqual([401, 'Authorization Failure'])
    expect((await call(base, 'GET', '/User/1001', { auth: 'Bearer token-1001' })).status).toBe(200)
    expect((await call(base, 'GET', '/User/1001', { as: '900' })).status).toBe(200)
    expect((await call(base, 'GET', '/User/1001', { as: '1002' })).status).toBe(401)
    for (let time = 0; time < 5; time++) await call(base, 'GET', '/User/1003', { auth: basic('1003', 'no') })
    expect((await call(base, 'GET', '/User/1003', { as: '1003' })).status).toBe(401)
    site.simulator.event('expire-tokens', {})
    expect((await call(base, 'GET', '/User/1001', { auth: 'Bearer token-1001' })).status).toBe(401)
    expect((await call(base, 'GET', '/User/1001', { auth: 'Bearer token-1001-1' })).status).toBe(200)
    const missing = await call(base, 'GET', '/User/4711', { as: '900' })
    expect([missing.status, tag(missing.text, 'ErrorMessage')]).toEqual([404, 'UNKNOWN_USER'])
  })

  it.each([
    ['malformed XML', '1001', '1001', '<User><state>', 400, 'Bad Request'],
    ['no state', '1001', '1001', '<User><extension>1</extension></User>', 400, 'Parameter Missing'],
    ['an unknown state', '1001', '1001', '<User><state>SLEEPY</state></User>', 400, 'Invalid Input'],
    ['LOGIN without extension', '1010', '1010', '<User><state>LOGIN</state></User>', 400, 'Parameter Missing'],
    ['a missing reason', '1001', '1001', '<User><state>NOT_READY</state></User>', 400, 'Parameter Missing'],
    [
      'a code in place of an id',
      '1001',
      '1001',
      '<User><state>NOT_READY</state><reasonCodeId>101</reasonCodeId></User>',
      400,
      'Invalid Input',
    ],
    [
      'a reason of the other list',
      '1001',
      '1001',
      '<User><state>NOT_READY</state><reasonCodeId>21</reasonCodeId></User>',
      400,
      'Invalid Input',
    ],
    [
      'a reason from a supervisor',
      '900',
      '1001',
      '<User><state>LOGOUT</state><reasonCodeId>21</reasonCodeId></User>',
      400,
      'Invalid Input',
    ],
    ['another agent', '1002', '1001', '<User><state>LOGOUT</state></User>', 401, 'Invalid Authorization User Specified'],
    ['the supervisor of another team', '901', '1001', '<User><state>LOGOUT</state></User>', 401, 'Invalid Supervisor'],
    ['an unknown user', '900', '4711', '<User><state>LOGOUT</state></User>', 404, 'User Not Found'],
  ])('refuses %s at once', async (_name, as, id, body, status, type) => {
    const answer = await call(base, 'PUT', `/User/${id}`, { as, body })
    expect([answer.status, tag(answer.text, 'ErrorType')]).toEqual([status, type])
    expect(site.journal.list({ operation: 'PUT /User/{id}' })).toMatchObject([{ effect: 'refused', agentId: id }])
  })

  it('lists reasons with ids that are not the codes, users, the team, and the system', async () => {
    const reasons = await call(base, 'GET', '/User/1001/ReasonCodes?category=NOT_READY', { as: '1001' })
    expect(reasons.text).toContain('<ReasonCodes category="NOT_READY">')
    expect(reasons.text).toContain(
      '<uri>/finesse/api/ReasonCode/11</uri><category>NOT_READY</category><code>101</code><label>Lunch</label>',
    )
    expect((await call(base, 'GET', '/TeamResource/1/ReasonCodes?category=ALL', { as: '900' })).text.match(/<ReasonCode>/g)).toHaveLength(5)
    expect((await call(base, 'GET', '/User/1001/ReasonCode/21', { as: '1001' })).text).toContain('<code>201</code>')
    expect((await call(base, 'GET', '/Users', { as: '800' })).text.match(/<User>/g)).toHaveLength(33)
    expect((await call(base, 'GET', '/Team/1', { as: '900' })).text.match(/<User>/g)).toHaveLength(30)
    const system = await call(base, 'GET', '/SystemInfo')
    expect([tag(system.text, 'status'), tag(system.text, 'xmppPubSubDomain'), tag(system.text, 'host')]).toEqual([
      'IN_SERVICE',
      'pubsub.finesse.local',
      new URL(base).host,
    ])
  })

  it('writes reason codes on the primary only', async () => {
    const body = '<ReasonCode><category>LOGOUT</category><code>300</code><label>Doctor</label><forAll>true</forAll></ReasonCode>'
    expect((await call(site.simulator.endpoints['secondary']!, 'POST', '/ReasonCode', { as: '800', body })).status).toBe(403)
    expect((await call(base, 'POST', '/ReasonCode', { as: '800', body })).status).toBe(200)
    expect((await call(base, 'GET', '/ReasonCode/23', { as: '1001' })).text).toContain('<label>Doctor</label>')
    expect((await call(base, 'DELETE', '/ReasonCode/23', { as: '800' })).status).toBe(200)
    expect((await call(base, 'GET', '/ReasonCode/23', { as: '1001' })).status).toBe(404)
  })

  it('answers 503 while out of service, and nothing while down', async () => {
    site.simulator.event('failover', {})
    const answer = await call(base, 'GET', '/User/1001', { as: '1001' })
    expect([answer.status, tag(answer.text, 'ErrorType')]).toEqual([503, 'Service Unavailable'])
    expect(tag((await call(base, 'GET', '/SystemInfo')).text, 'status')).toBe('OUT_OF_SERVICE')
    expect((await call(site.simulator.endpoints['secondary']!, 'GET', '/User/1001', { as: '1001' })).status).toBe(200)
    site.simulator.event('side-down', { side: 'primary' })
    await expect(call(base, 'GET', '/SystemInfo')).rejects.toThrow('fetch failed')
    site.simulator.event('side-up', { side: 'primary' })
    await until(() => site.simulator.endpoints['primary'] === base)
    await expect.poll(async () => (await call(base, 'GET', '/User/1001', { as: '1001' }).catch(() => undefined))?.status).toBe(200)
  })
})

describe('notifications to the stock client (vendors/cisco.md 4.8, 7.5)', () => {
  it.each(['primary-xmpp', 'primary-ws'])('sign-in, ready, not ready, sign-out over %s', async (endpoint) => {
    const one = await hear('1010', endpoint)
    expect(one.presences[0]).toMatchObject({ from: 'finesse@finesse.local/finesse', type: undefined })
    const answer = await putState(base, '1010', '<state>LOGIN</state><extension>2010</extension>', { requestId: 'q1' })
    expect([answer.status, answer.text]).toEqual([202, ''])
    const login = await one.next((payload) => tag(payload, 'state') === 'NOT_READY')
    expect(login.node).toBe('/finesse/api/User/1010')
    expect([
      tag(login.payload, 'reasonCodeId'),
      tag(login.payload, 'extension'),
      tag(login.payload, 'event'),
      tag(login.payload, 'requestId'),
    ]).toEqual(['-1', '2010', 'PUT', 'q1'])
    await putState(base, '1010', '<state>READY</state>')
    const ready = await one.next((payload) => tag(payload, 'state') === 'READY')
    expect(ready.payload).not.toContain('reasonCodeId')
    await putState(base, '1010', '<state>NOT_READY</state><reasonCodeId>12</reasonCodeId>')
    const away = await one.next((payload) => tag(payload, 'reasonCodeId') === '12')
    expect([tag(away.payload, 'state'), tag(away.payload, 'code'), tag(away.payload, 'label')]).toEqual(['NOT_READY', '102', 'Break'])
    await putState(base, '1010', '<state>LOGOUT</state><reasonCodeId>21</reasonCodeId>')
    const out = await one.next((payload) => tag(payload, 'state') === 'LOGOUT')
    expect(tag(out.payload, 'extension')).toBe('')
    expect(site.journal.list({ agentId: '1010', operation: 'PUT /User/{id}' }).map((entry) => [entry.asked, entry.effect])).toEqual([
      ['LOGIN', 'applied'],
      ['READY', 'applied'],
      ['NOT_READY', 'applied'],
      ['LOGOUT', 'applied'],
    ])
    expect(JSON.stringify(site.journal.list())).not.toContain('secret-')
  })

  it('takes PLAIN from a client that insists, and refuses a wrong password', async () => {
    const one = await hear('1001', 'primary-xmpp', { plain: true })
    site.simulator.event('agent-state', { agentId: '1001', state: 'READY' })
    await one.next((payload) => tag(payload, 'state') === 'READY')
    await expect(listen(site.simulator.endpoints['primary-xmpp']!, '1002', { password: 'no' })).rejects.toThrow('not-authorized')
  })

  it('notifies a refused change with the names of the captured fixtures', async () => {
    const one = await hear('1010')
    expect((await putState(base, '1010', '<state>READY</state>', { requestId: 'bad' })).status).toBe(202)
    const error = (await one.next((payload) => payload.includes('apiErrors'))).payload
    expect([
      tag(error, 'errorData'),
      tag(error, 'errorMessage'),
      tag(error, 'errorType'),
      tag(error, 'event'),
      tag(error, 'requestId'),
    ]).toEqual(['22', 'CF_INVALID_OBJECT_STATE', 'Invalid State', 'put', 'bad'])
    await putState(base, '1010', '<state>LOGIN</state><extension>9999</extension>')
    const line = (await one.next((payload) => payload.includes('Invalid Device'))).payload
    expect([tag(line, 'errorData'), tag(line, 'peripheralErrorCode'), tag(line, 'peripheralErrorMsg')]).toEqual([
      '260',
      '10125',
      'PERERR_TELDRIVE_NODEVICETARGETFORNETTARGETID',
    ])
    await until(() => site.journal.list({ agentId: '1010', operation: 'PUT /User/{id}' }).every((entry) => entry.effect === 'refused'))
  })

  it('refuses LOGOUT from READY on CCE, takes it on CCX', async () => {
    site.simulator.event('agent-state', { agentId: '1001', state: 'READY' })
    const one = await hear('1001')
    await putState(base, '1001', '<state>LOGOUT</state><reasonCodeId>21</reasonCodeId>')
    expect(tag((await one.next((payload) => payload.includes('apiErrors'))).payload, 'peripheralErrorCode')).toBe('10112')
    await Promise.all(ears.splice(0).map((other) => other.stop()))
    await restart({ deployment: 'UCCX' })
    site.simulator.event('agent-state', { agentId: '1001', state: 'READY' })
    await putState(base, '1001', '<state>LOGOUT</state><reasonCodeId>21</reasonCodeId>')
    await until(() => state('1001')?.['state'] === 'LOGOUT')
  })

  it('keeps NOT_READY pending on a call and applies it at its end', async () => {
    const one = await hear('1001')
    site.simulator.event('call-start', { agentId: '1001' })
    await putState(base, '1001', '<state>NOT_READY</state><reasonCodeId>13</reasonCodeId>')
    const pending = await one.next((payload) => tag(payload, 'pendingState') === 'NOT_READY')
    expect(tag(pending.payload, 'state')).toBe('TALKING')
    expect(site.journal.list({ operation: 'PUT /User/{id}' })).toMatchObject([{ effect: 'none' }])
    site.simulator.event('call-end', { agentId: '1001' })
    expect(tag((await one.next((payload) => tag(payload, 'state') === 'NOT_READY')).payload, 'reasonCodeId')).toBe('13')
    expect(site.journal.list({ operation: 'PUT /User/{id}' })).toMatchObject([{ effect: 'applied' }])
  })

  it('lets a supervisor sign an agent out, idle at once, on a call afterwards, and hear the team', async () => {
    const one = await hear('900')
    await one.subscribe('/finesse/api/Team/1/Users')
    expect((await putState(base, '1001', '<state>LOGOUT</state>', { as: '900' })).status).toBe(202)
    expect(tag((await one.next((payload) => tag(payload, 'state') === 'LOGOUT')).payload, 'loginId')).toBe('1001')
    expect(state('1001')).toMatchObject({ reason: 999 })
    site.simulator.event('call-start', { agentId: '1002' })
    await putState(base, '1002', '<state>LOGOUT</state>', { as: '900' })
    expect(tag((await one.next((payload) => tag(payload, 'pendingState') === 'LOGOUT')).payload, 'state')).toBe('TALKING')
    site.simulator.event('call-end', { agentId: '1002' })
    await one.next((payload) => tag(payload, 'state') === 'LOGOUT')
    await expect(one.subscribe('/finesse/api/Team/7/Users')).rejects.toThrow('forbidden')
  })

  it('tells listeners when a node goes out of service', async () => {
    const one = await hear('1001')
    await one.subscribe('/finesse/api/SystemInfo')
    site.simulator.event('side-standby', { side: 'primary' })
    const info = await one.next((payload) => tag(payload, 'status') === 'OUT_OF_SERVICE')
    expect(info.node).toBe('/finesse/api/SystemInfo')
    await until(() => one.presences.some((presence) => presence.type === 'unavailable'))
  })

  it('logs an agent out with 255 when its presence is lost for long', async () => {
    await restart({ presenceLossMs: '40' })
    const one = await hear('1001')
    site.simulator.event('xmpp-drop', { agentId: '1001' })
    await until(() => one.offline)
    await until(() => state('1001')?.['state'] === 'LOGOUT')
    expect(state('1001')).toMatchObject({ reason: 255 })
  })
})
