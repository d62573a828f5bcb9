import type { Consequence } from '../../core/adapter.js'
import type { AgentView } from '../../core/model/agent-state.js'
import { fieldsOf, textOf } from './presence.js'
import { FORCED_LOGOUT_REASON } from './reasons.js'

/** Priority of what a forced logout re-routes (seed "Force Logout Agent"; section 11.4). */
export const REROUTE_PRIORITY = 11

/** The situations that the seed tells apart. */
export const SITUATIONS = [
  'no-conversation',
  'offer',
  'chat',
  'consult-primary',
  'consult-secondary',
  'conference',
  'silent-monitoring',
  'whisper',
  'barge-in',
  'other-medium',
] as const
export type Situation = (typeof SITUATIONS)[number]

type Rule = Omit<Consequence, 'conversationId' | 'reason'>

const SEED = 'Force Logout Agent'

/** What a forced logout does, row for row (seed "Force Logout Agent", numbered as in section 11.2). */
export const FORCED_LOGOUT_RULES: Readonly<Record<Situation, Rule>> = {
  'no-conversation': rule('no conversation', 'NONE', [], `${SEED}, rows 1 and 2`),
  chat: rule('normal chat', 'REQUEUED', [], `${SEED}, row 3`),
  'consult-primary': rule('consult, the agent is the primary one', 'REQUEUED', ['the secondary agent is removed'], `${SEED}, row 4`),
  'consult-secondary': rule('consult, the agent is the secondary one', 'UNAFFECTED', ['the primary agent is told'], `${SEED}, row 5`),
  conference: rule('conference of agents', 'UNAFFECTED', ['the other agent is told'], `${SEED}, row 6`),
  'silent-monitoring': rule('a supervisor listens silently', 'REQUEUED', ['the supervisor is removed'], `${SEED}, row 7`),
  whisper: rule('a supervisor whispers', 'REQUEUED', ['the supervisor is removed'], `${SEED}, row 8`),
  'barge-in': rule('a supervisor has barged in', 'HANDED_OVER', ['the supervisor goes on alone'], `${SEED}, row 9`),
  // Not in the seed: the routing engine takes a reserved task away and queues it again (section 8.4, logout side effects).
  offer: rule('a task that is being offered', 'REQUEUED', [], 'routing engine, logout side effects'),
  'other-medium': {
    situation: 'a medium that the platform’s description of forced logout does not speak of',
    outcome: 'UNKNOWN',
    othersAffected: [],
    certainty: 'unknown',
    source: 'expertflow: voice at forced logout is not described',
  },
}

/** One task of the agent, as far as it matters here. */
export interface TaskFacts {
  readonly conversationId?: string
  readonly mrdIds: readonly string[]
  readonly direction?: string
  readonly offered: boolean
}

/** An entry of `GET /routing-engine/tasks` in its newer (activeMedia) or older (mrd, channelSession) form; closed tasks are none. */
export function parseTask(value: unknown): TaskFacts | undefined {
  const task = fieldsOf(value)
  if (task === undefined) return undefined
  const state = textOf(fieldsOf(task['state'])?.['name']) ?? textOf(task['state'])
  if (state === 'CLOSED') return undefined
  const media = (Array.isArray(task['activeMedia']) ? task['activeMedia'] : []).map(fieldsOf).filter((each) => each !== undefined)
  const conversationId = textOf(task['conversationId']) ?? textOf(fieldsOf(task['channelSession'])?.['conversationId'])
  const mrdIds = [...media.map((each) => textOf(each['mrdId'])), textOf(fieldsOf(task['mrd'])?.['id']), textOf(task['mrdId'])]
  const direction = [task, ...media].map((each) => textOf(fieldsOf(each['type'])?.['direction'])).find((each) => each !== undefined)
  const mediaStates = media.map((each) => textOf(each['state']))
  return {
    ...(conversationId !== undefined && { conversationId }),
    mrdIds: mrdIds.filter((id) => id !== undefined),
    ...(direction !== undefined && { direction }),
    offered: state === 'RESERVED' || (mediaStates.length > 0 && mediaStates.every((each) => each === 'RESERVED')),
  }
}

/** `type.direction` of a task → situation. Other directions (INBOUND, OUTBOUND, DIRECT_TRANSFER …) are the agent's own chats. */
const SITUATION_OF_DIRECTION: Readonly<Record<string, Situation>> = { CONSULT: 'consult-secondary', DIRECT_CONFERENCE: 'conference' }

const CHAT_NAMES = new Set(['CHAT', 'EMAIL'])

/**
 * Tasks → consequences. The routing engine does not tell who else takes part, so rows 4 and 7 to 9 cannot be told from row 3:
 * a chat is shown with row 3's outcome, which they share except for a barge-in, and says so.
 */
export function consequencesOf(tasks: readonly TaskFacts[], view: AgentView): readonly Consequence[] {
  if (tasks.length === 0) return [complete(FORCED_LOGOUT_RULES['no-conversation'])]
  return tasks.map((task) => {
    const situation = situationOf(task, view)
    const found = FORCED_LOGOUT_RULES[situation]
    const others =
      situation === 'chat'
        ? ['others in it, if any: a secondary agent, listener or whisperer is removed; a barged-in supervisor keeps it']
        : []
    return complete({ ...found, othersAffected: [...found.othersAffected, ...others] }, task.conversationId)
  })
}

export function situationOf(task: TaskFacts, view: AgentView): Situation {
  if (task.offered) return 'offer'
  const names = task.mrdIds.map((id) => view.channels.find((channel) => channel.id === id)?.name?.toUpperCase())
  const isChat = names.length === 0 || names.every((name) => name !== undefined && CHAT_NAMES.has(name))
  if (!isChat) return 'other-medium'
  return SITUATION_OF_DIRECTION[task.direction ?? ''] ?? 'chat'
}

function complete(found: Rule, conversationId?: string): Consequence {
  return { ...found, ...(conversationId !== undefined && { conversationId }), reason: FORCED_LOGOUT_REASON.name }
}

function rule(situation: string, outcome: Rule['outcome'], othersAffected: readonly string[], source: string): Rule {
  return {
    situation,
    outcome,
    ...(outcome === 'REQUEUED' && { priority: REROUTE_PRIORITY }),
    othersAffected,
    certainty: 'documented',
    source,
  }
}
