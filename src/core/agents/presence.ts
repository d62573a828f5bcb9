import type { AgentView } from '../model/agent-state.js'
import type { AgentEvent, LinkEvent } from '../model/event.js'
import { forgetEldest } from '../model/forget-eldest.js'

/** Listens to one agent from the moment it is made; nothing that arrives before somebody asks is lost. */
export interface Watch {
  /** Events so far not taken, oldest first; empties the buffer. */
  take(): readonly AgentEvent[]
  /** Resolves when the buffer is not empty, or when the signal aborts. Never rejects. */
  arrived(signal: AbortSignal): Promise<void>
  close(): void
}

/** Told of every view that is taken over, with the one before it. Called in the middle of an event: must not throw nor take long. */
export type PresenceListener = (platform: string, before: AgentView | undefined, after: AgentView) => void

/** Told of every change of a link, after the views are marked. As above. */
export type LinkListener = (platform: string, event: LinkEvent) => void

/**
 * What is known of every agent now: a projection of vendor events and reads.
 *
 * Guarantees: an event older (by the vendor's clock) than the one last seen is dropped, so that a late copy neither changes
 * the view nor confirms a command; link loss makes views stale and changes nothing else; a read always wins, because it
 * is the vendor's present answer. Bounded: at most `limit` agents, the longest unseen go first.
 */
export interface Presence {
  get(platform: string, agentId: string): AgentView | undefined
  list(platform: string): readonly AgentView[]
  event(platform: string, event: AgentEvent): void
  read(platform: string, view: AgentView): void
  link(platform: string, event: LinkEvent): void
  /** Forgets an agent that the vendor no longer knows. */
  forget(platform: string, agentId: string): void
  watch(platform: string, agentId: string): Watch
  /** Events and reads that are taken over; not those dropped as old, nor stale marks. The returned function ends it. */
  observe(listener: PresenceListener): () => void
  observeLinks(listener: LinkListener): () => void
}

/** A watch keeps no more than this many events; older ones are of no use to a confirmer. */
const WATCH_BUFFER = 64

interface Entry {
  view: AgentView
  /** Vendor instant of the newest event taken over. */
  mark: number
}

export function createPresence(limit = 500_000): Presence {
  const entries = new Map<string, Entry>()
  const listeners = new Set<PresenceListener>()
  const linkListeners = new Set<LinkListener>()
  const watches = new Map<string, Set<(event: AgentEvent) => void>>()
  const keyOf = (platform: string, agentId: string): string => `${platform}/${agentId}`

  const put = (platform: string, key: string, entry: Entry): void => {
    const before = entries.get(key)?.view
    entries.delete(key)
    entries.set(key, entry)
    forgetEldest(entries, limit)
    for (const listener of listeners) listener(platform, before, entry.view)
  }

  const markStale = (platform: string, agentId: string | undefined): void => {
    const stale = (key: string, entry: Entry | undefined): void => {
      if (entry !== undefined && !entry.view.stale) entries.set(key, { ...entry, view: { ...entry.view, stale: true } })
    }
    if (agentId !== undefined) {
      const key = keyOf(platform, agentId)
      stale(key, entries.get(key))
      return
    }
    const prefix = `${platform}/`
    for (const [key, entry] of entries) if (key.startsWith(prefix)) stale(key, entry)
  }

  return {
    get: (platform, agentId) => entries.get(keyOf(platform, agentId))?.view,
    list: (platform) => {
      const prefix = `${platform}/`
      const views: AgentView[] = []
      for (const [key, entry] of entries) if (key.startsWith(prefix)) views.push(entry.view)
      return views
    },
    event(platform, event) {
      const key = keyOf(platform, event.agentId)
      const known = entries.get(key)
      if (event.view !== undefined) {
        const at = event.occurredAt ?? known?.mark ?? 0
        if (known !== undefined && at < known.mark) return
        put(platform, key, { view: event.view, mark: at })
      }
      for (const notify of watches.get(key) ?? []) notify(event)
    },
    read(platform, view) {
      const key = keyOf(platform, view.agentId)
      put(platform, key, { view, mark: view.since ?? 0 })
    },
    link(platform, event) {
      if (event.status === 'down') markStale(platform, event.agentId)
      for (const listener of linkListeners) listener(platform, event)
    },
    observe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    observeLinks(listener) {
      linkListeners.add(listener)
      return () => void linkListeners.delete(listener)
    },
    forget: (platform, agentId) => void entries.delete(keyOf(platform, agentId)),
    watch(platform, agentId) {
      const key = keyOf(platform, agentId)
      let buffer: AgentEvent[] = []
      let wake: (() => void) | undefined
      const notify = (event: AgentEvent): void => {
        buffer.push(event)
        if (buffer.length > WATCH_BUFFER) buffer.shift()
        wake?.()
      }
      const set = watches.get(key) ?? new Set()
      set.add(notify)
      watches.set(key, set)
      return {
        take() {
          const taken = buffer
          buffer = []
          return taken
        },
        arrived(signal) {
          if (buffer.length > 0 || signal.aborted) return Promise.resolve()
          return new Promise((resolve) => {
            const done = (): void => {
              wake = undefined
              signal.removeEventListener('abort', done)
              resolve()
            }
            wake = done
            signal.addEventListener('abort', done, { once: true })
          })
        },
        close() {
          set.delete(notify)
          if (set.size === 0 && watches.get(key) === set) watches.delete(key)
        },
      }
    },
  }
}
