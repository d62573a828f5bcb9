/** The one HTTP port of the simulated tenant: reads a request, journals it, plays faults, answers. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { Fault } from '../kit/faults.js'
import { publish } from './agent-rules.js'
import { FAULTS, playOf, retryAfterText, type FaultPlay } from './faults.js'
import { matchRoute, type Match, type Route } from './routes.js'
import type { Site } from './site.js'
import { failure, readInput, type Call, type Reply } from './wire.js'

const BODY_LIMIT = 1_000_000
const REPORT_KINDS = ['report-error', 'report-empty']
const EFFECT_KINDS = ['accept-then-nothing', 'agent-error', 'delayed-effect']

export interface VendorServer {
  readonly url: string
  stop(): Promise<void>
}

export async function startServer(site: Site, routes: readonly Route[], host: string, port: number): Promise<VendorServer> {
  const server = createServer((request, response) => {
    serve(site, routes, request, response).catch((error: unknown) => {
      if (!response.headersSent) send(site, response, failure(500, String(error)), true)
    })
  })
  // Clients keep connections for a minute or more; a shorter life here would race with their next request.
  server.keepAliveTimeout = 75_000
  server.on('connection', (socket) => {
    socket.on('error', () => undefined)
    if (site.outage === 'reset') socket.resetAndDestroy()
  })
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  site.cutConnections = () => sockets.forEach((socket) => socket.resetAndDestroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return { url: `http://${host}:${(server.address() as AddressInfo).port}`, stop: () => close(server) }
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

/** The body as text; undefined when it is too large or was cut off. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size <= BODY_LIMIT) chunks.push(chunk)
    }
  } catch {
    return undefined
  }
  return size > BODY_LIMIT ? undefined : Buffer.concat(chunks).toString('utf8')
}

async function serve(site: Site, routes: readonly Route[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://simulator')
  const body = await readBody(request)
  if (body === undefined) {
    request.socket.destroy()
    return
  }
  const match = matchRoute(routes, request.method ?? 'GET', url.pathname)
  const call = journaled(site, match, request, response, url, body)
  if (site.outage === 'reset') {
    site.journal.amend(call.seq, { effect: 'none', fault: 'down' })
    request.socket.resetAndDestroy()
    return
  }
  const fault = takeFault(site, match?.route, call)
  const play = playOf(fault?.kind)
  if (fault !== undefined)
    site.journal.amend(call.seq, { fault: fault.kind, ...(play.handled !== true && play.slow !== true && { effect: 'none' }) })
  if (play.slow === true) await new Promise<void>((resolve) => site.later(fault?.delayMs ?? 1000, resolve))
  const acd = match?.route.base === 'acd'
  const instead = play.handled === true ? undefined : faultAnswer(site, call, fault, play)
  if (instead !== undefined || (play.connection !== undefined && play.handled !== true)) {
    finish(site, response, instead, play, acd)
    return
  }
  const reply = await handle(site, match?.route, call)
  if (reply === undefined) return
  carryOut(site, call, reply, fault, play)
  finish(site, response, play.handled === true ? (faultAnswer(site, call, fault, play) ?? reply) : reply, play, acd)
}

/** Written before anything else happens to the request. Secrets never get here: bodies of root routes are left out. */
function journaled(site: Site, match: Match | undefined, request: IncomingMessage, response: ServerResponse, url: URL, body: string): Call {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const bearer = /^bearer\s+(.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const input = readInput(url.searchParams, body)
  const detail: Record<string, unknown> = {
    path: url.pathname,
    host: request.headers.host ?? '',
    ...(match?.version !== undefined && { version: match.version }),
    ...(match?.route.base === 'acd' && {
      input,
      inputIn: body.trim() === '' ? 'query' : url.search === '' ? 'body' : 'both',
      contentType: request.headers['content-type'] ?? '',
    }),
  }
  const call: Call = {
    operation: match?.route.operation ?? `${request.method} ${url.pathname}`,
    path: match?.path ?? {},
    input,
    query: url.searchParams,
    headers: request.headers,
    rawPath: url.pathname,
    gone: gone.signal,
    caller: bearer === undefined ? undefined : site.tokens.find(bearer),
    agentId: undefined,
    seq: 0,
    detail,
  }
  const about = match?.route.about?.(site, call)
  const effect = match === undefined ? 'refused' : match.route.changes === true ? 'none' : 'read'
  const { seq } = site.journal.add({ operation: call.operation, ...about, effect, detail })
  return { ...call, agentId: about?.agentId, seq }
}

/** The fault for this request; those about effects and reports only where there are any. */
function takeFault(site: Site, route: Route | undefined, call: Call): Fault | undefined {
  const isReport = call.operation.startsWith('POST /report-jobs/datadownload')
  const kinds = Object.keys(FAULTS).filter(
    (kind) => (isReport || !REPORT_KINDS.includes(kind)) && (route?.changes === true || !EFFECT_KINDS.includes(kind)),
  )
  return site.faults.take(call.operation, call.agentId, kinds)
}

const HTML = '<html><head><title>Service error</title></head><body><h1>The service is not able to answer</h1></body></html>'

/** The answer that the fault puts in place of the true one. */
function faultAnswer(site: Site, call: Call, fault: Fault | undefined, play: FaultPlay): Reply | undefined {
  if (fault === undefined) {
    if (site.outage !== 'unavailable') return undefined
    return failure(503, 'Service unavailable')
  }
  if (play.status === undefined) return undefined
  const status = fault.status ?? play.status
  const description = fault.body ?? play.text
  if (play.revoke === true) site.tokens.revoke(/^bearer\s+(.+)$/i.exec(call.headers.authorization ?? '')?.[1])
  const headers = {
    ...(play.retryAfter === true && fault.retryAfter !== undefined && { 'retry-after': retryAfterText(fault.retryAfter, site.now()) }),
    ...(play.body === 'html' && { 'content-type': 'text/html; charset=utf-8' }),
  }
  if (play.errorMessage === true)
    return { status, body: { errorMessage: description, fileName: '', file: '', fileType: '', URI: '' }, effect: 'none' }
  if (play.body === 'html') return { status, stream: [fault.body ?? HTML], headers, effect: 'none' }
  if (play.body === 'text') return { status, stream: [fault.body ?? ''], headers, effect: 'none' }
  if (play.body === 'none') return { status, headers, description, effect: 'none' }
  return { ...failure(status, status === 401 ? 'The token is invalid or has expired' : description), headers }
}

async function handle(site: Site, route: Route | undefined, call: Call): Promise<Reply | undefined> {
  if (route === undefined) return failure(404, 'No such resource')
  if (route.token === 'needed' && call.caller === undefined) return failure(401, 'The token is invalid or has expired')
  if (route.permission !== undefined && call.caller?.permissions.has(route.permission) !== true)
    return failure(403, `Insufficient permission: ${route.permission}`)
  return route.handle(site, call)
}

/** Makes the change that the answer announces, as far as the fault lets it, and journals what became of it. */
function carryOut(site: Site, call: Call, reply: Reply, fault: Fault | undefined, play: FaultPlay): void {
  const { change, detail } = reply
  if (detail !== undefined) Object.assign(call.detail, detail)
  if (change === undefined) {
    site.journal.amend(call.seq, { effect: reply.effect })
    return
  }
  if (play.agentError === true) agentError(site, change.agentId, fault?.body)
  if (play.noEffect === true) return
  const make = () => {
    const effect = change.make()
    if (effect !== undefined) site.journal.amend(call.seq, { effect })
  }
  if (play.lateEffect === true) site.later(fault?.delayMs ?? 1000, make)
  else if (change.when === 'now') make()
  else site.inTurn(change.agentId, make)
}

/** An asynchronous refusal, as the desktops hear of it (3.6). */
function agentError(site: Site, agentId: number | undefined, resultCode = 'InvalidState'): void {
  const agent = agentId === undefined ? undefined : site.population.agents.get(agentId)
  if (agent === undefined) return
  site.inTurn(agentId, () =>
    publish(site, agent, {
      Type: 'AgentError',
      Command: 'SetAgentState',
      ResultCode: resultCode,
      ContactID: '',
      Target: '',
      ErrorLevel: 'Error',
    }),
  )
}

function finish(site: Site, response: ServerResponse, reply: Reply | undefined, play: FaultPlay, acd: boolean): void {
  if (play.connection === 'silence') return
  if (play.connection === 'reset' || reply === undefined) response.socket?.resetAndDestroy()
  else if (play.connection === 'truncate') truncate(response, reply)
  else send(site, response, reply, acd)
}

function truncate(response: ServerResponse, reply: Reply): void {
  const body = Buffer.from(reply.stream === undefined ? JSON.stringify(reply.body ?? {}) : [...reply.stream].join(''))
  response.writeHead(reply.status, { 'content-type': 'application/json', 'content-length': body.length + 100 })
  response.write(body.subarray(0, Math.ceil(body.length / 2)), () => response.socket?.resetAndDestroy())
}

function send(site: Site, response: ServerResponse, reply: Reply, acd: boolean): void {
  const empty = (acd && reply.status >= 400 && site.options.emptyErrors === 'yes') || reply.status === 204 || reply.status === 304
  const description = reply.description?.replace(/[^\x20-\x7e]/g, '?')
  response.writeHead(reply.status, {
    ...(acd && description !== undefined && { icStatusDescription: description }),
    ...(!empty && (reply.body !== undefined || reply.stream !== undefined) && { 'content-type': 'application/json; charset=utf-8' }),
    ...reply.headers,
  })
  if (empty || (reply.body === undefined && reply.stream === undefined)) response.end()
  else if (reply.stream !== undefined)
    Readable.from(reply.stream)
      .on('error', () => response.destroy())
      .pipe(response)
  else response.end(JSON.stringify(reply.body))
}
