import type { AgentStreamEvent, EventLog, LinkStreamEvent, StreamEvent } from './event-log.js'
import type { EngineOptions } from '../command-log.js'

/** What a newcomer must be told of one agent. `stale`: the link was lost since. */
export interface KnownAgent {
  readonly event: AgentStreamEvent
  readonly stale: boolean
}

/** The site as the stream has told it up to one cursor. Memory: one event per agent. */
export interface EventProjection {
  apply(event: StreamEvent): void
  agents(): Iterable<KnownAgent>
  links(): Iterable<LinkStreamEvent>
}

const PORTION = 500

/** Reads all heads; what happens meanwhile is applied afterwards, by cursor, and may be applied twice. Fails: STORE_UNAVAILABLE. */
export async function loadProjection(log: EventLog, platforms: readonly string[], within: () => EngineOptions): Promise<EventProjection> {
  const agents = new Map<string, Map<string, KnownAgent>>()
  const links = new Map<string, LinkStreamEvent>()
  for (const event of await log.links(within())) links.set(event.platform, event)
  for (const platform of new Set([...platforms, ...links.keys()])) {
    const known = new Map<string, KnownAgent>()
    agents.set(platform, known)
    for (let after: string | undefined; ;) {
      const page = await log.heads(platform, after, PORTION, within())
      for (const { agentId, event, stale } of page) known.set(agentId, { event, stale })
      after = page.at(-1)?.agentId
      if (page.length < PORTION) break
    }
  }
  return projectionOf(agents, links)
}

function projectionOf(agents: Map<string, Map<string, KnownAgent>>, links: Map<string, LinkStreamEvent>): EventProjection {
  const ofPlatform = (platform: string): Map<string, KnownAgent> => {
    const known = agents.get(platform) ?? new Map<string, KnownAgent>()
    agents.set(platform, known)
    return known
  }

  function applyLink(event: LinkStreamEvent): void {
    if ((links.get(event.platform)?.cursor ?? 0) < event.cursor) links.set(event.platform, event)
    if (event.status !== 'down') return
    const known = ofPlatform(event.platform)
    for (const [agentId, head] of known) {
      if (!head.stale && head.event.cursor < event.cursor) known.set(agentId, { ...head, stale: true })
    }
  }

  return {
    apply(event) {
      if (event.type === 'link') applyLink(event)
      if (event.type !== 'agent') return
      const known = ofPlatform(event.platform)
      const head = known.get(event.agentId)
      if (head === undefined || head.event.cursor < event.cursor) known.set(event.agentId, { event, stale: false })
    },
    *agents() {
      for (const known of agents.values()) yield* known.values()
    },
    links: () => links.values(),
  }
}
