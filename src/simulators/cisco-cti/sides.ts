/** The two CTI Servers of the pair: ports, roles, fail-over, maintenance (vendors/cisco.md sections 1.5 and 1.11). */
import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { E_CTI, SERVICE } from './codes.js'
import type { CtiOptions } from './options.js'
import { hardClose, serve } from './session.js'
import type { Client, SideName, Site } from './site.js'

export interface Sides {
  port(side: SideName): number
  down(side: SideName): void
  up(side: SideName): void
  standby(side: SideName): void
  failover(): void
  maintenance(side: SideName, on: boolean): void
  /** Both sides up, A active, B standby. */
  restore(): void
  stop(): Promise<void>
}

const OTHER: Readonly<Record<SideName, SideName>> = { A: 'B', B: 'A' }

interface Side {
  readonly name: SideName
  port: number
  server: Server | undefined
  readonly sockets: Set<Socket>
}

/** A TCP server, or a TLS one where the options name a key and a certificate. */
function createFor({ tlsKey, tlsCert, tlsClientCa }: CtiOptions, onClient: (socket: Socket) => void): Server {
  if (tlsKey === undefined || tlsCert === undefined) return createServer(onClient)
  const ca = tlsClientCa === undefined ? {} : { ca: readFileSync(tlsClientCa), requestCert: true, rejectUnauthorized: true }
  return createTlsServer({ key: readFileSync(tlsKey), cert: readFileSync(tlsCert), ...ca }, onClient)
}

function listen(site: Site, side: Side, host: string): Promise<void> {
  const server = createFor(site.options, (socket) => {
    const client: Client = serve(site, side.name, socket)
    side.sockets.add(socket)
    site.clients.add(client)
    socket.on('close', () => {
      side.sockets.delete(socket)
      site.clients.delete(client)
    })
  })
  side.server = server
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(side.port, host, () => {
      server.off('error', reject)
      server.on('error', () => undefined)
      side.port = (server.address() as AddressInfo).port
      resolve()
    })
  })
}

function shut(side: Side): void {
  side.server?.close()
  side.server = undefined
  for (const socket of side.sockets) hardClose(socket)
  side.sockets.clear()
}

/** Starts both sides: A active, B standby. */
export async function startSides(site: Site, host: string, port: number): Promise<Sides> {
  const all: Record<SideName, Side> = {
    A: { name: 'A', port, server: undefined, sockets: new Set() },
    B: { name: 'B', port: port === 0 ? 0 : port + 1, server: undefined, sockets: new Set() },
  }
  await listen(site, all.A, host)
  try {
    await listen(site, all.B, host)
  } catch (error) {
    shut(all.A)
    throw error
  }
  if (site.options.standby === 'closed') shut(all.B)

  const clients = (name: SideName): Client[] => [...site.clients].filter((client) => client.open && client.side === name)
  const tracks = (client: Client): boolean => (client.services & SERVICE.activeStandby) !== 0
  const ensureListening = (name: SideName): void => {
    if (all[name].server === undefined) void listen(site, all[name], host).catch(() => undefined)
  }

  function activate(name: SideName): void {
    if (site.modes[name] === 'down' || site.modes[name] === 'active') return
    site.modes[name] = 'active'
    ensureListening(name)
    for (const client of clients(name)) if (tracks(client)) client.send(277, {})
  }

  function release(name: SideName): void {
    for (const client of clients(name)) if (!tracks(client)) client.send(2, { Status: E_CTI.CTI_SERVER_OFFLINE })
  }

  const sides: Sides = {
    port: (name) => all[name].port,
    down(name) {
      site.modes[name] = 'down'
      shut(all[name])
      if (site.modes[OTHER[name]] === 'standby') activate(OTHER[name])
    },
    up(name) {
      if (site.modes[name] !== 'down') return
      const alone = site.modes[OTHER[name]] !== 'active'
      site.modes[name] = alone ? 'active' : 'standby'
      if (alone || site.options.standby !== 'closed') ensureListening(name)
    },
    standby(name) {
      site.modes[name] = 'standby'
      if (site.options.standby !== 'accept') release(name)
      if (site.options.standby === 'closed') shut(all[name])
      activate(OTHER[name])
    },
    failover() {
      const active = site.modes.A === 'active' ? 'A' : 'B'
      sides.standby(active)
    },
    maintenance(name, on) {
      if (!on) {
        if (site.modes[name] === 'maintenance') site.modes[name] = site.modes[OTHER[name]] === 'active' ? 'standby' : 'active'
        return
      }
      for (const client of clients(name)) if (tracks(client)) client.send(278, { InvokeID: client.id })
      site.modes[name] = 'maintenance'
      release(name)
      if (site.modes[OTHER[name]] === 'standby') activate(OTHER[name])
    },
    restore() {
      sides.up('A')
      sides.up('B')
      site.modes.A = 'active'
      sides.standby('B')
    },
    async stop() {
      const servers = [all.A.server, all.B.server].filter((server) => server !== undefined)
      const closed = servers.map((server) => new Promise<void>((resolve) => server.once('close', () => resolve())))
      shut(all.A)
      shut(all.B)
      await Promise.all(closed)
    },
  }
  return sides
}
