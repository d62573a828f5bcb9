import { lastRung, rung, type LadderOptions } from './ladder.js'

/** Where a session is on the ladder: which side comes next, after which pause. */
export interface Climb {
  /** Index of the side that is in use or is tried next. */
  readonly side: number
  /** The side of now is tried at once, as the first rung. */
  begin(): void
  /** Goes to the next rung and answers the pause before it, ms. */
  next(): number
  /** The side of now has answered: the way back begins with it, with the longest pause at most. */
  arrived(): void
  /** A session that has lasted begins the ladder anew. */
  lasted(): void
  /** Goes on with the other side, at the beginning of a round. */
  preferOther(): void
  /** Goes on with the longest pause: the server said that somebody else is the right client. */
  backOff(): void
}

export function createClimb(ladder: LadderOptions, random: () => number): Climb {
  let base = 0
  let side = 0
  let attempt = 0
  return {
    get side() {
      return side
    },
    begin() {
      attempt = 1
    },
    next() {
      const { offset, pauseMs } = rung(attempt, random(), ladder)
      attempt += 1
      side = (base + offset) % ladder.sides
      return pauseMs
    },
    arrived() {
      base = side
      attempt = Math.min(attempt, lastRung(ladder))
    },
    lasted() {
      attempt = 0
    },
    preferOther() {
      base = (side + 1) % ladder.sides
      attempt += attempt % ladder.sides
    },
    backOff() {
      attempt = lastRung(ladder)
    },
  }
}
