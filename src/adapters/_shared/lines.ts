import { connect, isIP, type Socket } from 'node:net'
import { connect as connectSecurely } from 'node:tls'
import { systemClock } from '../../core/clock.js'
import { BadAnswer } from './answer-head.js'
import { createAnswerReader, type AnswerReader, type WholeAnswer } from './answer-reader.js'

/** Whom to talk to. */
export interface Target {
  readonly secure: boolean
  readonly host: string
  readonly port: number
}

/** One request as it goes over the wire, and who wants its answer. Exactly one of the two is called, once, unless it is cancelled. */
export interface Order {
  readonly target: Target
  /** Head and body. */
  readonly text: string
  readonly isHead: boolean
  /** Bytes of body that are taken; negative: any number. */
  readonly limit: number
  readonly onAnswer: (answer: WholeAnswer) => void
  /** `BadAnswer`, or what the socket says. */
  readonly onError: (error: Error) => void
}

/**
 * Connections that are kept, each for one exchange at a time: as many as allowed to one target, further orders wait in their order.
 *
 * Guarantees: an order is written at most once, never again after a failure; a connection on which anything went wrong, was cancelled
 * or came unasked is not used again; one that the vendor soon closes is not used any more.
 */
export interface Lines {
  /** Returns what cancels the order: a waiting one is forgotten, one on its way ends its connection, one that is over stays as it is. */
  send(order: Order): () => void
  /** Ends all connections; what was under way fails. */
  close(): void
}

export interface LinesOptions {
  readonly maxSockets: number
  /** Trusted besides nobody else, as for Node's own client. */
  readonly ca?: string
}

interface Line {
  readonly socket: Socket
  readonly host: Host
  work: { readonly order: Order; readonly reader: AnswerReader } | undefined
  /** Monotonic, ms: not used after this. */
  until: number
}

interface Host {
  readonly target: Target
  readonly name: string
  readonly all: Set<Line>
  readonly free: Line[]
  readonly waiting: Set<Order>
  /** Of the last TLS handshake: the next one is shorter. */
  session: Buffer | undefined
}

/** As Node's own agent has it: a probe after so long without a word, ms. */
const KEEP_ALIVE_MS = 10_000
/** A connection is given up this long before the vendor closes it, ms: a request that crosses the end is lost. */
const MARGIN_MS = 1_000

export function createLines({ maxSockets, ca }: LinesOptions): Lines {
  const hosts = new Map<string, Host>()
  const busy = new Map<Order, Line>()

  function hostOf(target: Target): Host {
    const name = `${target.secure ? 'https' : 'http'}://${target.host}:${target.port}`
    const known = hosts.get(name)
    if (known !== undefined) return known
    const host: Host = { target, name, all: new Set(), free: [], waiting: new Set(), session: undefined }
    hosts.set(name, host)
    return host
  }

  function begin(line: Line, order: Order): void {
    line.work = { order, reader: createAnswerReader(order.isHead, order.limit) }
    busy.set(order, line)
    line.socket.ref()
    line.socket.write(order.text)
  }

  /** Takes the order off its line. */
  function taken(line: Line): Line['work'] {
    const { work } = line
    line.work = undefined
    if (work !== undefined) busy.delete(work.order)
    return work
  }

  function fail(line: Line, error: Error): void {
    const work = taken(line)
    line.socket.destroy()
    if (work === undefined) return
    work.order.onError(work.reader.begun && !(error instanceof BadAnswer) ? new BadAnswer('stream has been aborted') : error)
  }

  function onBytes(line: Line, bytes: Buffer): void {
    // Nobody has asked for anything.
    if (line.work === undefined) return void line.socket.destroy()
    try {
      const answer = line.work.reader.read(bytes)
      if (answer !== undefined) answered(line, answer)
    } catch (error) {
      fail(line, error as Error)
    }
  }

  function onEnd(line: Line): void {
    const answer = line.work?.reader.end()
    if (answer !== undefined) answered(line, answer)
  }

  function answered(line: Line, answer: WholeAnswer): void {
    const work = taken(line)
    const { reusable, idleMs } = answer.head
    // An answer to a request that has not left completely leaves the vendor in the middle of it.
    if (reusable && line.socket.writableLength === 0) release(line, idleMs)
    else line.socket.destroy()
    work?.order.onAnswer(answer)
  }

  function release(line: Line, idleMs: number | undefined): void {
    const [next] = line.host.waiting
    if (next !== undefined) {
      line.host.waiting.delete(next)
      return begin(line, next)
    }
    line.until = idleMs === undefined ? Number.POSITIVE_INFINITY : systemClock.monotonic() + idleMs - MARGIN_MS
    line.host.free.push(line)
    line.socket.unref()
  }

  function closed(line: Line): void {
    const { host } = line
    host.all.delete(line)
    const place = host.free.indexOf(line)
    if (place >= 0) host.free.splice(place, 1)
    fail(line, hangUp())
    const [next] = host.waiting
    if (next !== undefined && host.all.size < maxSockets) {
      host.waiting.delete(next)
      begin(open(host), next)
    }
    if (host.all.size === 0 && host.waiting.size === 0) hosts.delete(host.name)
  }

  /** The one that was used last: the others may then be closed by the vendor. */
  function freeLine({ free }: Host): Line | undefined {
    for (let line = free.pop(); line !== undefined; line = free.pop()) {
      if (!line.socket.destroyed && line.socket.writable && line.until > systemClock.monotonic()) return line
      line.socket.destroy()
    }
    return undefined
  }

  function open(host: Host): Line {
    const socket = socketTo(host, ca)
    const line: Line = { socket, host, work: undefined, until: Number.POSITIVE_INFINITY }
    host.all.add(line)
    socket.on('data', (bytes: Buffer) => onBytes(line, bytes))
    socket.on('end', () => onEnd(line))
    socket.on('error', (error) => fail(line, error))
    socket.on('close', () => closed(line))
    return line
  }

  return {
    send(order) {
      const host = hostOf(order.target)
      const line = freeLine(host) ?? (host.all.size < maxSockets ? open(host) : undefined)
      if (line === undefined) host.waiting.add(order)
      else begin(line, order)
      return () => {
        host.waiting.delete(order)
        const mine = busy.get(order)
        if (mine === undefined) return
        taken(mine)
        mine.socket.destroy()
      }
    },
    close() {
      for (const { waiting, all } of hosts.values()) {
        const forsaken = [...waiting]
        waiting.clear()
        for (const { socket } of all) socket.destroy()
        for (const order of forsaken) order.onError(hangUp())
      }
    },
  }
}

function socketTo(host: Host, ca: string | undefined): Socket {
  const { secure, host: name, port } = host.target
  const common = { host: name, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }
  if (!secure) return connect(common)
  const socket = connectSecurely({
    ...common,
    ALPNProtocols: ['http/1.1'],
    ...(isIP(name) === 0 && { servername: name }),
    ...(ca !== undefined && { ca }),
    ...(host.session !== undefined && { session: host.session }),
  })
  socket.on('session', (session: Buffer) => void (host.session = session))
  return socket
}

function hangUp(): Error {
  return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
}
