import type { Plan, Step } from '../../core/adapter.js'
import type { AgentState, AgentView } from '../../core/model/agent-state.js'
import { TARGET_STATE, type ResolvedAction } from '../../core/model/command.js'
import { CtiError } from '../../core/model/error.js'
import { ASK_FOR } from './mapping.js'
import type { LoopbackState } from './vendor.js'

export interface SetState {
  readonly asked: LoopbackState
  readonly reasonId?: string
}

/** States in which the target of an action counts as reached. */
const REACHED: Readonly<Record<ResolvedAction['kind'], readonly AgentState[]>> = {
  LOGIN: ['NOT_READY', 'READY', 'BUSY'],
  READY: ['READY', 'BUSY'],
  NOT_READY: ['NOT_READY'],
  LOGOUT: ['LOGGED_OUT'],
}

/** One request brings the agent anywhere, except that a signed-out one must sign in first. Pure. */
export function plan(action: ResolvedAction, _agentId: string, view: AgentView): Plan {
  if (action.kind !== 'LOGIN' && action.kind !== 'LOGOUT' && view.state === 'LOGGED_OUT') throw new CtiError('NOT_LOGGED_IN')
  const reasonId = action.force === true ? 'forced' : action.reason?.id
  const sameReason = action.kind !== 'NOT_READY' || reasonId === undefined || view.reason?.id === reasonId
  if (REACHED[action.kind].includes(view.state) && sameReason && view.pendingState === undefined) return { steps: [] }
  const target = TARGET_STATE[action.kind]
  const step: Step<SetState> = {
    name: `set-${ASK_FOR[action.kind]}`,
    request: { asked: ASK_FOR[action.kind], ...(reasonId !== undefined && { reasonId }) },
    expect: {
      states: action.kind === 'READY' ? ['READY', 'BUSY'] : [target],
      pending: [target],
      withinMs: 2000,
      ...(action.kind === 'NOT_READY' && reasonId !== undefined && { reasonId }),
    },
    resend: 'safe',
  }
  return { steps: [step] }
}
