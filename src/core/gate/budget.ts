import type { EngineOptions } from '../command-log.js'

/** How fast one vendor account may be called. */
export interface RateLimit {
  /** Tokens a second; missing means without limit until a 429 teaches one. */
  readonly perSecond?: number
  /** Tokens that may be saved up; at least 1. */
  readonly burst: number
}

export interface Granted {
  readonly granted: boolean
  /** When refused: ms until asking again makes sense. */
  readonly retryInMs: number
  /** The rate in force, tokens a second; missing means none: ask no more until `restrict` is called or told by the bus. */
  readonly perSecond?: number
}

/**
 * One token bucket for each vendor account, shared by all processes of the site.
 *
 * Guarantees: one atomic step each; within any second no more than rate + burst tokens over all processes; a caller is
 * refused while a more urgent one (smaller priority) of any process was refused within the last 1,500 ms and has not been
 * served since, so that a forced logout of one process does not queue behind another's reads.
 */
export interface BudgetStore {
  take(account: string, priority: number, limit: RateLimit, options: EngineOptions): Promise<Granted>
  /**
   * What a 429 taught: from now on no more than `perSecond` (the smaller one of it and what is stored wins unless `raise`),
   * and nothing at all for `pauseMs`. Kept until raised.
   */
  restrict(
    account: string,
    learned: { readonly perSecond: number; readonly pauseMs: number; readonly raise?: boolean },
    options: EngineOptions,
  ): Promise<void>
}
