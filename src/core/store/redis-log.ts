import type { Clock } from '../clock.js'
import type { CommandLog, EngineOptions, Finished, Lease, OpenPage, OpenQuery, Taken } from '../command-log.js'
import { agentKey, type Command, type CommandProblem } from '../model/command.js'
import { ruledChange, type RuledChange } from './changes.js'
import type { Doubtful, Guard } from './deadline.js'
import type { AgentText } from './redis-agent-text.js'
import { appendStep, claimOf } from './redis-append.js'
import type { Run, RunStep } from './redis-batch.js'
import { packChange } from './redis-change.js'
import { packClaim, sweepClaims } from './redis-claims.js'
import { packId, unpackId, unpackRecord } from './redis-codec.js'
import { createAgentSteps } from './redis-known-texts.js'
import { foreseesFinish } from './redis-prepared.js'
import type { StepScript } from './redis-scripts.js'

/** Of all our keys. The braces keep them in one slot of a Redis Cluster; see redis-script-parts.ts. */
export const PREFIX = 'cti:{cti}'
/** Of at most 32 commands each. */
const PRUNE_CHUNKS = 16
/** Open commands that one call looks at: some milliseconds of Redis. */
const OPEN_LOOKED_AT = 1_000

/** Cancels a command whose caller was told that nothing was accepted, and frees its idempotency key. */
export async function undoAppend(step: RunStep, { id, idempotencyKey }: Doubtful, now: number): Promise<void> {
  const problem = { code: 'STORE_UNAVAILABLE', detail: 'The caller was told that nothing was accepted.' } satisfies CommandProblem
  await step('ctiUndo', Number.MAX_SAFE_INTEGER, [packId(id), JSON.stringify(problem), now, claimOf(idempotencyKey)])
}

interface LogParts {
  readonly clock: Clock
  readonly guard: Guard
  readonly run: Run
  readonly step: RunStep
  readonly undo: (doubtful: Doubtful) => void
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

export function createRedisCommandLog({ clock, guard, run, step, undo: takeBack }: LogParts): CommandLog {
  const steps = createAgentSteps(step)
  const call = <T>(
    options: EngineOptions,
    script: Parameters<Run>[0],
    args: readonly (string | number)[],
    read: (answer: unknown) => T,
  ): Promise<T> => guard.run(options, (deadline) => run(script, deadline, ...args).then(read))
  const ask = <T>(
    options: EngineOptions,
    agent: string,
    script: StepScript,
    args: readonly (string | number)[],
    read: (answer: unknown) => T,
  ): Promise<T> => guard.run(options, (deadline) => steps.run({ agent, script, deadline, args }, read))
  const one = (answer: unknown): Command | undefined => commandsOf(answer)[0]
  const yes = (answer: unknown): boolean => answer === 1

  return {
    append(draft, options) {
      const { id, platform, agentId } = draft.command
      const agent = agentKey(platform, agentId)
      return guard.run(
        options,
        (deadline) => {
          const { args, after, read } = appendStep(draft, agent, options.begin, steps.known(agent))
          return steps.run({ agent, script: 'ctiAppend', deadline, args, after }, read)
        },
        () => takeBack({ id, key: agent, idempotencyKey: draft.idempotency?.key }),
      )
    },
    get: (id, options) => call(options, 'ctiGet', [packId(id)], one),
    head: (key, options) => call(options, 'ctiHead', [key], one),
    newest: (key, options) => call(options, 'ctiHistory', [key, 1, ''], one),
    history: (key, limit, before, options) => call(options, 'ctiHistory', [key, limit, before ?? ''], commandsOf),
    dead: (limit, before, options) => call(options, 'ctiDead', [limit, before === undefined ? '+inf' : `(${before}`], commandsOf),
    open: (query, options) => call(options, 'ctiOpen', openArguments(query), openPage),
    take: (key, owner, ttlMs, options) => ask(options, key, 'ctiTake', [key, owner, ttlMs], (answer) => takenOf(key, owner, answer)),
    renew: ({ key, owner, token }, ttlMs, options) => ask(options, key, 'ctiRenew', [key, owner, token, ttlMs], yes),
    release: ({ key, owner, token }, options) => ask(options, key, 'ctiRelease', [key, owner, token], () => undefined),
    claimSend: (id, { key, owner, token }, now, options) => {
      const args = [packId(id), key, owner, token, now, options.sameAttempt === true ? '1' : '']
      return ask(options, key, 'ctiClaimSend', args, (answer) => {
        if (answer === null) return undefined
        const [epoch, record] = answer as readonly [string, string]
        return unpackRecord(record, key, epoch)
      })
    },
    retake: ({ key, owner, token }, id, ttlMs, now, options) =>
      ask(options, key, 'ctiRetake', [packId(id), key, owner, ttlMs, now, token], (answer) => {
        if (answer === null) return undefined
        const [granted, epoch, record] = answer as readonly [number, string, string]
        return { lease: { key, owner, token: granted }, command: unpackRecord(record, key, epoch) }
      }),
    settle: (id, change, lease, options) => {
      const packed = packChange(ruledChange(change, clock.now(), false))
      if (lease !== undefined) return ask(options, lease.key, 'ctiSettle', [packId(id), packed, lease.key, lease.owner, lease.token], yes)
      return guard.run(options, (deadline) =>
        step('ctiSettle', deadline, [packId(id), packed, '', '', '']).then(({ answer }) => yes(answer)),
      )
    },
    finish: (id, change, lease, now, options) => finish(id, ruledChange(change, clock.now(), true), lease, now, options),
    completeIdempotency: (key, response, options) =>
      guard.run(options, (deadline) => step('ctiComplete', deadline, [packClaim(key), JSON.stringify(response)]).then(() => undefined)),
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

  function finish(id: string, change: RuledChange, lease: Lease, now: number, options: EngineOptions): Promise<Finished> {
    const { key } = lease
    return guard.run(options, (deadline) => {
      const known = steps.known(key)
      const packed = packId(id)
      const foreseen = known && foreseesFinish(known.agent, packed, change, lease)
      const words = [packed, packChange(change), key, lease.owner, lease.token, now]
      const args = foreseen === undefined ? words : [...words, ...foreseen.args]
      const after = (answer: unknown): AgentText | undefined => (typeof answer === 'number' ? foreseen?.after(answer) : undefined)
      return steps.run({ agent: key, script: 'ctiFinish', deadline, args, after }, (answer) =>
        typeof answer === 'number' ? { settled: true } : finishedOf(key, answer),
      )
    })
  }
}
