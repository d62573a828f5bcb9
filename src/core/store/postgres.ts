import { randomUUID } from 'node:crypto'
import pg from 'pg'
import type { Logger } from '../adapter.js'
import type { Clock } from '../clock.js'
import type { CommandLog, EngineOptions } from '../command-log.js'
import type { LogoutLog } from '../agents/logout-log.js'
import { CtiError } from '../model/error.js'
import { createEngineTime, storeUnavailable } from './deadline.js'
import { migrate } from './migrations.js'
import type { Side } from './side.js'
import { createSqlLog } from './sql.js'
import { createSqlBus } from './sql-bus.js'
import { createSqlSide } from './sql-side.js'

export interface PostgresSettings {
  readonly url: string
  readonly clock: Clock
  readonly log: Logger
  /** Shown as application_name. */
  readonly owner: string
  /** How long to wait for the server at start, ms. */
  readonly startMs: number
  /** Newest events kept for readers of the stream. */
  readonly keepEvents: number
}

export interface PostgresStore {
  readonly log: CommandLog
  readonly logouts: LogoutLog
  readonly side: Side
  readonly description: string
  /** For BullMQ: its tables stand in the schema `bullmq`, and one client stays checked out for LISTEN. */
  readonly queuePool: pg.Pool
  ping(options: EngineOptions): Promise<void>
  close(): Promise<void>
}

const LOG_CONNECTIONS = 10
const QUEUE_CONNECTIONS = 6
/** Backstops only: every call has its own, earlier deadline. They end what a dead connection would keep for ever. */
const STATEMENT_TIMEOUT_MS = 5000
const QUERY_TIMEOUT_MS = 6000
const QUEUE_TIMEOUT_MS = 30_000
const CONNECT_TIMEOUT_MS = 2000
const CLOCK_EVERY_MS = 10_000
const CLOSE_TIMEOUT_MS = 1000
/** SQLSTATE classes that waiting does not cure: wrong password, no such role or database, no such right. */
const HOPELESS = /^(28|3D|42)/

function createPools({ url, owner }: PostgresSettings): { readonly logPool: pg.Pool; readonly queuePool: pg.Pool } {
  const common = {
    connectionString: url,
    application_name: `cti-gateway ${owner}`,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    idleTimeoutMillis: 60_000,
  }
  const logPool = new pg.Pool({
    ...common,
    max: LOG_CONNECTIONS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
  })
  const queuePool = new pg.Pool({
    ...common,
    max: QUEUE_CONNECTIONS,
    statement_timeout: QUEUE_TIMEOUT_MS,
    query_timeout: QUEUE_TIMEOUT_MS,
    options: '-c search_path=bullmq,public',
  })
  return { logPool, queuePool }
}

/** Waits until the server takes connections; the error names the address and the last cause, never the password. */
async function waitUntilReady(pool: pg.Pool, settings: PostgresSettings, where: string): Promise<string> {
  const end = settings.clock.monotonic() + settings.startMs
  for (;;) {
    try {
      const { rows } = await pool.query<{ version: string }>("select current_setting('server_version') as version")
      return rows[0]?.version ?? 'of unknown version'
    } catch (error) {
      const state = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
      if (settings.clock.monotonic() < end && !HOPELESS.test(state)) {
        await settings.clock.sleep(50)
        continue
      }
      const reason = error instanceof Error && error.message !== '' ? error.message : state
      throw storeUnavailable(`PostgreSQL at ${where} cannot be used (${reason}). Start it, or correct the setting \`engine\`.`, error)
    }
  }
}

async function migrateIn(pool: pg.Pool): Promise<void> {
  const client = await pool.connect()
  try {
    await migrate(client)
  } catch (error) {
    if (error instanceof CtiError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw storeUnavailable(`The database's schema \`cti\` cannot be made (${reason}). The user needs CREATE on the database.`, error)
  } finally {
    client.release()
  }
}

/** Opens the command log on a PostgreSQL server. Fails with STORE_UNAVAILABLE and a remedy when it cannot be used. */
export async function openPostgresStore(settings: PostgresSettings): Promise<PostgresStore> {
  const { clock, log } = settings
  const address = new URL(settings.url)
  const where = `${address.hostname}:${address.port === '' ? '5432' : address.port}${address.pathname}`
  const { logPool, queuePool } = createPools(settings)
  for (const pool of [logPool, queuePool]) {
    pool.setMaxListeners(0)
    pool.on('error', (error) => log.debug({ error: error.message }, 'PostgreSQL connection lost'))
  }
  const time = createEngineTime(clock, () => databaseNow(logPool), CLOCK_EVERY_MS)
  const endPools = async (): Promise<void> => {
    const ended = Promise.allSettled([logPool.end(), queuePool.end()])
    await Promise.race([ended, clock.sleep(CLOSE_TIMEOUT_MS)])
  }
  try {
    const version = await waitUntilReady(logPool, settings, where)
    await migrateIn(logPool)
    await time.measure()
    const { log: commandLog, logouts, undoer, rows, ping } = createSqlLog({ database: logPool, clock, time })
    const self = randomUUID()
    const bus = await createSqlBus({ clock, log, url: settings.url, name: `cti-gateway ${settings.owner}`, sender: self })
    return {
      log: commandLog,
      logouts,
      side: createSqlSide(rows, self, bus, settings.keepEvents),
      ping,
      queuePool,
      description: `PostgreSQL ${version} at ${where}`,
      async close() {
        undoer.stop()
        time.stop()
        bus.close()
        await endPools()
      },
    }
  } catch (error) {
    time.stop()
    await endPools()
    throw error
  }
}

async function databaseNow(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ now: number }>('select extract(epoch from clock_timestamp())::double precision * 1000 as now')
  return Number(rows[0]?.now)
}
