import { Redis } from 'ioredis'
import type { TestServer } from './redis-server.js'

/** Servers of which another one takes over when the master ends. */
export interface FailoverServers {
  /** As the setting `engine` takes it. */
  readonly url: string
  /** The server that has our keys now. */
  master(): Promise<TestServer>
  /** Resolves when every server is in its place: a failover can succeed. */
  settled(): Promise<void>
  /** Resolves when the replicas have what the master has now. */
  replicated(): Promise<void>
  /** Makes a replica the master; nothing is killed. */
  handOver(): Promise<void>
  stop(): Promise<void>
}

export function portOf(server: Pick<TestServer, 'url'>): number {
  return Number(new URL(server.url).port)
}

/** Asks one server and closes the connection. */
export async function ask<T>(
  port: number,
  question: (redis: Redis) => Promise<T>,
  options: { readonly password?: string } = {},
): Promise<T> {
  const redis = new Redis({ port, host: '127.0.0.1', connectTimeout: 1000, commandTimeout: 3000, retryStrategy: () => null, ...options })
  redis.on('error', () => undefined)
  try {
    return await question(redis)
  } finally {
    redis.disconnect()
  }
}

/** Repeats until it answers true, for 2 minutes (Sentinels on a loaded machine vote more than once); an error counts as false. */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 120_000; ;) {
    if (await holds().catch(() => false)) return
    if (Date.now() > end) throw new Error(`${what}: not within 2 minutes`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
