import type { CommandDraft } from '../command-log.js'
import { COMMAND_CLASSES, splitAgentKey, type ActionKind, type Command, type CommandProblem, type Relation } from '../model/command.js'
import { changed } from '../model/changed.js'
import type { FinalStatus, OpenStatus } from '../model/life-cycle.js'
import type { Progress } from './changes.js'

/**
 * How a command is written in Redis. Thousands of finished ones are kept for a day, so what never changes and what ended is
 * written tightly: identifiers of 22 letters instead of 36, names by one letter, times by their distance.
 *
 *   record = head, line feed, body
 *   body     JSON array: kind, expiresAt - acceptedAt, principal, request id, reason, all other fields. Never changes, and no
 *            script reads it (cjson would turn [] into {} and round large numbers).
 *   head     words: of an open command `OPEN_WORDS`, of a final one `FINAL_WORDS`. Behind them the problem as JSON, to the end of the line.
 */

/** Of an open head. Missing ones are empty. No word has a space: `packChannel`. */
export const OPEN_WORDS = [
  'seq',
  'id',
  'status',
  'attempts',
  'acceptedAt',
  'class',
  'channel',
  'epoch of its acceptance',
  'sentAt',
  'nextAttemptAt',
  'marks',
  'crashes',
  'token of the lease that began it',
] as const

/** Of a final head. Missing ones at the end are left out. */
const FINAL_WORDS = [
  'seq',
  'id',
  'letter of the status',
  'attempts',
  'settledAt',
  'settledAt - acceptedAt',
  'sentAt - acceptedAt',
  'marks',
  'crashes',
  'by',
] as const

/** Stored, so never changed. */
export const FINAL_LETTERS = {
  confirmed: 'c',
  rejected: 'r',
  superseded: 's',
  cancelled: 'x',
  expired: 'e',
  unconfirmed: 'u',
  dead: 'd',
} as const satisfies Readonly<Record<FinalStatus, string>>
const KIND_LETTERS = { LOGIN: 'I', READY: 'R', NOT_READY: 'N', LOGOUT: 'O' } as const satisfies Readonly<Record<ActionKind, string>>

const statusOf = new Map(Object.entries(FINAL_LETTERS).map(([status, letter]) => [letter as string, status as FinalStatus]))
const kindOf = new Map(Object.entries(KIND_LETTERS).map(([kind, letter]) => [letter as string, kind as ActionKind]))

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** A UUID in 22 letters; any other text behind `~`, without spaces. */
export function packId(id: string): string {
  return packUuid(id) ?? `~${encodeURIComponent(id)}`
}

/** Two letters of base64url for each 12 bits. */
const PAIRS = Array.from({ length: 4096 }, (_, bits) =>
  Buffer.from([bits >> 4, (bits & 15) << 4])
    .toString('base64url')
    .slice(0, 2),
)
const HYPHEN = '-'.charCodeAt(0)
/** Value of a hexadecimal digit by its ASCII code; -1 for everything else. */
const DIGITS = Int8Array.from({ length: 128 }, (_, code) => '0123456789abcdef'.indexOf(String.fromCharCode(code)))
/** Where the digits of a UUID are: all places but those of the hyphens. */
const PLACES = Uint8Array.from(Array.from({ length: 36 }, (_, at) => at).filter((at) => ![8, 13, 18, 23].includes(at)))

const hasHyphens = (id: string): boolean =>
  id.charCodeAt(8) === HYPHEN && id.charCodeAt(13) === HYPHEN && id.charCodeAt(18) === HYPHEN && id.charCodeAt(23) === HYPHEN
/** The `index`-th digit; -1 where there is none. */
const digit = (id: string, index: number): number => DIGITS[id.charCodeAt(PLACES[index] ?? -1)] ?? -1

/**
 * As its bytes in base64url; undefined for anything but a UUID in small letters. Each command needs it twice: by way of a buffer it takes ten
 * times as long, with a pattern before it three times.
 */
function packUuid(id: string): string | undefined {
  if (id.length !== 36 || !hasHyphens(id)) return undefined
  let packed = ''
  // Negative as soon as one of them is no digit.
  let all = 0
  for (let index = 0; index < 30; index += 3) {
    const bits = (digit(id, index) << 8) | (digit(id, index + 1) << 4) | digit(id, index + 2)
    all |= bits
    packed += PAIRS[bits] ?? ''
  }
  const last = (digit(id, 30) << 8) | (digit(id, 31) << 4)
  return (all | last) < 0 ? undefined : packed + (PAIRS[last] ?? '')
}

/** Idempotency records of layout 1 name the UUID itself. */
export function unpackId(packed: string): string {
  if (UUID.test(packed)) return packed
  if (packed.startsWith('~')) return decodeURIComponent(packed.slice(1))
  const hex = Buffer.from(packed, 'base64url').toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** 66 bits of the hash that it is: with the id and the end of its time a small entry of a small hash. */
const FINGERPRINT_LETTERS = 11

export function packFingerprint(fingerprint: string): string {
  return encodeURIComponent(fingerprint).slice(0, FINGERPRINT_LETTERS)
}

const RELATION_LETTERS = { waits: 'w', replaces: 'r', refused: 'x' } as const satisfies Readonly<Record<Relation, string>>
/** Of an older command to a newer one. */
const SCOPES = ['same', 'agent', 'channel'] as const
/** There are ten tables in all. */
const relationTexts = new WeakMap<CommandDraft['relations'], string>()

/** Not stored: three letters for each of `COMMAND_CLASSES`, in the order of `SCOPES`. */
export function packRelations(relations: CommandDraft['relations']): string {
  const known = relationTexts.get(relations)
  if (known !== undefined) return known
  const text = COMMAND_CLASSES.flatMap((older) => SCOPES.map((scope) => RELATION_LETTERS[relations[`${older}|${scope}`] ?? 'waits'])).join(
    '',
  )
  relationTexts.set(relations, text)
  return text
}

/** Like `packId`, for any text. */
function packText(text: string): string {
  return packUuid(text) ?? `~${text}`
}

function unpackText(packed: string): string {
  return packed.startsWith('~') ? packed.slice(1) : unpackId(packed)
}

type Rest = Readonly<Record<string, unknown>>
type Body = readonly [string, number, string, string, (string | null)?, { readonly a?: Rest; readonly o?: Rest; readonly c?: Rest }?]

/** All fields but those that have a place of their own. */
function others(record: object, placed: ReadonlySet<string>): Rest | undefined {
  let rest: Record<string, unknown> | undefined
  for (const name in record) {
    if (placed.has(name)) continue
    const value = (record as Rest)[name]
    if (value !== undefined) (rest ??= {})[name] = value
  }
  return rest
}

type Fields<T> = readonly (keyof T)[]
const ACTION_FIELDS = new Set<string>(['kind', 'reason'] satisfies Fields<Command['action']>)
const ORIGIN_FIELDS = new Set<string>(['principal', 'requestId'] satisfies Fields<Command['origin']>)
const COMMAND_FIELDS = new Set<string>([
  'id',
  'platform',
  'agentId',
  'acceptedAt',
  'expiresAt',
  'action',
  'origin',
] satisfies Fields<Command>)

export function packBody(command: CommandDraft['command']): string {
  const { acceptedAt, expiresAt, action, origin } = command
  const { kind, reason } = action
  const a = others(action, ACTION_FIELDS)
  const o = others(origin, ORIGIN_FIELDS)
  const c = others(command, COMMAND_FIELDS)
  const rest = a !== undefined || o !== undefined || c !== undefined ? { a, o, c } : undefined
  const body: unknown[] = [KIND_LETTERS[kind], expiresAt - acceptedAt, origin.principal, packText(origin.requestId)]
  if (reason !== undefined || rest !== undefined) body.push(reason ?? null)
  if (rest !== undefined) body.push(rest)
  return JSON.stringify(body)
}

function unpackBody(text: string, id: string, agent: string, acceptedAt: number): CommandDraft['command'] {
  const [letter, ttl, principal, requestId, reason, rest] = JSON.parse(text) as Body
  const kind = kindOf.get(letter)
  if (kind === undefined) throw new Error(`the stored command ${id} has the unknown kind ${letter}`)
  const { platform, agentId } = splitAgentKey(agent)
  const named = typeof reason === 'string' ? { kind, reason } : { kind }
  const asked = { principal, requestId: unpackText(requestId) }
  const action = rest?.a === undefined ? named : changed(named, rest.a)
  const origin = rest?.o === undefined ? asked : changed(asked, rest.o)
  const body = { id, platform, agentId, action, origin, acceptedAt, expiresAt: acceptedAt + ttl }
  return rest?.c === undefined ? body : changed(body, rest.c)
}

type Changing = Progress & { readonly acceptedAt: number }

/** The words of a head; the problem, which may contain spaces, is what is left behind them. */
export function splitHead(head: string, count: number): { readonly words: readonly string[]; readonly problem: string | undefined } {
  const words: string[] = []
  let from = 0
  while (words.length < count && from <= head.length) {
    const space = head.indexOf(' ', from)
    const to = space < 0 ? head.length : space
    words.push(head.slice(from, to))
    from = to + 1
  }
  return { words, problem: from < head.length ? head.slice(from) : undefined }
}

/** What marks, crashes and the problem say is the same in both kinds of heads. */
function addCommon(fields: Changing, marks: string, crashes: string, problem: string | undefined): Changing {
  if (marks.includes('e')) fields.confirmedBy = 'event'
  if (marks.includes('r')) fields.confirmedBy = 'read'
  if (marks.includes('u')) fields.unchanged = true
  if (marks.includes('U')) fields.unchanged = false
  if (marks.includes('p')) fields.pending = true
  if (marks.includes('P')) fields.pending = false
  if (crashes !== '') fields.crashes = Number(crashes)
  if (problem !== undefined) fields.problem = JSON.parse(problem) as CommandProblem
  return fields
}

function finalFields(words: readonly string[], problem: string | undefined): Changing {
  const [seq, id, letter = '', attempts, settled, age, sent = '', marks = '', crashes = '', by = ''] = words
  const status = statusOf.get(letter)
  if (status === undefined) throw new Error(`the stored command ${id} has the unknown status ${letter}`)
  const settledAt = Number(settled)
  const acceptedAt = settledAt - Number(age)
  const fields: Changing = { status, acceptedAt, seq: Number(seq), attempts: Number(attempts), settledAt }
  if (sent !== '') fields.sentAt = acceptedAt + Number(sent)
  if (by !== '') fields.supersededBy = unpackId(by)
  return addCommon(fields, marks, crashes, problem)
}

function openFields(words: readonly string[], problem: string | undefined, present: string): Changing {
  const [seq, , status, attempts, accepted, , , epoch, sent = '', next = '', marks = '', crashes = ''] = words
  const fields: Changing = {
    status: status as OpenStatus,
    acceptedAt: Number(accepted),
    seq: Number(seq),
    attempts: Number(attempts),
  }
  if (sent !== '') fields.sentAt = Number(sent)
  if (next !== '') fields.nextAttemptAt = Number(next)
  if (epoch !== present) fields.beforeRollback = true
  return addCommon(fields, marks, crashes, problem)
}

/** The status of a final one is a letter. */
const FINAL_HEAD = /^\d+ \S+ \w /

/** The command of an agent from its record. `epoch` is the one in force. */
export function unpackRecord(record: string, agent: string, epoch: string): Command {
  const cut = record.indexOf('\n')
  const head = record.slice(0, cut)
  const final = FINAL_HEAD.test(head)
  const { words, problem } = splitHead(head, final ? FINAL_WORDS.length : OPEN_WORDS.length)
  const fields = final ? finalFields(words, problem) : openFields(words, problem, epoch)
  return changed(unpackBody(record.slice(cut + 1), unpackId(words[1] ?? ''), agent, fields.acceptedAt), fields)
}

/** A channel as a word: '' for none, the name behind `=`. As Lua's %s, so that older layouts are brought forward to the same. */
export function packChannel(channel: string | undefined): string {
  return channel === undefined ? '' : `=${channel.replace(/[%\t-\r ]/g, encodeURIComponent)}`
}
