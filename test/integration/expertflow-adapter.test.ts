import { afterEach, describe, expect, it } from 'vitest'
import { agent, credentialsOf, expertflowRig, signal, until, type ExpertflowRig } from '../support/expertflow.js'

let rig: ExpertflowRig
afterEach(async () => {
  await rig.stop()
})

const CHAT = '6305de07166ba1099d11d8e6'
const VOICE = '62f9e360ea5311eda05b0242'
const CISCO = '20316843be924c8ab4f57a7a'
const SHORT_BREAK = { id: '62ffc9e9f12b6ccf1594d88b', name: 'Short Break', type: 'NOT_READY', system: false } as const
const OUT_OF_OFFICE = { id: '62ffc95cf12b6ccf1594d781', name: 'Out Of Office', type: 'LOGOUT', system: false } as const
const LOGIN = { kind: 'LOGIN', username: 'agent1', hasSecret: true } as const

describe('a headless desk, from login to logout', () => {
  it('logs in, becomes READY with its channels, NOT_READY with a reason, and out; each confirmed by the vendor’s event', async () => {
    rig = await expertflowRig()
    const login = await rig.run(1, LOGIN, credentialsOf(1))
    expect(login.evidence).toMatchObject({
      kind: 'met',
      by: 'event',
      view: { state: 'NOT_READY', vendorState: 'NOT_READY', cause: 'gateway' },
    })

    const ready = await rig.run(1, { kind: 'READY' })
    expect(ready.steps.map((step) => step.name)).toEqual(['set-ready', 'set-mrd-ready', 'set-mrd-ready'])
    expect(ready.evidence).toMatchObject({ kind: 'met', by: 'event', view: { state: 'READY', routable: true } })
    const view = await rig.read(1)
    expect(Object.fromEntries(view.channels.map((channel) => [channel.id, channel.state]))).toEqual({
      [CHAT]: 'READY',
      [VOICE]: 'READY',
      [CISCO]: 'NOT_READY',
    })
    expect((await rig.run(1, { kind: 'READY' })).steps).toEqual([])

    const pause = await rig.run(1, { kind: 'NOT_READY', reason: SHORT_BREAK })
    expect(pause.evidence).toMatchObject({
      kind: 'met',
      by: 'event',
      view: { state: 'NOT_READY', reason: { id: SHORT_BREAK.id, name: 'Short Break', key: 'BREAK.SHORT' } },
    })

    const logout = await rig.run(1, { kind: 'LOGOUT', reason: OUT_OF_OFFICE })
    expect(logout.evidence).toMatchObject({
      kind: 'met',
      by: 'event',
      view: { state: 'LOGGED_OUT', reason: { id: OUT_OF_OFFICE.id }, cause: 'gateway' },
    })
    expect(await rig.read(1)).toMatchObject({ state: 'LOGGED_OUT', vendor: { desk: 'none' } })
    expect(rig.asked(1)).toEqual(['LOGIN:applied', 'READY:applied', 'NOT_READY:applied', 'LOGOUT:applied'])
  })

  it('sends the identity as an object where the setting says so', async () => {
    rig = await expertflowRig({ handshake: { agent: 'object', transports: ['websocket'] } })
    await rig.login(2)
    expect(await rig.read(2)).toMatchObject({ state: 'NOT_READY', vendor: { desk: 'up' } })
  })

  it('takes over a new reason while NOT_READY', async () => {
    rig = await expertflowRig()
    await rig.login(1)
    expect((await rig.run(1, { kind: 'NOT_READY' })).steps).toEqual([])
    const { evidence } = await rig.run(1, { kind: 'NOT_READY', reason: SHORT_BREAK })
    expect(evidence).toMatchObject({ kind: 'met', view: { reason: { id: SHORT_BREAK.id } } })
  })

  it('changes a single channel, and says that the channel needs a READY agent', async () => {
    rig = await expertflowRig()
    await rig.login(1)
    await expect(rig.run(1, { kind: 'READY', channel: CHAT })).rejects.toMatchObject({ code: 'PARENT_NOT_READY' })
    await rig.run(1, { kind: 'READY' })
    const { evidence } = await rig.run(1, { kind: 'NOT_READY', channel: 'chat' })
    expect(evidence).toMatchObject({ kind: 'met', by: 'event' })
    const view = await rig.read(1)
    expect(view).toMatchObject({ state: 'READY', routable: true })
    expect(view.channels.find((channel) => channel.id === CHAT)).toMatchObject({ state: 'NOT_READY', routable: false })
  })

  it('shows a channel that finishes its work as NOT_READY with the same state pending', async () => {
    rig = await expertflowRig()
    await rig.login(1)
    await rig.run(1, { kind: 'READY' })
    rig.sim.simulator.event('start-conversation', { agentId: agent(1) })
    const { evidence } = await rig.run(1, { kind: 'NOT_READY' })
    expect(evidence).toMatchObject({ kind: 'met' })
    const chat = (await rig.read(1)).channels.find((channel) => channel.id === CHAT)
    expect(chat).toMatchObject({ state: 'NOT_READY', pendingState: 'NOT_READY', vendorState: 'PENDING_NOT_READY' })
  })
})

describe('what the vendor refuses', () => {
  it('says OFFER_PENDING when a task is being offered, shows RESERVED, and NOT_READY by the system after RONA', async () => {
    rig = await expertflowRig()
    await rig.login(1)
    await rig.run(1, { kind: 'READY' })
    rig.sim.simulator.event('task-offer', { agentId: agent(1), mrd: 'CHAT' })
    await until('RESERVED', () => rig.presence.get('ef', agent(1))?.state === 'RESERVED')
    const { evidence } = await rig.run(1, { kind: 'NOT_READY' })
    expect(evidence).toMatchObject({
      kind: 'refused',
      error: { code: 'OFFER_PENDING', retry: 'later', fault: { code: 'AGENT_STATE_UNCHANGED' } },
    })
    rig.sim.simulator.event('rona', { agentId: agent(1) })
    await until('NOT_READY', () => rig.presence.get('ef', agent(1))?.state === 'NOT_READY')
    expect(rig.presence.get('ef', agent(1))).toMatchObject({ cause: 'system' })
  })

  it('passes an errors event on with its words', async () => {
    rig = await expertflowRig()
    await rig.login(1)
    rig.sim.faults.add({ kind: 'errors-event', operation: 'changeAgentState', times: 1, body: 'engine is busy', status: 500 })
    const { evidence } = await rig.run(1, { kind: 'READY' })
    expect(evidence).toMatchObject({
      kind: 'refused',
      error: { code: 'VENDOR_ERROR', effect: 'unknown', fault: { system: 'agent-manager', code: '500', message: 'engine is busy' } },
    })
  })

  it('is silent, and not confirmed, when the vendor takes a command and does nothing', async () => {
    rig = await expertflowRig({ commandMs: 300 })
    await rig.login(1)
    rig.sim.faults.add({ kind: 'silent', operation: 'changeAgentState', times: 1 })
    expect((await rig.run(1, { kind: 'READY' })).evidence).toEqual({ kind: 'silent' })
  })

  it('confirms by reading when no event comes', async () => {
    rig = await expertflowRig()
    await rig.login(1)
    rig.sim.faults.add({ kind: 'no-event', operation: 'changeAgentState', times: 1 })
    expect((await rig.run(1, { kind: 'LOGOUT' })).evidence).toMatchObject({ kind: 'met', by: 'read' })
  })

  it.each([
    [401, 'CREDENTIALS_INVALID'],
    [403, 'VENDOR_FORBIDDEN'],
    [404, 'CREDENTIALS_INVALID'],
    [408, 'VENDOR_UNAVAILABLE'],
    [412, 'LICENSE_REFUSED'],
  ])('a login refused with %i is %s, and the agent stays logged out', async (status, code) => {
    rig = await expertflowRig()
    rig.sim.faults.add({ kind: 'login-error', operation: 'login', times: 1, status })
    await expect(rig.run(1, LOGIN, credentialsOf(1))).rejects.toMatchObject({ code, effect: 'none', fault: { httpStatus: status } })
    expect(await rig.read(1)).toMatchObject({ state: 'LOGGED_OUT', vendor: { desk: 'none' } })
  })

  it('tells a refused handshake and the licence manager apart', async () => {
    rig = await expertflowRig()
    rig.sim.faults.add({ kind: 'refuse-handshake', operation: 'socket connect', agentId: agent(1), times: 1 })
    await expect(rig.run(1, LOGIN, credentialsOf(1))).rejects.toMatchObject({ code: 'CREDENTIALS_INVALID', effect: 'none' })
    rig.sim.faults.add({ kind: 'refuse-handshake', operation: 'socket connect', agentId: agent(1), times: 1, body: 'LM' })
    await expect(rig.run(1, LOGIN, credentialsOf(1))).rejects.toMatchObject({ code: 'LICENSE_REFUSED', fault: { code: 'LM' } })
  })

  it('does not log in somebody else with valid credentials of another agent', async () => {
    rig = await expertflowRig()
    const failure = await rig.run(2, { ...LOGIN }, credentialsOf(1)).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(failure).toMatchObject({ code: 'CREDENTIALS_INVALID', detail: expect.stringContaining('another agent') as string })
    expect(
      rig.sim.journal
        .list({ operation: 'socket connect' })
        .filter((entry) => entry.agentId !== undefined && entry.agentId.includes('-8000-')),
    ).toEqual([])
  })

  it('aborts a hanging handshake at once and leaves no session', async () => {
    rig = await expertflowRig()
    rig.sim.faults.add({ kind: 'hang', operation: 'socket connect', agentId: agent(1), times: 1 })
    const step = rig.adapter.plan(LOGIN, agent(1), await rig.read(1)).steps[0]
    const controller = new AbortController()
    const sending = rig.adapter.send(step!, { agentId: agent(1), credentials: credentialsOf(1), signal: controller.signal })
    const failed = expect(sending).rejects.toMatchObject({ code: 'VENDOR_TIMEOUT', effect: 'unknown' })
    await until('handshake', () => rig.sim.journal.list({ operation: 'socket connect', agentId: agent(1) }).length === 1)
    const started = performance.now()
    controller.abort()
    await failed
    expect(performance.now() - started).toBeLessThan(50)
    expect(await rig.read(1)).toMatchObject({ state: 'LOGGED_OUT', vendor: { desk: 'none' } })
  })
})

describe('agents at desks of their own, and the supervisor', () => {
  it('forces an agent out over the supervisor socket with the fixed reason, confirmed by reading', async () => {
    rig = await expertflowRig({}, { loggedIn: '3' })
    const { evidence } = await rig.run(1, { kind: 'LOGOUT', force: true })
    expect(evidence).toMatchObject({
      kind: 'met',
      view: {
        state: 'LOGGED_OUT',
        cause: 'supervisor',
        reason: { name: 'FORCED_LOGOUT_BY_SUPERVISOR', code: 9, id: '62ffc95cf12b6ccf1594d934' },
      },
    })
    expect(rig.asked(1)).toEqual(['LOGOUT:applied'])
    expect((await rig.run(1, { kind: 'LOGOUT', force: true })).steps).toEqual([])
  })

  it('forces an agent out whose desk we hold: the desk hears it by event and ends', async () => {
    rig = await expertflowRig()
    await rig.login(1)
    const { steps, evidence } = await rig.run(1, { kind: 'LOGOUT', force: true })
    expect(steps[0]?.request).toMatchObject({ way: 'supervisor' })
    expect(evidence).toMatchObject({ kind: 'met', by: 'event', view: { cause: 'supervisor' } })
    expect(await rig.read(1)).toMatchObject({ state: 'LOGGED_OUT', vendor: { desk: 'none' } })
  })

  it('makes an agent READY on behalf, but not NOT_READY, which is not documented', async () => {
    rig = await expertflowRig({}, { loggedIn: '3' })
    const { steps, evidence } = await rig.run(1, { kind: 'READY' })
    expect(steps.map((step) => step.name)).toEqual(['set-ready'])
    expect(evidence).toMatchObject({ kind: 'met', view: { state: 'READY', routable: false } })
    await expect(rig.run(1, { kind: 'NOT_READY' })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      detail: expect.stringContaining('supervisorNotReady') as string,
    })
    expect((await rig.run(1, { kind: 'LOGOUT' })).evidence).toMatchObject({ kind: 'met' })
  })

  it('tries NOT_READY on behalf where the setting says so, and reports the vendor’s refusal', async () => {
    rig = await expertflowRig({ supervisorNotReady: true }, { loggedIn: '3' })
    await rig.run(1, { kind: 'READY' })
    const { evidence } = await rig.run(1, { kind: 'NOT_READY' })
    expect(evidence).toMatchObject({
      kind: 'refused',
      error: { code: 'VENDOR_FORBIDDEN', fault: { code: '403', name: 'changeAgentState' } },
    })
  })

  it('uses the target’s presence where the vendor sends it to the supervisor', async () => {
    rig = await expertflowRig({}, { loggedIn: '3', supervisorSeesTarget: 'true' })
    expect((await rig.run(1, { kind: 'READY' })).evidence).toMatchObject({ kind: 'met', by: 'event', view: { vendor: { desk: 'none' } } })
  })

  it('opens the supervisor session again after the server ended it', async () => {
    rig = await expertflowRig({}, { loggedIn: '3' })
    await until('up', () => rig.adapter.health().status === 'up')
    rig.sim.simulator.event('server-disconnect', { agentId: 'supervisor1' })
    await until('degraded', () => rig.links.some((link) => link.status === 'degraded'))
    await until('up again', () => rig.adapter.health().status === 'up')
    expect((await rig.run(1, { kind: 'LOGOUT', force: true })).evidence).toMatchObject({ kind: 'met' })
  })
})

it('tries again when the supervisor session ends the moment it opens', async () => {
  rig = await expertflowRig({}, { loggedIn: '1' })
  await until('up', () => rig.adapter.health().status === 'up')
  rig.sim.faults.add({ kind: 'disconnect-socket', operation: 'socket connect', times: 3 })
  rig.sim.simulator.event('server-disconnect', { agentId: 'supervisor1' })
  await until('four tries', () => rig.sim.journal.list({ operation: 'socket connect' }).length === 5)
  await until('up again', () => rig.adapter.health().status === 'up')
  expect((await rig.run(1, { kind: 'LOGOUT', force: true })).evidence).toMatchObject({ kind: 'met' })
})

describe('what happens at the vendor by itself', () => {
  it('drops a session that another desk takes over, tells it, and takes it back only when asked to', async () => {
    rig = await expertflowRig()
    await rig.login(1)
    rig.sim.simulator.event('take-over', { agentId: agent(1) })
    await until('taken over', () => rig.links.some((link) => link.detail === 'SESSION_TAKEN_OVER' && link.agentId === agent(1)))
    expect(await rig.read(1)).toMatchObject({ state: 'NOT_READY', vendor: { desk: 'none' } })
    expect((await rig.run(1, LOGIN, credentialsOf(1))).steps).toEqual([])
    const { evidence } = await rig.run(1, { ...LOGIN, options: { takeOver: true } }, credentialsOf(1))
    expect(evidence).toMatchObject({ kind: 'met' })
    expect(await rig.read(1)).toMatchObject({ vendor: { desk: 'up' } })
  })

  it('tells a command that was under way that the session was taken over', async () => {
    rig = await expertflowRig()
    await rig.login(1)
    rig.sim.faults.add({ kind: 'silent', operation: 'changeAgentState', times: 1 })
    const running = rig.run(1, { kind: 'READY' })
    await until('sent', () => rig.sim.journal.list({ operation: 'changeAgentState' }).length === 1)
    rig.sim.simulator.event('take-over', { agentId: agent(1) })
    expect((await running).evidence).toMatchObject({ kind: 'refused', error: { code: 'SESSION_TAKEN_OVER' } })
  })

  it('knows logouts by inactivity and by the supervisor by their reasons, though both have code 9', async () => {
    rig = await expertflowRig()
    await rig.login(1)
    await rig.login(2)
    rig.sim.simulator.event('inactivity-logout', { agentId: agent(1) })
    rig.sim.simulator.event('supervisor-logout', { agentId: agent(2) })
    await until('both out', () => [1, 2].every((each) => rig.presence.get('ef', agent(each))?.state === 'LOGGED_OUT'))
    expect(rig.presence.get('ef', agent(1))).toMatchObject({ cause: 'inactivity', reason: { code: 9, key: 'SYSTEM.INACTIVITY' } })
    expect(rig.presence.get('ef', agent(2))).toMatchObject({ cause: 'supervisor', reason: { code: 9, key: 'SUPERVISOR.FORCED_LOGOUT' } })
  })

  it('is stale while the link is down, restores it, and reads again', async () => {
    rig = await expertflowRig()
    await rig.login(1)
    await rig.run(1, { kind: 'READY' })
    rig.sim.simulator.event('disconnect', { agentId: agent(1) })
    await until('stale', () => rig.presence.get('ef', agent(1))?.stale === true)
    await until('fresh', () => rig.presence.get('ef', agent(1))?.stale === false)
    await until('up', async () => (await rig.read(1)).vendor?.['desk'] === 'up')
    expect(rig.presence.get('ef', agent(1))).toMatchObject({ state: 'READY' })
    expect((await rig.run(1, { kind: 'NOT_READY' })).evidence).toMatchObject({ kind: 'met', by: 'event' })
  })

  it('does not log an agent in again who was logged out while the link was down', async () => {
    rig = await expertflowRig({ reconnect: { baseMs: 200, capMs: 200 } })
    await rig.login(1)
    rig.sim.simulator.event('disconnect', { agentId: agent(1) })
    await until('stale', () => rig.presence.get('ef', agent(1))?.stale === true)
    rig.sim.simulator.event('supervisor-logout', { agentId: agent(1) })
    await until('known', () => rig.presence.get('ef', agent(1))?.state === 'LOGGED_OUT')
    expect(await rig.read(1)).toMatchObject({ state: 'LOGGED_OUT', vendor: { desk: 'none' } })
    expect(rig.asked(1)).toEqual(['LOGIN:applied'])
  })

  it('sends nothing while the link is down, except a logout over the supervisor', async () => {
    rig = await expertflowRig({ reconnect: { baseMs: 60_000, capMs: 60_000 } })
    await rig.login(1)
    rig.sim.simulator.event('disconnect', { agentId: agent(1) })
    await until('stale', () => rig.presence.get('ef', agent(1))?.stale === true)
    await expect(rig.run(1, { kind: 'READY' })).rejects.toMatchObject({ code: 'VENDOR_UNAVAILABLE', effect: 'none', retry: 'park' })
    const { steps, evidence } = await rig.run(1, { kind: 'LOGOUT' })
    expect(steps[0]?.request).toMatchObject({ way: 'supervisor' })
    expect(evidence).toMatchObject({ kind: 'met' })
    expect(rig.asked(1)).toEqual(['LOGIN:applied', 'LOGOUT:applied'])
  })

  it('asks again, by an unknown effect, when the link breaks before the answer', async () => {
    rig = await expertflowRig()
    await rig.login(1)
    rig.sim.faults.add({ kind: 'drop-before-effect', operation: 'changeAgentState', times: 1 })
    expect((await rig.run(1, { kind: 'READY' })).evidence).toMatchObject({
      kind: 'refused',
      error: { code: 'VENDOR_TIMEOUT', effect: 'unknown' },
    })
  })

  it('does not believe that the end of the session is a logout when the vendor says otherwise', async () => {
    rig = await expertflowRig()
    await rig.login(1)
    rig.sim.faults.add({ kind: 'disconnect-socket', operation: 'changeAgentState', times: 1 })
    expect((await rig.run(1, { kind: 'LOGOUT' })).evidence).toMatchObject({
      kind: 'refused',
      error: { code: 'VENDOR_ERROR', effect: 'unknown' },
    })
  })

  it('nor while the vendor cannot be read: a server that goes down ends its sessions just so', async () => {
    rig = await expertflowRig()
    await rig.login(1)
    rig.sim.faults.add({ kind: 'disconnect-socket', operation: 'changeAgentState', times: 1 })
    const step = rig.adapter.plan({ kind: 'LOGOUT' }, agent(1), await rig.read(1)).steps[0]
    rig.sim.faults.add({ kind: 'http-status', operation: 'GET*', status: 500, times: 1 })
    const watch = rig.presence.watch('ef', agent(1))
    await rig.adapter.send(step!, { agentId: agent(1), signal: signal() })
    await watch.arrived(signal())
    expect(watch.take()).toMatchObject([{ refused: { code: 'VENDOR_ERROR' } }])
    expect(rig.presence.get('ef', agent(1))).toMatchObject({ state: 'NOT_READY', stale: true })
  })

  it('takes the end of the session after its LOGOUT for what it is when a read agrees', async () => {
    rig = await expertflowRig()
    await rig.login(1)
    rig.sim.faults.add({ kind: 'no-event', operation: 'changeAgentState', times: 1 })
    const run = rig.run(1, { kind: 'LOGOUT' })
    await until('the LOGOUT', () => rig.asked(1).includes('LOGOUT:applied'))
    rig.sim.simulator.event('server-disconnect', { agentId: 'agent1' })
    expect((await run).evidence).toMatchObject({ kind: 'met', by: 'read', view: { state: 'LOGGED_OUT' } })
  })
})

describe('reads', () => {
  it('knows an unknown agent from a malformed id, and both from a vendor that is away', async () => {
    rig = await expertflowRig()
    await expect(rig.adapter.read('11111111-1111-4111-8111-111111111111', { signal: signal() })).rejects.toMatchObject({
      code: 'AGENT_NOT_FOUND',
      effect: 'none',
    })
    await expect(rig.adapter.read('agent1', { signal: signal() })).rejects.toMatchObject({ code: 'AGENT_NOT_FOUND' })
    rig.sim.simulator.event('down', { mode: 'refuse' })
    await rig.read(1).catch(() => undefined) // may still go over a connection that was open
    await expect(rig.read(1)).rejects.toMatchObject({ code: 'VENDOR_UNAVAILABLE', effect: 'none' })
    await until('degraded', () => rig.adapter.health().status !== 'up')
    rig.sim.simulator.event('up', {})
    expect(await rig.read(1)).toMatchObject({ state: 'LOGGED_OUT' })
    await until('up again', () => rig.adapter.health().status === 'up')
  })

  it('logs the gateway in once for many reads, and once more when the token is refused', async () => {
    rig = await expertflowRig({ sessionModel: 'in-cluster-rest' }, { enforceToken: 'true' })
    await Promise.all(Array.from({ length: 10 }, (_none, at) => rig.read(at + 1)))
    const logins = (): number => rig.sim.journal.list().filter((entry) => entry.operation.includes('keycloakLogin')).length
    expect(logins()).toBe(1)
    rig.sim.faults.add({ kind: 'expired-token', operation: 'GET*', times: 1 })
    expect(await rig.read(1)).toMatchObject({ state: 'LOGGED_OUT' })
    expect(logins()).toBe(2)
  })

  it('lists all agents, and hears by polling of agents at desks of their own', async () => {
    rig = await expertflowRig({ pollMs: 50 }, { loggedIn: '2' })
    const views = await rig.adapter.list!({ signal: signal() })
    expect(views.map((view) => view.state).slice(0, 3)).toEqual(['NOT_READY', 'NOT_READY', 'LOGGED_OUT'])
    rig.sim.simulator.event('change-state', { agentId: agent(1), state: 'READY' })
    await until('polled', () => rig.presence.get('ef', agent(1))?.state === 'READY')
    expect(rig.presence.get('ef', agent(1))).toMatchObject({ source: 'read', routable: false })
  })

  it('gives the reasons, the two of code 9 distinct', async () => {
    rig = await expertflowRig()
    const reasons = await rig.adapter.reasons({ signal: signal() })
    expect(reasons.filter((reason) => reason.code === 9).map((reason) => [reason.id, reason.system])).toEqual([
      ['62ffc95cf12b6ccf1594d934', true],
      ['12ffc95cf12b6ccf1594d948', true],
    ])
    expect(reasons.filter((reason) => !reason.system).map((reason) => reason.name)).toEqual(
      expect.arrayContaining(['Out Of Office', 'Short Break']),
    )
  })

  it('previews what a forced logout does', async () => {
    rig = await expertflowRig()
    await rig.login(1)
    await rig.run(1, { kind: 'READY' })
    const preview = async () => rig.adapter.preview!(agent(1), await rig.read(1), { signal: signal() })
    expect(await preview()).toMatchObject([{ outcome: 'NONE', certainty: 'documented', reason: 'FORCED_LOGOUT_BY_SUPERVISOR' }])
    rig.sim.simulator.event('start-conversation', { agentId: agent(1) })
    rig.sim.simulator.event('start-conversation', { agentId: agent(1), mrd: 'CX_VOICE' })
    expect(await preview()).toMatchObject([
      { outcome: 'UNKNOWN', possibleOutcomes: ['REQUEUED', 'HANDED_OVER', 'UNAFFECTED'], conversationId: expect.any(String) as string },
      { situationCode: 'CALL' },
    ])
  })
})

describe('nobody is logged in again by a session that comes back', () => {
  const connects = (): number => rig.sim.journal.list({ operation: 'socket connect', agentId: agent(1) }).length

  it('that is just being opened when the agent is logged out', async () => {
    rig = await expertflowRig()
    await rig.login(1)
    rig.sim.faults.add({ kind: 'slow', operation: 'socket connect', agentId: agent(1), times: 1, delayMs: 200 })
    rig.sim.simulator.event('disconnect', { agentId: agent(1) })
    await until('being restored', () => connects() === 2)
    expect((await rig.run(1, { kind: 'LOGOUT', force: true })).evidence).toMatchObject({ kind: 'met' })
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await rig.read(1)).toMatchObject({ state: 'LOGGED_OUT', vendor: { desk: 'none' } })
  })

  it('that waits for its next try when the agent is logged out', async () => {
    rig = await expertflowRig({ reconnect: { baseMs: 300, capMs: 300 } })
    await rig.login(1)
    rig.sim.simulator.event('disconnect', { agentId: agent(1) })
    await until('down', () => rig.presence.get('ef', agent(1))?.stale === true)
    rig.sim.faults.add({ kind: 'delayed-effect', operation: 'changeAgentState', agentId: agent(1), times: 1, delayMs: 400 })
    expect((await rig.run(1, { kind: 'LOGOUT', force: true })).evidence).toMatchObject({ kind: 'met' })
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(connects()).toBe(1)
    expect(await rig.read(1)).toMatchObject({ state: 'LOGGED_OUT', vendor: { desk: 'none' } })
  })

  it('whose link breaks at its own logout', async () => {
    rig = await expertflowRig()
    await rig.login(1)
    rig.sim.faults.add({ kind: 'drop-before-effect', operation: 'changeAgentState', times: 1 })
    expect((await rig.run(1, { kind: 'LOGOUT' })).evidence).toMatchObject({
      kind: 'refused',
      error: { code: 'VENDOR_TIMEOUT', effect: 'unknown' },
    })
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(connects()).toBe(1)
    const { steps, evidence } = await rig.run(1, { kind: 'LOGOUT' })
    expect(steps[0]?.request).toMatchObject({ way: 'supervisor' })
    expect(evidence).toMatchObject({ kind: 'met' })
  })

  it('but a logout that came to nothing does not keep a session from coming back later', async () => {
    rig = await expertflowRig()
    await rig.login(1)
    rig.sim.faults.add({ kind: 'errors-event', operation: 'changeAgentState', times: 1 })
    expect((await rig.run(1, { kind: 'LOGOUT' })).evidence).toMatchObject({ kind: 'refused' })
    expect((await rig.run(1, { kind: 'READY' })).evidence).toMatchObject({ kind: 'met' })
    rig.sim.simulator.event('disconnect', { agentId: agent(1) })
    await until('restored', () => connects() === 2)
    await until('up', async () => (await rig.read(1)).vendor?.['desk'] === 'up')
  })

  it('after a start, for an agent who is logged out meanwhile', async () => {
    rig = await expertflowRig({ soleDesk: true, accounts: { [agent(1)]: credentialsOf(1) } }, { loggedIn: '1' })
    rig.sim.faults.add({ kind: 'slow', operation: 'login', agentId: agent(1), times: 1, delayMs: 300 })
    rig.sim.faults.add({ kind: 'delayed-effect', operation: 'changeAgentState', agentId: agent(1), times: 1, delayMs: 600 })
    await until('login under way', () => rig.sim.journal.list({ operation: 'login', agentId: agent(1) }).length === 1)
    expect((await rig.run(1, { kind: 'LOGOUT', force: true })).evidence).toMatchObject({ kind: 'met' })
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(connects()).toBe(0)
    expect(await rig.read(1)).toMatchObject({ state: 'LOGGED_OUT' })
  })
})

describe('agents whose only desk is the gateway', () => {
  const accounts = { [agent(1)]: credentialsOf(1), [agent(2)]: credentialsOf(2) }

  it('opens the sessions of logged-in agents again after a start, and of no others', async () => {
    rig = await expertflowRig({ soleDesk: true, accounts }, { loggedIn: '1' })
    await until('session', async () => (await rig.read(1)).vendor?.['desk'] === 'up')
    expect(await rig.read(2)).toMatchObject({ state: 'LOGGED_OUT', vendor: { desk: 'none' } })
    expect((await rig.run(1, { kind: 'NOT_READY', reason: SHORT_BREAK })).evidence).toMatchObject({ kind: 'met', by: 'event' })
  })

  it('takes a session back that was taken over, when a command needs it', async () => {
    rig = await expertflowRig({ soleDesk: true, accounts })
    expect((await rig.run(1, { kind: 'LOGIN' })).evidence).toMatchObject({ kind: 'met' })
    rig.sim.simulator.event('take-over', { agentId: agent(1) })
    await until('taken over', async () => (await rig.read(1)).vendor?.['desk'] === 'none')
    const { steps, evidence } = await rig.run(1, { kind: 'NOT_READY', reason: SHORT_BREAK })
    expect(steps.map((step) => step.name)).toEqual(['login', 'set-not-ready'])
    expect(evidence).toMatchObject({ kind: 'met', by: 'event', view: { reason: { id: SHORT_BREAK.id }, vendor: { desk: 'up' } } })
  })

  it('logs in with the account of the settings, and not for agents without one', async () => {
    rig = await expertflowRig({ accounts })
    expect((await rig.run(2, { kind: 'LOGIN' })).evidence).toMatchObject({ kind: 'met', by: 'event' })
    await expect(rig.run(3, { kind: 'LOGIN' })).rejects.toMatchObject({ code: 'CREDENTIALS_REQUIRED' })
  })
})

describe('the other session models', () => {
  it('in-cluster-rest does everything over the routing engine, confirmed by reading', async () => {
    rig = await expertflowRig({ sessionModel: 'in-cluster-rest' })
    expect((await rig.run(1, LOGIN, credentialsOf(1))).evidence).toMatchObject({ kind: 'met', by: 'read' })
    expect((await rig.run(1, { kind: 'READY' })).evidence).toMatchObject({ kind: 'met', by: 'read' })
    expect(await rig.read(1)).toMatchObject({ state: 'READY', routable: true })
    expect((await rig.run(1, { kind: 'LOGOUT', force: true })).evidence).toMatchObject({ kind: 'met', view: { cause: 'supervisor' } })
    expect(rig.sim.journal.list({ operation: 'socket connect' })).toEqual([])
  })

  it('supervisor-proxy sends READY and LOGOUT for others and logs nobody in', async () => {
    rig = await expertflowRig({ sessionModel: 'supervisor-proxy' }, { loggedIn: '1' })
    expect(rig.adapter.manifest).toMatchObject({ actions: ['READY', 'LOGOUT'], login: 'unsupported', channels: false })
    expect((await rig.run(1, { kind: 'READY' })).evidence).toMatchObject({ kind: 'met' })
    expect((await rig.run(1, { kind: 'LOGOUT' })).evidence).toMatchObject({ kind: 'met' })
    await expect(rig.run(1, LOGIN, credentialsOf(1))).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })
})

describe('secrets', () => {
  it('never appear in errors, logs, views, links or descriptions', async () => {
    rig = await expertflowRig()
    const canary = 'canary-Pa55-word'
    const seen: unknown[] = []
    const attempt = async (work: () => Promise<unknown>): Promise<void> => {
      await work().then(
        (value) => seen.push(value),
        (error: unknown) => {
          for (let each: unknown = error; each !== undefined; each = (each as Error).cause)
            seen.push(each instanceof Error ? each.message : JSON.stringify(each), { ...(each as object) })
        },
      )
    }
    const wrong = { username: 'agent1', password: canary }
    await attempt(() => rig.run(1, LOGIN, wrong))
    rig.sim.faults.add({
      kind: 'http-status',
      operation: 'login',
      times: 1,
      status: 500,
      body: `{"msg":"no ${canary} here","statusCode":500}`,
    })
    await attempt(() => rig.run(1, LOGIN, wrong))
    rig.sim.faults.add({ kind: 'drop-before-effect', operation: 'login', times: 1 })
    await attempt(() => rig.run(1, LOGIN, wrong))
    await rig.login(2)
    seen.push(rig.adapter.describe(rig.adapter.plan(LOGIN, agent(1), await rig.read(1)).steps[0]!, agent(1)))
    const text = JSON.stringify([seen, rig.logged, rig.events, rig.links, rig.adapter.health()])
    expect(seen.length).toBeGreaterThan(5)
    for (const secret of [canary, 'secret-agent2', 'secret-supervisor1', 'eyJ']) expect(text).not.toContain(secret)
  })
})
