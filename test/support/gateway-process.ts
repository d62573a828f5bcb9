import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ApiKey } from '../../src/http/principal.js'
import { KEYS } from './api.js'
import { freePort, gone } from './redis-server.js'

/** A gateway as a process of its own, as it is started in production (the build is there: `npm test` makes it). */
export interface GatewayProcess {
  readonly url: string
  readonly port: number
  readonly child: ChildProcess
  /** What it has written so far. */
  output(): string
  /** SIGKILL. */
  kill(): Promise<void>
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>
  call(method: string, path: string, options: CallOptions): Promise<Reply>
}

export interface CallOptions {
  readonly key: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Reply {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

export interface ProcessSetup {
  readonly engine: string
  readonly platforms: readonly unknown[]
  readonly more?: Readonly<Record<string, unknown>>
  readonly args?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly port?: number
}

const READY_MS = 60_000

/** Those that make sense with these platforms: a key of one agent names its platform. */
function keysFor(platforms: readonly unknown[]): readonly ApiKey[] {
  const ids = platforms.map((platform) => (platform as { readonly id?: unknown }).id)
  return KEYS.filter(({ agent }) => agent === undefined || ids.includes(agent.slice(0, agent.indexOf('/'))))
}

export async function startGatewayProcess(setup: ProcessSetup): Promise<GatewayProcess> {
  const dir = mkdtempSync(join(tmpdir(), 'cti-links-'))
  const port = setup.port ?? (await freePort())
  const config = { engine: setup.engine, keys: keysFor(setup.platforms), platforms: setup.platforms, port, dataDir: dir, ...setup.more }
  const path = join(dir, 'gateway.json')
  writeFileSync(path, JSON.stringify(config))
  const child = spawn(process.execPath, ['bin/cti-gateway.js', 'start', ...(setup.args ?? [])], {
    env: { ...process.env, CTI_CONFIG: path, NO_COLOR: '1', ...setup.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = gone(child).then(() => rmSync(dir, { recursive: true, force: true }))
  await waitUntilReady(child, () => output)
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    port,
    child,
    output: () => output,
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    async stop() {
      child.kill('SIGTERM')
      await ended
      return child.exitCode
    },
    async call(method, path, { key, body, headers }) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(30_000),
      })
      return { status: response.status, body: (await response.json()) as Reply['body'] }
    },
  }
}

async function waitUntilReady(child: ChildProcess, output: () => string): Promise<void> {
  const until = Date.now() + READY_MS
  while (!output().includes('is ready at')) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the gateway ended: ${output()}`)
    if (Date.now() > until) {
      child.kill('SIGKILL')
      throw new Error(`the gateway was not ready: ${output()}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Passes TCP through and counts who is connected at the same time. */
export interface CountingProxy {
  readonly port: number
  readonly now: number
  /** Connections that were open at the same time, at most. */
  readonly most: number
  stop(): Promise<void>
}

export async function startCountingProxy(target: number): Promise<CountingProxy> {
  const open = new Set<Socket>()
  let most = 0
  const server = createServer((inside) => {
    open.add(inside)
    most = Math.max(most, open.size)
    const outside = connect(target, '127.0.0.1')
    for (const [one, other] of [
      [inside, outside],
      [outside, inside],
    ] as const) {
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
    inside.on('close', () => open.delete(inside))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    get now() {
      return open.size
    },
    get most() {
      return most
    },
    async stop() {
      for (const socket of open) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
