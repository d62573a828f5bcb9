import express, { type Express, type RequestHandler } from 'express'
import { middleware as openApiValidator } from 'express-openapi-validator'
import { createServer as createHttpServer, type Server } from 'node:http'
import { CtiError } from '../core/model/error.js'
import type { HttpParts } from './context.js'
import type { HotRoute } from './hot-route.js'
import { problemHandler } from './problem.js'
import { requestIdFor } from './request-id.js'
import { agentRoutes } from './routes/agents.js'
import { auditRoutes } from './routes/audit.js'
import { commandRoutes } from './routes/commands.js'
import { deadLetterRoutes } from './routes/dead-letters.js'
import { eventRoutes } from './routes/events.js'
import { logoutRoutes } from './routes/logouts.js'
import { overviewRoutes } from './routes/overview.js'
import { queueBoardRoutes } from './routes/queue-board.js'
import { sandboxRoutes } from './routes/sandbox.js'
import { openCtiRoutes } from './routes/opencti.js'
import { consoleRoutes } from './routes/console.js'
import { meRoutes } from './routes/me.js'
import { docsRoutes, healthRoutes, metricsRoutes } from './routes/operations.js'
import { reportRoutes } from './routes/reports.js'
import { securityHeaders } from './security-headers.js'

/** The express application. The order of what happens to a request is the order of this function. */
export function createApp(parts: HttpParts, options: { readonly validateResponses?: boolean } = {}): Express {
  const app = express()
  app.disable('x-powered-by').disable('etag')
  app.use(standingHeaders())
  app.use(healthRoutes(parts))
  app.use(consoleRoutes(parts))
  app.use(authenticate(parts))
  app.use(metricsRoutes(parts))
  app.use(docsRoutes(parts))
  app.use(queueBoardRoutes(parts))
  app.use(onlyJson)
  app.use(express.json({ limit: '16kb', strict: true }))
  app.use(
    openApiValidator({
      apiSpec: parts.openapi.document,
      validateRequests: { allowUnknownQueryParameters: false, removeAdditional: false },
      validateResponses: options.validateResponses === true ? { onError: responseFault } : false,
      validateSecurity: false,
      validateApiSpec: false,
    }),
  )
  app.use(overviewRoutes(parts))
  app.use(sandboxRoutes(parts))
  app.use(meRoutes())
  app.use(whenOpen(parts))
  app.use(agentRoutes(parts))
  app.use(commandRoutes(parts))
  app.use(reportRoutes(parts))
  app.use(logoutRoutes(parts))
  app.use(auditRoutes(parts))
  app.use(deadLetterRoutes(parts))
  app.use(openCtiRoutes(parts))
  app.use(eventRoutes(parts))
  app.use((_request, _response, next) => next(new CtiError('NOT_FOUND')))
  app.use(problemHandler(parts))
  return app
}

/**
 * The HTTP server with limits against slow and oversized clients (performance.md section 9): headers within 5 s, the whole
 * request within 10 s, headers of at most 8 KiB. What the hot route does not take goes to the application.
 */
export function createServer(app: Express, hot?: HotRoute): Server {
  const server = createHttpServer(
    { headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000, maxHeaderSize: 8_192, keepAliveTimeout: 30_000 },
    hot === undefined ? app : (request, response) => hot(request, response, app),
  )
  server.maxConnections = 10_000
  return server
}

function standingHeaders(): RequestHandler {
  const security = securityHeaders()
  return (request, response, next) => {
    response.set(security)
    response.set('X-Request-Id', requestIdFor(request.headers))
    next()
  }
}

function authenticate(parts: HttpParts): RequestHandler {
  return (request, response, next) => {
    response.locals['principal'] = parts.keyring.authenticate(request.headers)
    next()
  }
}

function whenOpen(parts: HttpParts): RequestHandler {
  return (_request, _response, next) => {
    next(
      parts.engine() === undefined
        ? new CtiError('STORE_UNAVAILABLE', { detail: 'the store is being opened', retryAfterMs: 1000 })
        : undefined,
    )
  }
}

/** Bodies are JSON, on every route. */
const onlyJson: RequestHandler = (request, _response, next) => {
  const length = request.get('content-length')
  const hasBody = request.get('transfer-encoding') !== undefined || (length !== undefined && length !== '0')
  const isJson = /^application\/json\s*(;|$)/i.test(request.get('content-type') ?? '')
  next(hasBody && !isJson ? new CtiError('UNSUPPORTED_MEDIA_TYPE') : undefined)
}

function responseFault(error: Error): never {
  throw new CtiError('INTERNAL', { cause: new Error(`the answer does not fit the API description: ${error.message}`) })
}
