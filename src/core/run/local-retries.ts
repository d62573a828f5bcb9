import type { Clock } from '../clock.js'
import type { Lease } from '../command-log.js'
import type { Command } from '../model/command.js'

/** A command that waits for its next attempt, as this process left it in the log. */
export interface Waiting {
  readonly command: Command
  /** Of the lease under which it was put off: while it is the agent's newest, nobody has worked on the agent since. */
  readonly token: Lease['token']
}

/**
 * Agents whose next attempt is planned here. The log has them too, and an alarm of the wake-up queue comes for whoever is alive then;
 * here they are only remembered, so that the process which has failed can go on at the very instant and with what it knows.
 */
export interface LocalRetries {
  /** Calls `due` at `command.nextAttemptAt`. Does nothing when too many wait already: the alarm will do. */
  add(key: string, waiting: Waiting): void
  /** Does the agent wait here, for no longer than this? */
  waits(key: string, atMostMs: number): boolean
  /** Forgets the agent if it waits for one of these commands. Answers whether it did. */
  drop(key: string, commandIds: readonly string[]): boolean
  /** The agent is in work. */
  forget(key: string): void
  stop(): void
}

/** About 1 kB each. */
const LIMIT = 50_000

export function createLocalRetries(clock: Clock, due: (key: string, waiting: Waiting) => void): LocalRetries {
  const waits = new Map<string, { readonly id: string; readonly at: number; readonly cancel: () => void }>()

  function forget(key: string): void {
    const waiting = waits.get(key)
    if (waiting === undefined) return
    waiting.cancel()
    waits.delete(key)
  }

  return {
    add(key, waiting) {
      forget(key)
      const { id, nextAttemptAt } = waiting.command
      if (nextAttemptAt === undefined || waits.size >= LIMIT) return
      const wake = (): void => {
        // Timers may be early by less than a millisecond, and wall clocks are set: nothing is tried before its time.
        const left = nextAttemptAt - clock.now()
        if (left > 0) return void waits.set(key, { id, at: nextAttemptAt, cancel: clock.after(left, wake) })
        waits.delete(key)
        due(key, waiting)
      }
      waits.set(key, { id, at: nextAttemptAt, cancel: clock.after(Math.max(0, nextAttemptAt - clock.now()), wake) })
    },
    waits(key, atMostMs) {
      const at = waits.get(key)?.at
      return at !== undefined && at - clock.now() <= atMostMs
    },
    drop(key, commandIds) {
      const waiting = waits.get(key)
      if (waiting === undefined || !commandIds.includes(waiting.id)) return false
      forget(key)
      return true
    },
    forget,
    stop() {
      for (const key of [...waits.keys()]) forget(key)
    },
  }
}
