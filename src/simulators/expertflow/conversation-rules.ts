/** Forms of a conversation that the forced-logout table tells apart (expertflow.md §11.2, seed "Force Logout Agent"). */
export const CONVERSATION_KINDS = ['normal', 'consult', 'conference', 'silent-monitor', 'whisper', 'barge-in'] as const
export type ConversationKind = (typeof CONVERSATION_KINDS)[number]

export type Role = 'PRIMARY' | 'SECONDARY' | 'SUPERVISOR'

export interface Participant {
  readonly agentId: string
  readonly role: Role
}

/** Priority of everything that is re-routed (expertflow.md §11.4). */
export const REROUTE_PRIORITY = 11

export interface ConsequenceRule {
  readonly kind: ConversationKind
  readonly leaver: Role
  /** Who is put out of the conversation with the leaver. */
  readonly removes?: Role
  /** Who is told that the leaver left. */
  readonly notifies?: Role
  readonly then: 'reroute' | 'continues' | 'handover'
  readonly source: string
}

/** What the logout of a participant does to the rest of the conversation. */
export const CONSEQUENCES: readonly ConsequenceRule[] = [
  { kind: 'normal', leaver: 'PRIMARY', then: 'reroute', source: '§11.2 row 3' },
  { kind: 'consult', leaver: 'PRIMARY', removes: 'SECONDARY', then: 'reroute', source: '§11.2 row 4' },
  { kind: 'consult', leaver: 'SECONDARY', notifies: 'PRIMARY', then: 'continues', source: '§11.2 row 5' },
  { kind: 'conference', leaver: 'PRIMARY', notifies: 'PRIMARY', then: 'continues', source: '§11.2 row 6' },
  { kind: 'silent-monitor', leaver: 'PRIMARY', removes: 'SUPERVISOR', then: 'reroute', source: '§11.2 row 7' },
  { kind: 'whisper', leaver: 'PRIMARY', removes: 'SUPERVISOR', then: 'reroute', source: '§11.2 row 8' },
  { kind: 'barge-in', leaver: 'PRIMARY', then: 'handover', source: '§11.2 row 9' },
]

/** What follows from `agentId` leaving. A supervisor who leaves is not in the table and changes nothing for the others. */
export interface Consequence {
  readonly then: 'reroute' | 'continues' | 'handover'
  readonly removed: readonly string[]
  readonly notified: readonly string[]
  /** Who has the conversation afterwards; empty when it goes back to the queue. */
  readonly stay: readonly Participant[]
}

/** The consequence of a logout for one conversation (expertflow.md §11.2). */
export function consequenceOf(kind: ConversationKind, participants: readonly Participant[], agentId: string): Consequence {
  const leaver = participants.find((participant) => participant.agentId === agentId)
  const others = participants.filter((participant) => participant.agentId !== agentId)
  const rule = CONSEQUENCES.find((row) => row.kind === kind && row.leaver === leaver?.role)
  const idsOf = (role: Role | undefined) => others.filter((other) => other.role === role).map((other) => other.agentId)
  const removed = rule?.removes === undefined ? [] : idsOf(rule.removes)
  const notified = rule?.notifies === undefined ? [] : idsOf(rule.notifies)
  const left = others.filter((other) => !removed.includes(other.agentId))
  // A conference whose other agents are gone already is a normal chat for the last one.
  const then = kind === 'conference' && left.length === 0 ? 'reroute' : (rule?.then ?? 'continues')
  const stay = then === 'handover' ? left.map((other): Participant => ({ ...other, role: 'PRIMARY' })) : then === 'reroute' ? [] : left
  return { then, removed, notified, stay }
}
