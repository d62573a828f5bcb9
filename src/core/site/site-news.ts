import type { EventSink, LinkHealth, Logger } from '../adapter.js'
import type { Bus, BusMessage, NewsStamp } from './bus.js'
import type { Clock } from '../clock.js'
import type { AgentView } from '../model/agent-state.js'
import type { LinkEvent } from '../model/event.js'
import type { Presence } from '../agents/presence.js'

/**
 * What the owner of a platform's link hears and reads, told to the other processes of the site, and there put into presence as if it had
 * been heard there.
 *
 * Guarantees: told once, by the owner only; taken over in order and once. What is late (an earlier owner's) or doubled is dropped; what is
 * missing (the bus is best effort) is noticed at the next message, within a second at the latest, and all views are asked for anew. When the
 * owner changes, or has been silent for three seconds, the platform's views are stale until it is told anew. The views that a new owner
 * had been told are stale too, because it did not hear what happened in between.
 */
export interface SiteNews {
  /** Where the platform's adapter puts what it hears. */
  sinkOf(platform: string): EventSink
  /** This process has the platform's link now, or has it no more. */
  owned(platform: string, term: number | undefined): void
  /** How the link is, by its owner. */
  health(platform: string): LinkHealth
  /** Is there an owner that has been heard of lately? */
  hasOwner(platform: string): boolean
  /** All views have been told since the present owner began. */
  isComplete(platform: string): boolean
  /** Tells all views that are not stale, in portions, in answer to this question. */
  tellAll(platform: string, id: string): void
  /** Called when all views have been told to this process. */
  onTold(listener: (platform: string) => void): () => void
  start(): void
  stop(): void
}

export interface SiteNewsParts {
  readonly bus: Bus
  readonly presence: Presence
  readonly clock: Clock
  readonly logger: Logger
  /** Platforms whose link exists once per site. */
  readonly shared: readonly string[]
  readonly owns: (platform: string) => boolean
  /** How the link is that this process has. */
  readonly healthHere: (platform: string) => LinkHealth
  readonly onSilent?: (platform: string) => void
  /** Asks the platform's owner to tell all views. Gives the id of the question. */
  readonly askAll: (platform: string) => string
}

const BEAT_MS = 1_000
/** Three beats. */
const SILENT_MS = 3_000
/** Views told at once, and the pause to the next portion, ms: a large site does not fill the bus. */
const PORTION = 100
const PORTION_MS = 50
/** Views are asked for anew after this, ms: the question or its answer may have been lost. */
const ASK_AGAIN_MS = 10_000
/** A gap in the news is answered by a question at most this often, ms. */
const ASK_SOON_MS = 1_000
/** Questions for all views that wait while others are being answered. */
const MAX_WAITING = 100

/** A platform as a process without its link hears of it. */
interface Heard {
  readonly term: number
  n: number
  /** Monotonic: the newest message. */
  at: number
  complete: boolean
  /** Questions for all views since which nothing has been missed. */
  readonly asked: Set<string>
  askedAt: number
  health: LinkHealth
}

/** A platform whose link this process has. */
interface Telling {
  readonly term: number
  n: number
  cancel: (() => void) | undefined
  /** Who asked for all views while they were being told: they are told once more, for all of them. */
  waiting: string[]
}

type News = Extract<BusMessage, { kind: 'event' | 'read' | 'link' }>

export function createSiteNews(parts: SiteNewsParts): SiteNews {
  const { bus, presence, clock, logger } = parts
  const shared = new Set(parts.shared)
  const heard = new Map<string, Heard>()
  const telling = new Map<string, Telling>()
  const toldListeners = new Set<(platform: string) => void>()
  const began = clock.now()
  /** Set while presence is being changed by an event or by the bus: then its listener has nothing to tell. */
  let quiet = false
  const ends: (() => void)[] = []

  const quietly = (change: () => void): void => {
    const before = quiet
    quiet = true
    try {
      change()
    } finally {
      quiet = before
    }
  }

  /** The next stamp, if this process may tell of the platform. It grows also while nobody listens, so that a newcomer notices. */
  const nextStamp = (platform: string): NewsStamp | undefined => {
    const told = shared.has(platform) && parts.owns(platform) ? telling.get(platform) : undefined
    if (told === undefined) return undefined
    told.n += 1
    return { term: told.term, n: told.n }
  }

  function tell(platform: string, news: (stamp: NewsStamp) => BusMessage): void {
    const stamp = nextStamp(platform)
    if (stamp !== undefined && bus.peers) bus.publish(news(stamp))
  }

  const linkOf = ({ status, detail }: LinkHealth): LinkEvent => ({ status, ...(detail !== undefined && { detail }) })

  function beat(platform: string, answers?: string): void {
    const told = telling.get(platform)
    if (told === undefined || !parts.owns(platform) || !bus.peers) return
    const health = parts.healthHere(platform)
    const stamp = { term: told.term, n: told.n }
    bus.publish({ kind: 'owner', platform, stamp, link: linkOf(health), since: health.since, ...(answers !== undefined && { answers }) })
  }

  const stale = (platform: string, detail: string): void => quietly(() => presence.link(platform, { status: 'down', detail }))

  /** Is this the next thing to know? Finds out about a change of the owner, and about what is missing. */
  function take(platform: string, { term, n }: NewsStamp, step: 0 | 1): boolean {
    let known = heard.get(platform)
    if (known !== undefined && term < known.term) return false
    if (known === undefined || term > known.term) {
      stale(platform, 'the link has a new owner')
      known = {
        term,
        n: -1,
        at: 0,
        complete: false,
        asked: new Set(),
        askedAt: -ASK_AGAIN_MS,
        health: { status: 'connecting', since: clock.now() },
      }
      heard.set(platform, known)
    }
    known.at = clock.monotonic()
    if (n < known.n + step) return false
    if (n > known.n + step) {
      known.complete = false
      known.asked.clear() // what is being told in answer to them has a gap
    }
    known.n = n
    if (!known.complete) ask(platform, known)
    return true
  }

  function ask(platform: string, known: Heard): void {
    const pause = known.asked.size === 0 ? ASK_SOON_MS : ASK_AGAIN_MS
    if (clock.monotonic() - known.askedAt < pause) return
    known.askedAt = clock.monotonic()
    known.asked.add(parts.askAll(platform))
  }

  function takeNews(message: News): void {
    if (message.stamp === undefined || !take(message.platform, message.stamp, 1)) return
    quietly(() => {
      if (message.kind === 'event') presence.event(message.platform, message.event)
      else if (message.kind === 'read') presence.read(message.platform, message.view)
      else presence.link(message.platform, message.event)
    })
    if (message.kind === 'link' && message.event.agentId === undefined) learnHealth(message.platform, message.event)
  }

  function learnHealth(platform: string, { status, detail }: LinkEvent, since?: number): void {
    const known = heard.get(platform)
    if (known === undefined) return
    const same = known.health.status === status
    known.health = { status, since: since ?? (same ? known.health.since : clock.now()), ...(detail !== undefined && { detail }) }
  }

  function takeBeat(message: Extract<BusMessage, { kind: 'owner' }>): void {
    const { platform, stamp, link, since, answers } = message
    if (!take(platform, stamp, 0)) return
    const known = heard.get(platform)
    if (known === undefined) return
    if (link.status === 'down' && known.health.status !== 'down') quietly(() => presence.link(platform, link))
    learnHealth(platform, link, since)
    if (answers === undefined || !known.asked.has(answers)) return
    known.complete = true
    known.asked.clear()
    for (const listener of toldListeners) listener(platform)
  }

  function hear(message: BusMessage): void {
    if (message.kind !== 'event' && message.kind !== 'read' && message.kind !== 'link' && message.kind !== 'owner') return
    if (!shared.has(message.platform) || parts.owns(message.platform)) return
    if (message.kind === 'owner') takeBeat(message)
    else takeNews(message)
  }

  function listenForSilence(): void {
    const now = clock.monotonic()
    for (const [platform, { at }] of heard) {
      if (now - at <= SILENT_MS) continue
      heard.delete(platform)
      if (parts.owns(platform)) continue
      logger.warn({ platform }, 'the owner of the link is silent; its views are stale')
      stale(platform, 'the owner of the link is silent')
      parts.onSilent?.(platform)
    }
  }

  /** Tells the next portion of the views. They are taken from presence in the moment of the telling, so they are never older than an event told before. */
  function portion(platform: string, ids: readonly string[], agentIds: readonly string[], from: number): void {
    const told = telling.get(platform)
    if (told === undefined || !parts.owns(platform)) return
    for (const agentId of agentIds.slice(from, from + PORTION)) {
      const view = presence.get(platform, agentId)
      if (view?.stale === false) tell(platform, (stamp) => ({ kind: 'read', platform, view, stamp }))
    }
    if (from + PORTION < agentIds.length) {
      told.cancel = clock.after(PORTION_MS, () => portion(platform, ids, agentIds, from + PORTION))
      return
    }
    told.cancel = undefined
    for (const id of ids) beat(platform, id)
    const next = told.waiting
    told.waiting = []
    if (next.length > 0) tellAll(platform, ...next)
  }

  function tellAll(platform: string, ...ids: readonly string[]): void {
    const told = telling.get(platform)
    if (told === undefined || !parts.owns(platform)) return
    if (told.cancel === undefined) {
      const agentIds = presence.list(platform).map(({ agentId }) => agentId)
      portion(platform, ids, agentIds, 0)
    } else if (told.waiting.length < MAX_WAITING) told.waiting.push(...ids)
  }

  const onView = (platform: string, _before: AgentView | undefined, view: AgentView): void => {
    if (!quiet) tell(platform, (stamp) => ({ kind: 'read', platform, view, stamp }))
  }

  return {
    sinkOf: (platform) => ({
      agent(event) {
        quietly(() => presence.event(platform, event))
        tell(platform, (stamp) => ({ kind: 'event', platform, event, stamp }))
      },
      link(event) {
        const { status, agentId: agent, side, detail } = event
        logger.info({ platform, status, agent, side, detail }, 'link')
        presence.link(platform, event)
        tell(platform, (stamp) => ({ kind: 'link', platform, event, stamp }))
      },
    }),
    owned(platform, term) {
      if (!shared.has(platform)) return
      telling.get(platform)?.cancel?.()
      heard.delete(platform)
      stale(platform, term === undefined ? 'the link has been given away' : 'the link has a new owner')
      if (term === undefined) telling.delete(platform)
      else {
        telling.set(platform, { term, n: 0, cancel: undefined, waiting: [] })
        beat(platform)
      }
    },
    health: (platform) => heard.get(platform)?.health ?? { status: 'connecting', detail: 'no process holds the link now', since: began },
    hasOwner: (platform) => heard.has(platform),
    isComplete: (platform) => heard.get(platform)?.complete === true,
    tellAll,
    onTold(listener) {
      toldListeners.add(listener)
      return () => void toldListeners.delete(listener)
    },
    start() {
      ends.push(
        bus.subscribe(hear),
        presence.observe(onView),
        clock.every(BEAT_MS, () => {
          listenForSilence()
          for (const platform of telling.keys()) beat(platform)
        }),
      )
    },
    stop() {
      for (const end of ends.splice(0)) end()
      for (const told of telling.values()) told.cancel?.()
    },
  }
}
