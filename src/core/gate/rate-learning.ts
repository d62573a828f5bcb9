/** What is learned from a vendor that says 429. Pure: time and evidence come from outside. */
export const LEARNING = {
  /** Of what succeeded in a second; the rest is for the uneven ways of the network. */
  margin: 0.85,
  /**
   * What remains of a learned rate that was too high. Being told so means that the vendor allows less than it: more than
   * 70 % of what the vendor allows stays, which halving would not promise, and a rate ten times too high is found in seven steps.
   */
  cut: 0.7,
  /**
   * The same of a rate that has stood for `stoodMs` without 429: it cannot be far too high, two calls came close together. 70 % each time
   * would make a forced logout wait for a second at a vendor that takes two calls in one.
   */
  slightCut: 0.9,
  stoodMs: 30_000,
  /**
   * Growth of a learned rate after `quietMs` without 429. Well below a rate that has proved itself, each further raise comes after half the
   * time and is twice as large, within the limits below: what others have ruined is back within half an hour.
   */
  raise: 0.05,
  largestRaise: 1,
  quietMs: 600_000,
  shortestQuietMs: 60_000,
  /** Part of the proved rate up to which growth is fast. */
  fastUpTo: 0.8,
  /** What remains of the proved rate after each 429: a vendor may really have become slower. */
  trust: 0.9,
  /** Nothing is sent for this long after a 429 that does not say for how long. */
  pauseMs: 1_000,
  longestPauseMs: 3_600_000,
  /**
   * Nothing learned goes below this. An account is often shared with other programs, whose calls cause 429s whatever our own rate is: without a
   * limit each of them would slow us down further, until nobody could log out. A vendor that allows even less says so by its 429s,
   * which cost no attempt.
   */
  leastPerSecond: 0.5,
} as const

const SLOT_MS = 100
const SLOTS_A_SECOND = 1_000 / SLOT_MS
/** The last 10 s. */
const SLOTS = 10 * SLOTS_A_SECOND

/** How many calls were begun when, over the last 10 s, in slots of 100 ms: its size does not depend on the load. */
export interface CallRecord {
  /** `now`: monotonic ms, as everywhere here. */
  begun(now: number): void
  /** This call did not count after all: the vendor refused it for coming too often, or it was never sent. */
  withdrawn(begunAt: number): void
  /** The most calls of any one second: what the vendor is known to have taken, those on their way included. */
  bestSecond(now: number): number
}

export function createCallRecord(): CallRecord {
  const counts = new Int32Array(SLOTS)
  const slots = new Float64Array(SLOTS).fill(-1)
  return {
    begun(now) {
      const slot = Math.floor(now / SLOT_MS)
      const at = slot % SLOTS
      if (slots[at] !== slot) {
        slots[at] = slot
        counts[at] = 0
      }
      counts[at] = (counts[at] as number) + 1
    },
    withdrawn(begunAt) {
      const slot = Math.floor(begunAt / SLOT_MS)
      const at = slot % SLOTS
      if (slots[at] === slot) counts[at] = (counts[at] as number) - 1
    },
    bestSecond(now) {
      const last = Math.floor(now / SLOT_MS)
      const of = (slot: number): number => (slot >= 0 && slots[slot % SLOTS] === slot ? (counts[slot % SLOTS] as number) : 0)
      let best = 0
      let sum = 0
      for (let slot = last - SLOTS + 1; slot <= last; slot += 1) {
        sum += of(slot)
        if (slot > last - SLOTS + SLOTS_A_SECOND) sum -= of(slot - SLOTS_A_SECOND)
        best = Math.max(best, sum)
      }
      return best
    },
  }
}

/**
 * The first rate of an account. One process sees its own calls only and supposes that the others had as many, and one more: the
 * smallest estimate of all processes counts, and 30 % too much is corrected soon, while too little stays.
 */
export function firstRate(bestSecond: number, processes: number, configured: number | undefined): number {
  const taken = processes > 1 ? (bestSecond + 1) * processes : Math.max(1, bestSecond)
  return atLeast(Math.min(LEARNING.margin * taken, (configured ?? Number.POSITIVE_INFINITY) * LEARNING.cut), configured)
}

/** After a 429 although the learned rate was kept; `stoodMs`: for so long without one. */
export function lowerRate(learned: number, configured: number | undefined, stoodMs = 0): number {
  return atLeast(learned * (stoodMs >= LEARNING.stoodMs ? LEARNING.slightCut : LEARNING.cut), configured)
}

/** How long must be quiet for the next raise, ms, when `raises` have followed each other without 429. */
export function quietBeforeRaise(raises: number): number {
  return Math.max(LEARNING.shortestQuietMs, LEARNING.quietMs / 2 ** raises)
}

/** After that; never above what is configured. */
export function higherRate(learned: number, configured: number | undefined, raises: number): number {
  const growth = Math.min(LEARNING.largestRaise, LEARNING.raise * 2 ** raises)
  return Math.min(learned * (1 + growth), configured ?? Number.POSITIVE_INFINITY)
}

export function pauseOf(retryAfterMs: number | undefined): number {
  return Math.min(LEARNING.longestPauseMs, Math.max(retryAfterMs ?? LEARNING.pauseMs, 1))
}

/** A configured rate below the least is one that somebody knows: it may be learned down to a tenth. */
function atLeast(perSecond: number, configured: number | undefined): number {
  return Math.max(Math.min(LEARNING.leastPerSecond, (configured ?? Number.POSITIVE_INFINITY) / 10), perSecond)
}
