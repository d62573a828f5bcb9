import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FAULT_KINDS } from '../../../src/simulators/cisco-finesse/faults.js'
import { ciscoFinesseSimulator } from '../../../src/simulators/cisco-finesse/index.js'
import { runSimulator, type RunningSimulator } from '../../../src/simulators/kit/run.js'
import { call, listen, tag, until, type Ears } from './helpers.js'

let site: RunningSimulator
let base: string
let ears: Ears

beforeEach(async () => {
  site = await runSimulator(ciscoFinesseSimulator, { options: { loggedIn: '3' } })
  base = site.simulator.endpoints['primary']!
  ears = await listen(site.simulator.endpoints['primary-ws']!, '1001')
  await until(() => ears.presences.length > 0)
})
afterEach(async () => {
  await ears.stop().catch(() => undefined)
  await site.stop()
})

const READY = '<User><state>READY</state></User>'
const state = () => site.simulator.agents()[0]?.['state']
const entry = () => site.journal.list({ operation: 'PUT /User/{id}' }).at(-1)
const settled = () => new Promise((resolve) => setTimeout(resolve, 60))

/** The status, or why there was none. */
async function put(body = READY): Promise<number | string> {
  const request = call(base, 'PUT', '/User/1001', { as: '1001', body }).then((answer) => answer.status)
  const silence = new Promise<string>((resolve) => setTimeout(() => resolve('silence'), 100))
  return Promise.race([request.catch(() => 'reset'), silence])
}

/** Per kind: the answer, the notifications, the state and the journal's effect soon afterwards. */
const TABLE: readonly [kind: string, answer: number | string, heard: number, state: string, effect: string, extra?: object][] = [
  ['hang', 'silence', 0, 'NOT_READY', 'none'],
  ['drop-before', 'reset', 0, 'NOT_READY', 'none'],
  ['drop-after', 'reset', 1, 'READY', 'applied'],
  ['hang-after', 'silence', 1, 'READY', 'applied'],
  ['http-status', 418, 0, 'NOT_READY', 'none', { status: 418 }],
  ['http-status-after', 502, 1, 'READY', 'applied', { status: 502 }],
  ['accept-then-nothing', 202, 0, 'NOT_READY', 'none'],
  ['no-event', 202, 0, 'READY', 'applied'],
  ['event-before-answer', 202, 1, 'READY', 'applied'],
  ['duplicate-event', 202, 2, 'READY', 'applied'],
  ['async-error', 202, 1, 'NOT_READY', 'none'],
  ['html-body', 200, 0, 'NOT_READY', 'none'],
  ['broken-xml', 200, 0, 'NOT_READY', 'none'],
  ['unauthorized', 401, 0, 'NOT_READY', 'none'],
  ['unavailable', 503, 0, 'NOT_READY', 'none', { retryAfter: '3' }],
  ['too-many', 429, 0, 'NOT_READY', 'none', { retryAfter: '3' }],
]

describe('faults of PUT /User/{id}', () => {
  it.each(TABLE)('%s', async (kind, answer, heard, wanted, effect, extra = {}) => {
    site.faults.add({ kind, operation: 'PUT /User/{id}', times: 1, ...extra })
    expect(await put()).toBe(answer)
    await settled()
    expect([ears.heard.length, state(), entry()?.effect, entry()?.fault]).toEqual([heard, wanted, effect, kind])
  })

  it('is complete: every kind is in a test of this file', () => {
    const elsewhere = [
      'slow',
      'late-event',
      'late-effect',
      'reorder-events',
      'lower-camel-error',
      'xmpp-refuse',
      'xmpp-cut',
      'xmpp-silence',
    ]
    expect([...TABLE.map(([kind]) => kind), ...elsewhere].sort()).toEqual(Object.keys(FAULT_KINDS).sort())
  })

  it.each([
    ['slow', 'silence', 'NOT_READY'],
    ['late-event', 202, 'READY'],
    ['late-effect', 202, 'NOT_READY'],
  ])('%s: the rest comes after delayMs', async (kind, answer, early) => {
    site.faults.add({ kind, operation: 'PUT /User/{id}', times: 1, delayMs: 250 })
    expect(await put()).toBe(answer)
    await settled()
    expect([state(), ears.heard.length]).toEqual([early, 0])
    await until(() => ears.heard.length === 1)
    expect([state(), entry()?.effect]).toEqual(['READY', 'applied'])
  })

  it('a late notification shows the state of then, after a newer one', async () => {
    site.faults.add({ kind: 'late-event', operation: 'PUT /User/{id}', times: 1, delayMs: 100 })
    await put()
    await until(() => state() === 'READY')
    await put('<User><state>NOT_READY</state><reasonCodeId>11</reasonCodeId></User>')
    await until(() => ears.heard.length === 2)
    expect(ears.heard.map((one) => tag(one.payload, 'state'))).toEqual(['NOT_READY', 'READY'])
  })

  it('reorder-events: NOT_READY before LOGIN', async () => {
    site.simulator.event('agent-logout', { agentId: '1001' })
    await ears.next((payload) => tag(payload, 'state') === 'LOGOUT')
    site.faults.add({ kind: 'reorder-events', times: 1 })
    await put('<User><state>LOGIN</state><extension>2001</extension></User>')
    await until(() => ears.heard.length === 3)
    expect(ears.heard.slice(1).map((one) => tag(one.payload, 'state'))).toEqual(['NOT_READY', 'LOGIN'])
  })

  it('writes errors in either letter case, and async errors by body', async () => {
    site.faults.add({ kind: 'lower-camel-error', times: 1 })
    const refused = await call(base, 'PUT', '/User/1001', { as: '1001', body: '<User><state>X</state></User>' })
    expect([refused.status, tag(refused.text, 'errorType')]).toEqual([400, 'Invalid Input'])
    site.faults.add({ kind: 'async-error', body: '281/0', times: 1 })
    await put()
    expect(tag((await ears.next((payload) => payload.includes('apiErrors'))).payload, 'errorData')).toBe('281')
  })

  it('answers Retry-After where a fault gives it', async () => {
    site.faults.add({ kind: 'unavailable', retryAfter: '7', times: 1 })
    const answer = await call(base, 'GET', '/User/1001', { as: '1001' })
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '7'])
  })
})

describe('faults of the notification service', () => {
  it('xmpp-refuse: the sign-in is refused', async () => {
    site.faults.add({ kind: 'xmpp-refuse', operation: 'xmpp auth', times: 1 })
    await expect(listen(site.simulator.endpoints['primary-xmpp']!, '1002')).rejects.toThrow('not-authorized')
  })

  it('xmpp-cut: the connection ends and the notification is lost', async () => {
    site.faults.add({ kind: 'xmpp-cut', operation: 'xmpp publish', times: 1 })
    site.simulator.event('agent-state', { agentId: '1001', state: 'READY' })
    await until(() => ears.offline)
    expect(ears.heard).toEqual([])
  })

  it('xmpp-silence: the connection stays and says nothing more', async () => {
    site.faults.add({ kind: 'xmpp-silence', operation: 'xmpp publish', times: 1 })
    site.simulator.event('agent-state', { agentId: '1001', state: 'READY' })
    site.simulator.event('agent-state', { agentId: '1001', state: 'NOT_READY' })
    await settled()
    expect([ears.heard, ears.offline]).toEqual([[], false])
  })

  it('sends payloads that are no XML, and repeats states, as vendor-side events', async () => {
    site.simulator.event('xmpp-garbage', { agentId: '1001', text: '<Update><data>' })
    await ears.next((payload) => payload === '<Update><data>')
    site.simulator.event('repeat-state', { agentId: '1001' })
    await ears.next((payload) => tag(payload, 'state') === 'NOT_READY')
    expect(() => site.simulator.event('call-end', { agentId: '1001' })).toThrow('is not on a call')
    expect(() => site.simulator.event('side-down', { side: 'A' })).toThrow('field "side"')
  })
})
