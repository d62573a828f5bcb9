import type { AgentEvent, LinkEvent } from '../model/event.js'
import type { AgentView } from '../model/agent-state.js'
import type { CommandProblem } from '../model/command.js'

/**
 * The place of a piece of news of one platform: `term` (the token of the owner's lease) grows with every change of the owner, `n` by one
 * with every piece of news of that term. A follower knows by it what is late, doubled or missing.
 */
export interface NewsStamp {
  readonly term: number
  readonly n: number
}

/** What the processes of one site tell each other. */
export type BusMessage =
  /** Whoever may run this agent (the owner of its platform's link) should look at it now. `accepted`: because of this command, whose acceptance was told. */
  | { readonly kind: 'run'; readonly key: string; readonly accepted?: string }
  /** These commands have been replaced or cancelled: whoever works on one stops waiting for it. */
  | { readonly kind: 'replaced'; readonly key: string; readonly commandIds: readonly string[] }
  /** A command has ended; whoever waits for it reads it from the log. */
  | { readonly kind: 'settled'; readonly id: string }
  /** The owner of a platform's events heard or read this. */
  | { readonly kind: 'event'; readonly platform: string; readonly event: AgentEvent; readonly stamp?: NewsStamp }
  /** `answers` names the question that this read was made for; such a message is no news. */
  | { readonly kind: 'read'; readonly platform: string; readonly view: AgentView; readonly stamp?: NewsStamp; readonly answers?: string }
  | { readonly kind: 'link'; readonly platform: string; readonly event: LinkEvent; readonly stamp?: NewsStamp }
  /** Sign of life of a link's owner, every second: the stamp of its newest news, and how the link is. `answers`: all views have been told. */
  | {
      readonly kind: 'owner'
      readonly platform: string
      readonly stamp: NewsStamp
      readonly link: LinkEvent
      /** Epoch ms, the owner's clock: since when the link is so. */
      readonly since: number
      readonly answers?: string
    }
  /** Nobody owns this platform's link now: whoever wants it takes it. */
  | { readonly kind: 'released'; readonly platform: string }
  /** To the owner of the platform's link: read this agent at the vendor; without an agent: tell all views that you know. */
  | { readonly kind: 'ask'; readonly platform: string; readonly id: string; readonly agentId?: string }
  /** The read that was asked for has failed. */
  | { readonly kind: 'not-read'; readonly answers: string; readonly problem: CommandProblem }
  /** Whoever accepted this LOGIN: the process that sends it has no password for it. */
  | { readonly kind: 'secret-wanted'; readonly commandId: string }
  /** The answer, sealed with a key of the site's processes (`site-secret.ts`). */
  | { readonly kind: 'secret'; readonly commandId: string; readonly sealed: string }
  /** There is something new in the event log. */
  | { readonly kind: 'events' }
  /** The rate of a vendor account has changed: ask the budget again. */
  | { readonly kind: 'rate'; readonly account: string }

/**
 * News between the processes of one site: fast, best effort, at most once. Nothing may rest on it: the log decides, and
 * whoever misses a message finds out by the sweep.
 *
 * Guarantees: publish never throws, never blocks and keeps at most 1,000 messages while the engine is away (the oldest are
 * dropped); the sender does not get its own; messages of one sender arrive in order. With an engine that only one process can
 * open it does nothing.
 */
export interface Bus {
  publish(message: BusMessage): void
  /** Returns the function that ends it. Listeners must not throw nor take long. */
  subscribe(listener: (message: BusMessage) => void): () => void
  /** False: this engine can have one process only, or no other one is alive (`EngineRegistry.beat`); publishing is a waste. */
  readonly peers: boolean
}
