import type { AgentView } from '../../core/model/agent-state.js'
import { consequence, type Consequence } from '../../core/model/consequence.js'

const SOURCE = 'the loopback vendor’s own rule'

/** The loopback vendor lets an agent finish talking before it signs him out. */
export function previewOf(view: AgentView): readonly Consequence[] {
  const common = { reason: 'Logged out by supervisor', certainty: 'documented', source: SOURCE } as const
  if (view.state !== 'BUSY') {
    const text = { situation: 'no conversation', summary: 'The agent is logged out; no conversation is affected.' }
    return [consequence({ situationCode: 'NO_CONVERSATION', outcome: 'NONE', ...text, ...common })]
  }
  const both = ['customer', view.agentId]
  const text = { situation: 'the agent is talking', summary: 'The conversation goes on; the agent is logged out when it ends.' }
  return [consequence({ situationCode: 'CONTACT', outcome: 'CONTINUES', before: both, after: both, ...text, ...common })]
}
