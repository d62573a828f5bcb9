import { Redis, type RedisOptions } from 'ioredis'
import type { Clock } from '../clock.js'
import { parseRedisAddress, type HostPort, type RedisAddress } from './redis-address.js'
import { readClusterNodes, readSentinelMaster } from './redis-nodes.js'
import { createTopology, masterConnector, type Topology } from './redis-topology.js'

/**
 * `requests`: of the command log, fails fast · `producer`: of the wake-up queue, fails fast · `worker`: of its worker, waits for
 * the server for ever by design · `subscriber`: of the bus, waits for the server too.
 */
export type RedisUse = 'requests' | 'producer' | 'worker' | 'subscriber'

export interface RedisConnections {
  /** For people, without credentials. */
  readonly where: string
  readonly cluster: boolean
  /** So many must have a write before its caller hears of it. */
  readonly replicas: number
  /** Database number. */
  readonly db: number
  /** A new connection to the master, now and after each failover. Whoever asks for it closes it. */
  open(use: RedisUse): Redis
  /** `INFO` of every server that may get our keys. */
  inspect(redis: Redis): Promise<readonly string[]>
  close(): void
}

export interface ConnectionSettings {
  readonly url: string
  readonly clock: Clock
  /** Shown in CLIENT LIST. */
  readonly owner: string
}

/** Without the one option whose absence and `undefined` are two things to the client's types. */
type Options = Omit<RedisOptions, 'replyMapping'>

/** An address behind which the master changes. */
type Followed = Exclude<RedisAddress, { readonly kind: 'single' }>

/** Backstops only: every call has its own, earlier deadline. They end what a dead connection would keep for ever. */
const COMMAND_TIMEOUT_MS = 5000
const SOCKET_TIMEOUT_MS = 8000
const CONNECT_TIMEOUT_MS = 2000
const MAX_RETRY_MS = 1000

/**
 * Answers of a server that is not the master any more, or not of our keys: it has done nothing, and the connection leads to the
 * wrong one. `ASK` is not among them: it is the right one as long as the slot is on its way.
 */
export const isWrongServer = (error: unknown): boolean => error instanceof Error && /\b(READONLY|UNBLOCKED|MOVED \d+)\b/.test(error.message)

const nameOf = (owner: string): string => `cti-gateway:${owner.replace(/\s+/g, '-')}`

const retryDelay = (times: number): number => Math.min(50 * 2 ** Math.min(times, 5), MAX_RETRY_MS)

/** What is the same for every kind of address. */
function optionsFor(use: RedisUse, owner: string): Options {
  const common: Options = {
    connectionName: nameOf(owner),
    enableAutoPipelining: false,
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: retryDelay,
  }
  const impatient: Options = {
    ...common,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    reconnectOnError: (error) => (isWrongServer(error) ? 1 : false),
  }
  const patient: Options = {
    ...common,
    enableOfflineQueue: true,
    maxRetriesPerRequest: null,
    autoResendUnfulfilledCommands: true,
    // Nothing was done, so that it may be sent to the right server.
    reconnectOnError: (error) => (isWrongServer(error) ? 2 : false),
  }
  switch (use) {
    case 'requests':
      // No timer for each command: the socket's ends them all, and every call has a deadline of its own anyway.
      return { ...impatient, socketTimeout: SOCKET_TIMEOUT_MS }
    case 'producer':
      return { ...impatient, commandTimeout: COMMAND_TIMEOUT_MS }
    case 'worker':
      return patient
    case 'subscriber':
      return { ...patient, socketTimeout: SOCKET_TIMEOUT_MS }
  }
}

function login({ username, password }: { readonly username?: string; readonly password?: string }): Options {
  return { ...(username !== undefined && { username }), ...(password !== undefined && { password }) }
}

/** Ways to a Redis, whatever stands behind its address. Fails when the address cannot be read. */
export function createRedisConnections({ url, clock, owner }: ConnectionSettings): RedisConnections {
  const address = parseRedisAddress(url)
  if (address.kind !== 'single') return createFollowing(address, clock, owner)
  return {
    where: address.where,
    cluster: false,
    replicas: 0,
    db: Number(new URL(address.url).pathname.slice(1) || '0'),
    open: (use) => new Redis(address.url, optionsFor(use, owner)),
    inspect: async (redis) => [await redis.info()],
    close: () => undefined,
  }
}

function topologyOf(address: Followed, clock: Clock, owner: string): Topology {
  const common = { clock, tls: address.tls }
  const named = { connectionName: nameOf(owner) }
  if (address.kind === 'cluster') {
    return createTopology({
      ...common,
      seeds: address.nodes,
      options: { ...named, ...login(address) },
      read: async (redis, host) => readClusterNodes(String(await redis.cluster('NODES')), host, address.tls),
    })
  }
  return createTopology({
    ...common,
    seeds: address.sentinels,
    options: { ...named, ...login(address.sentinelLogin) },
    read: async (redis) => readSentinelMaster(await redis.call('SENTINEL', 'MASTER', address.master)),
  })
}

/** Connections that follow the master, as Sentinel or the nodes of the cluster name it. */
function createFollowing(address: Followed, clock: Clock, owner: string): RedisConnections {
  const { tls, where } = address
  const db = address.kind === 'sentinel' ? address.db : 0
  const topology = topologyOf(address, clock, owner)
  const Connector = masterConnector(topology, clock, tls)
  async function info({ host, port }: HostPort): Promise<string> {
    const once = { commandTimeout: CONNECT_TIMEOUT_MS, connectTimeout: CONNECT_TIMEOUT_MS, retryStrategy: () => null }
    const redis = new Redis({ ...once, ...login(address), connectionName: nameOf(owner), ...(tls && { tls: {} }), host, port })
    redis.on('error', () => undefined)
    try {
      return await redis.info()
    } finally {
      redis.disconnect()
    }
  }
  return {
    where,
    cluster: address.kind === 'cluster',
    replicas: address.replicas,
    db,
    open: (use) => new Redis({ ...optionsFor(use, owner), ...login(address), db, Connector, ...(tls && { tls: {} }) }),
    inspect: () => Promise.all(topology.masters().map(info)),
    close: () => topology.close(),
  }
}
