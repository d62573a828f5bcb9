import { randomUUID } from 'node:crypto'
import { consequenceOf, endOfCall, REROUTE_PRIORITY, type Consequence, type Participant } from './conversation-rules.js'
import type { Workload } from './engine.js'

export type TaskCloseReason = 'RONA' | 'DONE' | 'NO_AGENT_AVAILABLE' | 'AGENT_LOGOUT' | 'FORCE_CLOSED' | 'REROUTE'

/** How an agent came to a task (shared object model, `TaskTypeDirection`). */
export type TaskDirection = 'INBOUND' | 'CONSULT' | 'DIRECT_CONFERENCE' | 'SILENT_MONITOR' | 'BARGE_IN'

/** Listening and barging in do not use up capacity (not documented; a supervisor's channels need not even be ready). */
const UNCOUNTED: readonly TaskDirection[] = ['SILENT_MONITOR', 'BARGE_IN']

export interface Queue {
  readonly id: string
  readonly name: string
}

/** A task of an agent (expertflow.md §8.1 "Task state"). */
export interface Task {
  readonly id: string
  readonly conversationId: string
  readonly agentId: string
  readonly mrdId: string
  readonly queue: Queue
  readonly priority: number
  readonly createdAt: number
  /** Epoch ms after which a re-queue finds no agent any more (time-to-live), 0: never. */
  readonly expiresAt: number
  direction: TaskDirection
  state: 'RESERVED' | 'ACTIVE' | 'CLOSED'
  reasonCode: TaskCloseReason | null
}

export interface Conversation {
  readonly id: string
  readonly queue: Queue
  readonly mrdId: string
  participants: Participant[]
  state: 'ACTIVE' | 'QUEUED' | 'CLOSED'
  priority: number
}

/** Somebody left a conversation: what the others must hear, and what the journal tells. */
export interface Leaving extends Consequence {
  readonly conversation: Conversation
  readonly leaver: Participant
  readonly before: readonly Participant[]
  /** Tasks of others that were closed with it. */
  readonly closed: readonly Task[]
}

export const DEFAULT_QUEUE: Queue = { id: '6305de07166ba1099d11d900', name: 'Support' }

const KEPT_CLOSED = 1000
const KEPT_CONVERSATIONS = 10_000

/** Tasks and conversations of all agents. Knows nothing of states; `desk-work.ts` joins it with the engine. */
export function createWork() {
  const byAgent = new Map<string, Task[]>()
  const conversations = new Map<string, Conversation>()
  let closed: Task[] = []

  const tasksOf = (agentId: string): Task[] => byAgent.get(agentId) ?? []

  const workload: Workload = {
    tasks: (agentId, mrdId) =>
      tasksOf(agentId).filter((task) => task.mrdId === mrdId && task.state === 'ACTIVE' && !UNCOUNTED.includes(task.direction)).length,
    reserved: (agentId, mrdId) => tasksOf(agentId).some((task) => task.mrdId === mrdId && task.state === 'RESERVED'),
  }

  const closeTask = (task: Task, reason: TaskCloseReason): Task => {
    byAgent.set(
      task.agentId,
      tasksOf(task.agentId).filter((other) => other !== task),
    )
    task.state = 'CLOSED'
    task.reasonCode = reason
    closed = [...closed.slice(1 - KEPT_CLOSED), task]
    return task
  }

  const requeue = (conversation: Conversation): void => {
    conversation.participants = []
    conversation.state = 'QUEUED'
    conversation.priority = REROUTE_PRIORITY
  }

  /** One participant leaves one conversation, with the consequences of §11.2 or of the end of a call. */
  const leave = (conversation: Conversation, agentId: string, callEnds = false): Leaving => {
    const before = conversation.participants
    const leaver = before.find((participant) => participant.agentId === agentId) ?? { agentId, role: 'PRIMARY' }
    const consequence = (callEnds ? endOfCall(before, agentId) : undefined) ?? consequenceOf(before, agentId)
    const gone = consequence.removed.flatMap(tasksOf).filter((task) => task.conversationId === conversation.id)
    const closedTasks = gone.map((task) => closeTask(task, 'FORCE_CLOSED'))
    if (consequence.then === 'reroute') requeue(conversation)
    else conversation.participants = [...consequence.stay]
    if (consequence.then === 'end') conversation.state = 'CLOSED'
    for (const task of consequence.heirs.flatMap(tasksOf)) if (task.conversationId === conversation.id) task.direction = 'INBOUND'
    return { ...consequence, conversation, leaver, before, closed: closedTasks }
  }

  const add = (input: Omit<Task, 'id' | 'createdAt' | 'reasonCode' | 'direction'> & { direction?: TaskDirection }): Task => {
    const task: Task = { direction: 'INBOUND', ...input, id: randomUUID(), createdAt: Date.now(), reasonCode: null }
    byAgent.set(input.agentId, [...tasksOf(input.agentId), task])
    return task
  }

  return {
    workload,
    tasksOf,
    closeTask,
    requeue,
    add,
    reservedOf: (agentId: string): Task | undefined => tasksOf(agentId).find((task) => task.state === 'RESERVED'),
    conversation: (id: string): Conversation | undefined => conversations.get(id),
    conversationsOf: (agentId: string): Conversation[] =>
      [...conversations.values()].filter((conversation) =>
        conversation.participants.some((participant) => participant.agentId === agentId),
      ),
    list: () => ({ conversations: [...conversations.values()], tasks: [...byAgent.values()].flat(), closedTasks: [...closed] }),
    startConversation(input: Omit<Conversation, 'id' | 'state' | 'priority'> & { priority?: number }): Conversation {
      const id = randomUUID()
      const conversation: Conversation = { priority: 1, ...input, id, state: input.participants.length > 0 ? 'ACTIVE' : 'QUEUED' }
      conversations.set(id, conversation)
      const [oldest] = conversations.keys()
      if (conversations.size > KEPT_CONVERSATIONS && oldest !== undefined) conversations.delete(oldest)
      return conversation
    },
    leave,
    /** The engine's and the conversation layer's side of a logout (expertflow.md §8.4 "side effects", §11.2). */
    logout(agentId: string, callEnds: (mrdId: string) => boolean = () => false): Leaving[] {
      for (const task of [...tasksOf(agentId)]) {
        const expired = task.state === 'RESERVED' && task.expiresAt > 0 && task.expiresAt <= Date.now()
        const conversation = conversations.get(task.conversationId)
        if (task.state === 'RESERVED' && conversation?.participants.length === 0) {
          if (expired) conversation.state = 'CLOSED'
          else requeue(conversation)
        }
        closeTask(task, expired ? 'NO_AGENT_AVAILABLE' : 'AGENT_LOGOUT')
      }
      const mine = [...conversations.values()].filter((each) => each.participants.some((participant) => participant.agentId === agentId))
      return mine.map((conversation) => leave(conversation, agentId, callEnds(conversation.mrdId)))
    },
    /** All conversations that the agent leads go back to their queues (Callback reason §12.3, interruption §12.2). */
    rerouteAll(agentId: string, concerns: (conversation: Conversation) => boolean): Leaving[] {
      const mine = [...conversations.values()].filter(
        (each) =>
          concerns(each) && each.participants.some((participant) => participant.agentId === agentId && participant.role === 'PRIMARY'),
      )
      for (const task of [...tasksOf(agentId)]) {
        if (task.state === 'ACTIVE' && mine.some((conversation) => conversation.id === task.conversationId)) closeTask(task, 'REROUTE')
      }
      return mine.map((conversation) => leave(conversation, agentId))
    },
    reset(): void {
      byAgent.clear()
      conversations.clear()
      closed = []
    },
  }
}

export type Work = ReturnType<typeof createWork>
