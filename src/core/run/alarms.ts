import type { Logger } from '../adapter.js'
import type { Clock } from '../clock.js'
import { toCtiError } from '../model/error.js'
import type { WakeUps } from '../wake-ups.js'

/** Durable alarms for instants at which retries are due: one stored for all of them that fall into the same slot. */
export interface Alarms {
  /** Somebody alive looks for what is due at `at`, or up to a slot later. Not waited for: should it get lost, the sweeper comes. */
  set(at: number): void
}

/** All retries within it share one alarm, so that a thousand failures a second cost twenty wake-ups, ms. */
export const ALARM_SLOT_MS = 50
/** Slots that are known to be stored; more than lie within the longest delay between two attempts. */
const REMEMBERED = 4_096

export function createAlarms(wakeUps: Pick<WakeUps, 'alarm'>, clock: Clock, logger: Logger): Alarms {
  const stored = new Set<number>()

  async function store(slot: number): Promise<void> {
    try {
      await wakeUps.alarm(slot * ALARM_SLOT_MS, clock.now())
    } catch (error) {
      stored.delete(slot)
      logger.warn({ err: toCtiError(error).message }, 'alarm for retries not stored; the sweeper will return')
    }
  }

  return {
    set(at) {
      const slot = Math.ceil(at / ALARM_SLOT_MS)
      if (stored.has(slot)) return
      stored.add(slot)
      if (stored.size > REMEMBERED) stored.delete(stored.values().next().value as number)
      void store(slot)
    },
  }
}
