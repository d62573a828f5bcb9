import type { Clock } from '../clock.js'

/**
 * Commands whose next crash would be their last. Only one of them is run at a time: when a command ends the process, everything that was in work beside it
 * is counted as well, and would go to the dead letters together with the one that did it.
 */
export interface Suspects {
  /** True: this agent's command may be run now, and `leave` must be called afterwards. False: another one is being tried. */
  enter(key: string): boolean
  /** Does nothing for an agent that did not enter. */
  leave(key: string): void
}

/** Whoever has survived this long does not end the process; one that waits for its platform does not keep the others waiting, ms. */
const TRIAL_MS = 10_000

export function createSuspects(clock: Pick<Clock, 'monotonic'>): Suspects {
  let present: { readonly key: string; readonly until: number } | undefined
  return {
    enter(key) {
      const now = clock.monotonic()
      if (present !== undefined && present.key !== key && now < present.until) return false
      present = { key, until: now + TRIAL_MS }
      return true
    },
    leave(key) {
      if (present?.key === key) present = undefined
    },
  }
}
