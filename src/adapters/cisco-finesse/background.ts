import type { Logger } from '../../core/adapter.js'
import type { Clock } from '../../core/clock.js'
import { CtiError, toCtiError } from '../../core/model/error.js'

/** Named background work on the gateway's clock. */
export interface Background {
  /** Runs `work` after `ms`; a later call for the same slot replaces one that still waits. */
  schedule(slot: string, ms: number, work: () => Promise<void>): void
  /** Runs `work` now. Work of one slot never overlaps: a call while it runs makes it run once more afterwards. */
  run(slot: string, work: () => Promise<void>): void
  cancel(slot: string): void
  /** Is work of this slot waiting or running? */
  has(slot: string): boolean
  /** Is work of this slot waiting for its time? */
  waits(slot: string): boolean
  /** One request with a deadline that also ends when the background stops. */
  within<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>
  readonly stopped: boolean
  /** Aborts on stop. */
  readonly ending: AbortSignal
  /** Cancels all timers and aborts all requests. */
  stop(): void
}

/** Failures are logged by code and never thrown: background work has nobody to tell but the link's state. */
export function createBackground(clock: Clock, log: Logger, requestMs: number): Background {
  const timers = new Map<string, () => void>()
  const running = new Set<string>()
  const again = new Set<string>()
  const requests = new Set<AbortController>()
  const end = new AbortController()
  let stopped = false

  const run = (slot: string, work: () => Promise<void>): void => {
    if (stopped) return
    if (running.has(slot)) return void again.add(slot)
    running.add(slot)
    work()
      .catch((error: unknown) => {
        if (!stopped)
          log.error({ slot, problem: toCtiError(error).code, kind: (error as Error).name }, 'background work of the Finesse link failed')
      })
      .finally(() => {
        running.delete(slot)
        if (again.delete(slot)) run(slot, work)
      })
  }

  const cancel = (slot: string): void => {
    timers.get(slot)?.()
    timers.delete(slot)
  }

  return {
    run,
    cancel,
    schedule(slot, ms, work) {
      cancel(slot)
      if (stopped) return
      timers.set(
        slot,
        clock.after(ms, () => {
          timers.delete(slot)
          run(slot, work)
        }),
      )
    },
    has: (slot) => timers.has(slot) || running.has(slot),
    waits: (slot) => timers.has(slot),
    async within(work) {
      if (stopped) throw new CtiError('STOPPING')
      const controller = new AbortController()
      const done = clock.after(requestMs, () => controller.abort())
      requests.add(controller)
      try {
        return await work(controller.signal)
      } finally {
        done()
        requests.delete(controller)
      }
    },
    get stopped() {
      return stopped
    },
    ending: end.signal,
    stop() {
      stopped = true
      end.abort()
      for (const slot of [...timers.keys()]) cancel(slot)
      for (const controller of requests) controller.abort()
    },
  }
}
