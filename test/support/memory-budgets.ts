import type { BudgetStore } from '../../src/core/gate/budget.js'
import type { Clock } from '../../src/core/clock.js'
import type { EngineOptions } from '../../src/core/command-log.js'
import { CtiError } from '../../src/core/model/error.js'

const RESERVED_MS = 1500

async function inTime(clock: Pick<Clock, 'now'>, { deadline }: EngineOptions): Promise<void> {
  await Promise.resolve()
  if (clock.now() > deadline) throw new CtiError('STORE_UNAVAILABLE', { retryAfterMs: 1000 })
}

interface Bucket {
  learned?: number
  pausedFrom?: number
  pausedUntil?: number
  tokens?: number
  countedAt?: number
  readonly refusedAt: Map<number, number>
}

/** The token bucket's arithmetic, plainly: what the scripts of the real engines are compared with. */
export function createMemoryBudgets(clock: Pick<Clock, 'now'>): BudgetStore {
  const buckets = new Map<string, Bucket>()
  const bucketOf = (account: string): Bucket => {
    const bucket = buckets.get(account) ?? { refusedAt: new Map<number, number>() }
    buckets.set(account, bucket)
    return bucket
  }
  const isPaused = ({ pausedFrom, pausedUntil }: Bucket, now: number): boolean =>
    pausedFrom !== undefined && pausedUntil !== undefined && now >= pausedFrom && now < pausedUntil
  return {
    async take(account, priority, limit, options) {
      await inTime(clock, options)
      const bucket = bucketOf(account)
      const now = clock.now()
      const perSecond = Math.min(limit.perSecond ?? Infinity, bucket.learned ?? Infinity)
      if (perSecond === Infinity) return { granted: true, retryInMs: 0 }
      const burst = Math.max(1, limit.burst)
      const paused = isPaused(bucket, now)
      let tokens = bucket.tokens ?? burst
      if (!paused) tokens = Math.min(burst, tokens + (Math.max(0, now - (bucket.countedAt ?? now)) / 1000) * perSecond)
      for (const [of, at] of bucket.refusedAt) if (at <= now - RESERVED_MS) bucket.refusedAt.delete(of)
      const ahead = [...bucket.refusedAt.keys()].filter((of) => of < priority).length
      const granted = !paused && ahead === 0 && tokens >= 0.999999
      if (granted) bucket.refusedAt.delete(priority)
      else bucket.refusedAt.set(priority, now)
      if (!paused) Object.assign(bucket, { tokens: granted ? tokens - 1 : tokens, countedAt: now })
      if (granted) return { granted, retryInMs: 0, perSecond }
      const pause = (bucket.pausedUntil ?? now) - now + Math.ceil((ahead / perSecond) * 1000)
      const wait = Math.max(ahead > 0 ? 20 : 1, Math.ceil(((1 + ahead - tokens) / perSecond) * 1000))
      return { granted, retryInMs: paused ? pause : wait, perSecond }
    },
    async restrict(account, { perSecond, pauseMs, raise }, options) {
      await inTime(clock, options)
      const bucket = bucketOf(account)
      const now = clock.now()
      bucket.learned = raise === true ? perSecond : Math.min(perSecond, bucket.learned ?? Infinity)
      if (raise === true && pauseMs <= 0) return
      const until = Math.max(now + pauseMs, isPaused(bucket, now) ? (bucket.pausedUntil ?? 0) : 0)
      Object.assign(bucket, { pausedFrom: now, pausedUntil: until, tokens: 1, countedAt: until })
    },
  }
}
