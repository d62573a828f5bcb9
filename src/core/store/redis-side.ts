import { randomUUID } from 'node:crypto'
import type { BudgetStore } from '../gate/budget.js'
import type { EngineRegistry } from '../site/engine-registry.js'
import type { SiteLeases } from '../site/site-leases.js'
import type { BusCore } from './bus-core.js'
import type { Guard } from './deadline.js'
import { createRedisAuditLog } from './redis-audit.js'
import { createRedisEventLog } from './redis-events.js'
import type { Run } from './redis-batch.js'
import { watchPeers, type OnPeers, type Side } from './side.js'

/**
 * Budgets, site leases, signs of life, events and audit trail on Redis. `self` names this process among those that wait for a token; the event log
 * keeps the newest `keepEvents` events. The scripts: redis-side-scripts.ts.
 */
export function createRedisSide(
  guard: Guard,
  run: Run,
  self: string,
  { bus, setPeers }: Pick<BusCore, 'bus' | 'setPeers'>,
  keepEvents: number,
): Side {
  return {
    budgets: createRedisBudgets(guard, run, self),
    sites: createRedisSites(guard, run),
    registry: createRedisRegistry(guard, run, setPeers),
    bus,
    events: createRedisEventLog(guard, run, keepEvents),
    audit: createRedisAuditLog(guard, run),
  }
}

function createRedisBudgets(guard: Guard, run: Run, waiter: string): BudgetStore {
  return {
    take: (account, priority, { perSecond, burst }, options) =>
      guard.run(options, async (deadline) => {
        const answer = await run('ctiTakeToken', deadline, account, priority, waiter, perSecond ?? '', burst)
        const [granted, retryInMs, rate] = answer as [number, number, string]
        const result = { granted: granted === 1, retryInMs }
        return rate === '' ? result : { ...result, perSecond: Number(rate) }
      }),
    restrict: (account, { perSecond, pauseMs, raise }, options) =>
      guard.run(options, async (deadline) => {
        await run('ctiRestrict', deadline, account, perSecond, Math.ceil(pauseMs), raise === true ? '1' : '')
      }),
  }
}

function createRedisSites(guard: Guard, run: Run): SiteLeases {
  return {
    acquire: (name, owner, ttlMs, options) =>
      guard.run(options, async (deadline) => {
        const token = await run('ctiAcquire', deadline, name, owner, ttlMs)
        return typeof token === 'number' ? token : undefined
      }),
    release: (name, owner, options) => guard.run(options, async (deadline) => void (await run('ctiLetGo', deadline, name, owner))),
  }
}

function createRedisRegistry(guard: Guard, run: Run, onPeers: OnPeers): EngineRegistry {
  return watchPeers(onPeers, {
    beat: (owner, options) =>
      guard.run(options, async (deadline) => {
        const answer = await run('ctiBeat', deadline, owner, randomUUID())
        const [epoch, count, before, alive] = answer as [string, number, string, string[]]
        return before === '' ? { epoch, count, alive } : { epoch, count, previousAt: Number(before), alive }
      }),
    leave: (owner, options) => guard.run(options, async (deadline) => void (await run('ctiLeave', deadline, owner))),
    newEpoch: (seen, atLeast, options) =>
      guard.run(options, async (deadline) => String(await run('ctiNewEpoch', deadline, seen, atLeast, randomUUID()))),
  })
}
