import { randomUUID } from 'node:crypto'
import type { BudgetStore } from '../gate/budget.js'
import type { EngineRegistry } from '../site/engine-registry.js'
import type { SiteLeases } from '../site/site-leases.js'
import type { BusCore } from './bus-core.js'
import { watchPeers, type OnPeers, type Side } from './side.js'
import { createSqlAuditLog } from './sql-audit.js'
import { createSqlEventLog } from './sql-events.js'
import type { SqlRows } from './sql-logouts.js'

interface TakenRow {
  readonly granted: boolean
  readonly retry_in: number
  readonly per_second: number | null
}

interface BeatRow {
  readonly epoch: string
  readonly beats: number
  readonly previous_at: number | null
  readonly alive: string
}

const TAKE = 'select granted, retry_in, per_second from cti.take_token($1, $2, $3, $4, $5, $6)'
const RESTRICT = 'select cti.restrict_budget($1, $2, $3, $4, $5)'
const ACQUIRE = 'select cti.acquire_site($1, $2, $3, $4) as token'
const BEAT = 'select epoch, beats, previous_at, alive from cti.beat($1, $2, $3)'
const NEW_EPOCH = 'select cti.new_epoch($1, $2, $3, $4) as epoch'

function only<R>(rows: readonly R[]): R {
  const [row] = rows
  if (row === undefined) throw new Error('a function of the schema gave no row')
  return row
}

/**
 * Budgets, site leases, signs of life, events and audit trail on PostgreSQL, a real server or PGlite. `self` names this process among those that wait
 * for a token; the event log keeps the newest `keepEvents` events. The schema: migration-4.ts, migration-5.ts.
 */
export function createSqlSide(rows: SqlRows, self: string, { bus, setPeers }: Pick<BusCore, 'bus' | 'setPeers'>, keepEvents: number): Side {
  return {
    budgets: createSqlBudgets(rows, self),
    sites: createSqlSites(rows),
    registry: createSqlRegistry(rows, setPeers),
    bus,
    events: createSqlEventLog(rows, keepEvents),
    audit: createSqlAuditLog(rows),
  }
}

function createSqlBudgets(rows: SqlRows, waiter: string): BudgetStore {
  return {
    async take(account, priority, { perSecond, burst }, options) {
      const taken = await rows<TakenRow>(options, TAKE, (deadline) => [deadline, account, priority, waiter, perSecond ?? null, burst])
      const { granted, retry_in: retryInMs, per_second: rate } = only(taken)
      return rate === null ? { granted, retryInMs } : { granted, retryInMs, perSecond: rate }
    },
    async restrict(account, { perSecond, pauseMs, raise }, options) {
      await rows(options, RESTRICT, (deadline) => [deadline, account, perSecond, pauseMs, raise === true])
    },
  }
}

function createSqlSites(rows: SqlRows): SiteLeases {
  return {
    async acquire(name, owner, ttlMs, options) {
      return only(await rows<{ token: number | null }>(options, ACQUIRE, (deadline) => [deadline, name, owner, ttlMs])).token ?? undefined
    },
    async release(name, owner, options) {
      await rows(options, 'select cti.release_site($1, $2, $3)', (deadline) => [deadline, name, owner])
    },
  }
}

function createSqlRegistry(rows: SqlRows, onPeers: OnPeers): EngineRegistry {
  return watchPeers(onPeers, {
    async beat(owner, options) {
      const row = only(await rows<BeatRow>(options, BEAT, (deadline) => [deadline, owner, randomUUID()]))
      const beat = { epoch: row.epoch, count: row.beats, alive: JSON.parse(row.alive) as readonly string[] }
      return row.previous_at === null ? beat : { ...beat, previousAt: row.previous_at }
    },
    async leave(owner, options) {
      await rows(options, 'select cti.leave($1, $2)', (deadline) => [deadline, owner])
    },
    async newEpoch(seen, atLeast, options) {
      return only(await rows<{ epoch: string }>(options, NEW_EPOCH, (deadline) => [deadline, seen, atLeast, randomUUID()])).epoch
    },
  })
}
