import type { Logger } from '../adapter.js'
import type { Clock } from '../clock.js'
import type { CommandLog, EngineOptions } from '../command-log.js'
import { createLogoutTexts, type LogoutTexts, type ReasonsOf } from './logout-texts.js'
import type { LogoutLog, LogoutRecord } from './logout-log.js'
import type { AgentState, AgentView, ViewReason } from '../model/agent-state.js'
import { agentKey, type Command } from '../model/command.js'
import { toCtiError } from '../model/error.js'
import { forgetEldest } from '../model/forget-eldest.js'
import type { Presence } from './presence.js'

/**
 * Writes down every logout that presence sees, with what is known of its reason.
 *
 * Guarantees: never blocks or fails the event that it watches; memory is bounded (the oldest unwritten one goes first, with a
 * warning); what could not be stored is tried again until it is. An agent who is learned to be logged out without having
 * been seen logged in has not logged out, and UNKNOWN in between hides nothing: a fail-over is such a case.
 */
export interface LogoutRecorder {
  /** Stops watching and tries once more to store what is left, within the bound. Idempotent. */
  stop(graceMs: number): Promise<void>
}

export interface LogoutRecorderParts {
  readonly presence: Pick<Presence, 'observe'>
  readonly reasonsOf: ReasonsOf
  readonly logouts: Pick<LogoutLog, 'record'>
  readonly log: Pick<CommandLog, 'history'>
  readonly clock: Clock
  readonly logger: Logger
  readonly storeTimeoutMs: number
  /** Logouts that wait to be stored. Default 20,000: two large sites that fail over while the store is away. */
  readonly maxWaiting?: number
}

/** A LOGOUT command of this long before counts as what the logout follows, ms. */
export const LOGOUT_COMMAND_MS = 60_000
/** Commands looked through for it. */
const HISTORY = 20
/** A deferred command is settled by the very event that is recorded; other instances may tell it a little later, ms. */
const SETTLE_SLACK_MS = 5_000
/** Stored at once: commands come first. */
const CONCURRENCY = 4
const RETRY_MS = { base: 500, cap: 10_000 }
const MAX_WAITING = 20_000
/** Agents of whom more is remembered than their view: those in UNKNOWN, and those just logged out. */
const MAX_REMEMBERED = 100_000

interface Sighting {
  readonly record: LogoutRecord
  readonly reason: ViewReason | undefined
  /** By our clock, as the commands' instants are. */
  readonly observedAt: number
}

/** A map that forgets what was put in longest ago; one by one where somebody counts what is lost. */
function createBoundedMap<V>(limit: number, onDrop?: () => void) {
  const map = new Map<string, V>()
  return {
    map,
    put(key: string, value: V): void {
      map.delete(key)
      map.set(key, value)
      if (onDrop === undefined) return forgetEldest(map, limit)
      if (map.size <= limit) return
      map.delete(map.keys().next().value as string)
      onDrop()
    },
  }
}

/** The oldest entries of a map, without a copy of all. */
function first<V>(map: ReadonlyMap<string, V>, count: number): readonly (readonly [string, V])[] {
  const entries: (readonly [string, V])[] = []
  for (const entry of map) {
    if (entries.length === count) break
    entries.push(entry)
  }
  return entries
}

/** A known state from which one can log out. */
const isLoggedIn = (state: AgentState | undefined): state is AgentState =>
  state !== undefined && state !== 'UNKNOWN' && state !== 'LOGGED_OUT'

/** Turns pairs of views into sightings. Keeps no more than it needs to see through UNKNOWN and to recognise a late reason. */
function createWatcher(tell: (sighting: Sighting) => void): (platform: string, before: AgentView | undefined, after: AgentView) => void {
  const beforeUnknown = createBoundedMap<AgentState>(MAX_REMEMBERED)
  const lastLogout = createBoundedMap<Sighting>(MAX_REMEMBERED)

  const remember = (key: string, sighting: Sighting): void => {
    lastLogout.put(key, sighting)
    tell(sighting)
  }

  const loggedOut = (key: string, platform: string, previousState: AgentState, after: AgentView): void => {
    const since = after.since !== undefined && Number.isFinite(after.since) ? after.since : after.observedAt
    const { agentId, cause, reason, observedAt } = after
    const record = { platform, agentId, at: Math.trunc(since), previousState, ...(cause !== undefined && { cause }) }
    remember(key, { record, reason, observedAt })
  }

  /**
   * The reason of a logout may come with a later event or read than the logout itself. The first one stays: a record must not
   * be put together from two.
   */
  const learnedMore = (key: string, before: AgentView, after: AgentView): void => {
    const told = lastLogout.map.get(key)
    const sameLogout = before.since === undefined || after.since === undefined || before.since === after.since
    if (told === undefined || !sameLogout) return
    const reason = told.reason ?? after.reason
    const cause = told.record.cause ?? after.cause
    if (reason === told.reason && cause === told.record.cause) return
    remember(key, { ...told, reason, record: { ...told.record, ...(cause !== undefined && { cause }) } })
  }

  return (platform, before, after) => {
    const key = agentKey(platform, after.agentId)
    if (after.state === 'UNKNOWN') {
      if (before !== undefined && before.state !== 'UNKNOWN') beforeUnknown.put(key, before.state)
      return
    }
    const previous = before?.state === 'UNKNOWN' ? beforeUnknown.map.get(key) : before?.state
    beforeUnknown.map.delete(key)
    if (after.state !== 'LOGGED_OUT') lastLogout.map.delete(key)
    else if (isLoggedIn(previous)) loggedOut(key, platform, previous, after)
    else if (before?.state === 'LOGGED_OUT') learnedMore(key, before, after)
  }
}

/**
 * The LOGOUT command that this logout follows: the newest one that was sent to the vendor and not refused, if it was accepted
 * at most 60 s before, or was deferred by the vendor and still waiting then.
 */
export function commandBehind(history: readonly Command[], observedAt: number): Command | undefined {
  const command = history.find(({ action, acceptedAt }) => action.kind === 'LOGOUT' && acceptedAt <= observedAt)
  if (command === undefined || command.sentAt === undefined || command.unchanged === true || command.status === 'rejected') return undefined
  const waited = command.pending === true && (command.settledAt === undefined || command.settledAt >= observedAt - SETTLE_SLACK_MS)
  return waited || observedAt - command.acceptedAt <= LOGOUT_COMMAND_MS ? command : undefined
}

/** Completes a sighting with texts and command. Fails when the store is away. */
async function completed(
  { record, reason, observedAt }: Sighting,
  texts: LogoutTexts,
  log: LogoutRecorderParts['log'],
  options: EngineOptions,
): Promise<LogoutRecord> {
  const [words, history] = await Promise.all([
    texts(record.platform, record.agentId, reason),
    log.history(agentKey(record.platform, record.agentId), HISTORY, undefined, options),
  ])
  const command = commandBehind(history, observedAt)
  return { ...record, ...words, ...(command !== undefined && { commandId: command.id, requestedBy: command.origin.principal }) }
}

export function createLogoutRecorder(parts: LogoutRecorderParts): LogoutRecorder {
  const { clock, logger } = parts
  const texts = createLogoutTexts(parts.reasonsOf, clock)
  const within = (): EngineOptions => ({ deadline: clock.now() + parts.storeTimeoutMs })
  let dropped = 0
  const waiting = createBoundedMap<Sighting>(parts.maxWaiting ?? MAX_WAITING, () => {
    dropped += 1
    if (dropped === 1) logger.error({}, 'the report of logouts is incomplete: the store has been away for too long')
  })
  let failures = 0
  let draining: Promise<void> | undefined
  let cancelRetry: (() => void) | undefined
  let stopped = false

  /** True when it is stored. A failed one goes to the end of the line, so that none can block the others. */
  async function store(key: string, sighting: Sighting): Promise<boolean> {
    try {
      const record = await completed(sighting, texts, parts.log, within())
      await parts.logouts.record(record, within())
      if (waiting.map.get(key) === sighting) waiting.map.delete(key)
      return true
    } catch (error) {
      if (waiting.map.get(key) === sighting) waiting.put(key, sighting)
      if (failures === 0) logger.warn({ err: toCtiError(error).message }, 'a logout could not be stored; it is tried again')
      return false
    }
  }

  async function drain(): Promise<void> {
    while (waiting.map.size > 0) {
      const batch = first(waiting.map, CONCURRENCY)
      const stored = await Promise.all(batch.map(([key, sighting]) => store(key, sighting)))
      if (!stored.every(Boolean)) {
        failures += 1
        return
      }
      failures = 0
    }
    if (dropped > 0) logger.warn({ dropped }, 'logouts are stored again; some are missing in the report')
    dropped = 0
  }

  function kick(): void {
    if (draining !== undefined || cancelRetry !== undefined) return
    draining = drain().finally(() => {
      draining = undefined
      if (waiting.map.size === 0 || stopped) return
      cancelRetry = clock.after(Math.min(RETRY_MS.cap, RETRY_MS.base * 2 ** Math.min(failures, 10)), () => {
        cancelRetry = undefined
        kick()
      })
    })
  }

  const unobserve = parts.presence.observe(
    createWatcher((sighting) => {
      const { platform, agentId, at } = sighting.record
      waiting.put(`${agentKey(platform, agentId)}/${at}`, sighting)
      kick()
    }),
  )

  return {
    async stop(graceMs) {
      stopped = true
      unobserve()
      cancelRetry?.()
      cancelRetry = undefined
      kick()
      if (draining !== undefined) await Promise.race([draining, clock.sleep(graceMs)])
      if (waiting.map.size > 0) logger.warn({ lost: waiting.map.size }, 'logouts that could not be stored are lost')
    },
  }
}
