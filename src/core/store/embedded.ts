import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Logger } from '../adapter.js'
import type { Clock } from '../clock.js'
import type { CommandLog, EngineOptions } from '../command-log.js'
import type { LogoutLog } from '../agents/logout-log.js'
import { silentBus } from './bus-core.js'
import { localTime, storeUnavailable } from './deadline.js'
import { lockFolder } from './embedded-lock.js'
import { createEmbeddedPool, startThread, type EmbeddedPool } from './embedded-pool.js'
import type { FromThread } from './embedded-thread.js'
import { migrate } from './migrations.js'
import type { Side } from './side.js'
import { createSqlLog } from './sql.js'
import { createSqlSide } from './sql-side.js'

export interface EmbeddedSettings {
  readonly dataDir: string
  readonly clock: Clock
  readonly log: Logger
  /** Newest events kept for readers of the stream. */
  readonly keepEvents: number
}

export interface EmbeddedStore {
  readonly log: CommandLog
  readonly logouts: LogoutLog
  readonly side: Side
  readonly description: string
  /** For BullMQ. */
  readonly queuePool: EmbeddedPool
  ping(options: EngineOptions): Promise<void>
  close(): Promise<void>
}

/** PostgreSQL's major version inside the pinned PGlite. A test compares it with what PGlite creates. */
export const POSTGRES_MAJOR = 18

const PROGRESS_EVERY_MS = 2000

/**
 * PGlite in a thread of its own, data in `dataDir/pg18`. Survives `kill -9` of the process, not a power cut: PGlite ignores
 * fsync on Node (its issue 1107). Fails with STORE_UNAVAILABLE when another process has the folder.
 */
export async function openEmbeddedStore({ dataDir, clock, log, keepEvents }: EmbeddedSettings): Promise<EmbeddedStore> {
  const root = resolve(dataDir)
  await mkdir(root, { recursive: true, mode: 0o700 })
  const lock = await lockFolder(root)
  let pool: EmbeddedPool | undefined
  try {
    const folder = await databaseFolder(root, clock, log)
    pool = await createEmbeddedPool(folder, (cause) =>
      log.error({ error: cause.message }, 'the embedded database has ended; it is started again'),
    )
    const client = await pool.connect()
    await migrate(client)
    client.release()
    return createStore(pool, folder, { clock, keepEvents }, lock.release)
  } catch (error) {
    await pool?.end()
    await lock.release()
    throw error
  }
}

function createStore(
  pool: EmbeddedPool,
  folder: string,
  { clock, keepEvents }: Pick<EmbeddedSettings, 'clock' | 'keepEvents'>,
  unlock: () => Promise<void>,
): EmbeddedStore {
  const { log, logouts, undoer, rows, ping } = createSqlLog({ database: pool, clock, time: localTime })
  return {
    log,
    logouts,
    side: createSqlSide(rows, 'only', silentBus, keepEvents),
    ping,
    queuePool: pool,
    description: `embedded PostgreSQL ${POSTGRES_MAJOR} in ${folder}; survives crashes of the gateway, not a power cut`,
    async close() {
      undoer.stop()
      await pool.end()
      await unlock()
    },
  }
}

/**
 * The folder of our PostgreSQL major, made if there is none. Made under another name and renamed when complete, so that a
 * process killed meanwhile leaves nothing that looks like a database.
 */
async function databaseFolder(root: string, clock: Clock, log: Logger): Promise<string> {
  const entries = await readdir(root)
  const folder = join(root, `pg${POSTGRES_MAJOR}`)
  if (entries.includes(`pg${POSTGRES_MAJOR}`)) return folder
  const foreign = entries.find((entry) => /^pg\d+$/.test(entry))
  if (foreign !== undefined) {
    throw storeUnavailable(
      `The data folder ${root} holds ${foreign}, written by a gateway with another PostgreSQL; this one needs pg${POSTGRES_MAJOR}. ` +
        `Start the old gateway until no command is open, stop it, move ${foreign} away, then start this one.`,
    )
  }
  await Promise.all(entries.filter((entry) => entry.startsWith('creating-')).map((entry) => rm(join(root, entry), { recursive: true })))
  const unfinished = join(root, `creating-${process.pid}`)
  await createDatabase(unfinished, folder, clock, log)
  const major = (await readFile(join(unfinished, 'PG_VERSION'), 'utf8')).trim()
  if (major !== String(POSTGRES_MAJOR)) throw storeUnavailable(`The embedded PostgreSQL has version ${major}, not ${POSTGRES_MAJOR}.`)
  await rename(unfinished, folder)
  return folder
}

/** In a thread that ends afterwards: making a database leaves 770 MB of memory behind in the thread that does it. */
async function createDatabase(unfinished: string, folder: string, clock: Clock, log: Logger): Promise<void> {
  const begun = clock.monotonic()
  const elapsed = (): number => Math.round(clock.monotonic() - begun)
  log.info({ folder }, 'creating the embedded database; this happens once and takes 4 to 10 s')
  const stopProgress = clock.every(PROGRESS_EVERY_MS, () => log.info({ elapsedMs: elapsed() }, 'still creating the embedded database'))
  try {
    await new Promise<void>((done, fail) => {
      const worker = startThread({ folder: unfinished, task: 'create' })
      let created = false
      worker.once('message', (message: FromThread) => {
        created = message.kind === 'closed'
        void worker.terminate()
      })
      worker.once('error', (error) => fail(storeUnavailable('the embedded database could not be created', error)))
      worker.once('exit', (code) => {
        if (created) done()
        else fail(storeUnavailable(`the thread that creates the embedded database ended with code ${code}`))
      })
    })
  } finally {
    stopProgress()
  }
  log.info({ elapsedMs: elapsed() }, 'the embedded database is created')
}
