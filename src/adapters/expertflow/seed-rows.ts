import type { Outcome, SituationCode } from '../../core/model/consequence.js'
import type { Participant } from './participants.js'
import type { ParticipantRole } from './roles.js'

/** The vendor's page. Rows are numbered as they stand there; rows 1 and 2 are those without a conversation. */
export const SEED = 'Force Logout Agent'

/** One row: the agent who is forced out, who else takes part, and what becomes of it. */
export interface SeedRow {
  readonly row: number
  readonly code: SituationCode
  readonly situation: string
  readonly agent: 'primary' | 'secondary'
  /** Undefined: only the customer. */
  readonly other: ParticipantRole | undefined
  readonly outcome: Outcome
  /** What happens to the other. */
  readonly does?: 'removes' | 'tells' | 'hands over'
}

export const SEED_ROWS: readonly SeedRow[] = [
  { row: 3, code: 'CHAT', situation: 'normal chat', agent: 'primary', other: undefined, outcome: 'REQUEUED' },
  {
    row: 4,
    code: 'CONSULT_PRIMARY',
    situation: 'the agent consults another one',
    agent: 'primary',
    other: 'secondary',
    outcome: 'REQUEUED',
    does: 'removes',
  },
  {
    row: 5,
    code: 'CONSULT_SECONDARY',
    situation: 'the agent is consulted by another one',
    agent: 'secondary',
    other: 'primary',
    outcome: 'UNAFFECTED',
    does: 'tells',
  },
  {
    row: 6,
    code: 'CONFERENCE',
    situation: 'conference of agents',
    agent: 'primary',
    other: 'primary',
    outcome: 'UNAFFECTED',
    does: 'tells',
  },
  {
    row: 7,
    code: 'SILENT_MONITORING',
    situation: 'a supervisor listens silently',
    agent: 'primary',
    other: 'silent monitoring',
    outcome: 'REQUEUED',
    does: 'removes',
  },
  {
    row: 8,
    code: 'WHISPER',
    situation: 'a supervisor whispers to the agent',
    agent: 'primary',
    other: 'whisper',
    outcome: 'REQUEUED',
    does: 'removes',
  },
  {
    row: 9,
    code: 'BARGE_IN',
    situation: 'a supervisor has barged in',
    agent: 'primary',
    other: 'barge-in',
    outcome: 'HANDED_OVER',
    does: 'hands over',
  },
]

/** The rows that speak of an agent in this role together with these others. */
export function rowsFor(agent: SeedRow['agent'], others: readonly Participant[]): readonly SeedRow[] {
  return SEED_ROWS.filter(
    (row) => row.agent === agent && (row.other === undefined ? others.length === 0 : others.some(({ role }) => role === row.other)),
  )
}
