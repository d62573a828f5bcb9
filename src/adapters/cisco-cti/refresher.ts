import type { Logger } from '../../core/adapter.js'
import type { Clock } from '../../core/clock.js'
import { toCtiError } from '../../core/model/error.js'

export interface Refresher {
  /** Asks about these agents in the background; those that wait already are not asked twice. */
  refreshAll(agentIds: readonly string[]): void
  /** Forgets those that wait. */
  clear(): void
  readonly waiting: number
}

/** A server that is busy, or slower than our deadline, is asked again after this time, ms, this often. */
const AGAIN_MS = 1_000
const AGAIN_TIMES = 5

/**
 * Repairs the agent cache: after a reconnect no missed event is replayed, so every known agent is asked (vendors/cisco.md
 * section 1.11). Guarantees: at most `parallel` requests at once, whatever the number of agents; a busy server does not
 * leave views stale.
 */
export function createRefresher(ports: {
  readonly parallel: number
  readonly refresh: (agentId: string) => Promise<unknown>
  readonly log: Logger
  readonly clock: Pick<Clock, 'after'>
}): Refresher {
  let queue = new Set<string>()
  let resting = new Map<string, () => void>()
  let failures = new Map<string, number>()
  let running = 0
  /** Grows when all is forgotten: what was asked before is of no interest then. */
  let era = 0

  const failed = (agentId: string, error: unknown): void => {
    const { code, detail } = toCtiError(error)
    const times = (failures.get(agentId) ?? 0) + 1
    failures.set(agentId, times)
    if ((code === 'VENDOR_BUSY' || code === 'VENDOR_TIMEOUT') && times <= AGAIN_TIMES) {
      resting.get(agentId)?.()
      resting.set(
        agentId,
        ports.clock.after(AGAIN_MS, () => {
          resting.delete(agentId)
          queue.add(agentId)
          pump()
        }),
      )
      return
    }
    failures.delete(agentId)
    ports.log.debug({ agentId, code, detail }, 'agent could not be asked; its view stays as it is')
  }

  const pump = (): void => {
    while (running < ports.parallel) {
      const agentId = queue.values().next().value
      if (agentId === undefined) return
      queue.delete(agentId)
      running += 1
      const asked = era
      ports
        .refresh(agentId)
        .then(
          () => void failures.delete(agentId),
          (error: unknown) => {
            if (asked === era) failed(agentId, error)
          },
        )
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
      era += 1
      for (const cancel of resting.values()) cancel()
      queue = new Set()
      resting = new Map()
      failures = new Map()
    },
    get waiting() {
      return queue.size + resting.size + running
    },
  }
}
