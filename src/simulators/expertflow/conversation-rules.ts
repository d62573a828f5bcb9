/** What an agent does in a conversation: leads it, is consulted, or supervises it in one of three modes (expertflow.md §11.2). */
export const ROLES = ['PRIMARY', 'SECONDARY', 'SILENT_MONITOR', 'WHISPER', 'BARGE_IN'] as const
export type Role = (typeof ROLES)[number]

/** Forms of a conversation that the forced-logout table tells apart, as the control API names them. */
export const CONVERSATION_KINDS = ['normal', 'consult', 'conference', 'silent-monitor', 'whisper', 'barge-in'] as const
export type ConversationKind = (typeof CONVERSATION_KINDS)[number]

/** The role of the second participant of each form. */
export const ROLE_OF_KIND: Readonly<Record<Exclude<ConversationKind, 'normal'>, Role>> = {
  consult: 'SECONDARY',
  conference: 'PRIMARY',
  'silent-monitor': 'SILENT_MONITOR',
  whisper: 'WHISPER',
  'barge-in': 'BARGE_IN',
}

export interface Participant {
  readonly agentId: string
  readonly role: Role
}

/** Priority of everything that is re-routed (expertflow.md §11.4). */
export const REROUTE_PRIORITY = 11

export interface ConsequenceRule {
  readonly leaver: Role
  /** Who else takes part; missing: nobody has to. */
  readonly with?: Role
  /** Those with that role are told that the leaver left. */
  readonly notifies?: true
  readonly then: 'reroute' | 'continues' | 'handover'
  readonly source: string
}

/**
 * What the logout of a participant does to the rest of the conversation. The first row that fits decides: what happens when several fit
 * at once is not described (unverified). A re-route puts everybody out.
 */
export const CONSEQUENCES: readonly ConsequenceRule[] = [
  { leaver: 'PRIMARY', with: 'PRIMARY', notifies: true, then: 'continues', source: '§11.2 row 6' },
  { leaver: 'PRIMARY', with: 'BARGE_IN', then: 'handover', source: '§11.2 row 9' },
  { leaver: 'PRIMARY', with: 'SECONDARY', then: 'reroute', source: '§11.2 row 4' },
  { leaver: 'PRIMARY', with: 'SILENT_MONITOR', then: 'reroute', source: '§11.2 row 7' },
  { leaver: 'PRIMARY', with: 'WHISPER', then: 'reroute', source: '§11.2 row 8' },
  { leaver: 'PRIMARY', then: 'reroute', source: '§11.2 row 3' },
  { leaver: 'SECONDARY', with: 'PRIMARY', notifies: true, then: 'continues', source: '§11.2 row 5' },
]

/** What follows from somebody's leaving. A supervisor who leaves is not in the table and changes nothing for the others. */
export interface Consequence {
  readonly then: 'reroute' | 'continues' | 'handover' | 'end'
  readonly removed: readonly string[]
  readonly notified: readonly string[]
  readonly heirs: readonly string[]
  /** Who has the conversation afterwards; empty when it goes back to the queue or ends. */
  readonly stay: readonly Participant[]
}

/** The consequence of a logout for one conversation (expertflow.md §11.2). */
export function consequenceOf(participants: readonly Participant[], agentId: string): Consequence {
  const leaver = participants.find((participant) => participant.agentId === agentId)
  const others = participants.filter((participant) => participant.agentId !== agentId)
  const idsOf = (role: Role | undefined) => others.filter((other) => other.role === role).map((other) => other.agentId)
  const rule = CONSEQUENCES.find((row) => row.leaver === leaver?.role && (row.with === undefined || idsOf(row.with).length > 0))
  const then = rule?.then ?? 'continues'
  const heirs = then === 'handover' ? idsOf('BARGE_IN') : []
  const after = others.map((other): Participant => (heirs.includes(other.agentId) ? { ...other, role: 'PRIMARY' } : other))
  return {
    then,
    removed: then === 'reroute' ? others.map((other) => other.agentId) : [],
    notified: rule?.notifies === true ? idsOf(rule.with) : [],
    heirs,
    stay: then === 'reroute' ? [] : after,
  }
}

/**
 * A voice call whose primary agent is forced out: the vendor's conversation controller (public code, November 2024) ends the customer's
 * session, whoever else is in it. §11.2 speaks of chats only.
 */
export function endOfCall(participants: readonly Participant[], agentId: string): Consequence | undefined {
  if (participants.find((participant) => participant.agentId === agentId)?.role !== 'PRIMARY') return undefined
  const removed = participants.filter((participant) => participant.agentId !== agentId).map((other) => other.agentId)
  return { then: 'end', removed, notified: [], heirs: [], stay: [] }
}
