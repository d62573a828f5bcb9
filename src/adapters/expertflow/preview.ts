import type { Consequence, Logger } from '../../core/adapter.js'
import type { AgentView } from '../../core/model/agent-state.js'
import { toCtiError } from '../../core/model/error.js'
import { consequencesOf, type Conversation } from './consequences.js'
import type { ExpertflowOptions } from './options.js'
import { parseParticipants } from './participants.js'
import { parseTask } from './tasks.js'
import type { VendorApi } from './vendor-api.js'

/** Conversations of one agent whose participants are read; a desk has a handful. */
const MOST_READ = 50

/**
 * What a forced logout would do to this agent's conversations: the tasks from the routing engine and, where the setting `conversations`
 * says where, everybody who takes part from the conversation manager.
 *
 * Guarantees: reads only. A conversation that cannot be read is told as one whose participants are not known.
 */
export async function previewLogout(
  parts: { readonly api: VendorApi; readonly options: ExpertflowOptions; readonly log: Logger },
  agentId: string,
  view: AgentView,
  signal: AbortSignal,
): Promise<readonly Consequence[]> {
  const documents = await parts.api.taskDocuments(agentId, signal)
  const tasks = documents.map(parseTask).filter((task) => task !== undefined)
  const conversations = await Promise.all(
    tasks.map(async (task, index): Promise<Conversation> => {
      const readable = task.conversationId !== undefined && !task.offered && index < MOST_READ
      return { task, participants: readable ? await participantsOf(parts, task.conversationId, signal) : undefined }
    }),
  )
  return consequencesOf(agentId, conversations, view)
}

async function participantsOf(
  { api, options, log }: Parameters<typeof previewLogout>[0],
  conversationId: string,
  signal: AbortSignal,
): Promise<Conversation['participants']> {
  const { conversations } = options
  if (conversations === undefined) return undefined
  try {
    const path = conversations.path.replace('{conversationId}', encodeURIComponent(conversationId))
    return parseParticipants(await api.conversation(path, signal), conversations)
  } catch (error) {
    signal.throwIfAborted()
    log.warn({ conversationId, err: toCtiError(error).message }, 'participants of a conversation could not be read')
    return undefined
  }
}
