import type { Logger } from '../adapter.js'
import type { Clock } from '../clock.js'
import type { CommandLog, EngineOptions } from '../command-log.js'
import type { Beat } from '../site/engine-registry.js'
import { isFinal, type Command } from '../model/command.js'
import { toCtiError } from '../model/error.js'

/**
 * Tells of the commands whose end was stored by a process that died before it had told it.
 *
 * A command's end is stored first and told up to 20 ms later, so that nobody waits for the telling. Whoever starts, and whoever finds
 * another process gone, therefore tells anew what has ended around that time; what was told already is left out by the event log.
 */
export interface EventRecovery {
  /** To be called once, before this process runs anything, with the newest sign of life of anybody before its own. */
  started(lastSign: number | undefined): void
  /** For every sign of life. */
  heard(beat: Beat): void
  stop(): void
}

export interface EventRecoveryParts {
  readonly log: Pick<CommandLog, 'endedSince' | 'history'>
  readonly tell: (command: Command) => void
  /** Of this process, as it is among those that are alive. */
  readonly owner: string
  readonly clock: Clock
  readonly logger: Logger
  readonly storeTimeoutMs: number
}

/** From an end to its being told at most, the time between two signs of life, and the difference of the clocks, ms. */
const BEFORE_SIGN_MS = 10_000
/** A process counts as gone this long after its last sign of life at most, ms. */
const GONE_MS = 10_000
const MAX_AGENTS = 100_000
/** Commands of an agent that are looked at in one step, and at most. */
const COMMANDS = 16
const MAX_COMMANDS = 64
const AT_ONCE = 4
const AGAIN_MS = 2_000

export function createEventRecovery({ log, tell, owner, clock, logger, storeTimeoutMs }: EventRecoveryParts): EventRecovery {
  let alive: ReadonlySet<string> = new Set()
  let stopped = false
  const cancels = new Set<() => void>()
  const within = (): EngineOptions => ({ deadline: clock.now() + storeTimeoutMs })

  /** Newest first, as far back as any ended in that time; told in the order in which they were accepted. */
  async function tellAgent(key: string, since: number): Promise<void> {
    const ended: Command[] = []
    for (let looked = 0, before: number | undefined; looked < MAX_COMMANDS; looked += COMMANDS) {
      const page = await log.history(key, COMMANDS, before, within())
      const found = page.filter(({ status, settledAt = 0 }) => isFinal(status) && settledAt >= since - BEFORE_SIGN_MS)
      ended.push(...found)
      before = page.at(-1)?.seq
      if (found.length === 0 || page.length < COMMANDS) break
    }
    for (const command of ended.reverse()) tell(command)
  }

  async function tellSince(since: number): Promise<void> {
    const keys = await log.endedSince(since, MAX_AGENTS, within())
    const waiting = [...keys]
    const work = async (): Promise<void> => {
      for (let key = waiting.pop(); key !== undefined && !stopped; key = waiting.pop()) await tellAgent(key, since)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    if (keys.length > 0) logger.debug({ agents: keys.length }, 'ends of commands are told anew')
  }

  function recover(since: number): void {
    if (stopped) return
    tellSince(since).catch((error: unknown) => {
      logger.warn({ err: toCtiError(error).message }, 'ends of commands are not told anew; it is tried again')
      const cancel = clock.after(AGAIN_MS, () => {
        cancels.delete(cancel)
        recover(since)
      })
      cancels.add(cancel)
    })
  }

  return {
    started(lastSign) {
      if (lastSign !== undefined) recover(lastSign - BEFORE_SIGN_MS)
    },
    heard({ alive: now, previousAt = clock.now() }) {
      const gone = [...alive].some((one) => !now.includes(one))
      alive = new Set(now)
      // One of those who are left is enough.
      if (gone && [...now].sort()[0] === owner) recover(previousAt - GONE_MS - BEFORE_SIGN_MS)
    },
    stop() {
      stopped = true
      for (const cancel of cancels) cancel()
    },
  }
}
