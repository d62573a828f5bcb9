import type { AgentView, ViewSource } from '../../core/model/agent-state.js'
import { isVoice, overlay, viewOf, type MappingSettings } from './mapping.js'
import type { FinesseUser } from './user.js'

interface Entry {
  readonly user: FinesseUser
  /** Agents that were asked for one by one: they get a subscription and a re-read of their own. */
  readonly followed: boolean
}

/** The agents that were seen or asked for, and what Finesse last said of each. Bounded; the longest unseen go first. */
export interface Roster {
  /**
   * Takes over what Finesse said. `summary` marks the short form that teams tell. Undefined when it says nothing new (team and
   * user nodes tell every change twice) or is not voice.
   */
  learn(user: FinesseUser, from: { source: ViewSource; summary: boolean; always?: boolean }): AgentView | undefined
  known(agentId: string): FinesseUser | undefined
  /** True when it was not followed before. */
  follow(agentId: string): boolean
  followed(): readonly string[]
  forget(agentId: string): void
}

export function createRoster(limit: number, settings: MappingSettings, now: () => number): Roster {
  const entries = new Map<string, Entry>()
  const waiting = new Set<string>()

  const put = (agentId: string, entry: Entry): void => {
    entries.delete(agentId)
    entries.set(agentId, entry)
    if (entries.size > limit) entries.delete(entries.keys().next().value as string)
  }

  return {
    learn(said, { source, summary, always }) {
      if (!isVoice(said)) return undefined
      const before = entries.get(said.loginId)
      const user = summary ? overlay(said, before?.user) : said
      put(said.loginId, { user, followed: (before?.followed ?? false) || waiting.delete(said.loginId) })
      if (always !== true && before !== undefined && sameState(before.user, user)) return undefined
      return viewOf(user, said.loginId, source, now(), settings)
    },
    known: (agentId) => entries.get(agentId)?.user,
    follow(agentId) {
      const entry = entries.get(agentId)
      if (entry?.followed === true || waiting.has(agentId)) return false
      if (entry !== undefined) put(agentId, { ...entry, followed: true })
      else {
        waiting.add(agentId)
        if (waiting.size > limit) waiting.delete(waiting.values().next().value as string)
      }
      return true
    },
    followed: () => [...waiting, ...[...entries].filter(([, entry]) => entry.followed).map(([agentId]) => agentId)],
    forget(agentId) {
      entries.delete(agentId)
      waiting.delete(agentId)
    },
  }
}

/** Do both say the same about the state? Names and teams do not count. */
export function sameState(a: FinesseUser, b: FinesseUser): boolean {
  return (
    a.state === b.state &&
    a.stateChangeTime === b.stateChangeTime &&
    (a.pendingState ?? '') === (b.pendingState ?? '') &&
    reasonIdOf(a) === reasonIdOf(b) &&
    (a.reason?.code === undefined || b.reason?.code === undefined || a.reason.code === b.reason.code)
  )
}

/** The full object tells the reason's id beside the reason, the summary inside it. */
function reasonIdOf(user: FinesseUser): string {
  return user.reason?.id ?? user.reasonCodeId ?? '-1'
}
