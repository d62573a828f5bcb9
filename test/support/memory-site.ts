import type { BudgetStore } from '../../src/core/gate/budget.js'
import type { Bus } from '../../src/core/site/bus.js'
import type { Clock } from '../../src/core/clock.js'
import type { EngineOptions } from '../../src/core/command-log.js'
import type { EngineRegistry } from '../../src/core/site/engine-registry.js'
import { CtiError } from '../../src/core/model/error.js'
import type { SiteLeases } from '../../src/core/site/site-leases.js'
import { createMemoryBudgets } from './memory-budgets.js'

const ALIVE_MS = 5000

/** What the processes of a site share, for tests with one process: nobody to talk to. */
export interface MemorySite {
  readonly budgets: BudgetStore
  readonly sites: SiteLeases
  /** `epoch` is the one in force. */
  readonly registry: EngineRegistry & { readonly epoch: string }
  readonly bus: Bus
}

export function createMemorySite(clock: Pick<Clock, 'now'>): MemorySite {
  async function step<T>(options: EngineOptions, run: () => T): Promise<T> {
    await Promise.resolve()
    if (clock.now() > options.deadline) throw new CtiError('STORE_UNAVAILABLE', { detail: 'deadline passed', retryAfterMs: 1000 })
    return run()
  }
  return {
    budgets: createMemoryBudgets(clock),
    sites: createMemorySiteLeases(clock, step),
    registry: createMemoryRegistry(clock, step),
    bus: { publish: () => undefined, subscribe: () => () => undefined, peers: false },
  }
}

type Step = <T>(options: EngineOptions, run: () => T) => Promise<T>

function createMemorySiteLeases(clock: Pick<Clock, 'now'>, step: Step): SiteLeases {
  const held = new Map<string, { readonly owner: string; readonly token: number; readonly until: number }>()
  let tokens = 0
  return {
    acquire: (name, owner, ttlMs, options) =>
      step(options, () => {
        const present = held.get(name)
        const free = present === undefined || present.until <= clock.now()
        if (!free && present.owner !== owner) return undefined
        const token = free ? ++tokens : present.token
        held.set(name, { owner, token, until: clock.now() + ttlMs })
        return token
      }),
    release: (name, owner, options) =>
      step(options, () => {
        if (held.get(name)?.owner === owner) held.delete(name)
      }),
  }
}

function createMemoryRegistry(clock: Pick<Clock, 'now'>, step: Step): MemorySite['registry'] {
  const lastBeat = new Map<string, number>()
  let epochs = 1
  let count = 0
  let previousAt: number | undefined
  const name = (): string => `epoch ${epochs}`
  return {
    get epoch() {
      return name()
    },
    beat: (owner, options) =>
      step(options, () => {
        const before = previousAt
        count += 1
        previousAt = clock.now()
        lastBeat.set(owner, previousAt)
        for (const [other, at] of lastBeat) if (at < previousAt - ALIVE_MS) lastBeat.delete(other)
        return { epoch: name(), count, alive: [...lastBeat.keys()], ...(before !== undefined && { previousAt: before }) }
      }),
    leave: (owner, options) => step(options, () => void lastBeat.delete(owner)),
    newEpoch: (seen, atLeast, options) =>
      step(options, () => {
        if (seen === name()) epochs += 1
        count = Math.max(count, atLeast)
        return name()
      }),
  }
}
