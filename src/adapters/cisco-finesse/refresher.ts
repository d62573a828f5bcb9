import type { EventSink } from '../../core/adapter.js'
import { toCtiError } from '../../core/model/error.js'
import type { Background } from './background.js'
import type { FinesseReader } from './reader.js'
import type { Roster } from './roster.js'
import type { FinesseUser } from './user.js'

/** Reads agents and tells what it found, as views with source `read`. */
export interface Refresher {
  /** All teams, and those followed agents that are in none of them. `always`: tell unchanged ones too, to clear staleness. */
  all(always: boolean): Promise<void>
  one(agentId: string): Promise<void>
}

/** Details of agents read at once while the teams are read. */
const DETAILS_AT_ONCE = 8

export function createRefresher(ports: {
  reader: FinesseReader
  roster: Roster
  background: Background
  sink: () => EventSink | undefined
}): Refresher {
  const { reader, roster } = ports
  const { within } = ports.background

  const emit = (user: FinesseUser, summary: boolean, always: boolean): void => {
    const view = roster.learn(user, { source: 'read', summary, always })
    if (view !== undefined)
      ports.sink()?.agent({ agentId: view.agentId, view, ...(view.since !== undefined && { occurredAt: view.since }) })
  }

  const one = async (agentId: string, always: boolean): Promise<void> => {
    try {
      emit(await within((signal) => reader.user(agentId, signal)), false, always)
    } catch (error) {
      const { code } = toCtiError(error)
      if (code !== 'AGENT_NOT_FOUND' && code !== 'VENDOR_FORBIDDEN') throw error
      roster.forget(agentId)
    }
  }

  /** Tells the team's users; returns those whose change the short form does not explain. */
  const team = async (teamId: string, seen: Set<string>, always: boolean): Promise<readonly string[]> => {
    const unexplained: string[] = []
    for (const user of await within((signal) => reader.team(teamId, signal))) {
      if (seen.has(user.loginId)) continue
      seen.add(user.loginId)
      if (leavesReasonOpen(user, roster.known(user.loginId))) unexplained.push(user.loginId)
      else emit(user, true, always)
    }
    return unexplained
  }

  return {
    one: (agentId) => one(agentId, true),
    async all(always) {
      const seen = new Set<string>()
      const details: string[] = []
      for (const teamId of await within((signal) => reader.teams(signal))) details.push(...(await team(teamId, seen, always)))
      details.push(...roster.followed().filter((agentId) => !seen.has(agentId)))
      for (let at = 0; at < details.length; at += DETAILS_AT_ONCE) {
        await Promise.all(details.slice(at, at + DETAILS_AT_ONCE).map((agentId) => one(agentId, always)))
      }
    },
  }
}

/** A list may leave the reason out; where the state of a known agent changed, the full object is worth a request. Pure. */
function leavesReasonOpen(user: FinesseUser, before: FinesseUser | undefined): boolean {
  const bare = user.reason === undefined && user.reasonCodeId === undefined && (user.state === 'NOT_READY' || user.state === 'LOGOUT')
  return bare && before !== undefined && (before.state !== user.state || before.stateChangeTime !== user.stateChangeTime)
}
