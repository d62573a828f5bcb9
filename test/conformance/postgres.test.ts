import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { agentKey } from '../../src/core/model/command.js'
import { migrate } from '../../src/core/store/migrations.js'
import { openEngine } from '../../src/core/store/open.js'
import { accept, draft, leaseOf, soon, unique } from '../support/drafts.js'
import { createLogSpy } from '../support/log-spy.js'
import { startPostgresServer } from '../support/postgres-server.js'
import { freePort, type TestServer } from '../support/redis-server.js'
import { startSlowProxy } from '../support/slow-proxy.js'
import { engineConformance } from './engine-conformance.js'
import { sideConformance } from './engine-side.js'
import {
  expectFrozenIsHarmless,
  expectOnlyItsOwnLeaseFreed,
  expectSentIsNotUndone,
  expectToldIsNotUndone,
  expectSurvivesKill,
  expectUndone,
  proxied,
} from './outage.js'

let server: TestServer
const parts = { dataDir: '', log: createLogSpy(), clock: systemClock, owner: 'test' }
const open = () => openEngine(server.url, parts)

beforeAll(async () => {
  server = await startPostgresServer()
}, 60_000)
afterAll(() => server.stop())

engineConformance({ name: 'postgres', open })
sideConformance({ name: 'postgres', open, shared: true })

describe('postgres outages', () => {
  it('frozen: every call fails in time, and after the thaw nothing that failed has happened', async () => {
    const engine = await open()
    try {
      await expectFrozenIsHarmless(engine, server)
    } finally {
      await engine.close()
    }
  }, 20_000)

  it('an append that waits for its agent past its deadline is not done', async () => {
    const engine = await open()
    const agentId = unique('locked')
    const key = agentKey('p', agentId)
    const command = await accept(engine.log, { agentId })
    const other = new pg.Client({ connectionString: server.url })
    await other.connect()
    await other.query('begin')
    await other.query('select 1 from cti.agents where key = $1 for update', [key])
    await expect(engine.log.append(draft({ agentId }), soon(200))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await other.query('commit')
    await other.end()
    await systemClock.sleep(200)
    expect(await engine.log.history(key, 10, undefined, soon())).toStrictEqual([command])
    await engine.close()
  }, 20_000)

  it.each(['late', 'lost'] as const)(
    'an append whose answer is %s is taken back',
    async (loss) => {
      const proxy = await startSlowProxy(Number(new URL(server.url).port))
      const engine = await openEngine(proxied(server.url, proxy.port), parts)
      try {
        await expectUndone(engine, proxy, loss)
      } finally {
        await engine.close()
        await proxy.stop()
      }
    },
    20_000,
  )

  it.each([
    ['frees no lease that was granted after its own', expectOnlyItsOwnLeaseFreed],
    ['stays when another process has sent it meanwhile', expectSentIsNotUndone],
    ['stays when its caller came again with the key and was told of it', expectToldIsNotUndone],
  ])(
    'an append that is taken back %s',
    async (_what, expectThat) => {
      const proxy = await startSlowProxy(Number(new URL(server.url).port))
      const [engine, direct] = await Promise.all([openEngine(proxied(server.url, proxy.port), parts), openEngine(server.url, parts)])
      try {
        await expectThat(engine, direct, proxy)
      } finally {
        await Promise.all([engine.close(), direct.close()])
        await proxy.stop()
      }
    },
    20_000,
  )

  it('killed: calls fail in time, and it works again after the restart with nothing lost', async () => {
    const engine = await open()
    try {
      await expectSurvivesKill(engine, server)
    } finally {
      await engine.close()
    }
  }, 30_000)
})

describe('postgres at start', () => {
  it('names the address and the remedy when nothing listens, without the password', async () => {
    const port = await freePort()
    const opening = openEngine(`postgres://user:hunter2@127.0.0.1:${port}/cti`, { ...parts, startMs: 300 })
    const error: unknown = await opening.catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', detail: expect.stringContaining(`127.0.0.1:${port}/cti`) as string })
    expect((error as Error).message).not.toContain('hunter2')
  })

  it('does not wait for a database that does not exist', async () => {
    const begun = Date.now()
    const opening = openEngine(server.url.replace('/postgres', '/missing'), { ...parts, startMs: 20_000 })
    await expect(opening).rejects.toMatchObject({ detail: expect.stringContaining('missing') as string })
    expect(Date.now() - begun).toBeLessThan(3000)
  })

  it('lets several gateways make the schema at once, and refuses one that a newer gateway wrote', async () => {
    const client = new pg.Client({ connectionString: server.url })
    await client.connect()
    await client.query('drop schema cti cascade')
    const engines = await Promise.all([open(), open(), open()])
    await Promise.all(engines.map((engine) => engine.ping(soon())))
    await Promise.all(engines.map((engine) => engine.close()))
    await client.query('insert into cti.schema_version (version) values (999)')
    await expect(open()).rejects.toMatchObject({ detail: expect.stringContaining('schema version 999') as string })
    await client.query('delete from cti.schema_version where version = 999')
    await client.end()
  }, 30_000)
})

describe('postgres of version 2', () => {
  it('is taken over with its open and finished commands, places and leases', async () => {
    const admin = new pg.Client({ connectionString: server.url })
    await admin.connect()
    await admin.query('create database upgrade')
    await admin.end()
    const url = server.url.replace(/\/postgres$/, '/upgrade')
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    await migrate(Object.assign(client, { release: () => undefined }), 2)
    const login = draft({ agentId: 'a', action: { kind: 'LOGIN' } }).command
    const ready = draft({ agentId: 'a' }).command
    const append = (command: object & { id: string; acceptedAt: number }, name: string) =>
      client.query("select cti.append(9e15, $1, 'p/a', $2, null, $3, $4, '{}', null, null, null)", [
        command.id,
        name,
        command.acceptedAt,
        JSON.stringify(command),
      ])
    await append(login, 'LOGIN')
    await client.query("select cti.lease(9e15, 'p/a', 'old', 6e10)")
    await client.query("select cti.claim_send(9e15, $1, 'p/a', 'old', 1, 5, false)", [login.id])
    await client.query("select cti.settle(9e15, $1, 'p/a', 'old', 1, 'confirmed', 6, null, 'read', null, null, null, false)", [login.id])
    await append(ready, 'READY')
    await client.end()

    const engine = await openEngine(url, parts)
    const { log } = engine
    const confirmed = { ...login, seq: 1, status: 'confirmed', attempts: 1, sentAt: 5, settledAt: 6, confirmedBy: 'read' }
    const open = { ...ready, seq: 2, status: 'accepted', attempts: 0 }
    expect(await log.history('p/a', 10, undefined, soon())).toStrictEqual([open, confirmed])
    expect(await log.take('p/a', 'new', 1000, soon())).toEqual({ kind: 'held', head: open })
    const lease = await leaseOf(log, 'p/a', 'old')
    expect(lease.token).toBe(2)
    expect(await log.claimSend(ready.id, lease, 7, soon())).toStrictEqual({ ...open, status: 'sent', attempts: 1, sentAt: 7 })
    expect(await log.finish(ready.id, { status: 'confirmed', settledAt: 8 }, lease, 8, soon())).toEqual({ settled: true })
    await engine.close()
  }, 30_000)
})

describe('an unknown setting', () => {
  it('is refused with the list of the known ones', async () => {
    await expect(openEngine('mysql://x', parts)).rejects.toThrow('`embedded`')
  })
})
