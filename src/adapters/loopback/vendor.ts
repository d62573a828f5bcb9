import type { Clock } from '../../core/clock.js'
import { CtiError } from '../../core/model/error.js'

/** The loopback vendor's own words for states: it is a vendor like the others and gets a mapping like the others. */
export const LOOPBACK_STATES = ['signed-out', 'paused', 'available', 'talking'] as const
export type LoopbackState = (typeof LOOPBACK_STATES)[number]

export interface LoopbackAgent {
  readonly id: string
  state: LoopbackState
  /** What it will become when the contact ends. */
  next?: LoopbackState
  reasonId?: string
  since: number
}

/** One request that reached the vendor. */
export interface LoopbackRecord {
  readonly at: number
  readonly agentId: string
  readonly asked: LoopbackState
  readonly effect: 'applied' | 'refused' | 'none'
}

/** What a request may meet. `pick` is asked once per request; tests inject it, the product never does. */
export type LoopbackFault = 'none' | 'busy' | 'down' | 'timeout-before' | 'timeout-after' | 'lie'

export interface LoopbackVendorOptions {
  readonly agents: number
  readonly latencyMs: number
  readonly fault?: (agentId: string) => LoopbackFault
  /** While true, reads fail too. */
  readonly unreachable?: () => boolean
}

/**
 * A contact-center platform in memory: agents sign in, become available, talk, sign out. It keeps its own journal and knows
 * nothing of the gateway.
 */
export interface LoopbackVendor {
  set(agentId: string, asked: LoopbackState, reasonId: string | undefined, signal: AbortSignal): Promise<void>
  get(agentId: string, signal: AbortSignal): Promise<LoopbackAgent>
  all(): readonly LoopbackAgent[]
  reachable(): boolean
  onChange(listener: (agent: LoopbackAgent) => void): void
  /** A contact begins or ends: vendor-side causes of change. */
  talk(agentId: string): void
  hangUp(agentId: string): void
  readonly journal: readonly LoopbackRecord[]
}

export function createLoopbackVendor(options: LoopbackVendorOptions, clock: Clock): LoopbackVendor {
  const agents = new Map<string, LoopbackAgent>()
  const journal: LoopbackRecord[] = []
  const listeners = new Set<(agent: LoopbackAgent) => void>()
  for (let index = 1; index <= options.agents; index += 1) {
    agents.set(`agent${index}`, { id: `agent${index}`, state: 'signed-out', since: clock.now() })
  }

  const known = (agentId: string): LoopbackAgent => {
    const agent = agents.get(agentId)
    if (agent === undefined) throw new CtiError('AGENT_NOT_FOUND', { fault: { system: 'loopback', code: '404', message: 'no such agent' } })
    return agent
  }

  const change = (agent: LoopbackAgent, state: LoopbackState, reasonId?: string): void => {
    agent.state = state
    agent.since = Math.max(clock.now(), agent.since + 1)
    if (reasonId === undefined) delete agent.reasonId
    else agent.reasonId = reasonId
    delete agent.next
    for (const listener of listeners) listener({ ...agent })
  }

  const record = (agentId: string, asked: LoopbackState, effect: LoopbackRecord['effect']): void => {
    journal.push({ at: clock.now(), agentId, asked, effect })
    if (journal.length > 200_000) journal.splice(0, 20_000)
  }

  const apply = (agent: LoopbackAgent, asked: LoopbackState, reasonId: string | undefined): void => {
    if (agent.state === 'signed-out' && asked === 'available') {
      record(agent.id, asked, 'refused')
      throw new CtiError('NOT_LOGGED_IN', { fault: { system: 'loopback', code: 'not-signed-in' } })
    }
    record(agent.id, asked, 'applied')
    if (agent.state === 'talking') {
      agent.next = asked
      for (const listener of listeners) listener({ ...agent })
    } else change(agent, asked, reasonId)
  }

  return {
    journal,
    async set(agentId, asked, reasonId, signal) {
      if (options.latencyMs > 0) await clock.sleep(options.latencyMs, signal)
      const agent = known(agentId)
      const fault = options.fault?.(agentId) ?? 'none'
      switch (fault) {
        case 'busy':
          record(agentId, asked, 'none')
          throw new CtiError('VENDOR_BUSY', { fault: { system: 'loopback', code: '503' } })
        case 'down':
          throw new CtiError('VENDOR_UNAVAILABLE', { fault: { system: 'loopback', code: 'ECONNREFUSED' } })
        case 'timeout-before':
          record(agentId, asked, 'none')
          throw new CtiError('VENDOR_TIMEOUT', { fault: { system: 'loopback', code: 'ECONNRESET' } })
        case 'timeout-after':
          apply(agent, asked, reasonId)
          throw new CtiError('VENDOR_TIMEOUT', { fault: { system: 'loopback', code: 'ECONNRESET' } })
        case 'lie':
          record(agentId, asked, 'none')
          return
        case 'none':
          apply(agent, asked, reasonId)
      }
    },
    async get(agentId, signal) {
      signal.throwIfAborted()
      if (options.latencyMs > 0) await clock.sleep(options.latencyMs, signal)
      if (options.unreachable?.() === true)
        throw new CtiError('VENDOR_UNAVAILABLE', { fault: { system: 'loopback', code: 'ECONNREFUSED' } })
      return { ...known(agentId) }
    },
    reachable: () => options.unreachable?.() !== true,
    all: () => [...agents.values()].map((agent) => ({ ...agent })),
    onChange: (listener) => void listeners.add(listener),
    talk: (agentId) => change(known(agentId), 'talking'),
    hangUp(agentId) {
      const agent = known(agentId)
      if (agent.state === 'talking') change(agent, agent.next ?? 'available')
    },
  }
}
