import { expect, it } from 'vitest'
import { createExpertflow } from '../../src/adapters/expertflow/adapter.js'
import { expertflowCommandOptions, expertflowOptions } from '../../src/adapters/expertflow/options.js'
import { systemClock } from '../../src/core/clock.js'
import { createCore } from '../../src/core/core.js'
import { isFinal, type ActionKind, type Command } from '../../src/core/model/command.js'
import { platformOf, type Platforms } from '../../src/core/platforms.js'
import { createPresence } from '../../src/core/agents/presence.js'
import { expertflowSimulator } from '../../src/simulators/expertflow/index.js'
import { mulberry32 } from '../../src/simulators/kit/faults.js'
import { runSimulator } from '../../src/simulators/kit/run.js'
import { agent, credentialsOf, SUPERVISOR } from '../support/expertflow.js'
import { createMemoryEngine } from '../support/memory-engine.js'
import { silentLogger } from '../support/storm.js'

const AGENTS = 30
const EACH = 6
const KINDS: readonly ActionKind[] = ['LOGIN', 'READY', 'NOT_READY', 'LOGOUT']
/** The vendor's word that shows a confirmed command. */
const SHOWN: Readonly<Record<ActionKind, readonly string[]>> = {
  LOGIN: ['NOT_READY', 'READY'],
  READY: ['READY'],
  NOT_READY: ['NOT_READY'],
  LOGOUT: ['LOGOUT'],
}
const FAULTS = [
  { kind: 'drop-before-effect', operation: 'changeAgentState' },
  { kind: 'drop-after-effect', operation: 'changeAgentState' },
  { kind: 'no-event', operation: 'changeAgentState' },
  { kind: 'duplicate-event', operation: 'changeAgentState' },
  { kind: 'late-old-event', operation: 'changeAgentState', delayMs: 30 },
  { kind: 'delayed-event', operation: 'changeAgentState', delayMs: 80 },
  { kind: 'errors-event', operation: 'changeAgentState' },
  { kind: 'errors-after-effect', operation: 'changeAgentState' },
  { kind: 'disconnect-socket', operation: 'changeAgentState' },
  { kind: 'disconnect-socket', operation: 'socket connect' },
  { kind: 'drop-before-effect', operation: 'login' },
  { kind: 'http-status', operation: 'GET*', status: 503 },
  { kind: 'expired-token', operation: 'GET*' },
]

it(`${AGENTS} agents × ${EACH} random commands, the vendor failing in all its ways: what was confirmed is true at the vendor`, async () => {
  const sim = await runSimulator(expertflowSimulator, { seed: 7, options: { agents: String(AGENTS), disconnectMs: '60000' } })
  for (const fault of FAULTS) sim.faults.add({ ...fault, probability: 0.04 })
  const options = expertflowOptions.parse({
    baseUrl: (sim.simulator.endpoints['agent-manager'] as string).replace('/agent-manager', ''),
    supervisor: SUPERVISOR,
    soleDesk: true,
    accounts: Object.fromEntries(Array.from({ length: AGENTS }, (_none, at) => [agent(at + 1), credentialsOf(at + 1)])),
    pollMs: 300,
    commandMs: 1500,
    reconnect: { baseMs: 20, capMs: 200 },
  })
  const adapter = createExpertflow({ platform: 'ef', log: silentLogger, clock: systemClock, options }, Math.random)
  const presence = createPresence()
  const platform = platformOf('ef', adapter, expertflowCommandOptions, systemClock, 3000)
  const platforms: Platforms = {
    get: (id) => (id === 'ef' ? platform : undefined),
    all: () => [platform],
    start: () => adapter.start({ agent: (event) => presence.event('ef', event), link: (event) => presence.link('ef', event) }),
    stop: () => adapter.stop(),
  }
  const core = createCore({
    engine: createMemoryEngine(),
    platforms,
    presence,
    clock: systemClock,
    logger: silentLogger,
    settings: { retry: { baseMs: 20, factor: 2, capMs: 300, maxAttempts: 15 }, sweepMs: 300, leaseMs: 3000 },
  })
  await platforms.start()
  await core.start()

  const random = mulberry32(11)
  const accepted = new Map<string, Command[]>()
  await Promise.all(
    Array.from({ length: AGENTS }, async (_none, at) => {
      const agentId = agent(at + 1)
      const mine: Command[] = []
      accepted.set(agentId, mine)
      for (let each = 0; each < EACH; each += 1) {
        const action = each === 0 ? 'LOGIN' : (KINDS[Math.floor(random() * 4)] as ActionKind)
        const force = action === 'LOGOUT' && random() < 0.5
        const result = await core.commands
          .submit(
            { platform: 'ef', agentId, request: { action, ...(force && { force }) }, origin: { principal: 'storm', requestId: 'r' } },
            0,
          )
          .catch(() => undefined) // refused at once, behind a forced logout
        if (result?.kind === 'command') mine.push(result.command)
        await systemClock.sleep(10 + random() * 150)
      }
    }),
  )

  const commands = async (): Promise<Command[]> => Promise.all([...accepted.values()].flat().map(({ id }) => core.commands.get(id)))
  const deadline = Date.now() + 40_000
  while ((await commands()).some((command) => !isFinal(command.status)) && Date.now() < deadline) await systemClock.sleep(100)
  const final = await commands()
  await core.stop(2000)
  await platforms.stop(1000)

  const statuses: Record<string, number> = {}
  for (const command of final) statuses[command.status] = (statuses[command.status] ?? 0) + 1
  const states = new Map(sim.simulator.agents().map((each) => [each['id'] as string, each['state'] as string]))
  await sim.stop()
  const wrong: string[] = []
  for (const agentId of accepted.keys()) {
    const last = final
      .filter((command) => command.agentId === agentId && command.status !== 'superseded')
      .sort((a, b) => a.seq - b.seq)
      .at(-1)
    const state = states.get(agentId) ?? ''
    if (last?.status === 'confirmed' && !SHOWN[last.action.kind].includes(state))
      wrong.push(`${agentId}: ${last.action.kind} confirmed, ${state}`)
    if (last?.status === 'rejected' && last.problem?.code !== 'NOT_LOGGED_IN')
      wrong.push(`${agentId}: ${last.action.kind} ${last.problem?.code ?? ''}`)
  }
  expect({ wrong, open: final.filter((command) => !isFinal(command.status)), statuses }).toMatchObject({ wrong: [], open: [] })
  expect(statuses['confirmed'] ?? 0).toBeGreaterThan(AGENTS)
  expect(Object.keys(statuses).filter((status) => !['confirmed', 'superseded', 'rejected', 'unconfirmed'].includes(status))).toEqual([])
}, 90_000)
