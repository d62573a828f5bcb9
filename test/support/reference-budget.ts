import type { BudgetStore } from '../../src/core/budget.js'
import type { Clock } from '../../src/core/clock.js'
import { CtiError } from '../../src/core/model/error.js'

/** The contract of budget.ts in one process and in the plainest way; counts what is asked of it. */
export interface ReferenceBudget extends BudgetStore {
  readonly takes: number
  readonly granted: number
  readonly restricts: number
  /** `away`: rejects. `hung`: never answers. */
  mode: 'fine' | 'away' | 'hung'
  /** What is stored for the account. */
  learned(account: string): number | undefined
}

interface Bucket {
  tokens: number
  filledAt: number
  learned?: number
  pausedUntil: number
  /** Priority → until when less urgent ones are refused. */
  readonly refused: Map<number, number>
}

const RESERVED_MS = 1_500

/** `latencyMs`: one round trip. */
export function createReferenceBudget(clock: Clock, latencyMs: () => number = () => 0): ReferenceBudget {
  const buckets = new Map<string, Bucket>()
  const bucketOf = (account: string): Bucket => {
    const known = buckets.get(account) ?? {
      tokens: Number.POSITIVE_INFINITY,
      filledAt: 0,
      pausedUntil: 0,
      refused: new Map<number, number>(),
    }
    buckets.set(account, known)
    return known
  }
  let takes = 0
  let granted = 0
  let restricts = 0
  const trip = async (): Promise<void> => {
    if (budget.mode === 'hung') await new Promise(() => {})
    const ms = latencyMs()
    if (ms > 0) await clock.sleep(ms)
    if (budget.mode === 'away') throw new CtiError('STORE_UNAVAILABLE')
  }

  const budget: ReferenceBudget = {
    mode: 'fine',
    get takes() {
      return takes
    },
    get granted() {
      return granted
    },
    get restricts() {
      return restricts
    },
    learned: (account) => buckets.get(account)?.learned,
    async take(account, priority, limit) {
      takes += 1
      await trip()
      const bucket = bucketOf(account)
      const perSecond = Math.min(bucket.learned ?? Number.POSITIVE_INFINITY, limit.perSecond ?? Number.POSITIVE_INFINITY)
      if (perSecond === Number.POSITIVE_INFINITY) return { granted: true, retryInMs: 0 }
      const now = clock.monotonic()
      bucket.tokens = Math.min(limit.burst, bucket.tokens + ((now - bucket.filledAt) / 1000) * perSecond)
      bucket.filledAt = now
      const refuse = (retryInMs: number): { granted: false; retryInMs: number; perSecond: number } => {
        bucket.refused.set(priority, now + RESERVED_MS)
        return { granted: false, retryInMs: Math.ceil(retryInMs), perSecond }
      }
      if (now < bucket.pausedUntil) return refuse(bucket.pausedUntil - now)
      // Float arithmetic may leave a whole token a hair short.
      if (bucket.tokens < 1 - 1e-9) return refuse(((1 - bucket.tokens) / perSecond) * 1000)
      for (const [other, until] of bucket.refused) if (other < priority && until > now) return refuse(1000 / perSecond)
      bucket.refused.delete(priority)
      bucket.tokens -= 1
      granted += 1
      return { granted: true, retryInMs: 0, perSecond }
    },
    async restrict(account, { perSecond, pauseMs, raise }) {
      restricts += 1
      await trip()
      const bucket = bucketOf(account)
      const now = clock.monotonic()
      bucket.learned = raise === true ? perSecond : Math.min(perSecond, bucket.learned ?? Number.POSITIVE_INFINITY)
      bucket.pausedUntil = Math.max(bucket.pausedUntil, now + pauseMs)
    },
  }
  return budget
}
