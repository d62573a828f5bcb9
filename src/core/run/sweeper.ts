import type { Logger } from '../adapter.js'
import type { Clock } from '../clock.js'
import { toCtiError } from '../model/error.js'
import { paced } from './paced.js'
import type { Runner } from './runner.js'
import type { Engine } from '../wake-ups.js'

export interface SweeperParts {
  readonly engine: Pick<Engine, 'log' | 'logouts'>
  readonly runner: Runner
  readonly clock: Clock
  readonly logger: Logger
  readonly mayRun: (key: string) => boolean
  /** Tells the process that may run this agent. */
  readonly forward: (key: string) => void
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
  /** An alarm: retries are due that nobody may have in hand. Resolves when each has been begun with. */
  look(): Promise<void>
  /** Does not wait for the next time. */
  sweep(): void
  stop(): void
}

const BATCH = 2_000
/** Batches of one alarm or sweep at most. */
const ROUNDS = 50
/** Only retries, no agents that nobody has touched for a while. */
const NOT_IDLE = 10 * 365 * 86_400_000
/** A found agent that is still in work after this gives its place to the next one, ms. */
const PATIENCE_MS = 250

export function createSweeper(
  { engine, runner, clock, logger, mayRun, forward, onRewoken }: SweeperParts,
  settings: SweeperSettings,
): Sweeper {
  const { log, logouts } = engine
  let stopTimer: (() => void) | undefined
  let running = false
  let looking = false
  let stopped = false
  let again = false
  /** Listed by an alarm or a sweep, and not through: of what is overdue, both find the same. */
  const inHand = new Set<string>()
  let lastPrune = 0

  /**
   * Runs what is due and not in hand here, batch after batch: the longest queue is the one after an absence of the vendor, and nobody must wait
   * for the next sweep because of those before him. No agent twice: those that another process holds stay due. Answers how many agents that were.
   */
  const runDue = async (idleMs: number): Promise<number> => {
    const seen = new Set<string>()
    let found = 0
    for (let round = 0; round < ROUNDS && !stopped; round += 1) {
      const due = await log.due(clock.now(), idleMs, BATCH, { deadline: clock.now() + settings.storeTimeoutMs })
      const fresh = due.filter((key) => !seen.has(key) && !inHand.has(key) && !runner.busy(key))
      for (const key of fresh) seen.add(key)
      if (idleMs === NOT_IDLE) for (const key of fresh) if (!mayRun(key)) forward(key)
      const mine = fresh.filter(mayRun)
      found += mine.length
      await runAll(mine)
      if (due.length < BATCH || fresh.length === 0) break
    }
    return found
  }

  async function runAll(keys: readonly string[]): Promise<void> {
    for (const key of keys) inHand.add(key)
    const run = (key: string): Promise<void> => runner.run(key).finally(() => inHand.delete(key))
    await paced(keys, run, clock, { atOnce: settings.atOnce, patienceMs: PATIENCE_MS })
  }

  const look = async (): Promise<void> => {
    again = true
    if (looking) return
    looking = true
    try {
      while (again) {
        again = false
        await runDue(NOT_IDLE)
      }
    } catch (error) {
      logger.warn({ err: toCtiError(error).message }, 'retries not looked for; the next sweep finds them')
    } finally {
      looking = false
    }
  }

  const sweep = async (idleMs: number): Promise<void> => {
    if (running) return
    running = true
    try {
      const found = await runDue(idleMs)
      if (found > 0) onRewoken?.(found)
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
    look,
    sweep: () => void sweep(settings.idleMs),
    start() {
      lastPrune = clock.monotonic()
      void sweep(-1) // also what was accepted in this very millisecond
      stopTimer = clock.every(settings.intervalMs, () => void sweep(settings.idleMs))
    },
    stop() {
      stopped = true
      stopTimer?.()
      stopTimer = undefined
    },
  }
}
