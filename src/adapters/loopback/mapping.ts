import type { AgentState, AgentView, ViewSource } from '../../core/model/agent-state.js'
import type { ActionKind } from '../../core/model/command.js'
import type { Reason } from '../../core/model/reason.js'
import type { LoopbackAgent, LoopbackState } from './vendor.js'

export const STATE_OF: Readonly<Record<LoopbackState, AgentState>> = {
  'signed-out': 'LOGGED_OUT',
  paused: 'NOT_READY',
  available: 'READY',
  talking: 'BUSY',
}

export const ASK_FOR: Readonly<Record<ActionKind, LoopbackState>> = {
  LOGIN: 'paused',
  READY: 'available',
  NOT_READY: 'paused',
  LOGOUT: 'signed-out',
}

const OWN_LIST = { source: 'the list of the in-memory platform' } as const

export const REASONS: readonly Reason[] = [
  { id: 'short-break', code: 1, name: 'Short break', type: 'NOT_READY', key: 'BREAK.SHORT', system: false, ...OWN_LIST },
  { id: 'lunch', code: 2, name: 'Lunch', type: 'NOT_READY', key: 'BREAK.LUNCH', system: false, ...OWN_LIST },
  { id: 'after-call-work', code: 4, name: 'After-call work', type: 'NOT_READY', key: 'WRAP_UP', system: false, ...OWN_LIST },
  { id: 'end-of-shift', code: 3, name: 'End of shift', type: 'LOGOUT', key: 'END_OF_SHIFT', system: false, ...OWN_LIST },
  { id: 'forced', code: 9, name: 'Logged out by supervisor', type: 'LOGOUT', key: 'SUPERVISOR.FORCED_LOGOUT', system: true, ...OWN_LIST },
]

export function viewOf(agent: LoopbackAgent, source: ViewSource, now: number): AgentView {
  const reason = REASONS.find((candidate) => candidate.id === agent.reasonId)
  return {
    agentId: agent.id,
    state: STATE_OF[agent.state],
    routable: agent.state === 'available',
    ...(agent.next !== undefined && { pendingState: STATE_OF[agent.next] }),
    ...(reason !== undefined && {
      reason: {
        id: reason.id,
        name: reason.name,
        ...(reason.code !== undefined && { code: reason.code }),
        ...(reason.key !== undefined && { key: reason.key }),
      },
    }),
    channels: [],
    vendorState: agent.state,
    since: agent.since,
    observedAt: now,
    source,
    stale: false,
  }
}
