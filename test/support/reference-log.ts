import type { Clock } from '../../src/core/clock.js'
import type {
  AppendResult,
  CommandDraft,
  CommandLog,
  EngineOptions,
  Finished,
  Lease,
  StatusChange,
  StoredResponse,
  Taken,
} from '../../src/core/command-log.js'
import { agentKey, commandClass, isFinal, type Command, type Relation } from '../../src/core/model/command.js'
import { CtiError } from '../../src/core/model/error.js'
import { effectsOf, mayClaim, maySettle, settleOperation } from '../../src/core/model/life-cycle.js'

interface IdempotencyRecord {
  readonly fingerprint: string
  readonly commandId: string
  readonly expiresAt: number
  response?: StoredResponse
}

interface LeaseRecord {
  readonly owner: string
  readonly token: number
  readonly until: number
}

type Mutable = { -readonly [K in keyof Command]: Command[K] }
type Begin = { readonly owner: string; readonly ttlMs: number } | undefined

/** `|same`, `|agent` or `|channel`: how the older command's scope looks from the newer one, as `relationTable` names it. */
export function scopeName(newerChannel: string | undefined, olderChannel: string | undefined): 'same' | 'agent' | 'channel' {
  if (newerChannel === olderChannel) return 'same'
  return olderChannel === undefined ? 'agent' : 'channel'
}

/**
 * The supersede rule in its plainest form. `open` is ordered by seq. A relation that the table does not name is `waits`:
 * nothing is dropped that nobody asked to drop.
 */
export function supersedePlan(draft: CommandDraft, open: readonly Command[]): { refusedBy?: string; superseded: readonly string[] } {
  const relationTo = (older: Command): Relation =>
    draft.relations[`${commandClass(older.action)}|${scopeName(draft.command.action.channel, older.action.channel)}`] ?? 'waits'
  const refusing = open.filter((older) => relationTo(older) === 'refused').at(-1)
  if (refusing !== undefined) return { refusedBy: refusing.id, superseded: [] }
  const barrier = open.findLastIndex((older) => relationTo(older) === 'waits')
  const superseded = open.slice(barrier + 1).filter((older) => relationTo(older) === 'replaces')
  return { superseded: superseded.map((older) => older.id) }
}

/**
 * The command log in memory, written to be read: the engines are compared with it, and the runner is tested on it.
 * Not durable. Atomic because nothing in it waits. `epoch` answers the present one (see `EngineRegistry`).
 */
export function createReferenceLog(
  clock: Pick<Clock, 'now'>,
  epoch: () => string = () => 'first',
): CommandLog & { all(): readonly Command[] } {
  const commands = new Map<string, Mutable>()
  const lastSeq = new Map<string, number>()
  const leases = new Map<string, LeaseRecord>()
  const tokens = new Map<string, number>()
  const idempotency = new Map<string, IdempotencyRecord>()
  /** The epoch in which each command was accepted. */
  const epochs = new Map<string, string>()

  const keyOf = (command: Pick<Command, 'platform' | 'agentId'>): string => agentKey(command.platform, command.agentId)
  const ofAgent = (key: string): Mutable[] => [...commands.values()].filter((c) => keyOf(c) === key).sort((a, b) => a.seq - b.seq)
  const openOf = (key: string): Mutable[] => ofAgent(key).filter((c) => !isFinal(c.status))
  const seen = (command: Command): Command => {
    const old = !isFinal(command.status) && epochs.get(command.id) !== epoch()
    return { ...structuredClone(command), ...(old && { beforeRollback: true }) }
  }
  const copy = (command: Command | undefined): Command | undefined => (command === undefined ? undefined : seen(command))
  const holds = (lease: Lease): boolean => {
    const held = leases.get(lease.key)
    return held !== undefined && held.owner === lease.owner && held.token === lease.token && held.until > clock.now()
  }
  /** Every step is one turn of the event loop; the deadline is the only way to fail. */
  async function step<T>(options: EngineOptions, run: () => T): Promise<T> {
    await Promise.resolve()
    if (clock.now() > options.deadline) throw new CtiError('STORE_UNAVAILABLE', { detail: 'deadline passed', retryAfterMs: 1000 })
    return run()
  }

  function claimed(draft: CommandDraft): AppendResult | undefined {
    if (draft.idempotency === undefined) return undefined
    const record = idempotency.get(draft.idempotency.key)
    if (record === undefined || record.expiresAt <= clock.now()) return undefined
    const sameBody = record.fingerprint === draft.idempotency.fingerprint
    const known = { kind: 'known', commandId: record.commandId, sameBody } as const
    return record.response === undefined ? known : { ...known, response: record.response }
  }

  function grant(key: string, owner: string, ttlMs: number): Lease {
    const token = (tokens.get(key) ?? 0) + 1
    tokens.set(key, token)
    leases.set(key, { owner, token, until: clock.now() + ttlMs })
    return { key, owner, token }
  }

  function appendNow(draft: CommandDraft, begin: Begin): AppendResult {
    const known = claimed(draft)
    if (known !== undefined) return known
    const key = keyOf(draft.command)
    const plan = supersedePlan(draft, openOf(key))
    if (plan.refusedBy !== undefined) return { kind: 'refused', by: plan.refusedBy }
    for (const id of plan.superseded) {
      const older = commands.get(id)
      if (older === undefined) continue
      Object.assign(older, { status: 'superseded', settledAt: draft.command.acceptedAt, supersededBy: draft.command.id })
      delete older.nextAttemptAt
    }
    const seq = (lastSeq.get(key) ?? 0) + 1
    lastSeq.set(key, seq)
    const command: Mutable = { ...structuredClone(draft.command), status: 'accepted', seq, attempts: 0 }
    commands.set(command.id, command)
    epochs.set(command.id, epoch())
    if (draft.idempotency !== undefined) {
      const { key: name, fingerprint, ttlMs } = draft.idempotency
      idempotency.set(name, { fingerprint, commandId: command.id, expiresAt: clock.now() + ttlMs })
    }
    // Also one that has run out: its holder may have died in the middle.
    const alone = openOf(key).length === 1 && !leases.has(key)
    if (begin === undefined || !alone) return { kind: 'accepted', command: seen(command), superseded: plan.superseded }
    const lease = grant(key, begin.owner, begin.ttlMs)
    claim(command, command.acceptedAt, false)
    return { kind: 'accepted', command: seen(command), superseded: plan.superseded, lease }
  }

  function takeNow(key: string, owner: string, ttlMs: number): Taken {
    const head = openOf(key)[0]
    if (head === undefined) return { kind: 'idle' }
    const held = leases.get(key)
    const foreign = held !== undefined && held.owner !== owner
    if (foreign && held.until > clock.now()) return { kind: 'held', head: seen(head) }
    if (foreign && head.pending !== true) head.crashes = (head.crashes ?? 0) + 1
    return { kind: 'taken', lease: grant(key, owner, ttlMs), head: seen(head) }
  }

  function finishNow(id: string, change: StatusChange, lease: Lease, now: number): Finished {
    if (!holds(lease)) return { settled: false }
    const settled = settleNow(id, change, lease)
    if (settled) delete commands.get(id)?.crashes
    const head = openOf(lease.key)[0]
    if (head !== undefined && (head.nextAttemptAt === undefined || head.nextAttemptAt <= now)) return { settled, next: seen(head) }
    leases.delete(lease.key)
    return { settled }
  }

  function settleNow(id: string, change: StatusChange, lease: Lease | undefined): boolean {
    const command = commands.get(id)
    const operation = settleOperation(change)
    if (command === undefined || operation === undefined || !maySettle(command.status, change)) return false
    if (lease !== undefined && (!holds(lease) || lease.key !== keyOf(command))) return false
    const effects = effectsOf(operation)
    if (effects.pending === 'clear') delete command.pending
    if (effects.nextAttemptAt === 'clear') delete command.nextAttemptAt
    if (effects.crashes === 'zero') delete command.crashes
    if (effects.attempts === 'minus-one') command.attempts = Math.max(0, command.attempts - 1)
    const { giveAttemptBack: _done, settledAt, nextAttemptAt, ...fields } = change
    Object.assign(command, structuredClone(fields))
    if (effects.nextAttemptAt !== 'clear' && nextAttemptAt !== undefined) command.nextAttemptAt = nextAttemptAt
    if (isFinal(command.status)) command.settledAt = settledAt ?? clock.now()
    return true
  }

  function claim(command: Mutable, now: number, sameAttempt: boolean): void {
    Object.assign(command, { status: 'sent', sentAt: now, attempts: command.attempts + (sameAttempt ? 0 : 1) })
    delete command.nextAttemptAt
    delete command.pending
  }

  function claimNow(id: string, lease: Lease, now: number, sameAttempt: boolean): Command | undefined {
    const command = commands.get(id)
    if (command === undefined || !mayClaim(seen(command)) || !holds(lease) || lease.key !== keyOf(command)) return undefined
    claim(command, now, sameAttempt)
    return seen(command)
  }

  function retakeNow(last: Lease, id: string, ttlMs: number, now: number): { lease: Lease; command: Command } | undefined {
    const head = openOf(last.key)[0]
    const untouched = !leases.has(last.key) && tokens.get(last.key) === last.token
    if (head === undefined || head.id !== id || head.status !== 'retrying' || !untouched || !mayClaim(seen(head))) return undefined
    claim(head, now, false)
    return { lease: grant(last.key, last.owner, ttlMs), command: seen(head) }
  }

  function dueNow(now: number, idleMs: number, limit: number): readonly string[] {
    const heads = new Map<string, Command>()
    for (const command of [...commands.values()].filter((c) => !isFinal(c.status)).sort((a, b) => a.seq - b.seq)) {
      if (!heads.has(keyOf(command))) heads.set(keyOf(command), command)
    }
    return [...heads]
      .map(([key, head]) => ({ key, head, at: head.nextAttemptAt ?? (head.sentAt ?? head.acceptedAt) + idleMs }))
      .filter(({ head, at }) => (head.nextAttemptAt === undefined ? at < now : at <= now))
      .sort((a, b) => a.at - b.at || (a.key < b.key ? -1 : 1))
      .slice(0, limit)
      .map(({ key }) => key)
  }

  function pruneNow(before: number): number {
    const old = [...commands.values()].filter((c) => isFinal(c.status) && (c.settledAt ?? 0) < before)
    for (const { id } of old) if (commands.delete(id)) epochs.delete(id)
    for (const [key, record] of idempotency) if (record.expiresAt <= clock.now()) idempotency.delete(key)
    return old.length
  }

  return {
    all: () => [...commands.values()].map(seen),
    append: (draft, options) => step(options, () => appendNow(draft, options.begin)),
    get: (id, options) => step(options, () => copy(commands.get(id))),
    head: (key, options) => step(options, () => copy(openOf(key)[0])),
    newest: (key, options) => step(options, () => copy(ofAgent(key).at(-1))),
    history: (key, limit, before, options) =>
      step(options, () =>
        ofAgent(key)
          .reverse()
          .filter((c) => before === undefined || c.seq < before)
          .slice(0, limit)
          .map(seen),
      ),
    dead: (limit, before, options) =>
      step(options, () =>
        structuredClone(
          [...commands.values()]
            .filter((c) => c.status === 'dead' && (before === undefined || (c.settledAt ?? 0) < before))
            .sort((a, b) => (b.settledAt ?? 0) - (a.settledAt ?? 0) || (a.id < b.id ? 1 : -1))
            .slice(0, limit),
        ),
      ),
    open: ({ limit, after, status }, options) =>
      step(options, () => {
        const behind = [...commands.values()]
          .filter((c) => !isFinal(c.status) && (status === undefined || c.status === status))
          .sort((a, b) => a.acceptedAt - b.acceptedAt || (a.id < b.id ? -1 : 1))
          .filter((c) => after === undefined || c.acceptedAt > after.acceptedAt || (c.acceptedAt === after.acceptedAt && c.id > after.id))
        const page = behind.slice(0, limit).map(seen)
        const last = page.at(-1)
        return behind.length > limit && last !== undefined
          ? { commands: page, next: { acceptedAt: last.acceptedAt, id: last.id } }
          : { commands: page }
      }),
    take: (key, owner, ttlMs, options) => step(options, () => takeNow(key, owner, ttlMs)),
    renew: (lease, ttlMs, options) =>
      step(options, () => {
        if (!holds(lease)) return false
        leases.set(lease.key, { owner: lease.owner, token: lease.token, until: clock.now() + ttlMs })
        return true
      }),
    release: (lease, options) =>
      step(options, () => {
        if (holds(lease)) leases.delete(lease.key)
      }),
    claimSend: (id, lease, now, options) => step(options, () => claimNow(id, lease, now, options.sameAttempt === true)),
    retake: (last, id, ttlMs, now, options) => step(options, () => retakeNow(last, id, ttlMs, now)),
    settle: (id, change, lease, options) => step(options, () => settleNow(id, change, lease)),
    finish: (id, change, lease, now, options) => step(options, () => finishNow(id, change, lease, now)),
    completeIdempotency: (key, response, options) =>
      step(options, () => {
        const record = idempotency.get(key)
        if (record !== undefined) record.response = structuredClone(response)
      }),
    due: (now, idleMs, limit, options) => step(options, () => dueNow(now, idleMs, limit)),
    endedSince: (since, limit, options) =>
      step(options, () => {
        const ended = [...commands.values()].filter((c) => (c.settledAt ?? 0) >= since && isFinal(c.status))
        return [...new Set(ended.map((c) => agentKey(c.platform, c.agentId)))].slice(0, limit)
      }),
    backlog: (options) =>
      step(options, () => {
        const open = [...commands.values()].filter((c) => !isFinal(c.status))
        if (open.length === 0) return { open: 0 }
        return { open: open.length, oldestAcceptedAt: Math.min(...open.map((c) => c.acceptedAt)) }
      }),
    prune: (before, options) => step(options, () => pruneNow(before)),
  }
}

export { createMemoryEngine, type MemoryEngine } from './memory-engine.js'
