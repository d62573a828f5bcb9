import type { Command, CommandProblem, CommandStatus, Relation } from './model/command.js'
import type { OpenStatus } from './model/life-cycle.js'

/** A command before the log has given it a place. */
export interface CommandDraft {
  readonly command: Omit<Command, 'seq' | 'status' | 'attempts'>
  /** `relationTable(action)`: relation by `<older class>|same`, `|agent` (older is for the whole agent), `|channel` (another channel). */
  readonly relations: Readonly<Record<string, Relation>>
  /** Present when the caller sent an Idempotency-Key. */
  readonly idempotency?: { readonly key: string; readonly fingerprint: string; readonly ttlMs: number }
}

export type AppendResult =
  /** `lease` is there when the append has begun the command (`begin`): it is `sent` then, and the caller must send it now. */
  | { readonly kind: 'accepted'; readonly command: Command; readonly superseded: readonly string[]; readonly lease?: Lease }
  /** An open forced logout refuses the newcomer. Nothing was written. */
  | { readonly kind: 'refused'; readonly by: string }
  /** The idempotency key is known. Nothing was written. `response` is missing while the first request is running. */
  | { readonly kind: 'known'; readonly commandId: string; readonly sameBody: boolean; readonly response?: StoredResponse }

export interface StoredResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Exclusive right to run one agent. `token` grows with every grant and fences off those who lost it. */
export interface Lease {
  readonly key: string
  readonly owner: string
  readonly token: number
}

/**
 * A change of an open command: the operation of the life-cycle table (model/life-cycle.ts) that `settleOperation` names, with
 * its effects. Fields given here win over those effects; absent ones stay as they are where the table says `keep`.
 */
export interface StatusChange {
  readonly status: CommandStatus
  readonly settledAt?: number
  readonly nextAttemptAt?: number
  readonly confirmedBy?: 'event' | 'read'
  readonly unchanged?: boolean
  readonly pending?: boolean
  readonly problem?: CommandProblem
  /** Takes one attempt off the count: the vendor or the link was away, the attempt is not the command's fault. */
  readonly giveAttemptBack?: boolean
}

/** What there is to do for an agent. */
export type Taken =
  /** No open command. No lease was granted. */
  | { readonly kind: 'idle' }
  /** Another owner's lease has not run out. */
  | { readonly kind: 'held'; readonly head: Command }
  | { readonly kind: 'taken'; readonly lease: Lease; readonly head: Command }

export interface Finished {
  /** False when the command could not change so (it was final already, or replaced), or the lease was lost: it was not changed. */
  readonly settled: boolean
  /** The agent's next due command; the lease is kept for it. Missing: the lease was released. */
  readonly next?: Command
}

/** Where a page of open commands ends. */
export interface OpenPlace {
  readonly acceptedAt: number
  readonly id: string
}

export interface OpenQuery {
  readonly limit: number
  /** `next` of the page before. */
  readonly after?: OpenPlace
  /** Missing: all. */
  readonly status?: OpenStatus
}

export interface OpenPage {
  readonly commands: readonly Command[]
  /** There may be more behind it. */
  readonly next?: OpenPlace
}

export interface EngineOptions {
  /**
   * Epoch ms by this process's clock. An operation that the engine gets to later than this must do nothing and reject
   * with STORE_UNAVAILABLE: a caller who was told 503 must never see the effect afterwards (product rule 5, a frozen
   * Redis executes on thaw what was sent to it before).
   */
  readonly deadline: number
}

/**
 * The durable truth about commands. A BullMQ job is only a wake-up; this decides.
 *
 * Every method: one atomic step (one SQL statement or one Lua script); rejects with `CtiError` STORE_UNAVAILABLE at the
 * latest 100 ms after its deadline, whatever the engine does; never hangs.
 */
export interface CommandLog {
  /**
   * Next seq of the agent + supersede + idempotency claim + write, in one step; visible to the next call of anyone.
   *
   * Supersede: of the agent's open commands, let the barrier be the newest one with relation `waits`; those newer than
   * the barrier with relation `replaces` end as `superseded` (settledAt = acceptedAt, supersededBy = the new id), also
   * when they are `sent`. If any open command has relation `refused`, nothing is written.
   *
   * With `begin`: when the new command is then the agent's only open one and nobody has the agent's lease (not even one that
   * has run out: its holder may have died in the middle), the same step grants the lease and does what `claimSend` does at
   * `acceptedAt`. The whole accept of a command on the hot path is this one round trip.
   */
  append(
    draft: CommandDraft,
    options: EngineOptions & { readonly begin?: { readonly owner: string; readonly ttlMs: number } },
  ): Promise<AppendResult>
  get(id: string, options: EngineOptions): Promise<Command | undefined>
  /** The agent's open command with the lowest seq. */
  head(key: string, options: EngineOptions): Promise<Command | undefined>
  /** The agent's newest command of any status. */
  newest(key: string, options: EngineOptions): Promise<Command | undefined>
  /** Newest first; `before` is a seq. */
  history(key: string, limit: number, before: number | undefined, options: EngineOptions): Promise<readonly Command[]>
  /** Dead letters, newest first; `before` is a settledAt. */
  dead(limit: number, before: number | undefined, options: EngineOptions): Promise<readonly Command[]>
  /**
   * Open commands of all agents, the oldest acceptance first. Following `next` to its end shows each one exactly once that was open
   * all the time. A call looks at a bounded number of commands, so that a page may have fewer than `limit`, even none, and yet a `next`.
   */
  open(query: OpenQuery, options: EngineOptions): Promise<OpenPage>

  /**
   * The agent's lease and its head in one step. The same owner gets a new token. A lease older than its ttl is free; when
   * another owner's ran out without a release, its process died or froze in the middle: the head's `crashes` grows by one,
   * unless the head is `pending` (a pending command is held for hours, and only waits).
   */
  take(key: string, owner: string, ttlMs: number, options: EngineOptions): Promise<Taken>
  /** False when the lease was lost. */
  renew(lease: Lease, ttlMs: number, options: EngineOptions): Promise<boolean>
  /** Frees it if it is still held with this token. */
  release(lease: Lease, options: EngineOptions): Promise<void>

  /**
   * The fence, directly before a send: open → `sent`, attempts + 1, sentAt = now, nextAttemptAt and pending cleared.
   * Undefined when the command is no longer open or the lease is lost: then nothing may be sent.
   * With `sameAttempt` (the second step of one plan) attempts stays as it is.
   * Undefined also for a command that is `beforeRollback`: what an old snapshot brought back is never sent.
   */
  claimSend(
    id: string,
    lease: Lease,
    now: number,
    options: EngineOptions & { readonly sameAttempt?: boolean },
  ): Promise<Command | undefined>
  /**
   * For a command that this process put off itself: `take` and `claimSend` in one step, when the agent's head is this command,
   * `retrying`, nobody has the agent's lease, and `last` (the one under which it was put off) is the newest that was granted: so
   * nobody has worked on the agent since. Undefined otherwise, and the command is as it was. An engine may take two steps for it.
   */
  retake(
    last: Lease,
    id: string,
    ttlMs: number,
    now: number,
    options: EngineOptions,
  ): Promise<{ readonly lease: Lease; readonly command: Command } | undefined>
  /**
   * Changes an open command. With a lease, only while it is held. False when the command was final already, when the life-cycle
   * table does not allow it (a command that is `sent` cannot be cancelled) or the lease is lost: every command gets exactly
   * one final status.
   */
  settle(id: string, change: StatusChange, lease: Lease | undefined, options: EngineOptions): Promise<boolean>
  /**
   * Settles a command under the lease and ends or goes on with the agent, in one step: the change as in `settle`, `crashes`
   * back to zero; then, if the agent's head is due at `now` (no nextAttemptAt, or one that is not later), it is answered and
   * the lease kept, else the lease is released. So it is too when the command itself was final already, for example replaced.
   * With a lost lease nothing is changed or released.
   */
  finish(id: string, change: StatusChange, lease: Lease, now: number, options: EngineOptions): Promise<Finished>
  /** Stores the answer of the request that claimed this key. */
  completeIdempotency(key: string, response: StoredResponse, options: EngineOptions): Promise<void>

  /**
   * Keys of agents whose head is due: nextAttemptAt ≤ now, or no nextAttemptAt and last touched (accepted or sent) before
   * `now - idleMs`. Longest overdue first, at most `limit`. The head only: what stands behind one that waits cannot run,
   * and would take the places of agents that can.
   */
  due(now: number, idleMs: number, limit: number, options: EngineOptions): Promise<readonly string[]>
  /** Number of open commands and epoch ms of the oldest one's acceptedAt. */
  /**
   * Agents of whom a command has ended since this instant (epoch ms), at most `limit`. By the engine's clock or by those of the processes:
   * whoever asks leaves room for their difference. Reaches back a minute before the newest `prune` for sure.
   */
  endedSince(since: number, limit: number, options: EngineOptions): Promise<readonly string[]>
  backlog(options: EngineOptions): Promise<{ readonly open: number; readonly oldestAcceptedAt?: number }>
  /** Deletes final commands settled before `before`, and expired idempotency records. Returns how many. */
  prune(before: number, options: EngineOptions): Promise<number>
}
