import type { Step } from '../adapter.js'
import type { CommandProblem } from '../model/command.js'
import type { CtiError } from '../model/error.js'

/**
 * What a failed attempt means for its command.
 *
 * `retry`: again, later · `rejected`: the answer is no · `dead`: it may not be tried again blindly, or was tried too often;
 * a person decides with the evidence kept.
 * An unknown effect of a step that must not be repeated ends in the dead letters (product rule 4).
 */
export function failureAction(
  failure: CtiError,
  attempts: number,
  resend: Step['resend'] | undefined,
  maxAttempts: number,
): 'retry' | 'rejected' | 'dead' {
  if (failure.effect === 'unknown' && resend === 'never') return 'dead'
  switch (failure.retry) {
    case 'never':
      return failure.code === 'INTERNAL' ? 'dead' : 'rejected'
    case 'park':
      return 'retry'
    case 'later':
      return attempts >= maxAttempts ? 'dead' : 'retry'
  }
}

/** The part of an error that is stored with the command. Vendor faults are redacted by the adapter that made them. */
export function problemOf(failure: CtiError): CommandProblem {
  return {
    code: failure.code,
    ...(failure.detail !== undefined && { detail: failure.detail }),
    ...(failure.fault !== undefined && { fault: failure.fault }),
    ...(failure.validReasons !== undefined && { validReasons: failure.validReasons }),
  }
}
