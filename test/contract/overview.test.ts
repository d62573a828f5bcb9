import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SECRETS, startApi, type Api } from '../support/api.js'
import { createMemoryEngine } from '../support/memory-engine.js'
import { draft, soon } from '../support/drafts.js'

const admin = { key: SECRETS.admin }

describe('GET /v1/operations', () => {
  const engine = createMemoryEngine()
  let api: Api
  beforeAll(async () => {
    api = await startApi({ engine })
  })
  afterAll(() => api.stop())

  it('shows engine, processes, link, circuit, places and queue of every platform', async () => {
    const { status, body } = await api.call('GET', '/v1/operations', admin)
    expect(status).toBe(200)
    expect(body).toMatchObject({
      engine: 'embedded',
      engineAnswers: true,
      process: process.pid,
      processes: 1,
      openCommands: 0,
      queueActive: 0,
    })
    expect(body['platforms']).toMatchObject([
      {
        id: 'loopback',
        linkStatus: 'up',
        linkOwner: 'here',
        circuit: 'closed',
        callsInside: 0,
        callsWaiting: 0,
        waiting: [{ priority: 1, for: 'forcedLogout', calls: 0 }, {}, {}, {}, {}, { priority: 6, for: 'read' }],
      },
    ])
  })

  it('says that the store is away instead of failing, and leaves out what it cannot know', async () => {
    engine.fail(true)
    const { status, body } = await api.call('GET', '/v1/operations', admin)
    engine.fail(false)
    expect(status).toBe(200)
    expect(body).toMatchObject({ engineAnswers: false, platforms: [{ id: 'loopback' }] })
    expect(body['openCommands']).toBeUndefined()
  })

  it('needs the scope ops', async () => {
    expect((await api.call('GET', '/v1/operations', { key: SECRETS.supervisor })).status).toBe(403)
    expect((await api.call('GET', '/v1/operations/commands', { key: SECRETS.supervisor })).status).toBe(403)
  })
})

describe('GET /v1/operations/commands', () => {
  const engine = createMemoryEngine()
  let api: Api
  const ids: string[] = []
  beforeAll(async () => {
    api = await startApi({ engine })
    const now = Date.now() + 60_000
    for (let at = 0; at < 5; at += 1) {
      const given = draft({ id: crypto.randomUUID(), platform: 'away', agentId: `a${at}`, acceptedAt: now + at })
      ids.push(given.command.id)
      await engine.log.append(given, soon())
    }
    const lease = await engine.log.take('away/a3', 'elsewhere', 60_000, soon())
    if (lease.kind !== 'taken') throw new Error(lease.kind)
    const problem = { code: 'VENDOR_UNAVAILABLE', detail: 'no route' } as const
    await engine.log.settle(ids[3] as string, { status: 'retrying', nextAttemptAt: now + 3_600_000, problem }, lease.lease, soon())
  })
  afterAll(() => api.stop())

  it('pages through all open commands, the oldest first', async () => {
    const seen: unknown[] = []
    for (let path = '/v1/operations/commands?limit=2'; ;) {
      const { body } = await api.call('GET', path, admin)
      seen.push(...(body['commands'] as unknown as { id: string }[]).map(({ id }) => id))
      if (body['next'] === undefined) break
      path = `/v1/operations/commands?limit=2&after=${String(body['next'])}`
    }
    expect(seen).toEqual(ids)
  })

  it('shows of one that is retrying when, how often, and why', async () => {
    const { body } = await api.call('GET', '/v1/operations/commands?status=retrying', admin)
    expect(body['commands']).toMatchObject([
      {
        id: ids[3],
        status: 'retrying',
        attempts: 0,
        nextAttemptAt: expect.any(String),
        problem: { code: 'VENDOR_UNAVAILABLE', detail: 'no route' },
      },
    ])
  })

  it.each(['after=x', 'after=1.', 'status=dead', 'limit=0', 'limit=201'])('refuses %s', async (query) => {
    const { status, body } = await api.call('GET', `/v1/operations/commands?${query}`, admin)
    expect(status).toBe(400)
    expect(JSON.stringify(body['errors'])).toContain(query.split('=')[0])
  })
})
