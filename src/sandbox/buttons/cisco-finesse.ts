import { FAULT_TEXTS, inState, RECOVERS, type ButtonRow } from './table.js'

/** Requests that change a user; reads and notifications go on. */
const operation = 'PUT /User/{id}'

const READY = inState('READY')
const READY_AT_ONCE = { ...inState('NOT_READY'), first: [{ event: 'agent-state', body: { state: 'READY' } }] }

/** Cisco Finesse pair. */
export const CISCO_FINESSE_BUTTONS: readonly ButtonRow[] = [
  {
    id: 'call-arrives',
    label: 'A call arrives',
    group: 'contact',
    description: 'A call is offered to an agent.',
    to: [READY, READY_AT_ONCE],
    does: [{ event: 'call-offer' }],
    watch: 'The agent is RESERVED.',
  },
  {
    id: 'call-answered',
    label: 'A call is answered',
    group: 'contact',
    description: 'The offered call is answered, or a call comes and is answered at once. A NOT_READY or LOGOUT now waits for its end.',
    to: [inState('RESERVED'), READY, READY_AT_ONCE],
    does: [{ event: 'call-start' }],
    watch: 'The agent is BUSY.',
  },
  {
    id: 'call-ends',
    label: 'The call ends',
    group: 'contact',
    description: 'The call is over; what was deferred takes effect.',
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
      { ...READY, first: [{ event: 'call-offer' }] },
      { ...READY_AT_ONCE, first: [...READY_AT_ONCE.first, { event: 'call-offer' }] },
    ],
    does: [{ event: 'rona' }],
    watch: 'The agent is NOT_READY, reason 32767.',
  },
  {
    id: 'agent-leaves',
    label: 'An agent signs out at the desk',
    group: 'desk',
    description: 'A logout that the gateway did not ask for. It is seen, and in the report of logouts.',
    to: [inState('NOT_READY'), READY],
    does: [{ event: 'agent-logout' }],
    watch: 'The agent is LOGGED_OUT.',
  },
  {
    id: 'node-out-of-service',
    label: 'A node goes out of service',
    group: 'fault',
    description: 'The primary node answers 503 and says OUT_OF_SERVICE; the gateway goes on with the secondary.',
    does: [{ event: 'failover' }],
    watch: 'The link goes on over the secondary node.',
  },
  {
    id: 'down',
    label: 'Both nodes go out of service',
    group: 'fault',
    description: 'The platform is away. Commands are kept and retried; the other platforms notice nothing.',
    does: [{ event: 'cti-lost' }],
    watch: 'The link is down, and the agents are stale.',
  },
  { ...FAULT_TEXTS.fails, does: [{ fault: 'unavailable', operation }] },
  { ...FAULT_TEXTS.silent, does: [{ fault: 'hang', operation }] },
  { ...FAULT_TEXTS.slow, does: [{ fault: 'slow', operation, delayMs: 3_000 }] },
  { ...FAULT_TEXTS.lies, does: [{ fault: 'accept-then-nothing', operation }] },
  { ...RECOVERS, does: ['no faults', { event: 'cti-back' }] },
]
