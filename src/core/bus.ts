import type { AgentEvent, LinkEvent } from './model/event.js'
import type { AgentView } from './model/agent-state.js'

/** What the processes of one site tell each other. */
export type BusMessage =
  /** Whoever may run this agent (the owner of its platform's link) should look at it now. */
  | { readonly kind: 'run'; readonly key: string }
  /** These commands have been replaced or cancelled: whoever works on one stops waiting for it. */
  | { readonly kind: 'replaced'; readonly key: string; readonly commandIds: readonly string[] }
  /** A command has ended; whoever waits for it reads it from the log. */
  | { readonly kind: 'settled'; readonly id: string }
  /** The owner of a platform's events heard or read this. */
  | { readonly kind: 'event'; readonly platform: string; readonly event: AgentEvent }
  | { readonly kind: 'read'; readonly platform: string; readonly view: AgentView }
  | { readonly kind: 'link'; readonly platform: string; readonly event: LinkEvent }
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
