import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'

export interface TestServer {
  readonly url: string
  /** SIGSTOP: the server accepts and answers nothing, connections stay open. */
  freeze(): void
  /** SIGCONT. */
  thaw(): void
  /** SIGKILL, then waits until it is gone. */
  kill(): Promise<void>
  /** Starts it again on the same port and data. */
  restart(): Promise<void>
  /** Ends it and deletes its data. */
  stop(): Promise<void>
}

/** A TCP port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      probe.close(() => resolve(port))
    })
  })
}

/** Resolves when the child has ended. */
export function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => child.once('exit', () => resolve()))
}

async function answers(port: number, login: { readonly password?: string }): Promise<boolean> {
  const probe = new Redis({ port, host: '127.0.0.1', lazyConnect: true, retryStrategy: () => null, connectTimeout: 500, ...login })
  probe.on('error', () => undefined)
  try {
    await probe.connect()
    return (await probe.ping()) === 'PONG'
  } catch {
    return false
  } finally {
    probe.disconnect()
  }
}

/** Starts a private redis-server from the PATH: append-only file, noeviction, temporary folder, and a password if one is given. */
export async function startRedisServer(extra: readonly string[] = [], password?: string): Promise<TestServer> {
  if (spawnSync('redis-server', ['--version']).error !== undefined) {
    throw new Error('redis-server is missing; install it: apt-get install redis-server')
  }
  const dir = await mkdtemp(join(tmpdir(), 'cti-redis-'))
  const port = await freePort()
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--appendonly', 'yes']
  if (password !== undefined) args.push('--requirepass', password, '--masterauth', password)
  const login = password === undefined ? {} : { password }
  let child: ChildProcess

  async function start(): Promise<void> {
    child = spawn('redis-server', [...args, '--maxmemory-policy', 'noeviction', '--daemonize', 'no', ...extra], { stdio: 'ignore' })
    for (let tries = 0; tries < 500; tries += 1) {
      if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`)
      if (await answers(port, login)) return
      await sleep(10)
    }
    throw new Error('redis-server did not answer')
  }

  await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    async kill() {
      child.kill('SIGKILL')
      await gone(child)
    },
    restart: start,
    async stop() {
      child.kill('SIGKILL')
      await gone(child)
      await rm(dir, { recursive: true, force: true })
    },
  }
}
