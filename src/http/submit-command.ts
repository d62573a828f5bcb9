import type { CommandRequest, QueuePlace, SubmitInput, SubmitResult } from '../core/accept/command-request.js'
import { isFinal, type Command } from '../core/model/command.js'
import { CtiError, toCtiError } from '../core/model/error.js'
import type { Answer } from './answer.js'
import { answerOf } from './command-answer.js'
import { headerOf, platformFor, type AgentRequest, type HttpParts } from './context.js'
import { refuseStrangeOptions } from './free-form.js'
import { idempotencyOf } from './idempotency.js'
import { DEFAULT_WAIT_MS, waitOf } from './prefer.js'
import { needAgent, needScope, needWrite } from './principal.js'

/** A valid request → what the core takes. Fails: PLATFORM_NOT_FOUND, FORBIDDEN, INVALID_REQUEST. */
export function submitInput(parts: HttpParts, request: AgentRequest, body: CommandRequest): SubmitInput {
  const { principal, agentId, requestId } = request
  const platform = platformFor(parts, principal, request.platform)
  needWrite(principal)
  needAgent(principal, platform.id, agentId)
  if (body.force === true && body.action === 'LOGOUT') needScope(principal, 'supervisor:logout')
  if (body.options !== undefined) refuseStrangeOptions(body.options)
  const onBehalfOf = headerOf(request.headers, 'x-on-behalf-of')
  const idempotency = idempotencyOf(request, body)
  return {
    platform: platform.id,
    agentId,
    request: body,
    origin: { principal: principal.name, requestId, ...(onBehalfOf !== undefined && { onBehalfOf }) },
    ...(idempotency && { idempotency }),
  }
}

/** What differs between the ways in which callers ask for a state: the gateway's own API, and facades for a CRM. */
export interface Way {
  /** How long a caller without `Prefer` waits, ms. */
  readonly waitMs: number
  /** Before the submission, what needs a look at the platform. Fails: `CtiError`; then nothing was accepted. */
  prepare?(input: SubmitInput): Promise<SubmitInput>
  answer(command: Command, requestId: string, queue: QueuePlace | undefined): Answer | Promise<Answer>
}

const OWN_WAY: Way = { waitMs: DEFAULT_WAIT_MS, answer: answerOf }

/**
 * Submits a command, waits as the caller prefers, and makes the answer. Writes one line to the log, whatever becomes of it.
 * Fails: `CtiError`; then nothing was accepted.
 */
export async function submitCommand(parts: HttpParts, request: AgentRequest, asked: SubmitInput, way: Way = OWN_WAY): Promise<Answer> {
  const begun = parts.clock.monotonic()
  const say = (outcome: { commandId?: string; status: string; code?: string }): void => {
    const { requestId, principal, platform, agentId } = request
    const ms = Math.round((parts.clock.monotonic() - begun) * 10) / 10
    const { commandId, status, code } = outcome
    const { action } = asked.request
    parts.logger.info({ requestId, principal: principal.name, platform, agentId, action, commandId, status, code, ms }, 'command')
  }
  try {
    if (parts.stopping()) throw new CtiError('STOPPING')
    const waitMs = waitOf(headerOf(request.headers, 'prefer'), way.waitMs)
    const input = way.prepare === undefined ? asked : await way.prepare(asked)
    const result = await parts.commands().submit(input, waitMs)
    say(result.kind === 'stored' ? { status: 'repeated' } : { commandId: result.command.id, status: result.command.status })
    return await answered(parts, request, input, result, way)
  } catch (error) {
    say({ status: 'refused', code: toCtiError(error).code })
    throw error
  }
}

async function answered(parts: HttpParts, request: AgentRequest, input: SubmitInput, result: SubmitResult, way: Way): Promise<Answer> {
  if (result.kind === 'stored') return result.response
  const { command, queue, repeated } = result
  const answer = await way.answer(command, repeated === true ? command.origin.requestId : request.requestId, queue)
  if (input.idempotency !== undefined && repeated !== true && !canBeMadeAgain(result)) await keep(parts, input.idempotency.key, answer)
  return answer
}

/** The answer follows from the command as it was accepted, or as it ended: keeping it would only delay it. */
function canBeMadeAgain({ command, queue }: Exclude<SubmitResult, { kind: 'stored' }>): boolean {
  return isFinal(command.status) || (command.origin.async === true && queue === undefined)
}

/** The command stands whether or not its answer could be kept: a repeat then gets the command itself. */
async function keep(parts: HttpParts, key: string, answer: Answer): Promise<void> {
  try {
    await parts.commands().completeIdempotency(key, answer)
  } catch (error) {
    parts.logger.warn({ err: toCtiError(error).message }, 'answer not kept for its idempotency key')
  }
}
