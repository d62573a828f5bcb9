import type { AuditLog } from '../audit/audit-log.js'
import type { BudgetStore } from '../gate/budget.js'
import type { Bus } from '../site/bus.js'
import type { EngineRegistry } from '../site/engine-registry.js'
import type { EventLog } from '../events/event-log.js'
import type { SiteLeases } from '../site/site-leases.js'

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
