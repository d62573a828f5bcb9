/**
 * What can be observed of an agent. `UNKNOWN` is a real state: a fail-over at the vendor produces it, and it is never
 * replaced by a guess (product rule 6).
 */
export const AGENT_STATES = [
  'LOGGED_OUT',
  'LOGGING_IN',
  'NOT_READY',
  'READY',
  'RESERVED',
  'BUSY',
  'HOLD',
  'WRAP_UP',
  'INTERRUPTED',
  'UNKNOWN',
] as const
export type AgentState = (typeof AGENT_STATES)[number]

/** Who or what brought the agent into its state. */
export const CAUSES = ['agent', 'supervisor', 'gateway', 'inactivity', 'device', 'takeover', 'system'] as const
export type Cause = (typeof CAUSES)[number]

/** Where a view comes from. Only `event` and `read` are evidence; an acknowledgement proves nothing (product rule 3). */
export const VIEW_SOURCES = ['event', 'read', 'ack', 'none'] as const
export type ViewSource = (typeof VIEW_SOURCES)[number]

/** The reason that stands on a state, as far as the vendor tells it. Missing stays missing; there is no default. */
export interface ViewReason {
  /** The vendor's stable id, where it has one. */
  readonly id?: string
  readonly code?: number
  readonly name?: string
  /** Canonical key of `core/model/reason.ts`, where one is known. */
  readonly key?: string
}

/** One media routing domain (Expertflow), media session (CXone) or channel of an agent. */
export interface ChannelView {
  readonly id: string
  readonly name?: string
  readonly state: AgentState
  readonly routable: boolean
  readonly pendingState?: AgentState
  /** The vendor's own word, unchanged. */
  readonly vendorState: string
  /** Epoch ms, the vendor's clock. */
  readonly since?: number
  readonly tasks?: number
  readonly maxTasks?: number
}

/**
 * What is known of one agent at one instant.
 *
 * Guarantees: `vendorState` keeps the vendor's raw word whenever one was seen; `pendingState` is the state that the
 * vendor will apply later by itself (for example after the call); `stale` is true from link loss until fresh evidence.
 */
export interface AgentView {
  readonly agentId: string
  readonly state: AgentState
  /** True when the vendor would offer this agent a contact now. */
  readonly routable: boolean
  readonly pendingState?: AgentState
  readonly reason?: ViewReason
  readonly cause?: Cause
  readonly channels: readonly ChannelView[]
  readonly vendorState?: string
  /** Epoch ms, the vendor's clock: since when the state stands. */
  readonly since?: number
  /** Epoch ms, our clock: when this was learned. */
  readonly observedAt: number
  readonly source: ViewSource
  readonly stale: boolean
  /** Vendor identifiers that the adapter's `plan` needs again (never secrets). Opaque to the core. */
  readonly vendor?: Readonly<Record<string, string>>
}

/** The view of an agent about whom nothing is known yet. */
export function unknownView(agentId: string, now: number): AgentView {
  return { agentId, state: 'UNKNOWN', routable: false, channels: [], observedAt: now, source: 'none', stale: true }
}
