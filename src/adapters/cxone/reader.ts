import type { Clock } from '../../core/clock.js'
import { unknownView, type AgentView } from '../../core/model/agent-state.js'
import { CtiError } from '../../core/model/error.js'
import type { Api } from './api.js'
import { listOf } from './lenient.js'
import type { CxoneOptions } from './options.js'
import { segment } from './requests.js'
import { TURN } from './throttle.js'
import { agentIdOf, viewOfRow, type Memories } from './views.js'

/** One agent's state now. */
export type Reader = (agentId: string, signal: AbortSignal) => Promise<AgentView>

export interface ReaderParts {
  readonly api: Api
  readonly clock: Clock
  readonly memories: Memories
  readonly isHeld: (agentId: string) => boolean
}

/**
 * `GET agents/{id}/states`, never with `updatedSince`, which would leave out an unchanged agent (vendors/cxone.md section 4.2).
 * Fails: AGENT_NOT_FOUND on 404; VENDOR_PROTOCOL when the answer is not a list. An empty list says nothing: UNKNOWN.
 */
export function createReader(options: CxoneOptions, parts: ReaderParts): Reader {
  return async (agentId, signal) => {
    const { data } = await parts.api.call(
      { method: 'GET', path: `agents/${segment(agentId)}/states` },
      { call: 'read-agent', signal, turn: TURN.read },
    )
    const rows = listOf(data, 'agentStates')
    if (rows === undefined) throw new CtiError('VENDOR_PROTOCOL', { detail: 'the agent’s state cannot be understood', effect: 'none' })
    const row = rows.find((candidate) => agentIdOf(candidate) === agentId) ?? (rows.length === 1 ? rows[0] : undefined)
    const now = parts.clock.now()
    if (row === undefined) return { ...unknownView(agentId, now), source: 'read', stale: false }
    const settings = { reasonKeys: options.reasonKeys, source: 'read', now, held: parts.isHeld(agentId) } as const
    return viewOfRow(agentId, row, parts.memories.of(agentId), settings)
  }
}
