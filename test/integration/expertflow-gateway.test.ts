import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { expertflowId as agent, expertflowPlatform } from '../../src/sandbox/platforms.js'
import { expertflowSimulator } from '../../src/simulators/expertflow/index.js'
import { runSimulator, type RunningSimulator } from '../../src/simulators/kit/run.js'
import { SECRETS, startApi, testConfig, type Answer, type Api } from '../support/api.js'

let sim: RunningSimulator
let api: Api
beforeEach(async () => {
  sim = await runSimulator(expertflowSimulator, { options: { agents: '12', loggedIn: '4', disconnectMs: '600000' } })
  const platform = expertflowPlatform(sim.simulator.endpoints, 12, { commandMs: 1500, reconnect: { baseMs: 20, capMs: 200 }, pollMs: 500 })
  api = await startApi({ config: testConfig({ platforms: [platform] }) })
})
afterEach(async () => {
  await api.stop()
  await sim.stop()
})

const path = (number: number): string => `/v1/platforms/expertflow/agents/${agent(number)}/commands`
const ask = (number: number, body: object, key = SECRETS.crm): Promise<Answer> =>
  api.call('POST', path(number), { body, key, headers: { prefer: 'wait=10' } })
const later = (number: number, body: object): Promise<Answer> =>
  api.call('POST', path(number), { body, headers: { prefer: 'respond-async' } })
const ended = async (answer: Answer): Promise<Answer['body']> => {
  const location = String(answer.headers.get('location'))
  await expect.poll(async () => (await api.call('GET', location)).body['settledAt'], { timeout: 20_000, interval: 100 }).toBeDefined()
  return (await api.call('GET', location)).body
}
/** What reached the platform for an agent, as far as it asked for the state of the whole agent. */
const asked = (number: number): string[] =>
  sim.journal.list({ agentId: agent(number) }).flatMap((entry) => (entry.asked === undefined ? [] : [`${entry.asked} ${entry.effect}`]))

describe('an agent of Expertflow CX', () => {
  it('logs in, works, pauses with a reason and logs out; each confirmed by the platform, each sent once', async () => {
    expect((await ask(7, { action: 'LOGIN' })).body).toMatchObject({ status: 'confirmed', confirmedBy: 'event' })
    expect((await ask(7, { action: 'READY' })).body).toMatchObject({ status: 'confirmed' })
    const ready = await api.call('GET', `/v1/platforms/expertflow/agents/${agent(7)}/state`)
    expect(ready.body).toMatchObject({ state: 'READY', routable: true, desired: 'READY', drift: false })
    expect((await ask(7, { action: 'NOT_READY', reason: 'BREAK.SHORT' })).body).toMatchObject({ status: 'confirmed' })
    expect((await ask(7, { action: 'LOGOUT', reason: '1' })).body).toMatchObject({ status: 'confirmed' })
    expect(asked(7)).toEqual(['LOGIN applied', 'READY applied', 'NOT_READY applied', 'LOGOUT applied'])
  })

  it('who has a desk of his own is logged out by the supervisor, with the documented reason', async () => {
    const answer = await ask(1, { action: 'LOGOUT', force: true }, SECRETS.supervisor)
    expect(answer.body).toMatchObject({ status: 'confirmed', force: true })
    const state = await api.call('GET', `/v1/platforms/expertflow/agents/${agent(1)}/state?fresh=true`)
    expect(state.body).toMatchObject({
      state: 'LOGGED_OUT',
      cause: 'supervisor',
      reason: { id: '62ffc95cf12b6ccf1594d934', code: 9, name: 'FORCED_LOGOUT_BY_SUPERVISOR', key: 'SUPERVISOR.FORCED_LOGOUT' },
    })
    expect(asked(1)).toEqual(['LOGOUT applied'])
  })

  it('that the platform does not know is 404', async () => {
    const answer = await ask(99, { action: 'LOGOUT' })
    expect(answer.body).toMatchObject({ status: 404, code: 'AGENT_NOT_FOUND', commandStatus: 'rejected' })
    expect(asked(99)).toEqual([])
  })
})

describe('reasons', () => {
  it('come back lossless, and the two reasons with code 9 stay distinct', async () => {
    const seed = JSON.parse(readFileSync('test/fixtures/expertflow-reasons.json', 'utf8')) as Record<string, unknown>[]
    const { reasons } = (await api.call('GET', '/v1/platforms/expertflow/reasons')).body as unknown as {
      reasons: Record<string, unknown>[]
    }
    for (const { isDeleted: _isDeleted, ...wanted } of seed) expect(reasons).toContainEqual(expect.objectContaining(wanted))
    const nine = reasons.filter((reason) => reason['code'] === 9)
    expect(nine.map((reason) => [reason['id'], reason['name'], reason['key'], reason['system']]).sort()).toEqual([
      ['12ffc95cf12b6ccf1594d948', 'SESSION_TIMEOUT_INACTIVITY', 'SYSTEM.INACTIVITY', true],
      ['62ffc95cf12b6ccf1594d934', 'FORCED_LOGOUT_BY_SUPERVISOR', 'SUPERVISOR.FORCED_LOGOUT', true],
    ])
  })
  it('of the wrong type or unknown are refused with the valid ones', async () => {
    expect((await ask(2, { action: 'LOGOUT', reason: 'Short Break' })).body).toMatchObject({
      status: 422,
      code: 'REASON_INVALID',
      validReasons: ['Out Of Office'],
    })
    expect(asked(2)).toEqual([])
  })
})

describe('a platform with bad manners', () => {
  it('that takes the request and does nothing gives unconfirmed, never confirmed', async () => {
    await ask(8, { action: 'LOGIN' })
    sim.faults.add({ kind: 'silent', operation: 'changeAgentState' })
    const answer = await ask(8, { action: 'READY' })
    expect(answer.status).toBe(504)
    expect(answer.body).toMatchObject({ code: 'UNCONFIRMED', commandStatus: 'unconfirmed', effect: 'unknown' })
    expect(asked(8).filter((text) => text.startsWith('READY'))).toHaveLength(1)
  })

  it('that sends no event is read, and the read confirms', async () => {
    await ask(8, { action: 'LOGIN' })
    sim.faults.add({ kind: 'no-event', operation: 'changeAgentState', times: 1 })
    expect((await ask(8, { action: 'NOT_READY', reason: 'Short Break' })).body).toMatchObject({ status: 'confirmed', confirmedBy: 'read' })
  })

  it('that is down gives 202, and confirmed once it is back', async () => {
    await ask(9, { action: 'LOGIN' })
    sim.simulator.event('down', { mode: 'refuse' })
    const answer = await later(9, { action: 'LOGOUT' })
    expect(answer.status).toBe(202)
    await expect
      .poll(async () => (await api.call('GET', String(answer.headers.get('location')))).body['status'], { timeout: 10_000 })
      .toBe('retrying')
    sim.simulator.event('up', {})
    expect(await ended(answer)).toMatchObject({ status: 'confirmed' })
    expect(asked(9).filter((text) => text === 'LOGOUT applied')).toHaveLength(1)
  }, 60_000)

  it('that fails after the effect is read before anything is sent again', async () => {
    await ask(10, { action: 'LOGIN' })
    sim.faults.add({ kind: 'errors-after-effect', operation: 'changeAgentState', times: 1 })
    expect((await ask(10, { action: 'LOGOUT' })).body).toMatchObject({ status: 'confirmed' })
    expect(asked(10).filter((text) => text.startsWith('LOGOUT'))).toEqual(['LOGOUT applied'])
  })

  it('that fails before the effect is asked again', async () => {
    await ask(10, { action: 'LOGIN' })
    sim.faults.add({ kind: 'errors-event', operation: 'changeAgentState', times: 2 })
    const answer = await ask(10, { action: 'READY' })
    expect(answer.body).toMatchObject({ status: 'confirmed', attempts: 3 })
    expect(asked(10).filter((text) => text === 'READY applied')).toHaveLength(1)
  })

  it('that repeats an old event does not change the view', async () => {
    await ask(11, { action: 'LOGIN' })
    sim.faults.add({ kind: 'late-old-event', operation: 'changeAgentState', delayMs: 100 })
    await ask(11, { action: 'READY' })
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect((await api.call('GET', `/v1/platforms/expertflow/agents/${agent(11)}/state`)).body).toMatchObject({ state: 'READY' })
  })
})

describe('what the platform refuses', () => {
  it('READY of an agent who is logged out is 409', async () => {
    expect((await ask(12, { action: 'READY' })).body).toMatchObject({ status: 409, code: 'NOT_LOGGED_IN', commandStatus: 'rejected' })
  })
  it('a channel of an agent who is not READY is 409', async () => {
    await ask(12, { action: 'LOGIN' })
    const chat = '6305de07166ba1099d11d8e6'
    expect((await ask(12, { action: 'READY', channel: chat })).body).toMatchObject({ status: 409, code: 'PARENT_NOT_READY' })
    await ask(12, { action: 'READY' })
    expect((await ask(12, { action: 'NOT_READY', channel: chat })).body).toMatchObject({ status: 'confirmed', channel: chat })
  })
  it('a refused transition is 409 with the evidence of the platform', async () => {
    await ask(12, { action: 'LOGIN' })
    await ask(12, { action: 'READY' })
    sim.simulator.event('fail-over', { agentId: agent(12) })
    const answer = await ask(12, { action: 'READY', channel: '6305de07166ba1099d11d8e6' })
    expect(answer.body).toMatchObject({
      status: 409,
      code: 'INVALID_TRANSITION',
      vendorSystem: 'agent-manager',
      vendorCode: 'AGENT_STATE_UNCHANGED',
    })
  })
  it('NOT_READY while a task is offered is tried again, and done when the offer has ended', async () => {
    await ask(12, { action: 'LOGIN' })
    await ask(12, { action: 'READY' })
    sim.simulator.event('task-offer', { agentId: agent(12), mrd: 'CHAT' })
    const answer = await later(12, { action: 'NOT_READY' })
    await expect.poll(async () => (await api.call('GET', String(answer.headers.get('location')))).body['status']).toBe('retrying')
    const open = await api.call('GET', String(answer.headers.get('location')))
    expect(open.body['problem']).toMatchObject({ code: 'OFFER_PENDING' })
    sim.simulator.event('rona', { agentId: agent(12) })
    expect(await ended(answer)).toMatchObject({ status: 'confirmed' })
  }, 30_000)
  it('a command during which another desk takes the session is 409 SESSION_TAKEN_OVER', async () => {
    await ask(12, { action: 'LOGIN' })
    sim.faults.add({ kind: 'silent', operation: 'changeAgentState' })
    const answer = await later(12, { action: 'READY' })
    await expect.poll(() => asked(12)).toContain('READY none')
    sim.simulator.event('take-over', { agentId: agent(12) })
    expect(await ended(answer)).toMatchObject({
      status: 'rejected',
      problem: { code: 'SESSION_TAKEN_OVER', vendorCode: 'socketSessionRemoved' },
    })
  })
  it('a logout for inactivity names its cause', async () => {
    await ask(12, { action: 'LOGIN' })
    sim.simulator.event('inactivity-logout', { agentId: agent(12) })
    await expect
      .poll(async () => (await api.call('GET', `/v1/platforms/expertflow/agents/${agent(12)}/state`)).body)
      .toMatchObject({ state: 'LOGGED_OUT', cause: 'inactivity', desired: 'NOT_READY', drift: true })
  })
})

it('a newer command overtakes one that is parked, and the parked one is never sent', async () => {
  await ask(7, { action: 'LOGIN' })
  sim.simulator.event('down', { mode: 'refuse' })
  const ready = await later(7, { action: 'READY' })
  await expect
    .poll(async () => (await api.call('GET', String(ready.headers.get('location')))).body['status'], { timeout: 10_000 })
    .toBe('retrying')
  const logout = await later(7, { action: 'LOGOUT' })
  sim.simulator.event('up', {})
  expect(await ended(logout)).toMatchObject({ status: 'confirmed' })
  expect(await ended(ready)).toMatchObject({ status: 'superseded', supersededBy: logout.body['id'] })
  expect(asked(7).filter((text) => text.startsWith('READY'))).toEqual([])
}, 60_000)

it('a dry run shows the very bytes that are sent afterwards', async () => {
  await ask(6, { action: 'LOGIN' })
  const dry = (await api.call('POST', `${path(6)}?dryRun=true`, { body: { action: 'LOGOUT', reason: 'Out Of Office' } }))
    .body as unknown as {
    requests: { target: string; body: string }[]
  }
  expect(asked(6)).toEqual(['LOGIN applied'])
  await ask(6, { action: 'LOGOUT', reason: 'Out Of Office' })
  const sent = sim.journal.list({ agentId: agent(6), operation: 'changeAgentState' }).at(-1)?.detail?.['payload']
  expect(JSON.parse(dry.requests[0]?.body ?? '')).toEqual(sent)
})

it('a parked command can be cancelled', async () => {
  await ask(5, { action: 'LOGIN' })
  sim.simulator.event('down', { mode: 'refuse' })
  const ready = await later(5, { action: 'READY' })
  const location = String(ready.headers.get('location'))
  await expect.poll(async () => (await api.call('GET', location)).body['status'], { timeout: 10_000 }).toBe('retrying')
  expect((await api.call('POST', `${location}/cancel`)).body).toMatchObject({ status: 'cancelled' })
  sim.simulator.event('up', {})
  await new Promise((resolve) => setTimeout(resolve, 1500))
  expect(asked(5).filter((text) => text.startsWith('READY'))).toEqual([])
}, 30_000)
