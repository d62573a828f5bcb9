import type { Logger } from '../adapter.js'
import type { BudgetStore, Granted, RateLimit } from './budget.js'
import type { Clock } from '../clock.js'
import type { EngineOptions } from '../command-log.js'
import { withDeadline } from '../deadline.js'
import { CtiError, toCtiError } from '../model/error.js'

export interface BudgetClientParts {
  /** Key of the shared bucket. */
  readonly account: string
  /** Undefined while the engine is being opened: as if it were away. */
  readonly budgets: () => BudgetStore | undefined
  readonly clock: Clock
  readonly storeTimeoutMs: number
  readonly logger: Logger
  /** The store answers again after it was away. */
  readonly onBack: () => void
}

/**
 * The shared bucket, for callers who must not wait for a store that is away.
 * Guarantees: never rejects, ends within the store's timeout; away, it answers undefined at once and the store is tried every
 * 2 s beside the callers; one line in the log when it goes and one when it comes back.
 */
export interface BudgetClient {
  take(priority: number, limit: RateLimit): Promise<Granted | undefined>
  restrict(learned: { readonly perSecond: number; readonly pauseMs: number; readonly raise?: boolean }): Promise<boolean>
}

const AGAIN_MS = 2_000
/** The least urgent there is: looks at the bucket without standing in anybody's way. */
export const LEAST_URGENT = 6

export function createBudgetClient(parts: BudgetClientParts): BudgetClient {
  const { account, clock, logger } = parts
  let away = false
  let againAt = 0

  function call<T>(work: (budgets: BudgetStore, options: EngineOptions) => Promise<T>): Promise<T> {
    const late = (): CtiError => new CtiError('STORE_UNAVAILABLE', { detail: 'the shared budget does not answer' })
    const budgets = parts.budgets()
    if (budgets === undefined) return Promise.reject(new CtiError('STORE_UNAVAILABLE', { detail: 'the store is not open' }))
    const options = { deadline: clock.now() + parts.storeTimeoutMs }
    return withDeadline(clock, parts.storeTimeoutMs, undefined, () => work(budgets, options), late)
  }

  function failed(error: unknown): undefined {
    againAt = clock.monotonic() + AGAIN_MS
    if (!away)
      logger.warn(
        { platform: account, err: toCtiError(error).message },
        'no shared budget: keeping to a share of the rate until it is back',
      )
    away = true
    return undefined
  }

  async function tryAgain(limit: RateLimit): Promise<void> {
    againAt = clock.monotonic() + AGAIN_MS + parts.storeTimeoutMs
    try {
      await call((budgets, options) => budgets.take(account, LEAST_URGENT, limit, options))
    } catch (error) {
      failed(error)
      return
    }
    away = false
    logger.info({ platform: account }, 'the shared budget is back')
    parts.onBack()
  }

  return {
    async take(priority, limit) {
      if (away) {
        if (clock.monotonic() >= againAt) void tryAgain(limit)
        return undefined
      }
      try {
        return await call((budgets, options) => budgets.take(account, priority, limit, options))
      } catch (error) {
        return failed(error)
      }
    },
    async restrict(learned) {
      if (away) return false
      try {
        await call((budgets, options) => budgets.restrict(account, learned, options))
        return true
      } catch (error) {
        failed(error)
        return false
      }
    },
  }
}
