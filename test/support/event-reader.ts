import { createParser } from 'eventsource-parser'
import { expect } from 'vitest'

/** One event as a client sees it. */
export interface Told {
  readonly event: string
  readonly id: string | undefined
  // Tests look into data of many shapes.
  readonly data: Record<string, never> & Record<string, unknown>
}

export interface EventReader {
  readonly status: number
  readonly headers: Headers
  /** What has come so far. */
  readonly told: readonly Told[]
  /** Comments, without their colon. */
  readonly comments: readonly string[]
  /** The last id that has come, as a browser keeps it. */
  readonly lastId: string | undefined
  readonly ended: boolean
  /** Waits for an event that fits. */
  until(fits: (told: Told) => boolean, timeoutMs?: number): Promise<Told>
  of(event: string): readonly Told[]
  close(): void
}

export interface ReaderOptions {
  readonly key: string
  readonly query?: string
  readonly lastEventId?: string
}

/** Reads `GET /v1/events` of a gateway. */
export async function readEvents(url: string, { key, query = '', lastEventId }: ReaderOptions): Promise<EventReader> {
  const abort = new AbortController()
  const response = await fetch(`${url}/v1/events${query}`, {
    headers: { authorization: `Bearer ${key}`, ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) },
    signal: abort.signal,
  })
  const told: Told[] = []
  const comments: string[] = []
  let ended = false
  let lastId: string | undefined
  const parser = createParser({
    onEvent: ({ event = 'message', id, data }) => told.push({ event, id, data: JSON.parse(data) as Told['data'] }),
    onComment: (comment) => comments.push(comment),
  })
  void (async () => {
    const decoder = new TextDecoder()
    try {
      for await (const chunk of response.body ?? []) {
        const text = decoder.decode(chunk as Uint8Array, { stream: true })
        for (const match of text.matchAll(/^id: (.*)$/gm)) lastId = match[1]
        parser.feed(text)
      }
    } catch {
      // Cut off, by either side.
    }
    ended = true
  })()
  return {
    status: response.status,
    headers: response.headers,
    told,
    comments,
    get lastId() {
      return lastId
    },
    get ended() {
      return ended
    },
    async until(fits, timeoutMs = 5_000) {
      await expect.poll(() => told.some(fits), { timeout: timeoutMs, interval: 5 }).toBe(true)
      return told.find(fits) as Told
    },
    of: (event) => told.filter((one) => one.event === event),
    close: () => abort.abort(),
  }
}

interface AgentData {
  readonly platform: string
  readonly agentId: string
  readonly state: { readonly state: string; readonly stale: boolean }
}

/** What a client knows of all agents after these events, by the rules of docs/events.md: `platform/agent` → state, with `?` for a stale one. */
export function knownAgents(told: readonly Told[]): Readonly<Record<string, string>> {
  const known = new Map<string, string>()
  const put = ({ platform, agentId, state }: AgentData): void =>
    void known.set(`${platform}/${agentId}`, `${state.state}${state.stale ? '?' : ''}`)
  for (const { event, data } of told) {
    if (event === 'gap' && String(data['reason']) !== 'dropped') known.clear()
    if (event === 'snapshot') (data['agents'] as unknown as readonly AgentData[]).forEach(put)
    if (event === 'agent') put(data as unknown as AgentData)
    if (event !== 'link' || String(data['status']) !== 'down') continue
    for (const [name, state] of known) {
      if (name.startsWith(`${String(data['platform'])}/`)) known.set(name, `${state.replace('?', '')}?`)
    }
  }
  return Object.fromEntries([...known].sort(([a], [b]) => (a < b ? -1 : 1)))
}
