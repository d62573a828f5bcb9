/** What is learned from a vendor that says 429. Pure: time and evidence come from outside. */
export const LEARNING = {
  /** Of what succeeded in a second; the rest is for the uneven ways of the network. */
  margin: 0.85,
  /**
   * What remains of a learned rate that was too high. Being told so means that the vendor allows less than it: more than
   * 70 % of what the vendor allows stays, which halving would not promise, and a rate ten times too high is found in seven steps.
   */
  cut: 0.7,
  /** Growth of a learned rate after `quietMs` without 429. */
  raise: 1.05,
  quietMs: 600_000,
  /** Nothing is sent for this long after a 429 that does not say for how long. */
  pauseMs: 1_000,
  longestPauseMs: 3_600_000,
  leastPerSecond: 1 / 60,
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
  return atLeast(Math.min(LEARNING.margin * taken, (configured ?? Number.POSITIVE_INFINITY) * LEARNING.cut))
}

/** After a 429 although the learned rate was kept. */
export function lowerRate(learned: number): number {
  return atLeast(learned * LEARNING.cut)
}

/** After `quietMs` without 429; never above what is configured. */
export function higherRate(learned: number, configured: number | undefined): number {
  return Math.min(learned * LEARNING.raise, configured ?? Number.POSITIVE_INFINITY)
}

export function pauseOf(retryAfterMs: number | undefined): number {
  return Math.min(LEARNING.longestPauseMs, Math.max(retryAfterMs ?? LEARNING.pauseMs, 1))
}

function atLeast(perSecond: number): number {
  return Math.max(LEARNING.leastPerSecond, perSecond)
}
