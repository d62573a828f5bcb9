import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  agent,
  CHAT,
  CISCO,
  journalOf,
  logIn,
  openDesk,
  presence,
  rest,
  sleep,
  start,
  states,
  SUPERVISOR,
  until,
  type Desk,
  type Started,
} from './desk.js'

/** Agent_Disconnect of these tests: long enough to log in again on a busy machine. */
const TIMER_MS = 600

let sim: Started
const desks: Desk[] = []
const keep = (desk: Desk): Desk => {
  desks.push(desk)
  return desk
}
const opened = async (username: string, on: Started = sim) => keep(await logIn(on, username))
const user = (n: number) => ({ id: agent(n), username: `agent${n}` })
const named = (desk: Desk, name: string) => desk.events.filter((event) => event.name === name).map((event) => event.body)

beforeAll(async () => void (sim = await start({ disconnectMs: String(TIMER_MS) })))
afterAll(() => sim.stop())
afterEach(async () => {
  for (const desk of desks.splice(0)) desk.close()
  // A reset logs a desk in again whose end the server has not noticed yet.
  await until('closed desks', () => sim.simulator.agents().every((each) => each.session !== 'socket'))
  sim.simulator.reset()
  sim.journal.clear()
  sim.faults.remove()
})

interface Refused extends Error {
  data?: unknown
}
const refused = (desk: Desk) => new Promise<Refused>((resolve) => void desk.socket.on('connect_error', resolve))

describe('handshake (expertflow.md §4)', () => {
  it.each(['text', 'object'] as const)('takes auth.agent as %s', async (form) => {
    const desk = keep(openDesk(sim, user(1), form))
    await desk.saw('NOT_READY')
    expect(desk.presences.map((event) => `${event.action} ${event.agentPresence.state.name}`)).toEqual([
      'AGENT_STATE_CHANGED LOGIN',
      'AGENT_STATE_CHANGED NOT_READY',
    ])
    await until('onChannelTypes', () => named(desk, 'onChannelTypes').length === 1)
    expect(named(desk, 'onChannelTypes')[0]).toMatchObject([{ mediaRoutingDomain: CHAT }, {}])
    expect(journalOf(sim, agent(1))).toEqual(['socket connect LOGIN applied'])
  })

  it.each([undefined, '', 'no json', '{}', { username: 'agent1' }, { id: 'agent1', username: 'agent1' }])(
    'refuses auth.agent %o',
    async (sent) => {
      const desk = keep(openDesk(sim, sent ?? {}, typeof sent === 'string' ? 'object' : 'text'))
      const error = await refused(desk)
      expect(error.message).toBe('login-failed')
      expect(error.data).toMatchObject({ content: { key: 'AUTH' } })
    },
  )

  it('refuses as the licence manager does', async () => {
    sim.faults.add({ kind: 'refuse-handshake', agentId: agent(1), body: 'LM', times: 1 })
    const error = await refused(keep(openDesk(sim, user(1))))
    expect(error).toMatchObject({
      message: 'login-failed',
      data: { content: { key: 'LM', msg: expect.any(String), licStatus: expect.any(String) } },
    })
    expect(journalOf(sim, agent(1))).toEqual(['socket connect LOGIN refused'])
    expect((await presence(sim, agent(1))).state.name).toBe('LOGOUT')
  })

  it('trusts the identity by default and only the directory by option', async () => {
    const stranger = { id: 'a13a49f4-7ec6-436b-91b0-0fd1be205799', username: 'stranger' }
    await keep(openDesk(sim, stranger)).saw('NOT_READY')
    const strict = await start({ identity: 'known' })
    expect((await refused(keep(openDesk(strict, stranger)))).message).toBe('login-failed')
    await strict.stop()
  })

  it('tells the present state to an agent who is logged in already', async () => {
    sim.simulator.event('login', { agentId: 'agent1' })
    sim.simulator.event('change-state', { agentId: 'agent1', state: 'READY' })
    const desk = keep(openDesk(sim, user(1)))
    await desk.saw('READY')
    expect(desk.presences).toMatchObject([{ action: 'AGENT_STATE_UNCHANGED', mrdStateChanges: [] }])
    expect(journalOf(sim, agent(1))).toEqual(['socket connect LOGIN unchanged'])
  })

  it('can hang, be slow, and be ended right after', async () => {
    sim.faults.add({ kind: 'hang', operation: 'socket connect', times: 1 })
    const hanging = keep(openDesk(sim, user(1)))
    await sleep(100)
    expect(hanging.socket.connected).toBe(false)
    sim.faults.add({ kind: 'slow', operation: 'socket connect', times: 1, delayMs: 100 })
    const begun = Date.now()
    await keep(openDesk(sim, user(2))).saw('NOT_READY')
    expect(Date.now() - begun).toBeGreaterThanOrEqual(95)
    sim.faults.add({ kind: 'disconnect-socket', operation: 'socket connect', times: 1 })
    const ended = keep(openDesk(sim, user(3)))
    expect(await until('end', ended.ended)).toBe('io server disconnect')
  })
})

describe('changeAgentState (expertflow.md §6)', () => {
  it('is never acknowledged', async () => {
    const desk = await opened('agent1')
    let acknowledged = false
    desk.socket.emit(
      'changeAgentState',
      { agentId: agent(1), action: 'agentState', state: { name: 'READY', reasonCode: null } },
      () => (acknowledged = true),
    )
    await desk.saw('READY')
    await sleep(50)
    expect(acknowledged).toBe(false)
  })

  it('goes the documented way: READY, channel, NOT_READY with reason, LOGOUT with reason, end of session', async () => {
    const desk = await opened('agent1')
    desk.clear()
    desk.global('READY')
    const ready = await desk.saw('READY')
    expect(ready).toMatchObject({
      action: 'AGENT_STATE_CHANGED',
      agentStateChanged: true,
      mrdStateChanges: [],
      agentPresence: { state: { name: 'READY', reasonCode: null } },
    })
    expect(ready.agentPresence.agentMrdStates.map((channel) => channel.state)).toEqual(['NOT_READY', 'NOT_READY', 'NOT_READY'])
    desk.clear()
    desk.mrd(CHAT, 'READY')
    const channel = await desk.saw('READY')
    expect(channel).toMatchObject({ action: 'AGENT_STATE_CHANGED', agentStateChanged: false, mrdStateChanges: [CHAT] })
    expect(channel.agentPresence.agentMrdStates[0]).toMatchObject({
      mrd: { id: CHAT, name: 'CHAT' },
      state: 'READY',
      previousState: 'NOT_READY',
    })
    const reason = { id: '62ffc9e9f12b6ccf1594d88b', name: 'Short Break', type: 'NOT_READY' }
    desk.global('NOT_READY', reason)
    expect((await desk.saw('NOT_READY')).agentPresence.state).toEqual({ name: 'NOT_READY', reasonCode: reason })
    const logout = { id: '62ffc95cf12b6ccf1594d781', name: 'Out Of Office', type: 'LOGOUT' }
    desk.global('LOGOUT', logout)
    expect((await desk.saw('LOGOUT')).agentPresence.state).toEqual({ name: 'LOGOUT', reasonCode: logout })
    expect(await until('end', desk.ended)).toBe('io server disconnect')
    expect(await states(sim, agent(1))).toBe('LOGOUT: LOGOUT LOGOUT LOGOUT')
    expect(journalOf(sim, agent(1)).filter((line) => line.startsWith('change'))).toEqual([
      'changeAgentState READY applied',
      'changeAgentState applied',
      'changeAgentState NOT_READY applied',
      'changeAgentState LOGOUT applied',
    ])
  })

  it('answers what is not possible with UNCHANGED and drops what has no handler', async () => {
    const desk = await opened('agent1')
    desk.clear()
    desk.mrd(CHAT, 'READY')
    expect((await desk.saw('NOT_READY')).action).toBe('AGENT_STATE_UNCHANGED')
    desk.clear()
    desk.mrd(CHAT, 'INTERRUPTED')
    await sleep(60)
    expect(desk.presences).toEqual([])
    expect(journalOf(sim, agent(1)).slice(-2)).toEqual(['changeAgentState unchanged', 'changeAgentState refused'])
  })

  it('takes BUSY of the external MRD, as the Finesse bridge sends it', async () => {
    const desk = await opened('agent1')
    desk.mrd(CISCO, 'BUSY')
    await until('BUSY', () => desk.presences.some((event) => event.agentPresence.agentMrdStates[2]?.state === 'BUSY'))
  })

  it.each([undefined, null, ''])('takes %o as "no reason"', async (reasonCode) => {
    const desk = await opened('agent1')
    desk.emit({ agentId: agent(1), action: 'agentState', state: { name: 'LOGOUT', ...(reasonCode !== undefined && { reasonCode }) } })
    expect((await desk.saw('LOGOUT')).agentPresence.state.reasonCode).toBeNull()
  })

  it.each([
    ['no object', 'hello', 400],
    ['no agent', { action: 'agentState', state: { name: 'READY' } }, 400],
    ['unknown action', { agentId: agent(1), action: 'state', state: { name: 'READY' } }, 400],
    ['unknown state', { agentId: agent(1), action: 'agentState', state: { name: 'AWAY' } }, 400],
    ['state as text', { agentId: agent(1), action: 'agentState', state: 'READY' }, 400],
    ['LOGIN', { agentId: agent(1), action: 'agentState', state: { name: 'LOGIN' } }, 400],
    ['reason as text', { agentId: agent(1), action: 'agentState', state: { name: 'LOGOUT', reasonCode: 'Lunch' } }, 400],
    ['no mrdId', { agentId: agent(1), action: 'agentMRDState', state: 'READY' }, 400],
    ['unknown agent', { agentId: agent(99), action: 'agentState', state: { name: 'READY' } }, 404],
    ['another agent', { agentId: agent(2), action: 'agentState', state: { name: 'LOGOUT' } }, 403],
  ])('reports %s by `errors`, without effect', async (_case, payload, statusCode) => {
    const desk = await opened('agent1')
    desk.clear()
    desk.emit(payload)
    const [body] = await until('errors', () => (named(desk, 'errors').length > 0 ? named(desk, 'errors') : undefined))
    expect(body).toMatchObject({ task: 'changeAgentState', msg: expect.any(String), statusCode })
    expect(desk.presences).toEqual([])
    expect(await states(sim, agent(1))).toMatch(/^NOT_READY/)
  })

  it('says nothing about them by option', async () => {
    const silent = await start({ refusals: 'silent' })
    const desk = await opened('agent1', silent)
    desk.clear()
    desk.global('READY', null, agent(99))
    await sleep(60)
    expect(desk.events).toEqual([])
    await silent.stop()
  })

  it('refuses a desk’s own LOGOUT from READY by option', async () => {
    const strict = await start({ logoutNeedsNotReady: 'true' })
    const desk = await opened('agent1', strict)
    desk.global('READY')
    await desk.saw('READY')
    desk.global('LOGOUT')
    await until('errors', () => named(desk, 'errors').length > 0)
    desk.global('NOT_READY')
    await sleep(30)
    desk.global('LOGOUT')
    await desk.saw('LOGOUT')
    await strict.stop()
  })

  it('reports late by option, in order', async () => {
    const late = await start({ eventDelayMs: '60' })
    const desk = keep(openDesk(late, user(1)))
    await desk.saw('NOT_READY')
    desk.clear()
    desk.global('READY')
    desk.global('NOT_READY')
    await sleep(30)
    expect(desk.presences).toEqual([])
    await desk.saw('NOT_READY')
    expect(desk.presences.map((event) => event.agentPresence.state.name)).toEqual(['READY', 'NOT_READY'])
    await late.stop()
  })
})

const FORCED = {
  name: 'FORCED_LOGOUT_BY_SUPERVISOR',
  description: 'Logout by supervisor',
  type: 'LOGOUT',
  code: 9,
  id: '62ffc95cf12b6ccf1594d934',
}

describe('a supervisor (expertflow.md §11.1)', () => {
  it('logs out an agent from any state; the victim is told and dropped, the supervisor hears nothing', async () => {
    const victim = await opened('agent2')
    victim.global('READY')
    await victim.saw('READY')
    const supervisor = await opened('supervisor1')
    supervisor.clear()
    supervisor.global('LOGOUT', FORCED, agent(2))
    expect((await victim.saw('LOGOUT')).agentPresence.state).toEqual({ name: 'LOGOUT', reasonCode: FORCED })
    expect(await until('end', victim.ended)).toBe('io server disconnect')
    expect((await presence(sim, agent(2))).state.reasonCode).toEqual(FORCED)
    await sleep(50)
    expect(supervisor.events).toEqual([])
    expect(sim.journal.list({ agentId: agent(2), operation: 'changeAgentState' })).toMatchObject([
      { asked: 'READY', detail: { by: agent(2) } },
      { asked: 'LOGOUT', effect: 'applied', detail: { by: SUPERVISOR } },
    ])
  })

  it('hears of it by option', async () => {
    const open = await start({ supervisorSeesTarget: 'true', loggedIn: '1' })
    const supervisor = await opened('supervisor1', open)
    supervisor.global('LOGOUT', FORCED, agent(1))
    expect((await supervisor.saw('LOGOUT')).agentPresence.agent.id).toBe(agent(1))
    await open.stop()
  })

  it('logs out an agent on a desk that the gateway does not see, once', async () => {
    const virtual = await start({ loggedIn: '3' })
    expect(virtual.simulator.agents().map((each) => each.session)).toEqual([...Array(3).fill('virtual'), ...Array(7).fill('none')])
    const supervisor = await opened('supervisor1', virtual)
    supervisor.global('LOGOUT', FORCED, agent(1))
    await until('LOGOUT', () => virtual.simulator.agents()[0]?.state === 'LOGOUT')
    expect(virtual.simulator.agents()[0]).toMatchObject({ session: 'none', reasonCode: FORCED })
    await virtual.stop()
  })

  it('may set READY, but neither NOT_READY nor a channel unless the option says so', async () => {
    sim.simulator.event('login', { agentId: 'agent3' })
    const supervisor = await opened('supervisor1')
    supervisor.clear()
    supervisor.global('READY', null, agent(3))
    await until('READY', () => sim.simulator.agents()[2]?.state === 'READY')
    supervisor.global('NOT_READY', null, agent(3))
    supervisor.emit({ agentId: agent(3), action: 'agentMRDState', mrdId: CHAT, state: 'READY' })
    await until('two refusals', () => named(supervisor, 'errors').length === 2)
    const generous = await start({ supervisorStates: 'READY,LOGOUT,NOT_READY,MRD', loggedIn: '1' })
    const boss = await opened('supervisor1', generous)
    boss.global('READY', null, agent(1))
    boss.emit({ agentId: agent(1), action: 'agentMRDState', mrdId: CHAT, state: 'READY' })
    await until('channel', () => (generous.simulator.agents()[0]?.mrds as { state: string }[])[0]?.state === 'READY')
    boss.global('NOT_READY', null, agent(1))
    await until('NOT_READY', () => generous.simulator.agents()[0]?.state === 'NOT_READY')
    await generous.stop()
  })

  it('reaches only the own team', async () => {
    const two = await start({ teams: '2', supervisors: '2', loggedIn: '2' })
    const supervisor = await opened('supervisor2', two)
    supervisor.clear()
    supervisor.global('LOGOUT', FORCED, agent(1))
    await until('refusal', () => named(supervisor, 'errors').length === 1)
    supervisor.global('LOGOUT', FORCED, agent(2))
    await until('LOGOUT', () => two.simulator.agents()[1]?.state === 'LOGOUT')
    expect(two.simulator.agents()[0]?.state).toBe('NOT_READY')
    await two.stop()
  })
})

describe('sessions (expertflow.md §4.1, §11.3)', () => {
  it('a second session removes the first, which is not logged out', async () => {
    const first = await opened('agent1')
    first.global('READY')
    await first.saw('READY')
    const second = await opened('agent1')
    await until('socketSessionRemoved', () => named(first, 'socketSessionRemoved').length === 1)
    expect(named(first, 'socketSessionRemoved')).toEqual([{ agentId: agent(1) }])
    expect(second.presences.at(-1)?.agentPresence.state.name).toBe('READY')
    first.clear()
    first.global('LOGOUT')
    await until('refused', () => named(first, 'errors').length === 1)
    first.close()
    await sleep(TIMER_MS + 100)
    expect((await presence(sim, agent(1))).state.name).toBe('READY')
    expect(first.presences).toEqual([])
  })

  it('another desk takes over', async () => {
    const desk = await opened('agent1')
    sim.simulator.event('take-over', { agentId: agent(1) })
    await until('socketSessionRemoved', () => named(desk, 'socketSessionRemoved').length === 1)
    expect(desk.ended()).toBeUndefined()
    expect(sim.simulator.agents()[0]).toMatchObject({ state: 'NOT_READY', session: 'virtual' })
  })

  it('a lost socket ends in LOGOUT without a reason when the timer runs out', async () => {
    const desk = await opened('agent1')
    desk.close()
    await sleep(50)
    expect((await presence(sim, agent(1))).state.name).toBe('NOT_READY')
    await until('LOGOUT', () => sim.simulator.agents()[0]?.state === 'LOGOUT')
    expect((await presence(sim, agent(1))).state).toEqual({ name: 'LOGOUT', reasonCode: null })
  })

  it('a desk that is back in time stays logged in', async () => {
    const desk = await opened('agent1')
    desk.global('READY')
    await desk.saw('READY')
    expect(sim.simulator.event('disconnect', { agentId: 'agent1' })).toEqual({ lost: 1 })
    expect(await until('end', desk.ended)).toBe('transport close')
    const again = await opened('agent1')
    await sleep(TIMER_MS + 100)
    expect(again.presences.map((event) => event.agentPresence.state.name)).toEqual(['READY'])
  })

  it('the server ends a session; the agent stays in the state until the timer', async () => {
    const desk = await opened('agent1')
    sim.simulator.event('server-disconnect', { agentId: 'agent1' })
    expect(await until('end', desk.ended)).toBe('io server disconnect')
    expect((await presence(sim, agent(1))).state.name).toBe('NOT_READY')
    await until('LOGOUT', () => sim.simulator.agents()[0]?.state === 'LOGOUT')
  })

  it('the inactive desk logs itself out with its reason', async () => {
    const desk = await opened('agent1')
    sim.simulator.event('inactivity-logout', { agentId: 'agent1' })
    expect((await desk.saw('LOGOUT')).agentPresence.state.reasonCode).toEqual({
      name: 'SESSION_TIMEOUT_INACTIVITY',
      description: 'Logout due to no activity on interface',
      type: 'LOGOUT',
      code: 9,
      id: '12ffc95cf12b6ccf1594d948',
    })
  })

  it('an agent’s and a supervisor’s logout at a desk carry their reasons', async () => {
    const one = await opened('agent1')
    sim.simulator.event('agent-logout', { agentId: 'agent1', reason: 'Out Of Office' })
    expect((await one.saw('LOGOUT')).agentPresence.state.reasonCode).toMatchObject({ id: '62ffc95cf12b6ccf1594d781', code: 1 })
    const two = await opened('agent2')
    sim.simulator.event('supervisor-logout', { agentId: 'agent2' })
    expect((await two.saw('LOGOUT')).agentPresence.state.reasonCode).toEqual(FORCED)
  })

  it('after a logout the agent can come back', async () => {
    const desk = await opened('agent1')
    desk.global('LOGOUT')
    await until('end', desk.ended)
    const again = await opened('agent1')
    expect(again.presences.map((event) => event.agentPresence.state.name)).toEqual(['LOGIN', 'NOT_READY'])
  })
})

describe('an outage', () => {
  it.each(['refuse', '503'] as const)('mode %s: nothing is served, sockets break, states survive', async (mode) => {
    const desk = await opened('agent1')
    sim.simulator.event('down', { mode })
    await until('end', desk.ended)
    const answer = await rest(sim, '/routing-engine/agents/states').catch((error: Error) => error)
    if (mode === '503') expect(answer).toMatchObject({ status: 503 })
    else expect(answer).toBeInstanceOf(Error)
    expect((await refused(keep(openDesk(sim, user(2))))).message).toContain('websocket error')
    await sleep(TIMER_MS + 100)
    expect(sim.simulator.agents()[0]?.state).toBe('NOT_READY')
    sim.simulator.event('up', {})
    await until('answers', () => sim.simulator.agents()[0]?.state === 'NOT_READY')
    await sleep(30)
    expect((await rest(sim, '/routing-engine/agents/states')).status).toBe(200)
    const again = await opened('agent1')
    again.global('READY')
    await again.saw('READY')
  })

  it('an agent who does not come back is logged out after it', async () => {
    const desk = await opened('agent1')
    sim.simulator.event('down', {})
    await until('end', desk.ended)
    sim.simulator.event('up', {})
    await until('LOGOUT', () => sim.simulator.agents()[0]?.state === 'LOGOUT')
  })
})

describe('reset', () => {
  it('puts everything back; a connected desk is logged in afresh', async () => {
    const desk = await opened('agent1')
    desk.global('READY')
    await desk.saw('READY')
    sim.simulator.event('login', { agentId: 'agent2' })
    desk.clear()
    sim.simulator.reset()
    await desk.saw('NOT_READY')
    expect(sim.simulator.agents().slice(0, 2)).toMatchObject([
      { state: 'NOT_READY', session: 'socket' },
      { state: 'LOGOUT', session: 'none' },
    ])
  })
})
