import type { AgentState, AgentView } from '../../core/model/agent-state.js'
import { consequence, type Consequence } from '../../core/model/consequence.js'

const ON_CONTACT: readonly AgentState[] = ['BUSY', 'HOLD']
const COMING: readonly AgentState[] = ['RESERVED', 'BUSY', 'HOLD']

/**
 * A forced logout is `POST agents/{id}/logout` (vendors/cxone.md section 4.1). What that does to a contact is not documented (section 11,
 * question 9): said, not guessed.
 */
export function consequencesOf(view: AgentView): readonly Consequence[] {
  const word = view.vendorState ?? view.state
  if (ON_CONTACT.includes(view.state)) return [withContact(view, 'CONTACT', `the agent is on a contact (${word})`)]
  // While a contact is offered the platform shows the state of before, and an out-state like InboundPending (section 4.4).
  const offered = view.state === 'RESERVED' || (view.pendingState !== undefined && COMING.includes(view.pendingState))
  if (offered) return [withContact(view, 'OFFER', `a contact is being offered to the agent (${word})`)]
  if (view.state === 'WRAP_UP') return [afterCallWork(word)]
  return [view.state === 'UNKNOWN' ? unknownState() : withoutContact()]
}

function withContact(view: AgentView, situationCode: 'CONTACT' | 'OFFER', situation: string): Consequence {
  return consequence({
    situationCode,
    situation,
    outcome: 'UNKNOWN',
    possibleOutcomes: situationCode === 'OFFER' ? ['CONTINUES', 'REQUEUED', 'RELEASED'] : ['CONTINUES', 'RELEASED'],
    summary:
      'NICE does not say whether the contact ends at once or the logout waits for its end; that a state "LogoffPending" exists speaks for waiting.',
    before: situationCode === 'OFFER' ? ['customer'] : ['customer', `agent ${view.agentId}`],
    certainty: 'unknown',
    source: 'CXone, POST /agents/{agentId}/logout: contacts are not mentioned; out-state -12 LogoffPending',
  })
}

function afterCallWork(word: string): Consequence {
  return consequence({
    situationCode: 'WRAP_UP',
    situation: `the agent is in after-call work (${word})`,
    outcome: 'NONE',
    summary: 'The agent is logged out; the customer has gone already, the after-call work is cut short.',
    certainty: 'unknown',
    source: 'concluded: after-call work is a kind of Unavailable, without a contact',
  })
}

function withoutContact(): Consequence {
  return consequence({
    situationCode: 'NO_CONVERSATION',
    situation: 'no contact',
    outcome: 'NONE',
    summary: 'The agent is logged out; no contact is affected.',
    certainty: 'documented',
    source: 'CXone Admin API, POST /agents/{agentId}/logout',
  })
}

function unknownState(): Consequence {
  return consequence({
    situationCode: 'UNKNOWN',
    situation: 'the state of the agent is not known',
    outcome: 'UNKNOWN',
    summary: 'What the agent does now is not known.',
    certainty: 'unknown',
    source: 'CXone, agent states',
  })
}
