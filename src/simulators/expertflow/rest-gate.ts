import { randomUUID } from 'node:crypto'
import type { Express, Request, Response } from 'express'
import type { Fault, FaultBook } from '../kit/faults.js'
import type { Journal } from '../kit/journal.js'
import { REST_FAULTS } from './faults.js'
import type { Site } from './site.js'
import { tokenFault } from './tokens.js'

/** What a handler gets: the request, the answer, and what was journaled and drawn for it. */
export interface Call {
  readonly request: Request
  readonly response: Response
  readonly seq: number
  readonly fault: Fault | undefined
}

export interface Route {
  /** Express path. */
  readonly path: string
  readonly method: 'get' | 'post' | 'put' | 'delete'
  /** The journal's and the faults' word; missing: `METHOD /path/{id}`. */
  readonly operation?: string
  /** Needs no token even where tokens are enforced. */
  readonly open?: true
  /** Fault kinds that it can play; missing: those of every REST call. */
  readonly faults?: readonly string[]
  readonly agentIdOf?: (request: Request) => string | undefined
  /** `asked` and `detail` of the journal entry. */
  readonly note?: (request: Request) => { asked?: string; detail?: Record<string, unknown> }
  readonly handle: (call: Call) => void
}

export interface GateTools {
  readonly site: Site
  readonly journal: Journal
  readonly faults: FaultBook
}

const SLOW_MS = 500

/**
 * Registers a route behind the gate: journal first, then the fault, then the token, then the handler. The effect of reads is
 * `read`; of writes it is `none` until the handler amends it.
 */
export function addRoute(app: Express, tools: GateTools, route: Route): void {
  const operation = route.operation ?? `${route.method.toUpperCase()} ${route.path.replace(/:(\w+)/g, '{$1}')}`
  app[route.method](route.path, (request, response) => {
    const agentId = route.agentIdOf?.(request)
    const fault = tools.faults.take(operation, agentId, route.faults ?? REST_FAULTS)
    const blocked = fault !== undefined && !['slow', 'drop-after-effect'].includes(fault.kind)
    const { seq } = tools.journal.add({
      operation,
      effect: route.method === 'get' && !blocked ? 'read' : 'none',
      ...(agentId !== undefined && { agentId }),
      ...(fault !== undefined && { fault: fault.kind }),
      ...route.note?.(request),
    })
    response.set('correlationId', request.get('correlationId') ?? randomUUID())
    const go = () => {
      if (playRestFault(fault, request, response)) return
      const refused = tools.site.options.enforceToken && route.open !== true ? tokenFault(request.get('authorization')) : undefined
      if (refused !== undefined) {
        tools.journal.amend(seq, { effect: 'refused' })
        unauthorized(response, `token is ${refused}`)
        return
      }
      if (fault?.kind === 'drop-after-effect') muteAndDrop(request, response)
      route.handle({ request, response, seq, fault })
    }
    const delayMs = tools.site.options.restDelayMs + (fault?.kind === 'slow' ? (fault.delayMs ?? SLOW_MS) : 0)
    if (delayMs > 0) setTimeout(go, delayMs).unref()
    else go()
  })
}

/** Whether the fault was the whole answer. */
function playRestFault(fault: Fault | undefined, request: Request, response: Response): boolean {
  switch (fault?.kind) {
    case 'hang':
      return true
    case 'drop-before-effect':
      request.socket.destroy()
      return true
    case 'expired-token':
      unauthorized(response, 'token is expired')
      return true
    case 'http-status':
      if (fault.retryAfter !== undefined) response.set('Retry-After', fault.retryAfter)
      response.status(fault.status ?? 500).type(fault.body?.startsWith('{') === false ? 'text/plain' : 'application/json')
      response.send(
        fault.body ?? JSON.stringify({ timestamp: new Date().toISOString(), error: 'error.internal', message: 'Internal error' }),
      )
      return true
    case 'html-body':
      response.status(fault.status ?? 200).type('text/html')
      response.send(fault.body ?? '<!doctype html><html><body><h1>Application gateway</h1></body></html>')
      return true
    default:
      return false
  }
}

/** The 401 of the application gateway; its body is not documented (expertflow.md §9.3). */
function unauthorized(response: Response, message: string): void {
  response.status(401).set('WWW-Authenticate', 'Bearer').json({ error: 'Unauthorized', message })
}

/** The handler runs, but what it answers goes nowhere. */
function muteAndDrop(request: Request, response: Response): void {
  response.end = () => {
    request.socket.destroy()
    return response
  }
}
