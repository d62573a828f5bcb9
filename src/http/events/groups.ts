import type { StreamEvent } from '../../core/events/event-log.js'
import { agentIdsOf, filterKey, seesEvent, type EventFilter } from './filter.js'
import { createFramer } from './frames.js'
import type { Reader } from './reader.js'
import type { StreamShape } from './shape.js'

/** The frames with which a newcomer begins, as of one cursor. */
export interface Snapshot {
  readonly epoch: string
  readonly cursor: number
  readonly frames: readonly Buffer[]
}

/** Readers who are told the same. */
export interface Group {
  readonly filter: EventFilter
  readonly shape: StreamShape
  /** '' for what this group is not told. */
  readonly frameOf: (epoch: string, event: StreamEvent) => string
  /** Those who have been told everything up to the tail's cursor. */
  readonly readers: Set<Reader>
  /** Those who come at the same time share it. */
  snapshot: { readonly epoch: string; readonly made: Promise<Snapshot> } | undefined
}

/** The groups, and which of them an event may concern. */
export interface Groups {
  /** The group of these readers; whoever calls it calls `leave` once. */
  join(filter: EventFilter, shape: StreamShape): Group
  leave(group: Group): void
  /** Groups that are told this event: found by the agent where they ask for single agents, so that many such readers cost nothing. */
  toldOf(event: StreamEvent): Iterable<Group>
  all(): Iterable<Group>
}

interface Entry {
  readonly key: string
  readonly group: Group
  members: number
}

export function createGroups(): Groups {
  const entries = new Map<string, Entry>()
  const entryOf = new Map<Group, Entry>()
  const general = new Set<Group>()
  const byAgent = new Map<string, Set<Group>>()
  const framers = new Map<string, ReturnType<typeof createFramer>>()

  function framerOf(shape: StreamShape): ReturnType<typeof createFramer> {
    const framer = framers.get(shape.name) ?? createFramer(shape)
    framers.set(shape.name, framer)
    return framer
  }

  function add(group: Group): void {
    const ids = agentIdsOf(group.filter)
    if (ids === undefined) general.add(group)
    for (const id of ids ?? []) byAgent.set(id, (byAgent.get(id) ?? new Set()).add(group))
  }

  function remove(group: Group): void {
    general.delete(group)
    for (const id of agentIdsOf(group.filter) ?? []) {
      const set = byAgent.get(id)
      set?.delete(group)
      if (set?.size === 0) byAgent.delete(id)
    }
  }

  function* concerned(event: StreamEvent): Iterable<Group> {
    if (event.type === 'gap' || event.type === 'link') {
      for (const { group } of entries.values()) yield group
      return
    }
    yield* general
    yield* byAgent.get(event.agentId) ?? []
  }

  return {
    join(filter, shape) {
      const key = `${shape.name} ${filterKey(filter)}`
      let entry = entries.get(key)
      if (entry === undefined) {
        const frameOf = framerOf(shape)
        entry = { key, group: { filter, shape, frameOf, readers: new Set(), snapshot: undefined }, members: 0 }
        entries.set(key, entry)
        entryOf.set(entry.group, entry)
        add(entry.group)
      }
      entry.members += 1
      return entry.group
    },
    leave(group) {
      const entry = entryOf.get(group)
      if (entry === undefined) return
      entry.members -= 1
      if (entry.members > 0) return
      entries.delete(entry.key)
      entryOf.delete(group)
      remove(group)
    },
    *toldOf(event) {
      for (const group of concerned(event)) if (seesEvent(group.filter, event)) yield group
    },
    *all() {
      for (const { group } of entries.values()) yield group
    },
  }
}
