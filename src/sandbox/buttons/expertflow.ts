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

/** The supervisors of the population are agents to the platform as well. */
const isAgent = (username: unknown): boolean => String(username).startsWith('agent')

/** The agent is READY, and so is the channel (or it has room left). */
function routable(channel: string): Situation {
  return {
    state: `READY on ${channel}`,
    is: ({ username, state, mrds, tasks }) =>
      isAgent(username) && state === 'READY' && tasks === 0 && channelState(mrds, channel) === 'READY',
  }
}

function readyAtOnce(channel: string): Situation {
  return {
    state: 'NOT_READY',
    is: ({ username, state, tasks }) => isAgent(username) && (state === 'NOT_READY' || state === 'READY') && tasks === 0,
    first: [
      { event: 'change-state', body: { state: 'READY' } },
      { event: 'change-state', body: { state: 'READY', mrd: channel } },
    ],
  }
}

/** The agent has a conversation already. */
const engaged: Situation = { state: 'in a conversation', is: ({ username, tasks }) => isAgent(username) && Number(tasks) > 0 }
const idle: Situation = {
  state: 'logged in and idle',
  is: ({ username, state, tasks }) => isAgent(username) && state !== 'LOGOUT' && tasks === 0,
}

const CHAT = { event: 'task-offer', body: { mrd: 'CHAT', autoJoin: true } }
const FREE: readonly Situation[] = [routable('CHAT'), readyAtOnce('CHAT')]
/** A chat begins where there is none; an agent who is named may have one. */
const CHATTING: readonly Situation[] = [...FREE.map((one) => ({ ...one, first: [...(one.first ?? []), CHAT] })), engaged]

/** What several people in one conversation are to a forced logout: the rows of the vendor's table. */
const COMPANY: readonly ButtonRow[] = [
  {
    id: 'consult-starts',
    label: 'A consult starts',
    group: 'contact',
    description: 'The agent asks another one for advice, in the same conversation. A forced logout would put that one out, too.',
    to: CHATTING,
    with: idle,
    does: [{ event: 'consult-start' }],
    watch: 'The preview of a forced logout names the consulted agent.',
  },
  {
    id: 'conference-starts',
    label: 'A conference starts',
    group: 'contact',
    description: 'Another agent comes in as an equal. A forced logout of one leaves the conversation to the other.',
    to: CHATTING,
    with: idle,
    does: [{ event: 'conference-start' }],
    watch: 'The preview of a forced logout says who goes on.',
  },
  ...(
    [
      ['supervisor-listens', 'A supervisor listens in', 'silent-monitor', 'A supervisor follows the conversation, unseen.'],
      ['supervisor-whispers', 'A supervisor whispers', 'whisper', 'A supervisor speaks to the agent, unseen by the customer.'],
      [
        'supervisor-barges-in',
        'A supervisor barges in',
        'barge-in',
        'A supervisor takes part. A forced logout hands the conversation over.',
      ],
    ] as const
  ).map(([id, label, mode, description]): ButtonRow => ({
    id,
    label,
    group: 'contact',
    description,
    to: CHATTING,
    does: [{ event: 'supervisor-join', body: { mode, with: 'supervisor1' } }],
    watch: 'The preview of a forced logout says what becomes of the supervisor.',
  })),
]

/** Expertflow CX. */
export const EXPERTFLOW_BUTTONS: readonly ButtonRow[] = [
  {
    id: 'chat-arrives',
    label: 'A chat arrives',
    group: 'contact',
    description: 'A customer writes, and an agent takes it. A forced logout would now give the chat back to the queue, with priority 11.',
    to: [...FREE, engaged],
    does: [CHAT],
    watch: 'The agent stays READY and its channel CHAT is ACTIVE: there is room for more. The preview of a forced logout shows the chat.',
  },
  ...COMPANY,
  {
    id: 'chat-ends',
    label: 'The customer goes',
    group: 'contact',
    description: 'The newest conversation of the agent ends, for everybody in it.',
    to: [engaged],
    does: [{ event: 'conversation-end' }],
    watch: 'The preview of a forced logout does not show it any more.',
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
  {
    ...FAULT_TEXTS.silent,
    description: 'Changes of a state are swallowed. The socket has no answers, so only what the agent is seen to do counts.',
    watch: FAULT_TEXTS.lies.watch,
    does: [{ fault: 'hang', operation }],
  },
  { ...FAULT_TEXTS.slow, does: [{ fault: 'slow', operation, delayMs: 3_000 }] },
  { ...FAULT_TEXTS.lies, does: [{ fault: 'lie', operation }] },
  { ...RECOVERS, does: ['no faults', { event: 'up' }] },
]
