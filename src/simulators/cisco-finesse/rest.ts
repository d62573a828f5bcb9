/** The REST side of one node (vendors/cisco.md sections 4.1 to 4.7). */
import express, { type Express, type Request, type Response } from 'express'
import { authenticate } from './auth.js'
import type { Exchange, Reply } from './exchange.js'
import { playOf } from './faults.js'
import { ROUTES } from './routes.js'
import type { NodeName, Site } from './site.js'
import { errorXml, readUser, textOf } from './xml.js'

const ASKED: ReadonlySet<string> = new Set(['LOGIN', 'READY', 'NOT_READY', 'LOGOUT'])

export function createApi(site: Site, node: NodeName): Express {
  const app = express()
  app.disable('x-powered-by')
  app.use(express.text({ type: () => true, limit: '64kb' }))
  for (const route of ROUTES) {
    app[route.method](`/finesse/api${route.path}`, (request, response) => {
      const exchange = arrive(site, node, route.operation, request)
      const run = (): void => answer(exchange, route.open === true, route.run, request, response)
      if (exchange.play.delayAll) site.later(exchange.fault?.delayMs ?? 1000, run)
      else run()
    })
  }
  app.use((_request, response) => send(response, 404, errorXml({ type: 'Not Found', message: 'no such resource', data: '' })))
  return app
}

/** Journal first, faults second. */
function arrive(site: Site, node: NodeName, operation: string, request: Request): Exchange {
  const agentId = request.params['id'] !== undefined && operation.includes('/User/{id}') ? String(request.params['id']) : undefined
  const body = typeof request.body === 'string' ? request.body : ''
  const state = request.method === 'PUT' ? textOf(readUser(body)?.['state']) : ''
  const requestId = request.get('requestId')
  const reasonCodeId = readUser(body)?.['reasonCodeId']
  const entry = site.journal.add({
    operation,
    ...(agentId !== undefined && { agentId }),
    ...(ASKED.has(state) && { asked: state }),
    effect: request.method === 'GET' ? 'read' : 'none',
    detail: { side: node, requestId, by: basicName(request), ...(reasonCodeId !== undefined && { reasonCodeId }) },
  })
  const fault = site.faults.take(operation, agentId)
  if (fault !== undefined) site.journal.amend(entry.seq, { fault: fault.kind, effect: 'none' })
  const params = Object.fromEntries(Object.entries(request.params).map(([name, value]) => [name, String(value)]))
  return { site, node, params, query: request.query, body, requestId, caller: undefined, entry, fault, play: playOf(fault?.kind) }
}

/** The name in a Basic header, for the journal; never the password. */
function basicName(request: Request): string | undefined {
  const [scheme, value = ''] = (request.get('authorization') ?? '').split(' ')
  return scheme === 'Basic' ? Buffer.from(value, 'base64').toString('utf8').split(':')[0] : scheme
}

function answer(exchange: Exchange, open: boolean, run: (exchange: Exchange) => Reply, request: Request, response: Response): void {
  const { site, node, play, requestId } = exchange
  if (requestId !== undefined) response.set('requestId', requestId)
  if (play.reset && play.noEffect) return hardClose(request)
  const reply = play.noEffect ? undefined : checked(exchange, open, run, request, node)
  if (reply !== undefined && reply.effect !== undefined) site.journal.amend(exchange.entry.seq, { effect: reply.effect })
  if (play.noEffect) playWithoutEffect(exchange)
  reply?.before?.()
  respond(exchange, reply, response)
  if (play.reset) hardClose(request)
  reply?.after?.()
}

/** A TCP reset; under TLS, where that is not to be had, an end without a goodbye. */
function hardClose(request: Request): void {
  if ('encrypted' in request.socket) request.socket.destroy()
  else request.socket.resetAndDestroy()
}

function checked(exchange: Exchange, open: boolean, run: (exchange: Exchange) => Reply, request: Request, node: NodeName): Reply {
  const { site } = exchange
  if (!open && site.status[node] !== 'IN_SERVICE') {
    return { status: 503, effect: 'refused', error: { type: 'Service Unavailable', message: 'OUT_OF_SERVICE', data: '' } }
  }
  const caller = authenticate(site, request.get('authorization'))
  if (!open && caller === undefined) return unauthorized()
  return run({ ...exchange, caller })
}

const unauthorized = (): Reply => ({
  status: 401,
  effect: 'refused',
  error: { type: 'Authorization Failure', message: 'UNAUTHORIZED', data: 'The user is not authorized to perform this operation' },
})

/** What a fault sends over XMPP although nothing was changed. */
function playWithoutEffect({ site, play, params, fault, requestId }: Exchange): void {
  if (play.events !== 'error') return
  const [errorData = 22, peripheralErrorCode = 10112] = (fault?.body ?? '').split('/').filter(Boolean).map(Number)
  const error = { errorType: 'Invalid State', errorMessage: 'CF_INVALID_OBJECT_STATE', errorData, peripheralErrorCode }
  site.later(site.options.effectDelayMs, () => site.publishError(params['id'] ?? '', error, requestId))
}

function send(response: Response, status: number, body: string, type = 'application/xml'): void {
  response.status(status).type(type).send(body)
}

function respond({ play, fault }: Exchange, reply: Reply | undefined, response: Response): void {
  if (fault?.retryAfter !== undefined) response.set('Retry-After', fault.retryAfter)
  switch (play.answer) {
    case 'none':
      return
    case 'accept':
      response.status(202).end()
      return
    case 'status':
      send(response, fault?.status ?? 500, fault?.body ?? errorXml({ type: 'Internal Server Error', message: 'fault', data: '' }))
      return
    case 'html':
      send(response, 200, '<html><body><h1>Web filter</h1><p>Please sign in.</body></html>', 'text/html')
      return
    case 'broken-xml':
      send(response, 200, '<User><state>READY</state><loginId>')
      return
    case 'unauthorized':
      send(response, 401, errorXml({ type: 'Authorization Failure', message: 'UNAUTHORIZED', data: '' }))
      return
    case 'unavailable':
      send(response, 503, errorXml({ type: 'Service Unavailable', message: 'OUT_OF_SERVICE', data: '' }))
      return
    case 'too-many':
      send(response, 429, '', 'text/plain')
      return
    default:
      break
  }
  if (reply?.error !== undefined) send(response, reply.status, errorXml(reply.error, play.answer === 'lower-camel'))
  else if (reply?.body !== undefined) send(response, reply.status, reply.body)
  else response.status(reply?.status ?? 500).end()
}
