import { FAULT_TEXTS, inState, RECOVERS, type ButtonRow } from './table.js'

/** Message whose handling the faults change; heart-beats and reads go on. */
const operation = 'SET_AGENT_STATE_REQ'

const AVAILABLE = inState('AVAILABLE')
const READY_AT_ONCE = { ...inState('NOT_READY'), first: [{ event: 'agent-state', body: { state: 'AVAILABLE' } }] }

/** Cisco CTI Server pair. */
export const CISCO_CTI_BUTTONS: readonly ButtonRow[] = [
  {
    id: 'call-arrives',
    label: 'A call arrives',
    group: 'contact',
    description: 'A call is offered to an agent. A NOT_READY waits until it is over; a LOGOUT is planned for after it.',
    to: [AVAILABLE, READY_AT_ONCE],
    does: [{ event: 'call-offer' }],
    watch: 'The agent is RESERVED.',
  },
  {
    id: 'call-answered',
    label: 'A call is answered',
    group: 'contact',
    description: 'The offered call is answered, or a call comes and is answered at once.',
    to: [inState('RESERVED'), AVAILABLE, READY_AT_ONCE],
    does: [{ event: 'call-start' }],
    watch: 'The agent is BUSY.',
  },
  {
    id: 'call-ends',
    label: 'The call ends',
    group: 'contact',
    description: 'The call is over; what was planned for after it takes effect.',
    to: [inState('TALKING', 'HOLD', 'RESERVED')],
    does: [{ event: 'call-end' }],
    watch: 'The agent is in the state of before, or where the pending command wanted it.',
  },
  {
    id: 'call-refused',
    label: 'A call is not answered',
    group: 'contact',
    description: 'The offered call rings out. The platform makes the agent NOT_READY with code 32767.',
    to: [
      inState('RESERVED'),
      { ...AVAILABLE, first: [{ event: 'call-offer' }] },
      { ...READY_AT_ONCE, first: [...READY_AT_ONCE.first, { event: 'call-offer' }] },
    ],
    does: [{ event: 'rona' }],
    watch: 'The agent is NOT_READY, reason 32767.',
  },
  {
    id: 'agent-leaves',
    label: 'An agent logs out at the desk',
    group: 'desk',
    description: 'A logout that the gateway did not ask for. It is seen, and in the report of logouts.',
    to: [inState('NOT_READY'), AVAILABLE],
    does: [{ event: 'agent-logout', body: { reason: 50002 } }],
    watch: 'The agent is LOGGED_OUT.',
  },
  {
    id: 'side-a-down',
    label: 'Side A dies',
    group: 'fault',
    description: 'The connections to side A are reset and its port is closed; side B becomes active. Nothing is lost.',
    does: [{ event: 'side-down', body: { side: 'A' } }],
    watch: 'The link goes down and comes up on side B.',
  },
  {
    id: 'down',
    label: 'Both sides die',
    group: 'fault',
    description: 'The platform is away. Commands are kept and retried; the other platforms notice nothing.',
    does: [
      { event: 'side-down', body: { side: 'A' } },
      { event: 'side-down', body: { side: 'B' } },
    ],
    watch: 'The link is down, and the agents are stale.',
  },
  { ...FAULT_TEXTS.fails, does: [{ fault: 'failure-conf', operation }] },
  { ...FAULT_TEXTS.silent, does: [{ fault: 'hang', operation }] },
  { ...FAULT_TEXTS.slow, does: [{ fault: 'slow', operation, delayMs: 3_000 }] },
  { ...FAULT_TEXTS.lies, does: [{ fault: 'accept-then-nothing', operation }] },
  {
    ...RECOVERS,
    does: ['no faults', { event: 'side-up', body: { side: 'A' } }, { event: 'side-up', body: { side: 'B' } }],
  },
]
