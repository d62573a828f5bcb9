import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DevKeys } from '../../src/keys/dev-keys.js'
import type { JournalEntry } from '../../src/simulators/kit/journal.js'
import { freePort, gone } from './redis-server.js'

/** The started product with its sandbox, as a newcomer has it. */
export interface ConsoleSite {
  readonly url: string
  readonly keys: DevKeys
  /** What reached a simulated platform. */
  journal(platform: string, filter?: { agentId?: string; operation?: string }): Promise<readonly JournalEntry[]>
  /** Makes something happen at a simulated platform, past the gateway. */
  event(platform: string, body: Readonly<Record<string, unknown>>): Promise<unknown>
  /** A call of the API with the admin's key. */
  call(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }>
  stop(): Promise<void>
}

const READY_MS = 90_000

/** Starts `cti-gateway start` without platforms, on free ports (the build is there: `npm test` makes it). */
export async function startConsoleSite(settings: Readonly<Record<string, unknown>> = {}): Promise<ConsoleSite> {
  const dir = mkdtempSync(join(tmpdir(), 'cti-console-'))
  const port = await freePort()
  const config = join(dir, 'gateway.json')
  writeFileSync(config, JSON.stringify({ port, dataDir: dir, ...settings }))
  const child = spawn(process.execPath, ['bin/cti-gateway.js', 'start'], {
    env: { ...process.env, CTI_CONFIG: config, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = gone(child)
  const until = Date.now() + READY_MS
  while (!output.includes('is ready at')) {
    if (child.exitCode !== null || Date.now() > until) {
      child.kill('SIGKILL')
      throw new Error(`the gateway did not start: ${output}`)
    }
    await sleep(50)
  }
  const url = `http://127.0.0.1:${port}`
  const keys = JSON.parse(readFileSync(join(dir, 'dev-keys.json'), 'utf8')) as DevKeys
  // The banner is written in one go, but a pipe may cut it.
  while (!output.includes('data/dev-keys') && !output.includes('dev-keys.json')) await sleep(20)
  const control = (platform: string): string => {
    const found = new RegExp(`^\\s*${platform}\\s.*control (http://\\S+)`, 'm').exec(output)?.[1]
    if (found === undefined) throw new Error(`no simulator "${platform}": ${output}`)
    return found
  }
  return {
    url,
    keys,
    async journal(platform, filter = {}) {
      return (await (await fetch(`${control(platform)}/journal?${new URLSearchParams(filter).toString()}`)).json()) as JournalEntry[]
    },
    async event(platform, body) {
      const response = await fetch(`${control(platform)}/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      if (!response.ok) throw new Error(await response.text())
      return ((await response.json()) as { result: unknown }).result
    },
    async call(method, path, body) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { authorization: `Bearer ${keys.admin}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> }
    },
    async stop() {
      child.kill('SIGTERM')
      const killer = setTimeout(() => child.kill('SIGKILL'), 20_000)
      await ended
      clearTimeout(killer)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
