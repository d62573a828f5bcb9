import type { Ack, Adapter, Credentials, Logger, Plan, Step } from './adapter.js'
import type { Clock } from './clock.js'
import type { CommandLog, EngineOptions, Lease, StatusChange } from './command-log.js'
import { confirm, judge, type Evidence } from './confirmer.js'
import { withDeadline } from './deadline.js'
import { failureAction, problemOf } from './failure.js'
import type { KeyMutex } from './key-mutex.js'
import { splitAgentKey, type Command, type ResolvedAction } from './model/command.js'
import { unknownView, type AgentView } from './model/agent-state.js'
import { CtiError, ERROR_CATALOGUE, toCtiError } from './model/error.js'
import { PRIORITY, priorityOf, retryDelayMs, type Bulkhead, type RetrySettings } from './policy.js'
import type { Presence } from './presence.js'
import type { ReasonBook } from './reason-book.js'
import type { WakeUps } from './wake-ups.js'

/** One platform as the runner sees it. */
export interface RunnerPlatform {
  readonly adapter: Adapter
  readonly reasons: ReasonBook
  readonly bulkhead: Bulkhead
}

export interface RunnerSettings {
  /** Unique per process; names the holder of leases. */
  readonly owner: string
  /** One vendor exchange at most, ms. */
  readonly sendTimeoutMs: number
  readonly readTimeoutMs: number
  readonly storeTimeoutMs: number
  readonly leaseMs: number
  /** How long a command may stay pending at the vendor (a call that does not end), ms. */
  readonly pendingMs: number
  readonly retry: RetrySettings
}

export interface RunnerPorts {
  readonly platform: (id: string) => RunnerPlatform | undefined
  readonly log: CommandLog
  readonly wakeUps: WakeUps
  readonly presence: Presence
  readonly clock: Clock
  readonly logger: Logger
  readonly random: () => number
  /** Secrets of commands that this process accepted. */
  readonly secretOf: (commandId: string) => Credentials | undefined
  /** Held by whoever appends for this agent, and by the runner from the fence until its request is out. */
  readonly gate: KeyMutex
  /** Called for every command that reaches a final status here, and once when one becomes pending or retrying. */
  readonly onChange: (command: Command) => void
}

/** Result of one command's run: go on with the next one, or leave the agent for now. */
export type Next = 'next' | 'leave'

/** After the fence, an append for the same agent waits this long at most for the request to be on the wire, ms. */
const FENCE_HOLD_MS = 150

/** The path of one command. See `createAttempt`. */
export interface Attempt {
  /** Runs one open command as far as it goes now. */
  attempt(key: string, command: Command, lease: Lease, signal: AbortSignal): Promise<Next>
  /** Gives an open command its final status with a problem. */
  settleProblem(command: Command, lease: Lease, status: 'rejected' | 'expired' | 'unconfirmed' | 'dead', failure: CtiError): Promise<Next>
  wake(key: string, command: Command, delayMs: number): Promise<void>
}

/**
 * The path of one command: read → plan → fence → send → confirm → settle.
 *
 * Guarantees: nothing is sent unless the log said, in one atomic step, that the command is still open and the lease still
 * ours; after an unknown effect the vendor is read before anything is sent again; every failure ends in a status or in a
 * later wake-up, none in silence. A failing store leaves the command open: the sweeper returns to it.
 */
export function createAttempt(ports: RunnerPorts, settings: RunnerSettings): Attempt {
  const { log, clock, presence } = ports
  const within = (): EngineOptions => ({ deadline: clock.now() + settings.storeTimeoutMs })

  async function attempt(key: string, command: Command, lease: Lease, signal: AbortSignal): Promise<Next> {
    const { platform: id, agentId } = splitAgentKey(key)
    const platform = ports.platform(id)
    if (platform === undefined) return settleProblem(command, lease, 'rejected', new CtiError('PLATFORM_NOT_FOUND'))
    const ambiguous = isAmbiguous(command)
    try {
      if (command.action.hasSecret === true && ports.secretOf(command.id) === undefined) {
        return await withoutSecret(platform, command, lease, signal)
      }
      const action = await resolveAction(platform, command)
      const known = presence.get(id, agentId)
      let fresh = false
      let view: AgentView
      if (known === undefined || known.stale || known.source === 'none' || command.attempts > 0 || ambiguous) {
        view = await readView(platform, command, signal)
        fresh = true
      } else view = known
      let plan = platform.adapter.plan(action, agentId, view)
      if (plan.steps.length === 0 && !fresh) {
        view = await readView(platform, command, signal)
        plan = platform.adapter.plan(action, agentId, view)
      }
      if (plan.steps.length === 0)
        return await settle(command, lease, {
          status: 'confirmed',
          confirmedBy: 'read',
          ...(command.attempts === 0 && { unchanged: true }),
        })
      const pending = waitingAtVendor(plan, command, view)
      if (pending !== undefined) return await awaitPending(platform, command, pending, lease, signal)
      if (ambiguous && plan.steps.some((planned) => planned.resend === 'never')) {
        return await settleProblem(
          command,
          lease,
          'dead',
          new CtiError(command.problem?.code ?? 'VENDOR_TIMEOUT', { ...(command.problem?.fault && { fault: command.problem.fault }) }),
        )
      }
      return await perform(platform, command, plan, lease, signal)
    } catch (error) {
      if (signal.aborted) return 'next'
      const step = error instanceof SendFailure ? error.step : undefined
      return await failed(key, command, lease, error instanceof SendFailure ? error.failure : toCtiError(error), step, platform, signal)
    }
  }

  /** A LOGIN whose password was lost in a restart: it may have succeeded before; it cannot be sent again. */
  async function withoutSecret(platform: RunnerPlatform, command: Command, lease: Lease, signal: AbortSignal): Promise<Next> {
    if (command.attempts > 0) {
      const view = await readView(platform, command, signal)
      const plan = platform.adapter.plan(withoutReason(command), command.agentId, view)
      if (plan.steps.length === 0) return settle(command, lease, { status: 'confirmed', confirmedBy: 'read' })
    } else if (clock.now() - command.acceptedAt < settings.leaseMs) return 'leave' // its own process may still be at it
    return settleProblem(
      command,
      lease,
      'rejected',
      new CtiError('CREDENTIALS_REQUIRED', { detail: 'the credentials were lost in a restart; passwords are never stored' }),
    )
  }

  async function resolveAction(platform: RunnerPlatform, command: Command): Promise<ResolvedAction> {
    const { reason, ...rest } = command.action
    if (reason === undefined || (rest.kind !== 'LOGOUT' && rest.kind !== 'NOT_READY')) return rest
    return { ...rest, reason: await platform.reasons.resolve(reason, rest.kind, command.agentId) }
  }

  async function readView(platform: RunnerPlatform, command: Command, signal: AbortSignal): Promise<AgentView> {
    const leave = await platform.bulkhead.enter(PRIORITY.read, signal)
    try {
      const view = await withDeadline(
        clock,
        settings.readTimeoutMs,
        signal,
        (inner) => platform.adapter.read(command.agentId, { signal: inner }),
        () => new CtiError('VENDOR_TIMEOUT', { detail: 'the read of the state did not come in time', effect: 'none' }),
      )
      presence.read(command.platform, view)
      return view
    } catch (error) {
      const failure = toCtiError(error)
      if (failure.code === 'AGENT_NOT_FOUND' && command.action.kind === 'LOGIN' && platform.adapter.manifest.loginCreatesAgent) {
        return unknownView(command.agentId, clock.now())
      }
      // A read changes nothing, whatever became of it.
      throw failure.effect === 'none' || failure.code === 'INTERNAL' ? failure : asHarmless(failure)
    } finally {
      leave()
    }
  }

  async function perform(platform: RunnerPlatform, command: Command, plan: Plan, lease: Lease, signal: AbortSignal): Promise<Next> {
    let by: 'event' | 'read' = 'read'
    for (const [index, planned] of plan.steps.entries()) {
      const watch = presence.watch(command.platform, command.agentId)
      try {
        const sent = await fencedSend(platform, command, planned, lease, index > 0, signal)
        if (sent === 'fenced') return 'next'
        const evidence = await confirm(
          {
            platform: command.platform,
            agentId: command.agentId,
            adapter: platform.adapter,
            expect: planned.expect,
            ack: sent,
            watch,
            signal,
          },
          presence,
          clock,
          settings.readTimeoutMs,
        )
        const ended = await conclude(platform, command, planned, evidence, lease, signal)
        if (ended !== undefined) return ended
        if (evidence.kind === 'met') by = evidence.by
      } finally {
        watch.close()
      }
    }
    return settle(command, lease, { status: 'confirmed', confirmedBy: by })
  }

  /** The fence and the send, while nobody can append for this agent: what is superseded is not sent afterwards. */
  async function fencedSend(
    platform: RunnerPlatform,
    command: Command,
    planned: Step,
    lease: Lease,
    sameAttempt: boolean,
    signal: AbortSignal,
  ): Promise<Ack | 'fenced'> {
    const leave = await platform.bulkhead.enter(priorityOf(command.action), signal)
    const open = await ports.gate.acquire(`${command.platform}/${command.agentId}`, settings.storeTimeoutMs)
    const cancelHold = clock.after(FENCE_HOLD_MS + settings.storeTimeoutMs, open)
    try {
      const claimed = await log.claimSend(command.id, lease, clock.now(), { ...within(), ...(sameAttempt && { sameAttempt }) })
      if (claimed === undefined) return 'fenced'
      const release = clock.after(FENCE_HOLD_MS, open)
      try {
        const credentials = ports.secretOf(command.id)
        return await withDeadline(
          clock,
          settings.sendTimeoutMs,
          undefined, // a request on its way is not torn off: its outcome would be unknown
          (inner) =>
            platform.adapter.send(planned, { signal: inner, agentId: command.agentId, ...(credentials !== undefined && { credentials }) }),
          () => new CtiError('VENDOR_TIMEOUT'),
        )
      } catch (error) {
        throw new SendFailure(toCtiError(error), planned)
      } finally {
        release()
      }
    } finally {
      cancelHold()
      open()
      leave()
    }
  }

  /** What the evidence of one step means for the command; undefined: go on with the next step. */
  async function conclude(
    platform: RunnerPlatform,
    command: Command,
    planned: Step,
    evidence: Evidence,
    lease: Lease,
    signal: AbortSignal,
  ): Promise<Next | undefined> {
    switch (evidence.kind) {
      case 'met':
        return undefined
      case 'aborted':
        return 'next'
      case 'refused':
        throw new SendFailure(evidence.error, planned)
      case 'silent':
        return settleProblem(
          command,
          lease,
          'unconfirmed',
          new CtiError('UNCONFIRMED', { detail: `no evidence of ${planned.name} within ${planned.expect.withinMs} ms` }),
        )
      case 'pending':
        return awaitPending(platform, command, planned, lease, signal)
    }
  }

  /** The vendor will apply it by itself: wait for that, looking now and then, until a newer command replaces this one. */
  async function awaitPending(platform: RunnerPlatform, command: Command, planned: Step, lease: Lease, signal: AbortSignal): Promise<Next> {
    if (command.pending !== true) {
      if (!(await log.settle(command.id, { status: 'sent', pending: true }, lease, within()))) return 'next'
      ports.onChange({ ...command, status: 'sent', pending: true })
    }
    const until = command.acceptedAt + settings.pendingMs
    const watch = presence.watch(command.platform, command.agentId)
    try {
      while (clock.now() < until && !signal.aborted) {
        const expect = { ...planned.expect, withinMs: Math.min(15_000, until - clock.now()) }
        const evidence = await confirm(
          {
            platform: command.platform,
            agentId: command.agentId,
            adapter: platform.adapter,
            expect: { ...expect, pending: [] },
            ack: {},
            watch,
            signal,
          },
          presence,
          clock,
          settings.readTimeoutMs,
        )
        if (evidence.kind === 'aborted') return 'next'
        if (evidence.kind === 'refused') throw new SendFailure(evidence.error, planned)
        if (evidence.kind === 'met') {
          // Further steps of the plan, if any, follow from the fresh view.
          const rest = platform.adapter.plan(await resolveAction(platform, command), command.agentId, evidence.view)
          if (rest.steps.length === 0) return await settle(command, lease, { status: 'confirmed', confirmedBy: evidence.by })
          return await perform(platform, command, rest, lease, signal)
        }
      }
      if (signal.aborted) return 'next'
      return await settleProblem(
        command,
        lease,
        'unconfirmed',
        new CtiError('UNCONFIRMED', { detail: 'the platform kept it pending too long' }),
      )
    } finally {
      watch.close()
    }
  }

  async function failed(
    key: string,
    command: Command,
    lease: Lease,
    failure: CtiError,
    planned: Step | undefined,
    platform: RunnerPlatform,
    signal: AbortSignal,
  ): Promise<Next> {
    if (failure.code === 'STORE_UNAVAILABLE') throw failure
    if (failure.effect === 'unknown' && planned !== undefined && (await reachedAnyway(platform, command, signal))) {
      return settle(command, lease, { status: 'confirmed', confirmedBy: 'read' })
    }
    const attempts = command.attempts + (planned === undefined ? 0 : 1)
    const decision = failureAction(failure, attempts, planned?.resend, settings.retry.maxAttempts)
    if (decision !== 'retry') return settleProblem(command, lease, decision, failure)
    const nextAttemptAt = Math.min(
      clock.now() + retryDelayMs(settings.retry, attempts + 1, failure.retryAfterMs, ports.random),
      command.expiresAt,
    )
    const change: StatusChange = {
      status: 'retrying',
      nextAttemptAt,
      problem: problemOf(failure),
      ...(failure.retry === 'park' && planned !== undefined && { giveAttemptBack: true }),
    }
    if (await log.settle(command.id, change, lease, within())) {
      ports.onChange({ ...command, ...change })
      await wake(key, command, nextAttemptAt - clock.now())
      return 'leave'
    }
    return 'next'
  }

  /** After an unknown effect: has the vendor done it? A read that fails leaves the question open. */
  async function reachedAnyway(platform: RunnerPlatform, command: Command, signal: AbortSignal): Promise<boolean> {
    try {
      const view = await readView(platform, command, signal)
      return platform.adapter.plan(await resolveAction(platform, command), command.agentId, view).steps.length === 0
    } catch {
      return false
    }
  }

  async function settle(command: Command, lease: Lease, change: Omit<StatusChange, 'settledAt'>): Promise<Next> {
    const full: StatusChange = { ...change, settledAt: clock.now(), pending: false }
    if (await log.settle(command.id, full, lease, within())) ports.onChange({ ...command, ...full })
    return 'next'
  }

  function settleProblem(
    command: Command,
    lease: Lease,
    status: 'rejected' | 'expired' | 'unconfirmed' | 'dead',
    failure: CtiError,
  ): Promise<Next> {
    return settle(command, lease, { status, problem: problemOf(failure) })
  }

  /** A lost wake-up is found by the sweeper; so a failing queue is only worth a warning. */
  async function wake(key: string, command: Command, delayMs: number): Promise<void> {
    try {
      await ports.wakeUps.wake(key, { delayMs: Math.max(0, delayMs), priority: priorityOf(command.action) })
    } catch (error) {
      ports.logger.warn({ agent: key, err: toCtiError(error).message }, 'wake-up not stored; the sweeper will return')
    }
  }

  return { attempt, settleProblem, wake }
}

/** A failure of a step that was (or may have been) sent; tells the failure handler which step it was. */
class SendFailure extends Error {
  constructor(
    readonly failure: CtiError,
    readonly step: Step,
  ) {
    super(failure.message)
  }
}

/** `sent` without a settle is a crash or a lost store; a stored problem with an unknown effect is one too. */
function isAmbiguous(command: Command): boolean {
  if (command.status === 'sent') return true
  return command.problem !== undefined && ERROR_CATALOGUE[command.problem.code].effect === 'unknown'
}

function asHarmless(failure: CtiError): CtiError {
  return new CtiError(failure.code, {
    effect: 'none',
    retry: failure.retry,
    cause: failure,
    ...(failure.detail !== undefined && { detail: failure.detail }),
    ...(failure.fault !== undefined && { fault: failure.fault }),
    ...(failure.retryAfterMs !== undefined && { retryAfterMs: failure.retryAfterMs }),
  })
}

function withoutReason(command: Command): ResolvedAction {
  const { reason: _reason, ...rest } = command.action
  return rest
}

/** The step that the vendor has taken already and will apply later, seen from a fresh view. */
function waitingAtVendor(plan: Plan, command: Command, view: AgentView): Step | undefined {
  const first = plan.steps[0]
  return first !== undefined && command.attempts > 0 && judge(first.expect, view) === 'pending' ? first : undefined
}
