import type { JournalEntry } from '../kit/journal.js'
import type { Participant, Role } from './conversation-rules.js'
import type { KeycloakUser } from './population.js'
import type { Engine } from './engine.js'
import type { PresenceEvent } from './presence.js'
import type { Sessions } from './sessions.js'
import type { Conversation, Leaving, Task, Work } from './work.js'

/** What telling people needs of the installation. */
interface Site {
  readonly engine: Engine
  readonly users: ReadonlyMap<string, KeycloakUser>
  readonly sessions: Sessions
  readonly work: Work
  publish(agentId: string, events: readonly PresenceEvent[]): void
}

/** Roles on the wire: the shared object model has PRIMARY, ASSISTANT and SILENT_MONITOR; the other two words are unverified. */
const WIRE_ROLE: Readonly<Record<Role, string>> = {
  PRIMARY: 'PRIMARY',
  SECONDARY: 'ASSISTANT',
  SILENT_MONITOR: 'SILENT_MONITOR',
  WHISPER: 'WHISPER',
  BARGE_IN: 'BARGE_IN',
}

const userOf = (site: Site, agentId: string): KeycloakUser | undefined => site.engine.find(agentId)?.user ?? site.users.get(agentId)

const nameOf = (site: Site, agentId: string): string => userOf(site, agentId)?.username ?? agentId

/** A `ConversationParticipant` of an agent, as `topicParticipant` has it (expertflow.md §5.1). */
function agentParticipant(site: Site, { agentId, role }: Participant, conversationId: string) {
  return {
    id: agentId,
    type: 'AGENT',
    role: WIRE_ROLE[role],
    participant: { participantType: 'CCUser', id: agentId, keycloakUser: userOf(site, agentId) ?? { id: agentId } },
    conversationId,
    isActive: true,
    state: 'SUBSCRIBED',
  }
}

/** A conversation as the desk gets it in `onTopicData.topicData` (vendor's desk, 2024): customer, channel session, participants. */
export function topicOf(site: Site, conversation: Conversation) {
  const { id, mrdId } = conversation
  const channelSession = { id, channel: { channelType: { name: 'WEB', mediaRoutingDomain: mrdId } }, state: { name: 'STARTED' } }
  const present =
    conversation.state === 'CLOSED' ? [] : [{ id: `customer-${id}`, type: 'CUSTOMER', role: 'CUSTOMER', participant: channelSession }]
  return {
    id,
    customer: { _id: `customer-${id}`, firstName: 'Customer', isAnonymous: true },
    channelSession,
    participants: [...present, ...conversation.participants.map((participant) => agentParticipant(site, participant, id))],
    topicEvents: [] as readonly unknown[],
  }
}

/** The desk of a task's agent learns the conversation (expertflow.md §5.2 `onTopicData`). */
export function tellTopic(site: Site, conversation: Conversation, task: Task): void {
  const me = conversation.participants.find(({ agentId }) => agentId === task.agentId)
  const topicData = {
    ...topicOf(site, conversation),
    ...(me !== undefined && { topicParticipant: agentParticipant(site, me, conversation.id) }),
  }
  site.sessions.emit(task.agentId, 'onTopicData', { topicData, conversationId: conversation.id, taskId: task.id })
}

/** Everybody else in the conversation hears of one of them: AGENT_SUBSCRIBED, AGENT_UNSUBSCRIBED, PARTICIPANT_ROLE_CHANGED. */
export function tellOthers(
  site: Site,
  event: { readonly conversationId: string; readonly name: string; readonly about: Participant; readonly to: readonly string[] },
  more: Readonly<Record<string, unknown>> = {},
): void {
  const { conversationId, name, about } = event
  const data = { agentParticipant: agentParticipant(site, about, conversationId), ...more }
  const cimEvent = JSON.stringify({ name, type: 'NOTIFICATION', data, roomInfo: { id: conversationId, mode: 'CONTACT_CENTER' } })
  for (const agentId of event.to) if (agentId !== about.agentId) site.sessions.emit(agentId, 'onCimEvent', { cimEvent, conversationId })
}

/** Who was put out is unsubscribed, who stays and must know is told, who inherits gets the topic. The reason word REMOVED is unverified. */
export function tellLeaving(site: Site, { conversation, leaver, then, removed, notified, heirs }: Leaving, reason: string): void {
  const conversationId = conversation.id
  for (const other of removed) {
    if (then === 'end') site.sessions.emit(other, 'topicClosed', { task: 'topicClosed', conversationId, statusCode: 200 })
    else
      site.sessions.emit(other, 'topicUnsubscription', { task: 'topicUnsubscription', reason: 'REMOVED', conversationId, statusCode: 200 })
  }
  const text = `${nameOf(site, leaver.agentId)} left the conversation`
  tellOthers(site, { conversationId, name: 'AGENT_UNSUBSCRIBED', about: leaver, to: notified }, { reason, text })
  for (const heir of heirs) {
    const task = site.work.tasksOf(heir).find((each) => each.conversationId === conversationId)
    if (task === undefined) continue
    if (site.engine.find(heir) !== undefined) {
      const here = (channel: { mrd: { id: string } }) => channel.mrd.id === task.mrdId
      site.publish(heir, site.engine.system(heir, 'task-active', here))
    }
    tellTopic(site, conversation, task)
  }
}

export type ConversationEntry = Omit<JournalEntry, 'seq' | 'at'>

const OUTCOME = { reroute: 'requeued', continues: 'continues', handover: 'handed over', end: 'ended' } as const

/** What became of one conversation when somebody left it, as the journal keeps it. */
export function leavingEntry(site: Site, leaving: Leaving, reason: string): ConversationEntry {
  const { conversation, leaver, then, before } = leaving
  const names = (ids: readonly string[]) => ids.map((id) => nameOf(site, id))
  const listed = (participants: readonly Participant[]) => participants.map(({ agentId, role }) => `${nameOf(site, agentId)} ${role}`)
  return {
    operation: 'conversation',
    effect: 'applied',
    agentId: leaver.agentId,
    detail: {
      conversationId: conversation.id,
      outcome: OUTCOME[then],
      reason,
      queue: conversation.queue.name,
      ...(then === 'reroute' && { priority: conversation.priority }),
      removed: names(leaving.removed),
      told: names(leaving.notified),
      inheritedBy: names(leaving.heirs),
      before: listed(before),
      after: listed(conversation.participants),
    },
  }
}
