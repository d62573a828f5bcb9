import type { Logger } from '../adapter.js'
import type { Bus } from './bus.js'
import type { Clock } from '../clock.js'
import { toCtiError } from '../model/error.js'
import type { SiteLeases } from './site-leases.js'

/** A link that may exist once per site. */
export interface SiteLink {
  readonly platform: string
  /** Opens it here. Returns when it is being opened. */
  start(): Promise<void>
  /** Closes it here. Idempotent, within 5 s. */
  stop(): Promise<void>
}

/** Told when a link has become this process's own (with the term of its ownership), or no longer is. */
export type OwnershipListener = (platform: string, term: number | undefined) => void

/**
 * Which of the site's links this process has.
 *
 * Guarantees: at most one process of the site owns a link at a time, and an owner stops owning `ttl / 5` before its lease can be
 * another's, by the monotonic clock and counted from before the lease was asked for. So a process that was frozen, or cut off from the
 * engine, owns nothing any more from its very first step on. Somebody else owns the link at the latest one second after the ttl has run
 * out, or at once when it was released. A link is not opened again before its closing has ended.
 */
export interface LinkOwner {
  owns(platform: string): boolean
  /** Resolves when the engine has answered once for every link, or is known not to. */
  start(): Promise<void>
  /** Closes and releases all links, within the bound. */
  stop(graceMs: number): Promise<void>
  observe(listener: OwnershipListener): () => void
}

export interface LinkOwnerParts {
  readonly links: readonly SiteLink[]
  readonly sites: SiteLeases
  readonly bus: Bus
  /** Unique per process. */
  readonly owner: string
  readonly clock: Clock
  readonly logger: Logger
  readonly storeTimeoutMs: number
  readonly ttlMs?: number
}

const TTL_MS = 5_000
/** After a question that the engine did not answer, ms. */
const AGAIN_MS = 300
/** A link that does not close is left behind after this, ms: its lease runs out anyway. */
const CLOSE_MS = 5_000
/** An adapter that is just being started is given this long before it is stopped, ms. */
const SETTLE_MS = 500

interface Seat {
  readonly link: SiteLink
  /** Of the ownership that stands; undefined: not ours. */
  term: number | undefined
  /** Monotonic: until when it may be used. */
  until: number
  /** Grows with every closing: a grant that was asked for before it counts no more, because the release came, or comes, behind it. */
  era: number
  /** The link is being closed: not asked for meanwhile. */
  closing: Promise<void> | undefined
  starting: Promise<void>
  asking: Promise<void> | undefined
  cancelAsk: () => void
  cancelEnd: () => void
}

/** The lease of a platform's link, as the engine knows it. */
const nameOf = (platform: string): string => `link:${platform}`

export function createLinkOwner(parts: LinkOwnerParts): LinkOwner {
  const { clock, logger, sites, owner, bus } = parts
  const ttlMs = parts.ttlMs ?? TTL_MS
  const listeners = new Set<OwnershipListener>()
  const nothing = (): void => undefined
  const seats = new Map<string, Seat>(
    parts.links.map((link) => [
      link.platform,
      {
        link,
        term: undefined,
        until: 0,
        era: 0,
        closing: undefined,
        starting: Promise.resolve(),
        asking: undefined,
        cancelAsk: nothing,
        cancelEnd: nothing,
      },
    ]),
  )
  let running = false
  let stopSubscription = nothing

  const owned = (seat: Seat): boolean => seat.term !== undefined && clock.monotonic() < seat.until
  const tell = (seat: Seat): void => {
    for (const listener of listeners) listener(seat.link.platform, seat.term)
  }

  const plan = (seat: Seat, ms: number): void => {
    seat.cancelAsk()
    seat.cancelAsk = clock.after(ms, () => ask(seat))
  }

  function ask(seat: Seat): void {
    if (!running || seat.asking !== undefined || seat.closing !== undefined) return
    seat.asking = acquire(seat)
      .catch(() => AGAIN_MS) // away: what we own runs out by itself
      .then((pause) => {
        seat.asking = undefined
        if (running && seat.closing === undefined) plan(seat, pause)
      })
  }

  /** Gives the time until the next question. */
  async function acquire(seat: Seat): Promise<number> {
    const { era } = seat
    const asked = clock.monotonic()
    const token = await sites.acquire(nameOf(seat.link.platform), owner, ttlMs, { deadline: clock.now() + parts.storeTimeoutMs })
    if (seat.era !== era || !running) return AGAIN_MS
    if (seat.term !== undefined && (token !== seat.term || !owned(seat))) {
      // Not renewed in time, or another had it in between: what was opened under the old term is closed first.
      close(seat)
      return AGAIN_MS
    }
    if (token === undefined) return ttlMs / 6
    // The engine counted from its own now, which was later: ours ends before the lease does.
    seat.until = asked + ttlMs - ttlMs / 5
    if (clock.monotonic() >= seat.until) return AGAIN_MS
    seat.cancelEnd()
    seat.cancelEnd = clock.after(seat.until - clock.monotonic(), () => close(seat))
    if (seat.term === undefined) open(seat, token)
    return ttlMs / 3
  }

  function open(seat: Seat, term: number): void {
    const { platform } = seat.link
    seat.term = term
    logger.info({ platform, term }, 'this process now has the link')
    tell(seat)
    seat.starting = seat.link.start().catch((error: unknown) => {
      logger.error({ platform, err: toCtiError(error).message }, 'the platform did not start; its link is given to whoever can')
      if (seat.term === term) close(seat, ttlMs)
    })
  }

  /** From this very step on the link is not ours; the closing goes on behind. */
  function close(seat: Seat, pauseMs = AGAIN_MS): void {
    if (seat.term === undefined || seat.closing !== undefined) return
    const { platform } = seat.link
    seat.term = undefined
    seat.until = 0
    seat.era += 1
    seat.cancelEnd()
    seat.cancelAsk()
    if (running) logger.warn({ platform }, 'this process has lost the link')
    tell(seat)
    seat.closing = (async () => {
      await Promise.race([seat.starting, clock.sleep(SETTLE_MS)])
      const closed = seat.link.stop().catch((error: unknown) => {
        logger.warn({ platform, err: toCtiError(error).message }, 'the link did not close well')
      })
      await Promise.race([closed, clock.sleep(CLOSE_MS)])
      // Before the next question: a release that the engine gets to late must not free what was granted since.
      await release(seat)
    })().finally(() => {
      seat.closing = undefined
      if (running) plan(seat, pauseMs)
    })
  }

  async function release(seat: Seat): Promise<void> {
    const { platform } = seat.link
    try {
      await sites.release(nameOf(platform), owner, { deadline: clock.now() + parts.storeTimeoutMs })
      bus.publish({ kind: 'released', platform })
    } catch {
      // It runs out by itself.
    }
  }

  return {
    owns(platform) {
      const seat = seats.get(platform)
      return seat !== undefined && owned(seat)
    },
    async start() {
      running = true
      stopSubscription = bus.subscribe((message) => {
        const seat = message.kind === 'released' ? seats.get(message.platform) : undefined
        if (seat !== undefined && seat.term === undefined) ask(seat)
      })
      for (const seat of seats.values()) ask(seat)
      await Promise.all(Array.from(seats.values(), async ({ asking }) => asking))
    },
    async stop(graceMs) {
      running = false
      stopSubscription()
      const all = [...seats.values()].map(async (seat) => {
        seat.cancelAsk()
        await seat.asking
        if (seat.term === undefined && seat.closing === undefined) return release(seat) // a grant that came during the stop
        close(seat)
        await seat.closing
      })
      await Promise.race([Promise.allSettled(all), clock.sleep(graceMs)])
    },
    observe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** Everything is this process's own: for an engine that only one process can open. */
export function createSoleOwner({ links, logger }: Pick<LinkOwnerParts, 'links' | 'logger'>): LinkOwner {
  const listeners = new Set<OwnershipListener>()
  let running = false
  const known = new Set(links.map(({ platform }) => platform))
  return {
    owns: (platform) => running && known.has(platform),
    async start() {
      running = true
      await Promise.all(
        links.map(async ({ platform, start }) => {
          for (const listener of listeners) listener(platform, 1)
          try {
            await start()
          } catch (error) {
            logger.error({ platform, err: toCtiError(error).message }, 'the platform did not start')
          }
        }),
      )
    },
    async stop() {
      running = false
      await Promise.allSettled(links.map((link) => link.stop()))
    },
    observe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
