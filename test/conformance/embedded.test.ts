import { spawn, type ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { lockFolder } from '../../src/core/store/embedded-lock.js'
import { createEmbeddedPool, startThread } from '../../src/core/store/embedded-pool.js'
import { POSTGRES_MAJOR } from '../../src/core/store/embedded.js'
import { openEngine } from '../../src/core/store/open.js'
import type { Engine } from '../../src/core/wake-ups.js'
import { accept, soon, unique } from '../support/drafts.js'
import { createLogSpy } from '../support/log-spy.js'
import { gone } from '../support/redis-server.js'
import { engineConformance } from './engine-conformance.js'
import { sideConformance } from './engine-side.js'
import { waitUntil } from './outage.js'

let scratch = ''
let dataDir = ''
const spy = createLogSpy()
const open = () => openEngine('embedded', { dataDir, log: spy, clock: systemClock, owner: 'test' })

async function withEngine(use: (engine: Engine) => Promise<void>): Promise<void> {
  const engine = await open()
  try {
    await use(engine)
  } finally {
    await engine.close()
  }
}

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'cti-embedded-'))
  dataDir = join(scratch, 'data')
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

engineConformance({ name: 'embedded', open })
sideConformance({ name: 'embedded', open, shared: false })

interface Child {
  readonly process: ChildProcess
  readonly lines: string[]
}

function startChild(): Child {
  const script = new URL('../support/embedded-child.ts', import.meta.url).pathname
  const child = spawn(process.execPath, ['--import', 'tsx', script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  return { process: child, lines }
}

const within = { timeout: 40_000, interval: 20 }

describe('embedded data folder', () => {
  it('said what it did at the first start, and is named by the PostgreSQL inside', async () => {
    expect(spy.lines.map((line) => line.message)).toContain('creating the embedded database; this happens once and takes 4 to 10 s')
    expect((await readFile(join(dataDir, `pg${POSTGRES_MAJOR}`, 'PG_VERSION'), 'utf8')).trim()).toBe(String(POSTGRES_MAJOR))
    expect((await readdir(dataDir)).filter((entry) => entry.startsWith('creating-'))).toEqual([])
  })

  it('of another PostgreSQL is refused with instructions and left alone', async () => {
    const old = join(scratch, 'old')
    await mkdir(join(old, 'pg17'), { recursive: true })
    const opening = openEngine('embedded', { dataDir: old, log: spy, clock: systemClock, owner: 'test' })
    await expect(opening).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', detail: expect.stringContaining('pg17') as string })
    expect(await readdir(old)).toEqual(['pg17'])
  })

  it('opens again within 3 s, or half of what the first start took on this machine', async () => {
    const created = spy.lines.find((line) => line.message === 'the embedded database is created')
    const { elapsedMs } = created?.fields as { elapsedMs: number }
    const begun = Date.now()
    await withEngine(async () => {
      await Promise.resolve()
      expect(Date.now() - begun).toBeLessThan(Math.max(3000, elapsedMs / 2))
    })
  }, 30_000)

  it('belongs to one process: the second is refused with the process id of the first', async () => {
    await withEngine(async (engine) => {
      const child = startChild()
      await vi.waitFor(() => expect(child.lines[0]).toContain(`process ${process.pid}`), within)
      expect(child.lines[0]).toMatch(/^refused The data folder/)
      await gone(child.process)
      await expect(open()).rejects.toMatchObject({ detail: expect.stringContaining(`process ${process.pid}`) as string })
      await accept(engine.log, { agentId: unique('agent') })
    })
  }, 60_000)

  it('loses nothing acknowledged when its process is killed, twice in a row', async () => {
    const acknowledged: string[] = []
    for (const after of [41, 17]) {
      const child = startChild()
      try {
        await vi.waitFor(() => expect(child.lines.length).toBeGreaterThan(after), within)
      } finally {
        child.process.kill('SIGKILL')
        await gone(child.process)
      }
      expect(child.lines[0]).toBe('open')
      acknowledged.push(...child.lines.slice(1))
    }
    await withEngine(async (engine) => {
      const found = await Promise.all(acknowledged.map((id) => engine.log.get(id, soon(20_000))))
      expect(found.filter((command) => command === undefined).length).toBe(0)
      expect(found.length).toBeGreaterThan(55)
      expect((await engine.wakeUps.stats()).delayed).toBeGreaterThan(0)
    })
  }, 120_000)
})

describe('embedded lock', () => {
  it('is exclusive, freed by its release, and works in a folder with a long name', async () => {
    for (const folder of [join(scratch, 'short'), join(scratch, 'long'.repeat(40))]) {
      await mkdir(folder)
      const lock = await lockFolder(folder)
      await expect(lockFolder(folder)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
      await lock.release()
      const again = await lockFolder(folder)
      await again.release()
    }
  })

  it('goes to exactly one of many that start at once', async () => {
    const folder = join(scratch, 'many')
    await mkdir(folder)
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder)))
    const locks = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    expect(locks.length).toBe(1)
    await locks[0]?.release()
  })
})

describe('embedded thread', () => {
  it('is started again after it ended, and tells those who listen', async () => {
    const causes: string[] = []
    const threads: Worker[] = []
    const pool = await createEmbeddedPool(
      join(dataDir, `pg${POSTGRES_MAJOR}`),
      (cause) => causes.push(cause.message),
      (data) => {
        const thread = startThread(data)
        threads.push(thread)
        return thread
      },
    )
    const listener = await pool.connect()
    const told: Error[] = []
    listener.on('error', (error: Error) => told.push(error))
    const owed = pool.query('select pg_sleep(5)')
    setTimeout(() => void threads[0]?.terminate(), 50)
    await expect(owed).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await waitUntil(async () => {
      const { rows } = await pool.query<{ one: number }>('select 1 as one')
      expect(rows).toEqual([{ one: 1 }])
    })
    expect([causes.length, told.length, threads.length]).toEqual([1, 1, 2])
    await pool.end()
  }, 20_000)

  it('keeps a transaction of one client apart from everybody else', async () => {
    const pool = await createEmbeddedPool(join(dataDir, `pg${POSTGRES_MAJOR}`), () => undefined)
    const client = await pool.connect()
    await client.query('BEGIN')
    await client.query('create temporary table apart (n integer)')
    const outside = pool.query<{ n: number }>('select count(*)::integer as n from apart')
    await client.query('insert into apart values (1), (2)')
    await client.query('COMMIT')
    expect((await outside).rows).toEqual([{ n: 2 }])
    await client.query('BEGIN')
    await client.query('insert into apart values (3)')
    client.release()
    expect((await pool.query('select count(*)::integer as n from apart')).rows).toEqual([{ n: 2 }])
    await pool.end()
  }, 20_000)
})
