import type { AgentView } from '../../core/model/agent-state.js'
import { consequence, type Consequence, type Outcome, type SituationCode } from '../../core/model/consequence.js'
import type { Participant } from './participants.js'
import { FORCED_LOGOUT_REASON } from './reasons.js'
import { rowsFor, SEED, type SeedRow } from './seed-rows.js'
import type { TaskFacts } from './tasks.js'

/** Priority of what a forced logout re-routes (seed "Force Logout Agent"; section 11.4). */
export const REROUTE_PRIORITY = 11

/** A task, and who takes part in its conversation where that could be read. */
export interface Conversation {
  readonly task: TaskFacts
  readonly participants: readonly Participant[] | undefined
}

type Medium = 'chat' | 'voice' | 'other'
const CHAT_NAMES = new Set(['CHAT', 'EMAIL'])
/** The vendor's default domain for its own voice (section 8.2); its conversation controller tells it by the id. */
const VOICE_ID = '62f9e360ea5311eda05b0242'
const VOICE_NAMES = new Set(['CX VOICE', 'CX_VOICE'])
const CONTROLLER = 'conversation controller, public code of November 2024'

/** What a forced logout does to each conversation. The seed's rows where they apply; `UNKNOWN` where nothing is known. */
export function consequencesOf(agentId: string, conversations: readonly Conversation[], view: AgentView): readonly Consequence[] {
  if (conversations.length === 0) return [noConversation()]
  return conversations.map((one) => {
    const { task } = one
    const names = task.mrdIds.map((id) => view.channels.find((channel) => channel.id === id)?.name ?? id)
    return {
      ...outcomeOf(agentId, one, mediumOf(task, view)),
      ...(task.conversationId !== undefined && { conversationId: task.conversationId }),
      ...(names.length > 0 && { channel: names.join(', ') }),
      ...(task.queue !== undefined && { queue: task.queue }),
      reason: FORCED_LOGOUT_REASON.name,
    }
  })
}

function noConversation(): Consequence {
  return consequence({
    situationCode: 'NO_CONVERSATION',
    situation: 'no conversation',
    outcome: 'NONE',
    summary: 'The agent is logged out; no conversation is affected.',
    reason: FORCED_LOGOUT_REASON.name,
    certainty: 'documented',
    source: `${SEED}, rows 1 and 2`,
  })
}

function outcomeOf(agentId: string, { task, participants }: Conversation, medium: Medium): Consequence {
  if (task.offered) return offer(task)
  const me = participants?.find(({ id }) => id.toLowerCase() === agentId.toLowerCase())
  const others = participants?.filter((one) => one !== me && one.role !== 'customer') ?? []
  const before = participants === undefined ? [] : [...participants.map(labelOf)]
  if (medium !== 'chat') return otherMedium(medium, me?.role ?? roleByDirection(task), before)
  if (participants === undefined) return withoutParticipants(task)
  if (me?.role === undefined || others.some(({ role }) => role === undefined)) return strangeRole(me, others, before)
  if (me.role !== 'primary' && me.role !== 'secondary') return supervising(before)
  return fromRows(rowsFor(me.role, others), others, task, before)
}

/** The rows that speak of this conversation, put together. Where they disagree nothing is claimed. */
function fromRows(rows: readonly SeedRow[], others: readonly Participant[], task: TaskFacts, before: readonly string[]): Consequence {
  const outcomes = [...new Set(rows.map(({ outcome }) => outcome))]
  const numbers = rows.map(({ row }) => `row ${row}`).join(' and ')
  const [first] = rows
  const [outcome] = outcomes
  if (first === undefined || outcome === undefined || outcomes.length > 1) return disagreement(rows, outcomes, before)
  const concerned = (does: 'removes' | 'tells' | 'hands over'): Participant[] =>
    others.filter(({ role }) => rows.some((row) => row.does === does && row.other === role))
  const removed = concerned('removes')
  const heirs = concerned('hands over').map((heir): Participant => ({ ...heir, role: 'primary' }))
  const stay = others.filter((one) => !removed.includes(one) && !heirs.some(({ id }) => id === one.id))
  // A row shows one other at most; who else takes part is not in it.
  const asShown = others.length <= 1
  return consequence({
    situationCode: rows.length > 1 ? 'SEVERAL_AT_ONCE' : first.code,
    situation: rows.map(({ situation }) => situation).join('; '),
    outcome,
    summary: summaryOf(outcome, task, { removed, told: concerned('tells'), heirs }),
    ...(outcome === 'REQUEUED' && { priority: REROUTE_PRIORITY }),
    removed: removed.map(labelOf),
    told: concerned('tells').map(labelOf),
    inheritedBy: heirs.map(labelOf),
    before,
    after: outcome === 'REQUEUED' ? ['customer (waiting)'] : ['customer', ...heirs.map(labelOf), ...stay.map(labelOf)],
    certainty: asShown ? 'documented' : 'unknown',
    source: asShown ? `${SEED}, ${numbers}` : `concluded from ${SEED}, ${numbers}, which shows one other participant`,
  })
}

function summaryOf(
  outcome: Outcome,
  { queue }: TaskFacts,
  { removed, told, heirs }: Readonly<Record<'removed' | 'told' | 'heirs', readonly Participant[]>>,
): string {
  const names = (list: readonly Participant[]): string => list.map(({ name }) => name).join(' and ')
  const also = removed.length === 0 ? '' : `; ${names(removed)} ${removed.length > 1 ? 'are' : 'is'} removed from it`
  switch (outcome) {
    case 'REQUEUED':
      return `The customer goes back to ${queue === undefined ? 'the same queue' : `queue ${queue}`} with the highest priority (11)${also}.`
    case 'HANDED_OVER':
      return `The conversation goes on with ${names(heirs)} instead of the agent.`
    default:
      return `The conversation goes on${told.length === 0 ? '' : `; ${names(told)} ${told.length > 1 ? 'are' : 'is'} told that the agent left`}.`
  }
}

function disagreement(rows: readonly SeedRow[], outcomes: readonly Outcome[], before: readonly string[]): Consequence {
  return unknown({
    situationCode: 'SEVERAL_AT_ONCE',
    situation: rows.map(({ situation }) => situation).join('; '),
    possibleOutcomes: outcomes,
    summary: 'The platform describes each of these situations, but not all at once.',
    before,
    source: `${SEED}, ${rows.map(({ row }) => `row ${row}`).join(' and ')} disagree`,
  })
}

/** Not in the seed: the routing engine takes a reserved task away and queues it again (section 8.4, logout side effects). */
function offer(task: TaskFacts): Consequence {
  return consequence({
    situationCode: 'OFFER',
    situation: 'a conversation is being offered to the agent',
    outcome: 'REQUEUED',
    summary: summaryOf('REQUEUED', task, { removed: [], told: [], heirs: [] }),
    priority: REROUTE_PRIORITY,
    after: ['customer (waiting)'],
    before: ['customer (waiting)'],
    certainty: 'observed',
    source: 'routing engine, public code of March 2024: side effects of a logout',
  })
}

/** Voice: the vendor's conversation controller ends the customer's call when a primary agent is forced out. Other media: nothing is known. */
function otherMedium(medium: Medium, role: Participant['role'], before: readonly string[]): Consequence {
  if (medium === 'voice' && role === 'primary') {
    return consequence({
      situationCode: 'CALL',
      situation: 'a voice call',
      outcome: 'RELEASED',
      summary: 'The call is ended.',
      othersAffected: ['the call ends for everybody in it'],
      before,
      certainty: 'observed',
      source: `${CONTROLLER}; a site may have changed it`,
    })
  }
  return unknown({
    situationCode: medium === 'voice' ? 'CALL' : 'OTHER_MEDIUM',
    situation: medium === 'voice' ? 'a voice call' : 'a medium that the platform’s description of forced logout does not speak of',
    summary: 'The platform does not say what becomes of it.',
    before,
    source: `${SEED} speaks of chats only`,
  })
}

/** `type.direction` of a task: what brought the agent into the conversation. */
function roleByDirection({ direction = '' }: TaskFacts): Participant['role'] {
  if (['INBOUND', 'OUTBOUND', 'DIRECT_TRANSFER', 'CONSULT_TRANSFER'].includes(direction)) return 'primary'
  return direction === 'CONSULT' ? 'secondary' : undefined
}

/** The routing engine does not tell who else takes part: what is left is how this agent came to the conversation. */
function withoutParticipants(task: TaskFacts): Consequence {
  if (task.direction === 'SILENT_MONITOR' || task.direction === 'BARGE_IN') return supervising([])
  if (task.direction === 'CONSULT') {
    const [row] = rowsFor('secondary', [{ id: '', name: 'the primary agent', role: 'primary', word: '' }])
    return consequence({
      situationCode: 'CONSULT_SECONDARY',
      situation: row?.situation ?? '',
      outcome: 'UNAFFECTED',
      summary: 'The conversation goes on; the primary agent is told that the agent left.',
      told: ['the primary agent'],
      certainty: 'documented',
      source: `${SEED}, row 5`,
    })
  }
  const joined = task.direction === 'DIRECT_CONFERENCE' || task.direction === 'CONSULT_CONFERENCE'
  return unknown({
    situationCode: joined ? 'CONFERENCE' : 'CHAT',
    situation: joined ? 'a conversation that the agent joined as a conference' : 'a chat; who else takes part is not known',
    possibleOutcomes: joined ? ['UNAFFECTED', 'REQUEUED'] : ['REQUEUED', 'HANDED_OVER', 'UNAFFECTED'],
    summary: joined
      ? 'It goes on with the other agent; if the agent is alone in it by now, the customer goes back to the queue with priority 11.'
      : 'The customer goes back to the queue with priority 11; if another agent or a supervisor who has barged in takes part, it stays with them.',
    othersAffected: ['a consulted agent, a listening or a whispering supervisor would be removed'],
    source: `${SEED}; the routing engine does not tell who else takes part (setting "conversations")`,
  })
}

function supervising(before: readonly string[]): Consequence {
  return unknown({
    situationCode: 'SUPERVISING',
    situation: 'the agent takes part as a supervisor',
    summary: 'The platform does not say what becomes of a conversation whose supervisor is forced out.',
    before,
    source: `${SEED} has no row for it`,
  })
}

function strangeRole(me: Participant | undefined, others: readonly Participant[], before: readonly string[]): Consequence {
  const words = [me, ...others].flatMap((one) => (one !== undefined && one.role === undefined ? [one.word] : []))
  return unknown({
    situationCode: 'UNKNOWN',
    situation: me === undefined ? 'the platform does not list the agent in this conversation' : 'a role that is not known',
    summary: 'What becomes of it cannot be told.',
    before,
    source: me === undefined ? 'conversation manager' : `role ${words.join(', ')} is not in the setting "conversations.roles"`,
  })
}

function unknown(
  given: { situationCode: SituationCode; situation: string; summary: string; source: string } & Partial<Consequence>,
): Consequence {
  return consequence({ ...given, outcome: 'UNKNOWN', certainty: 'unknown' })
}

export function mediumOf(task: TaskFacts, view: AgentView): Medium {
  const media = task.mrdIds.map((id): Medium => {
    const name = view.channels.find((channel) => channel.id === id)?.name?.toUpperCase() ?? ''
    return CHAT_NAMES.has(name) ? 'chat' : id === VOICE_ID || VOICE_NAMES.has(name) ? 'voice' : 'other'
  })
  const [first = 'chat'] = media
  return media.every((each) => each === first) ? first : 'other'
}

function labelOf({ name, role, word }: Participant): string {
  return role === 'customer' ? name : `${name} (${role ?? word})`
}
