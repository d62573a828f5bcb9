/** Drives one adapter the way the core does: plan, send, confirm; a failure that may be tried again is tried from a fresh view. */
import type { Adapter, Credentials } from '../../src/core/adapter.js'
import { systemClock } from '../../src/core/clock.js'
import { confirm } from '../../src/core/run/confirmer.js'
import type { unknownView } from '../../src/core/model/agent-state.js'
import type { ResolvedAction } from '../../src/core/model/command.js'
import { toCtiError, type CtiError } from '../../src/core/model/error.js'
import type { AgentEvent, LinkEvent } from '../../src/core/model/event.js'
import { createPresence, type Presence } from '../../src/core/agents/presence.js'

export interface Outcome {
  readonly kind: 'confirmed' | 'unchanged' | 'pending' | 'rejected' | 'unconfirmed'
  readonly by?: 'event' | 'read'
  readonly error?: CtiError
  readonly sent: readonly string[]
}

export interface Driver {
  readonly presence: Presence
  readonly events: AgentEvent[]
  readonly links: LinkEvent[]
  run(agentId: string, action: ResolvedAction, credentials?: Credentials): Promise<Outcome>
  /** Fails when the adapter is not in service within this, ms. */
  up(withinMs?: number): Promise<void>
}

const P = 'test'

export async function drive(adapter: Adapter): Promise<Driver> {
  const presence = createPresence()
  const events: AgentEvent[] = []
  const links: LinkEvent[] = []
  await adapter.start({
    agent: (event) => {
      events.push(event)
      presence.event(P, event)
    },
    link: (event) => {
      links.push(event)
      presence.link(P, event)
    },
  })

  const read = async (agentId: string): Promise<ReturnType<typeof unknownView>> => {
    const view = await adapter.read(agentId, { signal: AbortSignal.timeout(5_000) })
    presence.read(P, view)
    return view
  }

  async function once(agentId: string, action: ResolvedAction, credentials: Credentials | undefined, sent: string[]): Promise<Outcome> {
    const plan = adapter.plan(action, agentId, await read(agentId))
    if (plan.steps.length === 0) return { kind: sent.length === 0 ? 'unchanged' : 'confirmed', by: 'read', sent }
    let by: 'event' | 'read' = 'read'
    for (const step of plan.steps) {
      const watch = presence.watch(P, agentId)
      try {
        sent.push(step.name)
        const ack = await adapter.send(step, {
          agentId,
          signal: AbortSignal.timeout(5_000),
          ...(credentials !== undefined && { credentials }),
        })
        const evidence = await confirm(
          {
            confirms: adapter.manifest.confirms,
            expect: step.expect,
            ack,
            watch,
            life: new AbortController(),
            read: () => read(agentId),
            readTimeoutMs: 2_000,
          },
          systemClock,
        )
        if (evidence.kind === 'pending') return { kind: 'pending', sent }
        if (evidence.kind === 'refused') throw evidence.error
        if (evidence.kind !== 'met') return { kind: 'unconfirmed', sent }
        by = evidence.by
      } finally {
        watch.close()
      }
    }
    return { kind: 'confirmed', by, sent }
  }

  return {
    presence,
    events,
    links,
    async run(agentId, action, credentials) {
      const sent: string[] = []
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await once(agentId, action, credentials, sent)
        } catch (thrown) {
          const error = toCtiError(thrown)
          if (error.code === 'INTERNAL') throw thrown
          if (error.retry === 'never' || attempt === 8) return { kind: 'rejected', error, sent }
          await systemClock.sleep(100 * attempt)
        }
      }
    },
    async up(withinMs) {
      await until(() => adapter.health().status === 'up', 'the adapter is in service', withinMs)
    },
  }
}

export async function until(condition: () => boolean, what: string, ms = 15_000): Promise<void> {
  const end = performance.now() + ms
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not in ${ms} ms: ${what}`)
    await systemClock.sleep(5)
  }
}
