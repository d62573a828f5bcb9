import { spawn, type ChildProcess } from 'node:child_process'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { expertflowId } from '../../src/sandbox/platforms.js'
import { freePort, gone } from '../support/redis-server.js'

const run = promisify(execFile)
const dataDir = mkdtempSync(join(tmpdir(), 'cti-start-'))
let port: number
let gateway: Started

interface Started {
  readonly child: ChildProcess
  readonly output: () => string
}

/** The gateway as `npm start` starts it (the build is there: `npm test` makes it), with a port and a folder of its own. */
async function start(environment: Record<string, string> = {}): Promise<Started> {
  const child = spawn(process.execPath, ['bin/cti-gateway.js', 'start'], {
    env: { ...process.env, CTI_PORT: String(port), CTI_DATA_DIR: dataDir, FORCE_COLOR: '0', NO_COLOR: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = gone(child)
  for (;;) {
    if (output.includes('is ready at') && output.includes('curl -s ')) return { child, output: () => output }
    const over = await Promise.race([ended.then(() => true), new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 50))])
    if (over) return { child, output: () => output }
  }
}

beforeAll(async () => {
  port = await freePort()
  gateway = await start()
}, 120_000)
afterAll(async () => {
  gateway.child.kill('SIGKILL')
  await gone(gateway.child)
  rmSync(dataDir, { recursive: true, force: true })
})

const line = (beginning: string): string =>
  gateway
    .output()
    .split('\n')
    .find((text) => text.trim().startsWith(beginning))
    ?.trim() ?? ''
const shell = async (command: string): Promise<string> => (await run('sh', ['-c', command])).stdout

it('prints what runs where, and a curl line that logs an agent out; the journal shows exactly one LOGOUT', async () => {
  for (const text of ['expertflow', 'cxone', 'cisco-cti', 'cisco-finesse', 'loopback', 'embedded', '/console', '/docs', '/queues'])
    expect(gateway.output()).toContain(text)
  const answer = JSON.parse(await shell(line('curl -sS -X POST'))) as Record<string, unknown>
  expect(answer).toMatchObject({ action: 'LOGOUT', status: 'confirmed', agentId: expertflowId(1), attempts: 1 })
  await shell(line('curl -sS -X POST'))
  const journal = JSON.parse(await shell(line('curl -s '))) as { asked?: string }[]
  expect(journal.filter((entry) => entry.asked === 'LOGOUT')).toHaveLength(1)
})

it('keeps development keys that only their owner reads', () => {
  const path = join(dataDir, 'dev-keys.json')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(Object.keys(JSON.parse(readFileSync(path, 'utf8')) as object)).toEqual(['crm', 'supervisor', 'admin'])
})

it('refuses a second start on the same folder, and says who has it', async () => {
  const second = await start({ CTI_PORT: '0' })
  await gone(second.child)
  expect(second.child.exitCode).toBe(1)
  expect(second.output()).toContain(String(gateway.child.pid))
}, 60_000)

it('survives kill -9: keys and commands are there again', async () => {
  const { crm } = JSON.parse(readFileSync(join(dataDir, 'dev-keys.json'), 'utf8')) as { crm: string }
  const list = async (): Promise<unknown> =>
    (
      await fetch(`http://127.0.0.1:${port}/v1/platforms/expertflow/agents/${expertflowId(1)}/commands`, {
        headers: { authorization: `Bearer ${crm}` },
      })
    ).json()
  const before = await list()
  gateway.child.kill('SIGKILL')
  await gone(gateway.child)
  gateway = await start()
  expect(await list()).toEqual(before)
}, 120_000)

it('stops on SIGTERM, in bounds, and takes the simulators with it', async () => {
  const control = /control (http:\/\/\S+)/.exec(gateway.output())?.[1] ?? ''
  expect((await fetch(`${control}/journal`)).status).toBe(200)
  gateway.child.kill('SIGTERM')
  await gone(gateway.child)
  expect(gateway.child.exitCode).toBe(0)
  await expect
    .poll(
      () =>
        fetch(`${control}/journal`).then(
          () => 'up',
          () => 'gone',
        ),
      { timeout: 5000 },
    )
    .toBe('gone')
}, 60_000)

it('stops at once on bad configuration, with all of its errors', async () => {
  const child = await start({ CTI_PORT: 'many', CTI_ENGINE: 'sqlite', CTI_CONFIG: '/nowhere/gateway.yaml' })
  await gone(child.child)
  expect(child.child.exitCode).toBe(1)
  for (const text of ['port', 'engine: must be embedded', 'CTI_CONFIG: cannot read', '3 errors']) expect(child.output()).toContain(text)
}, 30_000)
