import { afterEach, expect, it } from 'vitest'
import { ADAPTERS } from '../../src/adapters/index.js'
import type { Config } from '../../src/config.js'
import type { Adapter } from '../../src/core/adapter.js'
import { systemClock } from '../../src/core/clock.js'
import { unknownView, type AgentView } from '../../src/core/model/agent-state.js'
import { ciscoCtiPlatform, ciscoFinessePlatform, cxonePlatform, expertflowId, expertflowPlatform } from '../../src/sandbox/platforms.js'
import { SIMULATORS } from '../../src/simulators/index.js'
import { runSimulator, type RunningSimulator } from '../../src/simulators/kit/run.js'
import { silentLogger } from '../support/storm.js'

/** What a process without the platform's link uses of its adapter: all of it must work without a start. */
type Endpoints = Readonly<Record<string, string>>
const open: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.stop()
})

async function unstarted(
  kind: string,
  options: Record<string, string>,
  platform: (endpoints: Endpoints) => Config['platforms'][number],
): Promise<{ adapter: Adapter; sim: RunningSimulator }> {
  const sim = await runSimulator(await (SIMULATORS[kind] as NonNullable<(typeof SIMULATORS)[string]>)(), { options })
  open.push(sim)
  const definition = await (ADAPTERS[kind] as NonNullable<(typeof ADAPTERS)[string]>)()
  const settings = definition.options.parse(platform(sim.simulator.endpoints).options)
  const adapter = definition.create({ platform: kind, log: silentLogger, clock: systemClock, options: settings })
  open.push(adapter)
  return { adapter, sim }
}

const KINDS = [
  { kind: 'cisco-cti', agentId: '1001', platform: (endpoints: Endpoints) => ciscoCtiPlatform(endpoints) },
  { kind: 'cisco-finesse', agentId: '1001', platform: (endpoints: Endpoints) => ciscoFinessePlatform(endpoints, 5) },
  { kind: 'cxone', agentId: '1001', platform: (endpoints: Endpoints) => cxonePlatform(endpoints) },
  { kind: 'expertflow', agentId: expertflowId(1), platform: (endpoints: Endpoints) => expertflowPlatform(endpoints, 5) },
]

it.each(KINDS)('$kind tells reasons, plans and describes without a link', async ({ kind, agentId, platform }) => {
  const { adapter } = await unstarted(kind, { agents: '5' }, platform)
  const signal = AbortSignal.timeout(10_000)
  const reasons = await adapter.reasons({ signal, agentId })
  expect(reasons.length).toBeGreaterThan(0)
  const reason = reasons.find(({ type, system }) => type === 'NOT_READY' && !system)
  const view: AgentView = {
    ...unknownView(agentId, 0),
    state: 'READY',
    stale: false,
    source: 'event',
    vendor: { session: 'held', desk: 'up' },
  }
  const action = { kind: 'NOT_READY' as const, ...(reason !== undefined && { reason }) }
  const { steps } = adapter.plan(action, agentId, view)
  expect(steps.length).toBeGreaterThan(0)
  for (const step of steps) expect(adapter.describe(step, agentId).target).not.toBe('')
})

it('refusals of CXone come without a link', async () => {
  const { adapter } = await unstarted('cxone', { agents: '5', refusalRows: '3' }, (endpoints) => cxonePlatform(endpoints))
  const now = Date.now()
  let rows = 0
  const query = { from: now - 86_400_000, to: now, signal: AbortSignal.timeout(20_000) }
  for await (const row of adapter.refusals?.(query) ?? []) rows += row.occurrences
  expect(rows).toBeGreaterThan(0)
}, 30_000)

it('a Finesse adapter that only sends finds the other node, and never listens', async () => {
  const { adapter, sim } = await unstarted('cisco-finesse', { agents: '5' }, (endpoints) => ciscoFinessePlatform(endpoints, 5))
  const read = (): Promise<AgentView> => adapter.read('1001', { signal: AbortSignal.timeout(5_000) })
  const login = async (): Promise<void> => {
    const [step] = adapter.plan({ kind: 'LOGIN', station: '2001' }, '1001', await read()).steps
    if (step !== undefined) await adapter.send(step, { agentId: '1001', signal: AbortSignal.timeout(5_000) })
  }
  await login()
  expect((await read()).state).not.toBe('UNKNOWN')
  sim.simulator.event('side-down', { side: 'primary' })
  const view = await read().catch(() => undefined)
  const ready = async (): Promise<unknown> => {
    const [step] = adapter.plan({ kind: 'READY' }, '1001', view ?? { ...unknownView('1001', 0), state: 'NOT_READY', stale: false }).steps
    return step && adapter.send(step, { agentId: '1001', signal: AbortSignal.timeout(5_000) })
  }
  await expect
    .poll(
      () =>
        ready().then(
          () => 'sent',
          () => 'failed',
        ),
      { timeout: 10_000, interval: 200 },
    )
    .toBe('sent')
  await expect.poll(async () => (await read()).state, { timeout: 10_000 }).toBe('READY')
  // Long enough for a session to be opened by one who listens.
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  expect(sim.journal.list().map(({ operation }) => operation)).not.toContainEqual(expect.stringMatching(/^xmpp/))
})
