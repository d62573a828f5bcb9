import type { AgentView } from './agent-state.js'
import type { ErrorCode, VendorFault } from './error.js'

/** The vendor processed a request for this agent and did not do it. */
export interface Refusal {
  readonly code: ErrorCode
  readonly detail?: string
  readonly fault?: VendorFault
}

/**
 * Something the vendor said about one agent, without being asked or after it was asked.
 *
 * An event carries a view (what is true now), a refusal (a request came to nothing), or both (Expertflow's
 * `AGENT_STATE_UNCHANGED` tells the state that stayed).
 */
export interface AgentEvent {
  readonly agentId: string
  readonly view?: AgentView
  readonly refused?: Refusal
  /** Matches `Ack.correlation` where the vendor echoes a request id; missing where it does not. */
  readonly correlation?: string
  /** Epoch ms, the vendor's clock; older events than the one last seen are dropped. */
  readonly occurredAt?: number
}

export const LINK_STATUSES = ['connecting', 'up', 'degraded', 'down'] as const
export type LinkStatus = (typeof LINK_STATUSES)[number]

/** A link to the vendor changed. `agentId` is set when the link belongs to one agent (Expertflow's desk socket). */
export interface LinkEvent {
  readonly status: LinkStatus
  readonly agentId?: string
  readonly side?: string
  readonly detail?: string
}

/** A contact that was offered and not taken, of any platform. */
export interface RefusedContact {
  readonly agentId?: string
  readonly contactId?: string
  /** Canonical cause, for example `NO_ANSWER`; unknown ones are `OTHER`. */
  readonly cause: string
  /** The vendor's own text, unchanged. */
  readonly rawCause: string
  readonly at?: number
}
