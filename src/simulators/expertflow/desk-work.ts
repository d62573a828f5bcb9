import { DEFAULT_QUEUE, type Queue, type Task } from './work.js'
import { isBag } from './parse-change.js'
import type { AgentMrd } from './presence.js'
import type { Site } from './site.js'
import { isRoutable } from './system-rules.js'
import { tellTopic } from './topic.js'

/**
 * Offers and tasks of agents with their consequences for MRD states (expertflow.md §8.6, §8.7, §12.2). Methods throw an
 * `Error` with a clear text when the situation does not allow it.
 */
export function createDeskWork(site: Site) {
  const { engine, work, sessions, options } = site

  const onNonInterruptible = (agentId: string): boolean =>
    work.tasksOf(agentId).some((task) => engine.find(agentId)?.mrds.some(({ mrd }) => mrd.id === task.mrdId && !mrd.interruptible) === true)

  /** Interruptible MRDs are interrupted and their conversations re-routed (default policy before "hold", §12.2). */
  function interrupt(agentId: string, by: AgentMrd): void {
    const concerns = (channel: AgentMrd) => channel !== by && channel.mrd.interruptible
    const interrupted = engine.find(agentId)?.mrds.filter(concerns) ?? []
    site.publish(agentId, engine.system(agentId, 'interrupt', concerns))
    for (const { mrd } of interrupted) {
      const conversations = work.conversationsOf(agentId).filter((conversation) => conversation.mrdId === mrd.id)
      const data = { mrdId: mrd.id, agentId, conversations: conversations.map((conversation) => conversation.id) }
      sessions.emit(agentId, 'onCimEvent', { cimEvent: JSON.stringify({ name: 'AGENT_MRD_INTERRUPTED', data }), conversationId: null })
      site.publish(
        agentId,
        site.reroute(agentId, (mrdId) => mrdId === mrd.id),
      )
    }
  }

  function offer(agentId: string, channel: AgentMrd, input: { ttlMs?: number; queue?: Queue; force?: boolean; autoJoin?: boolean }): Task {
    const agent = engine.find(agentId)
    const reserved = work.reservedOf(agentId) !== undefined
    if (agent === undefined) throw new Error(`no agent ${agentId}`)
    const routable = isRoutable({ state: agent.state, reserved, onNonInterruptible: onNonInterruptible(agentId) }, channel.state)
    if (!routable && input.force !== true) {
      throw new Error(`agent is not routable on ${channel.mrd.name}: agent ${agent.state}, MRD ${channel.state}, open offer ${reserved}`)
    }
    const queue = input.queue ?? DEFAULT_QUEUE
    const conversation = work.startConversation({ queue, mrdId: channel.mrd.id, participants: [] })
    const expiresAt = input.ttlMs === undefined ? 0 : Date.now() + input.ttlMs
    const task = work.add({
      agentId,
      conversationId: conversation.id,
      mrdId: channel.mrd.id,
      queue,
      priority: 1,
      expiresAt,
      state: 'RESERVED',
    })
    if (options.reservedState)
      site.publish(
        agentId,
        engine.system(agentId, 'offer', (each) => each === channel),
      )
    if (options.interruption && !channel.mrd.interruptible) interrupt(agentId, channel)
    sessions.emit(agentId, 'taskRequest', taskRequest(task, input.autoJoin === true ? 'STARTED' : 'RESERVED'))
    if (input.autoJoin === true) accept(task)
    else if (options.ronaMs > 0) setTimeout(() => void (task.state === 'RESERVED' && rona(task)), options.ronaMs).unref()
    return task
  }

  /** The offer becomes an active task, and its conversation the agent's (§8.6 "Task becomes active"). */
  function accept(task: Task): void {
    if (task.state !== 'RESERVED') throw new Error('the task is not being offered')
    task.state = 'ACTIVE'
    const conversation = work.conversation(task.conversationId)
    if (conversation !== undefined) {
      conversation.participants = [...conversation.participants, { agentId: task.agentId, role: 'PRIMARY' }]
      conversation.state = 'ACTIVE'
    }
    activated(task)
    if (conversation !== undefined) tellTopic(site, conversation, task)
  }

  function activated(task: Task): void {
    const here = (channel: AgentMrd) => channel.mrd.id === task.mrdId
    const events = [...engine.system(task.agentId, 'offer-gone', here), ...engine.system(task.agentId, 'task-active', here)]
    site.publish(task.agentId, events)
  }

  /** Nobody took the offer: revoked, re-queued with priority 11, the agent NOT_READY (§8.6 "RONA", §8.4 row 9). */
  function rona(task: Task): void {
    if (task.state !== 'RESERVED') throw new Error('the task is not being offered')
    const { agentId, conversationId } = task
    work.closeTask(task, 'RONA')
    const conversation = work.conversation(conversationId)
    if (conversation !== undefined) work.requeue(conversation)
    sessions.emit(agentId, 'revokeTask', { conversationId })
    const events = engine.system(agentId, 'offer-gone', (channel) => channel.mrd.id === task.mrdId)
    site.publish(agentId, [...events, ...site.changeGlobal(agentId, 'NOT_READY', null, true)])
  }

  /** The agent is done with a task (§8.6 "Task closes"). */
  function close(task: Task): void {
    const conversation = work.conversation(task.conversationId)
    work.closeTask(task, 'DONE')
    if (conversation !== undefined) {
      conversation.participants = conversation.participants.filter((participant) => participant.agentId !== task.agentId)
      if (conversation.participants.length === 0) conversation.state = 'CLOSED'
    }
    site.publish(task.agentId, site.taskClosed(task))
    if (options.interruption && !onNonInterruptible(task.agentId)) {
      site.publish(
        task.agentId,
        engine.system(task.agentId, 'resume', (channel) => channel.mrd.interruptible),
      )
    }
  }

  const taskIn = (agentId: string, payload: unknown): Task | undefined =>
    isBag(payload)
      ? work.tasksOf(agentId).find((task) => task.id === payload.taskId || task.conversationId === payload.conversationId)
      : undefined

  return {
    offer,
    accept,
    activated,
    rona,
    close,
    /** A desk answers an offer by subscribing to its conversation (§5.1). */
    onSubscription(agentId: string, payload: unknown): void {
      const task = taskIn(agentId, payload)
      if (task?.state === 'RESERVED') accept(task)
    },
    onUnsubscription(agentId: string, payload: unknown): void {
      const task = taskIn(agentId, payload)
      if (task?.state === 'ACTIVE') close(task)
    },
  }
}

export type DeskWork = ReturnType<typeof createDeskWork>

/** Body of `taskRequest` (expertflow.md §5.2). */
export function taskRequest(task: Task, state: 'RESERVED' | 'STARTED') {
  return {
    conversationId: task.conversationId,
    channelSession: { id: task.conversationId },
    ccUser: { id: task.agentId, participantType: 'CCUser' },
    taskId: task.id,
    taskState: { name: state, reasonCode: null },
    roomInfo: { id: task.conversationId, mode: 'CONTACT_CENTER' },
    taskDirection: task.direction,
    queue: task.queue,
    note: null,
    requestedBy: null,
    correlationId: task.id,
  }
}
