import type { Adapter, Credentials, Step } from '../../src/core/adapter.js'
import type { AgentView } from '../../src/core/model/agent-state.js'
import type { ResolvedAction } from '../../src/core/model/command.js'
import type { AgentEvent, LinkEvent } from '../../src/core/model/event.js'
import { systemClock } from '../../src/core/clock.js'
import { confirm, type Evidence } from '../../src/core/run/confirmer.js'
import { createPresence, type Presence } from '../../src/core/agents/presence.js'
import { createExpertflow } from '../../src/adapters/expertflow/adapter.js'
import { expertflowOptions } from '../../src/adapters/expertflow/options.js'
import { expertflowSimulator } from '../../src/simulators/expertflow/index.js'
import { runSimulator, type RunningSimulator } from '../../src/simulators/kit/run.js'

export const agent = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
export const credentialsOf = (number: number): Credentials => ({ username: `agent${number}`, password: `secret-agent${number}` })
export const SUPERVISOR = { username: 'supervisor1', password: 'secret-supervisor1' }

export interface Result {
  readonly steps: readonly Step[]
  /** Evidence of the last step that was sent; undefined when nothing had to be. */
  readonly evidence: Evidence | undefined
}

export interface ExpertflowRig {
  readonly adapter: Adapter
  readonly sim: RunningSimulator
  readonly presence: Presence
  readonly events: AgentEvent[]
  readonly links: LinkEvent[]
  readonly logged: string[]
  /** read → plan → send → confirm, as the runner does it. */
  run(agentNumber: number, action: ResolvedAction, credentials?: Credentials): Promise<Result>
  login(agentNumber: number): Promise<void>
  read(agentNumber: number): Promise<AgentView>
  asked(agentNumber: number): readonly string[]
  stop(): Promise<void>
}

export const signal = (ms = 5000): AbortSignal => AbortSignal.timeout(ms)

/** The adapter over the simulated installation, both in this process, over real sockets. */
export async function expertflowRig(options: object = {}, simulated: Readonly<Record<string, string>> = {}): Promise<ExpertflowRig> {
  const sim = await runSimulator(expertflowSimulator, { options: { agents: '10', ...simulated } })
  const baseUrl = (sim.simulator.endpoints['agent-manager'] as string).replace('/agent-manager', '')
  const parsed = expertflowOptions.parse({
    baseUrl,
    supervisor: SUPERVISOR,
    pollMs: 0,
    commandMs: 1500,
    reconnect: { baseMs: 20, capMs: 100 },
    ...options,
  })
  const logged: string[] = []
  const write = (fields: object, message: string): void => void logged.push(`${message} ${JSON.stringify(fields)}`)
  const log = { debug: write, info: write, warn: write, error: write }
  const adapter = createExpertflow({ platform: 'ef', log, clock: systemClock, options: parsed }, () => 0.5)
  const presence = createPresence()
  const events: AgentEvent[] = []
  const links: LinkEvent[] = []
  await adapter.start({
    agent(event) {
      events.push(event)
      presence.event('ef', event)
    },
    link(event) {
      links.push(event)
      presence.link('ef', event)
    },
  })

  const rig: ExpertflowRig = {
    adapter,
    sim,
    presence,
    events,
    links,
    logged,
    async run(number, action, credentials) {
      const agentId = agent(number)
      const view = await adapter.read(agentId, { signal: signal() })
      presence.read('ef', view)
      const { steps } = adapter.plan(action, agentId, view)
      let evidence: Evidence | undefined
      for (const step of steps) {
        const watch = presence.watch('ef', agentId)
        try {
          const ack = await adapter.send(step, { agentId, signal: signal(), ...(credentials !== undefined && { credentials }) })
          const read = async (inner: AbortSignal): Promise<AgentView> => {
            const fresh = await adapter.read(agentId, { signal: inner })
            presence.read('ef', fresh)
            return fresh
          }
          const waiting = { confirms: adapter.manifest.confirms, life: new AbortController(), read, readTimeoutMs: 1000 }
          evidence = await confirm({ ...waiting, expect: step.expect, ack, watch }, systemClock)
        } finally {
          watch.close()
        }
        if (evidence.kind !== 'met') break
      }
      return { steps, evidence }
    },
    async login(number) {
      const { evidence } = await rig.run(number, { kind: 'LOGIN', username: `agent${number}`, hasSecret: true }, credentialsOf(number))
      if (evidence?.kind !== 'met') throw new Error(`login of agent${number}: ${JSON.stringify(evidence)}`)
    },
    read: (number) => adapter.read(agent(number), { signal: signal() }),
    asked: (number) =>
      sim.journal
        .list({ agentId: agent(number) })
        .filter((entry) => entry.asked !== undefined)
        .map((entry) => `${entry.asked}:${entry.effect}`),
    async stop() {
      await adapter.stop()
      await sim.stop()
    },
  }
  return rig
}

/** Polls until the condition holds; fails with its text. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, ms = 15_000): Promise<void> {
  const deadline = Date.now() + ms
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
