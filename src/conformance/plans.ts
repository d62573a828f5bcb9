import assert from 'node:assert/strict'
import { AGENT_STATES, type AgentView } from '../core/model/agent-state.js'
import type { ActionKind, ResolvedAction } from '../core/model/command.js'
import { CtiError, ERROR_CODES } from '../core/model/error.js'
import type { Bench } from './bench.js'

type PlanOf = Bench['adapter']['plan']
type DescribeOf = Bench['adapter']['describe']

/** An agent in that state, as a read would say it. */
export function viewIn(state: AgentView['state'], agentId: string): AgentView {
  return { agentId, state, routable: state === 'READY', channels: [], observedAt: 1, source: 'read', stale: false, vendorState: state }
}

/** Every action from every state: the same plan each time, or a code of the catalogue; and each step says what it waits for and what it asks. */
export function planIsPure(plan: PlanOf, describe: DescribeOf, actions: readonly ActionKind[], agentId: string): void {
  for (const kind of actions) {
    for (const force of kind === 'LOGOUT' ? [false, true] : [false]) {
      for (const state of AGENT_STATES) {
        const action: ResolvedAction = Object.freeze({ kind, ...(force && { force }) })
        const view = Object.freeze(viewIn(state, agentId))
        const once = outcome(() => plan(action, agentId, view))
        assert.deepEqual(
          outcome(() => plan(action, agentId, view)),
          once,
          `${kind} from ${state}: two plans of the same input differ`,
        )
        if ('code' in once) assert.ok(ERROR_CODES.includes(once.code), `${kind} from ${state} fails without a catalogue code`)
        else {
          for (const step of once.steps) {
            assert.ok(step.expect.withinMs > 0 && step.expect.states.length > 0, `${step.name} waits for nothing`)
            assert.ok(describe(step, agentId).target.length > 0)
          }
        }
      }
    }
  }
}

/** The plan, or the code of its refusal. */
export function outcome(work: () => ReturnType<PlanOf>): ReturnType<PlanOf> | { code: CtiError['code'] } {
  try {
    return work()
  } catch (error) {
    if (error instanceof CtiError) return { code: error.code }
    throw error
  }
}
