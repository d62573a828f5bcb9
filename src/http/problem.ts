import type { ErrorRequestHandler, Request, Response } from 'express'
import type { Logger } from '../core/adapter.js'
import type { Command } from '../core/model/command.js'
import { CtiError, toCtiError, type FieldError } from '../core/model/error.js'
import { presentProblem } from './present.js'

/** Seconds to wait before trying again, where an error has a status that calls for it. */
const DEFAULT_RETRY_AFTER_S = 1

/** The answer to a failure, and nothing else writes one. */
export function sendProblem(request: Request, response: Response, error: CtiError, command?: Command): void {
  if (error.status === 503 || error.status === 429 || error.retryAfterMs !== undefined) {
    response.set('Retry-After', String(Math.max(DEFAULT_RETRY_AFTER_S, Math.ceil((error.retryAfterMs ?? 0) / 1000))))
  }
  if (error.code === 'UNAUTHENTICATED') {
    response.append('WWW-Authenticate', 'Bearer realm="cti-gateway"')
    // Browsers ask for the key on the pages made for people; API clients must not meet a prompt.
    if (request.accepts(['json', 'html']) === 'html')
      response.append('WWW-Authenticate', 'Basic realm="cti-gateway: any name, the API key as password"')
  }
  const body = presentProblem(error, { instance: request.path, requestId: requestIdOf(response), ...(command && { command }) })
  response.status(error.status).type('application/problem+json').send(JSON.stringify(body))
}

export function requestIdOf(response: Response): string {
  return String(response.getHeader('X-Request-Id') ?? '')
}

/** Last in the chain: whatever was thrown becomes a problem document; what nobody foresaw is logged with its request id. */
export function problemHandler(logger: Logger): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => {
    if (response.headersSent) {
      next(thrown)
      return
    }
    const error = translate(thrown)
    if (error.code === 'INTERNAL') {
      const cause = error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : String(error.cause)
      logger.error({ requestId: requestIdOf(response), path: request.path, err: cause }, 'unforeseen failure')
    }
    sendProblem(request, response, error)
  }
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
