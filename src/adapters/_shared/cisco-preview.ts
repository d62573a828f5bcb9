import type { AgentState, AgentView } from '../../core/model/agent-state.js'
import { consequence, type Consequence } from '../../core/model/consequence.js'

/** What differs between CTI Server and Finesse; the rules behind are those of one contact center (vendors/cisco.md sections 3.4, 4.2, 4.3). */
export interface CiscoForcedLogout {
  /** The reason code that is written. */
  readonly reason: string
  /** Why a logout during a call waits for its end. */
  readonly onCall: Pick<Consequence, 'certainty' | 'source'>
  /** CTI Server with ForcedFlag, after a refusal: what that does to a call is not described (section 8.2 no. 1). */
  readonly byForce: boolean
}

type Rule = (view: AgentView, how: CiscoForcedLogout) => Consequence

const idle: Rule = (_view, { reason }) =>
  consequence({
    situationCode: 'NO_CONVERSATION',
    situation: 'no call',
    outcome: 'NONE',
    summary: 'The agent is logged out; no call is affected.',
    reason,
    certainty: 'documented',
    source: 'Unified CCE and CCX: NOT_READY, then LOGOUT',
  })

const wrapUp: Rule = (view, { reason }) =>
  consequence({
    situationCode: 'WRAP_UP',
    situation: `wrap-up after a call (${view.vendorState ?? view.state})`,
    outcome: 'NONE',
    summary: 'The agent is logged out; the call has ended already, the wrap-up is cut short.',
    reason,
    certainty: 'documented',
    source: 'agent state machine: NOT_READY is allowed from wrap-up, LOGOUT from NOT_READY',
  })

const call: Rule = (view, how) => {
  const common = {
    situationCode: 'CALL',
    situation: `the agent is on a call (${view.vendorState ?? view.state})`,
    before: [caller, agentOf(view)],
    reason: how.reason,
  } as const
  if (how.byForce) {
    return consequence({
      ...common,
      outcome: 'UNKNOWN',
      possibleOutcomes: ['CONTINUES', 'RELEASED'],
      summary: 'The logout has been refused once and would be forced now; Cisco does not say what that does to the call.',
      certainty: 'unknown',
      source: 'GED-188, SET_AGENT_STATE_REQ: ForcedFlag 1 is described for LOGIN and LOGOUT, not for calls',
    })
  }
  return consequence({
    ...common,
    outcome: 'CONTINUES',
    summary: 'The call goes on; the agent is logged out when it ends.',
    after: [caller, agentOf(view)],
    ...how.onCall,
  })
}

const ringing: Rule = (view, { reason }) =>
  consequence({
    situationCode: 'OFFER',
    situation: `a call is being offered to the agent (${view.vendorState ?? view.state})`,
    outcome: 'UNKNOWN',
    possibleOutcomes: ['CONTINUES', 'REQUEUED'],
    summary: 'Cisco does not say whether the offered call is taken away or the logout waits for its end; it may be refused meanwhile.',
    before: [caller],
    reason,
    certainty: 'unknown',
    source: 'RESERVED is listed among the states a supervisor may log out from; PERERR 10106 refuses changes of a reserved agent',
  })

const strange: Rule = (view) =>
  consequence({
    situationCode: 'UNKNOWN',
    situation: 'the state of the agent is not known',
    outcome: 'UNKNOWN',
    summary: 'What the agent does now is not known.',
    certainty: 'unknown',
    source: `the platform reports ${view.vendorState ?? view.state}`,
  })

const RULES: Readonly<Record<AgentState, Rule>> = {
  LOGGED_OUT: idle,
  LOGGING_IN: idle,
  NOT_READY: idle,
  READY: idle,
  RESERVED: ringing,
  BUSY: call,
  HOLD: call,
  WRAP_UP: wrapUp,
  INTERRUPTED: strange,
  UNKNOWN: strange,
}

const caller = 'caller'
const agentOf = ({ agentId }: AgentView): string => `agent ${agentId}`

/** An agent of Unified CCE or CCX has one call at a time, and his state tells whether: there is one consequence. */
export function ciscoPreview(view: AgentView, how: CiscoForcedLogout): readonly Consequence[] {
  return [RULES[view.state](view, how)]
}
