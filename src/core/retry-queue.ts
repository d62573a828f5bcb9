import { hash } from 'node:crypto'
import {
  createPostgresBackend,
  Queue,
  runMigrations,
  Worker,
  type Job,
  type JobProgress,
  type PgPool,
  type PostgresConnectionOptions,
  type PostgresQueueBackend,
} from 'bullmq'
import type { Redis } from 'ioredis'
import type { Logger } from './adapter.js'
import type { Clock } from './clock.js'
import { CtiError } from './model/error.js'
import type { WakeUps } from './wake-ups.js'

export type { PgPool }

/** What BullMQ works on. It is handed ready connections, because it cannot make its own under ES modules. */
export type WakeUpStore =
  | {
      readonly kind: 'redis'
      /** Fails fast when the server is away (`enableOfflineQueue: false`). */
      readonly producer: Redis
      /** Waits for the server (`maxRetriesPerRequest: null`). */
      readonly worker: Redis
    }
  /** `search_path` must contain `bullmq`. One client stays checked out for LISTEN. */
  | { readonly kind: 'postgres'; readonly pool: PgPool }

export interface WakeUpParts {
  readonly clock: Clock
  readonly log: Logger
  /** Handlers that run at once. */
  readonly concurrency: number
}

interface WakeUp {
  /** Of the agent; empty for an alarm. */
  readonly key: string
}

const WAKE = 'wake'
/** A job for all retries that are due in one instant. */
const ALARM = 'alarm'

const QUEUE_NAME = 'cti-wake'
const SCHEMA = 'bullmq'
/** The same slot as the command log's keys. */
const PREFIX = '{cti}'
/** Below the 500 ms of the port, with room for a busy event loop. */
const WAKE_TIMEOUT_MS = 450
const MAX_IN_FLIGHT = 1000
const RETRY_AFTER_MS = 1000
const READY_TIMEOUT_MS = 15_000
const ERROR_LOG_EVERY_MS = 5000
/** Largest priority of BullMQ. Smaller is sooner; 0 is before all others. */
const MAX_PRIORITY = 2_097_152

const WORKER_OPTIONS = {
  autorun: false,
  lockDuration: 10_000,
  stalledInterval: 5000,
  /** A crash of the process counts as a stall; the default of 1 fails innocent jobs (performance.md finding 7). */
  maxStalledCount: 1_000_000,
  /** The default of 15 s is how long wake-ups would rest after the store is back. */
  runRetryDelay: 500,
} as const

/**
 * Deduplication only coalesces wake-ups; correctness rests on the command log's fence. `replace`: a newer wake-up takes the
 * place of one that is delayed; without it the newest would be dropped (anchors.md 3.2). `keepLastIfActive`: one that
 * arrives while the agent runs is not lost. The id is hashed because BullMQ forbids some characters in ids.
 */
function jobOptions(key: string, delayMs: number, priority: number) {
  const id = hash('sha256', key, 'base64url').slice(0, 32)
  return {
    delay: Math.max(0, Math.ceil(delayMs)),
    priority: Math.min(MAX_PRIORITY, Math.max(0, Math.round(priority))),
    attempts: 1,
    stackTraceLimit: 3,
    removeOnComplete: true,
    removeOnFail: { count: 200 },
    deduplication: { id, replace: true, keepLastIfActive: true },
  }
}

/** Named by its instant: what is added again is the same job. A failed one must not stand in the way of the same instant of a clock set back. */
function alarmOptions(at: number, now: number) {
  return {
    jobId: `alarm-${at}`,
    delay: Math.max(0, Math.ceil(at - now)),
    attempts: 1,
    stackTraceLimit: 3,
    removeOnComplete: true,
    removeOnFail: true,
  }
}

function unavailable(detail: string, cause?: unknown): CtiError {
  const init = { detail, retryAfterMs: RETRY_AFTER_MS }
  return new CtiError('STORE_UNAVAILABLE', cause === undefined ? init : { ...init, cause })
}

/** Rejects with STORE_UNAVAILABLE after `ms`, whatever the promise does. */
function bounded<T>(clock: Clock, ms: number, detail: string, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => reject(unavailable(detail)))
    promise.then(
      (value) => {
        cancel()
        resolve(value)
      },
      (error: unknown) => {
        cancel()
        reject(unavailable(detail, error))
      },
    )
  })
}

function openQueue(store: WakeUpStore): Queue<WakeUp> {
  if (store.kind === 'redis') return new Queue<WakeUp>(QUEUE_NAME, { connection: store.producer, prefix: PREFIX })
  const queue = new Queue<WakeUp, unknown, string, WakeUp, unknown, string, PostgresQueueBackend, PostgresConnectionOptions>(
    QUEUE_NAME,
    { connection: store.pool },
    createPostgresBackend,
  )
  return queue as unknown as Queue<WakeUp>
}

function openWorker(store: WakeUpStore, concurrency: number, process: (job: Job<WakeUp>) => Promise<void>): Worker<WakeUp> {
  const options = { ...WORKER_OPTIONS, concurrency }
  if (store.kind === 'redis') return new Worker<WakeUp>(QUEUE_NAME, process, { ...options, connection: store.worker, prefix: PREFIX })
  const worker = new Worker<WakeUp, void, string, PostgresQueueBackend, JobProgress, PostgresConnectionOptions>(
    QUEUE_NAME,
    process,
    { ...options, connection: store.pool },
    createPostgresBackend,
  )
  return worker as unknown as Worker<WakeUp>
}

async function migrate(pool: PgPool): Promise<void> {
  const client = await pool.connect()
  try {
    await runMigrations(client, SCHEMA)
  } finally {
    client.release()
  }
}

/** Members of a queue that only read, beside those that begin with `get` or `is`. */
const READERS = new Set(['name', 'qualifiedName', 'opts', 'metaValues', 'defaultJobOptions', 'toKey', 'count', 'client'])
const BOARD_TIMEOUT_MS = 2_000

/** The queue for onlookers: what changes it is missing, and a read that the store does not answer ends with STORE_UNAVAILABLE. */
function readOnly(queue: Queue<WakeUp>, clock: Clock): unknown {
  return new Proxy(queue, {
    get(target, name) {
      if (typeof name !== 'string' || !(READERS.has(name) || /^(get|is)[A-Z]/.test(name))) return undefined
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return (...given: unknown[]): unknown => {
        const answer: unknown = Reflect.apply(member, target, given)
        return answer instanceof Promise ? bounded(clock, BOARD_TIMEOUT_MS, 'the wake-up queue does not answer', answer) : answer
      }
    },
  })
}

/** Logs a broken connection once in a while: BullMQ reports every attempt to reconnect. */
function createErrorLog({ clock, log }: WakeUpParts): (error: Error) => void {
  let last = -Infinity
  return (error) => {
    if (clock.monotonic() - last < ERROR_LOG_EVERY_MS) return
    last = clock.monotonic()
    log.warn({ error: error.message }, 'the wake-up queue reports an error; it goes on when its store is back')
  }
}

/** Durable wake-ups on BullMQ. The store's connections stay the caller's: closing them is not done here. */
export async function createWakeUps(store: WakeUpStore, parts: WakeUpParts): Promise<WakeUps> {
  const { clock, log } = parts
  if (store.kind === 'postgres') await migrate(store.pool)
  const queue = openQueue(store)
  const onError = createErrorLog(parts)
  queue.on('error', onError)
  await bounded(clock, READY_TIMEOUT_MS, 'the wake-up queue did not become ready', queue.waitUntilReady())
  let worker: Worker<WakeUp> | undefined
  let closing: Promise<void> | undefined
  let inFlight = 0

  async function close(graceMs: number): Promise<void> {
    const stopped = worker?.close().catch(onError) ?? Promise.resolve()
    await Promise.race([stopped, clock.sleep(graceMs)])
    await Promise.race([queue.close().catch(onError), clock.sleep(500)])
  }

  function add(begin: () => Promise<unknown>): Promise<void> {
    if (closing !== undefined) return Promise.reject(unavailable('the wake-up queue is closed'))
    if (inFlight >= MAX_IN_FLIGHT) return Promise.reject(unavailable('too many wake-ups are unanswered'))
    inFlight += 1
    const added = begin().finally(() => {
      inFlight -= 1
    })
    return bounded(clock, WAKE_TIMEOUT_MS, 'the wake-up is not known to be stored', added).then(() => undefined)
  }

  return {
    wake: (key, { delayMs, priority }) => add(() => queue.add(WAKE, { key }, jobOptions(key, delayMs, priority))),
    alarm: (at, now) => add(() => queue.add(ALARM, { key: '' }, alarmOptions(at, now))),
    async start(handler, onAlarm) {
      if (worker !== undefined || closing !== undefined) throw new Error('wake-ups were started already, or are closed')
      worker = openWorker(store, parts.concurrency, async (job) => (job.name === ALARM ? onAlarm?.() : handler(job.data.key)))
      worker.on('error', onError)
      worker.on('failed', (job, error) => log.warn({ key: job?.data.key, error: error.message }, 'a wake-up failed'))
      await bounded(clock, READY_TIMEOUT_MS, 'the wake-up worker did not become ready', worker.waitUntilReady())
      worker.run().catch(onError)
    },
    board: readOnly(queue, clock),
    async stats() {
      const counts = await bounded(
        clock,
        WAKE_TIMEOUT_MS,
        'the wake-up queue does not answer',
        queue.getJobCounts('waiting', 'prioritized', 'delayed', 'active'),
      )
      return {
        waiting: (counts['waiting'] ?? 0) + (counts['prioritized'] ?? 0),
        delayed: counts['delayed'] ?? 0,
        active: counts['active'] ?? 0,
      }
    },
    close(graceMs) {
      closing ??= close(graceMs)
      return closing
    },
  }
}
