import type { Clock } from '../clock.js'
import type {
  AppendResult,
  CommandDraft,
  CommandLog,
  EngineOptions,
  OpenPage,
  StatusChange,
  StoredResponse,
  Taken,
} from '../command-log.js'
import type { LogoutLog } from '../agents/logout-log.js'
import { agentKey, commandClass, type Command, type CommandProblem, type CommandStatus } from '../model/command.js'
import { changed } from '../model/changed.js'
import { ruledChange, type Progress } from './changes.js'
import { createGuard, createUndoer, type Doubtful, type EngineTime, type Undoer } from './deadline.js'
import { LATE_STATE, type SqlQueryable } from './migrations.js'
import { createSqlLogoutLog, type SqlRows } from './sql-logouts.js'

interface CommandRow {
  readonly body: string
  readonly status: CommandStatus
  readonly seq: number
  readonly attempts: number
  readonly sent_at: number | null
  readonly settled_at: number | null
  readonly next_at: number | null
  readonly confirmed_by: 'event' | 'read' | null
  readonly unchanged: boolean | null
  readonly superseded_by: string | null
  readonly pending: boolean | null
  readonly problem: string | null
  readonly crashes: number | null
  readonly before_rollback: boolean | null
}

/** Of a function that may answer no command: then all columns of one are null. */
type MaybeCommandRow = CommandRow | { readonly [K in keyof CommandRow]: null }

interface AppendRow {
  readonly kind: AppendResult['kind']
  readonly place: number | null
  readonly other: string | null
  readonly same_body: boolean | null
  readonly answer: string | null
  readonly replaced: string | null
  readonly granted: number | null
}

type Begin = { readonly owner: string; readonly ttlMs: number } | undefined

const NAMES = 'body status seq attempts sent_at settled_at next_at confirmed_by unchanged superseded_by pending problem crashes'.split(' ')
/** The columns of a command that stands in the row `of`. */
const columns = (of: string): string =>
  `${NAMES.map((name) => `${of}.${name}`).join(', ')}, (${of}.is_open and ${of}.epoch is distinct from cti.epoch()) as before_rollback`
const COMMANDS = `select ${columns('c')} from cti.commands c`
const PRUNE_BATCH = 500

function toCommand(row: CommandRow): Command {
  const body = JSON.parse(row.body) as CommandDraft['command']
  const fields: Progress = { status: row.status, seq: row.seq, attempts: row.attempts }
  if (row.sent_at !== null) fields.sentAt = row.sent_at
  if (row.settled_at !== null) fields.settledAt = row.settled_at
  if (row.next_at !== null) fields.nextAttemptAt = row.next_at
  if (row.confirmed_by !== null) fields.confirmedBy = row.confirmed_by
  if (row.unchanged !== null) fields.unchanged = row.unchanged
  if (row.superseded_by !== null) fields.supersededBy = row.superseded_by
  if (row.pending !== null) fields.pending = row.pending
  if (row.problem !== null) fields.problem = JSON.parse(row.problem) as CommandProblem
  if (row.crashes !== null) fields.crashes = row.crashes
  if (row.before_rollback === true) fields.beforeRollback = true
  return changed(body, fields)
}

function toAppendResult({ command: given }: CommandDraft, begin: Begin, row: AppendRow): AppendResult {
  if (row.kind === 'refused') return { kind: 'refused', by: row.other ?? '' }
  if (row.kind === 'known') {
    const known = { kind: 'known', commandId: row.other ?? '', sameBody: row.same_body === true } as const
    return row.answer === null ? known : { ...known, response: JSON.parse(row.answer) as StoredResponse }
  }
  const superseded = JSON.parse(row.replaced ?? '[]') as readonly string[]
  const seq = row.place ?? 0
  if (begin === undefined || row.granted === null) {
    return { kind: 'accepted', command: changed(given, { status: 'accepted', seq, attempts: 0 } as const), superseded }
  }
  const lease = { key: agentKey(given.platform, given.agentId), owner: begin.owner, token: row.granted }
  const command = changed(given, { status: 'sent', seq, attempts: 1, sentAt: given.acceptedAt } as const)
  return { kind: 'accepted', command, superseded, lease }
}

function appendParameters(deadline: number, { command, relations, idempotency }: CommandDraft, begin: Begin): readonly unknown[] {
  return [
    deadline,
    command.id,
    agentKey(command.platform, command.agentId),
    commandClass(command.action),
    command.action.channel ?? null,
    command.acceptedAt,
    JSON.stringify(command),
    JSON.stringify(relations),
    idempotency?.key ?? null,
    idempotency?.fingerprint ?? null,
    idempotency?.ttlMs ?? null,
    begin?.owner ?? null,
    begin?.ttlMs ?? null,
  ]
}

/** A page that is full may have a next one. */
function openPage(commands: readonly Command[], limit: number): OpenPage {
  const last = commands.at(-1)
  return commands.length < limit || last === undefined ? { commands } : { commands, next: { acceptedAt: last.acceptedAt, id: last.id } }
}

/** As cti.change takes it. The problem is a text inside: jsonb refuses U+0000. */
function changeParameter(change: StatusChange, now: number, finishing: boolean): string {
  const { fields, ...rules } = ruledChange(change, now, finishing)
  const problem = fields.problem === undefined ? {} : { problem: JSON.stringify(fields.problem) }
  return JSON.stringify({ ...rules, fields: { ...fields, ...problem } })
}

const APPEND = `select kind, place, other, same_body, answer, replaced, granted
  from cti.append($1, $2, $3, $4, $5, $6, $7, $8::text::jsonb, $9, $10, $11, $12, $13)`
const TAKE = `select t.kind, t.granted, ${columns('(t.head)')} from cti.take($1, $2, $3, $4) t`
const CLAIM_SEND = `select ${columns('c')} from cti.claim_send($1, $2, $3, $4, $5, $6, $7) c`
const SETTLE = 'select cti.settle($1, $2, $3, $4, $5, $6::text::jsonb) as done'
const FINISH = `select t.settled, ${columns('(t.head)')} from cti.finish($1, $2, $3, $4, $5, $6::text::jsonb, $7) t`
const HISTORY = `${COMMANDS} where c.key = $1 and c.seq < $2 order by c.seq desc limit $3`
const DEAD = `${COMMANDS} where c.status = 'dead' and c.settled_at < $1 order by c.settled_at desc, c.id desc limit $2`
const OPEN = `${COMMANDS} where c.is_open and (c.accepted_at, c.id) > ($1, $2) and ($3::text is null or c.status = $3)
  order by c.accepted_at, c.id limit $4`
const DUE = `select key from (
    select distinct on (key) key, next_at, coalesce(next_at, coalesce(sent_at, accepted_at) + $2::double precision) as at
    from cti.commands where is_open order by key, seq
  ) heads
  where case when next_at is null then at < $1 else at <= $1 end
  order by at, key limit $3`
const ENDED = 'select distinct key from cti.commands where not is_open and settled_at >= $1 limit $2'
const BACKLOG = 'select count(*)::integer as open, min(accepted_at) as oldest from cti.commands where is_open'
const UNDO_PROBLEM = JSON.stringify({
  code: 'STORE_UNAVAILABLE',
  detail: 'The caller was told that nothing was accepted.',
} satisfies CommandProblem)

export interface SqlLogParts {
  readonly database: SqlQueryable
  readonly clock: Clock
  readonly time: EngineTime
}

export interface SqlLog {
  readonly log: CommandLog
  readonly logouts: LogoutLog
  readonly undoer: Undoer
  /** Runs a statement of a neighbour under the same guard. */
  readonly rows: SqlRows
  ping(options: EngineOptions): Promise<void>
}

function sqlState(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}

const isLate = (error: unknown): boolean => sqlState(error) === LATE_STATE

/** An error with an SQLSTATE was rolled back, except where the connection or the server went away meanwhile. */
function isNothingDone(error: unknown): boolean {
  const state = sqlState(error)
  return state !== undefined && !state.startsWith('08') && !state.startsWith('57P') && state !== '40003'
}

/** The command log on PostgreSQL: a real server or PGlite, which behave alike here. The schema must be migrated. */
export function createSqlLog({ database, clock, time }: SqlLogParts): SqlLog {
  const guard = createGuard({ clock, time, nothingDone: isNothingDone, late: isLate })
  const undoer = createUndoer(clock, ({ id, key, idempotencyKey }) =>
    database
      .query('select cti.undo_append($1, $2, $3, $4, $5)', [id, key, idempotencyKey ?? null, UNDO_PROBLEM, clock.now()])
      .then(() => undefined),
  )

  /** Parameters are made late, because the first of most statements is the deadline in the engine's clock. */
  function rows<R>(
    options: EngineOptions,
    text: string,
    parameters: (deadline: number) => readonly unknown[],
    doubtful?: Doubtful,
  ): Promise<R[]> {
    const query = async (deadline: number): Promise<R[]> => (await database.query<R>(text, parameters(deadline))).rows
    return guard.run(options, query, doubtful === undefined ? undefined : () => undoer.add(doubtful))
  }
  async function done(options: EngineOptions, text: string, ...parameters: readonly unknown[]): Promise<boolean> {
    const [row] = await rows<{ done: boolean }>(options, text, (deadline) => [deadline, ...parameters])
    return row?.done === true
  }
  async function commands(options: EngineOptions, text: string, ...parameters: readonly unknown[]): Promise<readonly Command[]> {
    return (await rows<CommandRow>(options, text, () => parameters)).map(toCommand)
  }

  const log: CommandLog = {
    async append(draft, options) {
      const { id, platform, agentId } = draft.command
      const doubtful = { id, key: agentKey(platform, agentId), idempotencyKey: draft.idempotency?.key }
      const [row] = await rows<AppendRow>(options, APPEND, (deadline) => appendParameters(deadline, draft, options.begin), doubtful)
      if (row === undefined) throw new Error('cti.append gave no row')
      return toAppendResult(draft, options.begin, row)
    },
    get: async (id, options) => (await commands(options, `${COMMANDS} where c.id = $1`, id))[0],
    head: async (key, options) => (await commands(options, `${COMMANDS} where c.key = $1 and c.is_open order by c.seq limit 1`, key))[0],
    newest: async (key, options) => (await commands(options, `${COMMANDS} where c.key = $1 order by c.seq desc limit 1`, key))[0],
    history: (key, limit, before, options) => commands(options, HISTORY, key, before ?? 2 ** 31 - 1, limit),
    dead: (limit, before, options) => commands(options, DEAD, before ?? Number.MAX_SAFE_INTEGER, limit),
    open: async ({ limit, after, status }, options) => {
      const { acceptedAt = -1, id = '' } = after ?? {}
      return openPage(await commands(options, OPEN, acceptedAt, id, status ?? null, limit), limit)
    },
    async take(key, owner, ttlMs, options) {
      type Row = { kind: Taken['kind']; granted: number | null } & MaybeCommandRow
      const [row] = await rows<Row>(options, TAKE, (deadline) => [deadline, key, owner, ttlMs])
      if (row === undefined || row.kind === 'idle' || row.body === null) return { kind: 'idle' }
      const head = toCommand(row)
      return row.granted === null ? { kind: 'held', head } : { kind: 'taken', lease: { key, owner, token: row.granted }, head }
    },
    renew: ({ key, owner, token }, ttlMs, options) =>
      done(options, 'select cti.renew($1, $2, $3, $4, $5) as done', key, owner, token, ttlMs),
    async release({ key, owner, token }, options) {
      await rows(options, 'select cti.release($1, $2, $3, $4)', (deadline) => [deadline, key, owner, token])
    },
    async claimSend(id, { key, owner, token }, now, options) {
      const parameters = [id, key, owner, token, now, options.sameAttempt === true]
      const [row] = await rows<CommandRow>(options, CLAIM_SEND, (deadline) => [deadline, ...parameters])
      return row === undefined ? undefined : toCommand(row)
    },
    async retake(last, id, ttlMs, now, options) {
      // Two steps: nothing is sent between them, and the second one is the fence.
      const taken = await log.take(last.key, last.owner, ttlMs, options)
      if (taken.kind !== 'taken') return undefined
      const { lease, head } = taken
      const untouched = head.id === id && head.status === 'retrying' && lease.token === last.token + 1
      const command = untouched ? await log.claimSend(id, lease, now, options) : undefined
      if (command !== undefined) return { lease, command }
      await log.release(lease, options)
      return undefined
    },
    settle: (id, change, lease, options) =>
      done(
        options,
        SETTLE,
        id,
        lease?.key ?? null,
        lease?.owner ?? null,
        lease?.token ?? null,
        changeParameter(change, clock.now(), false),
      ),
    async finish(id, change, { key, owner, token }, now, options) {
      type Row = { settled: boolean } & MaybeCommandRow
      const parameters = [id, key, owner, token, changeParameter(change, clock.now(), true), now]
      const [row] = await rows<Row>(options, FINISH, (deadline) => [deadline, ...parameters])
      return { settled: row?.settled === true, ...(row !== undefined && row.body !== null && { next: toCommand(row) }) }
    },
    async completeIdempotency(key, response, options) {
      await rows(options, 'select cti.complete($1, $2, $3)', (deadline) => [deadline, key, JSON.stringify(response)])
    },
    async due(now, idleMs, limit, options) {
      return (await rows<{ key: string }>(options, DUE, () => [now, idleMs, limit])).map(({ key }) => key)
    },
    async endedSince(since, limit, options) {
      return (await rows<{ key: string }>(options, ENDED, () => [since, limit])).map(({ key }) => key)
    },
    async backlog(options) {
      const [row] = await rows<{ open: number; oldest: number | null }>(options, BACKLOG, () => [])
      if (row === undefined || row.oldest === null) return { open: 0 }
      return { open: row.open, oldestAcceptedAt: row.oldest }
    },
    async prune(before, options) {
      for (let pruned = 0; ;) {
        const [row] = await rows<{ count: number }>(options, 'select cti.prune($1, $2, $3) as count', (deadline) => [
          deadline,
          before,
          PRUNE_BATCH,
        ])
        const batch = row?.count ?? 0
        pruned += batch
        if (batch < PRUNE_BATCH) return pruned
      }
    },
  }
  return {
    log,
    logouts: createSqlLogoutLog(rows),
    undoer,
    rows,
    async ping(options) {
      await rows(options, 'select 1 as one', () => [])
    },
  }
}
