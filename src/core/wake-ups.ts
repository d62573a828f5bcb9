import type { AuditLog } from './audit/audit-log.js'
import type { BudgetStore } from './gate/budget.js'
import type { Bus } from './site/bus.js'
import type { CommandLog } from './command-log.js'
import type { EngineRegistry } from './site/engine-registry.js'
import type { EventLog } from './events/event-log.js'
import type { LogoutLog } from './agents/logout-log.js'
import type { SiteLeases } from './site/site-leases.js'

/**
 * Durable wake-ups for agents. They carry the agent's key and nothing else; losing or doubling one is harmless, because
 * the command log decides and the sweeper re-wakes what was forgotten.
 */
export interface WakeUps {
  /**
   * Wakes the agent after `delayMs`. A later call for the same agent replaces a wake-up that still waits; one that arrives
   * while the agent's wake-up is running runs once more afterwards.
   * Guarantees: settles within 500 ms whatever the engine does; rejects with STORE_UNAVAILABLE when it is not known to be stored.
   */
  wake(key: string, options: { readonly delayMs: number; readonly priority: number }): Promise<void>
  /**
   * Has somebody, in one of the processes, look at `at` (epoch ms) for whatever is due then. Any number of calls for one instant,
   * from any process, are one alarm. Guarantees: as `wake`.
   */
  alarm(at: number, now: number): Promise<void>
  /** Begins to deliver wake-ups and alarms. A handler that rejects does not stop the others. */
  start(handler: (key: string) => Promise<void>, onAlarm?: () => Promise<void>): Promise<void>
  /**
   * The queue for a board that shows it (a BullMQ `Queue` without what changes it): every read settles within 2 s. The jobs that it
   * hands out are BullMQ's own, so whoever shows them must not offer their methods. Missing: there is none to show.
   */
  readonly board?: unknown
  stats(): Promise<{ readonly waiting: number; readonly delayed: number; readonly active: number }>
  /** Stops delivering, waits at most `graceMs` for running handlers, closes. Idempotent. */
  close(graceMs: number): Promise<void>
}

/** One storage engine: the log and the queue on the same datastore. */
export interface Engine {
  readonly name: 'embedded' | 'redis' | 'postgres'
  /** For people: what it is, where it is, what it survives. Without credentials. */
  readonly description: string
  readonly log: CommandLog
  readonly logouts: LogoutLog
  readonly events: EventLog
  readonly audit: AuditLog
  readonly wakeUps: WakeUps
  readonly budgets: BudgetStore
  readonly sites: SiteLeases
  readonly registry: EngineRegistry
  readonly bus: Bus
  /** Answers within the deadline, or rejects with STORE_UNAVAILABLE. */
  ping(options: { readonly deadline: number }): Promise<void>
  close(): Promise<void>
}
