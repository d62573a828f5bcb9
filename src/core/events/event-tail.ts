import type { Logger } from '../adapter.js'
import type { Clock } from '../clock.js'
import type { EngineOptions } from '../command-log.js'
import type { EventLog, EventPage, StreamEvent } from './event-log.js'
import { loadProjection, type EventProjection } from './event-projection.js'
import { toCtiError } from '../model/error.js'

/** Where a tail stands in the stream. */
export interface TailState {
  readonly epoch: string
  /** All events up to this one have been told. */
  readonly cursor: number
  readonly projection: EventProjection
}

/** Who is fed by a tail. Called in the order of the stream; must not throw nor take long. */
export interface TailListener {
  /** These events are the next ones; the state is that after them. */
  advanced(events: readonly StreamEvent[], state: TailState): void
  /** The stream is another one, or events were dropped before they could be read: what came before no longer leads to this state. */
  restarted(reason: 'other-epoch' | 'too-old', state: TailState): void
}

/**
 * Follows the event log for all readers of this process.
 *
 * Guarantees: every event once and in the order of the log. Nothing is read while nobody listens; a minute after the last one has left, what
 * is known is forgotten. While the engine is away it stands still, and goes on afterwards.
 */
export interface EventTail {
  /** Begins to follow, if it does not yet. Whoever calls it calls `leave` once. Fails: STORE_UNAVAILABLE. */
  enter(): Promise<TailState>
  leave(): void
  /** Undefined until the first `enter`. */
  readonly state: TailState | undefined
  /** The events behind this cursor up to the state; undefined when they are remembered no more (the log may have them). */
  recent(cursor: number): readonly StreamEvent[] | undefined
  /** Looks for events soon. */
  poke(): void
  stop(): void
}

export interface EventTailParts {
  readonly log: EventLog
  readonly platforms: readonly string[]
  readonly clock: Clock
  readonly logger: Logger
  readonly storeTimeoutMs: number
  readonly listener: TailListener
}

/** From one look to the next at least: what comes in between is told together. */
const BATCH_MS = 20
/** Looks without having been poked: the bus may lose a message. */
const POLL_MS = 1_000
const PAGE = 1_000
/** Events remembered for readers who come back, at least. */
const RECENT = 5_000
const LINGER_MS = 60_000
/** Agents that the log has forgotten are forgotten here too, ms. */
const RENEW_MS = 24 * 3_600_000
const BEYOND = Number.MAX_SAFE_INTEGER - 1

export function createEventTail(parts: EventTailParts): EventTail {
  const { log, clock, logger, listener } = parts
  let state: TailState | undefined
  let opening: Promise<TailState> | undefined
  let ring: StreamEvent[] = []
  let readers = 0
  let reading = false
  let lookAgain = false
  let failing = false
  let lookedAt = -BATCH_MS
  let cancelLook: (() => void) | undefined
  let cancelPoll: (() => void) | undefined
  let cancelLinger: (() => void) | undefined
  let cancelRenew: (() => void) | undefined
  const within = (): EngineOptions => ({ deadline: clock.now() + parts.storeTimeoutMs })

  async function open(): Promise<TailState> {
    const { epoch, newest } = await log.after(BEYOND, 1, within())
    const projection = await loadProjection(log, parts.platforms, within)
    ring = []
    return { epoch, cursor: newest, projection }
  }

  function follow(opened: TailState): TailState {
    state = opened
    cancelPoll ??= clock.every(POLL_MS, look)
    cancelRenew ??= clock.every(RENEW_MS, () => void renew().catch(() => undefined))
    look()
    return opened
  }

  /** What is known is read anew, without a word to anybody: what was told meanwhile is applied to it once more. */
  async function renew(): Promise<void> {
    const before = state
    if (before === undefined) return
    const projection = await loadProjection(log, parts.platforms, within)
    if (state?.epoch !== before.epoch) return
    const since = state.cursor - before.cursor
    if (since > ring.length) return
    for (const event of ring.slice(ring.length - since)) projection.apply(event)
    state = { ...state, projection }
  }

  function forget(): void {
    cancelLook?.()
    cancelPoll?.()
    cancelRenew?.()
    cancelLook = cancelPoll = cancelRenew = state = undefined
    ring = []
  }

  async function take(present: TailState, page: EventPage): Promise<void> {
    const otherEpoch = page.epoch !== present.epoch || page.newest < present.cursor
    const [first] = page.events
    const missed = first === undefined ? page.newest > present.cursor : first.cursor !== present.cursor + 1
    if (otherEpoch || missed) {
      const next = await open()
      if (state !== present) return
      state = next
      listener.restarted(otherEpoch ? 'other-epoch' : 'too-old', next)
      return
    }
    if (first === undefined || state !== present) return
    for (const event of page.events) present.projection.apply(event)
    ring.push(...page.events)
    if (ring.length > 2 * RECENT) ring = ring.slice(-RECENT)
    state = { ...present, cursor: present.cursor + page.events.length }
    listener.advanced(page.events, state)
    if (page.events.length === PAGE) lookAgain = true
  }

  async function read(): Promise<void> {
    do {
      lookAgain = false
      const present = state
      if (present === undefined) return
      await take(present, await log.after(present.cursor, PAGE, within()))
    } while (lookAgain)
  }

  function look(): void {
    cancelLook?.()
    cancelLook = undefined
    if (reading) {
      lookAgain = true
      return
    }
    reading = true
    lookedAt = clock.monotonic()
    read()
      .then(
        () => (failing = false),
        (error: unknown) => {
          if (!failing) logger.warn({ err: toCtiError(error).message }, 'the event log cannot be read; it is tried again')
          failing = true
        },
      )
      .finally(() => (reading = false))
  }

  return {
    async enter() {
      readers += 1
      cancelLinger?.()
      cancelLinger = undefined
      try {
        return (
          state ??
          (await (opening ??= open()
            .then(follow)
            .finally(() => (opening = undefined))))
        )
      } catch (error) {
        readers -= 1
        throw error
      }
    },
    leave() {
      readers -= 1
      if (readers > 0) return
      cancelLinger?.()
      cancelLinger = clock.after(LINGER_MS, forget)
    },
    get state() {
      return state
    },
    recent(cursor) {
      if (state === undefined) return undefined
      const known = state.cursor - cursor
      return known <= ring.length ? ring.slice(ring.length - known) : undefined
    },
    poke() {
      if (state === undefined || cancelLook !== undefined) return
      const rest = BATCH_MS - (clock.monotonic() - lookedAt)
      if (rest <= 0) look()
      else cancelLook = clock.after(rest, look)
    },
    stop() {
      cancelLinger?.()
      forget()
    },
  }
}
