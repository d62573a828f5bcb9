import type { Logger } from '../adapter.js'
import type { Clock } from '../clock.js'
import type { CommandLog, EngineOptions } from '../command-log.js'
import type { LogoutLog } from '../agents/logout-log.js'
import { createWakeUps, type PgPool, type WakeUpStore } from '../retry-queue.js'
import type { Engine, WakeUps } from '../wake-ups.js'
import type { Side } from './side.js'

export interface EngineParts {
  /** Folder of the embedded engine; the others do not use it. */
  readonly dataDir: string
  readonly log: Logger
  readonly clock: Clock
  /** Name of this gateway instance, for lists of connections. */
  readonly owner: string
  /** How long to wait for a server at start. Default 10 000 ms. */
  readonly startMs?: number
  /** Wake-ups handled at once. Default 50, embedded 10. */
  readonly concurrency?: number
  /** Start on a Redis that may evict keys. Default false. */
  readonly redisAllowEviction?: boolean
  /** Newest events kept for readers of the stream. Default 100,000. */
  readonly keepEvents?: number
}

/** An opened store, before BullMQ is put on it. */
interface Store {
  readonly log: CommandLog
  readonly logouts: LogoutLog
  readonly side: Side
  readonly description: string
  ping(options: EngineOptions): Promise<void>
  close(): Promise<void>
}

const DEFAULT_START_MS = 10_000
export const DEFAULT_KEEP_EVENTS = 100_000
const CLOSE_GRACE_MS = 1000

/**
 * Opens a storage engine: `embedded`, `redis://…` (also `rediss`, and each with `+sentinel` or `+cluster`: redis-address.ts),
 * `postgres://…` or `postgresql://…`. There is no silent
 * fall-back from one to another.
 *
 * Guarantees: when it resolves, the log and the wake-ups can be used. When it rejects, nothing stays open and the error
 * says what to do; it contains no credentials.
 */
export async function openEngine(setting: string, parts: EngineParts): Promise<Engine> {
  if (setting === 'embedded') return openEmbedded(parts)
  if (/^rediss?(\+(sentinel|cluster))?:\/\//.test(setting)) return openRedis(setting, parts)
  if (/^postgres(ql)?:\/\//.test(setting)) return openPostgres(setting, parts)
  throw new Error(
    'The setting `engine` must be `embedded`, `redis://host:port` (`rediss`, `redis+sentinel`, `redis+cluster`) or `postgres://user@host/database`.',
  )
}

const keepOf = ({ keepEvents = DEFAULT_KEEP_EVENTS }: EngineParts): number => keepEvents

async function openRedis(url: string, parts: EngineParts): Promise<Engine> {
  const { openRedisStore } = await import('./redis.js')
  const { startMs = DEFAULT_START_MS, redisAllowEviction: allowEviction = false } = parts
  const store = await openRedisStore({
    url,
    clock: parts.clock,
    log: parts.log,
    owner: parts.owner,
    startMs,
    allowEviction,
    keepEvents: keepOf(parts),
  })
  const producer = store.connection('producer')
  const worker = store.connection('worker')
  const closeConnections = (): void => {
    producer.disconnect()
    worker.disconnect()
  }
  return compose('redis', store, { kind: 'redis', producer, worker }, parts, 50, closeConnections)
}

async function openPostgres(url: string, parts: EngineParts): Promise<Engine> {
  const { openPostgresStore } = await import('./postgres.js')
  const { startMs = DEFAULT_START_MS } = parts
  const store = await openPostgresStore({ url, clock: parts.clock, log: parts.log, owner: parts.owner, startMs, keepEvents: keepOf(parts) })
  // BullMQ asks for less than node-postgres offers; only the overloads of `on` keep TypeScript from seeing it.
  const pool = store.queuePool as unknown as PgPool
  return compose('postgres', store, { kind: 'postgres', pool }, parts, 50)
}

async function openEmbedded(parts: EngineParts): Promise<Engine> {
  const { openEmbeddedStore } = await import('./embedded.js')
  const store = await openEmbeddedStore({ dataDir: parts.dataDir, clock: parts.clock, log: parts.log, keepEvents: keepOf(parts) })
  return compose('embedded', store, { kind: 'postgres', pool: store.queuePool }, parts, 10)
}

/** Puts BullMQ on the opened store. */
async function compose(
  name: Engine['name'],
  store: Store,
  wakeUpStore: WakeUpStore,
  { clock, log, concurrency }: EngineParts,
  defaultConcurrency: number,
  closeConnections: () => void = () => undefined,
): Promise<Engine> {
  let wakeUps: WakeUps
  try {
    wakeUps = await createWakeUps(wakeUpStore, { clock, log, concurrency: concurrency ?? defaultConcurrency })
  } catch (error) {
    closeConnections()
    await store.close()
    throw error
  }
  let closing: Promise<void> | undefined
  async function close(): Promise<void> {
    await wakeUps.close(CLOSE_GRACE_MS)
    closeConnections()
    await store.close()
  }
  log.info({ engine: name }, `storage engine: ${store.description}`)
  return {
    name,
    description: store.description,
    log: store.log,
    logouts: store.logouts,
    wakeUps,
    ...store.side,
    ping: (options) => store.ping(options),
    close() {
      closing ??= close()
      return closing
    },
  }
}
