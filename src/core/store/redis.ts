import { randomUUID } from 'node:crypto'
import { Redis, type RedisOptions } from 'ioredis'
import type { Logger } from '../adapter.js'
import type { Clock } from '../clock.js'
import type { CommandLog, EngineOptions } from '../command-log.js'
import type { LogoutLog } from '../logout-log.js'
import { createEngineTime, createGuard, createUndoer, LATE, storeUnavailable } from './deadline.js'
import { createRedisBus } from './redis-bus.js'
import { createRedisCommandLog, PREFIX, undoAppend, type Run } from './redis-log.js'
import { createRedisLogoutLog } from './redis-logouts.js'
import { prepareRedis } from './redis-schema.js'
import { REDIS_SCRIPTS, type RedisScript } from './redis-scripts.js'
import { createRedisSide } from './redis-side.js'
import type { Side } from './side.js'

export interface RedisSettings {
  readonly url: string
  readonly clock: Clock
  readonly log: Logger
  /** Shown in CLIENT LIST. */
  readonly owner: string
  /** How long to wait for the server at start, ms. */
  readonly startMs: number
  /** Start although Redis may evict keys under memory pressure, that is, silently lose commands. */
  readonly allowEviction: boolean
}

export interface RedisStore {
  readonly log: CommandLog
  readonly logouts: LogoutLog
  readonly side: Side
  readonly description: string
  ping(options: EngineOptions): Promise<void>
  /** A further connection for BullMQ. `blocking`: for its worker, which waits for ever by design. */
  connection(use: 'producer' | 'worker'): Redis
  close(): Promise<void>
}

/** Backstops only: every call has its own, earlier deadline. They end what a dead connection would keep for ever. */
const COMMAND_TIMEOUT_MS = 5000
const SOCKET_TIMEOUT_MS = 8000
const CLOCK_EVERY_MS = 10_000

const isLate = (error: unknown): boolean => error instanceof Error && error.message.includes(LATE)

/** Redis answered with an error, or the command never left this process. */
const isNothingDone = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'ReplyError' || error.message.includes('enableOfflineQueue'))

function requestOptions(settings: RedisSettings) {
  return {
    connectionName: `cti-gateway:${settings.owner.replace(/\s+/g, '-')}`,
    enableOfflineQueue: false,
    enableAutoPipelining: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    commandTimeout: COMMAND_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    connectTimeout: 2000,
    retryStrategy: (times: number) => Math.min(50 * 2 ** Math.min(times, 5), 1000),
    scripts: REDIS_SCRIPTS,
  } satisfies RedisOptions
}

/** Waits until the server can be used; the error names the address and the last cause. */
async function waitUntilReady(redis: Redis, settings: RedisSettings, where: string): Promise<void> {
  let cause: unknown
  const onError = (error: unknown): void => {
    cause = error
  }
  redis.on('error', onError)
  const end = settings.clock.monotonic() + settings.startMs
  while (redis.status !== 'ready') {
    if (settings.clock.monotonic() >= end) {
      redis.disconnect()
      const reason = cause instanceof Error ? cause.message : 'no answer'
      throw storeUnavailable(`Redis at ${where} cannot be reached (${reason}). Start it, or correct the setting \`engine\`.`, cause)
    }
    await settings.clock.sleep(20)
  }
  redis.off('error', onError)
}

function infoField(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
}

/**
 * Refuses a Redis that may evict keys: it would lose commands in silence (anchors.md 3.2). Warns of one that forgets all
 * at a restart. Answers a text for people.
 */
async function inspectServer(redis: Redis, settings: RedisSettings, where: string): Promise<string> {
  const info = await redis.info()
  const policy = infoField(info, 'maxmemory_policy')
  if (policy !== undefined && policy !== 'noeviction') {
    const text = `Redis at ${where} has maxmemory-policy ${policy}: under memory pressure it would lose commands in silence.`
    if (!settings.allowEviction) {
      throw storeUnavailable(`${text} Set \`maxmemory-policy noeviction\`, or allow it with \`redisAllowEviction\`.`)
    }
    settings.log.warn({ policy }, text)
  }
  const durable = infoField(info, 'aof_enabled') === '1'
  if (!durable) {
    settings.log.warn(
      { where },
      'Redis runs without AOF: a crash of Redis loses what was accepted since its last snapshot. Set `appendonly yes`.',
    )
  }
  const version = infoField(info, 'redis_version') ?? 'of unknown version'
  return `Redis ${version} at ${where}, ${durable ? 'append-only file on' : 'WITHOUT append-only file'}`
}

/** Opens the command log on a Redis. Fails with STORE_UNAVAILABLE and a remedy when the server is missing or unsafe. */
export async function openRedisStore(settings: RedisSettings): Promise<RedisStore> {
  const { clock, log } = settings
  const address = new URL(settings.url)
  const where = `${address.hostname}:${address.port === '' ? '6379' : address.port}${address.pathname.length > 1 ? address.pathname : ''}`
  const redis = new Redis(settings.url, requestOptions(settings))
  const onError = (error: Error): void => log.debug({ error: error.message }, 'Redis connection error')
  redis.on('error', onError)
  const time = createEngineTime(clock, () => redisNow(redis), CLOCK_EVERY_MS)
  try {
    await waitUntilReady(redis, settings, where)
    const description = await inspectServer(redis, settings, where)
    await time.measure()
    const guard = createGuard({ clock, time, nothingDone: isNothingDone, late: isLate })
    const scripts = redis as unknown as Record<RedisScript, (...args: readonly (string | number)[]) => Promise<unknown>>
    const run: Run = (script, deadline, ...args) => scripts[script](PREFIX, deadline, ...args)
    await prepareRedis(run, log)
    const undoer = createUndoer(clock, (doubtful) => undoAppend(run, doubtful, clock.now()))
    const self = randomUUID()
    const subscriber = new Redis(settings.url, connectionOptions(settings, 'subscriber'))
    subscriber.on('error', onError)
    const bus = await createRedisBus({
      clock,
      log,
      time,
      run,
      subscriber,
      channel: `${PREFIX}:bus:${redis.options.db ?? 0}`,
      sender: self,
      notSent: (error) => isNothingDone(error) && !isLate(error),
    })
    redis.on('close', () => log.warn({ where }, 'the connection to Redis is lost; commands are refused until it is back'))
    redis.on('ready', () => {
      log.info({ where }, 'the connection to Redis is back')
      undoer.kick()
      bus.kick()
      time.measure().catch(() => undefined)
    })
    return {
      description,
      log: createRedisCommandLog({ clock, guard, run, undo: undoer.add }),
      logouts: createRedisLogoutLog(guard, run),
      side: createRedisSide(guard, run, self, bus),
      ping: (options) => guard.run(options, async () => void (await redis.ping())),
      connection: (use) => new Redis(settings.url, connectionOptions(settings, use)),
      async close() {
        undoer.stop()
        time.stop()
        bus.close()
        redis.removeAllListeners('close')
        await Promise.race([redis.quit().catch(() => undefined), clock.sleep(500)])
        redis.disconnect()
      },
    }
  } catch (error) {
    time.stop()
    redis.disconnect()
    throw error
  }
}

function connectionOptions(settings: RedisSettings, use: 'producer' | 'worker' | 'subscriber') {
  const { scripts: _ours, commandTimeout: _bound, socketTimeout: _silence, ...common } = requestOptions(settings)
  if (use === 'producer') return { ...common, commandTimeout: COMMAND_TIMEOUT_MS }
  const patient = { ...common, enableOfflineQueue: true, maxRetriesPerRequest: null, autoResendUnfulfilledCommands: true }
  return use === 'worker' ? patient : { ...patient, socketTimeout: SOCKET_TIMEOUT_MS }
}

async function redisNow(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time()
  return Number(seconds) * 1000 + Number(micros) / 1000
}
