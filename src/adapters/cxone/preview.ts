import type { AgentState, AgentView } from '../../core/model/agent-state.js'
import { consequence, type Consequence } from '../../core/model/consequence.js'

const ON_CONTACT: readonly AgentState[] = ['RESERVED', 'BUSY', 'HOLD']

/**
 * A forced logout is `POST agents/{id}/logout` (vendors/cxone.md section 4.1). What that does to a contact is not documented (section 11,
 * question 9): said, not guessed.
 */
export function consequencesOf(view: AgentView): readonly Consequence[] {
  const word = view.vendorState ?? view.state
  if (view.state === 'UNKNOWN') {
    return [
      consequence({
        situationCode: 'UNKNOWN',
        situation: 'the state of the agent is not known',
        outcome: 'UNKNOWN',
        summary: 'What the agent does now is not known.',
        certainty: 'unknown',
        source: 'CXone, agent states',
      }),
    ]
  }
  if (view.state === 'WRAP_UP') {
    return [
      consequence({
        situationCode: 'WRAP_UP',
        situation: `the agent is in after-call work (${word})`,
        outcome: 'NONE',
        summary: 'The agent is logged out; the customer has gone already, the after-call work is cut short.',
        certainty: 'unknown',
        source: 'CXone, agent states: after-call work is a kind of Unavailable, without a contact',
      }),
    ]
  }
  if (!ON_CONTACT.includes(view.state)) {
    return [
      consequence({
        situationCode: 'NO_CONVERSATION',
        situation: 'no contact',
        outcome: 'NONE',
        summary: 'The agent is logged out; no contact is affected.',
        certainty: 'documented',
        source: 'CXone Admin API, POST /agents/{agentId}/logout',
      }),
    ]
  }
  return [
    consequence({
      situationCode: view.state === 'RESERVED' ? 'OFFER' : 'CONTACT',
      situation: `the agent is on a contact (${word})`,
      outcome: 'UNKNOWN',
      possibleOutcomes: ['CONTINUES', 'RELEASED'],
      summary:
        'NICE does not say whether the contact ends at once or the logout waits for its end; that a state "LogoffPending" exists speaks for waiting.',
      certainty: 'unknown',
      source: 'CXone, POST /agents/{agentId}/logout: contacts are not mentioned; out-state -12 LogoffPending',
    }),
  ]
}
