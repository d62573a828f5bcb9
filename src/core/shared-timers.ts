/** Calls `fn` once after `ms`, or never when the returned function is called before. Does not keep the process alive. */
export type After = (ms: number, fn: () => void) => () => void

/** One planned call. A list of them is a ring through its anchor, in the order of their time. */
interface Entry {
  readonly due: number
  readonly fn: () => void
  before: Entry
  behind: Entry
}

/** All calls with the same delay: who comes later is due later, so that one timer, for the first of them, is enough. */
interface Delay {
  readonly anchor: Entry
  armed: boolean
}

const NOTHING = (): void => {}
/** The longest that Node can wait; what is planned for later goes through several. */
const LONGEST_MS = 2 ** 31 - 1
/** Delays that nobody waits for are forgotten when there are as many; most processes know a handful. */
const KNOWN_DELAYS = 1_024

/**
 * Timers for a process that plans thousands a second and lets hardly any of them go off: a deadline for each call, a renewal for each
 * lease. One of Node's own costs a microsecond or two to make and to clear, most of it for not keeping the process alive.
 *
 * Guarantees, as of `setTimeout`: never early; of equal delays in the order in which they were planned; what is cancelled is let go of at
 * once. A call that throws does not keep the others from theirs.
 */
export function createSharedTimers(monotonic: () => number, timer: (ms: number, fn: () => void) => void): After {
  const delays = new Map<number, Delay>()
  let bound = KNOWN_DELAYS

  function delayOf(ms: number): Delay {
    const known = delays.get(ms)
    if (known !== undefined) return known
    if (delays.size >= bound) {
      for (const [old, { armed }] of delays) if (!armed) delays.delete(old)
      bound = Math.max(KNOWN_DELAYS, 2 * delays.size)
    }
    const anchor = { due: Number.POSITIVE_INFINITY, fn: NOTHING } as Entry
    anchor.before = anchor.behind = anchor
    const fresh: Delay = { anchor, armed: false }
    delays.set(ms, fresh)
    return fresh
  }

  function arm(delay: Delay, ms: number): void {
    delay.armed = true
    timer(Math.min(ms, LONGEST_MS), () => goOff(delay))
  }

  /** It counts as armed meanwhile: what is planned by those that go off is due later than what waits already. */
  function goOff(delay: Delay): void {
    const { anchor } = delay
    try {
      for (let first = anchor.behind; first.due <= monotonic(); first = anchor.behind) {
        unlink(first)
        first.fn()
      }
    } finally {
      if (anchor.behind === anchor) delay.armed = false
      else arm(delay, Math.max(1, Math.ceil(anchor.behind.due - monotonic())))
    }
  }

  return (given, fn) => {
    const ms = given > 1 ? Math.ceil(given) : 1
    const delay = delayOf(ms)
    const { anchor } = delay
    const entry: Entry = { due: monotonic() + ms, fn, before: anchor.before, behind: anchor }
    anchor.before.behind = entry
    anchor.before = entry
    if (!delay.armed) arm(delay, ms)
    return () => unlink(entry)
  }
}

/** Does nothing to one that is not in its list any more. */
function unlink(entry: Entry): void {
  entry.before.behind = entry.behind
  entry.behind.before = entry.before
  entry.before = entry.behind = entry
}
