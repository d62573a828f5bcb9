import type { Adapter, AdapterDefinition } from '../../src/core/adapter.js'
import { createPresence } from '../../src/core/agents/presence.js'
import { systemClock } from '../../src/core/clock.js'
import { createCore } from '../../src/core/core.js'
import { isFinal, type ActionKind, type Command } from '../../src/core/model/command.js'
import { platformOf, type Platforms } from '../../src/core/platforms.js'
import type { Fault } from '../chaos/platforms.js'
import { mulberry32 } from '../../src/simulators/kit/faults.js'
import type { JournalEntry } from '../../src/simulators/kit/journal.js'
import { runSimulator } from '../../src/simulators/kit/run.js'
import type { SimulatorDefinition } from '../../src/simulators/kit/simulator.js'
import { createMemoryEngine } from './memory-engine.js'
import { silentLogger } from './storm.js'

const KINDS: readonly ActionKind[] = ['LOGIN', 'READY', 'NOT_READY', 'LOGOUT']
/** The state that shows a confirmed command. */
const SHOWN: Readonly<Record<ActionKind, readonly string[]>> = {
  LOGIN: ['NOT_READY', 'READY'],
  READY: ['READY'],
  NOT_READY: ['NOT_READY'],
  LOGOUT: ['LOGGED_OUT'],
}
/** An effect that a fault has put off is there by then, ms. */
const LAST_EFFECT_MS = 600

export interface FaultStorm {
  readonly id: string
  readonly simulator: SimulatorDefinition
  readonly simulatorOptions: Readonly<Record<string, string>>
  readonly faults: readonly Fault[]
  /** Kinds of faults by which the platform says no to a request. */
  readonly refusals: ReadonlySet<string>
  readonly agentIds: readonly string[]
  readonly adapter: (endpoints: Readonly<Record<string, string>>) => {
    adapter: Adapter
    commandOptions: AdapterDefinition['commandOptions']
  }
  /** Members of a request besides the action. */
  readonly body: (action: ActionKind, at: number) => Readonly<Record<string, unknown>>
  readonly stateOf: (row: Readonly<Record<string, unknown>>) => { readonly agentId: string; readonly state: string }
  /** Commands of each agent, and the longest time between two of them, ms. */
  readonly each: number
  readonly gapMs: number
}

export interface FaultStormResult {
  /** What was told that is not so. */
  readonly wrong: readonly string[]
  /** Not ended after a minute. */
  readonly open: readonly Command[]
  readonly statuses: Readonly<Record<string, number>>
}

/** Random commands for many agents over one adapter, its platform failing all the time; afterwards what was told is held against the platform. */
export async function faultStorm(storm: FaultStorm): Promise<FaultStormResult> {
  const { id } = storm
  const sim = await runSimulator(storm.simulator, { seed: 7, options: storm.simulatorOptions })
  for (const fault of storm.faults) sim.faults.add(fault)
  const { adapter, commandOptions } = storm.adapter(sim.simulator.endpoints)
  const presence = createPresence()
  const platform = platformOf(id, adapter, commandOptions, systemClock, 3000)
  const platforms: Platforms = {
    get: (name) => (name === id ? platform : undefined),
    all: () => [platform],
    start: () => adapter.start({ agent: (event) => presence.event(id, event), link: (event) => presence.link(id, event) }),
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
  const submit = async (agentId: string, at: number, each: number): Promise<Command | undefined> => {
    const action = each === 0 ? 'LOGIN' : (KINDS[Math.floor(random() * 4)] as ActionKind)
    const force = action === 'LOGOUT' && random() < 0.5
    const request = { action, ...storm.body(action, at), ...(force && { force }) }
    const origin = { principal: 'storm', requestId: 'r' }
    const result = await core.commands.submit({ platform: id, agentId, request, origin }, 0).catch(() => undefined) // refused at once, behind a forced logout
    return result?.kind === 'command' ? result.command : undefined
  }
  await Promise.all(
    storm.agentIds.map(async (agentId, at) => {
      const mine: Command[] = []
      accepted.set(agentId, mine)
      for (let each = 0; each < storm.each; each += 1) {
        const command = await submit(agentId, at, each)
        if (command !== undefined) mine.push(command)
        await systemClock.sleep(10 + random() * storm.gapMs)
      }
    }),
  )

  const commands = async (): Promise<Command[]> =>
    Promise.all([...accepted.values()].flat().map((command) => core.commands.get(command.id)))
  const deadline = Date.now() + 60_000
  while ((await commands()).some((command) => !isFinal(command.status)) && Date.now() < deadline) await systemClock.sleep(100)
  const final = await commands()
  await systemClock.sleep(LAST_EFFECT_MS)
  await core.stop(2000)
  await platforms.stop(1000)
  const states = new Map(
    sim.simulator
      .agents()
      .map(storm.stateOf)
      .map(({ agentId, state }) => [agentId, state]),
  )
  const journal = sim.journal.list()
  await sim.stop()

  const statuses: Record<string, number> = {}
  for (const command of final) statuses[command.status] = (statuses[command.status] ?? 0) + 1
  const wrong = [...accepted.keys()].flatMap((agentId) => {
    const last = final
      .filter((command) => command.agentId === agentId && command.status !== 'superseded')
      .sort((a, b) => a.seq - b.seq)
      .at(-1)
    const state = states.get(agentId) ?? ''
    if (last?.status === 'confirmed' && !SHOWN[last.action.kind].includes(state))
      return [`${agentId}: ${last.action.kind} confirmed, ${state}\n${storyOf(agentId, final, journal)}`]
    const code = last?.status === 'rejected' ? last.problem?.code : undefined
    if (code === undefined || code === 'NOT_LOGGED_IN' || storm.refusals.has(lastFault(journal, agentId))) return []
    return [`${agentId}: ${last?.action.kind} ${code}\n${storyOf(agentId, final, journal)}`]
  })
  return { wrong, open: final.filter((command) => !isFinal(command.status)), statuses }
}

/** What was commanded for an agent and what the platform heard, in the order of time. */
function storyOf(agentId: string, commands: readonly Command[], journal: readonly JournalEntry[]): string {
  const lines = [
    ...commands
      .filter((command) => command.agentId === agentId)
      .flatMap(({ seq, action, status, acceptedAt, sentAt, settledAt, attempts, confirmedBy, problem }) => {
        const name = `${seq} ${action.kind}${action.force === true ? ' by force' : ''}`
        const end = [status, confirmedBy, problem?.code, `${attempts} attempts`].filter((word) => word !== undefined).join(', ')
        return [
          { at: acceptedAt, text: `${name} accepted` },
          ...(sentAt === undefined ? [] : [{ at: sentAt, text: `${name} sent at last` }]),
          ...(settledAt === undefined ? [] : [{ at: settledAt, text: `${name} ${end}` }]),
        ]
      }),
    ...journal.filter((entry) => entry.agentId === agentId).map((entry) => ({ at: entry.at, text: `platform: ${JSON.stringify(entry)}` })),
  ]
  return lines
    .sort((a, b) => a.at - b.at)
    .map(({ at, text }) => `  ${at % 1_000_000} ${text}`)
    .join('\n')
}

/** The fault that the agent's last request met, if any. */
function lastFault(journal: readonly JournalEntry[], agentId: string): string {
  return journal.filter((entry) => entry.agentId === agentId && entry.asked !== undefined).at(-1)?.fault ?? ''
}
