import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { SECRETS } from '../support/api.js'
import { startGatewayProcess, type GatewayProcess } from '../support/gateway-process.js'
import { startPostgresServer } from '../support/postgres-server.js'
import { startRedisServer, type TestServer } from '../support/redis-server.js'

/* A process that is killed right after its commands have ended has not told the audit trail yet. Whoever starts next tells it. */

const AGENTS = 20
let redis: TestServer
let postgres: TestServer
let dir: string
let url: Readonly<Record<string, string>>
beforeAll(async () => {
  ;[redis, postgres] = await Promise.all([startRedisServer(), startPostgresServer()])
  dir = mkdtempSync(join(tmpdir(), 'cti-audit-'))
  url = { redis: redis.url, postgres: postgres.url, embedded: 'embedded' }
}, 60_000)
afterAll(async () => {
  await Promise.all([redis.stop(), postgres.stop()])
  rmSync(dir, { recursive: true, force: true })
})

const start = (engine: string): Promise<GatewayProcess> =>
  startGatewayProcess({
    engine: url[engine] as string,
    platforms: [{ id: 'loopback', adapter: 'loopback', options: { agents: AGENTS } }],
    more: { dataDir: join(dir, engine) },
  })

it.each(['redis', 'postgres', 'embedded'])(
  'kill -9 between the end of a command and its row, %s: the row is there after the next start',
  async (engine) => {
    const first = await start(engine)
    const login = (n: number): Promise<unknown> =>
      first.call('POST', `/v1/platforms/loopback/agents/agent${n + 1}/commands`, {
        key: SECRETS.crm,
        body: { action: 'LOGIN' },
        headers: { 'x-on-behalf-of': 'ann' },
      })
    const answers = (await Promise.all(Array.from({ length: AGENTS }, (_, n) => login(n)))) as { status: number; body: { id: string } }[]
    await first.kill()
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    const second = await start(engine)
    const rows = async (): Promise<readonly Record<string, unknown>[]> =>
      (await second.call('GET', '/v1/audit?limit=1000', { key: SECRETS.admin })).body['rows'] as Record<string, unknown>[]
    const outcomes = async (): Promise<readonly unknown[]> =>
      (await rows()).map(({ command, what, principal, onBehalfOf, status }) => [command, what, principal, onBehalfOf, status]).sort()
    const wanted = answers.map(({ body }) => [body.id, 'command', 'crm', 'ann', 'confirmed']).sort()
    await expect.poll(outcomes, { timeout: 30_000, interval: 500 }).toEqual(wanted)
    expect(await second.stop()).toBe(0)
  },
  120_000,
)
