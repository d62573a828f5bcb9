import type { AgentState, AgentView, ViewSource } from '../../core/model/agent-state.js'
import type { ReasonType } from '../../core/model/reason.js'
import type { CiscoReasonIndex } from '../_shared/cisco-reasons.js'
import { AGENT_STATE, agentStateName } from './codec/index.js'

/** AgentState → ours (vendors/cisco.md section 6.1). 11 to 14 belong to non-voice media and are no states of the agent. */
export const STATE_OF: Readonly<Record<number, AgentState>> = {
  [AGENT_STATE.LOGIN]: 'LOGGING_IN',
  [AGENT_STATE.LOGOUT]: 'LOGGED_OUT',
  [AGENT_STATE.NOT_READY]: 'NOT_READY',
  [AGENT_STATE.AVAILABLE]: 'READY',
  [AGENT_STATE.TALKING]: 'BUSY',
  [AGENT_STATE.WORK_NOT_READY]: 'WRAP_UP',
  [AGENT_STATE.WORK_READY]: 'WRAP_UP',
  [AGENT_STATE.BUSY_OTHER]: 'BUSY',
  [AGENT_STATE.RESERVED]: 'RESERVED',
  [AGENT_STATE.UNKNOWN]: 'UNKNOWN',
  [AGENT_STATE.HOLD]: 'HOLD',
}

/** On a call, or being offered one: what is asked for now takes effect later (section 6.2). */
export const ON_CALL: ReadonlySet<number> = new Set([AGENT_STATE.TALKING, AGENT_STATE.BUSY_OTHER, AGENT_STATE.HOLD, AGENT_STATE.RESERVED])

/** Wrap-up says by itself what comes after it (section 6.1). */
const AFTER_WRAP_UP: Readonly<Record<number, AgentState>> = {
  [AGENT_STATE.WORK_NOT_READY]: 'NOT_READY',
  [AGENT_STATE.WORK_READY]: 'READY',
}

/** States that may come next; NextAgentState is only heard while something is going on. */
const MAY_COME_NEXT: ReadonlySet<number> = new Set([
  AGENT_STATE.LOGOUT,
  AGENT_STATE.NOT_READY,
  AGENT_STATE.AVAILABLE,
  AGENT_STATE.WORK_NOT_READY,
  AGENT_STATE.WORK_READY,
])

/** EventReasonCode has a meaning on these states only (section 1.6). */
const REASON_TYPE: Readonly<Record<number, ReasonType>> = { [AGENT_STATE.LOGOUT]: 'LOGOUT', [AGENT_STATE.NOT_READY]: 'NOT_READY' }

/** What the gateway knows of one agent, in the vendor's words. Epoch ms. */
export interface AgentRecord {
  readonly agentId: string
  readonly state: number
  /** Wire form. Undefined: not known, for example after a reconnect; 0: none supplied. */
  readonly reason?: number | undefined
  readonly since?: number | undefined
  readonly next?: number | undefined
  readonly instrument?: string | undefined
  readonly extension?: string | undefined
  /** "CF/PERERR" of the last refused step of a logout, until the state changes. */
  readonly logoutRefused?: string | undefined
  readonly observedAt: number
  readonly stale: boolean
}

export function pendingOf(record: AgentRecord): AgentState | undefined {
  const busy = ON_CALL.has(record.state) || record.state in AFTER_WRAP_UP
  if (busy && record.next !== undefined && MAY_COME_NEXT.has(record.next)) return STATE_OF[record.next]
  return AFTER_WRAP_UP[record.state]
}

/** The normalised view of a record. Pure. */
export function viewOf(record: AgentRecord, source: ViewSource, reasons: CiscoReasonIndex): AgentView {
  const state = STATE_OF[record.state] ?? 'UNKNOWN'
  const pendingState = pendingOf(record)
  const type = REASON_TYPE[record.state]
  const reason = type === undefined || record.reason === undefined ? undefined : reasons.view(type, record.reason)
  const cause = type === undefined || record.reason === undefined ? undefined : reasons.cause(type, record.reason)
  const vendor = {
    ...(record.instrument !== undefined && { instrument: record.instrument }),
    ...(record.extension !== undefined && { extension: record.extension }),
    ...(record.logoutRefused !== undefined && { logoutRefused: record.logoutRefused }),
  }
  return {
    agentId: record.agentId,
    state,
    routable: state === 'READY' && !record.stale,
    ...(pendingState !== undefined && { pendingState }),
    ...(reason !== undefined && { reason }),
    ...(cause !== undefined && { cause }),
    channels: [],
    vendorState: agentStateName(record.state),
    ...(record.since !== undefined && { since: record.since }),
    observedAt: record.observedAt,
    source,
    stale: record.stale,
    ...(Object.keys(vendor).length > 0 && { vendor }),
  }
}
