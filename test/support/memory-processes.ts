import type { Bus, BusMessage } from '../../src/core/site/bus.js'
import type { EngineOptions } from '../../src/core/command-log.js'
import type { EngineRegistry } from '../../src/core/site/engine-registry.js'
import { CtiError } from '../../src/core/model/error.js'
import type { SiteLeases } from '../../src/core/site/site-leases.js'
import type { Clock } from '../../src/core/clock.js'
import type { ProcessClock } from './process-clocks.js'
import { createMemorySite } from './memory-site.js'

/** How calls of one process to the engine go: the answer may be lost after the engine has done its work. */
export type Trouble = 'none' | 'not-reached' | 'answer-lost'

/** One process's view of an engine that several processes share. */
export interface ProcessSite {
  readonly sites: SiteLeases
  readonly registry: EngineRegistry
  readonly bus: Bus
  /** Everything that reached this process. */
  readonly heard: readonly BusMessage[]
  trouble: Trouble
  /** Messages to this process that the bus loses. */
  losing: boolean
  /** How long its calls are on their way, each way, ms. */
  delayMs: number
  /** Gone: it hears nothing any more. */
  leave(): void
}

/** An engine in memory that several processes of a test share. Messages are JSON on the way, as on a real one. */
export function createSharedEngine(engineClock: Clock): { join(clock: ProcessClock): ProcessSite } {
  const { sites, registry } = createMemorySite(engineClock)
  const members = new Set<{ hear(message: BusMessage): void }>()

  function join(clock: ProcessClock): ProcessSite {
    const listeners = new Set<(message: BusMessage) => void>()
    const heard: BusMessage[] = []
    const member = {
      hear(message: BusMessage) {
        if (self.losing) return
        clock.after(1, () => {
          heard.push(message)
          for (const listener of [...listeners]) listener(message)
        })
      },
    }
    members.add(member)
    const call = async <T>(options: EngineOptions, work: (options: EngineOptions) => Promise<T>): Promise<T> => {
      const away = new CtiError('STORE_UNAVAILABLE', { retryAfterMs: 1000 })
      const left = options.deadline - clock.now()
      const trouble = self.trouble
      if (trouble === 'not-reached') {
        await clock.sleep(left)
        throw away
      }
      if (self.delayMs > 0) await engineClock.sleep(self.delayMs)
      // The engine keeps its own time: what it gets to later than the deadline it does not do.
      const done = self.delayMs > left ? undefined : await work({ deadline: Number.MAX_SAFE_INTEGER })
      if (self.delayMs > 0) await clock.sleep(self.delayMs)
      if (trouble === 'answer-lost' || self.delayMs > left) throw away
      return done as T
    }
    const self: ProcessSite = {
      sites: {
        acquire: (name, owner, ttlMs, options) => call(options, (o) => sites.acquire(name, owner, ttlMs, o)),
        release: (name, owner, options) => call(options, (o) => sites.release(name, owner, o)),
      },
      registry: {
        beat: (owner, options) => call(options, (o) => registry.beat(owner, o)),
        leave: (owner, options) => call(options, (o) => registry.leave(owner, o)),
        newEpoch: (seen, atLeast, options) => call(options, (o) => registry.newEpoch(seen, atLeast, o)),
      },
      bus: {
        publish(message) {
          if (self.trouble === 'not-reached') return
          const text = JSON.stringify(message)
          for (const other of members) if (other !== member) other.hear(JSON.parse(text) as BusMessage)
        },
        subscribe(listener) {
          listeners.add(listener)
          return () => void listeners.delete(listener)
        },
        get peers() {
          return members.size > 1
        },
      },
      heard,
      trouble: 'none',
      losing: false,
      delayMs: 0,
      leave: () => void members.delete(member),
    }
    return self
  }
  return { join }
}
