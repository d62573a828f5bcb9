import type { Logger } from '../adapter.js'
import type { Clock } from '../clock.js'
import type { Beat, EngineRegistry } from './engine-registry.js'
import { toCtiError } from '../model/error.js'

/** Tells the engine every second that this process lives; the engine's bus learns from it whether there are others. */
export interface Heartbeat {
  /** Resolves after the first beat, or when it has failed: the engine may be away. */
  start(): Promise<void>
  /** Takes this process off the list. Bounded by the store's deadline; never rejects. */
  stop(): Promise<void>
  /** Called with every beat that the engine has answered. Returns the function that ends it. */
  observe(listener: (beat: Beat) => void): () => void
  /** The newest answer. */
  readonly last: Beat | undefined
}

export interface HeartbeatParts {
  readonly registry: EngineRegistry
  /** Unique per process. */
  readonly owner: string
  readonly clock: Clock
  readonly logger: Logger
  readonly storeTimeoutMs: number
  /** Told of every beat whether the engine has answered it. */
  readonly onSign?: (answered: boolean) => void
}

const BEAT_MS = 1_000

/** Guarantees: one beat at a time; a slow engine slows the beats down, it does not pile them up; nothing is told after the stop. */
export function createHeartbeat({ registry, owner, clock, logger, storeTimeoutMs, onSign }: HeartbeatParts): Heartbeat {
  const listeners = new Set<(beat: Beat) => void>()
  let last: Beat | undefined
  let beating: Promise<void> | undefined
  let failing = false
  let stopTimer: (() => void) | undefined

  const beat = async (): Promise<void> => {
    try {
      const answer = await registry.beat(owner, { deadline: clock.now() + storeTimeoutMs })
      if (stopTimer === undefined) return
      last = answer
      failing = false
      onSign?.(true)
      for (const listener of listeners) listener(answer)
    } catch (error) {
      if (!failing) logger.warn({ err: toCtiError(error).message }, 'sign of life not stored; it is repeated')
      failing = true
      if (stopTimer !== undefined) onSign?.(false)
    }
  }

  const next = (): Promise<void> => (beating ??= beat().finally(() => (beating = undefined)))

  return {
    start() {
      stopTimer ??= clock.every(BEAT_MS, () => void next())
      return next()
    },
    async stop() {
      stopTimer?.()
      stopTimer = undefined
      await beating
      await registry.leave(owner, { deadline: clock.now() + storeTimeoutMs }).catch(() => undefined)
    },
    observe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    get last() {
      return last
    },
  }
}
