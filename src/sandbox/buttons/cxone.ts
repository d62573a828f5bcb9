import { FAULT_TEXTS, inState, RECOVERS, type ButtonRow, type Situation } from './table.js'

/** Requests that change an agent's state; sign-in and reads go on. */
const operation = 'POST /agents/{agentId}/state'

const free: Situation = { ...inState('Available'), is: ({ state, contact }) => state === 'Available' && contact === null }
const away: Situation = {
  ...inState('Unavailable'),
  is: ({ state, contact }) => state === 'Unavailable' && contact === null,
  first: [{ event: 'agent-state', body: { state: 'Available' } }],
}
const offered: Situation = { state: 'offered a contact', is: ({ contact }) => contact === 'offered' }

/** NICE CXone tenant. */
export const CXONE_BUTTONS: readonly ButtonRow[] = [
  {
    id: 'contact-arrives',
    label: 'A contact arrives',
    group: 'contact',
    description: 'A contact is offered to an agent.',
    to: [free, away],
    does: [{ event: 'contact-offered' }],
    watch: 'The agent will be BUSY (pending), and stays as it is until the contact is taken.',
  },
  {
    id: 'contact-accepted',
    label: 'A contact is taken',
    group: 'contact',
    description: 'The offered contact is taken, or one comes and is taken at once. A NOT_READY or LOGOUT now waits for its end.',
    to: [offered, free, away],
    does: [{ event: 'contact-accepted' }],
    watch: 'The agent is BUSY.',
  },
  {
    id: 'contact-ends',
    label: 'The contact ends',
    group: 'contact',
    description: 'The contact is over; what was deferred takes effect.',
    to: [{ state: 'in a contact', is: ({ contact }) => contact === 'active' }],
    does: [{ event: 'contact-ended' }],
    watch: 'The agent is in the state of before, or where the pending command wanted it.',
  },
  {
    id: 'contact-refused',
    label: 'A contact is not taken',
    group: 'contact',
    description: 'The offered contact rings out. The platform makes the agent Unavailable, and a row appears in the report of refusals.',
    to: [offered, free, away],
    does: [{ event: 'contact-refused' }],
    watch: 'The agent is NOT_READY, and the refusal is in GET /v1/platforms/cxone/refusals.',
  },
  {
    id: 'agent-leaves',
    label: 'An agent logs out at the desk',
    group: 'desk',
    description: 'A logout that the gateway did not ask for. It is seen, and in the report of logouts.',
    to: [inState('Unavailable', 'Available')],
    does: [{ event: 'agent-logout' }],
    watch: 'The agent is LOGGED_OUT.',
  },
  {
    id: 'down',
    label: 'The platform is away',
    group: 'fault',
    description: 'Everything is answered 503. Commands are kept and retried; the other platforms notice nothing.',
    does: [{ event: 'down', body: { mode: 'unavailable' } }],
    watch: 'The link is down, and the agents are stale.',
  },
  {
    id: 'too-many',
    label: 'It says: too many calls',
    group: 'fault',
    description: 'The next change of a state is answered 429. The gateway learns a rate from it, and all its processes keep to it.',
    does: [{ fault: 'rate-limit', operation, times: 1 }],
    watch: 'Now send a command to an agent of this platform: it waits a moment and is done; the overview shows the learned rate.',
  },
  { ...FAULT_TEXTS.fails, does: [{ fault: 'unavailable', operation }] },
  { ...FAULT_TEXTS.silent, does: [{ fault: 'hang', operation }] },
  { ...FAULT_TEXTS.slow, does: [{ fault: 'slow', operation, delayMs: 3_000 }] },
  { ...FAULT_TEXTS.lies, does: [{ fault: 'accept-then-nothing', operation }] },
  { ...RECOVERS, does: ['no faults', { event: 'up' }] },
]
