import type { Clock } from '../../src/core/clock.js'
import { CtiError } from '../../src/core/model/error.js'

/**
 * How a vendor counts. `sliding`: no more than r in any second · `fixed`: no more than r in a second of its clock · `bucket`:
 * r saved up, r more a second.
 */
export type Counting = 'sliding' | 'fixed' | 'bucket'

export interface LimitedVendor {
  /** One call: undefined when it was taken, else a 429. */
  call(): Promise<CtiError | undefined>
  /** When calls were taken and when refused, monotonic ms. */
  readonly taken: readonly number[]
  readonly refused: readonly number[]
}

/** A vendor that takes `perSecond` calls a second and says 429 to the others, behind a network of uneven speed. */
export function createLimitedVendor(
  clock: Clock,
  options: { perSecond: number; counting: Counting; latencyMs: () => number; retryAfterMs?: number },
): LimitedVendor {
  const { perSecond, counting, latencyMs, retryAfterMs } = options
  const taken: number[] = []
  const refused: number[] = []
  let tokens = perSecond
  let filledAt = clock.monotonic()

  const counted: Record<Counting, (now: number) => boolean> = {
    sliding: (now) => taken.length < perSecond || (taken.at(-perSecond) as number) <= now - 1000,
    fixed: (now) => taken.length < perSecond || Math.floor((taken.at(-perSecond) as number) / 1000) < Math.floor(now / 1000),
    bucket(now) {
      tokens = Math.min(perSecond, tokens + ((now - filledAt) / 1000) * perSecond)
      filledAt = now
      if (tokens < 1) return false
      tokens -= 1
      return true
    },
  }

  return {
    taken,
    refused,
    async call() {
      await clock.sleep(latencyMs() / 2)
      const now = clock.monotonic()
      const allowed = counted[counting](now)
      ;(allowed ? taken : refused).push(now)
      await clock.sleep(latencyMs() / 2)
      if (allowed) return undefined
      const fault = { system: 'limited', code: '429', httpStatus: 429 }
      return new CtiError('VENDOR_BUSY', { fault, ...(retryAfterMs !== undefined && { retryAfterMs }) })
    },
  }
}
