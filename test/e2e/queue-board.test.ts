import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { openEngine } from '../../src/core/store/open.js'
import type { Engine } from '../../src/core/wake-ups.js'
import { hashKey } from '../../src/keys/dev-keys.js'
import { startGateway } from '../../src/gateway.js'
import type { ApiKey } from '../../src/http/principal.js'
import { KEYS, SECRETS, startApi, testConfig, type Api } from '../support/api.js'
import { openBrowser } from '../support/browser.js'
import { createMemoryEngine } from '../support/memory-engine.js'
import { createLogSpy } from '../support/log-spy.js'
import { startPostgresServer } from '../support/postgres-server.js'
import { startRedisServer } from '../support/redis-server.js'
import { silentLogger } from '../support/storm.js'

interface Opened {
  readonly engine: Engine
  stop(): Promise<void>
}

const partsIn = (dataDir: string) => ({ dataDir, log: createLogSpy(), clock: systemClock, owner: 'board' })

/** Every engine that has a queue. */
const ENGINES: Readonly<Record<string, () => Promise<Opened>>> = {
  async redis() {
    const server = await startRedisServer()
    return { engine: await openEngine(server.url, partsIn('')), stop: () => server.stop() }
  },
  async postgres() {
    const server = await startPostgresServer()
    return { engine: await openEngine(server.url, partsIn('')), stop: () => server.stop() }
  },
  async embedded() {
    const dir = await mkdtemp(join(tmpdir(), 'cti-board-'))
    return { engine: await openEngine('embedded', partsIn(join(dir, 'data'))), stop: () => rm(dir, { recursive: true, force: true }) }
  },
}

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
}, 60_000)
afterAll(() => browser.close())

describe.each(Object.keys(ENGINES))('the board of the queue on %s', (name) => {
  let opened: Opened
  let api: Api
  beforeAll(async () => {
    opened = await (ENGINES[name] as () => Promise<Opened>)()
    api = await startApi({ engine: opened.engine })
    // A busy machine may not store it within the 500 ms of the port; it is told, and asks again.
    await vi.waitFor(() => opened.engine.wakeUps.wake('loopback/somebody', { delayMs: 3_600_000, priority: 3 }), { timeout: 20_000 })
  }, 120_000)
  afterAll(async () => {
    await api.stop()
    await opened.stop()
  }, 30_000)

  it('shows a browser the wake-ups, asks no other origin, and breaks no rule of its policy', async () => {
    const context = await browser.newContext({ httpCredentials: { username: 'anybody', password: SECRETS.admin } })
    const page = await context.newPage()
    const complaints: string[] = []
    const asked: string[] = []
    page.on('console', (message) => void (['error', 'warning'].includes(message.type()) && complaints.push(message.text())))
    page.on('pageerror', (error) => void complaints.push(error.message))
    page.on('request', (request) => void asked.push(request.url()))
    page.on(
      'response',
      (response) =>
        void (response.status() >= 400 && response.status() !== 401 && complaints.push(`${response.status()} ${response.url()}`)),
    )
    const answer = await page.goto(`${api.url}/queues`)
    expect(answer?.headers()['content-security-policy']).toContain("default-src 'none'")
    await page.getByText('Wake-ups').first().waitFor({ timeout: 20_000 })
    await page.goto(`${api.url}/queues/queue/${encodeURIComponent('cti-wake')}?status=delayed`)
    await page.getByText('loopback/somebody').first().waitFor({ timeout: 20_000 })
    expect(asked.filter((url) => !url.startsWith(`${api.url}/`) && !url.startsWith('data:'))).toEqual([])
    expect(complaints).toEqual([])
    await context.close()
  }, 60_000)

  it('changes nothing, whatever is asked', async () => {
    const before = await opened.engine.wakeUps.stats()
    expect(before.delayed).toBe(1)
    const { body } = await fetch(`${api.url}/queues/api/queues?activeQueue=cti-wake&status=delayed`, { headers: as(SECRETS.admin) }).then(
      async (answer) => ({ body: (await answer.json()) as { queues: { readOnlyMode: boolean; jobs: { id: string }[] }[] } }),
    )
    const job = body.queues[0]?.jobs[0]?.id ?? ''
    expect(body.queues[0]?.readOnlyMode).toBe(true)
    for (const path of ['empty', 'pause', 'promote', `${job}/clean`, `${job}/promote`, 'obliterate'])
      expect((await fetch(`${api.url}/queues/api/queues/cti-wake/${path}`, { method: 'PUT', headers: as(SECRETS.admin) })).status).toBe(405)
    expect(await opened.engine.wakeUps.stats()).toEqual(before)
  })

  it('is a handle that cannot change the queue either', () => {
    const handle = opened.engine.wakeUps.board as Record<string, unknown>
    expect(typeof handle['getJobCounts']).toBe('function')
    for (const name of [
      'add',
      'drain',
      'obliterate',
      'pause',
      'resume',
      'clean',
      'remove',
      'promoteJobs',
      'retryJobs',
      'close',
      'setGlobalRateLimit',
    ])
      expect(handle[name]).toBeUndefined()
  })
})

describe('who sees it', () => {
  let api: Api
  beforeAll(async () => {
    api = await startApi({ engine: createMemoryEngine() })
  })
  afterAll(() => api.stop())

  it.each(['/queues', '/queues/api/queues', '/queues/static/images/logo.svg', '/docs'])('%s asks a browser for a key', async (path) => {
    const answer = await fetch(`${api.url}${path}`, { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toContain('Basic')
  })

  it.each(KEYS.filter(({ scopes }) => !scopes.includes('ops')).map(({ name }) => name))('not the key %s', async (name) => {
    for (const path of ['/queues', '/queues/api/queues', '/queues/static/images/logo.svg']) {
      const answer = await fetch(`${api.url}${path}`, { headers: as(SECRETS[name as keyof typeof SECRETS]) })
      expect(answer.status).toBe(403)
    }
  })

  it('not a key that is limited to some of the platforms: the board cannot show one alone', async () => {
    const config = testConfig()
    const two = { ...config, platforms: [...config.platforms, { id: 'other', adapter: 'loopback', options: {} }] }
    const one: ApiKey = { name: 'one', sha256: hashKey('one-key'), scopes: ['ops'], platforms: ['loopback'] }
    const gateway = await startGateway({ config: two, keys: [one], logger: silentLogger, engine: createMemoryEngine() })
    const answer = await fetch(`${gateway.url}/queues`, { headers: as('one-key') })
    await gateway.stop()
    expect(answer.status).toBe(403)
  })

  it('an engine without a queue has none: 404', async () => {
    expect((await api.call('GET', '/queues', { key: SECRETS.admin })).status).toBe(404)
  })
})

function as(key: string): Record<string, string> {
  return { authorization: `Bearer ${key}` }
}
