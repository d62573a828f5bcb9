import type { RefusalRow } from '../../core/adapter.js'
import { CtiError } from '../../core/model/error.js'
import { causeOf } from './refusal-causes.js'
import { resolutionMs, type ReadTime } from './refusal-time.js'

/** The columns of the report that we name (vendors/cxone.md section 6.4). The Expanded report has more; all are kept in `raw`. */
export const COLUMNS = {
  contactId: 'Contact_ID',
  agentId: 'Agent_No',
  agentName: 'FullName',
  reason: 'Reason',
  time: 'Refuse_Time',
  skillName: 'Skill_Name',
  teamName: 'Team_Name',
} as const
type ColumnName = keyof typeof COLUMNS

/** Without these the file is another report. */
const NEEDED: readonly ColumnName[] = ['contactId', 'agentId', 'reason', 'time']

export interface Header {
  readonly names: readonly string[]
  readonly at: Readonly<Partial<Record<ColumnName, number>>>
}

const normal = (name: string): string => name.replace(/[^a-z0-9]/gi, '').toLowerCase()

/** Reads the header. Fails: VENDOR_PROTOCOL naming the columns that are missing, for a wrong report id must not feed anything. */
export function readHeader(names: readonly string[]): Header {
  const found = new Map(names.map((name, index) => [normal(name), index]))
  const at: Partial<Record<ColumnName, number>> = {}
  for (const [column, name] of Object.entries(COLUMNS) as [ColumnName, string][]) {
    const index = found.get(normal(name))
    if (index !== undefined) at[column] = index
  }
  const missing = NEEDED.filter((column) => at[column] === undefined).map((column) => COLUMNS[column])
  if (missing.length > 0) {
    throw new CtiError('VENDOR_PROTOCOL', {
      detail: `this is not the Agent Refusal report: no column ${missing.join(', ')}; check refusals.reportId`,
      effect: 'none',
      retry: 'never',
    })
  }
  return { names: names.map((name) => name.trim()), at }
}

/** A record as a row. Guarantees: never undefined and never throws: what cannot be read is left out and named in `flaw`. */
export function rowOf(fields: readonly string[], header: Header, readTime: (text: string) => ReadTime): RefusalRow {
  const cell = (column: ColumnName): string => {
    const index = header.at[column]
    return index === undefined ? '' : (fields[index] ?? '')
  }
  const text = (column: ColumnName): string | undefined => (cell(column).trim() === '' ? undefined : cell(column).trim())
  const rightLength = fields.length === header.names.length
  const rawTime = cell('time')
  const time = rightLength || rawTime.trim() !== '' ? readTime(rawTime) : {}
  const flaws = [
    ...(rightLength ? [] : [`${fields.length} fields instead of ${header.names.length}`]),
    ...NEEDED.filter((column) => column !== 'time' && text(column) === undefined).map((column) => `${COLUMNS[column]} is empty`),
    ...(time.flaw === undefined ? [] : [time.flaw]),
  ]
  const optional = {
    contactId: text('contactId'),
    agentId: text('agentId'),
    agentName: text('agentName'),
    skillName: text('skillName'),
    teamName: text('teamName'),
  }
  const rawCause = cell('reason')
  return {
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Partial<RefusalRow>),
    cause: causeOf(rawCause),
    rawCause,
    occurrences: 1,
    raw: rawOf(fields, header),
    ...(time.at !== undefined && { at: time.at, withinMs: resolutionMs(rawTime) }),
    ...(rawTime !== '' && { rawTime }),
    ...(flaws.length > 0 && { flaw: flaws.join('; ') }),
  }
}

/** The vendor's cells under the vendor's names; surplus ones are numbered. */
function rawOf(fields: readonly string[], header: Header): Readonly<Record<string, string>> {
  const raw: Record<string, string> = {}
  for (const [index, field] of fields.entries()) raw[header.names[index] ?? `#${index + 1}`] = field
  return raw
}

/**
 * What makes two rows the same (section 6.4): contact, agent, time and reason. A row in which one of them is missing is the same only
 * as one with all cells alike.
 */
export function identityOf(row: RefusalRow): string {
  const parts = [row.contactId, row.agentId, row.rawTime?.trim(), row.rawCause.trim()]
  const whole = row.at !== undefined && parts.every((part) => part !== undefined && part !== '')
  return JSON.stringify(whole ? parts : Object.entries(row.raw))
}
