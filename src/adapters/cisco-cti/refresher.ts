import type { Logger } from '../../core/adapter.js'
import { toCtiError } from '../../core/model/error.js'

export interface Refresher {
  /** Asks about these agents in the background; those that wait already are not asked twice. */
  refreshAll(agentIds: readonly string[]): void
  /** Forgets those that wait. */
  clear(): void
  readonly waiting: number
}

/**
 * Repairs the agent cache: after a reconnect no missed event is replayed, so every known agent is asked (vendors/cisco.md
 * section 1.11). Guarantees: at most `parallel` requests at once, whatever the number of agents.
 */
export function createRefresher(ports: {
  readonly parallel: number
  readonly refresh: (agentId: string) => Promise<unknown>
  readonly log: Logger
}): Refresher {
  let queue = new Set<string>()
  let running = 0

  const pump = (): void => {
    while (running < ports.parallel) {
      const agentId = queue.values().next().value
      if (agentId === undefined) return
      queue.delete(agentId)
      running += 1
      ports
        .refresh(agentId)
        .catch((error: unknown) => {
          const { code, detail } = toCtiError(error)
          ports.log.debug({ agentId, code, detail }, 'agent could not be asked; its view stays as it is')
        })
        .finally(() => {
          running -= 1
          pump()
        })
    }
  }

  return {
    refreshAll(agentIds) {
      for (const agentId of agentIds) queue.add(agentId)
      pump()
    },
    clear() {
      queue = new Set()
    },
    get waiting() {
      return queue.size + running
    },
  }
}
