import { createConnection, isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { AbstractConnector, Redis, type RedisOptions } from 'ioredis'
import type { Clock } from '../clock.js'
import { hostPortText, type HostPort } from './redis-address.js'
import type { Sighting } from './redis-nodes.js'

export interface TopologyParts {
  readonly clock: Clock
  /** Nodes of the cluster, or the sentinels. */
  readonly seeds: readonly HostPort[]
  readonly tls: boolean
  /** Login and name of the connections for asking. */
  readonly options: Pick<RedisOptions, 'username' | 'password' | 'connectionName'>
  /** Asks one. */
  read(redis: Redis, host: string): Promise<Sighting>
}

/** Who is the master of our keys. */
export interface Topology {
  /** Asks everybody known. Undefined: nobody who answers knows a master. */
  find(): Promise<HostPort | undefined>
  /** All masters that may get our keys, as of the last `find` that found one. */
  masters(): readonly HostPort[]
  /** Why the last `find` found nothing. */
  cause(): Error | undefined
  /** Called when another server has become the master. Returns the function that ends it. */
  onMove(listener: () => void): () => void
  close(): void
}

const WATCH_EVERY_MS = 1000
const ANSWER_WITHIN_MS = 800
const FIND_AGAIN_MS = 200
const MAX_NODES = 64
const DISCONNECT_TIMEOUT_MS = 500

/** TLS names a host to its server, but never an address. */
function tlsName(host: string): { servername?: string } {
  return isIP(host) === 0 ? { servername: host } : {}
}

/** A connection for asking. What is not answered in time fails. */
function createAsker({ host, port }: HostPort, { tls, options }: TopologyParts, onError: (error: Error) => void): Redis {
  const asker = new Redis({
    ...options,
    ...(tls && { tls: tlsName(host) }),
    host,
    port,
    enableReadyCheck: false,
    commandTimeout: ANSWER_WITHIN_MS,
    connectTimeout: ANSWER_WITHIN_MS,
    socketTimeout: 3 * ANSWER_WITHIN_MS,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: () => FIND_AGAIN_MS,
  })
  asker.on('error', onError)
  return asker
}

/**
 * Follows the master by asking every node or sentinel, over connections of its own: one that was cut off or has just come back
 * may still name the old master, and the newest saying wins.
 */
export function createTopology(parts: TopologyParts): Topology {
  const askers = new Map<string, { readonly host: string; readonly redis: Redis }>()
  const listeners = new Set<() => void>()
  let master: HostPort | undefined
  let masters: readonly HostPort[] = []
  let cause: Error | undefined
  let looking: Promise<HostPort | undefined> | undefined
  let closed = false

  function blame(error: Error): void {
    cause = error
  }

  function know(nodes: readonly HostPort[]): void {
    const wanted = new Map([...parts.seeds, ...nodes].slice(0, MAX_NODES).map((node) => [hostPortText(node), node]))
    for (const [key, { redis }] of askers) {
      if (wanted.has(key)) continue
      redis.disconnect()
      askers.delete(key)
    }
    for (const [key, node] of wanted) {
      if (!askers.has(key)) askers.set(key, { host: node.host, redis: createAsker(node, parts, blame) })
    }
  }

  async function look(): Promise<HostPort | undefined> {
    const answers = [...askers.values()].map(async ({ host, redis }) => {
      try {
        return await parts.read(redis, host)
      } catch (error) {
        // The connection tells by itself why it is not there; that its request failed says less.
        if (error instanceof Error && error.name === 'ReplyError') blame(error)
        return undefined
      }
    })
    const sightings = (await Promise.all(answers)).flatMap((sighting) => (sighting?.master === undefined ? [] : [sighting]))
    const [newest] = sightings.toSorted((a, b) => b.epoch - a.epoch)
    if (closed || newest?.master === undefined) return undefined
    masters = newest.masters
    know(newest.nodes)
    const moved = master !== undefined && hostPortText(master) !== hostPortText(newest.master)
    master = newest.master
    if (moved) for (const listener of [...listeners]) listener()
    return master
  }

  function find(): Promise<HostPort | undefined> {
    looking ??= look().finally(() => {
      looking = undefined
    })
    return looking
  }

  know([])
  const stop = parts.clock.every(WATCH_EVERY_MS, () => void find())
  return {
    find,
    masters: () => masters,
    cause: () => cause,
    onMove(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close() {
      closed = true
      stop()
      listeners.clear()
      for (const { redis } of askers.values()) redis.disconnect()
      askers.clear()
    },
  }
}

/**
 * Leads a plain connection to the master of our keys, and lets go of it when another server becomes the master.
 *
 * Why not the client's own classes. For clusters: it follows a slot that is just being moved from one node to the other, key by
 * key, and a script of ours would find half of the log there; it also sends again what may have been done. All our keys are in
 * one slot, so that one node is all that is needed, with the same promises as of a single Redis. For Sentinel: it believes the
 * first sentinel that answers, and writes to the error output as long as one of them is away.
 */
export function masterConnector(topology: Topology, clock: Clock, tls: boolean): NonNullable<RedisOptions['Connector']> {
  return class MasterConnector extends AbstractConnector {
    constructor() {
      super(DISCONNECT_TIMEOUT_MS)
    }

    override check(info: { readonly role?: string }): boolean {
      return info.role === undefined || info.role === 'master'
    }

    /** Goes on until there is one: a rejection would end the connection for ever. */
    override async connect(report: (type: string, error: Error) => void): Promise<AbstractConnector['stream']> {
      this.connecting = true
      for (;;) {
        const master = await topology.find()
        if (!this.connecting) throw new Error('Connection is closed.')
        if (master !== undefined) return this.#open(master)
        report('error', new Error('nobody names a master of our keys', { cause: topology.cause() }))
        await clock.sleep(FIND_AGAIN_MS)
      }
    }

    #open({ host, port }: HostPort): AbstractConnector['stream'] {
      const stream = tls ? connectTls({ host, port, ...tlsName(host) }) : createConnection({ host, port })
      this.stream = stream
      stream.once('error', (error: Error) => {
        this.firstError = error
      })
      const forget = topology.onMove(() => void stream.destroy())
      stream.once('close', forget)
      return stream
    }
  }
}
