import { FAULT_TEXTS, RECOVERS, type ButtonRow, type Situation } from './table.js'

/** The socket message that changes a state; sign-in and reads go on. */
const operation = 'changeAgentState'

interface Channel {
  readonly name: string
  readonly state: string
}

function channelState(mrds: unknown, name: string): string | undefined {
  return (mrds as readonly Channel[] | undefined)?.find((channel) => channel.name === name)?.state
}

/** The agent is READY, and so is the channel (or it has room left). */
function routable(channel: string): Situation {
  return {
    state: `READY on ${channel}`,
    is: ({ state, mrds, tasks }) => state === 'READY' && tasks === 0 && channelState(mrds, channel) === 'READY',
  }
}

function readyAtOnce(channel: string): Situation {
  return {
    state: 'NOT_READY',
    is: ({ state, tasks }) => (state === 'NOT_READY' || state === 'READY') && tasks === 0,
    first: [
      { event: 'change-state', body: { state: 'READY' } },
      { event: 'change-state', body: { state: 'READY', mrd: channel } },
    ],
  }
}

const CHAT = [routable('CHAT'), readyAtOnce('CHAT')]
const idle: Situation = { state: 'logged in and idle', is: ({ state, tasks }) => state !== 'LOGOUT' && tasks === 0 }
const busy: Situation = { state: 'in a conversation', is: ({ tasks }) => Number(tasks) > 0 }

/** A conversation of several, which the forced-logout table tells apart. */
const CONVERSATIONS: readonly ButtonRow[] = (
  [
    ['consult-starts', 'A consult starts', 'consult', 'Two agents are in a conversation, the second one as the first one’s adviser.'],
    ['conference-starts', 'A conference starts', 'conference', 'Two agents are in a conversation as equals.'],
  ] as const
).map(([id, label, kind, description]) => ({
  id,
  label,
  group: 'contact',
  description,
  to: CHAT,
  with: idle,
  does: [{ event: 'start-conversation', body: { kind, mrd: 'CHAT' } }],
  watch: 'The channel CHAT of the agent is BUSY; its preview of a forced logout names the other one.',
}))

const SUPERVISED: readonly ButtonRow[] = (
  [
    ['supervisor-listens', 'A supervisor listens in', 'silent-monitor', 'A supervisor listens to an agent’s conversation, unheard.'],
    ['supervisor-whispers', 'A supervisor whispers', 'whisper', 'A supervisor speaks to the agent, unheard by the customer.'],
    [
      'supervisor-barges-in',
      'A supervisor barges in',
      'barge-in',
      'A supervisor takes part. A forced logout would hand the conversation over.',
    ],
  ] as const
).map(([id, label, kind, description]) => ({
  id,
  label,
  group: 'contact',
  description,
  to: CHAT,
  does: [{ event: 'start-conversation', body: { kind, mrd: 'CHAT', with: 'supervisor1' } }],
  watch: 'The channel CHAT of the agent is BUSY; its preview of a forced logout says what becomes of the supervisor.',
}))

/** Expertflow CX. */
export const EXPERTFLOW_BUTTONS: readonly ButtonRow[] = [
  {
    id: 'chat-arrives',
    label: 'A chat arrives',
    group: 'contact',
    description: 'A customer writes, and an agent takes it. A forced logout would now give the chat back to the queue, with priority 11.',
    to: CHAT,
    does: [{ event: 'task-offer', body: { mrd: 'CHAT', autoJoin: true } }],
    watch: 'The channel CHAT of the agent is BUSY.',
  },
  ...CONVERSATIONS,
  ...SUPERVISED,
  {
    id: 'chat-ends',
    label: 'The chat ends',
    group: 'contact',
    description: 'The agent closes the oldest conversation.',
    to: [busy],
    does: [{ event: 'task-close' }],
    watch: 'The channel CHAT of the agent is READY again.',
  },
  {
    id: 'down',
    label: 'The platform is away',
    group: 'fault',
    description: 'Everything is answered 503. Commands are kept and retried; the other platforms notice nothing.',
    does: [{ event: 'down', body: { mode: '503' } }],
    watch: 'The link is down, and the agents are stale.',
  },
  { ...FAULT_TEXTS.fails, does: [{ fault: 'http-status', operation, status: 503 }] },
  { ...FAULT_TEXTS.silent, does: [{ fault: 'hang', operation }] },
  { ...FAULT_TEXTS.slow, does: [{ fault: 'slow', operation, delayMs: 3_000 }] },
  { ...FAULT_TEXTS.lies, does: [{ fault: 'lie', operation }] },
  { ...RECOVERS, does: ['no faults', { event: 'up' }] },
]
