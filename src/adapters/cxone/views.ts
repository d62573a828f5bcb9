import type { AgentState, AgentView, ViewReason, ViewSource } from '../../core/model/agent-state.js'
import type { CanonicalReason } from '../../core/model/reason.js'
import { instantOf, numberOf, pick, textOf, truthOf } from './lenient.js'
import { outStateByCode, readState, reasonKey, type Reading, type Sighting } from './mapping.js'

/** What is remembered of one agent between two sightings. */
export interface AgentMemory {
  state?: AgentState
  teamId?: string
  /** A change that the vendor took while the agent was on a contact: it applies it afterwards (vendors/cxone.md sections 3.3 and 9). */
  asked?: AgentState
  /** `NextStates` of the last session event. */
  next?: AgentState
}

export interface RowSettings {
  readonly reasonKeys: Readonly<Record<string, CanonicalReason>>
  readonly source: ViewSource
  readonly now: number
  /** True while this gateway holds the agent's session. */
  readonly held: boolean
}

/** An agent id of a row of `agents/states`, or undefined when the row has none. */
export const agentIdOf = (row: unknown): string | undefined => textOf(pick(row, 'agentId'))

/** A row of `agents/states` in either dialect (section 4.2) → what it says. Pure. */
export function sightingOf(row: unknown): Sighting & { readonly since?: number; readonly teamId?: string } {
  const stateId = numberOf(pick(row, 'agentStateId'))
  const stateName = textOf(pick(row, 'agentStateName'))
  const outStateId = numberOf(pick(row, 'outStateId'))
  const outStateName = textOf(pick(row, 'outStateDescription'))
  const since = instantOf(pick(row, 'startDate'))
  const teamId = textOf(pick(row, 'teamId'))
  return {
    acw: truthOf(pick(row, 'isACW')),
    ...(stateId !== undefined && { stateId }),
    ...(stateName !== undefined && { stateName }),
    ...(outStateId !== undefined && { outStateId }),
    ...(outStateName !== undefined && { outStateName }),
    ...(since !== undefined && { since }),
    ...(teamId !== undefined && { teamId }),
  }
}

/** The row as a view. Changes `memory`: the state for the next transitional sighting, the team, and that a taken change has come true. */
export function viewOfRow(agentId: string, row: unknown, memory: AgentMemory, settings: RowSettings): AgentView {
  const sighting = sightingOf(row)
  const reading = readState({ ...sighting, ...(memory.next !== undefined && { next: memory.next }) }, memory.state)
  memory.state = reading.state
  if (sighting.teamId !== undefined) memory.teamId = sighting.teamId
  if (reading.state !== 'BUSY') delete memory.asked
  if (reading.state === 'LOGGED_OUT') delete memory.next
  return viewFrom(agentId, sighting, reading, memory, settings)
}

/** A view from a sighting that has been read. */
export function viewFrom(
  agentId: string,
  sighting: Sighting & { readonly since?: number },
  reading: Reading,
  memory: AgentMemory,
  settings: RowSettings,
): AgentView {
  const pendingState = reading.pendingState ?? (reading.state === 'BUSY' ? memory.asked : undefined)
  const reason = reasonView(sighting, reading.state, settings.reasonKeys)
  return {
    agentId,
    state: reading.state,
    routable: reading.routable,
    channels: [],
    observedAt: settings.now,
    source: settings.source,
    stale: false,
    vendor: {
      session: settings.held ? 'held' : 'none',
      ...(sighting.stateId !== undefined && { stateId: String(sighting.stateId) }),
      ...(sighting.outStateId !== undefined && { outStateId: String(sighting.outStateId) }),
      ...(memory.teamId !== undefined && { teamId: memory.teamId }),
    },
    ...(pendingState !== undefined && { pendingState }),
    ...(reason !== undefined && { reason }),
    ...(reading.cause !== undefined && { cause: reading.cause }),
    ...vendorState(sighting),
    ...(sighting.since !== undefined && { since: sighting.since }),
  }
}

function vendorState(sighting: Sighting): { vendorState?: string } {
  if (sighting.stateName !== undefined) return { vendorState: sighting.stateName }
  return sighting.stateId === undefined ? {} : { vendorState: String(sighting.stateId) }
}

/** A reason stands on Unavailable only; 0 without a name is the plain Unavailable, which has none. */
function reasonView(sighting: Sighting, state: AgentState, keys: Readonly<Record<string, CanonicalReason>>): ViewReason | undefined {
  const { outStateId: code, outStateName } = sighting
  if (state !== 'NOT_READY' && state !== 'WRAP_UP') return undefined
  const name = outStateName ?? (code === undefined ? undefined : outStateByCode(code)?.name)
  if (name === undefined && (code === undefined || code === 0)) return undefined
  const key = name === undefined ? undefined : reasonKey(name, state === 'WRAP_UP', keys)
  return {
    ...(code !== undefined && { id: String(code), code }),
    ...(name !== undefined && { name }),
    ...(key !== undefined && { key }),
  }
}

/** The memories of all agents. Bounded: the longest unseen goes first. */
export interface Memories {
  of(agentId: string): AgentMemory
  peek(agentId: string): AgentMemory | undefined
  delete(agentId: string): void
}

export function createMemories(limit = 200_000): Memories {
  const kept = new Map<string, AgentMemory>()
  return {
    peek: (agentId) => kept.get(agentId),
    delete: (agentId) => void kept.delete(agentId),
    of(agentId) {
      const memory = kept.get(agentId) ?? {}
      kept.delete(agentId)
      kept.set(agentId, memory)
      if (kept.size > limit) kept.delete(kept.keys().next().value as string)
      return memory
    },
  }
}
