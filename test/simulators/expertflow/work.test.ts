import { afterEach, describe, expect, it } from 'vitest'
import { CONSEQUENCES } from '../../../src/simulators/expertflow/conversation-rules.js'
import { agent, CHAT, logIn, presence, rest, sleep, start, states, SUPERVISOR, until, VOICE, type Desk, type Started } from './desk.js'

let sim: Started
let desks: Desk[] = []

afterEach(async () => {
  for (const desk of desks) desk.close()
  desks = []
  await sim.stop()
})

const open = async (username: string) => {
  const desk = await logIn(sim, username)
  desks.push(desk)
  return desk
}
/** An agent whose channels are all READY, and a desk that has seen it. */
const working = async (username: string): Promise<Desk> => {
  const desk = await open(username)
  desk.global('READY')
  for (const mrd of [CHAT, VOICE]) desk.mrd(mrd, 'READY')
  await until('channels', () => desk.presences.at(-1)?.agentPresence.agentMrdStates[1]?.state === 'READY')
  desk.clear()
  return desk
}
const cause = (type: string, body: Record<string, unknown>) => sim.simulator.event(type, body)
/** That somebody left, as a desk hears it; that somebody came is told too, when a conversation is made. */
const goodbyes = (desk: Desk) => bodies(desk, 'onCimEvent').filter((body) => JSON.stringify(body).includes('AGENT_UNSUBSCRIBED'))
const bodies = (desk: Desk, name: string) => desk.events.filter((event) => event.name === name).map((event) => event.body)

interface Work {
  readonly conversations: {
    state: string
    priority: number
    kind: string
    participants: { agentId: string; role: string }[]
    queue: { name: string }
  }[]
  readonly tasks: { agentId: string; state: string }[]
  readonly closedTasks: { agentId: string; reasonCode: string }[]
}
const work = () => cause('list-work', {}) as Work

describe('offers and tasks (expertflow.md §8.6)', () => {
  it('offer, accept, more, full, close: READY, ACTIVE, BUSY and back', async () => {
    sim = await start()
    const desk = await working('agent1')
    cause('mrd-capacity', { agentId: 'agent1', mrd: 'CHAT', max: 2 })
    cause('task-offer', { agentId: 'agent1' })
    await until('taskRequest', () => bodies(desk, 'taskRequest').length === 1)
    expect(bodies(desk, 'taskRequest')[0]).toMatchObject({
      taskState: { name: 'RESERVED' },
      taskDirection: 'INBOUND',
      queue: { name: 'Support' },
    })
    expect(await states(sim, agent(1))).toBe('READY: READY READY NOT_READY')
    expect(() => cause('task-offer', { agentId: 'agent1' })).toThrow('not routable')
    cause('task-accept', { agentId: 'agent1' })
    expect(await states(sim, agent(1))).toBe('READY: ACTIVE READY NOT_READY')
    cause('task-offer', { agentId: 'agent1', autoJoin: true })
    expect(bodies(desk, 'taskRequest').length).toBeLessThanOrEqual(2)
    expect(await states(sim, agent(1))).toBe('READY: BUSY READY NOT_READY')
    expect((await rest<unknown[]>(sim, `/routing-engine/tasks?agentId=${agent(1)}`)).body).toMatchObject([
      { state: { name: 'ACTIVE' }, mrd: { id: CHAT } },
      { state: { name: 'ACTIVE' }, mrd: { id: CHAT } },
    ])
    cause('task-close', { agentId: 'agent1' })
    expect(await states(sim, agent(1))).toBe('READY: ACTIVE READY NOT_READY')
    cause('task-close', { agentId: 'agent1' })
    expect(await states(sim, agent(1))).toBe('READY: READY READY NOT_READY')
  })

  it('the desk takes an offer by subscribing and ends by unsubscribing', async () => {
    sim = await start()
    const desk = await working('agent1')
    cause('task-offer', { agentId: 'agent1' })
    const request = (await until('taskRequest', () => bodies(desk, 'taskRequest')[0])) as { taskId: string; conversationId: string }
    desk.socket.emit('topicSubscription', { taskId: request.taskId, conversationId: request.conversationId, agentId: agent(1) })
    await until('ACTIVE', () => work().tasks[0]?.state === 'ACTIVE')
    desk.socket.emit('topicUnsubscription', { conversationId: request.conversationId, agentId: agent(1) })
    await until('done', () => work().closedTasks[0]?.reasonCode === 'DONE')
  })

  it('NOT_READY with an open offer is refused while other channels change; with a task it is pending until the task closes', async () => {
    sim = await start()
    const desk = await working('agent1')
    cause('task-offer', { agentId: 'agent1' })
    desk.global('NOT_READY')
    const answer = await desk.saw('READY')
    expect(answer).toMatchObject({ action: 'AGENT_STATE_UNCHANGED', agentStateChanged: false, mrdStateChanges: [VOICE] })
    cause('task-accept', { agentId: 'agent1' })
    desk.clear()
    desk.global('NOT_READY')
    await desk.saw('NOT_READY')
    expect(await states(sim, agent(1))).toBe('NOT_READY: PENDING_NOT_READY NOT_READY NOT_READY')
    desk.clear()
    cause('task-close', { agentId: 'agent1' })
    expect((await desk.saw('NOT_READY')).agentPresence.agentMrdStates[0]).toMatchObject({
      state: 'NOT_READY',
      previousState: 'PENDING_NOT_READY',
    })
  })

  it('RONA: revoked, re-queued with priority 11, the agent NOT_READY', async () => {
    sim = await start({ ronaMs: '50' })
    const desk = await working('agent1')
    cause('task-offer', { agentId: 'agent1' })
    await desk.saw('NOT_READY')
    expect(bodies(desk, 'revokeTask')).toHaveLength(1)
    expect(work()).toMatchObject({ conversations: [{ state: 'QUEUED', priority: 11 }], tasks: [], closedTasks: [{ reasonCode: 'RONA' }] })
    expect(await states(sim, agent(1))).toBe('NOT_READY: NOT_READY NOT_READY NOT_READY')
  })

  it('RONA with a working external channel leaves the agent READY', async () => {
    sim = await start()
    const desk = await working('agent1')
    desk.mrd('20316843be924c8ab4f57a7a', 'BUSY')
    await until('BUSY', () => desk.presences.at(-1)?.agentPresence.agentMrdStates[2]?.state === 'BUSY')
    cause('task-offer', { agentId: 'agent1' })
    cause('rona', { agentId: 'agent1' })
    expect(await states(sim, agent(1))).toBe('READY: NOT_READY NOT_READY BUSY')
  })

  it('RESERVED by option', async () => {
    sim = await start({ reservedState: 'true' })
    await working('agent1')
    cause('task-offer', { agentId: 'agent1' })
    expect(await states(sim, agent(1))).toBe('READY: RESERVED READY NOT_READY')
    cause('task-accept', { agentId: 'agent1' })
    expect(await states(sim, agent(1))).toBe('READY: ACTIVE READY NOT_READY')
    cause('task-offer', { agentId: 'agent1' })
    cause('rona', { agentId: 'agent1' })
    expect(await states(sim, agent(1))).toBe('NOT_READY: PENDING_NOT_READY NOT_READY NOT_READY')
  })

  it('INTERRUPTED by option: a voice offer interrupts the chat, whose conversations are re-queued; it resumes afterwards', async () => {
    sim = await start({ interruption: 'true' })
    const desk = await working('agent1')
    cause('start-conversation', { agentId: 'agent1' })
    expect(await states(sim, agent(1))).toBe('READY: ACTIVE READY NOT_READY')
    cause('task-offer', { agentId: 'agent1', mrd: 'CX VOICE' })
    cause('task-accept', { agentId: 'agent1' })
    expect(await states(sim, agent(1))).toBe('READY: INTERRUPTED BUSY NOT_READY')
    expect(work().conversations[0]).toMatchObject({ state: 'QUEUED', priority: 11 })
    await until('CIM event', () =>
      bodies(desk, 'onCimEvent').some((body) => (body as { cimEvent: string }).cimEvent.includes('AGENT_MRD_INTERRUPTED')),
    )
    desk.clear()
    desk.mrd(CHAT, 'READY')
    expect((await desk.saw('READY')).action).toBe('AGENT_STATE_UNCHANGED')
    cause('task-close', { agentId: 'agent1', mrd: 'CX VOICE' })
    expect(await states(sim, agent(1))).toBe('READY: READY READY NOT_READY')
  })

  it('auto-sync by option, for all channels or by name', async () => {
    sim = await start({ autoSync: 'true' })
    const desk = await open('agent1')
    desk.global('READY')
    await desk.saw('READY')
    expect(await states(sim, agent(1))).toBe('READY: READY READY READY')
    await sim.stop()
    sim = await start({ autoSync: 'CHAT', loggedIn: '1' })
    cause('change-state', { agentId: 'agent1', state: 'READY' })
    expect(await states(sim, agent(1))).toBe('READY: READY NOT_READY NOT_READY')
    cause('change-state', { agentId: 'agent1', mrd: 'CHAT', state: 'NOT_READY' })
    expect(await states(sim, agent(1))).toBe('NOT_READY: NOT_READY NOT_READY NOT_READY')
  })

  it('fail-over: UNKNOWN, which only an external MRD or a lack of capacity leaves', async () => {
    sim = await start()
    const desk = await working('agent1')
    cause('fail-over', { agentId: 'agent1' })
    expect(await states(sim, agent(1))).toBe('READY: UNKNOWN UNKNOWN UNKNOWN')
    cause('mrd-capacity', { agentId: 'agent1', mrd: 'CX_VOICE', max: 0 })
    cause('change-state', { agentId: 'agent1', mrd: 'CHAT', state: 'NOT_READY' })
    cause('change-state', { agentId: 'agent1', mrd: 'CX_VOICE', state: 'READY' })
    cause('change-state', { agentId: 'agent1', mrd: 'CISCO_CC', state: 'NOT_READY' })
    expect(await states(sim, agent(1))).toBe('READY: UNKNOWN NOT_READY NOT_READY')
    expect(desk.presences.length).toBeGreaterThan(0)
  })

  it('the Callback reason re-queues conversations, another one and a switched-off option do not', async () => {
    sim = await start()
    const desk = await working('agent1')
    cause('start-conversation', { agentId: 'agent1' })
    desk.global('NOT_READY', { id: 'x', name: 'Short Break', type: 'NOT_READY' })
    await desk.saw('NOT_READY')
    expect(work().conversations[0]?.state).toBe('ACTIVE')
    desk.global('NOT_READY', { id: 'y', name: 'Callback', type: 'NOT_READY' })
    await until('re-queued', () => work().conversations[0]?.state === 'QUEUED')
    expect(await states(sim, agent(1))).toBe('NOT_READY: NOT_READY NOT_READY NOT_READY')
    await sim.stop()
    sim = await start({ callbackReroute: 'false', loggedIn: '1' })
    cause('start-conversation', { agentId: 'agent1' })
    cause('change-state', { agentId: 'agent1', state: 'NOT_READY', reason: { name: 'Callback', type: 'NOT_READY' } })
    expect(work().conversations[0]?.state).toBe('ACTIVE')
  })
})

describe('logout with an open offer (expertflow.md §8.4)', () => {
  it('re-queues it with priority 11', async () => {
    sim = await start()
    await working('agent1')
    cause('task-offer', { agentId: 'agent1' })
    cause('supervisor-logout', { agentId: 'agent1' })
    expect(work()).toMatchObject({
      tasks: [],
      conversations: [{ state: 'QUEUED', priority: 11 }],
      closedTasks: [{ reasonCode: 'AGENT_LOGOUT' }],
    })
  })
  it('closes it when its time is up', async () => {
    sim = await start()
    await working('agent1')
    cause('task-offer', { agentId: 'agent1', ttlMs: 20 })
    await sleep(40)
    cause('agent-logout', { agentId: 'agent1' })
    expect(work()).toMatchObject({ tasks: [], conversations: [{ state: 'CLOSED' }], closedTasks: [{ reasonCode: 'NO_AGENT_AVAILABLE' }] })
  })
})

/** Rows of the forced-logout table: kind, who is logged out, what is left. `A` agent 1, `B` agent 2, `X` the supervisor. */
const TABLE: {
  row: number
  kind: string
  out: 'A' | 'B'
  then: string
  stay?: string
  removed?: 'B' | 'X'
  told?: 'A' | 'B'
}[] = [
  { row: 3, kind: 'normal', out: 'A', then: 'QUEUED 11' },
  { row: 4, kind: 'consult', out: 'A', then: 'QUEUED 11', removed: 'B' },
  { row: 5, kind: 'consult', out: 'B', then: 'ACTIVE 1', stay: 'A PRIMARY', told: 'A' },
  { row: 6, kind: 'conference', out: 'A', then: 'ACTIVE 1', stay: 'B PRIMARY', told: 'B' },
  { row: 6, kind: 'conference', out: 'B', then: 'ACTIVE 1', stay: 'A PRIMARY', told: 'A' },
  { row: 7, kind: 'silent-monitor', out: 'A', then: 'QUEUED 11', removed: 'X' },
  { row: 8, kind: 'whisper', out: 'A', then: 'QUEUED 11', removed: 'X' },
  { row: 9, kind: 'barge-in', out: 'A', then: 'ACTIVE 1', stay: 'X PRIMARY' },
]

describe('what a forced logout does to the conversation (expertflow.md §11.2)', () => {
  it('every row of the rules is in this table', () => {
    expect(CONSEQUENCES).toHaveLength(7)
    expect(new Set(TABLE.map(({ row }) => row)).size).toBe(7)
  })

  it.each(['READY', 'NOT_READY'])('rows 1 and 2: from %s without a conversation nothing else happens', async (state) => {
    sim = await start({ loggedIn: '1' })
    if (state === 'READY') cause('change-state', { agentId: 'agent1', state })
    cause('supervisor-logout', { agentId: 'agent1' })
    expect(work()).toEqual({ conversations: [], tasks: [], closedTasks: [] })
    expect((await presence(sim, agent(1))).state).toMatchObject({ name: 'LOGOUT', reasonCode: { name: 'FORCED_LOGOUT_BY_SUPERVISOR' } })
  })

  it.each(TABLE)('row $row: $kind, $out is logged out', async ({ kind, out, then, stay, removed, told }) => {
    sim = await start()
    const desk = { A: await working('agent1'), B: await working('agent2'), X: await open('supervisor1') }
    const ids = { A: agent(1), B: agent(2), X: SUPERVISOR }
    const monitored = ['silent-monitor', 'whisper', 'barge-in'].includes(kind)
    cause('start-conversation', { agentId: 'agent1', kind, ...(kind !== 'normal' && { with: monitored ? 'supervisor1' : 'agent2' }) })
    for (const each of Object.values(desk)) each.clear()
    desk.X.global('LOGOUT', { name: 'FORCED_LOGOUT_BY_SUPERVISOR', type: 'LOGOUT', code: 9, id: '62ffc95cf12b6ccf1594d934' }, ids[out])
    await desk[out].saw('LOGOUT')
    const [conversation] = work().conversations
    expect(`${conversation?.state} ${conversation?.priority}`).toBe(then)
    expect(conversation?.queue.name).toBe('Support')
    const present = conversation?.participants.map(
      (each) => `${Object.entries(ids).find(([, id]) => id === each.agentId)?.[0]} ${each.role}`,
    )
    expect(present).toEqual(stay === undefined ? [] : [stay])
    expect(work().closedTasks.find((task) => task.agentId === ids[out])).toMatchObject({ reasonCode: 'AGENT_LOGOUT' })
    await sleep(30)
    for (const name of ['A', 'B', 'X'] as const) {
      expect([name, bodies(desk[name], 'topicUnsubscription').length]).toEqual([name, name === removed ? 1 : 0])
      expect([name, goodbyes(desk[name]).length]).toEqual([name, name === told ? 1 : 0])
    }
    if (removed === 'B') expect(await states(sim, agent(2))).toBe('READY: READY READY NOT_READY')
    if (told !== undefined) expect(JSON.stringify(goodbyes(desk[told]))).toContain('left the conversation')
  })

  it('all chats of the agent go back', async () => {
    sim = await start({ loggedIn: '1' })
    for (let n = 0; n < 5; n++) cause('start-conversation', { agentId: 'agent1' })
    cause('supervisor-logout', { agentId: 'agent1' })
    expect(work().conversations.map((conversation) => `${conversation.state} ${conversation.priority}`)).toEqual(Array(5).fill('QUEUED 11'))
  })

  it('the disconnect timer and inactivity re-queue as well', async () => {
    sim = await start({ disconnectMs: '50' })
    const desk = await working('agent1')
    cause('start-conversation', { agentId: 'agent1' })
    desk.close()
    await until('re-queued', () => work().conversations[0]?.state === 'QUEUED')
    await working('agent2')
    cause('start-conversation', { agentId: 'agent2' })
    cause('inactivity-logout', { agentId: 'agent2' })
    expect(work().conversations[1]).toMatchObject({ state: 'QUEUED', priority: 11 })
  })
})
