import type { Clock } from '../clock.js'
import type { EngineOptions } from '../command-log.js'
import { CtiError } from '../model/error.js'

/** What an engine answers when it got to an operation after its deadline: nothing was done. */
export const LATE = 'LATE'

/** Share of the remaining time that the engine itself gets; the rest is for the answer's way back. */
const ENGINE_SHARE = 0.5
const RETRY_AFTER_MS = 1000

/** Calls without an answer that an engine may owe us. Beyond it a call is refused at once: every buffer has a bound. */
const MAX_IN_FLIGHT = 5000

export function storeUnavailable(detail: string, cause?: unknown): CtiError {
  const init = { detail, retryAfterMs: RETRY_AFTER_MS }
  return new CtiError('STORE_UNAVAILABLE', cause === undefined ? init : { ...init, cause })
}

/** The engine's clock as seen from here. */
export interface EngineTime {
  /** Epoch ms by the engine's clock, `ms` from now. */
  in(ms: number): number
  /** Asks the engine for its time; keeps the best of a few samples. */
  measure(): Promise<void>
  stop(): void
}

/**
 * Follows an engine's clock, which may differ from ours by any amount.
 *
 * Why not wall clock against wall clock: the offset is kept against the monotonic clock, so that a step of our own wall
 * clock cannot make a late operation look punctual. `sample` answers epoch ms by the engine's clock.
 */
export function createEngineTime(clock: Clock, sample: () => Promise<number>, everyMs: number): EngineTime {
  let offset: number | undefined
  async function once(): Promise<{ roundTrip: number; offset: number }> {
    const before = clock.monotonic()
    const theirs = await sample()
    const after = clock.monotonic()
    return { roundTrip: after - before, offset: theirs - (before + after) / 2 }
  }
  async function measure(): Promise<void> {
    const samples = [await once(), await once(), await once()]
    const best = samples.reduce((a, b) => (b.roundTrip < a.roundTrip ? b : a))
    offset = best.offset
  }
  const stop = clock.every(everyMs, () => {
    measure().catch(() => undefined)
  })
  return {
    in(ms) {
      if (offset === undefined) throw storeUnavailable("the engine's clock is not known yet")
      return Math.floor(clock.monotonic() + offset + ms)
    },
    measure,
    stop,
  }
}

/** The time of an engine that lives in this process. */
export const localTime: EngineTime = {
  in: (ms) => Math.floor(Date.now() + ms),
  measure: () => Promise.resolve(),
  stop: () => undefined,
}

export interface Guard {
  /**
   * Runs one engine operation against its deadline. `operation` gets the deadline for the engine, in the engine's clock.
   * Guarantees: settles at the latest at the deadline (plus the event loop's delay); every failure is STORE_UNAVAILABLE
   * or the `CtiError` that the operation threw.
   * `outcomeUnknown` is called when the caller was told a failure and the engine may have done it nevertheless.
   */
  run<T>(options: EngineOptions, operation: (engineDeadline: number) => Promise<T>, outcomeUnknown?: () => void): Promise<T>
}

export interface GuardParts {
  readonly clock: Clock
  readonly time: EngineTime
  /** True when this error proves that the engine did nothing: it was not asked, or it answered with an error. */
  readonly nothingDone: (error: unknown) => boolean
  /** True when the engine refused because the deadline had passed. */
  readonly late: (error: unknown) => boolean
}

export function createGuard({ clock, time, nothingDone, late }: GuardParts): Guard {
  let inFlight = 0

  function failure(error: unknown): CtiError {
    if (error instanceof CtiError) return error
    if (late(error)) {
      // Perhaps its clock was set; the next deadline shall be right again.
      time.measure().catch(() => undefined)
      return storeUnavailable('the storage engine was too slow; nothing was done')
    }
    return storeUnavailable('the storage engine does not answer', error)
  }

  return {
    run(options, operation, outcomeUnknown) {
      const remaining = options.deadline - clock.now()
      if (!(remaining > 0)) return Promise.reject(storeUnavailable('the deadline had passed before the storage engine was asked'))
      if (inFlight >= MAX_IN_FLIGHT) return Promise.reject(storeUnavailable('too many storage operations are unanswered'))
      return new Promise((resolve, reject) => {
        let told = false
        const cancel = clock.after(remaining, () => {
          told = true
          reject(storeUnavailable('the storage engine did not answer in time'))
          outcomeUnknown?.()
        })
        const settle = (tell: () => void): void => {
          inFlight -= 1
          if (told) return
          told = true
          cancel()
          tell()
        }
        inFlight += 1
        let started: ReturnType<typeof operation>
        try {
          started = operation(time.in(remaining * ENGINE_SHARE))
        } catch (error) {
          settle(() => reject(failure(error)))
          return
        }
        started.then(
          (value) => settle(() => resolve(value)),
          (error: unknown) =>
            settle(() => {
              reject(failure(error))
              if (!(error instanceof CtiError) && !late(error) && !nothingDone(error)) outcomeUnknown?.()
            }),
        )
      })
    },
  }
}

/** An append whose caller was told a failure although it may be in the log. */
export interface Doubtful {
  readonly id: string
  readonly key: string
  readonly idempotencyKey: string | undefined
}

export interface Undoer {
  /** Cancels the command in the log as soon as the engine can be reached, if it is there. */
  add(doubtful: Doubtful): void
  /** Try again now: the engine is back. */
  kick(): void
  stop(): void
}

const MAX_DOUBTFUL = 10_000
/** Several times within the time that others leave us when the engine is back (`GRACE_MS` of run/take-over.ts), ms. */
const UNDO_AGAIN_MS = 500

/**
 * Takes back appends whose callers were told 503 (product rule 5). The first attempt leaves at once: it queues behind the
 * append, so that the engine meets both in order; it is repeated until the engine has answered it.
 */
export function createUndoer(clock: Clock, undo: (doubtful: Doubtful) => Promise<void>): Undoer {
  const open = new Set<Doubtful>()
  const running = new Set<Doubtful>()
  let stopped = false
  function attempt(doubtful: Doubtful): void {
    if (stopped || running.has(doubtful)) return
    running.add(doubtful)
    undo(doubtful)
      .then(() => open.delete(doubtful))
      .catch(() => undefined)
      .finally(() => running.delete(doubtful))
  }
  const kick = (): void => open.forEach(attempt)
  const cancel = clock.every(UNDO_AGAIN_MS, kick)
  return {
    add(doubtful) {
      if (open.size >= MAX_DOUBTFUL) return
      open.add(doubtful)
      attempt(doubtful)
    },
    kick,
    stop() {
      stopped = true
      cancel()
    },
  }
}
