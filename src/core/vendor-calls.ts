import type { Ack, Step } from './adapter.js'
import type { EngineOptions, Lease } from './command-log.js'
import { withDeadline } from './deadline.js'
import { unknownView, type AgentView } from './model/agent-state.js'
import type { Command } from './model/command.js'
import { CtiError, toCtiError } from './model/error.js'
import { PRIORITY, priorityOf } from './policy.js'
import type { RunnerPlatform, RunnerPorts, RunnerSettings } from './runner-ports.js'

/** One open command in work. `command` is replaced by the log's own record whenever the log tells a newer one. */
export interface Run {
  readonly key: string
  readonly platform: RunnerPlatform
  readonly lease: Lease
  /** Aborts when the command is replaced, the lease lost or the gateway stopping. */
  readonly signal: AbortSignal
  command: Command
}

/** After the fence, an append for the same agent waits this long at most for the request to be on the wire, ms. */
const FENCE_HOLD_MS = 150

/** The two things that are done at a vendor, with their deadlines and their places in its bulkhead. */
export interface VendorCalls {
  /** The vendor's own answer, fresh; presence learns it. Its failures have no effect, whatever they were. */
  read(run: Run): Promise<AgentView>
  /**
   * The fence and the send, while nobody can append for this agent: what is superseded is not sent afterwards.
   * Fails: `SendFailure` when the vendor's exchange failed; `CtiError` when nothing was sent.
   */
  fencedSend(run: Run, planned: Step, sameAttempt: boolean): Promise<Ack | 'fenced'>
}

/** A failure of a step that was, or may have been, sent. */
export class SendFailure extends Error {
  constructor(
    readonly failure: CtiError,
    readonly step: Step,
  ) {
    super(failure.message)
  }
}

export function createVendorCalls(ports: RunnerPorts, settings: RunnerSettings): VendorCalls {
  const { clock, log } = ports
  const within = (): EngineOptions => ({ deadline: clock.now() + settings.storeTimeoutMs })

  async function claimAndSend(run: Run, planned: Step, sameAttempt: boolean, open: () => void): Promise<Ack | 'fenced'> {
    const claimed = await log.claimSend(run.command.id, run.lease, clock.now(), { ...within(), ...(sameAttempt && { sameAttempt }) })
    if (claimed === undefined) return 'fenced'
    run.command = claimed
    const release = clock.after(FENCE_HOLD_MS, open)
    const credentials = ports.secretOf(claimed.id)
    try {
      return await withDeadline(
        clock,
        settings.sendTimeoutMs,
        undefined, // a request on its way is not torn off: its outcome would be unknown
        (signal) =>
          run.platform.adapter.send(planned, { signal, agentId: claimed.agentId, ...(credentials !== undefined && { credentials }) }),
        () => new CtiError('VENDOR_TIMEOUT'),
      )
    } catch (error) {
      throw new SendFailure(toCtiError(error), planned)
    } finally {
      release()
    }
  }

  return {
    async read({ platform, command, signal }) {
      const leave = await platform.bulkhead.enter(PRIORITY.read, signal)
      try {
        const view = await withDeadline(
          clock,
          settings.readTimeoutMs,
          signal,
          (inner) => platform.adapter.read(command.agentId, { signal: inner }),
          () => new CtiError('VENDOR_TIMEOUT', { detail: 'the read of the state did not come in time', effect: 'none' }),
        )
        ports.presence.read(command.platform, view)
        return view
      } catch (error) {
        const failure = toCtiError(error)
        if (failure.code === 'AGENT_NOT_FOUND' && command.action.kind === 'LOGIN' && platform.adapter.manifest.loginCreatesAgent) {
          return unknownView(command.agentId, clock.now())
        }
        throw failure.effect === 'none' || failure.code === 'INTERNAL' ? failure : asHarmless(failure)
      } finally {
        leave()
      }
    },
    async fencedSend(run, planned, sameAttempt) {
      const leave = await run.platform.bulkhead.enter(priorityOf(run.command.action), run.signal)
      try {
        const open = await ports.gate.acquire(run.key, settings.storeTimeoutMs)
        try {
          return await claimAndSend(run, planned, sameAttempt, open)
        } finally {
          open()
        }
      } finally {
        leave()
      }
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
