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
export function rowOf(fields: readonly string[], header: Header, readTime: (text: string) => ReadTime, occurrences = 1): RefusalRow {
  const rawCause = cellOf(fields, header, 'reason')
  const rawTime = cellOf(fields, header, 'time')
  const time = fields.length === header.names.length || rawTime.trim() !== '' ? readTime(rawTime) : {}
  // Filled in place: an object put together from others gets a hidden class of its own, and 200,000 of those fill the heap.
  const row: Draft = { cause: causeOf(rawCause), rawCause, occurrences, raw: rawOf(fields, header) }
  for (const column of NAMED) {
    const text = cellOf(fields, header, column).trim()
    if (text !== '') row[column] = text
  }
  if (time.at !== undefined) {
    row.at = time.at
    row.withinMs = resolutionMs(rawTime)
  }
  if (rawTime !== '') row.rawTime = rawTime
  const flaw = flawOf(fields, header, time)
  if (flaw !== '') row.flaw = flaw
  return row
}

type Draft = { -readonly [Field in keyof RefusalRow]: RefusalRow[Field] }
const NAMED = ['contactId', 'agentId', 'agentName', 'skillName', 'teamName'] as const

function cellOf(fields: readonly string[], header: Header, column: ColumnName): string {
  const index = header.at[column]
  return index === undefined ? '' : (fields[index] ?? '')
}

/** What of a record could not be read; empty when all could. */
function flawOf(fields: readonly string[], header: Header, time: ReadTime): string {
  const flaws: string[] = []
  if (fields.length !== header.names.length) flaws.push(`${fields.length} fields instead of ${header.names.length}`)
  for (const column of NEEDED) {
    if (column !== 'time' && cellOf(fields, header, column).trim() === '') flaws.push(`${COLUMNS[column]} is empty`)
  }
  if (time.flaw !== undefined) flaws.push(time.flaw)
  return flaws.join('; ')
}

/** The vendor's cells under the vendor's names; surplus ones are numbered. */
function rawOf(fields: readonly string[], header: Header): Readonly<Record<string, string>> {
  const raw: Record<string, string> = {}
  for (let index = 0; index < fields.length; index += 1) raw[header.names[index] ?? `#${index + 1}`] = fields[index] ?? ''
  return raw
}

/** What of a record decides its place: its instant, and what makes it the same as another. Cheaper than the whole row. */
export interface RecordKey {
  readonly at: number | undefined
  readonly identity: string
}

/**
 * Two records are the same by contact, agent, time and reason (section 6.4). A record in which one of them is missing or cannot be read
 * is the same only as one with all cells alike.
 */
export function keyOf(fields: readonly string[], header: Header, readTime: (text: string) => ReadTime): RecordKey {
  const cell = (column: ColumnName): string => cellOf(fields, header, column).trim()
  const time = cell('time')
  const at = time === '' ? undefined : readTime(time).at
  const parts = [cell('contactId'), cell('agentId'), time, cell('reason')]
  const whole = at !== undefined && fields.length === header.names.length && parts.every((part) => part !== '')
  return { at, identity: (whole ? parts : fields).join(SEPARATOR) }
}

/** Stands in no cell of a text file. */
const SEPARATOR = '\u0000'
