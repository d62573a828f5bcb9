/**
 * What becomes of a conversation. `NONE`: there is none · `REQUEUED`: back to its queue · `HANDED_OVER`: somebody else in it takes it
 * over · `RELEASED`: it is ended · `CONTINUES`: the agent finishes it, the logout waits · `UNAFFECTED`: it goes on without the agent ·
 * `UNKNOWN`: the platform does not tell; see `possibleOutcomes`.
 */
export const OUTCOMES = ['NONE', 'REQUEUED', 'HANDED_OVER', 'RELEASED', 'CONTINUES', 'UNAFFECTED', 'UNKNOWN'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** What the agent is in, as a stable code. The first nine are those of Expertflow's page "Force Logout Agent". */
export const SITUATION_CODES = [
  'NO_CONVERSATION',
  'CHAT',
  'CONSULT_PRIMARY',
  'CONSULT_SECONDARY',
  'CONFERENCE',
  'SILENT_MONITORING',
  'WHISPER',
  'BARGE_IN',
  'SEVERAL_AT_ONCE',
  'SUPERVISING',
  'OFFER',
  'CALL',
  'CONTACT',
  'WRAP_UP',
  'OTHER_MEDIUM',
  'NOT_LOGGED_IN',
  'UNKNOWN',
] as const
export type SituationCode = (typeof SITUATION_CODES)[number]

/** `documented`: the vendor says so · `observed`: seen in its code or in recordings · `unknown`: neither; concluded or not known. */
export const CERTAINTIES = ['documented', 'observed', 'unknown'] as const
export type Certainty = (typeof CERTAINTIES)[number]

/** What a forced logout would do to one conversation. Names are for people, with the role behind: `Ann Lee (primary)`. */
export interface Consequence {
  readonly conversationId?: string
  readonly situationCode: SituationCode
  /** The situation in words. */
  readonly situation: string
  readonly outcome: Outcome
  /** What may come of it. One entry, the outcome, unless that is `UNKNOWN`; then as many as are possible, none when nothing is known. */
  readonly possibleOutcomes: readonly Outcome[]
  /** What happens, in one sentence for a supervisor. */
  readonly summary: string
  /** The medium, as the platform names it. */
  readonly channel?: string
  readonly queue?: string
  /** Priority in the queue after `REQUEUED`. */
  readonly priority?: number
  /** Who is told that the agent left. */
  readonly told: readonly string[]
  /** Who is put out of the conversation together with the agent. */
  readonly removed: readonly string[]
  /** Who has the conversation afterwards in the agent's place. */
  readonly inheritedBy: readonly string[]
  /** The same three, and what else is to be said of others, in words. */
  readonly othersAffected: readonly string[]
  /** Who takes part before and after. Both empty where the platform does not tell. */
  readonly before: readonly string[]
  readonly after: readonly string[]
  /** The reason that will be written on the logout. */
  readonly reason?: string
  readonly certainty: Certainty
  /** Where this is known from. */
  readonly source: string
}

type Given = Pick<Consequence, 'situationCode' | 'situation' | 'outcome' | 'summary' | 'certainty' | 'source'> & Partial<Consequence>

/** A consequence with everything that is not given left empty; `othersAffected` and `possibleOutcomes` follow from the rest. */
export function consequence(given: Given): Consequence {
  const { told = [], removed = [], inheritedBy = [], othersAffected = [], outcome } = given
  return {
    ...given,
    possibleOutcomes: given.possibleOutcomes ?? (outcome === 'UNKNOWN' ? [] : [outcome]),
    told,
    removed,
    inheritedBy,
    othersAffected: [
      ...removed.map((name) => `${name} is removed`),
      ...told.map((name) => `${name} is told`),
      ...inheritedBy.map((name) => `${name} takes over`),
      ...othersAffected,
    ],
    before: given.before ?? [],
    after: given.after ?? [],
  }
}

/** The agent is logged out already, on any platform: there is nothing that a logout could do. */
export function notLoggedIn(): Consequence {
  return consequence({
    situationCode: 'NOT_LOGGED_IN',
    situation: 'the agent is not logged in',
    outcome: 'NONE',
    summary: 'The agent is logged out already; nothing happens.',
    certainty: 'observed',
    source: 'the state that the platform reports',
  })
}
