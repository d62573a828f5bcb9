import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { freePort, gone, startRedisServer, type TestServer } from '../support/redis-server.js'

/** `cti-gateway start --workers 2` without configured platforms: the sandbox belongs to the primary, the buttons are the workers'. */
const dataDir = mkdtempSync(join(tmpdir(), 'cti-buttons-'))
let redis: TestServer
let child: ChildProcess
let url = ''

beforeAll(async () => {
  redis = await startRedisServer()
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  child = spawn(process.execPath, ['bin/cti-gateway.js', 'start', '--workers', '2'], {
    env: { ...process.env, CTI_PORT: String(port), CTI_DATA_DIR: dataDir, CTI_ENGINE: redis.url, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await vi.waitFor(() => expect(output).toContain('is ready at'), { timeout: 90_000, interval: 100 })
}, 120_000)
afterAll(async () => {
  child.kill('SIGTERM')
  await gone(child)
  await redis.stop()
  rmSync(dataDir, { recursive: true, force: true })
}, 40_000)

/** On a connection of its own: each may meet another worker. */
async function call(method: string, path: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const { admin } = JSON.parse(readFileSync(join(dataDir, 'dev-keys.json'), 'utf8')) as { admin: string }
  const response = await fetch(`${url}${path}`, { method, headers: { authorization: `Bearer ${admin}`, connection: 'close' } })
  const text = await response.text()
  return { status: response.status, body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { text } }
}

it('any worker has the buttons, and any shows what they do', async () => {
  const processes = new Set<unknown>()
  await expect
    .poll(
      async () => {
        const { body } = await call('GET', '/v1/operations')
        processes.add(body['process'])
        return processes.size
      },
      { timeout: 30_000 },
    )
    .toBe(2)
  for (let n = 0; n < 4; n += 1) {
    const pressed = await call('POST', '/v1/sandbox/cisco-cti/call-arrives')
    expect(pressed.status).toBe(200)
    const path = `/v1/platforms/cisco-cti/agents/${String(pressed.body['agentId'])}/state`
    await expect.poll(async () => (await call('GET', path)).body['state'], { timeout: 20_000 }).toBe('RESERVED')
  }
}, 60_000)

it('the board is served by any worker', async () => {
  for (let n = 0; n < 4; n += 1) {
    expect((await call('GET', '/queues/api/queues')).body).toMatchObject({ queues: [{ name: 'cti-wake', readOnlyMode: true }] })
    expect((await call('GET', '/queues')).status).toBe(200)
  }
}, 30_000)
