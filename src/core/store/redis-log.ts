import type { Clock } from '../clock.js'
import type {
  AppendResult,
  CommandDraft,
  CommandLog,
  EngineOptions,
  Finished,
  Lease,
  OpenPage,
  OpenQuery,
  StoredResponse,
  Taken,
} from '../command-log.js'
import { agentKey, commandClass, type Command, type CommandProblem } from '../model/command.js'
import { changed } from '../model/changed.js'
import { ruledChange } from './changes.js'
import type { Doubtful, Guard } from './deadline.js'
import { packClaim, sweepClaims } from './redis-claims.js'
import { packBody, packChange, packChannel, packFingerprint, packId, packRelations, unpackId, unpackRecord } from './redis-codec.js'
import type { Argument } from './redis-script-call.js'
import type { RedisScript } from './redis-scripts.js'

/** Of all our keys. The braces keep them in one slot of a Redis Cluster; see redis-script-parts.ts. */
export const PREFIX = 'cti:{cti}'
/** Of at most 32 commands each. */
const PRUNE_CHUNKS = 16
/** Open commands that one call looks at: some milliseconds of Redis. */
const OPEN_LOOKED_AT = 1_000

/** Runs one script: the engine's deadline, then the script's own arguments. */
export type Run = (script: RedisScript, deadline: number, ...args: readonly Argument[]) => Promise<unknown>

/** One optional text among the arguments: Lua cannot tell a missing one from an empty one. */
const optional = (text: string | undefined): string => (text === undefined ? '' : `=${text}`)

const claimOf = (key: string | undefined): string => (key === undefined ? '' : packClaim(key))

/** Cancels a command whose caller was told that nothing was accepted, and frees its idempotency key. */
export async function undoAppend(run: Run, { id, idempotencyKey }: Doubtful, now: number): Promise<void> {
  const problem = { code: 'STORE_UNAVAILABLE', detail: 'The caller was told that nothing was accepted.' } satisfies CommandProblem
  await run('ctiUndo', Number.MAX_SAFE_INTEGER, packId(id), JSON.stringify(problem), now, claimOf(idempotencyKey))
}

interface LogParts {
  readonly clock: Clock
  readonly guard: Guard
  readonly run: Run
  readonly undo: (doubtful: Doubtful) => void
}

type Begin = { readonly owner: string; readonly ttlMs: number } | undefined

function appendArguments({ command, relations, idempotency }: CommandDraft, begin: Begin): readonly (string | number)[] {
  return [
    packId(command.id),
    agentKey(command.platform, command.agentId),
    commandClass(command.action),
    packChannel(command.action.channel),
    command.acceptedAt,
    packBody(command),
    packRelations(relations),
    claimOf(idempotency?.key),
    idempotency === undefined ? '' : packFingerprint(idempotency.fingerprint),
    idempotency?.ttlMs ?? 0,
    optional(begin?.owner),
    begin?.ttlMs ?? 0,
  ]
}

const NONE: readonly string[] = []

function appendAnswer({ command: given }: CommandDraft, begin: Begin, answer: readonly (string | number)[]): AppendResult {
  const [kind, first, second, third] = answer
  if (kind === 'refused') return { kind: 'refused', by: unpackId(String(first)) }
  if (kind === 'known') {
    const known = { kind: 'known', commandId: unpackId(String(first)), sameBody: second === '1' } as const
    return third === '' || third === undefined ? known : { ...known, response: JSON.parse(String(third)) as StoredResponse }
  }
  const superseded = answer.length > 3 ? answer.slice(3).map((id) => unpackId(String(id))) : NONE
  const [seq, token] = [Number(first), Number(second)]
  if (begin === undefined || token === 0) {
    return { kind: 'accepted', command: changed(given, { status: 'accepted', seq, attempts: 0 } as const), superseded }
  }
  const command = changed(given, { status: 'sent', seq, attempts: 1, sentAt: given.acceptedAt } as const)
  return { kind: 'accepted', command, superseded, lease: { key: agentKey(given.platform, given.agentId), owner: begin.owner, token } }
}

/** Epoch, then agent and record in turn. */
function commandsOf(answer: unknown): readonly Command[] {
  const [epoch = '', ...flat] = answer as readonly string[]
  const commands: Command[] = []
  for (let i = 0; i + 1 < flat.length; i += 2) commands.push(unpackRecord(flat[i + 1] ?? '', flat[i] ?? '', epoch))
  return commands
}

const openArguments = ({ limit, after, status }: OpenQuery): readonly (string | number)[] => [
  limit,
  status ?? '',
  after?.acceptedAt ?? '',
  after === undefined ? '' : packId(after.id),
  OPEN_LOOKED_AT,
]

function openPage(answer: unknown): OpenPage {
  const [at = '', id = '', ...rest] = answer as readonly string[]
  const commands = commandsOf(rest)
  return at === '' ? { commands } : { commands, next: { acceptedAt: Number(at), id: unpackId(id) } }
}

function takenOf(key: string, owner: string, answer: unknown): Taken {
  const [kind, token, epoch = '', record = ''] = answer as readonly [Taken['kind'], number?, string?, string?]
  if (kind === 'idle') return { kind }
  const head = unpackRecord(record, key, epoch)
  return kind === 'held' ? { kind, head } : { kind, lease: { key, owner, token: Number(token) }, head }
}

function finishedOf(key: string, answer: unknown): Finished {
  const [settled, epoch, record] = answer as readonly [number, string?, string?]
  return record === undefined ? { settled: settled === 1 } : { settled: settled === 1, next: unpackRecord(record, key, epoch ?? '') }
}

/** Merges two lists `agent, due time, …` into agents, the longest overdue first. */
function dueAnswer(flat: readonly string[], limit: number): readonly string[] {
  const entries: { key: string; at: number }[] = []
  for (let i = 0; i + 1 < flat.length; i += 2) entries.push({ key: flat[i] ?? '', at: Number(flat[i + 1]) })
  entries.sort((a, b) => a.at - b.at || (a.key < b.key ? -1 : 1))
  return entries.slice(0, limit).map(({ key }) => key)
}

export function createRedisCommandLog({ clock, guard, run, undo: takeBack }: LogParts): CommandLog {
  const call = <T>(
    options: EngineOptions,
    script: RedisScript,
    args: readonly (string | number)[],
    read: (answer: unknown) => T,
  ): Promise<T> => guard.run(options, (deadline) => run(script, deadline, ...args).then(read))
  const one = (answer: unknown): Command | undefined => commandsOf(answer)[0]
  const yes = (answer: unknown): boolean => answer === 1
  const leaseArguments = (lease: Lease | undefined): readonly (string | number)[] =>
    lease === undefined ? ['', '', ''] : [lease.key, lease.owner, lease.token]

  return {
    append(draft, options) {
      const { id, platform, agentId } = draft.command
      const doubtful = { id, key: agentKey(platform, agentId), idempotencyKey: draft.idempotency?.key }
      return guard.run(
        options,
        (deadline) =>
          run('ctiAppend', deadline, ...appendArguments(draft, options.begin)).then((answer) =>
            appendAnswer(draft, options.begin, answer as readonly (string | number)[]),
          ),
        () => takeBack(doubtful),
      )
    },
    get: (id, options) => call(options, 'ctiGet', [packId(id)], one),
    head: (key, options) => call(options, 'ctiHead', [key], one),
    newest: (key, options) => call(options, 'ctiHistory', [key, 1, ''], one),
    history: (key, limit, before, options) => call(options, 'ctiHistory', [key, limit, before ?? ''], commandsOf),
    dead: (limit, before, options) => call(options, 'ctiDead', [limit, before === undefined ? '+inf' : `(${before}`], commandsOf),
    open: (query, options) => call(options, 'ctiOpen', openArguments(query), openPage),
    take: (key, owner, ttlMs, options) => call(options, 'ctiTake', [key, owner, ttlMs], (answer) => takenOf(key, owner, answer)),
    renew: (lease, ttlMs, options) => call(options, 'ctiRenew', [lease.key, lease.owner, lease.token, ttlMs], yes),
    release: (lease, options) => call(options, 'ctiRelease', [lease.key, lease.owner, lease.token], () => undefined),
    claimSend: (id, lease, now, options) => {
      const args = [packId(id), ...leaseArguments(lease), now, options.sameAttempt === true ? '1' : '']
      return call(options, 'ctiClaimSend', args, (answer) => {
        if (answer === null) return undefined
        const [epoch, record] = answer as readonly [string, string]
        return unpackRecord(record, lease.key, epoch)
      })
    },
    retake: ({ key, owner, token }, id, ttlMs, now, options) =>
      call(options, 'ctiRetake', [packId(id), key, owner, ttlMs, now, token], (answer) => {
        if (answer === null) return undefined
        const [granted, epoch, record] = answer as readonly [number, string, string]
        return { lease: { key, owner, token: granted }, command: unpackRecord(record, key, epoch) }
      }),
    settle: (id, change, lease, options) => {
      const packed = packChange(ruledChange(change, clock.now(), false))
      return call(options, 'ctiSettle', [packId(id), packed, ...leaseArguments(lease)], yes)
    },
    finish: (id, change, lease, now, options) => {
      const packed = packChange(ruledChange(change, clock.now(), true))
      const args = [packId(id), packed, lease.key, lease.owner, lease.token, now]
      return call(options, 'ctiFinish', args, (answer) => finishedOf(lease.key, answer))
    },
    completeIdempotency: (key, response, options) =>
      call(options, 'ctiComplete', [packClaim(key), JSON.stringify(response)], () => undefined),
    due: (now, idleMs, limit, options) => call(options, 'ctiDue', [now, idleMs, limit], (flat) => dueAnswer(flat as string[], limit)),
    endedSince: (since, limit, options) => call(options, 'ctiEnded', [Math.floor(since), limit], (keys) => keys as string[]),
    backlog: (options) =>
      call(options, 'ctiBacklog', [], (answer) => {
        const [open, oldest] = answer as [string, string]
        return oldest === '' ? { open: Number(open) } : { open: Number(open), oldestAcceptedAt: Number(oldest) }
      }),
    async prune(before, options) {
      for (let pruned = 0; ;) {
        const [count, chunks] = await call(options, 'ctiPrune', [before, PRUNE_CHUNKS], (answer) => answer as [number, number])
        pruned += count
        if (chunks >= PRUNE_CHUNKS) continue
        await sweepClaims((script, parts) => call(options, script, [parts], () => undefined))
        return pruned
      }
    },
  }
}
