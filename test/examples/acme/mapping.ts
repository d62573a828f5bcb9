import type { AgentState, AgentView } from '../../../src/core/model/agent-state.js'
import type { ActionKind } from '../../../src/core/model/command.js'
import type { CanonicalReason, Reason } from '../../../src/core/model/reason.js'

/** An agent as Acme tells it. */
export interface AcmeAgent {
  readonly id: string
  readonly status: string
  readonly pauseCode?: number
  readonly changedAt: number
}

export interface AcmePauseCode {
  readonly code: number
  readonly label: string
}

/** Acme's words → ours. A word that is not here becomes UNKNOWN and is kept as it came. */
export const STATE_OF: Readonly<Record<string, AgentState>> = { OUT: 'LOGGED_OUT', PAUSED: 'NOT_READY', OPEN: 'READY', ON_CALL: 'BUSY' }

/** Our actions → Acme's words. */
export const STATUS_FOR: Readonly<Record<ActionKind, string>> = { LOGIN: 'PAUSED', READY: 'OPEN', NOT_READY: 'PAUSED', LOGOUT: 'OUT' }

const KEY_OF: Readonly<Record<string, CanonicalReason>> = { Lunch: 'BREAK.LUNCH', Training: 'TRAINING' }

export function viewOf(agent: AcmeAgent, observedAt: number): AgentView {
  const state = STATE_OF[agent.status] ?? 'UNKNOWN'
  return {
    agentId: agent.id,
    state,
    routable: state === 'READY',
    ...(agent.pauseCode !== undefined && { reason: { id: String(agent.pauseCode), code: agent.pauseCode } }),
    channels: [],
    vendorState: agent.status,
    since: agent.changedAt,
    observedAt,
    source: 'read',
    stale: false,
  }
}

export function reasonOf({ code, label }: AcmePauseCode): Reason {
  const key = KEY_OF[label]
  return { id: String(code), code, name: label, type: 'NOT_READY', system: false, ...(key !== undefined && { key }) }
}
