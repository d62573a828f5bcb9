/** Agent sessions: their clients, the rotating ids and the event queues (vendors/cxone.md 3.1, 3.2, 3.5, 3.6). */
import { randomUUID } from 'node:crypto'
import type { Client, PlatformSession, SessionEvent } from './agent.js'

export interface Found {
  readonly session: PlatformSession
  readonly client: Client
}

export type Polled = { readonly sessionId: string; readonly events: readonly SessionEvent[] } | 'ended' | 'nothing' | 'gone'

/** A client that stops polling keeps this many events at most; the oldest go. */
const QUEUE_LIMIT = 1000
const HOSTS = { IISHost: 'SIM-IIS01', VCHost: 'SIM-VC01' }

export interface SessionBook {
  create(settings: Omit<PlatformSession, 'number' | 'clients' | 'waiting' | 'touch' | 'endAfterContact' | 'ended'>): PlatformSession
  /** Adds a client; `id` is its first session id. */
  join(session: PlatformSession, id?: string): string
  find(id: string): Found | undefined
  publish(session: PlatformSession, event: SessionEvent): void
  poll(found: Found, id: string, waitMs: number, gone: AbortSignal, refresh: () => readonly SessionEvent[]): Promise<Polled>
  clear(): void
}

export function newSessionId(): string {
  return Buffer.from(randomUUID()).toString('base64url')
}

export function createSessionBook(): SessionBook {
  const byId = new Map<string, Found>()
  let nextNumber = 70001

  /** The events under a new id; the old one becomes an older id. */
  const rotate = (found: Found, events: readonly SessionEvent[]): Polled => {
    found.client.queue = []
    found.client.current = newSessionId()
    byId.set(found.client.current, found)
    return { sessionId: found.client.current, events: events.map((event) => ({ ...HOSTS, ...event })) }
  }

  return {
    create: (settings) => ({
      ...settings,
      number: nextNumber++,
      clients: [],
      waiting: 0,
      touch: () => undefined,
      endAfterContact: false,
      ended: false,
    }),
    join(session, id = newSessionId()) {
      const client: Client = { current: id, queue: [], wake: undefined }
      session.clients.push(client)
      byId.set(id, { session, client })
      return id
    },
    find: (id) => byId.get(id),
    publish(session, event) {
      for (const client of session.clients) {
        client.queue.push(event)
        if (client.queue.length > QUEUE_LIMIT) client.queue.shift()
        client.wake?.()
      }
    },
    async poll(found, id, waitMs, gone, refresh) {
      const { session, client } = found
      if (id !== client.current) return session.ended ? 'ended' : rotate(found, refresh())
      if (client.queue.length === 0 && !session.ended && waitMs > 0) {
        session.waiting += 1
        await woken(client, waitMs, gone)
        session.waiting -= 1
      }
      if (gone.aborted) return 'gone'
      if (id !== client.current) return 'nothing'
      if (client.queue.length > 0) return rotate(found, client.queue)
      return session.ended ? 'ended' : 'nothing'
    },
    clear() {
      for (const { client } of byId.values()) client.wake?.()
      byId.clear()
    },
  }
}

/** Until an event comes, the time is over, the client has gone or another poll of the same client takes over. */
function woken(client: Client, waitMs: number, gone: AbortSignal): Promise<void> {
  client.wake?.()
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      gone.removeEventListener('abort', done)
      if (client.wake === wake) client.wake = undefined
      resolve()
    }
    // Events of one change come together, so the answer waits for the end of the turn.
    const wake = () => void setImmediate(done)
    const timer = setTimeout(done, waitMs).unref()
    client.wake = wake
    gone.addEventListener('abort', done)
  })
}
