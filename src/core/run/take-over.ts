import type { Clock } from '../clock.js'
import type { Command } from '../model/command.js'
import { forgetEldest } from '../model/forget-eldest.js'

/**
 * When this process may work on what another one has accepted.
 *
 * An acceptance whose answer was lost with the engine is told as failed, and its process takes it back when the engine is back. Whoever is back
 * sooner must not be quicker: it would send what nobody is promised. So after a time without the engine, what others have accepted waits here for
 * a moment; so does what this process itself was not told of. What it has accepted or sent before, and what was accepted since, does not wait.
 */
export interface TakeOver {
  /** Of this command it is known that its acceptance was told: it was accepted or sent here, or its process says so. */
  known(commandId: string): void
  /** The command has ended. */
  ended(commandId: string): void
  /** This process has given the engine a sign of life: was it answered? */
  sign(answered: boolean): void
  /** Is there anything at all that must wait now? */
  readonly waiting: boolean
  /** True: the command must wait, and its agent is run when the time is over. */
  waits(key: string, command: Command): boolean
  /** Does the agent wait here? */
  holds(key: string): boolean
  stop(): void
}

/**
 * So long after the engine's first answer, ms: the slowest way back of another process (a connection that is tried every second at most, then
 * an undo that is tried every half) and no longer than the callers of the commands that wait are used to.
 */
export const GRACE_MS = 2_000
/** With an engine that comes and goes: so long in a row at most, and then not for as long. What a dead process has left must not wait for ever, ms. */
const LONGEST_MS = 10_000
/** Commands that are remembered: those that are open. One that is forgotten waits. */
const REMEMBERED = 20_000
/** Agents that are remembered while they wait; the sweep finds the others. */
const LIMIT = 200_000

/** `onOver` gets the agents that have waited. */
export function createTakeOver(clock: Clock, onOver: (keys: readonly string[]) => void): TakeOver {
  const told = new Set<string>()
  let held = new Set<string>()
  let away = false
  let until = 0
  let seriesEnd = 0
  let nextSeries = 0
  /** Our wall clock when the engine answered again. */
  let backAt = 0
  let cancel: (() => void) | undefined
  let stopped = false

  const isWaiting = (): boolean => {
    if (!away && until === 0) return false
    const now = clock.monotonic()
    return away ? now < seriesEnd || now >= nextSeries : now < until
  }

  function over(): void {
    cancel = undefined
    if (away) return // when it is back again
    until = 0
    const keys = [...held]
    held = new Set()
    onOver(keys)
  }

  return {
    known(commandId) {
      told.add(commandId)
      forgetEldest(told, REMEMBERED)
    },
    ended: (commandId) => void told.delete(commandId),
    sign(answered) {
      if (!answered) away = true
      if (!answered || !away || stopped) return
      away = false
      const now = clock.monotonic()
      if (now >= nextSeries) {
        seriesEnd = now + LONGEST_MS
        nextSeries = seriesEnd + LONGEST_MS
      }
      until = Math.min(now + GRACE_MS, seriesEnd)
      backAt = clock.now()
      cancel?.()
      cancel = clock.after(Math.max(0, until - now), over)
    },
    get waiting() {
      return isWaiting()
    },
    waits(key, { id, acceptedAt }) {
      if (!isWaiting() || told.has(id) || (!away && acceptedAt >= backAt)) return false
      if (held.size < LIMIT) held.add(key)
      return true
    },
    holds: (key) => held.has(key) && isWaiting(),
    stop() {
      stopped = true
      cancel?.()
    },
  }
}
