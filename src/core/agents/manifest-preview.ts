import type { AgentState, AgentView } from '../model/agent-state.js'
import { consequence, type Consequence, type Outcome } from '../model/consequence.js'
import type { Manifest } from '../model/manifest.js'

const ON_CONTACT: readonly AgentState[] = ['RESERVED', 'BUSY', 'HOLD', 'INTERRUPTED']

/** What a manifest's one word means for the contact. */
const OUTCOME_OF: Readonly<Record<Manifest['logoutWhileBusy'], { readonly outcome: Outcome; readonly summary: string }>> = {
  refuse: { outcome: 'CONTINUES', summary: 'The platform refuses the logout during a contact; the contact goes on.' },
  defer: { outcome: 'CONTINUES', summary: 'The contact goes on to its end; then the agent is logged out.' },
  reroute: { outcome: 'REQUEUED', summary: 'The contact is taken away from the agent and queued again.' },
  continue: { outcome: 'UNAFFECTED', summary: 'The agent is logged out at once; the contact goes on.' },
  unknown: { outcome: 'UNKNOWN', summary: 'The platform does not say what becomes of the contact.' },
}

/** The preview of an adapter that has none of its own: no more than its manifest and the agent's state tell. */
export function manifestPreview(view: AgentView, manifest: Manifest): readonly Consequence[] {
  if (!ON_CONTACT.includes(view.state)) return [withoutContact(view, manifest)]
  return [
    consequence({
      situationCode: 'CONTACT',
      situation: `the agent is on a contact (${view.vendorState ?? view.state})`,
      ...OUTCOME_OF[manifest.logoutWhileBusy],
      certainty: 'unknown',
      source: `the adapter ${manifest.kind} has no preview of its own; its manifest says "${manifest.logoutWhileBusy}"`,
    }),
  ]
}

function withoutContact(view: AgentView, manifest: Manifest): Consequence {
  const unsure = view.state === 'UNKNOWN'
  return consequence({
    situationCode: unsure ? 'UNKNOWN' : 'NO_CONVERSATION',
    situation: unsure ? 'the state of the agent is not known' : 'no contact',
    outcome: unsure ? 'UNKNOWN' : 'NONE',
    summary: unsure ? 'What the agent does now is not known.' : 'The agent is logged out; no contact is affected.',
    certainty: unsure ? 'unknown' : 'observed',
    source: `the state that ${manifest.title} reports`,
  })
}
