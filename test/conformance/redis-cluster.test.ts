import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { PREFIX } from '../../src/core/store/redis-log.js'
import { openEngine } from '../../src/core/store/open.js'
import { SLOT } from '../../src/core/store/redis-nodes.js'
import { accept, draft, soon, unique } from '../support/drafts.js'
import { createLogSpy } from '../support/log-spy.js'
import { ask, portOf, type FailoverServers } from '../support/failover-servers.js'
import { startRedisCluster } from '../support/redis-cluster.js'
import { freePort, startRedisServer } from '../support/redis-server.js'
import { engineConformance } from './engine-conformance.js'
import { sideConformance } from './engine-side.js'
import { BLOWS, expectFailsOver } from './failover.js'

let servers: FailoverServers
const parts = { dataDir: '', log: createLogSpy(), clock: systemClock, owner: 'test' }
const open = () => openEngine(servers.url, parts)

beforeAll(async () => {
  servers = await startRedisCluster()
}, 60_000)
afterAll(() => servers.stop())

engineConformance({ name: 'redis', open })
sideConformance({ name: 'redis cluster', open, shared: true })

describe('a cluster', () => {
  it('keeps all our keys in the slot that we follow', async () => {
    const engine = await open()
    await engine.close()
    const port = portOf(await servers.master())
    for (const key of [`${PREFIX}:meta`, '{cti}:cti-wake:meta'])
      expect(await ask(port, (redis) => redis.call('CLUSTER', 'KEYSLOT', key))).toBe(SLOT)
    expect(Number(await ask(port, (redis) => redis.call('CLUSTER', 'COUNTKEYSINSLOT', SLOT)))).toBe(
      await ask(port, (redis) => redis.dbsize()),
    )
  }, 20_000)

  it.each(BLOWS)(
    'whose master is $name under writes goes on with its replica, and nothing replicated is lost',
    async (blow) => {
      const [here, there] = [await open(), await open()]
      try {
        await expectFailsOver(here, there, servers, blow, false)
      } finally {
        await here.close()
        await there.close()
      }
    },
    90_000,
  )

  it('is refused when one of its masters may evict keys', async () => {
    const ours = portOf(await servers.master())
    const nodes = String(await ask(ours, (redis) => redis.cluster('NODES')))
    const port = [...nodes.matchAll(/:(\d+)@\d+ master/g)].map((match) => Number(match[1])).find((other) => other !== ours) ?? 0
    await ask(port, (redis) => redis.config('SET', 'maxmemory-policy', 'allkeys-lru'))
    await expect(open()).rejects.toMatchObject({ detail: expect.stringContaining('noeviction') as string })
    await ask(port, (redis) => redis.config('SET', 'maxmemory-policy', 'noeviction'))
  }, 20_000)

  it('is not a single server, and a single server is not a cluster: each is told', async () => {
    const port = portOf(await servers.master())
    const asSingle = openEngine(`redis://127.0.0.1:${port}`, parts)
    await expect(asSingle).rejects.toMatchObject({ detail: expect.stringContaining('redis+cluster://') as string })
    const single = await startRedisServer()
    try {
      const asCluster = openEngine(single.url.replace('redis:', 'redis+cluster:'), { ...parts, startMs: 800 })
      await expect(asCluster).rejects.toMatchObject({ detail: expect.stringContaining('cluster support disabled') as string })
    } finally {
      await single.stop()
    }
  }, 20_000)

  it('that is not there is told by its addresses, without the password', async () => {
    const port = await freePort()
    const opening = openEngine(`redis+cluster://user:hunter2@127.0.0.1:${port}`, { ...parts, startMs: 500 })
    const error: unknown = await opening.catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', detail: expect.stringMatching(`127.0.0.1:${port}.*ECONNREFUSED`) as string })
    expect(String((error as Error).message)).not.toContain('hunter2')
  }, 20_000)

  it('whose slot is moved to another node takes nothing meanwhile, and goes on there with everything', async () => {
    const engine = await open()
    const agentId = unique('moved')
    const before = await accept(engine.log, { agentId })
    const from = portOf(await servers.master())
    const nodes = String(await ask(from, (redis) => redis.cluster('NODES'))).split('\n')
    const [fromId = ''] = nodes.find((line) => line.includes('myself'))?.split(' ') ?? []
    const [toId = '', toAddress = ''] = nodes.find((line) => / master /.test(line) && !line.includes('myself'))?.split(' ') ?? []
    const to = Number(/:(\d+)@/.exec(toAddress)?.[1])
    await ask(to, (redis) => redis.call('CLUSTER', 'SETSLOT', SLOT, 'IMPORTING', fromId))
    await ask(from, (redis) => redis.call('CLUSTER', 'SETSLOT', SLOT, 'MIGRATING', toId))
    const half = (await ask(from, (redis) => redis.call('CLUSTER', 'GETKEYSINSLOT', SLOT, 100_000))) as string[]
    for (const [index, key] of half.entries()) {
      if (index === Math.floor(half.length / 2)) {
        await expect(engine.log.append(draft({ agentId }), soon())).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
      }
      await ask(from, (redis) => redis.call('MIGRATE', '127.0.0.1', to, key, 0, 5000))
    }
    await ask(to, (redis) => redis.call('CLUSTER', 'SETSLOT', SLOT, 'NODE', toId))
    await ask(from, (redis) => redis.call('CLUSTER', 'SETSLOT', SLOT, 'NODE', toId))
    const after = await vi.waitFor(() => accept(engine.log, { agentId, action: { kind: 'LOGOUT' } }), { timeout: 10_000, interval: 50 })
    expect(after.seq).toBe(before.seq + 1)
    expect(await engine.log.get(before.id, soon())).toMatchObject({ status: 'superseded', supersededBy: after.id })
    expect(portOf(await servers.master())).toBe(to)
    await engine.close()
  }, 60_000)
})
