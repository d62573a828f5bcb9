import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { openEngine } from '../../src/core/store/open.js'
import { soon } from '../support/drafts.js'
import { createLogSpy } from '../support/log-spy.js'
import type { FailoverServers } from '../support/failover-servers.js'
import { startRedisSentinel } from '../support/redis-sentinel.js'
import { freePort } from '../support/redis-server.js'
import { engineConformance } from './engine-conformance.js'
import { sideConformance } from './engine-side.js'
import { BLOWS, expectFailsOver } from './failover.js'

const PASSWORD = 'p/ss@wörd:1'

let servers: FailoverServers
const spy = createLogSpy()
const parts = { dataDir: '', log: spy, clock: systemClock, owner: 'test' }
const open = () => openEngine(servers.url, parts)

beforeAll(async () => {
  servers = await startRedisSentinel(PASSWORD)
}, 60_000)
afterAll(() => servers.stop())

engineConformance({ name: 'redis', open })
sideConformance({ name: 'redis with Sentinel', open, shared: true })

describe('a master that Sentinel watches', () => {
  it.each(BLOWS)(
    '$name under writes: another takes over, nothing replicated is lost',
    async (blow) => {
      const [here, there] = [await open(), await open()]
      try {
        await expectFailsOver(here, there, servers, blow)
      } finally {
        await here.close()
        await there.close()
      }
    },
    90_000,
  )

  it('is described without its password, and is looked for with the sentinels that answer', async () => {
    const dead = await freePort()
    const engine = await openEngine(servers.url.replace('@', `@127.0.0.1:${dead},`), parts)
    expect(engine.description).toMatch(/mymaster of Sentinel 127\.0\.0\.1/)
    await engine.ping(soon())
    await engine.close()
    expect(JSON.stringify([engine.description, spy.lines])).not.toMatch(/p\/ss|p%2Fss/)
  }, 20_000)

  it('that does not exist is told by its name', async () => {
    const opening = openEngine(servers.url.replace('/mymaster', '/other'), { ...parts, startMs: 800 })
    await expect(opening).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      detail: expect.stringMatching(/other of Sentinel.*cannot be reached/) as string,
    })
  }, 20_000)
})
