import type { StreamEvent } from '../../core/events/event-log.js'
import type { Principal } from '../principal.js'

export const EVENT_TYPES = ['agent', 'command', 'link'] as const
export type EventType = (typeof EVENT_TYPES)[number]

/** What a reader asks for and may see, in one. Missing: everything. */
export interface EventFilter {
  readonly platforms?: ReadonlySet<string>
  readonly agentIds?: ReadonlySet<string>
  readonly types?: ReadonlySet<EventType>
  /** `platform/agentId`: nothing is told of any other agent. */
  readonly agent?: string
}

/** What is asked for: lists without an entry are not asked for. */
export interface AskedEvents {
  readonly platforms: readonly string[]
  readonly agentIds: readonly string[]
  readonly types: readonly EventType[]
}

/** What was asked for, cut down to what the key may see. Pure. */
export function filterFor(principal: Pick<Principal, 'platforms' | 'agent'>, asked: AskedEvents): EventFilter {
  const { platforms: visible, agent } = principal
  const wanted = asked.platforms.length === 0 ? undefined : new Set(asked.platforms)
  const platforms = visible === undefined ? wanted : new Set([...visible].filter((id) => wanted === undefined || wanted.has(id)))
  return {
    ...(platforms !== undefined && { platforms }),
    ...(asked.agentIds.length > 0 && { agentIds: new Set(asked.agentIds) }),
    ...(asked.types.length > 0 && { types: new Set(asked.types) }),
    ...(agent !== undefined && { agent }),
  }
}

/** Equal for filters that let the same through. */
export function filterKey({ platforms, agentIds, types, agent }: EventFilter): string {
  const sorted = (set: ReadonlySet<string> | undefined): readonly string[] | null => (set === undefined ? null : [...set].sort())
  return JSON.stringify([sorted(platforms), sorted(agentIds), sorted(types), agent ?? null])
}

export function seesPlatform({ platforms }: EventFilter, platform: string): boolean {
  return platforms === undefined || platforms.has(platform)
}

export function seesType({ types }: EventFilter, type: EventType): boolean {
  return types === undefined || types.has(type)
}

export function seesAgent(filter: EventFilter, platform: string, agentId: string): boolean {
  return (
    seesPlatform(filter, platform) &&
    (filter.agentIds === undefined || filter.agentIds.has(agentId)) &&
    (filter.agent === undefined || filter.agent === `${platform}/${agentId}`)
  )
}

/** A gap concerns everybody; a link everybody who sees its platform, because it tells how much the views of its agents are worth. */
export function seesEvent(filter: EventFilter, event: StreamEvent): boolean {
  if (event.type === 'gap') return true
  if (!seesType(filter, event.type)) return false
  return event.type === 'link' ? seesPlatform(filter, event.platform) : seesAgent(filter, event.platform, event.agentId)
}

/** The agents that alone can be told of; undefined: any. */
export function agentIdsOf({ agentIds, agent }: EventFilter): ReadonlySet<string> | undefined {
  return agent === undefined ? agentIds : new Set([agent.slice(agent.indexOf('/') + 1)])
}
