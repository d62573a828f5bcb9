import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { openEngine } from '../../src/core/store/open.js'
import type { Engine } from '../../src/core/wake-ups.js'
import { createLogSpy } from './log-spy.js'
import { startRedisServer, type TestServer } from './redis-server.js'

export interface OwnRedis {
  /** For a look at the keys, past every engine. */
  readonly redis: Redis
  readonly url: string
  /** An engine on it; closed after the test. */
  open(more?: { readonly keepEvents?: number }): Promise<Engine>
  /** Keys that a gateway has written, as Redis commands. */
  load(data: readonly (readonly string[])[], wanted?: (key: string) => boolean): Promise<void>
}

/** A server for the tests of this file, empty before each. */
export function useOwnRedis(): OwnRedis {
  let server: TestServer
  let redis: Redis
  const engines: Engine[] = []
  beforeAll(async () => {
    server = await startRedisServer()
    redis = new Redis(server.url)
  }, 20_000)
  afterEach(async () => {
    await Promise.all(engines.splice(0).map((engine) => engine.close()))
    await redis.flushall()
  })
  afterAll(async () => {
    redis.disconnect()
    await server.stop()
  })
  return {
    get redis() {
      return redis
    },
    get url() {
      return server.url
    },
    async open(more = {}) {
      const engine = await openEngine(server.url, { dataDir: '', log: createLogSpy(), clock: systemClock, owner: 'test', ...more })
      engines.push(engine)
      return engine
    },
    async load(data, wanted = () => true) {
      for (const [name = '', ...args] of data) if (wanted(args[0] ?? '')) await redis.call(name, ...args)
    },
  }
}
