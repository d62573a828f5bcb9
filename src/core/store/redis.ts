import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { Logger } from '../adapter.js'
import type { Clock } from '../clock.js'
import type { CommandLog, EngineOptions } from '../command-log.js'
import type { LogoutLog } from '../agents/logout-log.js'
import { createEngineTime, createGuard, createUndoer, LATE, storeUnavailable } from './deadline.js'
import { createBatch, type Call, type RunStep } from './redis-batch.js'
import { createRedisBus } from './redis-bus.js'
import { createRedisConnections, type RedisConnections } from './redis-connections.js'
import { createCork } from './redis-cork.js'
import { inspectRedis } from './redis-inspect.js'
import { createRedisCommandLog, PREFIX, undoAppend } from './redis-log.js'
import { createRedisLogoutLog } from './redis-logouts.js'
import { createReplicas, type Replicas } from './redis-replicas.js'
import { prepareRedis } from './redis-schema.js'
import { createScriptCall } from './redis-script-call.js'
import { isRead, type RedisScript } from './redis-scripts.js'
import { createRedisSide } from './redis-side.js'
import type { Side } from './side.js'

export interface RedisSettings {
  /** One server, a master that Sentinel watches, or a cluster: redis-address.ts. */
  readonly url: string
  readonly clock: Clock
  readonly log: Logger
  /** Shown in CLIENT LIST. */
  readonly owner: string
  /** How long to wait for the server at start, ms. */
  readonly startMs: number
  /** Start although Redis may evict keys under memory pressure, that is, silently lose commands. */
  readonly allowEviction: boolean
  /** Newest events kept for readers of the stream. */
  readonly keepEvents: number
}

export interface RedisStore {
  readonly log: CommandLog
  readonly logouts: LogoutLog
  readonly side: Side
  readonly description: string
  ping(options: EngineOptions): Promise<void>
  /** A further connection for BullMQ; whoever asks for it closes it. */
  connection(use: 'producer' | 'worker'): Redis
  close(): Promise<void>
}

const CLOCK_EVERY_MS = 10_000

const isLate = (error: unknown): boolean => error instanceof Error && error.message.includes(LATE)

/** Redis answered with an error, or the command never left this process. */
const isNothingDone = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'ReplyError' || error.message.includes('enableOfflineQueue'))

/** What stands in the way, with its own cause: of a cluster's nodes only the inner one tells why they refuse. */
function reasonText(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer'
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}

/** Waits until the server can be used; the error names the address and the last cause. */
async function waitUntilReady(redis: Redis, { clock, startMs }: RedisSettings, { where }: RedisConnections): Promise<void> {
  let cause: unknown
  const onError = (error: unknown): void => {
    cause = error
  }
  redis.on('error', onError)
  const end = clock.monotonic() + startMs
  while (redis.status !== 'ready') {
    if (clock.monotonic() >= end) {
      redis.disconnect()
      const text = `Redis at ${where} cannot be reached (${reasonText(cause)}). Start it, or correct the setting \`engine\`.`
      throw storeUnavailable(text, cause)
    }
    await clock.sleep(20)
  }
  redis.off('error', onError)
}

/** Waits until enough replicas are there: a gateway that refuses every command is not ready. */
async function openReplicas(redis: Redis, { clock, log, startMs }: RedisSettings, { where, replicas: count }: RedisConnections) {
  const replicas = createReplicas({ redis, counter: `${PREFIX}:looks`, count, clock, log, where })
  const end = clock.monotonic() + startMs
  while (!replicas.ready()) {
    if (clock.monotonic() >= end) {
      replicas.stop()
      throw storeUnavailable(
        `Redis at ${where} has fewer than ${count} replicas that confirm what is written. Start one, or add \`?replicas=0\` to the setting \`engine\`: a fail-over may then lose what was accepted last.`,
      )
    }
    await clock.sleep(20)
  }
  return replicas
}

/** What is told to a caller as the end of a command, and what takes back what was not told. */
const REPLICATED: Readonly<Partial<Record<RedisScript, 'look' | 'insist'>>> = { ctiGet: 'look', ctiUndo: 'insist' }

/**
 * Scripts that only read need no replica.
 *
 * What fails after the script itself has been answered was done, whatever the error says. The connection of a primary that dies may carry its
 * last answers and nothing more: the WAIT behind them does not leave this process, and its error is that of a command that was never asked.
 */
function withReplicas(call: ReturnType<typeof createScriptCall>, replicas: Replicas | undefined): Call {
  if (replicas === undefined) return (script, args) => call(script, PREFIX, args)
  return async (script, args) => {
    let answered = false
    const made = async (): Promise<unknown> => {
      const answer = await call(script, PREFIX, args)
      answered = true
      return answer
    }
    try {
      return await replicas[REPLICATED[script] ?? (isRead(script) ? 'read' : 'write')](made)
    } catch (error) {
      throw answered ? new Error('done, and not known to be on the replicas', { cause: error }) : error
    }
  }
}

/** Calls back when the connection is there again, and tells people of its loss and its return, once each. */
function watchConnection(redis: Redis, { log }: RedisSettings, where: string, onBack: () => void): void {
  let up = true
  redis.on('close', () => {
    if (up) log.warn({ where }, 'the connection to Redis is lost; commands are refused until it is back')
    up = false
  })
  redis.on('ready', () => {
    up = true
    log.info({ where }, 'the connection to Redis is back')
    onBack()
  })
}

/** Opens the command log on a Redis. Fails with STORE_UNAVAILABLE and a remedy when the server is missing or unsafe. */
export async function openRedisStore(settings: RedisSettings): Promise<RedisStore> {
  const { clock, log, allowEviction } = settings
  const connections = createRedisConnections(settings)
  const { where, cluster } = connections
  const open: RedisConnections['open'] = (use) => {
    const made = connections.open(use)
    made.on('error', (error: Error) => log.debug({ error: error.message }, 'Redis connection error'))
    return made
  }
  const redis = open('requests')
  let replicas: Replicas | undefined
  const time = createEngineTime(clock, () => redisNow(redis), CLOCK_EVERY_MS)
  try {
    await waitUntilReady(redis, settings, connections)
    const description = inspectRedis(await connections.inspect(redis), { where, log, allowEviction, cluster })
    await time.measure()
    const guard = createGuard({ clock, time, nothingDone: isNothingDone, late: isLate })
    const call = createScriptCall(redis)
    replicas = connections.replicas === 0 ? undefined : await openReplicas(redis, settings, connections)
    const scripted = withReplicas(call, replicas)
    const { run, step } = createBatch(scripted, createCork(redis))
    await prepareRedis(run, log)
    // By itself: in a call with others it would be refused with them while there are too few replicas, and others would be quicker.
    const alone: RunStep = async (script, deadline, args) => ({ answer: await scripted(script, [deadline, ...args]), text: '', epoch: '' })
    const undoer = createUndoer(clock, (doubtful) => undoAppend(replicas === undefined ? step : alone, doubtful, clock.now()))
    const self = randomUUID()
    const channel = `${PREFIX}:bus:${connections.db}`
    const notSent = (error: unknown): boolean => isNothingDone(error) && !isLate(error)
    const bus = await createRedisBus({ clock, log, time, run, subscriber: open('subscriber'), channel, sender: self, notSent })
    watchConnection(redis, settings, where, () => {
      undoer.kick()
      bus.kick()
      time.measure().catch(() => undefined)
    })
    return {
      description:
        replicas === undefined ? description : `${description}, each write confirmed by its replicas (${connections.replicas} at least)`,
      log: createRedisCommandLog({ clock, guard, run, step, undo: undoer.add }),
      logouts: createRedisLogoutLog(guard, run),
      side: createRedisSide(guard, run, self, bus, settings.keepEvents),
      ping: (options) => guard.run(options, async () => void (await redis.ping())),
      connection: open,
      async close() {
        undoer.stop()
        time.stop()
        replicas?.stop()
        bus.close()
        redis.removeAllListeners('close')
        await Promise.race([redis.quit().catch(() => undefined), clock.sleep(500)])
        redis.disconnect()
        connections.close()
      },
    }
  } catch (error) {
    time.stop()
    replicas?.stop()
    redis.disconnect()
    connections.close()
    throw error
  }
}

async function redisNow(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time()
  return Number(seconds) * 1000 + Number(micros) / 1000
}
