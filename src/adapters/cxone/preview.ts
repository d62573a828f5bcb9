import type { Consequence } from '../../core/adapter.js'
import type { AgentState, AgentView } from '../../core/model/agent-state.js'

const ON_CONTACT: readonly AgentState[] = ['RESERVED', 'BUSY', 'HOLD', 'WRAP_UP']

/** What a forced logout does to a contact is not documented (vendors/cxone.md section 11, question 9): said, not guessed. */
export function consequencesOf(view: AgentView): readonly Consequence[] {
  if (!ON_CONTACT.includes(view.state)) return []
  return [
    {
      situation: `the agent is on a contact (${view.vendorState ?? view.state})`,
      outcome: 'UNKNOWN',
      othersAffected: [],
      certainty: 'unknown',
      source: 'vendors/cxone.md section 11, question 9',
    },
  ]
}
