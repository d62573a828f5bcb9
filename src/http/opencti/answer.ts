import type { QueuePlace } from '../../core/accept/command-request.js'
import type { AgentView } from '../../core/model/agent-state.js'
import { isFinal, type Command } from '../../core/model/command.js'
import { CtiError, ERROR_CATALOGUE } from '../../core/model/error.js'
import { OPENCTI_CODE_OF } from '../../core/model/opencti-code.js'
import type { components } from '../../generated/gateway.js'
import { jsonAnswer, type Answer } from '../answer.js'
import { finalError, retryAfterOf } from '../command-answer.js'
import { pegaViewOf, type ReasonForm } from './pega-state.js'

type Flat = components['schemas']['OpenCtiAnswer']

/** Longest text for an agent's desktop; longer ones are cut. */
const MAX_MESSAGE = 500

/** Everything below /opencti is answered flat, also what never reaches a route. */
export function isOpenCtiPath(path: string): boolean {
  return /^\/opencti(\/|$)/i.test(path)
}

/** What an answer says of the agent besides the outcome. */
export interface About {
  readonly agentId?: string
  readonly view?: AgentView | undefined
  readonly reasonAs?: ReasonForm
  readonly commandId?: string
}

export interface Outcome extends About {
  readonly requestId: string
  readonly command: Command
  readonly queue?: QueuePlace | undefined
  /** What the agent is told besides. */
  readonly note?: string | undefined
  /** `refuse`: what was true already is a failure. */
  readonly sameState: 'accept' | 'refuse'
}

/** The answer to an activity, by what became of its command. */
export function openCtiAnswer(outcome: Outcome): Answer {
  const { command, requestId, queue } = outcome
  const headers = { Location: `/v1/commands/${command.id}` }
  const failure = failureOf(outcome)
  if (failure !== undefined) return openCtiFailure(failure, requestId, outcome, headers)
  const applied = command.status === 'confirmed'
  const body = flat(outcome, requestId, {
    accepted: true,
    applied,
    unchanged: command.unchanged === true,
    pending: !applied,
    info: [applied ? '' : infoOf(command, queue), outcome.note ?? ''].filter((text) => text !== '').join(' '),
    gatewayCode: applied ? '' : (command.problem?.code ?? ''),
  })
  return applied
    ? jsonAnswer(200, body, headers)
    : jsonAnswer(202, body, { ...headers, 'Retry-After': String(retryAfterOf(command, queue)) })
}

/** A failure in the same schema as a success, so that one mapping serves both. `errCode` and `errMessage` are for Pega, the rest for the log. */
export function openCtiFailure(error: CtiError, requestId: string, about: About, headers: Readonly<Record<string, string>>): Answer {
  const body = flat(about, requestId, {
    accepted: about.commandId !== undefined,
    applied: false,
    unchanged: false,
    pending: false,
    info: '',
    errCode: OPENCTI_CODE_OF[error.code],
    errMessage: messageOf(error),
    gatewayCode: error.code,
  })
  return jsonAnswer(error.status, body, headers)
}

/**
 * Success for the gateway that is none for Pega: who is not logged in cannot be logged out (section 3), and on request what is true already.
 * Nothing was sent in either case.
 */
function failureOf({ command, sameState }: Outcome): CtiError | undefined {
  if (command.status !== 'confirmed') return isFinal(command.status) ? finalError(command) : undefined
  if (command.unchanged !== true) return undefined
  if (command.action.kind === 'LOGOUT') return new CtiError('NOT_LOGGED_IN')
  return sameState === 'refuse' ? new CtiError('SAME_STATE') : undefined
}

/** Every text is there, if empty: Pega's mapping then clears what an earlier answer left on the page. */
function flat(about: About, requestId: string, outcome: Partial<Flat>): Flat {
  const { agentId, view, commandId, reasonAs = 'id' } = about
  const pega = view === undefined ? undefined : pegaViewOf(view, reasonAs)
  return {
    ...(agentId !== undefined && { agentId }),
    ...(commandId !== undefined && { commandId }),
    ...(view !== undefined && { state: view.state, vendorState: view.vendorState ?? '' }),
    ...(pega !== undefined && { pyAgentState: pega.state, reasonCode: pega.reasonCode, workMode: pega.workMode }),
    errCode: '',
    errMessage: '',
    ...outcome,
    correlationId: requestId,
  }
}

function infoOf({ pending, problem, expiresAt }: Command, queue: QueuePlace | undefined): string {
  if (pending === true) return 'The platform will do it by itself, for example when the present contact has ended.'
  const until = new Date(expiresAt).toISOString()
  if (problem !== undefined) return `${ERROR_CATALOGUE[problem.code].title}. The gateway goes on trying until ${until}.`
  if (queue !== undefined) return `The platform takes only so many requests a second; ${queue.position} go first.`
  return `It is under way; the gateway goes on until ${until}.`
}

/** What happened, in one text for people: title, detail, fields, what would be valid, the platform's own code. */
export function messageOf({ code, title, detail, errors, validReasons, fault }: CtiError): string {
  const fields = errors?.map(({ field, message }) => `${field} ${message}`).join('; ')
  const parts = [
    code === 'INTERNAL' || detail === undefined || detail === 'see `errors`' ? title : `${title}: ${detail}`,
    ...(fields === undefined || errors?.some(({ message }) => message === detail) === true ? [] : [fields]),
    ...(validReasons === undefined || validReasons.length === 0 ? [] : [`Valid: ${validReasons.join(', ')}`]),
    ...(fault === undefined || detail?.includes(fault.code) === true
      ? []
      : [`(${[fault.system, fault.code, fault.name].filter((text) => text !== undefined).join(' ')})`]),
  ]
  const text = parts.join('. ')
  return text.length <= MAX_MESSAGE ? text : `${text.slice(0, MAX_MESSAGE - 1)}…`
}
