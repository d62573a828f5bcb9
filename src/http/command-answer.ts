import type { QueuePlace } from '../core/accept/command-request.js'
import { isFinal, type Command } from '../core/model/command.js'
import { CtiError, type ErrorCode } from '../core/model/error.js'
import { jsonAnswer, PROBLEM_TYPE, type Answer } from './answer.js'
import { presentCommand, presentProblem, problemError } from './present.js'

/** Statuses that say for themselves why a command ended. */
const CODE_OF_STATUS: Readonly<Partial<Record<Command['status'], ErrorCode>>> = {
  superseded: 'SUPERSEDED',
  cancelled: 'CANCELLED',
  expired: 'EXPIRED',
  unconfirmed: 'UNCONFIRMED',
}

/** Longest advice to wait, s. */
const MAX_RETRY_AFTER_S = 60

/**
 * The answer to whoever asked for the command: 200, 202 or the problem it ended with. That to a confirmed command follows from the
 * command alone, so that it can be made again.
 */
export function answerOf(command: Command, requestId: string, queue?: QueuePlace): Answer {
  const location = `/v1/commands/${command.id}`
  if (command.status === 'confirmed') return jsonAnswer(200, presentCommand(command), { Location: location })
  if (!isFinal(command.status)) {
    return jsonAnswer(202, presentCommand(command, queue), { Location: location, 'Retry-After': String(retryAfterOf(command, queue)) })
  }
  const error = finalError(command)
  return {
    status: error.status,
    headers: { 'Content-Type': PROBLEM_TYPE, Location: location, ...(error.status === 503 && { 'Retry-After': '1' }) },
    body: JSON.stringify(presentProblem(error, { instance: location, requestId, command })),
  }
}

/** When something can have changed: after the next attempt, or when its turn at the vendor comes. */
export function retryAfterOf({ nextAttemptAt, acceptedAt }: Command, queue: QueuePlace | undefined): number {
  const attemptMs = nextAttemptAt === undefined ? 0 : nextAttemptAt - acceptedAt
  return Math.min(Math.max(1, Math.ceil(Math.max(attemptMs, queue?.waitMs ?? 0) / 1000)), MAX_RETRY_AFTER_S)
}

/** Why a command ended otherwise than confirmed. */
export function finalError(command: Command): CtiError {
  const code = CODE_OF_STATUS[command.status]
  if (command.problem === undefined) return new CtiError(code ?? 'INTERNAL')
  const stored = problemError(command.problem)
  if (code === undefined || code === stored.code) return stored
  return new CtiError(code, { ...(stored.detail !== undefined && { detail: stored.detail }), ...(stored.fault && { fault: stored.fault }) })
}
