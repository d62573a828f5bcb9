import type { Redis } from 'ioredis'
import type { Clock } from '../clock.js'
import type { CommandDraft, CommandLog, EngineOptions, Lease, StatusChange, StoredResponse } from '../command-log.js'
import { agentKey, commandClass, isFinal, type Command, type CommandProblem } from '../model/command.js'
import type { Doubtful, Guard } from './deadline.js'
import type { RedisScript } from './redis-scripts.js'

/** Of all our keys. The braces keep them in one slot of a Redis Cluster; see redis-scripts.ts. */
export const PREFIX = 'cti:{cti}'
const PRUNE_BATCH = 500

/** Runs one script: the engine's deadline, then the script's own arguments. */
export type Run = (script: RedisScript, deadline: number, ...args: readonly (string | number)[]) => Promise<unknown>

/** The part of a stored command that changes; short names, because every command carries them (see redis-scripts.ts). */
interface Head {
  readonly s: Command['status']
  readonly q: number
  readonly n: number
  readonly se?: number
  readonly st?: number
  readonly nx?: number
  readonly cb?: 'event' | 'read'
  readonly un?: boolean
  readonly sb?: string
  readonly pe?: boolean
  readonly pr?: string
}

function parseCommand(raw: string): Command {
  const cut = raw.indexOf('\n')
  const head = JSON.parse(raw.slice(0, cut)) as Head
  const body = JSON.parse(raw.slice(cut + 1)) as CommandDraft['command']
  return {
    ...body,
    status: head.s,
    seq: head.q,
    attempts: head.n,
    ...(head.se === undefined ? {} : { sentAt: head.se }),
    ...(head.st === undefined ? {} : { settledAt: head.st }),
    ...(head.nx === undefined ? {} : { nextAttemptAt: head.nx }),
    ...(head.cb === undefined ? {} : { confirmedBy: head.cb }),
    ...(head.un === undefined ? {} : { unchanged: head.un }),
    ...(head.sb === undefined ? {} : { supersededBy: head.sb }),
    ...(head.pe === undefined ? {} : { pending: head.pe }),
    ...(head.pr === undefined ? {} : { problem: JSON.parse(head.pr) as CommandProblem }),
  }
}

function headOf(change: StatusChange, now: number): Partial<Head> {
  const settledAt = change.settledAt ?? (isFinal(change.status) ? now : undefined)
  return {
    s: change.status,
    ...(settledAt === undefined ? {} : { st: settledAt }),
    ...(change.nextAttemptAt === undefined ? {} : { nx: change.nextAttemptAt }),
    ...(change.confirmedBy === undefined ? {} : { cb: change.confirmedBy }),
    ...(change.unchanged === undefined ? {} : { un: change.unchanged }),
    ...(change.pending === undefined ? {} : { pe: change.pending }),
    ...(change.problem === undefined ? {} : { pr: JSON.stringify(change.problem) }),
  }
}

/** One optional text among the arguments: Lua cannot tell a missing one from an empty one. */
const optional = (text: string | undefined): string => (text === undefined ? '' : `=${text}`)

/** Cancels a command whose caller was told that nothing was accepted, and frees its idempotency key. */
export async function undoAppend(run: Run, { id, idempotencyKey }: Doubtful, now: number): Promise<void> {
  const problem = { code: 'STORE_UNAVAILABLE', detail: 'The caller was told that nothing was accepted.' } satisfies CommandProblem
  await run('ctiUndo', Number.MAX_SAFE_INTEGER, id, JSON.stringify(problem), now, optional(idempotencyKey))
}

interface LogParts {
  readonly clock: Clock
  readonly guard: Guard
  readonly run: Run
  readonly redis: Redis
  readonly undo: (doubtful: Doubtful) => void
}

function appendArguments({ command, relations, idempotency }: CommandDraft): readonly (string | number)[] {
  return [
    command.id,
    agentKey(command.platform, command.agentId),
    commandClass(command.action),
    optional(command.action.channel),
    command.acceptedAt,
    JSON.stringify(command),
    JSON.stringify(relations),
    optional(idempotency?.key),
    idempotency?.fingerprint ?? '',
    idempotency?.ttlMs ?? 0,
  ]
}

function appendAnswer(draft: CommandDraft, answer: readonly (string | number)[]): Awaited<ReturnType<CommandLog['append']>> {
  const [kind, first, second, third] = answer
  if (kind === 'refused') return { kind: 'refused', by: String(first) }
  if (kind === 'known') {
    const known = { kind: 'known', commandId: String(first), sameBody: second === '1' } as const
    return third === '' || third === undefined ? known : { ...known, response: JSON.parse(String(third)) as StoredResponse }
  }
  const command: Command = { ...draft.command, status: 'accepted', seq: Number(first), attempts: 0 }
  return { kind: 'accepted', command, superseded: answer.slice(2).map(String) }
}

/** Merges two lists `agent, due time, …` into agents, the longest overdue first. */
function dueAnswer(flat: readonly string[], limit: number): readonly string[] {
  const entries: { key: string; at: number }[] = []
  for (let i = 0; i + 1 < flat.length; i += 2) entries.push({ key: flat[i] ?? '', at: Number(flat[i + 1]) })
  entries.sort((a, b) => a.at - b.at || (a.key < b.key ? -1 : 1))
  return entries.slice(0, limit).map(({ key }) => key)
}

export function createRedisCommandLog({ clock, guard, run, redis, undo: takeBack }: LogParts): CommandLog {
  const call = <T>(
    options: EngineOptions,
    script: RedisScript,
    args: readonly (string | number)[],
    read: (answer: unknown) => T,
  ): Promise<T> => guard.run(options, async (deadline) => read(await run(script, deadline, ...args)))
  const one = (answer: unknown): Command | undefined => (typeof answer === 'string' ? parseCommand(answer) : undefined)
  const many = (answer: unknown): readonly Command[] => (answer as (string | null)[]).filter((raw) => raw !== null).map(parseCommand)
  const yes = (answer: unknown): boolean => answer === 1
  const bound = (before: number | undefined): string => (before === undefined ? '+inf' : `(${before}`)
  const leaseArguments = (lease: Lease | undefined): readonly (string | number)[] =>
    lease === undefined ? ['', '', ''] : [lease.key, lease.owner, lease.token]

  return {
    append(draft, options) {
      const doubtful = {
        id: draft.command.id,
        key: agentKey(draft.command.platform, draft.command.agentId),
        idempotencyKey: draft.idempotency?.key,
      }
      return guard.run(
        options,
        async (deadline) =>
          appendAnswer(draft, (await run('ctiAppend', deadline, ...appendArguments(draft))) as readonly (string | number)[]),
        () => takeBack(doubtful),
      )
    },
    get: (id, options) => guard.run(options, async () => one(await redis.get(`${PREFIX}:c:${id}`))),
    head: (key, options) => call(options, 'ctiEdge', [key, 'first'], one),
    newest: (key, options) => call(options, 'ctiEdge', [key, 'last'], one),
    history: (key, limit, before, options) => call(options, 'ctiPage', [`h:${key}`, limit, bound(before)], many),
    dead: (limit, before, options) => call(options, 'ctiPage', ['dead', limit, bound(before)], many),
    lease: (key, owner, ttlMs, options) =>
      call(options, 'ctiLease', [key, owner, ttlMs], (token) => (typeof token === 'number' ? { key, owner, token } : undefined)),
    renew: (lease, ttlMs, options) => call(options, 'ctiRenew', [lease.key, lease.owner, lease.token, ttlMs], yes),
    release: (lease, options) => call(options, 'ctiRelease', [lease.key, lease.owner, lease.token], () => undefined),
    claimSend: (id, lease, now, options) =>
      call(options, 'ctiClaimSend', [id, ...leaseArguments(lease), now, options.sameAttempt === true ? '1' : ''], one),
    settle: (id, change, lease, options) => {
      const args = [id, JSON.stringify(headOf(change, clock.now())), change.giveAttemptBack === true ? '1' : '', ...leaseArguments(lease)]
      return call(options, 'ctiSettle', args, yes)
    },
    completeIdempotency: (key, response, options) => call(options, 'ctiComplete', [key, JSON.stringify(response)], () => undefined),
    due: (now, idleMs, limit, options) => call(options, 'ctiDue', [now, idleMs, limit], (flat) => dueAnswer(flat as string[], limit)),
    backlog: (options) =>
      call(options, 'ctiBacklog', [], (answer) => {
        const [open, oldest] = answer as [string, string]
        return oldest === '' ? { open: Number(open) } : { open: Number(open), oldestAcceptedAt: Number(oldest) }
      }),
    async prune(before, options) {
      let pruned = 0
      for (;;) {
        const batch = await call(options, 'ctiPrune', [before, PRUNE_BATCH], Number)
        pruned += batch
        if (batch < PRUNE_BATCH) return pruned
      }
    },
  }
}
