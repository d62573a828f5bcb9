import type { Adapter, Logger } from '../core/adapter.js'
import { systemClock } from '../core/clock.js'
import { confirm, type Evidence } from '../core/run/confirmer.js'
import { withDeadline } from '../core/deadline.js'
import type { AgentView } from '../core/model/agent-state.js'
import { unknownView } from '../core/model/agent-state.js'
import type { ResolvedAction } from '../core/model/command.js'
import { CtiError, toCtiError } from '../core/model/error.js'
import type { LinkEvent } from '../core/model/event.js'
import { createPresence, type Presence } from '../core/agents/presence.js'
import type { ConformanceHarness, ConformancePlatform } from './harness.js'

/** An adapter on a platform, with everything it says kept for inspection. */
export interface Bench {
  readonly adapter: Adapter
  readonly platform: ConformancePlatform
  readonly presence: Presence
  readonly links: readonly LinkEvent[]
  /** Everything that was logged, as text. */
  readonly logged: readonly string[]
  readonly steps: () => number
  read(agentId: string): Promise<AgentView>
  /** Plans, sends and confirms as the gateway does, once. Returns the evidence of the last step; `unchanged` when there was none. */
  bring(action: ResolvedAction): Promise<Evidence | { readonly kind: 'unchanged' }>
  stop(): Promise<void>
}

const PLATFORM = 'conformance'
const READ_MS = 3_000

export async function openBench(harness: ConformanceHarness): Promise<Bench> {
  const platform = await harness.start()
  const presence = createPresence()
  const logged: string[] = []
  const links: LinkEvent[] = []
  let steps = 0
  const note = (fields: object, message: string): void => void logged.push(`${JSON.stringify(fields)} ${message}`)
  const log: Logger = { debug: note, info: note, warn: note, error: note }
  const options = harness.definition.options.parse(platform.options)
  const adapter = harness.definition.create({ platform: PLATFORM, log, clock: systemClock, options })
  await adapter.start({
    agent: (event) => presence.event(PLATFORM, event),
    link: (event) => {
      links.push(event)
      presence.link(PLATFORM, event)
    },
  })
  await up(adapter)
  const read = (agentId: string): Promise<AgentView> =>
    withDeadline(
      systemClock,
      READ_MS,
      undefined,
      (signal) => adapter.read(agentId, { signal }),
      () => new CtiError('VENDOR_TIMEOUT'),
    )

  const freshly = async (): Promise<AgentView> => {
    const view = await read(platform.agentId)
    presence.read(PLATFORM, view)
    return view
  }

  async function present(action: ResolvedAction): Promise<AgentView> {
    try {
      return await read(platform.agentId)
    } catch (error) {
      if (toCtiError(error).code === 'AGENT_NOT_FOUND' && action.kind === 'LOGIN' && adapter.manifest.loginCreatesAgent)
        return unknownView(platform.agentId, Date.now())
      throw error
    }
  }

  return {
    adapter,
    platform,
    presence,
    links,
    logged,
    steps: () => steps,
    read,
    async bring(action) {
      const plan = adapter.plan(action, platform.agentId, await present(action))
      let evidence: Evidence | { kind: 'unchanged' } = { kind: 'unchanged' }
      for (const step of plan.steps) {
        const watch = presence.watch(PLATFORM, platform.agentId)
        try {
          steps += 1
          const { credentials } = platform
          const ack = await withDeadline(
            systemClock,
            5_000,
            undefined,
            (signal) => adapter.send(step, { signal, agentId: platform.agentId, ...(credentials && { credentials }) }),
            () => new CtiError('VENDOR_TIMEOUT'),
          )
          const never = new AbortController()
          evidence = await confirm(
            { confirms: adapter.manifest.confirms, expect: step.expect, ack, watch, life: never, read: freshly, readTimeoutMs: READ_MS },
            systemClock,
          )
          if (evidence.kind === 'refused') throw evidence.error
          if (evidence.kind !== 'met') return evidence
        } finally {
          watch.close()
        }
      }
      return evidence
    },
    async stop() {
      await adapter.stop()
      await platform.stop()
    },
  }
}

/** Links are opened in the background; a conformance run wants them up. */
async function up(adapter: Adapter): Promise<void> {
  for (let waited = 0; waited < 10_000 && adapter.health().status !== 'up'; waited += 50) await systemClock.sleep(50)
}
