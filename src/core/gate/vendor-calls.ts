import type { Ack, Plan, Step } from '../adapter.js'
import type { EngineOptions, Lease } from '../command-log.js'
import { withDeadline, type Life } from '../deadline.js'
import { unknownView, type AgentView } from '../model/agent-state.js'
import type { Command } from '../model/command.js'
import { CtiError, toCtiError } from '../model/error.js'
import { priorityOf } from '../accept/policy.js'
import { createSharedDeadline } from '../shared-deadline.js'
import type { RunnerPlatform, RunnerPorts, RunnerSettings } from '../run/runner-ports.js'
import type { Pass } from './vendor-gate.js'

/** One open command in work. `command` is replaced by the log's own record whenever the log tells a newer one. */
export interface Run {
  readonly key: string
  readonly platform: RunnerPlatform
  readonly lease: Lease
  /** Ends when the command is replaced, the lease lost or the gateway stopping. */
  readonly life: Life
  command: Command
  /** The vendor has been read because of a refusal. */
  lookedAgain?: boolean
  /** Requests of this attempt. */
  requests?: number
}

/** A command that its acceptance has begun: planned, fenced and marked as sent in the same step. */
export interface Begun {
  readonly command: Command
  readonly lease: Lease
  readonly plan: Plan
  readonly pass: Pass
  /** Monotonic: just before the fence was asked. */
  readonly fencedAt: number
  /** Lets the next append of this agent in. */
  readonly open: () => void
}

/** After the fence, an append for the same agent waits this long at most for the request to be on the wire, ms. */
const FENCE_HOLD_MS = 150

/** The two things that are done at a vendor, with their deadlines and behind the vendor's gate. */
export interface VendorCalls {
  /** The vendor's own answer, fresh; presence learns it. Its failures have no effect, whatever they were. */
  read(run: Run, signal?: AbortSignal): Promise<AgentView>
  /**
   * The fence and the send, while nobody can append for this agent: what is superseded is not sent afterwards.
   * Fails: `SendFailure` when the vendor's exchange failed; `CtiError` when nothing was sent.
   */
  fencedSend(run: Run, planned: Step, sameAttempt: boolean): Promise<Ack | 'fenced'>
  /** The send alone, for a step whose fence was the append itself. Fails: `SendFailure`. */
  sendBegun(run: Run, planned: Step, begun: Begun): Promise<Ack | 'fenced'>
}

/** A failure of a step that was, or may have been, sent. */
export class SendFailure extends Error {
  constructor(
    readonly failure: CtiError,
    readonly step: Step,
    /** It may be the answer to another request of the same agent: the vendor does not say whose. */
    readonly perhapsAnothers = false,
  ) {
    super(failure.message)
  }
}

export function createVendorCalls(ports: RunnerPorts, settings: RunnerSettings): VendorCalls {
  const { clock, log } = ports
  const within = (): EngineOptions => ({ deadline: clock.now() + settings.storeTimeoutMs })
  const sends = createSharedDeadline(clock, settings.sendTimeoutMs, () => new CtiError('VENDOR_TIMEOUT'))

  async function exchange(run: Run, planned: Step, pass: Pass, open: () => void): Promise<Ack> {
    run.requests = (run.requests ?? 0) + 1
    const release = clock.after(FENCE_HOLD_MS, open)
    const { id, agentId } = run.command
    const credentials = ports.secretOf(id)
    try {
      // Nothing but the deadline ends it: a request on its way is not torn off, its outcome would be unknown.
      const ack = await sends.run((signal) =>
        run.platform.adapter.send(planned, credentials === undefined ? { signal, agentId } : { signal, agentId, credentials }),
      )
      pass.done()
      return ack
    } catch (error) {
      const failure = toCtiError(error)
      pass.done(failure)
      throw new SendFailure(failure, planned)
    } finally {
      release()
      open()
    }
  }

  /**
   * A process that stood still after the fence (a frozen machine, a long collection of garbage) may have lost its lease meanwhile, and
   * another one may have been at the vendor since. What the fence allowed is then no longer to be trusted: the vendor is read first.
   */
  const tooLate = (fencedAt: number): boolean => clock.monotonic() - fencedAt > settings.leaseMs / 3

  async function claimAndSend(run: Run, planned: Step, sameAttempt: boolean, pass: Pass): Promise<Ack | 'fenced'> {
    const open = await ports.mutex.acquire(run.key, settings.storeTimeoutMs)
    try {
      const fencedAt = clock.monotonic()
      const claimed = await log.claimSend(
        run.command.id,
        run.lease,
        clock.now(),
        sameAttempt ? { deadline: within().deadline, sameAttempt } : within(),
      )
      if (claimed === undefined) return 'fenced'
      run.command = claimed
      ports.onSent(claimed)
      if (tooLate(fencedAt)) return 'fenced'
      return await exchange(run, planned, pass, open)
    } finally {
      open()
    }
  }

  return {
    async read({ platform, command, life }, signal = life.signal) {
      const pass = await platform.gate.enter(priorityOf(command.action), signal)
      try {
        const view = await withDeadline(
          clock,
          settings.readTimeoutMs,
          signal,
          (inner) => platform.adapter.read(command.agentId, { signal: inner }),
          () => new CtiError('VENDOR_TIMEOUT', { detail: 'the read of the state did not come in time', effect: 'none' }),
        )
        pass.done()
        ports.presence.read(command.platform, view)
        return view
      } catch (error) {
        const failure = toCtiError(error)
        pass.done(signal.aborted ? new CtiError('CANCELLED') : failure)
        if (failure.code === 'AGENT_NOT_FOUND' && command.action.kind === 'LOGIN' && platform.adapter.manifest.loginCreatesAgent) {
          return unknownView(command.agentId, clock.now())
        }
        throw failure.effect === 'none' || failure.code === 'INTERNAL' ? failure : asHarmless(failure)
      }
    },
    async fencedSend(run, planned, sameAttempt) {
      const pass = await run.platform.gate.enter(priorityOf(run.command.action), run.life.signal)
      try {
        return await claimAndSend(run, planned, sameAttempt, pass)
      } finally {
        pass.done('unused') // nothing after the exchange has said how it went
      }
    },
    sendBegun(run, planned, { pass, open, fencedAt }) {
      return tooLate(fencedAt) ? Promise.resolve('fenced' as const) : exchange(run, planned, pass, open)
    },
  }
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
