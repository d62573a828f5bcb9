import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { FAULT_KINDS } from '../../../src/simulators/expertflow/faults.js'
import { agent, journalOf, logIn, presence, rest, sleep, start, until, type Desk, type Started } from './desk.js'

let sim: Started
let desk: Desk

beforeAll(async () => void (sim = await start({ disconnectMs: '60000' })))
afterAll(() => sim.stop())
afterEach(async () => {
  desk.close()
  await until('closed desks', () => sim.simulator.agents().every((each) => each.session !== 'socket'))
  sim.simulator.reset()
  sim.journal.clear()
  sim.faults.remove()
})

/** A desk that has just asked for READY under this fault. */
async function readyUnder(fault: { kind: string; delayMs?: number; status?: number; body?: string }): Promise<void> {
  desk = await logIn(sim, 'agent1')
  desk.clear()
  sim.faults.add({ operation: 'changeAgentState', agentId: agent(1), times: 1, ...fault })
  desk.global('READY')
}

const stateNow = async () => (await presence(sim, agent(1))).state.name
const names = () => desk.presences.map((event) => event.agentPresence.state.name)
const errorsSeen = () => desk.events.filter((event) => event.name === 'errors').map((event) => event.body)
const lastEntry = () => sim.journal.list({ operation: 'changeAgentState' }).at(-1)

describe('faults of a change of state', () => {
  it.each(['silent', 'lie', 'hang'])('%s: nothing happens and nothing is said', async (kind) => {
    await readyUnder({ kind })
    await until('journal', lastEntry)
    await sleep(40)
    expect(desk.events).toEqual([])
    expect(await stateNow()).toBe('NOT_READY')
    expect(lastEntry()).toMatchObject({ asked: 'READY', effect: 'none', fault: kind })
  })

  it('false-event: the event claims what REST denies', async () => {
    await readyUnder({ kind: 'false-event' })
    await desk.saw('READY')
    expect(await stateNow()).toBe('NOT_READY')
    expect(lastEntry()).toMatchObject({ effect: 'none' })
  })

  it('no-event: REST tells what no event told', async () => {
    await readyUnder({ kind: 'no-event' })
    await until('applied', () => lastEntry()?.effect === 'applied')
    await sleep(40)
    expect(desk.events).toEqual([])
    expect(await stateNow()).toBe('READY')
  })

  it('errors-event and http-status: `errors`, no effect', async () => {
    await readyUnder({ kind: 'errors-event', status: 503, body: 'routing engine is not reachable' })
    await until('errors', () => errorsSeen().length === 1)
    expect(errorsSeen()).toEqual([{ task: 'changeAgentState', msg: 'routing engine is not reachable', statusCode: 503 }])
    sim.faults.add({ kind: 'http-status', operation: 'changeAgentState', times: 1 })
    desk.global('READY')
    await until('errors', () => errorsSeen().length === 2)
    expect(errorsSeen()[1]).toMatchObject({ statusCode: 500 })
    expect(await stateNow()).toBe('NOT_READY')
  })

  it('errors-after-effect: the change is real', async () => {
    await readyUnder({ kind: 'errors-after-effect' })
    await until('errors', () => errorsSeen().length === 1)
    expect(names()).toEqual(['READY'])
    expect(await stateNow()).toBe('READY')
  })

  it('duplicate-event: twice the same', async () => {
    await readyUnder({ kind: 'duplicate-event' })
    await until('two events', () => desk.presences.length === 2)
    expect(desk.presences[0]).toEqual(desk.presences[1])
  })

  it('delayed-event: REST first, the event later', async () => {
    await readyUnder({ kind: 'delayed-event', delayMs: 150 })
    await until('applied', () => lastEntry()?.effect === 'applied')
    expect(await stateNow()).toBe('READY')
    expect(names()).toEqual([])
    await desk.saw('READY')
  })

  it.each(['delayed-effect', 'slow'])('%s: a newer command overtakes it', async (kind) => {
    desk = await logIn(sim, 'agent1')
    desk.global('READY')
    await desk.saw('READY')
    desk.clear()
    sim.faults.add({ kind, operation: 'changeAgentState', times: 1, delayMs: 150 })
    desk.global('NOT_READY', { name: 'first', type: 'NOT_READY' })
    desk.global('NOT_READY', { name: 'second', type: 'NOT_READY' })
    await until('two events', () => desk.presences.length === 2)
    expect(desk.presences.map((event) => event.agentPresence.state.reasonCode?.name)).toEqual(['second', 'first'])
  })

  it('late-old-event: an older presence comes after the new one', async () => {
    await readyUnder({ kind: 'late-old-event', delayMs: 50 })
    await until('two events', () => desk.presences.length === 2)
    expect(names()).toEqual(['READY', 'NOT_READY'])
    expect(await stateNow()).toBe('READY')
    sim.faults.add({ kind: 'late-old-event', operation: 'changeAgentState', times: 1, delayMs: 0 })
    desk.global('LOGOUT')
    await until('the end', desk.ended)
    expect(names()).toEqual(['READY', 'NOT_READY', 'LOGOUT', 'READY'])
  })

  it('disconnect-socket: the session is ended, nothing happened', async () => {
    await readyUnder({ kind: 'disconnect-socket' })
    expect(await until('the end', desk.ended)).toBe('io server disconnect')
    expect(await stateNow()).toBe('NOT_READY')
  })

  it.each([
    ['drop-before-effect', 'NOT_READY', 'none'],
    ['drop-after-effect', 'READY', 'applied'],
  ])('%s: the socket breaks, the agent is %s', async (kind, state, effect) => {
    await readyUnder({ kind })
    expect(await until('the end', desk.ended)).toBe('transport close')
    expect(await stateNow()).toBe(state)
    expect(lastEntry()).toMatchObject({ effect, fault: kind })
    expect(desk.presences).toEqual([])
  })

  it('a forced logout whose event is lost is seen by the poll only', async () => {
    desk = await logIn(sim, 'supervisor1')
    const victim = await logIn(sim, 'agent2')
    victim.clear()
    sim.faults.add({ kind: 'no-event', operation: 'changeAgentState', agentId: agent(2), times: 1 })
    desk.global('LOGOUT', null, agent(2))
    await until('LOGOUT', () => sim.simulator.agents()[1]?.state === 'LOGOUT')
    await sleep(40)
    expect([victim.events, victim.ended()]).toEqual([[], undefined])
    victim.close()
  })

  it('works on the REST side too: an event is lost, errors come to the desk', async () => {
    desk = await logIn(sim, 'agent1')
    desk.clear()
    const put = () => rest(sim, '/routing-engine/agent-state', { method: 'PUT', body: { agentId: agent(1), state: { name: 'READY' } } })
    sim.faults.add({ kind: 'errors-event', operation: 'PUT /routing-engine/agent-state', times: 1 })
    expect((await put()).status).toBe(200)
    await until('errors', () => errorsSeen().length === 1)
    sim.faults.add({ kind: 'no-event', operation: 'PUT /routing-engine/agent-state', times: 1 })
    await put()
    await until('READY', () => sim.simulator.agents()[0]?.state === 'READY')
    expect(desk.presences).toEqual([])
    expect(journalOf(sim, agent(1)).slice(-2)).toEqual([
      'PUT /routing-engine/agent-state READY none',
      'PUT /routing-engine/agent-state READY applied',
    ])
  })

  it('are drawn by probability, repeatably', async () => {
    desk = await logIn(sim, 'agent1')
    sim.faults.add({ kind: 'silent', operation: 'changeAgentState', probability: 0.3 })
    for (let sent = 0; sent < 200; sent++) desk.global('NOT_READY')
    await until('200 entries', () => sim.journal.list({ operation: 'changeAgentState' }).length === 200)
    const lost = sim.journal.list({ operation: 'changeAgentState' }).filter((entry) => entry.fault === 'silent').length
    expect(lost).toBeGreaterThan(35)
    expect(lost).toBeLessThan(85)
  })
})

describe('the control API', () => {
  const control = (path: string, body?: unknown) =>
    fetch(
      sim.control.url + path,
      body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
    )

  it('lists kinds and events, takes known faults and refuses others', async () => {
    desk = await logIn(sim, 'agent1')
    const overview = (await (await control('/')).json()) as { faultKinds: object; eventTypes: object }
    expect(overview.faultKinds).toEqual(FAULT_KINDS)
    expect(Object.keys(overview.eventTypes)).toContain('supervisor-logout')
    expect((await control('/faults', { kind: 'silent', operation: 'changeAgentState' })).status).toBe(201)
    expect((await control('/faults', { kind: 'nonsense' })).status).toBe(400)
    const event = await control('/events', { type: 'change-state', agentId: 'agent1', state: 'READY' })
    expect(await event.json()).toEqual({ result: 'READY' })
    await desk.saw('READY')
  })

  it.each([
    [{ type: 'task-offer' }, 'agentId'],
    [{ type: 'task-offer', agentId: 'nobody' }, 'no agent nobody'],
    [{ type: 'task-offer', agentId: 'agent1' }, 'not routable'],
    [{ type: 'task-accept', agentId: 'agent1' }, 'no open offer'],
    [{ type: 'task-close', agentId: 'agent1' }, 'no such active task'],
    [{ type: 'change-state', agentId: 'agent1', state: 'AWAY' }, 'must be one of'],
    [{ type: 'change-state', agentId: 'agent1', mrd: 'FAX', state: 'READY' }, 'no MRD FAX'],
    [{ type: 'agent-logout', agentId: 'agent1', reason: 'Nonsense' }, 'no reason "Nonsense"'],
    [{ type: 'server-disconnect', agentId: 'agent2' }, 'no live socket'],
    [{ type: 'start-conversation', agentId: 'agent1', kind: 'consult' }, 'needs field "with"'],
    [{ type: 'mrd-capacity', agentId: 'agent1', mrd: 'CHAT' }, '"max" is required'],
    [{ type: 'down', mode: 'softly' }, 'mode'],
  ])('says what is wrong with %o', async (body, text) => {
    desk = await logIn(sim, 'agent1')
    const answer = await control('/events', body)
    expect(answer.status).toBe(400)
    expect(((await answer.json()) as { error: string }).error).toContain(text)
  })

  it('does not start with an option that it does not know', async () => {
    desk = await logIn(sim, 'agent1')
    await expect(start({ agnets: '3' })).rejects.toThrow(/agnets/)
    await expect(start({ disconnectMs: 'soon' })).rejects.toThrow(/disconnectMs/)
  })
})
