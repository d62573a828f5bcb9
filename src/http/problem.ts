import type { ErrorRequestHandler, Request, Response } from 'express'
import type { Logger } from '../core/adapter.js'
import { CtiError, toCtiError, type FieldError } from '../core/model/error.js'
import { PROBLEM_TYPE, sendAnswer, type Answer } from './answer.js'
import { noteDenied, type AuditedRequest } from './audit.js'
import { requestIdOf, type HttpParts } from './context.js'
import type { Principal } from './principal.js'
import { isOpenCtiPath, openCtiFailure } from './opencti/answer.js'
import { presentProblem } from './present.js'

/** Seconds to wait before trying again, where an error has a status that calls for it. */
const DEFAULT_RETRY_AFTER_S = 1

/** The request that failed, as far as its answer names it. */
export interface FailedRequest {
  readonly path: string
  readonly requestId: string
}

/** The answer to a failure, and nothing else makes one. */
export function problemAnswer(error: CtiError, { path, requestId }: FailedRequest): Answer {
  const { status, retryAfterMs } = error
  const waits = status === 503 || status === 429 || retryAfterMs !== undefined
  const wait = String(Math.max(DEFAULT_RETRY_AFTER_S, Math.ceil((retryAfterMs ?? 0) / 1000)))
  const headers = { ...(waits && { 'Retry-After': wait }) }
  if (isOpenCtiPath(path)) return openCtiFailure(error, requestId, {}, headers)
  return {
    status,
    headers: { 'Content-Type': PROBLEM_TYPE, ...headers },
    body: JSON.stringify(presentProblem(error, { instance: path, requestId })),
  }
}

/** Whatever was thrown becomes a problem document; what nobody foresaw is logged with its request id, and a lack of authority goes to the audit trail. */
export function failureAnswer(thrown: unknown, request: AuditedRequest, { logger, audit }: Pick<HttpParts, 'logger' | 'audit'>): Answer {
  const error = foreseen(thrown, request, logger)
  noteDenied(audit, request, error)
  return problemAnswer(error, request)
}

function foreseen(thrown: unknown, { path, requestId }: FailedRequest, logger: Logger): CtiError {
  const error = translate(thrown)
  if (error.code === 'INTERNAL') {
    const cause = error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : String(error.cause)
    logger.error({ requestId, path, err: cause }, 'unforeseen failure')
  }
  return error
}

/** Last in the chain of express. */
export function problemHandler({ logger, audit }: Pick<HttpParts, 'logger' | 'audit'>): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => {
    if (response.headersSent) {
      next(thrown)
      return
    }
    const failed = { path: request.path, requestId: requestIdOf(response) }
    const error = foreseen(thrown, failed, logger)
    if (error.code === 'UNAUTHENTICATED') askForKey(request, response)
    const principal = response.locals['principal'] as Principal | undefined
    if (principal !== undefined) noteDenied(audit, { ...failed, principal, method: request.method, headers: request.headers }, error)
    sendAnswer(response, problemAnswer(error, failed))
  }
}

function askForKey(request: Request, response: Response): void {
  response.append('WWW-Authenticate', 'Bearer realm="cti-gateway"')
  // Browsers ask for the key on the pages made for people; API clients must not meet a prompt.
  if (request.accepts(['json', 'html']) === 'html')
    response.append('WWW-Authenticate', 'Basic realm="cti-gateway: any name, the API key as password"')
}

interface HttpFailure {
  readonly status?: number
  readonly type?: string
  readonly message?: string
  readonly errors?: readonly { readonly path?: string; readonly message?: string; readonly errorCode?: string }[]
}

/** Failures of express and of the OpenAPI validator → the catalogue. */
function translate(thrown: unknown): CtiError {
  if (thrown instanceof CtiError) return thrown
  const failure = (thrown ?? {}) as HttpFailure
  switch (failure.status) {
    case 400:
      return new CtiError(
        'INVALID_REQUEST',
        failure.errors === undefined ? { detail: bodyDetail(failure) } : { detail: 'see `errors`', errors: fieldsOf(failure) },
      )
    case 404:
      return new CtiError('NOT_FOUND')
    case 405:
      return new CtiError('METHOD_NOT_ALLOWED')
    case 413:
      return new CtiError('PAYLOAD_TOO_LARGE')
    case 415:
      return new CtiError('UNSUPPORTED_MEDIA_TYPE')
    default:
      return toCtiError(thrown)
  }
}

function bodyDetail(failure: HttpFailure): string {
  if (failure.type === 'entity.parse.failed') return 'the body is not valid JSON'
  if (failure.message?.includes('URI') === true) return 'the address is not validly encoded'
  return 'the request cannot be read'
}

/** `/body/foo` → `/foo`, `/query/type` → `query type`; with what to do about it. */
function fieldsOf(failure: HttpFailure): readonly FieldError[] {
  return (failure.errors ?? []).slice(0, 20).map(({ path = '', message = 'is not valid', errorCode = '' }) => {
    const field = path.startsWith('/body') ? path.slice('/body'.length) || '/' : path.slice(1).replace('/', ' ')
    return { field, message: errorCode.includes('additionalProperties') ? 'this field is not known; leave it out' : message }
  })
}
