import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { freePort, gone, startRedisServer, type TestServer } from '../support/redis-server.js'
import type { EngineHandle } from './engines.js'

const NAME = 'mymaster'
const QUORUM = 2
const DOWN_AFTER_MS = 800
const FAILOVER_LIMIT_MS = 60_000

/** One master, one replica, three sentinels. */
export interface SentinelSite {
  readonly engine: EngineHandle
  /** Kills the present master, waits for the other one to be promoted, and brings the dead one back as its replica. Answers ms without a master. */
  failOver(): Promise<number>
}

export async function startSentinelSite(): Promise<SentinelSite> {
  const always = ['--appendfsync', 'always']
  const first = await startRedisServer(always)
  const second = await startRedisServer([...always, '--replicaof', '127.0.0.1', portOf(first)])
  const servers = [first, second]
  const folder = await mkdtemp(join(tmpdir(), 'cti-sentinel-'))
  const sentinels: { port: number; child: ChildProcess }[] = []
  for (let number = 0; number < 3; number += 1) sentinels.push(await startSentinel(folder, portOf(first)))
  const ports = sentinels.map(({ port }) => port)
  await until(async () => (await ask(ports[0] ?? 0, 'slaves')).length === 1 && (await ask(ports[0] ?? 0, 'sentinels')).length === 2)

  return {
    engine: {
      kind: 'redis',
      url: `redis+sentinel://${ports.map((port) => `127.0.0.1:${port}`).join(',')}/${NAME}`,
      snapshot: () => Promise.reject(new Error('no snapshots here')),
      restore: () => Promise.reject(new Error('no snapshots here')),
      async stop() {
        for (const { child } of sentinels) child.kill('SIGKILL')
        await Promise.all(sentinels.map(({ child }) => gone(child)))
        await Promise.all(servers.map((server) => server.stop()))
        await rm(folder, { recursive: true, force: true })
      },
    },
    async failOver() {
      const old = await master(ports)
      const server = servers.find((each) => portOf(each) === old)
      if (server === undefined) throw new Error(`the master is at an unknown port: ${old}`)
      const began = performance.now()
      await server.kill()
      await until(async () => {
        const now = await master(ports)
        return now !== old && (await roleOf(now)) === 'master'
      })
      const took = performance.now() - began
      await server.restart()
      // Sentinels make it a replica; only then is there somebody for the next fail-over.
      await until(async () => (await roleOf(old)) === 'slave' && (await inSync(old)))
      return took
    },
  }
}

const portOf = (server: TestServer): string => new URL(server.url).port

async function startSentinel(folder: string, masterPort: string): Promise<{ port: number; child: ChildProcess }> {
  const port = await freePort()
  const file = join(folder, `${port}.conf`)
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor ${NAME} 127.0.0.1 ${masterPort} ${QUORUM}`,
    `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${NAME} 3000`,
    `sentinel parallel-syncs ${NAME} 1`,
  ]
  await writeFile(file, `${lines.join('\n')}\n`)
  const child = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' })
  return { port, child }
}

async function withRedis<T>(port: number | string, work: (redis: Redis) => Promise<T>): Promise<T | undefined> {
  const redis = new Redis({
    host: '127.0.0.1',
    port: Number(port),
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: 500,
    commandTimeout: 1000,
  })
  redis.on('error', () => undefined)
  try {
    await redis.connect()
    return await work(redis)
  } catch {
    return undefined
  } finally {
    redis.disconnect()
  }
}

async function ask(port: number, what: 'slaves' | 'sentinels'): Promise<unknown[]> {
  return ((await withRedis(port, (redis) => redis.call('SENTINEL', what, NAME))) as unknown[] | undefined) ?? []
}

/** Port of the master as most sentinels see it. */
async function master(ports: readonly number[]): Promise<string> {
  const answers = await Promise.all(
    ports.map((port) => withRedis(port, (redis) => redis.call('SENTINEL', 'get-master-addr-by-name', NAME))),
  )
  const seen = answers.map((answer) => String((answer as [string, string] | undefined)?.[1] ?? ''))
  return seen.find((port) => port !== '' && seen.filter((other) => other === port).length >= QUORUM) ?? ''
}

async function roleOf(port: string): Promise<string | undefined> {
  return withRedis(port, async (redis) => String((await redis.role())[0]))
}

async function inSync(port: string): Promise<boolean> {
  return (await withRedis(port, async (redis) => (await redis.info('replication')).includes('master_link_status:up'))) ?? false
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const limit = Date.now() + FAILOVER_LIMIT_MS
  while (!(await holds())) {
    if (Date.now() > limit) throw new Error(`the sentinels did not get there within ${FAILOVER_LIMIT_MS} ms`)
    await sleep(50)
  }
}
