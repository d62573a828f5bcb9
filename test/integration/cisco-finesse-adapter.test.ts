import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inspect } from 'node:util'
import { ciscoFinesse } from '../../src/adapters/cisco-finesse/index.js'
import type { Adapter, Logger, Step } from '../../src/core/adapter.js'
import { systemClock } from '../../src/core/clock.js'
import { unknownView, type AgentView } from '../../src/core/model/agent-state.js'
import type { ResolvedAction } from '../../src/core/model/command.js'
import type { CtiError } from '../../src/core/model/error.js'
import type { AgentEvent, LinkEvent } from '../../src/core/model/event.js'
import { ciscoFinesseSimulator } from '../../src/simulators/cisco-finesse/index.js'
import { runSimulator, type RunningSimulator } from '../../src/simulators/kit/run.js'

interface Rig {
  readonly adapter: Adapter
  readonly events: AgentEvent[]
  readonly links: LinkEvent[]
  readonly logs: unknown[]
}

let sim: RunningSimulator
const rigs: Rig[] = []

async function simulator(options: Record<string, string> = {}): Promise<void> {
  sim = await runSimulator(ciscoFinesseSimulator, { options: { agents: '6', ...options } })
}

async function start(overrides: Record<string, unknown> = {}, xmpp: Record<string, unknown> = {}): Promise<Rig> {
  const at = sim.simulator.endpoints
  const parsed = ciscoFinesse.options.parse({
    primary: { api: at['primary'], xmpp: at['primary-xmpp'] },
    secondary: { api: at['secondary'], xmpp: at['secondary-xmpp'] },
    supervisor: { id: '900', password: 'secret-900' },
    accounts: { '1001': { password: 'secret-1001', extension: '2001' } },
    confirmWithinMs: 3000,
    systemInfoMs: 300,
    pollMs: 200,
    reconnectMinMs: 50,
    reconnectMaxMs: 300,
    xmpp: { allowPlaintext: true, keepAliveMs: 200, ...xmpp },
    ...overrides,
  })
  const events: AgentEvent[] = []
  const links: LinkEvent[] = []
  const logs: unknown[] = []
  const write = (fields: object, message: string): void => void logs.push({ ...fields, message })
  const log: Logger = { debug: write, info: write, warn: write, error: write }
  const adapter = ciscoFinesse.create({ platform: 'finesse', log, clock: systemClock, options: parsed })
  const rig = { adapter, events, links, logs }
  rigs.push(rig)
  await adapter.start({ agent: (event) => void events.push(event), link: (event) => void links.push(event) })
  return rig
}

async function until(what: string, met: () => boolean, ms = 20_000): Promise<void> {
  const end = Date.now() + ms
  while (!met()) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

const signal = (): AbortSignal => AbortSignal.timeout(20_000)
const up = (rig: Rig): Promise<void> => until('link up', () => rig.adapter.health().status === 'up')

/** Runs the plan of an action as the core does: each step waits for its evidence. Returns the last view, or the refusal. */
async function run(rig: Rig, action: ResolvedAction, agentId = '1001'): Promise<AgentEvent> {
  const view = await rig.adapter.read(agentId, { signal: signal() })
  let last: AgentEvent = { agentId, view }
  for (const step of rig.adapter.plan(action, agentId, view).steps) last = await perform(rig, step, agentId)
  return last
}

async function perform(rig: Rig, step: Step, agentId: string): Promise<AgentEvent> {
  const from = rig.events.length
  const ack = await rig.adapter.send(step, { agentId, signal: signal() })
  let found: AgentEvent | undefined
  await until(`evidence of ${step.name}`, () => {
    found = rig.events.slice(from).find((event) => event.agentId === agentId && (meets(step, event.view) || event.refused !== undefined))
    return found !== undefined
  })
  if (found?.refused !== undefined) expect(found.correlation).toBe(ack.correlation)
  return found as AgentEvent
}

function meets(step: Step, view: AgentView | undefined): boolean {
  if (view === undefined) return false
  if (view.pendingState !== undefined && step.expect.pending?.includes(view.pendingState) === true) return true
  return step.expect.states.includes(view.state) && (step.expect.reasonId === undefined || view.reason?.id === step.expect.reasonId)
}

const writes = (agentId = '1001'): string[] =>
  sim.journal.list({ agentId, operation: 'PUT /User/{id}' }).map((entry) => `${entry.asked} ${entry.effect}`)
const vendorState = (agentId = '1001'): unknown => sim.simulator.agents().find((agent) => agent['agentId'] === agentId)?.['state']
const lunch = { id: '11', code: 101, name: 'Lunch', type: 'NOT_READY', system: false } as const
const endOfShift = { id: '21', code: 201, name: 'End of Shift', type: 'LOGOUT', system: false } as const

afterEach(async () => {
  await Promise.all(rigs.splice(0).map((rig) => rig.adapter.stop()))
  await sim.stop()
})

describe('Finesse adapter against a pair with notifications', () => {
  let rig: Rig
  beforeEach(async () => {
    await simulator()
    rig = await start()
    await up(rig)
  })

  it('signs in, goes ready, not ready with a reason, signs out with a reason, each confirmed by a notification', async () => {
    expect((await run(rig, { kind: 'LOGIN' })).view).toMatchObject({ state: 'NOT_READY', source: 'event', vendor: { extension: '2001' } })
    expect((await run(rig, { kind: 'READY' })).view).toMatchObject({ state: 'READY', routable: true, source: 'event' })
    const notReady = await run(rig, { kind: 'NOT_READY', reason: lunch })
    expect(notReady.view).toMatchObject({ state: 'NOT_READY', cause: 'agent', reason: { id: '11', code: 101, name: 'Lunch' } })
    expect((await run(rig, { kind: 'LOGOUT', reason: endOfShift })).view).toMatchObject({
      state: 'LOGGED_OUT',
      reason: { id: '21', code: 201 },
    })
    expect(writes()).toEqual(['LOGIN applied', 'READY applied', 'NOT_READY applied', 'LOGOUT applied'])
    expect(vendorState()).toBe('LOGOUT')
  })

  it('signs out from READY in two steps, because Unified CCE takes a sign-out from NOT_READY only', async () => {
    await run(rig, { kind: 'LOGIN' })
    await run(rig, { kind: 'READY' })
    await run(rig, { kind: 'LOGOUT', reason: endOfShift })
    expect(writes()).toEqual(['LOGIN applied', 'READY applied', 'NOT_READY applied', 'LOGOUT applied'])
  })

  it('forces an agent out from READY in one step, with no reason, and one on a call when the call ends', async () => {
    await run(rig, { kind: 'LOGIN' })
    await run(rig, { kind: 'READY' })
    sim.simulator.event('call-start', { agentId: '1001' })
    await until('talking', () => rig.events.at(-1)?.view?.state === 'BUSY')
    expect((await run(rig, { kind: 'LOGOUT', force: true })).view).toMatchObject({ state: 'BUSY', pendingState: 'LOGGED_OUT' })
    sim.simulator.event('call-end', { agentId: '1001' })
    await until('out', () => rig.events.at(-1)?.view?.state === 'LOGGED_OUT')
    expect(writes()).toEqual(['LOGIN applied', 'READY applied', 'LOGOUT applied'])
  })

  it('plans nothing for an agent who is out already, and takes "already logged out" for the fulfilment of a logout', async () => {
    const view = await rig.adapter.read('1001', { signal: signal() })
    expect(rig.adapter.plan({ kind: 'LOGOUT', force: true }, '1001', view).steps).toEqual([])
    const [step] = rig.adapter.plan({ kind: 'LOGOUT', force: true }, '1001', unknownView('1001', 0)).steps
    expect((await perform(rig, step as Step, '1001')).view).toMatchObject({ state: 'LOGGED_OUT', source: 'read' })
  })

  it('defers NOT_READY during a call, as the pending state that Finesse tells', async () => {
    await run(rig, { kind: 'LOGIN' })
    await run(rig, { kind: 'READY' })
    sim.simulator.event('call-start', { agentId: '1001' })
    await until('talking', () => rig.events.at(-1)?.view?.state === 'BUSY')
    expect((await run(rig, { kind: 'NOT_READY', reason: lunch })).view).toMatchObject({ state: 'BUSY', pendingState: 'NOT_READY' })
    sim.simulator.event('call-end', { agentId: '1001' })
    await until('not ready', () => rig.events.at(-1)?.view?.state === 'NOT_READY')
    expect(rig.events.at(-1)?.view?.reason?.id).toBe('11')
  })

  it('turns an asynchronous error into a refusal of that request, by peripheral code and CF number', async () => {
    await run(rig, { kind: 'LOGIN' })
    sim.faults.add({ kind: 'async-error', operation: 'PUT /User/{id}', times: 1, body: '281/10108' })
    const refused = await run(rig, { kind: 'READY' })
    expect(refused.refused).toMatchObject({ code: 'INVALID_TRANSITION', fault: { system: 'finesse', code: '281/10108' } })
    expect(refused.correlation).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('refuses a station that does not exist as DEVICE_INVALID with the peripheral code', async () => {
    const refused = await run(rig, { kind: 'LOGIN', station: '9999' })
    expect(refused.refused).toMatchObject({ code: 'DEVICE_INVALID', fault: { code: '260/10125', name: 'Invalid Device' } })
  })

  it('lists selectable reasons with their database ids, and the system codes behind them', async () => {
    const reasons = await rig.adapter.reasons({ agentId: '1001', signal: signal() })
    expect(reasons.filter((reason) => !reason.system).map((reason) => [reason.id, reason.code, reason.type])).toEqual([
      ['11', 101, 'NOT_READY'],
      ['12', 102, 'NOT_READY'],
      ['13', 103, 'NOT_READY'],
      ['21', 201, 'LOGOUT'],
      ['22', 202, 'LOGOUT'],
    ])
    expect(reasons.find((reason) => reason.id === 'LOGOUT:50004')).toMatchObject({ system: true, key: 'SYSTEM.INACTIVITY' })
  })

  it('asks for the reasons of a team once, not for each of its agents', async () => {
    const lists = (): number => sim.journal.list({ operation: 'GET /TeamResource/{id}/ReasonCodes' }).length
    const users = (): number => sim.journal.list({ operation: 'GET /User/{id}' }).length
    await rig.adapter.reasons({ agentId: '1001', signal: signal() })
    const [before, asked] = [lists(), users()]
    expect(before).toBe(2)
    for (const agentId of ['1002', '1003', '1004']) {
      const reasons = await rig.adapter.reasons({ agentId, signal: signal() })
      expect(reasons.filter((reason) => !reason.system)).toHaveLength(5)
    }
    expect([lists(), users()]).toEqual([before, asked])
  })

  it('lists the agents of its teams', async () => {
    const views = await rig.adapter.list?.({ signal: signal() })
    expect(views?.map((view) => view.agentId)).toEqual(['1001', '1002', '1003', '1004', '1005', '1006'])
  })

  it('hears agents it never asked about, through their team', async () => {
    sim.simulator.event('agent-login', { agentId: '1004' })
    await until('login of 1004', () => rig.events.some((event) => event.agentId === '1004' && event.view?.state === 'NOT_READY'))
  })

  it('drops a notification that is not XML and goes on', async () => {
    sim.simulator.event('xmpp-garbage', {})
    sim.simulator.event('agent-login', { agentId: '1004' })
    await until('login of 1004', () => rig.events.some((event) => event.agentId === '1004' && event.view?.state === 'NOT_READY'))
    expect(inspect(rig.logs)).toContain('cannot be read')
  })

  it('unsubscribes and leaves when it stops', async () => {
    await rig.adapter.stop()
    await rig.adapter.stop()
    expect(rig.adapter.health().status).toBe('down')
    expect(sim.journal.list({ operation: 'xmpp unsubscribe' }).length).toBeGreaterThanOrEqual(2)
    const before = sim.journal.list({}).length
    await new Promise((resolve) => setTimeout(resolve, 700))
    expect(sim.journal.list({}).length).toBe(before)
  })
})

describe('Finesse adapter without notifications', () => {
  it('polls, tells that it is degraded and why, and comes back', async () => {
    await simulator()
    const rig = await start({ authHoldMs: 300 })
    await up(rig)
    sim.faults.add({ kind: 'xmpp-refuse', operation: 'xmpp auth' })
    sim.simulator.event('xmpp-drop', {})
    await until('degraded', () => rig.adapter.health().detail?.includes('not-authorized') === true)
    expect(rig.adapter.health().status).toBe('degraded')
    expect(rig.links.map((link) => link.status)).toContain('down') // views were stale meanwhile
    sim.simulator.event('agent-login', { agentId: '1002' })
    const seen = (event: AgentEvent): boolean =>
      event.agentId === '1002' && event.view?.source === 'read' && event.view.state === 'NOT_READY'
    await until('seen by polling', () => rig.events.some(seen))
    expect((await run(rig, { kind: 'LOGIN' })).view).toMatchObject({ state: 'NOT_READY', source: 'read' })
    sim.faults.remove()
    await up(rig)
  })

  it('reconnects by itself after a cut and reads every known agent again', async () => {
    await simulator()
    const rig = await start()
    await up(rig)
    const before = rig.events.length
    const linksBefore = rig.links.length
    sim.simulator.event('xmpp-drop', {})
    await until('lost', () => rig.links.slice(linksBefore).some((link) => link.status === 'degraded'))
    await up(rig)
    const told = new Set(rig.events.slice(before).map((event) => event.agentId))
    expect([...told].sort()).toEqual(['1001', '1002', '1003', '1004', '1005', '1006'])
  })

  it('finds a connection that is open and silent', async () => {
    await simulator()
    const rig = await start()
    await up(rig)
    sim.simulator.event('xmpp-silence', {})
    await until('noticed', () => rig.links.some((link) => link.detail?.includes('silent') === true))
    await up(rig)
  })

  it('hears over WebSocket where Node has one, and says why not where it has none', async () => {
    await simulator()
    const at = sim.simulator.endpoints
    const rig = await start({ primary: { api: at['primary'], xmpp: at['primary-ws'] } })
    if ('WebSocket' in globalThis) {
      await up(rig)
      expect((await run(rig, { kind: 'LOGIN' })).view).toMatchObject({ state: 'NOT_READY', source: 'event' })
    } else {
      await until('told why', () => rig.adapter.health().detail?.includes('needs a Node release with a global WebSocket') === true)
      expect(rig.adapter.health().status).toBe('degraded')
    }
  })

  it('does not send the password over a connection without TLS unless told to', async () => {
    await simulator()
    const rig = await start({}, { allowPlaintext: false })
    await until('told why', () => rig.adapter.health().detail?.includes('offers no TLS') === true)
    expect(sim.journal.list({ operation: 'xmpp auth' })).toEqual([])
  })

  it('does not let a notification service that hangs hold up reads and commands', async () => {
    await simulator()
    sim.faults.add({ kind: 'hang', operation: 'xmpp auth' })
    const rig = await start()
    await until('signing in', () => sim.journal.list({ operation: 'xmpp auth' }).length > 0)
    const began = Date.now()
    expect((await run(rig, { kind: 'LOGIN' })).view?.state).toBe('NOT_READY')
    expect(Date.now() - began).toBeLessThan(2000)
    const stopping = Date.now()
    await rig.adapter.stop()
    expect(Date.now() - stopping).toBeLessThan(3000)
    const sockets = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length
    await until('no socket left', () => sockets() === 0, 1000)
  })

  it('works with polling only when notifications are switched off', async () => {
    await simulator()
    const rig = await start({}, { enabled: false })
    await until('degraded', () => rig.adapter.health().status === 'degraded')
    expect((await run(rig, { kind: 'LOGIN' })).view).toMatchObject({ state: 'NOT_READY', source: 'read' })
    expect(sim.journal.list({ operation: 'xmpp auth' })).toEqual([])
  })
})

describe('Finesse adapter and the pair of nodes', () => {
  it.each(['side-down', 'side-standby'])('goes to the secondary after %s of the primary, and stays there', async (event) => {
    await simulator()
    const rig = await start()
    await up(rig)
    await run(rig, { kind: 'LOGIN' })
    sim.simulator.event(event, { side: 'primary' })
    await until('secondary', () => rig.links.at(-1)?.side === 'secondary' && rig.adapter.health().status === 'up')
    expect((await run(rig, { kind: 'READY' })).view).toMatchObject({ state: 'READY', source: 'event' })
    expect(writes()).toEqual(['LOGIN applied', 'READY applied'])
    sim.simulator.event(event === 'side-down' ? 'side-up' : 'side-in-service', { side: 'primary' })
    await new Promise((resolve) => setTimeout(resolve, 700))
    expect(rig.links.at(-1)?.side).toBe('secondary')
  })

  it('tells down while both are out of service, fails sends as unavailable without effect, and comes back', async () => {
    await simulator()
    const rig = await start()
    await up(rig)
    const view = await rig.adapter.read('1001', { signal: signal() })
    sim.simulator.event('cti-lost', {})
    await until('down', () => rig.adapter.health().status === 'down')
    const [step] = rig.adapter.plan({ kind: 'LOGIN' }, '1001', view).steps
    await expect(rig.adapter.send(step as Step, { agentId: '1001', signal: signal() })).rejects.toMatchObject({
      code: 'VENDOR_UNAVAILABLE',
      effect: 'none',
      retry: 'park',
    })
    sim.simulator.event('cti-back', {})
    await up(rig)
    expect((await run(rig, { kind: 'LOGIN' })).view?.state).toBe('NOT_READY')
  })
})

describe('Finesse adapter and credentials', () => {
  it('acts as the supervisor for agents without an account: READY, NOT_READY and LOGOUT', async () => {
    await simulator({ loggedIn: '3' })
    const rig = await start()
    await up(rig)
    expect((await run(rig, { kind: 'READY' }, '1002')).view).toMatchObject({ state: 'READY' })
    expect((await run(rig, { kind: 'NOT_READY' }, '1002')).view).toMatchObject({ state: 'NOT_READY' })
    expect((await run(rig, { kind: 'LOGOUT' }, '1002')).view).toMatchObject({ state: 'LOGGED_OUT' })
  })

  it('signs in with credentials of the command, by password or by token', async () => {
    await simulator()
    const rig = await start()
    await up(rig)
    for (const [agentId, credentials] of [
      ['1002', { username: 'agent1002', password: 'secret-1002' }],
      ['1003', { token: 'token-1003' }],
    ] as const) {
      const view = await rig.adapter.read(agentId, { signal: signal() })
      const station = agentId === '1002' ? '2002' : '2003'
      const [step] = rig.adapter.plan({ kind: 'LOGIN', hasSecret: true, station }, agentId, view).steps
      await rig.adapter.send(step as Step, { agentId, credentials, signal: signal() })
      await until(`login of ${agentId}`, () => rig.events.some((event) => event.agentId === agentId && event.view?.state === 'NOT_READY'))
    }
  })

  it('works with a bearer token as the supervisor', async () => {
    await simulator({ authMode: 'SSO', loggedIn: '1' })
    const rig = await start({ supervisor: { id: '900', token: 'token-900' }, accounts: {} }, {})
    await up(rig)
    expect((await run(rig, { kind: 'READY' })).view?.state).toBe('READY')
  })

  it('stops asking after three refusals of its own password, so that the account is not locked', async () => {
    await simulator()
    const rig = await start({ supervisor: { id: '900', password: 'wrong' }, systemInfoMs: 200 })
    const failures: CtiError[] = []
    for (let attempt = 0; attempt < 8; attempt += 1) {
      await rig.adapter.read('1001', { signal: signal() }).catch((error: unknown) => failures.push(error as CtiError))
    }
    expect(failures.map((failure) => failure.code)).toEqual(Array(8).fill('VENDOR_AUTH'))
    const refused = sim.journal.list({}).filter((entry) => entry.effect === 'refused')
    expect(refused.length).toBeLessThan(5)
  })

  it('shows no secret in events, links, logs, health, descriptions or errors', async () => {
    await simulator()
    const canary = 'CANARY-7f3a'
    const rig = await start({
      supervisor: { id: '900', password: canary },
      accounts: { '1001': { password: `${canary}-agent`, extension: '2001' } },
    })
    const errors: unknown[] = []
    const [step] = rig.adapter.plan({ kind: 'LOGIN' }, '1001', { ...unknownView('1001', 0), state: 'LOGGED_OUT' }).steps
    const described = rig.adapter.describe(step as Step, '1001')
    await rig.adapter.send(step as Step, { agentId: '1001', signal: signal() }).catch((error: unknown) => errors.push(error))
    await rig.adapter.read('1001', { signal: signal() }).catch((error: unknown) => errors.push(error))
    sim.simulator.event('side-down', { side: 'primary' })
    await rig.adapter.send(step as Step, { agentId: '1001', signal: signal() }).catch((error: unknown) => errors.push(error))
    await until('told', () => rig.links.length > 1)
    const everything = inspect([errors, described, rig.events, rig.links, rig.logs, rig.adapter.health()], { depth: 20, showHidden: true })
    expect(errors.length).toBe(3)
    for (const secret of [
      canary,
      Buffer.from(`900:${canary}`).toString('base64'),
      Buffer.from(`1001:${canary}-agent`).toString('base64'),
    ]) {
      expect(everything).not.toContain(secret)
    }
  })

  it('honours the signal of a hanging request within 50 ms', async () => {
    await simulator()
    const rig = await start()
    await up(rig)
    const view = await rig.adapter.read('1001', { signal: signal() })
    const [step] = rig.adapter.plan({ kind: 'LOGIN' }, '1001', view).steps
    sim.faults.add({ kind: 'hang', operation: 'PUT /User/{id}', times: 1 })
    const controller = new AbortController()
    const sending = rig.adapter.send(step as Step, { agentId: '1001', signal: controller.signal })
    await new Promise((resolve) => setTimeout(resolve, 100))
    const aborted = Date.now()
    controller.abort()
    await expect(sending).rejects.toMatchObject({ code: 'VENDOR_TIMEOUT', effect: 'unknown' })
    expect(Date.now() - aborted).toBeLessThan(50)
  })
})
