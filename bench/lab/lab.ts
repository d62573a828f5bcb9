import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { startRedisServer } from '../../test/support/redis-server.js'
import type { Pinning } from '../machine.js'
import { createChildren, type Children } from './children.js'

/** A private Redis server: append-only file, fsync every second. */
export interface LabRedis {
  /** Of database 0; `url/1` is the next one. */
  readonly url: string
  /** Bytes that the data take: without the buffers of clients and of the append-only file. */
  dataBytes(): Promise<number>
  flush(database: number): Promise<void>
}

/** Processes, servers and files of one run. */
export interface Lab extends Pick<Children, 'start'> {
  readonly folder: string
  redis(): Promise<LabRedis>
  /** Ends everything that was started since the last call; the next benchmark begins with an empty machine. */
  clear(): Promise<void>
  /** Ends everything and deletes the files. */
  close(): Promise<void>
}

/** A rewrite of the append-only file in the middle of a round would be somebody's bad luck. */
const REDIS_OPTIONS = ['--appendfsync', 'everysec', '--auto-aof-rewrite-percentage', '0']

export function createLab(pinning: Pinning | undefined): Lab {
  const folder = mkdtempSync(join(tmpdir(), 'cti-bench-'))
  const children = createChildren(folder, pinning)
  const closers: (() => Promise<void>)[] = []
  async function clear(): Promise<void> {
    await children.stopAll()
    for (const close of closers.splice(0)) await close()
  }
  return {
    folder,
    start: children.start,
    async redis() {
      const server = await startRedisServer(REDIS_OPTIONS)
      const client = new Redis(server.url)
      closers.push(async () => {
        client.disconnect()
        await server.stop()
      })
      if (pinning !== undefined) pinServer(await client.info('server'), pinning.other)
      return {
        url: server.url,
        dataBytes: async () => dataBytesOf(await client.info('memory')),
        async flush(database) {
          await client.select(database)
          await client.flushdb()
        },
      }
    },
    clear,
    async close() {
      await clear()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** It inherits our core already, unless this process may not move itself. */
function pinServer(info: string, core: number): void {
  const pid = /^process_id:(\d+)/m.exec(info)?.[1]
  if (pid !== undefined) spawnSync('taskset', ['-acp', String(core), pid])
}

export function dataBytesOf(info: string): number {
  const field = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0)
  return field('used_memory') - field('mem_clients_normal') - field('mem_aof_buffer')
}
