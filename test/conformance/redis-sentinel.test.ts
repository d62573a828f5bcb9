import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { openEngine } from '../../src/core/store/open.js'
import { agentKey } from '../../src/core/model/command.js'
import { draft, soon, unique } from '../support/drafts.js'
import { createLogSpy } from '../support/log-spy.js'
import { startRedisSentinel } from '../support/redis-sentinel.js'
import { freePort } from '../support/redis-server.js'
import { engineConformance } from './engine-conformance.js'
import { sideConformance } from './engine-side.js'
import { BLOWS, expectFailsOver } from './failover.js'

const PASSWORD = 'p/ss@wörd:1'

let servers: Awaited<ReturnType<typeof startRedisSentinel>>
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
    '$name under writes: another takes over, nothing accepted is lost',
    async (blow) => {
      const [here, there] = [await open(), await open()]
      try {
        await expectFailsOver(here, there, servers, blow, true)
      } finally {
        await here.close()
        await there.close()
      }
    },
    90_000,
  )

  it('whose replicas do not answer is told no command: the first one is taken back, the others are refused undone; lists go on', async () => {
    const engine = await open()
    const refused = { code: 'STORE_UNAVAILABLE' }
    try {
      const before = draft({ agentId: unique('replicated') })
      expect(await engine.log.append(before, soon())).toMatchObject({ kind: 'accepted' })
      await servers.settled()
      const replicas = await servers.replicas()
      onTestFinished(() => replicas.forEach((replica) => replica.thaw()))
      replicas.forEach((replica) => replica.freeze())
      const doubtful = draft({ agentId: unique('replicated') })
      await expect(engine.log.append(doubtful, soon())).rejects.toMatchObject(refused)
      const began = performance.now()
      const undone = Array.from({ length: 50 }, () => draft({ agentId: unique('replicated') }))
      for (const each of undone)
        await expect(engine.log.append(each, soon())).rejects.toMatchObject({
          ...refused,
          detail: expect.stringContaining('replicas') as string,
        })
      expect(performance.now() - began).toBeLessThan(3000)
      // The end that is told of one command must last; lists say what the master has.
      await expect(engine.log.get(before.command.id, soon())).rejects.toMatchObject(refused)
      const { platform, agentId } = before.command
      expect(await engine.log.history(agentKey(platform, agentId), 10, undefined, soon())).toMatchObject([{ status: 'accepted' }])
      replicas.forEach((replica) => replica.thaw())
      const again = (): Promise<unknown> => engine.log.append(draft({ agentId: unique('replicated') }), soon())
      await vi.waitFor(async () => expect(await again()).toMatchObject({ kind: 'accepted' }), { timeout: 10_000, interval: 100 })
      for (const { command } of undone) expect(await engine.log.get(command.id, soon())).toBeUndefined()
      await vi.waitFor(async () => expect(await engine.log.get(doubtful.command.id, soon())).toMatchObject({ status: 'cancelled' }), 10_000)
    } finally {
      await engine.close()
    }
  }, 60_000)

  it('one of whose replicas stands still goes on without it, and does not stop for it again', async () => {
    const engine = await open()
    try {
      await servers.settled()
      const [replica] = await servers.replicas()
      onTestFinished(() => replica?.thaw())
      const accepted = (): Promise<boolean> =>
        engine.log.append(draft({ agentId: unique('one-still') }), soon()).then(
          () => true,
          () => false,
        )
      // Otherwise it is not known yet that there are two.
      await vi.waitFor(async () => expect(await accepted()).toBe(true), 5000)
      await systemClock.sleep(500)
      replica?.freeze()
      expect(await accepted()).toBe(false)
      await vi.waitFor(async () => expect(await accepted()).toBe(true), { timeout: 10_000, interval: 100 })
      const later: boolean[] = []
      for (const end = Date.now() + 3000; Date.now() < end; await systemClock.sleep(100)) later.push(await accepted())
      expect(later).not.toContain(false)
    } finally {
      await engine.close()
    }
  }, 60_000)

  it.each([
    ['the connection ends before the WAIT leaves', new Error("Stream isn't writeable and enableOfflineQueue options is false")],
    ['the server answers the WAIT with an error', Object.assign(new Error('UNBLOCKED instance state changed'), { name: 'ReplyError' })],
  ])(
    'whose last answer is all that comes (%s) has done what it answered: it is taken back',
    async (_what, error) => {
      const engine = await open()
      try {
        await engine.log.append(draft({ agentId: unique('answered') }), soon())
        const doubtful = draft({ agentId: unique('answered') })
        const wait = vi.spyOn(Redis.prototype, 'wait').mockRejectedValueOnce(error)
        await expect(engine.log.append(doubtful, soon())).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
        wait.mockRestore()
        await vi.waitFor(
          async () => expect(await engine.log.get(doubtful.command.id, soon())).toMatchObject({ status: 'cancelled' }),
          10_000,
        )
      } finally {
        await engine.close()
      }
    },
    30_000,
  )

  it('which has fewer replicas than are asked for is no engine to start on', async () => {
    const opening = openEngine(`${servers.url}?replicas=3`, { ...parts, startMs: 800 })
    await expect(opening).rejects.toMatchObject({ detail: expect.stringContaining('?replicas=0') as string })
  }, 20_000)

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
