import { expect } from 'vitest'
import type { Config } from '../../src/config.js'
import { cxonePlatform } from '../../src/sandbox/platforms.js'
import { cxoneSimulator } from '../../src/simulators/cxone/index.js'
import type { JournalEntry } from '../../src/simulators/kit/journal.js'
import { runSimulator, type RunningSimulator } from '../../src/simulators/kit/run.js'
import { SECRETS, startApi, testConfig, type Answer, type Api } from './api.js'
import { createMemoryEngine, type MemoryEngine } from './memory-engine.js'

/** The gateway's API over a simulated CXone tenant. */
export interface CxoneGateway {
  readonly sim: RunningSimulator
  readonly api: Api
  readonly engine: MemoryEngine
  /** Sends a command and waits for its end, 10 s at most. */
  ask(agentId: number, body: object, key?: string): Promise<Answer>
  /** Sends a command and does not wait. */
  later(agentId: number, body: object): Promise<Answer>
  /** The command of an answer, as it is now. */
  command(answer: Answer): Promise<Answer['body']>
  /** The command of an answer, when it has ended. */
  ended(answer: Answer): Promise<Answer['body']>
  /** The agent's state, read from the platform now. */
  state(agentId: number): Promise<Answer['body']>
  /** What asked for a change of this agent's state: `operation effect`, and the fault that was played. */
  changes(agentId: number): string[]
  stop(): Promise<void>
}

/** Agents 1001 to 1005 sit at their own desktops, the others are logged out. */
export async function startCxone(
  options: Readonly<Record<string, unknown>> = {},
  simulated: Readonly<Record<string, string>> = {},
  config: Partial<Config> = {},
): Promise<CxoneGateway> {
  const sim = await runSimulator(cxoneSimulator, { options: { agents: '30', loggedIn: '5', ...simulated } })
  const engine = createMemoryEngine()
  const platform = cxonePlatform(sim.simulator.endpoints, { confirmWithinMs: 3000, ...options })
  const api = await startApi({ engine, config: testConfig({ ...config, platforms: [platform] }) })
  const path = (agentId: number): string => `/v1/platforms/cxone/agents/${agentId}/commands`
  const command: CxoneGateway['command'] = async (answer) => (await api.call('GET', String(answer.headers.get('location')))).body
  return {
    sim,
    api,
    engine,
    ask: (agentId, body, key = SECRETS.crm) => api.call('POST', path(agentId), { body, key, headers: { prefer: 'wait=10' } }),
    later: (agentId, body) => api.call('POST', path(agentId), { body, headers: { prefer: 'respond-async' } }),
    command,
    async ended(answer) {
      await expect.poll(async () => (await command(answer))['settledAt'], { timeout: 20_000, interval: 100 }).toBeDefined()
      return command(answer)
    },
    state: async (agentId) => (await api.call('GET', `/v1/platforms/cxone/agents/${agentId}/state?fresh=true`)).body,
    changes: (agentId) => changesOf(sim.journal.list({ agentId: String(agentId) })),
    async stop() {
      await api.stop()
      await sim.stop()
    },
  }
}

/** Entries that ask for a change, in one line each. */
function changesOf(journal: readonly JournalEntry[]): string[] {
  return journal.flatMap(({ asked, operation, effect, fault }) =>
    asked === undefined ? [] : [`${operation} ${effect}${fault === undefined ? '' : ` (${fault})`}`],
  )
}
