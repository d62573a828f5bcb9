import type { AuditLog } from '../audit-log.js'
import type { BudgetStore } from '../budget.js'
import type { Bus } from '../bus.js'
import type { EngineRegistry } from '../engine-registry.js'
import type { EventLog } from '../event-log.js'
import type { SiteLeases } from '../site-leases.js'

/** What an engine does beside the command log. */
export interface Side {
  readonly budgets: BudgetStore
  readonly sites: SiteLeases
  readonly registry: EngineRegistry
  readonly bus: Bus
  readonly events: EventLog
  readonly audit: AuditLog
}

/** Told after every beat whether another process is alive. */
export type OnPeers = (peers: boolean) => void

/** Tells what each beat shows of the others: a bus without listeners is not worth its messages. */
export function watchPeers(onPeers: OnPeers, registry: EngineRegistry): EngineRegistry {
  return {
    ...registry,
    async beat(owner, options) {
      const beat = await registry.beat(owner, options)
      onPeers(beat.alive.some((other) => other !== owner))
      return beat
    },
  }
}
