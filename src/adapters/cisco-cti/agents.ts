import type { AgentView, ViewSource } from '../../core/model/agent-state.js'
import { forgetEldest } from '../../core/model/forget-eldest.js'
import type { CiscoReasonIndex } from '../_shared/cisco-reasons.js'
import { AGENT_STATE, type MessageOf } from './codec/index.js'
import { ON_CALL, STATE_OF, viewOf, type AgentRecord } from './mapping.js'

/** The agents of one peripheral as the gateway knows them: filled by events, repaired by queries. */
export interface Agents {
  /** A state event. Undefined: not ours, not voice, or a copy of the one before. */
  event(message: MessageOf<'AGENT_STATE_EVENT'>): AgentView | undefined
  /** The answer to a query about this agent. */
  answered(agentId: string, message: MessageOf<'QUERY_AGENT_STATE_CONF'>): AgentView
  /** CTI Server says that the agent is not logged on (status 9). */
  loggedOut(agentId: string): AgentView
  /**
   * CTI Server has taken a request for this state. While a call goes on nothing will happen before its end: then the view
   * says so (section 6.2), by acknowledgement only. Undefined: no call.
   */
  accepted(agentId: string, state: number): AgentView | undefined
  /** A step towards a logout was refused for the state, as "CF/PERERR". */
  logoutRefused(agentId: string, numbers: string): void
  /** Learned that this agent exists. True when it is new. */
  learn(agentId: string): boolean
  /** The session is lost: nothing is known to be so any more. */
  lost(): void
  /** The peripheral is offline: the state of every agent is unknown. Gives the new views. */
  offline(): readonly AgentView[]
  /** The newest view of an agent, from wherever it came. */
  latest(agentId: string): AgentView | undefined
  ids(): readonly string[]
  views(): readonly AgentView[]
}

interface Settings {
  readonly peripheralId: number
  readonly mrdId: number
  readonly reasons: CiscoReasonIndex
  readonly now: () => number
}

/** One action makes an event per skill group; copies within this time are dropped, ms (section 1.6). */
const COPY_MS = 1_000
const MAX_AGENTS = 200_000

interface Kept {
  record: AgentRecord | undefined
  source: ViewSource
  lastEvent: { readonly key: string; readonly at: number } | undefined
}

/** Without a word of the vendor, what it has accepted during this call still comes after it. */
function carriedOver(before: AgentRecord | undefined, state: number): number | undefined {
  return before !== undefined && !before.stale && ON_CALL.has(before.state) && ON_CALL.has(state) ? before.next : undefined
}

export function createAgents({ peripheralId, mrdId, reasons, now }: Settings): Agents {
  const agents = new Map<string, Kept>()

  const keep = (agentId: string): Kept => {
    let kept = agents.get(agentId)
    if (kept === undefined) {
      kept = { record: undefined, source: 'none', lastEvent: undefined }
      agents.set(agentId, kept)
      forgetEldest(agents, MAX_AGENTS)
    }
    return kept
  }

  const put = (kept: Kept, record: AgentRecord, source: ViewSource): AgentView => {
    kept.record = record
    kept.source = source
    return viewOf(record, source, reasons)
  }

  return {
    event(message) {
      const agentId = message.AgentID ?? message.AgentIDLong
      if (agentId === undefined || agentId === '') return undefined
      if (message.PeripheralID !== peripheralId || message.MRDID !== mrdId || !(message.AgentState in STATE_OF)) return undefined
      const kept = keep(agentId)
      const at = now()
      const key = [message.AgentState, message.EventReasonCode, message.NextAgentState ?? '', message.AgentInstrument ?? ''].join('|')
      const copy = kept.lastEvent?.key === key && at - kept.lastEvent.at < COPY_MS && kept.record?.state === message.AgentState
      kept.lastEvent = { key, at }
      if (copy && kept.record?.stale === false) return undefined
      const before = kept.record
      const out = message.AgentState === AGENT_STATE.LOGOUT
      return put(
        kept,
        {
          agentId,
          state: message.AgentState,
          reason: message.EventReasonCode,
          since: at - message.StateDuration * 1000,
          next: message.NextAgentState ?? carriedOver(before, message.AgentState),
          instrument: out ? undefined : (message.AgentInstrument ?? before?.instrument),
          extension: message.AgentExtension ?? before?.extension,
          logoutRefused: before?.state === message.AgentState ? before.logoutRefused : undefined,
          observedAt: at,
          stale: false,
        },
        'event',
      )
    },
    answered(agentId, message) {
      const kept = keep(agentId)
      const before = kept.record
      const same = before?.state === message.AgentState && !before.stale
      return put(
        kept,
        {
          agentId,
          state: message.AgentState,
          // No query returns reason or time (section 1.6): they are known only as long as nothing was missed.
          reason: same ? before.reason : undefined,
          since: same ? before.since : undefined,
          next: carriedOver(before, message.AgentState),
          instrument: message.AgentState === AGENT_STATE.LOGOUT ? undefined : message.AgentInstrument,
          extension: message.AgentExtension ?? message.AgentInstrument ?? before?.extension,
          logoutRefused: before?.state === message.AgentState ? before.logoutRefused : undefined,
          observedAt: now(),
          stale: false,
        },
        'read',
      )
    },
    loggedOut(agentId) {
      const kept = keep(agentId)
      const before = kept.record?.state === AGENT_STATE.LOGOUT && !kept.record.stale ? kept.record : undefined
      return put(
        kept,
        {
          agentId,
          state: AGENT_STATE.LOGOUT,
          reason: before?.reason,
          since: before?.since,
          observedAt: now(),
          stale: false,
        },
        'read',
      )
    },
    accepted(agentId, state) {
      const kept = agents.get(agentId)
      if (kept?.record === undefined || kept.record.stale || !ON_CALL.has(kept.record.state)) return undefined
      return { ...put(kept, { ...kept.record, next: state, observedAt: now() }, kept.source), source: 'ack' }
    },
    logoutRefused(agentId, numbers) {
      const kept = keep(agentId)
      if (kept.record !== undefined) put(kept, { ...kept.record, logoutRefused: numbers }, kept.source)
    },
    learn(agentId) {
      if (agents.has(agentId)) return false
      keep(agentId)
      return true
    },
    lost() {
      for (const kept of agents.values()) if (kept.record !== undefined) put(kept, { ...kept.record, stale: true }, kept.source)
    },
    offline() {
      return [...agents.values()].flatMap((kept) => {
        if (kept.record === undefined) return []
        const { agentId, instrument, extension } = kept.record
        return [put(kept, { agentId, instrument, extension, state: AGENT_STATE.UNKNOWN, observedAt: now(), stale: true }, 'event')]
      })
    },
    latest(agentId) {
      const kept = agents.get(agentId)
      return kept?.record === undefined ? undefined : viewOf(kept.record, kept.source, reasons)
    },
    ids: () => [...agents.keys()],
    views: () => [...agents.values()].flatMap(({ record, source }) => (record === undefined ? [] : [viewOf(record, source, reasons)])),
  }
}
