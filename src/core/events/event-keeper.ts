import type { Logger } from '../adapter.js'
import type { Clock } from '../clock.js'
import { toCtiError } from '../model/error.js'
import type { EventLog } from './event-log.js'

export interface EventKeeperParts {
  readonly log: Pick<EventLog, 'forget'>
  /** Those that are configured. */
  readonly platforms: readonly string[]
  /** An agent that was not heard of for so long is forgotten, ms. */
  readonly forgetAgentsMs: number
  readonly clock: Clock
  readonly logger: Logger
}

const EVERY_MS = 3_600_000
/** Not in the rush of a start, ms. */
const FIRST_MS = 60_000
const TIMEOUT_MS = 10_000

/** Keeps the event log from growing with every agent that ever was: a minute after the start, then every hour. Gives the way to end it. */
export function keepEventLog({ log, platforms, forgetAgentsMs, clock, logger }: EventKeeperParts): () => void {
  function forget(): void {
    const now = clock.now()
    log.forget(now - forgetAgentsMs, platforms, { deadline: now + TIMEOUT_MS }).then(
      (agents) => {
        if (agents > 0) logger.info({ agents }, 'agents that were not heard of for long are forgotten')
      },
      (error: unknown) => logger.warn({ err: toCtiError(error).message }, 'old agents are not forgotten; it is tried again in an hour'),
    )
  }
  const ends = [clock.after(FIRST_MS, forget), clock.every(EVERY_MS, forget)]
  return () => ends.forEach((end) => end())
}
