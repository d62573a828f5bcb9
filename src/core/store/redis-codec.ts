import type { CommandDraft } from '../command-log.js'
import { splitAgentKey, type ActionKind, type Command, type CommandProblem } from '../model/command.js'
import type { CommandStatus, FinalStatus } from '../model/life-cycle.js'
import type { Cleared, RuledChange } from './changes.js'

/**
 * How a command is written in Redis. Thousands of finished ones are kept for a day, so what never changes and what ended is
 * written tightly: identifiers of 22 letters instead of 36, names by one letter, times by their distance.
 *
 *   record = head, line feed, body
 *   body     JSON array: kind, expiresAt - acceptedAt, principal, request id, reason, all other fields. Never changes, and no
 *            script reads it (cjson would turn [] into {} and round large numbers).
 *   head     of an open command: JSON, see `OpenHead`. Of a final one: words, see `FINAL_WORDS`.
 */
export interface OpenHead {
  readonly i: string
  readonly q: number
  readonly s: CommandStatus
  readonly n: number
  readonly at: number
  readonly cl: string
  readonly ch: string
  /** Epoch of its acceptance. */
  readonly e?: string
  readonly se?: number
  readonly st?: number
  readonly nx?: number
  readonly cb?: 'event' | 'read'
  readonly un?: boolean
  readonly sb?: string
  readonly pe?: boolean
  readonly cr?: number
  /** The problem as JSON text. */
  readonly pr?: string
}

/** First word of a final head is the seq, the second the id; these follow. Missing ones at the end are left out. */
const FINAL_WORDS = ['status', 'attempts', 'settledAt', 'settledAt - acceptedAt', 'sentAt - acceptedAt', 'marks', 'crashes', 'by'] as const

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
  return UUID.test(id) ? packUuid(id) : `~${encodeURIComponent(id)}`
}

/** Two letters of base64url for each 12 bits. */
const PAIRS = Array.from({ length: 4096 }, (_, bits) =>
  Buffer.from([bits >> 4, (bits & 15) << 4])
    .toString('base64url')
    .slice(0, 2),
)

/** As its bytes in base64url; by way of a buffer it costs three times as much, and each command needs it twice. */
function packUuid(id: string): string {
  let packed = ''
  let bits = 0
  let digits = 0
  for (let at = 0; at < id.length; at += 1) {
    const code = id.charCodeAt(at)
    if (code === HYPHEN) continue
    bits = (bits << 4) | (code > NINE ? code - LETTER_A + 10 : code - ZERO)
    digits += 1
    if (digits % 3 !== 0) continue
    packed += PAIRS[bits] ?? ''
    bits = 0
  }
  return packed + (PAIRS[bits << 4] ?? '')
}
const [HYPHEN, ZERO, NINE, LETTER_A] = [45, 48, 57, 97] as const

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

/** Like `packId`, for any text. */
function packText(text: string): string {
  return UUID.test(text) ? packId(text) : `~${text}`
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
  return {
    id,
    ...splitAgentKey(agent),
    action: { kind, ...(typeof reason === 'string' && { reason }), ...rest?.a },
    origin: { principal, requestId: unpackText(requestId), ...rest?.o },
    acceptedAt,
    expiresAt: acceptedAt + ttl,
    ...rest?.c,
  }
}

type Changing = Omit<Command, keyof CommandDraft['command']> & Partial<Command>

function openFields(head: OpenHead, epoch: string): Changing {
  return {
    status: head.s,
    seq: head.q,
    attempts: head.n,
    ...(head.se !== undefined && { sentAt: head.se }),
    ...(head.nx !== undefined && { nextAttemptAt: head.nx }),
    ...(head.cb !== undefined && { confirmedBy: head.cb }),
    ...(head.un !== undefined && { unchanged: head.un }),
    ...(head.pe !== undefined && { pending: head.pe }),
    ...(head.pr !== undefined && { problem: JSON.parse(head.pr) as CommandProblem }),
    ...(head.cr !== undefined && { crashes: head.cr }),
    ...(head.e !== epoch && { beforeRollback: true }),
  }
}

/** The words of a final head; the problem, which may contain spaces, is what is left behind them. */
function splitFinal(head: string): { readonly words: readonly string[]; readonly problem: string | undefined } {
  const words: string[] = []
  let from = 0
  for (let count = 0; count < FINAL_WORDS.length + 2 && from <= head.length; count += 1) {
    const space = head.indexOf(' ', from)
    const to = space < 0 ? head.length : space
    words.push(head.slice(from, to))
    from = to + 1
  }
  return { words, problem: from < head.length ? head.slice(from) : undefined }
}

function finalFields(words: readonly string[], problem: string | undefined): Changing & { readonly acceptedAt: number } {
  const [seq, id, letter = '', attempts, settled, age, sent = '', marks = '', crashes = '', by = ''] = words
  const status = statusOf.get(letter)
  if (status === undefined) throw new Error(`the stored command ${id} has the unknown status ${letter}`)
  const settledAt = Number(settled)
  const acceptedAt = settledAt - Number(age)
  const mark = (yes: string, no: string): boolean | undefined => (marks.includes(yes) ? true : marks.includes(no) ? false : undefined)
  const [unchanged, pending] = [mark('u', 'U'), mark('p', 'P')]
  return {
    status,
    acceptedAt,
    seq: Number(seq),
    attempts: Number(attempts),
    settledAt,
    ...(sent !== '' && { sentAt: acceptedAt + Number(sent) }),
    ...(marks.includes('e') && { confirmedBy: 'event' }),
    ...(marks.includes('r') && { confirmedBy: 'read' }),
    ...(unchanged !== undefined && { unchanged }),
    ...(pending !== undefined && { pending }),
    ...(crashes !== '' && { crashes: Number(crashes) }),
    ...(by !== '' && { supersededBy: unpackId(by) }),
    ...(problem !== undefined && { problem: JSON.parse(problem) as CommandProblem }),
  }
}

/** The command of an agent from its record. `epoch` is the one in force. */
export function unpackRecord(record: string, agent: string, epoch: string): Command {
  const cut = record.indexOf('\n')
  const head = record.slice(0, cut)
  const body = record.slice(cut + 1)
  if (head.startsWith('{')) {
    const open = JSON.parse(head) as OpenHead
    return { ...unpackBody(body, unpackId(open.i), agent, open.at), ...openFields(open, epoch) }
  }
  const { words, problem } = splitFinal(head)
  const fields = finalFields(words, problem)
  return { ...unpackBody(body, unpackId(words[1] ?? ''), agent, fields.acceptedAt), ...fields }
}

const CLEARED = { pending: 'pe', nextAttemptAt: 'nx', crashes: 'cr' } as const satisfies Readonly<Record<Cleared, keyof OpenHead>>

/**
 * A change as the scripts take it: fields of the head to write, statuses in which it is allowed, fields to clear before, '1' to
 * give an attempt back.
 */
export function packChange({ from, clear, giveAttemptBack, fields }: RuledChange): readonly [string, string, string, string] {
  const head: { -readonly [K in keyof OpenHead]?: OpenHead[K] } = { s: fields.status }
  if (fields.settledAt !== undefined) head.st = fields.settledAt
  if (fields.nextAttemptAt !== undefined) head.nx = fields.nextAttemptAt
  if (fields.confirmedBy !== undefined) head.cb = fields.confirmedBy
  if (fields.unchanged !== undefined) head.un = fields.unchanged
  if (fields.pending !== undefined) head.pe = fields.pending
  if (fields.problem !== undefined) head.pr = JSON.stringify(fields.problem)
  return [JSON.stringify(head), inWords(from), inWords(clear, CLEARED), giveAttemptBack ? '1' : '']
}

/** The lists are those of a few rules, the same ones each time. */
const words = new WeakMap<readonly string[], string>()

function inWords(list: readonly string[], names?: Readonly<Record<string, string>>): string {
  const known = words.get(list)
  if (known !== undefined) return known
  const text = list.map((name) => names?.[name] ?? name).join(' ')
  words.set(list, text)
  return text
}
