/** A reason of the Agent Refusal report and our canonical cause. */
export interface CauseRow {
  /** As the vendor writes it. */
  readonly vendor: string
  readonly cause: string
}

/** The eleven causes of the report's own page, and `0` in the spelling of that page (vendors/cxone.md section 6.5). */
export const CAUSES: readonly CauseRow[] = [
  { vendor: 'Bad Number', cause: 'BAD_NUMBER' }, // 6.5; seed
  { vendor: 'Busy', cause: 'BUSY' }, // 6.5; seed
  { vendor: 'ContactAlreadyRouted', cause: 'ALREADY_ROUTED' }, // 6.5; seed
  { vendor: 'Error', cause: 'NETWORK_ERROR' }, // 6.5; seed: the telephone network failed
  { vendor: 'Invalid Call Leg', cause: 'INVALID_CALL_LEG' }, // 6.5; seed
  { vendor: 'NoAnswer', cause: 'NO_ANSWER' }, // 6.5; seed
  { vendor: 'LinkFailed', cause: 'LINK_FAILED' }, // 6.5; seed
  { vendor: 'Dropped', cause: 'DROPPED' }, // 6.5; seed
  { vendor: 'AgentLinkTimeout', cause: 'AGENT_LINK_TIMEOUT' }, // 6.5; seed
  { vendor: 'NA', cause: 'NOT_APPLICABLE' }, // 6.5; seed: fits no other category
  { vendor: '0', cause: 'UNSPECIFIED' }, // 6.5; seed: "reason does not fit"; never seen in data (open question 5)
  { vendor: '(Zero) 0 Cause Code', cause: 'UNSPECIFIED' }, // seed: the heading of the same entry
]

export const OTHER = 'OTHER'

/** Compared without regard to case, spaces and underscores (section 6.5). */
const normal = (text: string): string => text.replace(/[\s_]/g, '').toLowerCase()

const BY_TEXT: ReadonlyMap<string, string> = new Map(CAUSES.map((row) => [normal(row.vendor), row.cause]))

/** Canonical cause of the vendor's text; `OTHER` for what is not known. */
export function causeOf(rawCause: string): string {
  return BY_TEXT.get(normal(rawCause)) ?? OTHER
}
