import type { Logger } from './adapter.js'
import type { Clock } from './clock.js'
import { toCtiError } from './model/error.js'
import { paced } from './paced.js'
import type { Runner } from './runner.js'
import type { Engine } from './wake-ups.js'

export interface SweeperParts {
  readonly engine: Pick<Engine, 'log' | 'logouts'>
  readonly runner: Runner
  readonly clock: Clock
  readonly logger: Logger
  readonly mayRun: (key: string) => boolean
  readonly onRewoken: ((agents: number) => void) | undefined
}

export interface SweeperSettings {
  /** Agents that are looked at at the same time. */
  readonly atOnce: number
  readonly intervalMs: number
  /** An open command without a planned attempt is looked at again after this, ms: longer than any healthy attempt. */
  readonly idleMs: number
  /** Settled commands, and logouts in the report, are kept this long, ms. */
  readonly retentionMs: number
  readonly storeTimeoutMs: number
}

/**
 * Returns to every open command that nobody works on: after a crash, a lost wake-up, a store that was away. Correctness
 * never rests on the queue.
 */
export interface Sweeper {
  /** First sweep at once: whatever the previous process left open is due now. */
  start(): void
  stop(): void
}

const BATCH = 2_000
/** A found agent that is still in work after this gives its place to the next one, ms. */
const PATIENCE_MS = 250

export function createSweeper({ engine, runner, clock, logger, mayRun, onRewoken }: SweeperParts, settings: SweeperSettings): Sweeper {
  const { log, logouts } = engine
  let stopTimer: (() => void) | undefined
  let running = false
  let lastPrune = 0

  const sweep = async (idleMs: number): Promise<void> => {
    if (running) return
    running = true
    try {
      const within = { deadline: clock.now() + settings.storeTimeoutMs }
      const keys = (await log.due(clock.now(), idleMs, BATCH, within)).filter(mayRun)
      if (keys.length > 0) onRewoken?.(keys.length)
      await paced(keys, (key) => runner.run(key), clock, { atOnce: settings.atOnce, patienceMs: PATIENCE_MS })
      if (clock.monotonic() - lastPrune > 60_000) {
        lastPrune = clock.monotonic()
        const before = clock.now() - settings.retentionMs
        await log.prune(before, { deadline: clock.now() + 5000 })
        await logouts.prune(before, { deadline: clock.now() + 5000 })
      }
    } catch (error) {
      logger.warn({ err: toCtiError(error).message }, 'sweep failed; it is repeated')
    } finally {
      running = false
    }
  }

  return {
    start() {
      lastPrune = clock.monotonic()
      void sweep(-1) // also what was accepted in this very millisecond
      stopTimer = clock.every(settings.intervalMs, () => void sweep(settings.idleMs))
    },
    stop() {
      stopTimer?.()
      stopTimer = undefined
    },
  }
}
