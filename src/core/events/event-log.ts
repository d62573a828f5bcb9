import type { EngineOptions } from '../command-log.js'
import type { AgentState, AgentView } from '../model/agent-state.js'
import type { Command } from '../model/command.js'
import type { LinkStatus } from '../model/event.js'

/** A view as the stream tells it: without the instant of observation, which stands on the event. */
export type StreamView = Omit<AgentView, 'observedAt' | 'vendor'>

/** What can be told. Plain data: it is stored as JSON and told to readers as it is. */
export type StreamDraft =
  /** An agent's view has changed. */
  | {
      readonly type: 'agent'
      readonly platform: string
      readonly agentId: string
      readonly at: number
      readonly view: StreamView
      /** The state before, as far as whoever tells it knew one: what some readers call a login depends on it. */
      readonly from?: AgentState
    }
  /** A command was accepted, or its status has changed. */
  | { readonly type: 'command'; readonly platform: string; readonly agentId: string; readonly at: number; readonly command: Command }
  /** A platform's link. `down`: all its agents are stale from here on, until each one's next `agent` event. */
  | { readonly type: 'link'; readonly platform: string; readonly at: number; readonly status: LinkStatus; readonly detail?: string }
  /** So many `command` events could not be kept while the engine was away, and will not be told. */
  | { readonly type: 'gap'; readonly at: number; readonly dropped: number }

export type AgentStreamEvent = Extract<StreamEvent, { type: 'agent' }>
export type LinkStreamEvent = Extract<StreamEvent, { type: 'link' }>

/**
 * One event of the site. `cursor` grows by one with every event of the site, in the one order that all readers see.
 * `seq` grows by one with every event of the same agent (`agent` and `command`), so that a reader can tell what it has seen.
 */
export type StreamEvent = StreamDraft & { readonly cursor: number; readonly seq?: number }

/** A stretch of the stream. */
export interface EventPage {
  /** Names this log. Another one means that the engine was emptied or put back: cursors of the old one mean nothing. */
  readonly epoch: string
  readonly events: readonly StreamEvent[]
  /** Of the oldest event kept; what is before it can no longer be told. 0: none was ever kept. */
  readonly oldest: number
  readonly newest: number
}

/** The newest `agent` event of one agent, kept however long ago it was. */
export interface AgentHead {
  readonly platform: string
  readonly agentId: string
  readonly event: AgentStreamEvent
  /** True: the platform's link was told to be down since. */
  readonly stale: boolean
}

/**
 * The durable stream of events of one site: bounded, one order for all processes.
 *
 * Every method: atomic steps; rejects with `CtiError` STORE_UNAVAILABLE at the latest 100 ms after its deadline, and what the
 * engine gets to later than that is not done.
 */
export interface EventLog {
  /**
   * Adds events in their order. An `agent` event whose view equals the agent's newest one is left out, unless the platform's link was told
   * to be down in between: so that several processes, or one that was started again, may tell the same without saying it twice.
   * How a view was learned (`source`) makes no difference. A `link` event that equals the platform's newest one is left out; so is a
   * `command` event that tells less than one told before (processes tell of the same command: who accepts it, who carries it out). The end
   * of a command is never left out for what was told of others, unless 32 later ones of its agent have ended. Keeps the newest events, as many as the engine was opened for at least, not many more.
   */
  append(events: readonly StreamDraft[], options: EngineOptions): Promise<void>
  /** Events behind `cursor`, oldest first, at most `limit`. */
  after(cursor: number, limit: number, options: EngineOptions): Promise<EventPage>
  /** The newest `agent` event of every agent, in portions: of one platform, by agent id, from behind `after`, at most `limit`. */
  heads(platform: string, after: string | undefined, limit: number, options: EngineOptions): Promise<readonly AgentHead[]>
  /**
   * Forgets the agents of which nothing was told since `before`, neither news nor what was known already, give or take an hour: they are no
   * heads any more, and should they be told of again, their `seq` begins anew. Of platforms other than these also the links that have said
   * nothing since. Answers how many agents. Several steps.
   */
  forget(before: number, platforms: readonly string[], options: EngineOptions): Promise<number>
  /** The newest `link` event of every platform, by platform. */
  links(options: EngineOptions): Promise<readonly LinkStreamEvent[]>
}
