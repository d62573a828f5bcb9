import { spawnSync } from 'node:child_process'
import { cp, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import pg from 'pg'
import { startPostgresServer } from '../support/postgres-server.js'
import { startRedisServer, type TestServer } from '../support/redis-server.js'

export const ENGINES = ['embedded', 'redis', 'postgres'] as const
export type EngineKind = (typeof ENGINES)[number]

/** An engine in a process of its own, or the embedded one, which lives and dies with the gateway. */
export interface EngineHandle {
  readonly kind: EngineKind
  readonly url: string
  /** Missing for the embedded engine. */
  readonly server?: TestServer
  /** Copies its data as it is on disk in one instant, as a power cut would leave it. */
  snapshot(target: string): Promise<void>
  /** Puts a copy back. The engine must not be running. */
  restore(source: string): Promise<void>
  stop(): Promise<void>
}

/** `always`: every write of Redis is synced, so that what was answered is there after a kill. */
export type Fsync = 'always' | 'everysec'

export async function openEngine(kind: EngineKind, dataDir: string, fsync: Fsync = 'always'): Promise<EngineHandle> {
  switch (kind) {
    case 'embedded':
      return embedded(dataDir)
    case 'redis': {
      const server = await startRedisServer(['--appendfsync', fsync])
      return served(kind, server, await folderOfRedis(server.url))
    }
    case 'postgres': {
      const server = await startPostgresServer()
      return served(kind, server, await folderOfPostgres(server.url))
    }
  }
}

function served(kind: EngineKind, server: TestServer, folder: string): EngineHandle {
  return {
    kind,
    url: server.url,
    server,
    async snapshot(target) {
      server.freeze()
      try {
        await copy(folder, target)
      } finally {
        server.thaw()
      }
    },
    restore: (source) => replace(source, folder),
    stop: () => server.stop(),
  }
}

/** The database's folder only: what else the gateway keeps beside it is not part of the database. */
function embedded(dataDir: string): EngineHandle {
  const databases = async (folder: string): Promise<string[]> => (await readdir(folder)).filter((name) => name.startsWith('pg'))
  return {
    kind: 'embedded',
    url: 'embedded',
    async snapshot(target) {
      await mkdir(target, { recursive: true })
      for (const name of await databases(dataDir)) await copy(join(dataDir, name), join(target, name))
    },
    async restore(source) {
      for (const name of await databases(source)) await replace(join(source, name), join(dataDir, name))
    },
    stop: async () => undefined,
  }
}

async function replace(source: string, target: string): Promise<void> {
  await rm(target, { recursive: true, force: true })
  await copy(source, target)
}

/** With owner and rights: PostgreSQL runs as another user and insists on both. */
async function copy(source: string, target: string): Promise<void> {
  const done = spawnSync('cp', ['-a', source, target], { encoding: 'utf8' })
  if (done.error !== undefined) await cp(source, target, { recursive: true, preserveTimestamps: true })
  else if (done.status !== 0) throw new Error(`the copy of ${source} failed: ${done.stderr}`)
}

async function folderOfRedis(url: string): Promise<string> {
  const client = new Redis(url)
  try {
    const [, folder] = (await client.config('GET', 'dir')) as [string, string]
    return folder
  } finally {
    client.disconnect()
  }
}

async function folderOfPostgres(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory')
    return rows[0]?.data_directory ?? ''
  } finally {
    await client.end()
  }
}
