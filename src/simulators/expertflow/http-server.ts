import express from 'express'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket as NetSocket } from 'node:net'
import type { Duplex } from 'node:stream'
import { conversationManagerRoutes } from './conversation-manager-rest.js'
import { createDeskWork, type DeskWork } from './desk-work.js'
import { loginRoutes } from './login.js'
import { addRoute, type GateTools } from './rest-gate.js'
import { engineError, routingEngineRoutes } from './routing-engine-rest.js'
import { startSocketServer } from './socket-server.js'
import { unifiedAdminRoutes } from './unified-admin-rest.js'

/** How the vendor is not there: nothing listens, or the proxy in front answers 503. */
export type DownMode = 'refuse' | '503'

/** Everything of the vendor on one port: REST by Express, Socket.IO beside it. */
export async function startHttpServer(tools: GateTools, listen: { host: string; port: number }) {
  const http = createServer()
  const connections = new Set<NetSocket>()
  http.on('connection', (socket: NetSocket) => {
    connections.add(socket)
    // Between the upgrade and its hand-over nobody listens; a client that breaks off there must not end the process.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => connections.delete(socket))
  })
  const deskWork: DeskWork = createDeskWork(tools.site)
  http.on('request', createApp(tools))
  const io = startSocketServer(http, tools, deskWork)
  let down: DownMode | undefined
  guard(http, () => down)
  await listening(http, listen.port, listen.host)
  const { port } = http.address() as AddressInfo

  return {
    url: `http://${listen.host}:${port}`,
    io,
    deskWork,
    isDown: (): boolean => down !== undefined,
    /** Breaks every connection; from now on nothing is served (expertflow.md says nothing of outages: mode by choice). */
    goDown(mode: DownMode): void {
      if (down === undefined && mode === 'refuse') http.close()
      down = mode
      for (const connection of [...connections]) connection.destroy()
    },
    comeUp(): void {
      const was = down
      down = undefined
      if (was === 'refuse') void listening(http, port, listen.host)
    },
    async stop(): Promise<void> {
      down = 'refuse'
      io.disconnectSockets(true)
      await io.close()
      for (const connection of [...connections]) connection.destroy()
    },
  }
}

export type VendorServer = Awaited<ReturnType<typeof startHttpServer>>

function createApp(tools: GateTools): express.Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.use(express.json({ limit: '1mb' }))
  const routes = [loginRoutes, unifiedAdminRoutes, routingEngineRoutes, conversationManagerRoutes].flatMap((of) => of(tools))
  for (const route of routes) addRoute(app, tools, route)
  app.use((request, response) => {
    tools.journal.add({ operation: `${request.method} ${request.path}`, effect: 'refused' })
    if (request.path.startsWith('/routing-engine')) engineError(response, 404, 'error.resource-not-found', `No route ${request.path}`)
    else response.status(404).json({ code: 404, message: 'Not found' })
  })
  // Express tells an error handler by its four parameters.
  app.use((error: Error & { status?: number }, request: express.Request, response: express.Response, _next: express.NextFunction) => {
    const status = error.status ?? 500
    tools.journal.add({ operation: `${request.method} ${request.path}`, effect: 'refused' })
    if (request.path.startsWith('/routing-engine')) engineError(response, status, 'error.illegal-argument', error.message)
    else response.status(status).json({ code: status, message: error.message })
  })
  return app
}

type Listener = (...args: unknown[]) => void

/** Puts the 503 of an outage before Express and before Socket.IO, which both listen on this server already. */
function guard(http: ReturnType<typeof createServer>, down: () => DownMode | undefined): void {
  const requests = http.listeners('request') as Listener[]
  const upgrades = http.listeners('upgrade') as Listener[]
  http.removeAllListeners('request').removeAllListeners('upgrade')
  http.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (down() === undefined) for (const listener of requests) listener.call(http, request, response)
    else
      response
        .writeHead(503, { 'content-type': 'text/html', 'retry-after': '1' })
        .end('<html><body>503 Service Temporarily Unavailable</body></html>')
  })
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (down() === undefined) for (const listener of upgrades) listener.call(http, request, socket, head)
    else socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n')
  })
}

/** Listens; a port that is still in use from before an outage is tried again for a second. */
async function listening(http: ReturnType<typeof createServer>, port: number, host: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      const failed = (cause: Error) => resolve(cause)
      http.once('error', failed)
      http.listen(port, host, () => {
        http.off('error', failed)
        resolve(undefined)
      })
    })
    if (error === undefined) return
    if (error.code !== 'EADDRINUSE' || port === 0 || attempt === 20) throw error
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
