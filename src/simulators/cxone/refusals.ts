/** The rows of the Agent Refusal report (vendors/cxone.md 6.4, 6.5; agent refusal report page), made when they are asked for. */
import type { Agent } from './agent.js'

/** Many rows as a rule, so that 200,000 of them cost no memory. */
export interface RefusalBatch {
  readonly rows: number
  /** Epoch ms; the rows are spread evenly from here … */
  readonly from: number
  /** … to here, exclusive. */
  readonly to: number
  readonly causes: readonly string[]
  /** Every n-th row is malformed, or there twice; 0: none. */
  readonly malformedEvery: number
  readonly duplicateEvery: number
}

/** One row of its own: of a refused contact, or any text at all. */
export interface RefusalRecord {
  readonly at: number
  readonly agent?: Agent
  readonly contactId?: number
  readonly stationId?: string
  readonly cause?: string
  /** The line as it shall be in the file. */
  readonly line?: string
}

export interface RefusalStore {
  readonly batches: RefusalBatch[]
  readonly records: RefusalRecord[]
}

/** Which rows, how shown. `start` and `end` are local times as if they were UTC: the report knows no zones. */
export interface RefusalWindow {
  readonly start: number
  readonly end: number
  readonly zone: string
  readonly expanded: boolean
  readonly headers: boolean
  readonly separator: string
}

const COLUMNS = ['Contact_ID', 'Agent_No', 'FullName', 'Station_ID', 'Reason', 'Refuse_Time']
const EXPANDED_COLUMNS = ['Skill_Name', 'Team_Name', 'Media_Type_Name', 'ANI/From', 'ContactEndReason']

/** Ways in which a row, its cells quoted already, can be broken; the generator takes them in turn. */
const FLAWS: readonly ((cells: readonly string[]) => readonly string[])[] = [
  (cells) => cells.slice(0, 4),
  (cells) => [...cells, 'surplus'],
  (cells) => cells.map((cell, at) => (at === 5 ? '13/45/2026 99:99' : cell)),
  (cells) => cells.map((cell, at) => (at === 5 ? '' : cell)),
  (cells) => cells.map((cell, at) => (at === 2 ? 'Ada "Red Archer' : cell)),
  (cells) => cells.map((cell, at) => (at === 1 ? 'n/a' : cell)),
]

/** Minutes by which the zone is ahead of UTC at an instant; remembered by quarter of an hour. */
export function createZoneOffset(zone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  })
  const known = new Map<number, number>()
  return (at) => {
    const quarter = Math.floor(at / 900_000)
    let offset = known.get(quarter)
    if (offset === undefined) {
      const part = Object.fromEntries(format.formatToParts(quarter * 900_000).map(({ type, value }) => [type, Number(value)]))
      const local = Date.UTC(part['year']!, part['month']! - 1, part['day'], part['hour'], part['minute'])
      offset = (local - quarter * 900_000) / 60_000
      known.set(quarter, offset)
    }
    return offset
  }
}

/** The last two changes of the zone's offset before `before`, newest first; none for a zone without summer time. */
export function clockChanges(zone: string, before: number): readonly number[] {
  const offset = createZoneOffset(zone)
  const changes: number[] = []
  const hour = 3_600_000
  for (let at = Math.floor(before / hour) * hour; at > before - 400 * 24 * hour && changes.length < 2; at -= hour)
    if (offset(at) !== offset(at - hour)) changes.push(at)
  return changes
}

/** MM/DD/YYYY HH:MM, 24 hours, neither seconds nor zone (6.4). */
function refuseTime(localMs: number): string {
  const [date, time] = new Date(localMs).toISOString().split('T') as [string, string]
  const [year, month, day] = date.split('-')
  return `${month}/${day}/${year} ${time.slice(0, 5)}`
}

/** The lines of the report, each with CRLF, one by one. */
export function* refusalLines(store: RefusalStore, agents: readonly Agent[], window: RefusalWindow): Generator<string> {
  const offset = createZoneOffset(window.zone)
  const quote = (cell: string) => quoted(cell, window.separator)
  const line = (cells: readonly string[]) => `${cells.map(quote).join(window.separator)}\r\n`
  if (window.headers) yield line(window.expanded ? [...COLUMNS, ...EXPANDED_COLUMNS] : COLUMNS)
  const local = (at: number) => at + offset(at) * 60_000
  const inside = (at: number) => local(at) >= window.start && local(at) < window.end
  for (const batch of store.batches) {
    for (let at = 0; at < batch.rows; at += 1) {
      const instant = batch.from + Math.floor(((batch.to - batch.from) * at) / batch.rows)
      if (!inside(instant)) continue
      const agent = agents[at % agents.length]
      const cells = cellsOf(agent, { contactId: 700_000_000_000 + at, cause: batch.causes[at % batch.causes.length]!, at }, window.expanded)
      const full = cells.map((cell, column) => (column === 5 ? refuseTime(local(instant)) : cell))
      const number = at + 1
      const flawed = batch.malformedEvery > 0 && number % batch.malformedEvery === 0
      const flaw = FLAWS[(number / batch.malformedEvery - 1) % FLAWS.length]
      const text = flawed && flaw !== undefined ? `${flaw(full.map(quote)).join(window.separator)}\r\n` : line(full)
      yield text
      if (batch.duplicateEvery > 0 && number % batch.duplicateEvery === 0) yield text
    }
  }
  for (const record of store.records) {
    if (!inside(record.at)) continue
    const { agent, contactId = 0, cause = 'NA', stationId = '' } = record
    const cells = cellsOf(agent, { contactId, cause, stationId, at: 0 }, window.expanded)
    yield record.line === undefined
      ? line(cells.map((cell, column) => (column === 5 ? refuseTime(local(record.at)) : cell)))
      : `${record.line}\r\n`
  }
}

function cellsOf(
  agent: Agent | undefined,
  row: { readonly contactId: number; readonly cause: string; readonly at: number; readonly stationId?: string },
  expanded: boolean,
): string[] {
  const first = agent?.firstName ?? ''
  const last = agent?.lastName ?? ''
  // Every tenth name comes in the other order, with a comma, so that quoting is met.
  const name = row.at % 10 === 9 ? `${last}, ${first}` : `${first} ${last}`.trim()
  const cells = [String(row.contactId), String(agent?.id ?? ''), name, row.stationId ?? String(30_000 + (agent?.id ?? 0)), row.cause, '']
  return expanded ? [...cells, 'Main Line', agent?.team.name ?? '', 'Phone Call', '+15550100001', 'Agent Refused'] : cells
}

function quoted(cell: string, separator: string): string {
  return cell.includes(separator) || cell.includes('"') ? `"${cell.replaceAll('"', '""')}"` : cell
}

/** Pieces of text as pieces of one base64 text. */
export function* base64Of(lines: Iterable<string>): Generator<string> {
  let waiting: Buffer[] = []
  let size = 0
  for (const line of lines) {
    const bytes = Buffer.from(line)
    waiting.push(bytes)
    size += bytes.length
    if (size < 48_000) continue
    const all = Buffer.concat(waiting)
    const whole = all.length - (all.length % 3)
    yield all.subarray(0, whole).toString('base64')
    waiting = [all.subarray(whole)]
    size = all.length - whole
  }
  yield Buffer.concat(waiting).toString('base64')
}
