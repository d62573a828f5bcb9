import type { Plan, Step } from '../../../src/core/adapter.js'
import type { AgentState, AgentView } from '../../../src/core/model/agent-state.js'
import { TARGET_STATE, type ResolvedAction } from '../../../src/core/model/command.js'
import { CtiError } from '../../../src/core/model/error.js'
import { STATUS_FOR } from './mapping.js'

/** What one step sends: `PUT /agents/{id}/status`. */
export interface PutStatus {
  readonly status: string
  readonly pauseCode?: number
}

/** States in which an action has nothing left to do. */
const REACHED: Readonly<Record<ResolvedAction['kind'], readonly AgentState[]>> = {
  LOGIN: ['NOT_READY', 'READY', 'BUSY'],
  READY: ['READY', 'BUSY'],
  NOT_READY: ['NOT_READY'],
  LOGOUT: ['LOGGED_OUT'],
}

/** One request brings the agent anywhere, once logged in. Pure. */
export function plan(action: ResolvedAction, _agentId: string, view: AgentView): Plan {
  const { kind, reason } = action
  if (view.state === 'LOGGED_OUT' && (kind === 'READY' || kind === 'NOT_READY')) throw new CtiError('NOT_LOGGED_IN')
  const sameReason = kind !== 'NOT_READY' || reason === undefined || view.reason?.id === reason.id
  if (REACHED[kind].includes(view.state) && sameReason) return { steps: [] }
  const step: Step<PutStatus> = {
    name: `set-${STATUS_FOR[kind].toLowerCase()}`,
    request: { status: STATUS_FOR[kind], ...(kind === 'NOT_READY' && reason?.code !== undefined && { pauseCode: reason.code }) },
    expect: {
      states: [TARGET_STATE[kind]],
      withinMs: 3000,
      ...(kind === 'NOT_READY' && reason !== undefined && { reasonId: reason.id }),
    },
    resend: 'verify-first',
  }
  return { steps: [step] }
}
