import { setTimeout as sleep } from 'node:timers/promises'
import { startRedisSentinel } from '../support/redis-sentinel.js'
import type { EngineHandle } from './engines.js'

const FAILOVER_LIMIT_MS = 60_000

/** One master, two replicas, three sentinels, as an engine that can lose its master. */
export interface SentinelSite {
  readonly engine: EngineHandle
  /**
   * Kills the present master, waits for another one to be promoted, says so, and brings the dead one back as its replica. Answers ms
   * without a master.
   */
  failOver(promoted: () => unknown): Promise<number>
}

export async function startSentinelSite(): Promise<SentinelSite> {
  const servers = await startRedisSentinel()
  const unsupported = (): Promise<never> => Promise.reject(new Error('there are no snapshots behind Sentinel'))
  return {
    engine: { kind: 'redis', url: servers.url, snapshot: unsupported, restore: unsupported, stop: () => servers.stop() },
    async failOver(promoted) {
      const old = await servers.master()
      const began = performance.now()
      await old.kill()
      // Until it is promoted, the sentinels name the dead one.
      while ((await servers.master().catch(() => old)).url === old.url) {
        if (performance.now() - began > FAILOVER_LIMIT_MS) throw new Error(`no new master within ${FAILOVER_LIMIT_MS} ms`)
        await sleep(50)
      }
      const took = performance.now() - began
      promoted()
      await old.restart()
      // Only when it follows the new one is there somebody for the next fail-over.
      await servers.settled()
      return took
    },
  }
}
