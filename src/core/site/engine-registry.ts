import type { EngineOptions } from '../command-log.js'

/** One sign of life of one process, and what the engine remembers. */
export interface Beat {
  /** Changes when somebody found that the engine had been rolled back; stamped on every command at its acceptance. */
  readonly epoch: string
  /** Grows by one with every beat of any process. Smaller than one seen before: the engine was rolled back. */
  readonly count: number
  /** Epoch ms (engine's clock) of the beat before this one, of any process; missing on a new engine. */
  readonly previousAt?: number
  /** Owners that have beaten within the last 5 s, this one included. */
  readonly alive: readonly string[]
}

/** Who is alive on this engine, and whether its past is still there. */
export interface EngineRegistry {
  beat(owner: string, options: EngineOptions): Promise<Beat>
  /** Takes this process off the list. */
  leave(owner: string, options: EngineOptions): Promise<void>
  /**
   * Declares everything accepted so far to be of before a rollback: a new epoch, in one step, if the present one is still
   * `seen` (several processes may find out at once), and `count` lifted to at least `atLeast`. Answers the epoch in force.
   */
  newEpoch(seen: string, atLeast: number, options: EngineOptions): Promise<string>
}
