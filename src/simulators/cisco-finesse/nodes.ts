/** The two Finesse nodes: their ports, their status (vendors/cisco.md sections 4.1, 4.7, 4.8). */
import { readFileSync } from 'node:fs'
import { createServer as createHttp, type Server as HttpServer } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTls } from 'node:tls'
import { WebSocketServer } from 'ws'
import { createApi } from './rest.js'
import { NODE_NAMES, type NodeName, type NodeStatus, type Site } from './site.js'
import { createXmppSession, type Transport, type XmppSession } from './xmpp-session.js'
import { xml, type StreamParser } from './xmpp-xml.js'

export interface Nodes {
  readonly endpoints: Readonly<Record<string, string>>
  down(node: NodeName): void
  up(node: NodeName): Promise<void>
  setStatus(node: NodeName, status: NodeStatus): void
  stop(): Promise<void>
}

interface NodePorts {
  readonly name: NodeName
  http: number
  xmpp: number
  servers: Server[]
  readonly sockets: Set<Socket>
  up: boolean
}

const tlsOf = ({ tlsKey, tlsCert }: Site['options']): { key: Buffer; cert: Buffer } | undefined =>
  tlsKey === undefined || tlsCert === undefined ? undefined : { key: readFileSync(tlsKey), cert: readFileSync(tlsCert) }

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
}

/** A parser that begins anew: a TCP stream has a root of its own, WebSocket frames get one here. */
function newParser(session: XmppSession, framed: boolean): StreamParser {
  const parser = new xml.Parser()
  parser.on('element', (element) => {
    if (framed && element.name === 'open') session.open()
    else if (framed && element.name === 'close') session.finish()
    else session.element(element)
  })
  parser.on('error', () => session.cut())
  if (framed) parser.write('<frames>')
  else {
    parser.on('start', () => session.open())
    parser.on('end', () => session.finish())
  }
  return parser
}

function attach(site: Site, node: NodeName, transport: Omit<Transport, 'restart'>): { feed(text: string): void; closed(): void } {
  let parser: StreamParser
  // The element that ends sign-in is still inside the old parser; the new one begins with the next bytes.
  const session = createXmppSession(site, node, { ...transport, restart: () => void (parser = newParser(session, transport.framed)) })
  parser = newParser(session, transport.framed)
  site.listeners.add(session)
  return {
    feed(text) {
      try {
        parser.write(text)
      } catch {
        // Bytes that are no XML: a real server ends the stream too.
        session.cut()
      }
    },
    closed() {
      site.listeners.delete(session)
      session.closed()
    },
  }
}

function serveTcp(site: Site, node: NodeName, socket: Socket): void {
  const write = (text: string): void => void (socket.writable && socket.write(text))
  const stream = attach(site, node, { framed: false, write, end: () => void socket.end(), destroy: () => void socket.destroy() })
  socket.setEncoding('utf8')
  socket.on('data', (text: string) => stream.feed(text))
  socket.on('error', () => socket.destroy())
  socket.on('close', () => stream.closed())
}

/** XMPP over WebSocket (RFC 7395) on the path /ws of the REST port, as newer releases have it. */
function serveWebSocket(site: Site, node: NodeName, server: HttpServer): void {
  const sockets = new WebSocketServer({ server, path: '/ws', handleProtocols: () => 'xmpp' })
  sockets.on('error', () => undefined)
  sockets.on('connection', (socket) => {
    const stream = attach(site, node, {
      framed: true,
      write: (text) => socket.send(text),
      end: () => socket.close(),
      destroy: () => socket.terminate(),
    })
    socket.on('message', (data) => stream.feed((data as Buffer).toString('utf8')))
    socket.on('error', () => socket.terminate())
    socket.on('close', () => stream.closed())
  })
}

async function bring(site: Site, node: NodePorts, host: string): Promise<void> {
  const tls = tlsOf(site.options)
  const api = createApi(site, node.name)
  const http = tls === undefined ? createHttp(api) : createHttps(tls, api)
  const xmpp =
    tls === undefined
      ? createTcp((socket) => serveTcp(site, node.name, socket))
      : createTls(tls, (socket) => serveTcp(site, node.name, socket))
  serveWebSocket(site, node.name, http)
  for (const server of [http, xmpp]) {
    server.on('connection', (socket: Socket) => {
      node.sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => node.sockets.delete(socket))
    })
  }
  node.servers = [http, xmpp]
  node.http = await listen(http, node.http, host)
  node.xmpp = await listen(xmpp, node.xmpp, host)
  node.up = true
}

function shut(node: NodePorts): Promise<void> {
  node.up = false
  const closed = node.servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())))
  for (const socket of node.sockets) socket.destroy()
  node.servers = []
  return Promise.all(closed).then(() => undefined)
}

function endpointsOf(site: Site, nodes: readonly NodePorts[], host: string): Record<string, string> {
  const secure = tlsOf(site.options) !== undefined
  return Object.fromEntries(
    nodes.flatMap((node) => [
      [node.name, `${secure ? 'https' : 'http'}://${host}:${node.http}`],
      [`${node.name}-xmpp`, `${secure ? 'xmpps' : 'xmpp'}://${host}:${node.xmpp}`],
      [`${node.name}-ws`, `${secure ? 'wss' : 'ws'}://${host}:${node.http}/ws`],
    ]),
  )
}

/** Starts both nodes in service: REST on `port` and `port + 1`, XMPP on `port + 2` and `port + 3`. */
export async function startNodes(site: Site, host: string, port: number): Promise<Nodes> {
  const at = (offset: number): number => (port === 0 ? 0 : port + offset)
  const nodes: NodePorts[] = NODE_NAMES.map((name, index) => ({
    name,
    http: at(index),
    xmpp: at(index + 2),
    servers: [],
    sockets: new Set(),
    up: false,
  }))
  try {
    for (const node of nodes) await bring(site, node, host)
  } catch (error) {
    await Promise.all(nodes.map(shut))
    throw error
  }
  for (const node of nodes) site.hosts[node.name] = `${host}:${node.http}`
  const named = (name: NodeName): NodePorts => nodes.find((node) => node.name === name) as NodePorts

  function setStatus(name: NodeName, status: NodeStatus): void {
    if (site.status[name] === status) return
    site.status[name] = status
    site.publishStatus(name)
    for (const listener of site.listeners) if (listener.node === name && listener.available) listener.presence(status === 'IN_SERVICE')
  }

  return {
    endpoints: endpointsOf(site, nodes, host),
    down(name) {
      site.status[name] = 'OUT_OF_SERVICE'
      void shut(named(name))
    },
    async up(name) {
      if (!named(name).up) await bring(site, named(name), host)
      setStatus(name, 'IN_SERVICE')
    },
    setStatus,
    async stop() {
      await Promise.all(nodes.map(shut))
    },
  }
}
