import { isDeepStrictEqual } from 'node:util'
import type { Plan, Step } from '../adapter.js'
import { AGAIN, asEnded, type Next, type ProblemStatus, type PutOff } from './attempt-outcome.js'
import type { EngineOptions, Lease, StatusChange } from '../command-log.js'
import { confirm, heard, type Evidence, type Waiting } from './confirmer.js'
import { inDoubt, isAmbiguous, lastFailure, planAfterRefusal, STATE_CONFLICTS, waitingAtVendor, withDoubt, withoutReason } from './doubt.js'
import { failureAction, problemOf } from './failure.js'
import { olderEffectComes, perhapsAnothers } from './late-effects.js'
import type { AgentView } from '../model/agent-state.js'
import { changed } from '../model/changed.js'
import { splitAgentKey, type Command, type CommandProblem, type Reasonless, type ResolvedAction } from '../model/command.js'
import { CtiError, toCtiError } from '../model/error.js'
import { planQuietly } from '../accept/plan-quietly.js'
import { retryDelayMs } from '../accept/policy.js'
import type { RunnerPorts, RunnerSettings } from './runner-ports.js'
import { createWake } from './wake.js'
import { createVendorCalls, SendFailure, type Begun, type Run } from '../gate/vendor-calls.js'
import type { Life } from '../deadline.js'

/** How often a command that is pending at the vendor is looked at, ms. */
const PENDING_LOOK_MS = 15_000
/** How soon a LOGIN is looked at again whose password another process has not handed over yet, ms. */
const SECRET_LOOK_MS = 1_000

/** The path of one command. See `createAttempt`. */
export interface Attempt {
  /** Runs one open command as far as it goes now. `begun`: its acceptance has planned and fenced it already. */
  attempt(key: string, command: Command, lease: Lease, life: Life, begun?: Begun): Promise<Next>
  /** Gives an open command its final status with a problem. */
  settleProblem(command: Command, lease: Lease, status: ProblemStatus, failure: CtiError): Promise<Next>
  /** Puts a command off without an attempt: the vendor is absent, or its queue too long. */
  park(command: Command, lease: Lease, delayMs: number, failure: CtiError): Promise<Next>
  wake(key: string, command: Command, delayMs: number): Promise<void>
}

export interface AttemptParts extends RunnerPorts {
  /** A command was put off, under this lease, until its `nextAttemptAt`. */
  readonly later: (command: Command, lease: Lease) => void
  /** This agent's command waits until the vendor is back. */
  readonly absent: (platform: string, key: string) => void
}

/**
 * The path of one command: read → plan → fence → send → confirm → settle.
 *
 * Guarantees: nothing is sent unless the log said, in one atomic step, that the command is still open and the lease still
 * ours; after an unknown effect the vendor is read before anything is sent again; every failure ends in a status or in a
 * later wake-up, none in silence. A failing store leaves the command open: the sweeper returns to it.
 */
export function createAttempt(ports: AttemptParts, settings: RunnerSettings): Attempt {
  const { log, clock, presence } = ports
  const vendor = createVendorCalls(ports, settings)
  const wake = createWake(ports)
  const within = (): EngineOptions => ({ deadline: clock.now() + settings.storeTimeoutMs })

  async function attempt(key: string, command: Command, lease: Lease, life: Life, begun?: Begun): Promise<Next> {
    const platform = ports.platform(splitAgentKey(key).platform)
    if (platform === undefined) return settleProblem(command, lease, 'rejected', new CtiError('PLATFORM_NOT_FOUND'))
    const run: Run = { key, platform, lease, life, command }
    try {
      if (begun !== undefined) return await perform(run, begun.plan, begun)
      if (command.beforeRollback === true) return await afterRollback(run)
      if (command.action.hasSecret === true && !(await ports.hasSecret(command.id))) return await withoutSecret(run)
      return await towardsTarget(run)
    } catch (error) {
      return await interrupted(run, error)
    }
  }

  async function interrupted(run: Run, error: unknown): Promise<Next> {
    if (run.life.signal.aborted) return AGAIN
    if (!(error instanceof SendFailure)) return failed(run, toCtiError(error), undefined)
    try {
      const next = await secondLook(run, error)
      if (next !== undefined) return next
    } catch (later) {
      if (run.life.signal.aborted) return AGAIN
      if (later instanceof SendFailure) return refused(run, later)
      return failed(run, toCtiError(later), undefined, error.failure)
    }
    return refused(run, error)
  }

  async function refused(run: Run, error: SendFailure): Promise<Next> {
    const doubtful = await perhapsAnothers(run, error, ports, within)
    return doubtful ? failed(run, new CtiError('VENDOR_TIMEOUT'), undefined, error.failure) : failed(run, error.failure, error.step)
  }

  /** A refusal because of the agent's state: the vendor is read before it is believed, once, and asked anew if the plan was wrong. */
  async function secondLook(run: Run, refused: SendFailure): Promise<Next | undefined> {
    if (run.lookedAgain === true || !STATE_CONFLICTS.has(refused.failure.code)) return undefined
    run.lookedAgain = true
    const plan = planAfterRefusal(run, await resolveAction(run), await vendor.read(run), refused)
    const first = plan.steps[0]
    if (first === undefined) return finish(run, { status: 'confirmed', confirmedBy: 'read' })
    return isDeepStrictEqual(first.request, refused.step.request) ? undefined : perform(run, plan)
  }

  async function towardsTarget(run: Run): Promise<Next> {
    const { command, platform } = run
    const ambiguous = isAmbiguous(command)
    const action = await resolveAction(run)
    const known = presence.get(command.platform, command.agentId)
    const trusted = known !== undefined && !known.stale && known.source !== 'none' && command.pending !== true && !ambiguous
    let view = known
    let plan = trusted ? planQuietly(platform.adapter, action, command.agentId, known) : undefined
    if (view === undefined || plan === undefined || plan.steps.length === 0) {
      // Evidence, not memory: nothing is confirmed or refused because of what was heard some time ago.
      view = await vendor.read(run)
      plan = platform.adapter.plan(action, command.agentId, view)
    }
    if (plan.steps.length === 0 && (await olderEffectComes(run, action, ports, waiting(run), within))) {
      view = await vendor.read(run)
      plan = platform.adapter.plan(action, command.agentId, view)
    }
    if (plan.steps.length === 0) {
      return finish(run, { status: 'confirmed', confirmedBy: 'read', ...(command.attempts === 0 && { unchanged: true }) })
    }
    const pending = waitingAtVendor(plan, command, view)
    if (pending !== undefined) return awaitPending(run, pending)
    if (ambiguous && plan.steps.some((planned) => planned.resend === 'never')) {
      return settleProblem(command, run.lease, 'dead', lastFailure(command))
    }
    return perform(run, plan)
  }

  /** A LOGIN whose password was lost in a restart: it may have succeeded before; it cannot be sent again. */
  async function withoutSecret(run: Run): Promise<Next> {
    const { command, lease } = run
    if (command.attempts > 0) {
      if (await atTarget(run, withoutReason(command))) return finish(run, { status: 'confirmed', confirmedBy: 'read' })
    } else if (clock.now() - command.acceptedAt < settings.leaseMs) {
      await wake(run.key, command, SECRET_LOOK_MS) // its own process may still be at it
      return { kind: 'leave' }
    }
    return settleProblem(
      command,
      lease,
      'rejected',
      new CtiError('CREDENTIALS_REQUIRED', { detail: 'the credentials were lost in a restart; passwords are never stored' }),
    )
  }

  /** An old snapshot brought it back: what came after it is not known, so the vendor is asked and nothing is sent. */
  async function afterRollback(run: Run): Promise<Next> {
    if (await atTarget(run, await resolveAction(run))) return finish(run, { status: 'confirmed', confirmedBy: 'read' })
    return settleProblem(run.command, run.lease, 'dead', new CtiError('ENGINE_ROLLED_BACK'))
  }

  async function atTarget(run: Run, action: ResolvedAction): Promise<boolean> {
    return run.platform.adapter.plan(action, run.command.agentId, await vendor.read(run)).steps.length === 0
  }

  async function resolveAction({ platform, command }: Run): Promise<ResolvedAction> {
    const { reason } = command.action
    if (reason === undefined) return command.action as Reasonless
    const { reason: _named, ...rest } = command.action
    if (rest.kind !== 'LOGOUT' && rest.kind !== 'NOT_READY') return rest
    return changed(rest, { reason: await platform.reasons.resolve(reason, rest.kind, command.agentId) })
  }

  async function perform(run: Run, plan: Plan, begun?: Begun): Promise<Next> {
    let by: 'event' | 'read' = 'read'
    for (const [index, planned] of plan.steps.entries()) {
      const watch = presence.watch(run.command.platform, run.command.agentId)
      try {
        const ack =
          begun !== undefined && index === 0
            ? await vendor.sendBegun(run, planned, begun)
            : await vendor.fencedSend(run, planned, index > 0)
        if (ack === 'fenced') return AGAIN
        const sent = { expect: planned.expect, ack, watch }
        const evidence = heard(sent) ?? (await confirm(changed(waiting(run), sent), clock))
        if (evidence.kind !== 'met') return await conclude(run, planned, evidence)
        by = evidence.by
      } finally {
        watch.close()
      }
    }
    return finish(run, { status: 'confirmed', confirmedBy: by })
  }

  /** What it means for the command that there is no evidence of one step. */
  async function conclude(run: Run, planned: Step, evidence: Exclude<Evidence, { kind: 'met' }>): Promise<Next> {
    switch (evidence.kind) {
      case 'aborted':
        return AGAIN
      case 'refused':
        throw new SendFailure(evidence.error, planned, !evidence.certain)
      case 'silent': {
        const detail = `no evidence of ${planned.name} within ${planned.expect.withinMs} ms`
        return settleProblem(run.command, run.lease, 'unconfirmed', new CtiError('UNCONFIRMED', { detail }))
      }
      case 'pending':
        return awaitPending(run, planned)
    }
  }

  /** The vendor will apply it by itself: wait for that, looking now and then, until a newer command replaces this one. */
  async function awaitPending(run: Run, planned: Step): Promise<Next> {
    if (run.command.pending !== true) {
      if (!(await log.settle(run.command.id, { status: 'sent', pending: true }, run.lease, within()))) return AGAIN
      run.command = { ...run.command, status: 'sent', pending: true }
      ports.onChange(run.command)
    }
    const until = run.command.acceptedAt + settings.pendingMs
    const watch = presence.watch(run.command.platform, run.command.agentId)
    try {
      while (clock.now() < until && !run.life.signal.aborted) {
        const expect = { ...planned.expect, pending: [], withinMs: Math.min(PENDING_LOOK_MS, until - clock.now()) }
        const evidence = await confirm({ expect, ack: {}, watch, ...waiting(run) }, clock)
        if (evidence.kind === 'aborted') return AGAIN
        if (evidence.kind === 'refused') throw new SendFailure(evidence.error, planned, !evidence.certain)
        if (evidence.kind === 'met') return await afterPending(run, evidence.view, evidence.by)
      }
      if (run.life.signal.aborted) return AGAIN
      const failure = new CtiError('UNCONFIRMED', { detail: 'the platform kept it pending too long' })
      return await settleProblem(run.command, run.lease, 'unconfirmed', failure)
    } finally {
      watch.close()
    }
  }

  /** Further steps, if any, follow from the view in which the pending one has become true. */
  async function afterPending(run: Run, view: AgentView, by: 'event' | 'read'): Promise<Next> {
    const rest = run.platform.adapter.plan(await resolveAction(run), run.command.agentId, view)
    return rest.steps.length === 0 ? finish(run, { status: 'confirmed', confirmedBy: by }) : perform(run, rest)
  }

  function waiting(run: Run): Waiting {
    return {
      confirms: run.platform.adapter.manifest.confirms,
      life: run.life,
      read: (signal) => vendor.read(run, signal),
      readTimeoutMs: settings.readTimeoutMs,
    }
  }

  /** `unproven`: a refusal that could not be looked into. It may be the answer to an older request, so that nothing is sent again unread. */
  async function failed(run: Run, failure: CtiError, planned: Step | undefined, unproven?: CtiError): Promise<Next> {
    if (failure.code === 'STORE_UNAVAILABLE') throw failure
    const { command, lease } = run
    if (failure.code === 'CIRCUIT_OPEN') return park(command, lease, failure.retryAfterMs ?? 0, failure)
    if (failure.effect === 'unknown' && planned !== undefined && (await reachedAnyway(run))) {
      return finish(run, { status: 'confirmed', confirmedBy: 'read' })
    }
    const decision = failureAction(failure, command.attempts, planned?.resend, settings.retry.maxAttempts)
    if (decision !== 'retry') return unproven ? failed(run, unproven, undefined) : settleProblem(command, lease, decision, failure)
    const delay = retryDelayMs(settings.retry, command.attempts + 1, failure.retryAfterMs, ports.random)
    const notItsFault = planned !== undefined && (failure.retry === 'park' || failure.fault?.httpStatus === 429)
    const problem = unproven ? inDoubt(unproven) : planned === undefined ? withDoubt(command, failure) : problemOf(failure)
    return putOff(command, lease, delay, problem, { giveAttemptBack: notItsFault, timed: true })
  }

  async function park(command: Command, lease: Lease, delayMs: number, failure: CtiError): Promise<Next> {
    if (failure.code === 'CIRCUIT_OPEN') ports.absent(command.platform, lease.key)
    return putOff(command, lease, delayMs, withDoubt(command, failure), { giveAttemptBack: false, timed: false })
  }

  async function putOff(command: Command, lease: Lease, delayMs: number, problem: CommandProblem, how: PutOff): Promise<Next> {
    const now = clock.now()
    const nextAttemptAt = Math.min(now + delayMs, command.expiresAt)
    const change: StatusChange = { status: 'retrying', nextAttemptAt, problem, ...(how.giveAttemptBack && { giveAttemptBack: true }) }
    const { settled, next } = await log.finish(command.id, change, lease, now, within())
    const waiting = changed(command, { status: 'retrying', nextAttemptAt, problem } as const)
    if (settled) ports.onChange(waiting)
    if (settled && how.timed) ports.later(waiting, lease)
    if (next !== undefined) return { kind: 'next', command: next }
    return settled ? { kind: 'released' } : AGAIN
  }

  /** After an unknown effect: has the vendor done it? A read that fails leaves the question open. */
  async function reachedAnyway(run: Run): Promise<boolean> {
    try {
      return await atTarget(run, await resolveAction(run))
    } catch {
      return false
    }
  }

  function finish(run: Run, change: StatusChange): Promise<Next> {
    return finishWith(run.command, run.lease, change)
  }

  async function finishWith(command: Command, lease: Lease, change: StatusChange): Promise<Next> {
    const now = clock.now()
    const { settled, next } = await log.finish(command.id, changed(change, { settledAt: now, pending: false }), lease, now, within())
    if (settled) ports.onChange(asEnded(command, change, now))
    if (next !== undefined) return { kind: 'next', command: next }
    return settled ? { kind: 'released' } : AGAIN
  }

  function settleProblem(command: Command, lease: Lease, status: ProblemStatus, failure: CtiError): Promise<Next> {
    return finishWith(command, lease, { status, problem: problemOf(failure) })
  }

  return { attempt, settleProblem, park, wake }
}
