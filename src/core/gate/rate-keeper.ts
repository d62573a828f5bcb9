import type { Logger } from '../adapter.js'
import type { BudgetStore, Granted, RateLimit } from './budget.js'
import { createBudgetClient, LEAST_URGENT } from './budget-client.js'
import type { Clock } from '../clock.js'
import { createCallRecord, firstRate, higherRate, LEARNING, lowerRate, pauseOf, quietBeforeRaise } from './rate-learning.js'

export interface RateParts {
  /** Key of the shared bucket. */
  readonly account: string
  /** What is configured; `perSecond` missing means without limit until a 429 teaches one. */
  readonly limit: RateLimit
  readonly budgets: () => BudgetStore | undefined
  readonly clock: Clock
  readonly storeTimeoutMs: number
  readonly logger: Logger
  /** Processes that call this account, this one included. */
  readonly processes: () => number
  /** This process has changed the shared rate; the others should ask anew. */
  readonly onRate: (perSecond: number) => void
}

export type Token = Pick<Granted, 'granted' | 'retryInMs'>

/** How often one account may be called: asks the shared bucket, learns from 429, and goes on alone while the store is away. */
export interface RateKeeper {
  /** In force, tokens a second. */
  readonly perSecond: number | undefined
  /** The rate in force was taught by a 429, and is not the configured one. */
  readonly learned: boolean
  /** Calls must ask. */
  readonly needed: boolean
  /** ms until anything may be sent after a 429. */
  readonly pauseMs: number
  /** Grows with every lesson; a call keeps the one that it began in. */
  readonly generation: number
  /** Never rejects; ends within the store's timeout. */
  ask(priority: number): Promise<Token>
  /** A call begins. Answers its monotonic ms. */
  begun(): number
  /** It was not sent. */
  withdrawn(begunAt: number): void
  /** The vendor answered it with 429. */
  limited(begunAt: number, generation: number, retryAfterMs: number | undefined): void
  /** Another process changed the rate. */
  changed(): void
}

export function createRateKeeper(parts: RateParts): RateKeeper {
  const { account, limit, clock, logger, processes } = parts
  const configured = limit.perSecond
  const record = createCallRecord()
  const own = createOwnBucket()
  const shared = createBudgetClient({ ...parts, onBack: () => void teach({ pauseMs: 0 }) })
  let learned: number | undefined
  /** The first rate follows from calls of which some are still on their way: it is corrected as they are refused. */
  let estimating = false
  let generation = 0
  let pausedUntil = 0
  let quietSince = clock.monotonic()
  /** That followed each other without 429, while far below `proved`. */
  let raises = 0
  /** The highest rate that was taken, or stood for a while without 429. */
  let proved = 0
  /** Somebody else changed what the store has. */
  let doubtful = false
  /** Lessons on their way to the store: until it has them, what it says is older than what is known here. */
  let teaching = 0

  const inForce = (): number | undefined => learned ?? configured
  const pauseLeft = (): number => Math.max(0, pausedUntil - clock.monotonic())
  const isLesson = (perSecond: number | undefined): perSecond is number =>
    perSecond !== undefined && (configured === undefined || perSecond < configured)
  const estimate = (): number => firstRate(record.bestSecond(clock.monotonic()), processes(), configured)
  // A vendor that has refused counts by rules of its own: from then on calls are spaced evenly.
  const asked = (): RateLimit => (learned === undefined ? limit : { ...limit, burst: 1 })

  async function ask(priority: number): Promise<Token> {
    if (pauseLeft() > 0) return { granted: false, retryInMs: pauseLeft() }
    const askedIn = generation
    const answer = await shared.take(priority, asked())
    // A 429 came meanwhile: the token is one of the rate before it.
    if (generation !== askedIn) return { granted: false, retryInMs: pauseLeft() }
    if (answer === undefined) return alone()
    if (teaching === 0) adopt(answer.perSecond)
    if (answer.granted) raiseWhenQuiet()
    return answer
  }

  function alone(): Token {
    const perSecond = inForce()
    if (perSecond === undefined) return { granted: true, retryInMs: 0 }
    return own.take(clock.monotonic(), perSecond / Math.max(2, processes()))
  }

  /** Takes over what the store says is in force. */
  function adopt(perSecond: number | undefined): void {
    doubtful = false
    proved = Math.max(proved, perSecond ?? 0)
    const before = inForce() ?? Number.POSITIVE_INFINITY
    learned = isLesson(perSecond) ? perSecond : undefined
    if ((inForce() ?? Number.POSITIVE_INFINITY) >= before) return
    generation += 1
    raises = 0
    quietSince = clock.monotonic()
  }

  /** Tells the store what is learned, and again while it is being corrected. A store that is away is told when it is back. */
  async function teach(lesson: { readonly pauseMs: number; readonly first?: boolean; readonly raise?: boolean }): Promise<void> {
    teaching += 1
    try {
      if (lesson.first === true) {
        // A process that was refused a moment earlier has told it already: its estimate is as good, the smaller of both would be too small.
        const known = (await shared.take(LEAST_URGENT, asked()))?.perSecond
        if (isLesson(known)) {
          estimating = false
          learned = known
        }
      }
      for (let told: number | undefined; learned !== undefined && learned !== told;) {
        told = learned
        const { pauseMs, raise } = lesson
        if (!(await shared.restrict({ perSecond: told, pauseMs, ...(raise === true && { raise }) }))) return
        parts.onRate(told)
      }
    } finally {
      teaching -= 1
    }
  }

  function raiseWhenQuiet(): void {
    if (learned === undefined || clock.monotonic() - quietSince < quietBeforeRaise(raises)) return
    const fast = Math.min(proved * LEARNING.fastUpTo, higherRate(learned, configured, raises))
    if (fast > learned) {
      learned = fast
      raises += 1
    } else {
      proved = Math.max(proved, learned)
      learned = higherRate(learned, configured, 0)
      raises = 0
    }
    quietSince = clock.monotonic()
    void teach({ pauseMs: 0, raise: true })
  }

  /** One of the calls before the first lesson was refused, too: fewer were taken than had been thought. */
  function correct(): void {
    const better = estimate()
    if (!estimating || learned === undefined || better >= learned) return
    learned = better
    if (teaching === 0) void teach({ pauseMs: 0 })
  }

  function lesson(retryAfterMs: number | undefined): void {
    const first = learned === undefined
    const pauseMs = pauseOf(retryAfterMs)
    generation += 1
    estimating = first
    learned = learned === undefined ? estimate() : lowerRate(learned, configured, clock.monotonic() - quietSince)
    proved = first ? learned : proved * LEARNING.trust
    raises = 0
    quietSince = clock.monotonic()
    pausedUntil = Math.max(pausedUntil, quietSince + pauseMs)
    logger.warn({ platform: account, perSecond: learned, pauseMs }, 'the platform says that it is called too often')
    void teach({ pauseMs, first })
  }

  return {
    get perSecond() {
      return inForce()
    },
    get learned() {
      return learned !== undefined
    },
    get needed() {
      return learned !== undefined || configured !== undefined || doubtful
    },
    get pauseMs() {
      return pauseLeft()
    },
    get generation() {
      return generation
    },
    ask,
    begun() {
      const now = clock.monotonic()
      record.begun(now)
      return now
    },
    withdrawn: (begunAt) => record.withdrawn(begunAt),
    limited(begunAt, begunIn, retryAfterMs) {
      record.withdrawn(begunAt)
      // Of the calls that were on their way together only the first refusal is news.
      if (begunIn === generation) lesson(retryAfterMs)
      else correct()
    },
    changed() {
      doubtful = true
      quietSince = clock.monotonic()
    },
  }
}

/** One token at a time, evenly spaced; for this process alone. */
function createOwnBucket(): { take(now: number, perSecond: number): Token } {
  let nextAt = 0
  return {
    take(now, perSecond) {
      if (now < nextAt) return { granted: false, retryInMs: nextAt - now }
      nextAt = now + 1_000 / perSecond
      return { granted: true, retryInMs: 0 }
    },
  }
}
