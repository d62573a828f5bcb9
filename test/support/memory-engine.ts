import type { Clock } from '../../src/core/clock.js'
import { systemClock } from '../../src/core/clock.js'
import type { Command } from '../../src/core/model/command.js'
import { CtiError } from '../../src/core/model/error.js'
import type { Engine, WakeUps } from '../../src/core/wake-ups.js'
import { createMemoryAuditLog } from './memory-audit.js'
import { createMemoryEventLog } from './memory-events.js'
import { createMemoryLogoutLog } from './memory-logouts.js'
import { createMemorySite } from './memory-site.js'
import { createReferenceLog } from './reference-log.js'

/** Wake-ups in memory: one waiting wake-up per agent, the newest wins; one that arrives while running runs once more. */
function createMemoryWakeUps(clock: Clock, failing: () => boolean): WakeUps {
  const waiting = new Map<string, { readonly cancel: () => void; readonly delayMs: number }>()
  const active = new Map<string, { again: boolean }>()
  const running = new Set<Promise<void>>()
  let handler: ((key: string) => Promise<void>) | undefined
  let onAlarm: (() => Promise<void>) | undefined
  let closed = false
  const early: string[] = []

  function fire(key: string): void {
    waiting.delete(key)
    if (closed) return
    if (handler === undefined) {
      early.push(key)
      return
    }
    const current = active.get(key)
    if (current !== undefined) {
      current.again = true
      return
    }
    active.set(key, { again: false })
    const run = Promise.resolve()
      .then(() => handler?.(key))
      .catch(() => undefined)
      .then(() => {
        const again = active.get(key)?.again === true
        active.delete(key)
        running.delete(run)
        if (again) fire(key)
      })
    running.add(run)
  }

  return {
    async wake(key, { delayMs }) {
      await Promise.resolve()
      if (closed || failing()) throw new CtiError('STORE_UNAVAILABLE', { retryAfterMs: 1000 })
      waiting.get(key)?.cancel()
      if (delayMs <= 0) {
        waiting.set(key, { delayMs, cancel: clock.after(0, () => fire(key)) })
        return
      }
      waiting.set(key, { delayMs, cancel: clock.after(delayMs, () => fire(key)) })
    },
    async alarm(at, now) {
      await Promise.resolve()
      if (closed || failing()) throw new CtiError('STORE_UNAVAILABLE', { retryAfterMs: 1000 })
      const name = `alarm ${at}`
      if (waiting.has(name)) return
      const ring = (): void => {
        waiting.delete(name)
        void onAlarm?.()
      }
      waiting.set(name, { delayMs: at - now, cancel: clock.after(Math.max(0, at - now), ring) })
    },
    async start(given, givenAlarm) {
      await Promise.resolve()
      handler = given
      onAlarm = givenAlarm
      for (const key of early.splice(0)) fire(key)
    },
    async stats() {
      await Promise.resolve()
      const delayed = [...waiting.values()].filter((entry) => entry.delayMs > 0).length
      return { waiting: waiting.size - delayed + early.length, delayed, active: active.size }
    },
    async close(graceMs) {
      closed = true
      for (const entry of waiting.values()) entry.cancel()
      waiting.clear()
      await Promise.race([Promise.allSettled([...running]), clock.sleep(graceMs)])
    },
  }
}

export interface MemoryEngine extends Engine {
  /** Every command, for assertions. */
  all(): readonly Command[]
  /** From now on every call fails with STORE_UNAVAILABLE, until called with false. */
  fail(on: boolean): void
}

/** An engine for unit tests of what stands on it. Nothing survives; no thread, no socket. */
export function createMemoryEngine(given: { readonly clock?: Clock; readonly keepEvents?: number } = {}): MemoryEngine {
  const clock = given.clock ?? systemClock
  let failing = false
  const { registry, budgets, sites, bus } = createMemorySite(clock)
  const reference = createReferenceLog(clock, () => registry.epoch)
  const gate = <T extends object>(log: T): T =>
    new Proxy(log, {
      get(target, name, receiver): unknown {
        const member: unknown = Reflect.get(target, name, receiver)
        if (!failing || typeof member !== 'function') return member
        return () => Promise.reject(new CtiError('STORE_UNAVAILABLE', { retryAfterMs: 1000 }))
      },
    })
  return {
    name: 'embedded',
    description: 'in memory, for tests',
    log: gate(reference),
    logouts: gate(createMemoryLogoutLog(clock)),
    audit: gate(createMemoryAuditLog(clock, () => reference.all())),
    events: gate(createMemoryEventLog(clock, () => registry.epoch, given.keepEvents ?? 100_000)),
    wakeUps: createMemoryWakeUps(clock, () => failing),
    budgets: gate(budgets),
    sites: gate(sites),
    registry: gate(registry),
    bus,
    all: () => reference.all(),
    fail(on) {
      failing = on
    },
    async ping({ deadline }) {
      await Promise.resolve()
      if (failing || clock.now() > deadline) throw new CtiError('STORE_UNAVAILABLE', { retryAfterMs: 1000 })
    },
    async close() {
      await this.wakeUps.close(1000)
    },
  }
}
