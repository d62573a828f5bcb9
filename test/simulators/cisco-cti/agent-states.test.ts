import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runSimulator, type RunningSimulator } from '../../../src/simulators/kit/run.js'
import { ciscoCtiSimulator } from '../../../src/simulators/cisco-cti/index.js'
import { openRequest, queryState, rawClient, setState, stateOf, type RawClient } from './client.js'

const V = 15
let site: RunningSimulator
let client: RawClient

async function start(options: Record<string, string> = {}, version = V): Promise<void> {
  site = await runSimulator(ciscoCtiSimulator, { options: { loggedIn: '3', ...options } })
  client = await rawClient(site.simulator.endpoints['side-a']!)
  client.send(openRequest(version))
  await client.next(4)
}

const failureOf = async () => {
  const { body } = await client.next(35)
  return { invoke: body.readUInt32BE(0), cf: body.readUInt16BE(4), pererr: body.readUInt32BE(6) }
}

beforeEach(() => start())
afterEach(async () => {
  client.end()
  await site.stop()
})

async function restart(options: Record<string, string>, version = V): Promise<void> {
  client.end()
  await site.stop()
  await start(options, version)
}

describe('agent states on Unified CCE (vendors/cisco.md 1.6, 3.4)', () => {
  it('logs in with instrument and password: CONF, then LOGIN and NOT_READY events', async () => {
    client.send(setState(V, { state: 0, agentId: '1010', instrument: '2010', password: 'secret-1010', invoke: 77 }))
    expect((await client.next(39)).body.readUInt32BE(0)).toBe(77)
    expect(stateOf(await client.next(30)).state).toBe(0)
    const event = await client.next(30)
    expect(stateOf(event)).toEqual({ state: 2, reason: 0, mrd: 1 })
    expect(event.body.subarray(58).toString('hex')).toContain('0505' + Buffer.from('1010\0').toString('hex'))
    expect(site.journal.list({ agentId: '1010', operation: 'SET_AGENT_STATE_REQ' })).toMatchObject([
      { asked: 'LOGIN', effect: 'applied', detail: { side: 'A' } },
    ])
    expect(JSON.stringify(site.journal.list())).not.toContain('secret-')
  })

  it.each([
    ['a wrong password', { password: 'no', instrument: '2010', agentId: '1010' }, 257, 0],
    ['an unknown agent', { password: 'x', instrument: '2010', agentId: '4711' }, 256, 0],
    ['an unknown instrument', { password: 'secret-1010', instrument: '9999', agentId: '1010' }, 260, 10125],
    ['an instrument in use', { password: 'secret-1010', instrument: '2001', agentId: '1010' }, 283, 0],
    ['an agent who is logged in', { password: 'secret-1001', instrument: '2001', agentId: '1001' }, 259, 10102],
    ['mobile mode without a number', { password: 'secret-1010', instrument: '2010', agentId: '1010', workMode: 3 }, 265, 0],
  ])('refuses login with %s', async (_name, set, cf, pererr) => {
    client.send(setState(V, { state: 0, invoke: 5, ...set }))
    expect(await failureOf()).toEqual({ invoke: 5, cf, pererr })
    expect(site.journal.list({ operation: 'SET_AGENT_STATE_REQ' })).toMatchObject([{ effect: 'refused' }])
  })

  it('locks the account after five wrong passwords', async () => {
    for (let time = 0; time < 5; time++) {
      client.send(setState(V, { state: 0, agentId: '1010', instrument: '2010', password: 'no' }))
      expect((await failureOf()).cf).toBe(257)
    }
    client.send(setState(V, { state: 0, agentId: '1010', instrument: '2010', password: 'secret-1010' }))
    expect((await failureOf()).cf).toBe(289)
  })

  it('takes a mobile agent: instrument;number', async () => {
    client.send(setState(V, { state: 0, agentId: '1010', instrument: '2010;0049123', password: 'secret-1010', workMode: 4 }))
    await client.next(39)
    expect(site.simulator.agents()[9]).toMatchObject({ agentId: '1010', state: 'NOT_READY', instrument: '2010' })
  })

  it('refuses LOGOUT from READY with 22/10112, accepts it from NOT_READY', async () => {
    client.send(setState(V, { state: 3, agentId: '1001', instrument: '2001' }))
    expect(stateOf(await client.next(30)).state).toBe(3)
    client.send(setState(V, { state: 1, agentId: '1001', instrument: '2001', password: '', reason: 9 }))
    expect(await failureOf()).toMatchObject({ cf: 22, pererr: 10112 })
    client.send(setState(V, { state: 2, agentId: '1001', instrument: '2001', reason: 5 }))
    expect(stateOf(await client.next(30))).toMatchObject({ state: 2, reason: 5 })
    client.send(setState(V, { state: 1, agentId: '1001', instrument: '2001', password: '', reason: 9 }))
    expect(stateOf(await client.next(30))).toMatchObject({ state: 1, reason: 9 })
    client.send(setState(V, { state: 1, agentId: '1001', password: '' }))
    expect(await failureOf()).toMatchObject({ cf: 22, pererr: 10101 })
  })

  it('honours ForcedFlag 1 unless the site ignores it', async () => {
    client.send(setState(V, { state: 3, agentId: '1001' }))
    client.send(setState(V, { state: 1, agentId: '1001', password: '', reason: 999, forced: 1 }))
    await client.next(30)
    expect(stateOf(await client.next(30))).toMatchObject({ state: 2, reason: 999 })
    expect(stateOf(await client.next(30))).toMatchObject({ state: 1, reason: 999 })
    await restart({ forcedFlag: 'ignored' })
    client.send(setState(V, { state: 3, agentId: '1001' }))
    client.send(setState(V, { state: 1, agentId: '1001', password: '', reason: 999, forced: 1 }))
    expect(await failureOf()).toMatchObject({ pererr: 10112 })
  })

  it('defers NOT_READY on a call, announces NextAgentState, applies it when the call ends', async () => {
    client.send(setState(V, { state: 3, agentId: '1001' }))
    await client.next(30)
    site.simulator.event('call-start', { agentId: '1001' })
    expect(stateOf(await client.next(30)).state).toBe(8)
    expect(stateOf(await client.next(30)).state).toBe(4)
    client.send(setState(V, { state: 2, agentId: '1001', reason: 12, invoke: 88 }))
    await client.next(39)
    const pending = await client.next(30)
    expect(stateOf(pending).state).toBe(4)
    expect(pending.body.subarray(58).toString('hex')).toContain('7b020002')
    const seq = site.journal.list({ agentId: '1001' }).at(-1)!
    expect(seq).toMatchObject({ asked: 'NOT_READY', effect: 'none', detail: { pending: 'NOT_READY' } })
    client.send(setState(V, { state: 1, agentId: '1001', password: '', reason: 1 }))
    expect(await failureOf()).toMatchObject({ pererr: 10112 })
    client.send(setState(V, { state: 3, agentId: '1001' }))
    expect(await failureOf()).toMatchObject({ cf: 22, pererr: 10111 })
    site.simulator.event('call-end', { agentId: '1001' })
    expect(stateOf(await client.next(30))).toMatchObject({ state: 2, reason: 12 })
    expect(site.journal.list({ since: seq.seq - 1 })[0]).toMatchObject({ seq: seq.seq, effect: 'applied' })
  })

  it('puts wrap-up between the call and what was deferred', async () => {
    site.simulator.event('call-start', { agentId: '1001' })
    client.send(setState(V, { state: 2, agentId: '1001', reason: 3 }))
    await client.next(39)
    expect(site.simulator.event('call-end', { agentId: '1001', wrapUp: true })).toMatchObject({ state: 'WORK_NOT_READY' })
    expect(site.simulator.event('wrap-up-end', { agentId: '1001' })).toMatchObject({ state: 'NOT_READY', reason: 3 })
  })

  it('logs an agent out by a supervisor after the call, with 999', async () => {
    site.simulator.event('call-start', { agentId: '1001' })
    site.simulator.event('supervisor-logout', { agentId: '1001' })
    expect(site.simulator.agents()[0]).toMatchObject({ state: 'TALKING', pending: 'LOGOUT' })
    site.simulator.event('call-end', { agentId: '1001' })
    expect(site.simulator.agents()[0]).toMatchObject({ state: 'LOGOUT', reason: 999 })
  })

  it('refuses NOT_READY while a call is offered, 32767 after no answer', async () => {
    client.send(setState(V, { state: 3, agentId: '1001' }))
    await client.next(39)
    site.simulator.event('call-offer', { agentId: '1001' })
    client.send(setState(V, { state: 2, agentId: '1001', reason: 1 }))
    expect(await failureOf()).toMatchObject({ cf: 22, pererr: 10106 })
    expect(site.simulator.event('rona', { agentId: '1001' })).toMatchObject({ state: 'NOT_READY', reason: 32767 })
  })

  it('wants reasons where the desk settings say so, and refuses codes that the site does not have', async () => {
    site.simulator.event('desk-settings', { agentId: '1001', mask: 0x18 })
    client.send(setState(V, { state: 2, agentId: '1001' }))
    expect(await failureOf()).toMatchObject({ cf: 281 })
    client.send(setState(V, { state: 1, agentId: '1001', password: '' }))
    expect(await failureOf()).toMatchObject({ cf: 281 })
    await restart({ reasonCodes: '5,6' })
    client.send(setState(V, { state: 2, agentId: '1001', reason: 7 }))
    expect(await failureOf()).toMatchObject({ cf: 266 })
    client.send(setState(V, { state: 2, agentId: '1001', reason: 999 }))
    expect(stateOf(await client.next(30))).toMatchObject({ state: 2, reason: 999 })
  })

  it('answers what CTI Server itself refuses with FAILURE_CONF', async () => {
    const status = async () => (await client.next(1)).body.readUInt32BE(4)
    client.send(setState(V, { state: 2, agentId: '1001', peripheral: 1234 }))
    expect(await status()).toBe(7)
    client.send(setState(V, { state: 0, agentId: '1010', instrument: '2010' }))
    expect(await status()).toBe(6)
    client.send(setState(V, { state: 0, agentId: '1010', instrument: '2010', password: 'x', workMode: 5 }))
    expect(await status()).toBe(50)
    client.send(setState(V, { state: 2, agentId: '1001', instrument: '2002' }))
    expect(await status()).toBe(32)
    client.send(queryState(V, '4711'))
    expect(await status()).toBe(8)
  })

  it('reads a state with QUERY_AGENT_STATE, also while logged out', async () => {
    client.send(queryState(V, '1001', 31))
    const inside = await client.next(37)
    expect([inside.body.readUInt32BE(0), inside.body.readUInt16BE(4)]).toEqual([31, 2])
    client.send(queryState(V, '1020'))
    expect((await client.next(37)).body.readUInt16BE(4)).toBe(1)
    expect(site.journal.list({ operation: 'QUERY_AGENT_STATE_REQ' }).map((entry) => entry.effect)).toEqual(['read', 'read'])
  })

  it('sends one event per skill group unless asked not to', async () => {
    const second = await rawClient(site.simulator.endpoints['side-a']!)
    second.send(openRequest(V, { services: 0x14 }))
    await second.next(4)
    client.send(setState(V, { state: 3, agentId: '1001' }))
    await second.next(30)
    await second.next(30)
    await client.next(30)
    await expect(client.next(30, 50)).rejects.toThrow('no message of type 30')
    second.end()
  })
})
