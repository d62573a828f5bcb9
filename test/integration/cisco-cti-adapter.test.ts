import { afterEach, describe, expect, it } from 'vitest'
import { mergeReasons } from '../../src/adapters/_shared/cisco-reasons.js'
import type { CiscoCtiOptions } from '../../src/adapters/cisco-cti/options.js'
import type { Adapter } from '../../src/core/adapter.js'
import { ciscoCtiSimulator } from '../../src/simulators/cisco-cti/index.js'
import { runSimulator, type RunningSimulator } from '../../src/simulators/kit/run.js'
import { ciscoAdapter } from '../support/cisco-cti.js'
import { drive, until, type Driver } from '../support/drive.js'

const SITE = [
  { code: 7, name: 'Lunch', type: 'NOT_READY' },
  { code: 8, name: 'Break', type: 'NOT_READY' },
  { code: 101, name: 'End of shift', type: 'LOGOUT' },
] as const
const reasonOf = (id: string) => mergeReasons('CCE', SITE).find((reason) => reason.id === id)!
const LUNCH = reasonOf('NOT_READY:7')
const BREAK = reasonOf('NOT_READY:8')
const SHIFT = reasonOf('LOGOUT:101')
const LOGIN = { kind: 'LOGIN', station: '2001', hasSecret: true } as const
const PASSWORD = { password: 'secret-1001' }
const FORCE = { kind: 'LOGOUT', force: true } as const
const AGENT = '1001'

interface World {
  readonly sim: RunningSimulator
  readonly adapter: Adapter
  readonly core: Driver
}
const open: { stop(): Promise<void> }[] = []

async function world(simOptions: Record<string, string> = {}, settings: Partial<CiscoCtiOptions> = {}): Promise<World> {
  const sim = await runSimulator(ciscoCtiSimulator, { options: simOptions })
  open.push(sim)
  const ports = ['side-a', 'side-b'].map((name) => Number(new URL(sim.simulator.endpoints[name]!).port))
  const adapter = ciscoAdapter(ports, { reasons: [...SITE], ...settings })
  open.unshift(adapter)
  const core = await drive(adapter)
  await core.up()
  return { sim, adapter, core }
}

/** What the vendor did for the agent: effects of state requests, in order. */
const effects = (sim: RunningSimulator): string[] =>
  sim.journal.list({ agentId: AGENT, operation: 'SET_AGENT_STATE_REQ' }).map((entry) => `${entry.asked} ${entry.effect}`)
const vendorState = (sim: RunningSimulator): unknown => sim.simulator.agents().find((agent) => agent['agentId'] === AGENT)
const fault = (sim: RunningSimulator, kind: string, more: { times?: number; delayMs?: number; body?: string } = {}): void =>
  void sim.faults.add({ kind, operation: 'SET_AGENT_STATE_REQ', times: 1, ...more })

afterEach(async () => {
  for (const thing of open.splice(0)) await thing.stop()
})

describe('a day of one agent', () => {
  it('logs in, goes ready, not ready with a reason, and out with a reason', async () => {
    const { sim, core } = await world()
    expect(await core.run(AGENT, LOGIN, PASSWORD)).toMatchObject({ kind: 'confirmed', by: 'event' })
    expect(core.presence.get('test', AGENT)).toMatchObject({ state: 'NOT_READY', vendor: { instrument: '2001' } })
    expect(await core.run(AGENT, { kind: 'READY' })).toMatchObject({ kind: 'confirmed', by: 'event' })
    expect(await core.run(AGENT, { kind: 'NOT_READY', reason: LUNCH })).toMatchObject({ kind: 'confirmed', by: 'event' })
    expect(core.presence.get('test', AGENT)).toMatchObject({ state: 'NOT_READY', reason: { id: 'NOT_READY:7', name: 'Lunch' } })
    expect(await core.run(AGENT, { kind: 'NOT_READY', reason: BREAK })).toMatchObject({ kind: 'confirmed', by: 'event' })
    expect(await core.run(AGENT, { kind: 'NOT_READY', reason: BREAK })).toMatchObject({ kind: 'unchanged' })
    expect(await core.run(AGENT, { kind: 'LOGOUT', reason: SHIFT })).toMatchObject({ kind: 'confirmed', by: 'event', sent: ['logout'] })
    expect(core.presence.get('test', AGENT)).toMatchObject({ state: 'LOGGED_OUT', reason: { id: 'LOGOUT:101' } })
    expect(vendorState(sim)).toMatchObject({ state: 'LOGOUT', reason: 101 })
    expect(effects(sim).every((effect) => effect.endsWith(' applied'))).toBe(true)
  })

  it('logs a READY agent out by way of NOT_READY', async () => {
    const { sim, core } = await world({ loggedIn: '1' })
    await core.run(AGENT, { kind: 'READY' })
    expect(await core.run(AGENT, { kind: 'LOGOUT', reason: SHIFT })).toMatchObject({ kind: 'confirmed', sent: ['set-not-ready', 'logout'] })
    expect(effects(sim)).toEqual(['READY applied', 'NOT_READY applied', 'LOGOUT applied'])
  })

  it.each(['call-by-call', 'nailed-up'])('logs a mobile agent in, %s', async (mobileMode) => {
    const { core } = await world()
    const action = { ...LOGIN, options: { mobileMode, mobileNumber: '+4930123456' } }
    expect(await core.run(AGENT, action, PASSWORD)).toMatchObject({ kind: 'confirmed' })
  })
})

describe('forced logout', () => {
  it('of an idle agent carries 999', async () => {
    const { sim, core } = await world({ loggedIn: '1' })
    await core.run(AGENT, { kind: 'READY' })
    expect(await core.run(AGENT, FORCE)).toMatchObject({ kind: 'confirmed', by: 'event', sent: ['set-not-ready', 'logout'] })
    expect(vendorState(sim)).toMatchObject({ state: 'LOGOUT', reason: 999 })
    expect(core.presence.get('test', AGENT)).toMatchObject({ cause: 'supervisor', reason: { key: 'SUPERVISOR.FORCED_LOGOUT' } })
  })

  it.each(['yes', 'no'])('of an agent on a call is pending (announced: %s), and done when the call has ended', async (announcePending) => {
    const { sim, core } = await world({ loggedIn: '1', announcePending })
    await core.run(AGENT, { kind: 'READY' })
    sim.simulator.event('call-start', { agentId: AGENT })
    expect(await core.run(AGENT, FORCE)).toMatchObject({ kind: 'pending', sent: ['set-not-ready'] })
    expect(core.presence.get('test', AGENT)).toMatchObject({ state: 'BUSY', pendingState: 'NOT_READY' })
    sim.simulator.event('call-end', { agentId: AGENT })
    await until(() => core.presence.get('test', AGENT)?.state === 'NOT_READY', 'NOT_READY after the call')
    expect(await core.run(AGENT, FORCE)).toMatchObject({ kind: 'confirmed', sent: ['logout'] })
    expect(vendorState(sim)).toMatchObject({ state: 'LOGOUT', reason: 999 })
  })

  it('of an agent who is out already sends nothing', async () => {
    const { sim, core } = await world()
    expect(await core.run(AGENT, FORCE)).toMatchObject({ kind: 'unchanged', sent: [] })
    expect(effects(sim)).toEqual([])
  })

  it('takes 10101 for done', async () => {
    const { sim, core } = await world({ loggedIn: '1' })
    fault(sim, 'control-failure', { body: '22/10101' })
    const running = core.run(AGENT, FORCE)
    await until(() => effects(sim).length > 0, 'the request is out')
    sim.simulator.event('agent-logout', { agentId: AGENT })
    expect(await running).toMatchObject({ kind: 'confirmed' })
  })

  it('falls back to ForcedFlag 1 where the site allows it, after 10112', async () => {
    const { sim, core } = await world({ loggedIn: '1' }, { useForcedFlag: true })
    fault(sim, 'control-failure', { body: '22/10112' })
    expect(await core.run(AGENT, FORCE)).toMatchObject({ kind: 'confirmed', sent: ['logout', 'force-logout'] })
    expect(vendorState(sim)).toMatchObject({ state: 'LOGOUT', reason: 999 })
  })

  it('says INVALID_TRANSITION after 10112 where the site does not', async () => {
    const { sim, core } = await world({ loggedIn: '1' })
    fault(sim, 'control-failure', { body: '22/10112' })
    const outcome = await core.run(AGENT, FORCE)
    expect(outcome).toMatchObject({ kind: 'rejected', error: { code: 'INVALID_TRANSITION' } })
    expect(outcome.error?.fault).toMatchObject({ system: 'cti-server', code: 'CF 22, PERERR 10112' })
    expect(outcome.error?.fault?.name).toContain('CANTLOGOUTFROMCURRENTSTATE')
  })
})

describe('answers and events', () => {
  it.each([
    ['event-before-conf', {}, 'event'],
    ['no-conf', {}, 'event'],
    ['late-conf', { delayMs: 300 }, 'event'],
    ['late-event', { delayMs: 300 }, undefined],
    ['late-effect', { delayMs: 300 }, 'event'],
    ['no-event', {}, 'read'],
    ['duplicate-conf', {}, 'event'],
    ['duplicate-event', {}, 'event'],
    ['unknown-tag', {}, 'event'],
    ['split', {}, 'event'],
    ['slow', { delayMs: 300 }, 'event'],
    ['garbage', {}, 'event'],
  ] as const)('%s: confirmed', async (kind, more, by) => {
    const { sim, core } = await world({ loggedIn: '1' })
    fault(sim, kind, more)
    const outcome = await core.run(AGENT, { kind: 'READY' })
    expect(outcome).toMatchObject({ kind: 'confirmed', ...(by !== undefined && { by }) })
    expect(effects(sim).filter((effect) => effect === 'READY applied')).toHaveLength(1)
  })

  it('a confirmation without effect is not believed', async () => {
    const { sim, core } = await world({ loggedIn: '1' })
    fault(sim, 'accept-then-nothing')
    expect(await core.run(AGENT, { kind: 'READY' })).toMatchObject({ kind: 'unconfirmed' })
  })

  it('a failure after the confirmation is this request’s refusal', async () => {
    const { sim, core } = await world({ loggedIn: '1' })
    fault(sim, 'late-failure', { body: '22/10111' })
    expect(await core.run(AGENT, { kind: 'READY' })).toMatchObject({ kind: 'rejected', error: { code: 'INVALID_TRANSITION' } })
  })

  it.each([
    ['failure-conf-short', '9', 'NOT_LOGGED_IN'],
    ['failure-conf-long', '9', 'NOT_LOGGED_IN'],
    ['control-failure', '281', 'REASON_REQUIRED'],
    ['control-failure', '266', 'REASON_INVALID'],
    ['control-failure', '8', 'VENDOR_FORBIDDEN'],
    ['control-failure', '4711', 'VENDOR_REJECTED'],
  ])('%s %s is %s', async (kind, body, code) => {
    const { sim, core } = await world({ loggedIn: '1' })
    fault(sim, kind, { body })
    expect(await core.run(AGENT, { kind: 'READY' })).toMatchObject({ kind: 'rejected', error: { code, fault: { system: 'cti-server' } } })
  })

  it('a request whose answer is lost with the connection is looked at before it is sent again', async () => {
    const { sim, core } = await world({ loggedIn: '1' })
    fault(sim, 'drop-after')
    expect(await core.run(AGENT, { kind: 'READY' })).toMatchObject({ kind: 'confirmed', by: 'read' })
    expect(effects(sim)).toEqual(['READY applied'])
  })

  it('refuses credentials, devices, unknown agents and missing data with the right codes', async () => {
    const { core } = await world({ loggedIn: '2' })
    expect(await core.run('1003', { ...LOGIN, station: '2003' }, { password: 'wrong' })).toMatchObject({
      error: { code: 'CREDENTIALS_INVALID' },
    })
    expect(await core.run('1003', { ...LOGIN, station: '9999' }, { password: 'secret-1003' })).toMatchObject({
      error: { code: 'DEVICE_INVALID' },
    })
    expect(await core.run('1003', { ...LOGIN, station: '2002' }, { password: 'secret-1003' })).toMatchObject({
      error: { code: 'DEVICE_IN_USE' },
    })
    expect(await core.run('4444', FORCE)).toMatchObject({ error: { code: 'AGENT_NOT_FOUND' } })
    expect(await core.run('1003', { kind: 'READY' })).toMatchObject({ error: { code: 'NOT_LOGGED_IN' } })
    expect(await core.run('1003', { kind: 'LOGIN', station: '2003' })).toMatchObject({ error: { code: 'CREDENTIALS_REQUIRED' } })
    expect(await core.run(AGENT, { kind: 'LOGIN', station: '2007', hasSecret: true })).toMatchObject({
      error: { code: 'ALREADY_LOGGED_IN' },
    })
    expect(await core.run(AGENT, { kind: 'LOGOUT', reason: reasonOf('LOGOUT:50002') })).toMatchObject({ error: { code: 'REASON_INVALID' } })
  })

  it('hears what happens at the vendor, with reason and cause, and nothing of other media', async () => {
    const { sim, core } = await world({ loggedIn: '1' })
    const view = () => core.presence.get('test', AGENT)
    sim.simulator.event('agent-state', { agentId: AGENT, state: 'AVAILABLE' })
    await until(() => view()?.state === 'READY', 'READY')
    sim.simulator.event('non-voice-state', { agentId: AGENT })
    sim.simulator.event('call-offer', { agentId: AGENT })
    await until(() => view()?.state === 'RESERVED', 'RESERVED')
    sim.simulator.event('rona', { agentId: AGENT })
    await until(() => view()?.reason?.code === 32767, 'RONA')
    expect(view()).toMatchObject({ state: 'NOT_READY', cause: 'system', reason: { key: 'SYSTEM.NO_ANSWER' }, source: 'event' })
    sim.simulator.event('inactivity', { agentId: AGENT })
    await until(() => view()?.state === 'LOGGED_OUT', 'out')
    expect(view()).toMatchObject({ cause: 'inactivity', reason: { code: 50004 } })
  })
})

describe('the pair', () => {
  it.each([13, 15, 18, 19, 20, 23, 24, 25])('finds version %i by asking downwards', async (newest) => {
    const { core } = await world(
      { newestVersion: String(newest), oldestVersion: '13', loggedIn: '1' },
      { versions: [25, 24, 23, 20, 19, 18, 15, 13] },
    )
    expect(await core.run(AGENT, { kind: 'READY' })).toMatchObject({ kind: 'confirmed', by: 'event' })
  })

  it.each([15, 92, 107])('goes to the other side when the first one is standby (%i)', async (standbyStatus) => {
    const { sim, core } = await world({ loggedIn: '1', standbyStatus: String(standbyStatus) })
    sim.simulator.event('failover', {})
    await until(() => core.links.at(-1)?.status === 'up' && core.links.at(-1)?.side === 'B', 'up on side B')
    expect(await core.run(AGENT, { kind: 'READY' })).toMatchObject({ kind: 'confirmed' })
  })

  it('side A killed in mid-command: it ends right on side B, with one effect', async () => {
    const { sim, core, adapter } = await world({ loggedIn: '1' })
    fault(sim, 'late-conf', { delayMs: 1_500 })
    sim.faults.add({ kind: 'no-event', operation: 'SET_AGENT_STATE_REQ' })
    const running = core.run(AGENT, { kind: 'READY' })
    await until(() => effects(sim).length > 0, 'the request is out')
    sim.simulator.event('side-down', { side: 'A' })
    expect(await running).toMatchObject({ kind: 'confirmed', by: 'read' })
    expect(effects(sim)).toEqual(['READY applied'])
    expect(adapter.health().status).toBe('up')
  })

  it('a half-open connection is found by heart-beats, and views are stale until asked again', async () => {
    const { sim, core } = await world({ loggedIn: '1' })
    await core.run(AGENT, { kind: 'READY' })
    sim.simulator.event('half-open', { side: 'A' })
    await until(() => core.links.some((link) => link.status === 'down'), 'down')
    expect(core.presence.get('test', AGENT)).toMatchObject({ stale: true })
    sim.simulator.event('failover', {})
    await core.up()
    await until(() => core.presence.get('test', AGENT)?.stale === false, 'asked again')
    expect(core.presence.get('test', AGENT)).toMatchObject({ state: 'READY', source: 'read' })
  })

  it('both sides down: VENDOR_UNAVAILABLE without effect, and in service again when one returns', async () => {
    const { sim, core, adapter } = await world({ loggedIn: '1' })
    sim.simulator.event('side-down', { side: 'A' })
    sim.simulator.event('side-down', { side: 'B' })
    await until(() => adapter.health().status !== 'up', 'down')
    await expect(adapter.read(AGENT, { signal: AbortSignal.timeout(500) })).rejects.toMatchObject({
      code: 'VENDOR_UNAVAILABLE',
      effect: 'none',
    })
    sim.simulator.event('side-up', { side: 'B' })
    await core.up()
    expect(await core.run(AGENT, FORCE)).toMatchObject({ kind: 'confirmed' })
  })

  it('an absurd frame length resets the connection, and the session comes back', async () => {
    const { sim, core } = await world({ loggedIn: '1' })
    fault(sim, 'absurd-length')
    expect(await core.run(AGENT, { kind: 'READY' })).toMatchObject({ kind: 'confirmed' })
    expect(effects(sim)).toEqual(['READY applied'])
  })

  it('its peripheral going offline makes every agent unknown, coming back asks them again', async () => {
    const { sim, core, adapter } = await world({ loggedIn: '1' })
    await core.run(AGENT, { kind: 'READY' })
    sim.simulator.event('peripheral-offline', {})
    await until(() => core.presence.get('test', AGENT)?.state === 'UNKNOWN', 'unknown')
    expect(adapter.health().status).toBe('degraded')
    sim.simulator.event('peripheral-online', {})
    await until(() => core.presence.get('test', AGENT)?.state === 'READY', 'READY again')
    expect(adapter.health().status).toBe('up')
  })

  it('is read-only when no control was granted', async () => {
    const sim = await runSimulator(ciscoCtiSimulator, { options: { loggedIn: '1' } })
    open.push(sim)
    sim.faults.add({ kind: 'read-only-grant', operation: 'OPEN_REQ' })
    const adapter = ciscoAdapter([Number(new URL(sim.simulator.endpoints['side-a']!).port)])
    open.unshift(adapter)
    const core = await drive(adapter)
    await until(() => adapter.health().status === 'degraded', 'open, read-only')
    expect(await core.run(AGENT, { kind: 'READY' })).toMatchObject({ kind: 'rejected', error: { code: 'VENDOR_FORBIDDEN' } })
    expect(effects(sim)).toEqual([])
  })

  it('asks about ten thousand agents after a reconnect, within the limit, and a command does not wait for them', async () => {
    const agents = Array.from({ length: 10_000 }, (_, index) => String(1001 + index))
    const { sim, core, adapter } = await world({ agents: '10000', loggedIn: '10000', maxOutstanding: '40' }, { agents, maxOutstanding: 40 })
    const queries = (): number => sim.journal.list({ operation: 'QUERY_AGENT_STATE_REQ' }).length
    const started = performance.now()
    expect(await core.run('1500', { kind: 'READY' })).toMatchObject({ kind: 'confirmed' })
    expect(performance.now() - started).toBeLessThan(1_000)
    await until(() => queries() > 10_000, 'all asked', 30_000)
    await until(() => core.presence.list('test').length >= 10_000, 'all known', 30_000)
    sim.simulator.event('drop-connections', { side: 'A' })
    await until(() => core.links.at(-1)?.status === 'up', 'open again')
    const again = performance.now()
    expect(await core.run('1501', { kind: 'READY' })).toMatchObject({ kind: 'confirmed' })
    expect(performance.now() - again).toBeLessThan(1_000)
    expect((await adapter.list!({ signal: AbortSignal.timeout(100) })).length).toBe(10_000)
  }, 60_000)

  it('stops with a close handshake, at once, and leaves nothing', async () => {
    const { sim, adapter } = await world()
    const started = performance.now()
    await adapter.stop()
    await adapter.stop()
    expect(performance.now() - started).toBeLessThan(400)
    expect(sim.journal.list({ operation: 'CLOSE_REQ' })).toHaveLength(1)
    expect(adapter.health().status).toBe('down')
  })
})
