import type { Plan, Step } from '../adapter.js'
import { judge } from './confirmer.js'
import { problemOf } from './failure.js'
import type { AgentView } from '../model/agent-state.js'
import type { Command, CommandProblem, ResolvedAction } from '../model/command.js'
import { CtiError, ERROR_CATALOGUE, toCtiError, type ErrorCode } from '../model/error.js'
import { SendFailure, type Run } from '../gate/vendor-calls.js'

/** Refusals that may mean no more than that our picture of the agent was wrong: an event came late, twice or not at all. */
export const STATE_CONFLICTS: ReadonlySet<ErrorCode> = new Set([
  'ALREADY_LOGGED_IN',
  'NOT_LOGGED_IN',
  'INVALID_TRANSITION',
  'PARENT_NOT_READY',
])

/**
 * The plan from what a read has shown since a refusal. Where the action cannot be in that state, this is the reason, whatever the vendor called it
 * (Finesse calls a NOT_READY of a logged-out agent an invalid transition): it tells the caller what to do. The vendor's own words stay with it.
 * Fails: `SendFailure`.
 */
export function planAfterRefusal(
  { platform, command }: Run,
  action: ResolvedAction,
  view: AgentView,
  { failure, step }: SendFailure,
): Plan {
  try {
    return platform.adapter.plan(action, command.agentId, view)
  } catch (error) {
    const { code, detail } = toCtiError(error)
    if (!STATE_CONFLICTS.has(code)) throw new SendFailure(failure, step)
    const { fault } = failure
    throw new SendFailure(new CtiError(code, { ...(detail !== undefined && { detail }), ...(fault !== undefined && { fault }) }), step)
  }
}

/** `sent` without a settle is a crash or a lost store; a stored problem with an unknown effect is one too. */
export function isAmbiguous(command: Command): boolean {
  if (command.status === 'sent') return true
  return command.problem !== undefined && ERROR_CATALOGUE[command.problem.code].effect === 'unknown'
}

/** What is stored when nothing was sent this time: the doubt of an earlier attempt stays, or the vendor would not be asked first. */
export function withDoubt(command: Command, failure: CtiError): CommandProblem {
  if (!isAmbiguous(command)) return problemOf(failure)
  return command.status === 'sent' || command.problem === undefined ? { code: 'VENDOR_TIMEOUT' } : command.problem
}

/** What is stored of a refusal that may not have been ours: the vendor's words, and that the effect is not known, so that the vendor is asked first. */
export function inDoubt(refusal: CtiError): CommandProblem {
  return { ...problemOf(refusal), code: 'VENDOR_TIMEOUT' }
}

export function lastFailure({ problem }: Command): CtiError {
  return new CtiError(problem?.code ?? 'VENDOR_TIMEOUT', {
    detail: problem?.detail ?? 'the outcome is not known, and it must not be sent twice',
    ...(problem?.fault && { fault: problem.fault }),
  })
}

export function withoutReason(command: Command): ResolvedAction {
  const { reason: _reason, ...rest } = command.action
  return rest
}

/** The step that the vendor has taken already and will apply later, seen from the view. */
export function waitingAtVendor(plan: Plan, command: Command, view: AgentView): Step | undefined {
  const first = plan.steps[0]
  return first !== undefined && command.attempts > 0 && judge(first.expect, view) === 'pending' ? first : undefined
}
