import { commandRow, commandRowId, isOpenRow, type AuditRecord } from '../audit/audit-log.js'
import { packId, unpackId, unpackRecord } from './redis-codec.js'

/** Fields of a row that is kept by itself, in their order: stored, so only ever added to, at the end. */
const FIELDS = [
  'at',
  'what',
  'principal',
  'onBehalfOf',
  'requestId',
  'platform',
  'agentId',
  'commandId',
  'action',
  'force',
  'channel',
  'reason',
  'status',
  'settledAt',
  'code',
  'vendorSystem',
  'vendorCode',
  'vendorRequestId',
  'detail',
] as const satisfies readonly (keyof AuditRecord)[]

/** Is it the one row of its command? Such a one can be made from the command. */
const isOfCommand = ({ id, what, commandId }: AuditRecord): boolean =>
  what === 'command' && commandId !== undefined && id === commandRowId(commandId)

const nameOf = (row: AuditRecord): string =>
  row.commandId !== undefined && isOfCommand(row) ? packId(row.commandId) : `=${packId(row.id)}`

/** Leaves are by whole instants. */
export const instant = (ms: number): number => Math.max(0, Math.ceil(ms))

function packFields(row: AuditRecord): string {
  const values: unknown[] = FIELDS.map((field) => row[field] ?? null)
  while (values.at(-1) === null) values.pop()
  return `${isOpenRow(row) ? 'O' : 'F'}${JSON.stringify(values)}`
}

/** A row as the script takes it. `kept`: by itself, whatever the command log has. */
export function packRow(row: AuditRecord, kept: boolean): readonly (string | number)[] {
  return [nameOf(row), instant(row.at), !kept && isOfCommand(row) ? '' : packFields(row)]
}

/** Of a row as the script answers it. */
export interface StoredRow {
  readonly name: string
  readonly text: string
  readonly agent: string
  readonly record: string
}

export function unpackRow({ name, text, agent, record }: StoredRow, epoch: string): AuditRecord {
  if (text === '') return commandRow(unpackRecord(record, agent, epoch))
  if (text.startsWith('C')) {
    const cut = text.indexOf('\n')
    return commandRow(unpackRecord(text.slice(cut + 1), text.slice(1, cut), epoch))
  }
  const values = JSON.parse(text.slice(1)) as readonly unknown[]
  const fields = FIELDS.flatMap((field, at) => (values[at] === undefined || values[at] === null ? [] : [[field, values[at]] as const]))
  const id = name.startsWith('=') ? unpackId(name.slice(1)) : commandRowId(unpackId(name))
  return { id, ...(Object.fromEntries(fields) as Omit<AuditRecord, 'id'>) }
}
