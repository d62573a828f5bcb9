import { ROLE_OF_KIND, type ConversationKind, type Participant, type Role } from './conversation-rules.js'
import { taskRequest, type DeskWork } from './desk-work.js'
import type { Site } from './site.js'
import { leavingEntry, tellLeaving, tellOthers, tellTopic } from './topic.js'
import { DEFAULT_QUEUE, type Conversation, type Queue, type Task, type TaskDirection } from './work.js'

const DIRECTION_OF: Readonly<Record<Role, TaskDirection>> = {
  PRIMARY: 'DIRECT_CONFERENCE',
  SECONDARY: 'CONSULT',
  SILENT_MONITOR: 'SILENT_MONITOR',
  WHISPER: 'SILENT_MONITOR',
  BARGE_IN: 'BARGE_IN',
}

/** Conversations as people make and change them at their desks. Methods throw an `Error` with a clear text. */
export function conversationEvents(site: Site, deskWork: DeskWork) {
  const { work, engine } = site

  function required(id: string): Conversation {
    const conversation = work.conversation(id)
    if (conversation === undefined) throw new Error(`no conversation ${id}`)
    return conversation
  }

  function addTask(conversation: Conversation, agentId: string, direction: TaskDirection): Task {
    const { id, mrdId, queue, priority } = conversation
    const task = work.add({ conversationId: id, agentId, mrdId, queue, priority, expiresAt: 0, state: 'ACTIVE', direction })
    if (engine.find(agentId) !== undefined) deskWork.activated(task)
    return task
  }

  /** Somebody comes in, or changes what he does there (a listening supervisor barges in). */
  function join(conversation: Conversation, agentId: string, role: Role): Conversation {
    const { id: conversationId } = conversation
    if (conversation.state !== 'ACTIVE') throw new Error(`the conversation is ${conversation.state}`)
    const about: Participant = { agentId, role }
    const to = conversation.participants.map((participant) => participant.agentId)
    const present = conversation.participants.some((participant) => participant.agentId === agentId)
    if (present) {
      conversation.participants = conversation.participants.map((each) => (each.agentId === agentId ? about : each))
      for (const task of work.tasksOf(agentId)) if (task.conversationId === conversationId) task.direction = DIRECTION_OF[role]
      tellOthers(site, { conversationId, name: 'PARTICIPANT_ROLE_CHANGED', about, to })
      return conversation
    }
    conversation.participants = [...conversation.participants, about]
    const task = addTask(conversation, agentId, DIRECTION_OF[role])
    site.sessions.emit(agentId, 'taskRequest', taskRequest(task, 'STARTED'))
    tellTopic(site, conversation, task)
    tellOthers(site, { conversationId, name: 'AGENT_SUBSCRIBED', about, to })
    return conversation
  }

  /** Somebody goes by himself: the same consequences for the others as a logout, his own task done. */
  function leave(conversation: Conversation, agentId: string): Conversation {
    if (!conversation.participants.some((participant) => participant.agentId === agentId)) throw new Error(`${agentId} does not take part`)
    const own = work.tasksOf(agentId).filter((task) => task.conversationId === conversation.id)
    for (const task of own) site.publish(agentId, closedOf(work.closeTask(task, 'DONE')))
    const leaving = work.leave(conversation, agentId)
    for (const task of leaving.closed) site.publish(task.agentId, closedOf(task))
    site.sessions.emit(agentId, 'topicUnsubscription', {
      task: 'topicUnsubscription',
      reason: 'UNSUBSCRIBED',
      conversationId: conversation.id,
      statusCode: 200,
    })
    tellLeaving(site, leaving, 'DONE')
    site.record(leavingEntry(site, leaving, 'DONE'))
    return conversation
  }

  const closedOf = (task: Task) => site.taskClosed(task)

  return {
    join,
    leave,
    /** By its id, or the newest running one of the agent. */
    find(agentId: string | undefined, conversationId: string | undefined): Conversation {
      if (conversationId !== undefined) return required(conversationId)
      const newest = agentId === undefined ? undefined : work.conversationsOf(agentId).at(-1)
      if (newest === undefined) throw new Error('field "conversationId" is required, or "agentId" of an agent who is in a conversation')
      return newest
    },
    /** A running conversation of this agent, and of a second participant whose role follows from the kind. */
    start(
      agentId: string,
      mrdId: string,
      given: { kind: ConversationKind; with?: string; queue?: Queue; priority?: number },
    ): Conversation {
      const { kind, queue = DEFAULT_QUEUE, priority } = given
      if (kind !== 'normal' && given.with === undefined) throw new Error(`kind "${kind}" needs field "with"`)
      const conversation = work.startConversation({
        queue,
        mrdId,
        participants: [{ agentId, role: 'PRIMARY' }],
        ...(priority !== undefined && { priority }),
      })
      tellTopic(site, conversation, addTask(conversation, agentId, 'INBOUND'))
      if (kind !== 'normal' && given.with !== undefined) join(conversation, given.with, ROLE_OF_KIND[kind])
      return conversation
    },
    /** The customer goes: closed for everybody. */
    end(conversation: Conversation): Conversation {
      for (const { agentId } of conversation.participants) {
        for (const task of work.tasksOf(agentId).filter((each) => each.conversationId === conversation.id)) {
          site.publish(agentId, closedOf(work.closeTask(task, 'DONE')))
        }
        site.sessions.emit(agentId, 'topicClosed', { task: 'topicClosed', conversationId: conversation.id, statusCode: 200 })
      }
      conversation.participants = []
      conversation.state = 'CLOSED'
      return conversation
    },
    /** Running and queued conversations with names, newest last; of one agent only, or all. */
    list(agentId: string | undefined) {
      return work
        .list()
        .conversations.filter((each) => agentId === undefined || each.participants.some((one) => one.agentId === agentId))
        .map(({ participants, ...rest }) => ({
          ...rest,
          participants: participants.map((one) => ({ ...one, username: site.users.get(one.agentId)?.username ?? one.agentId })),
        }))
    },
  }
}
