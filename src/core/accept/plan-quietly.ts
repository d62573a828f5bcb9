import type { Adapter, Plan } from '../adapter.js'
import type { AgentView } from '../model/agent-state.js'
import type { ResolvedAction } from '../model/command.js'

/** A plan from what is remembered of an agent; undefined when it says that the action cannot be: only a fresh read may say so. */
export function planQuietly(adapter: Adapter, action: ResolvedAction, agentId: string, view: AgentView): Plan | undefined {
  try {
    return adapter.plan(action, agentId, view)
  } catch {
    return undefined
  }
}
