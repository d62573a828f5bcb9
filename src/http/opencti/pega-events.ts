import type { AgentState, AgentView } from '../../core/model/agent-state.js'
import { pegaViewOf, type PegaState, type PegaWorkMode, type ReasonForm } from './pega-state.js'

/** A change of one agent, as the stream has it. */
export interface AgentChange {
  readonly platform: string
  readonly agentId: string
  /** Epoch ms. */
  readonly at: number
  /** Unique in the site. */
  readonly cursor: number
  /** Grows with every event of the agent. */
  readonly seq?: number
  readonly view: Pick<AgentView, 'state' | 'reason' | 'stale'>
  /** The state before; missing: nothing was known. */
  readonly from?: AgentState
}

interface Envelope {
  readonly eventId: string
  readonly sequence: number
  readonly occurredAt: string
  readonly platform: string
  readonly agentId: string
  readonly pyMedia: 'Phone'
  readonly pyReasonCode: string
}

/** vendors/pega-and-crm.md section 6.2. */
export interface PegaSnapshot extends Envelope {
  readonly pyEventType: 'SnapshotEvent'
  readonly pyEventName: 'Snapshot'
  readonly pyAgentId: string
  readonly pyAgentState: PegaState
  readonly pyWorkMode: PegaWorkMode
  readonly pyDeviceState: 'OPENED' | 'CLOSED'
  readonly pyLinkState: 'CONNECTED' | 'DISCONNECTED'
}

/** vendors/pega-and-crm.md section 6.2. `Busy` is no name of this event: it is told in a Snapshot. */
export interface PegaAgentState extends Envelope {
  readonly pyEventType: 'AgentStateEvent'
  readonly pyEventName: Exclude<PegaState, 'Busy'>
  readonly pyWorkMode: PegaWorkMode
}

export type PegaEvent = PegaSnapshot | PegaAgentState

/** Before these an agent was not at work as far as anybody knew: what follows is a login, or the view that was lost. */
const NOT_AT_WORK: ReadonlySet<AgentState | undefined> = new Set<AgentState | undefined>([undefined, 'LOGGED_OUT', 'LOGGING_IN', 'UNKNOWN'])

/**
 * A change in Pega's words (sections 6.2 and 8.4): a Snapshot after a login, after a logout and for Busy; an AgentStateEvent otherwise.
 * Pure. Undefined: Pega is not told, because a contact that is being offered does not change the state that it knows.
 */
export function pegaEventOf(change: AgentChange, form: ReasonForm): PegaEvent | undefined {
  const { view, from } = change
  if (view.state === 'RESERVED') return undefined
  const { state, reasonCode, workMode } = pegaViewOf(view, form)
  const loggedIn = state !== 'Logout' && state !== 'Login' && NOT_AT_WORK.has(from)
  if (state === 'Logout' || state === 'Busy' || loggedIn) return pegaSnapshotOf(change, form)
  return { pyEventType: 'AgentStateEvent', pyEventName: state, ...envelope(change, reasonCode), pyWorkMode: workMode }
}

/** What Pega is told of an agent when it begins to listen, or has missed something. */
export function pegaSnapshotOf(change: AgentChange, form: ReasonForm): PegaSnapshot {
  const { state, reasonCode, workMode } = pegaViewOf(change.view, form)
  return {
    pyEventType: 'SnapshotEvent',
    pyEventName: 'Snapshot',
    ...envelope(change, reasonCode),
    pyAgentId: change.agentId,
    pyAgentState: state,
    pyWorkMode: workMode,
    pyDeviceState: state === 'Logout' ? 'CLOSED' : 'OPENED',
    pyLinkState: change.view.stale ? 'DISCONNECTED' : 'CONNECTED',
  }
}

function envelope({ platform, agentId, at, cursor, seq = 0 }: AgentChange, reasonCode: string): Envelope {
  return {
    eventId: String(cursor),
    sequence: seq,
    occurredAt: new Date(at).toISOString(),
    platform,
    agentId,
    pyMedia: 'Phone',
    pyReasonCode: reasonCode,
  }
}
