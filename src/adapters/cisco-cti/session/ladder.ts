/** Which side is tried next, and after which pause (vendors/cisco.md section 1.11, "Side selection"). Pure. */
export interface LadderOptions {
  /** 1 or 2. */
  readonly sides: number
  /** Pauses before the later rounds, ms; the last one repeats. Documented: 15, 30, 60, 120 s. */
  readonly pausesMs: readonly number[]
  /** Longest random pause before the second round, ms. Documented: a tenth of a second per client of the server. */
  readonly firstPauseMs: number
}

export interface Rung {
  /** 0 is the side to begin with, 1 the other one. */
  readonly offset: 0 | 1
  readonly pauseMs: number
}

/**
 * Rung `attempt` of the ladder, counted from 0: both sides at once, then rounds of both sides with growing pauses between.
 * `random` in [0, 1) spreads the second round.
 */
export function rung(attempt: number, random: number, options: LadderOptions): Rung {
  const round = Math.floor(attempt / options.sides)
  const offset = options.sides === 2 && attempt % 2 === 1 ? 1 : 0
  if (offset === 1 || round === 0) return { offset, pauseMs: 0 }
  if (round === 1) return { offset, pauseMs: Math.round(random * options.firstPauseMs) }
  return { offset, pauseMs: options.pausesMs[Math.min(round - 2, options.pausesMs.length - 1)] ?? 0 }
}

/** The attempt whose pause is the longest: for a server that says that somebody else is the right client. */
export function lastRung(options: LadderOptions): number {
  return (options.pausesMs.length + 1) * options.sides
}
