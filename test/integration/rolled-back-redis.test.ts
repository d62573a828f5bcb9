import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { checkAtStart, type RollbackWatch } from '../../src/core/site/rollback-watch.js'
import { openEngine } from '../../src/core/store/open.js'
import { createWitnessFile, engineIdentity } from '../../src/core/store/witness-file.js'
import type { Engine } from '../../src/core/wake-ups.js'
import { draft, soon, unique } from '../support/drafts.js'
import { createLogSpy } from '../support/log-spy.js'
import { startRedisServer, type TestServer } from '../support/redis-server.js'

/** A Redis whose snapshot is saved, left behind and put back, as an operator with a backup does. */
describe('a Redis that is restored from an older snapshot', () => {
  let dir: string
  let server: TestServer
  let engine: Engine
  let rollbacks = 0
  const spy = createLogSpy()

  const open = (): Promise<Engine> => openEngine(server.url, { dataDir: dir, log: spy, clock: systemClock, owner: 'me', startMs: 5_000 })
  const check = (): Promise<RollbackWatch> =>
    checkAtStart({
      registry: engine.registry,
      log: engine.log,
      owner: 'me',
      engine: engineIdentity(server.url, dir),
      witnesses: createWitnessFile(dir, spy),
      clock: systemClock,
      logger: spy,
      storeTimeoutMs: 1_000,
      onRollback: () => void (rollbacks += 1),
    })

  async function snapshot(): Promise<void> {
    const redis = new Redis(server.url)
    await redis.call('SAVE')
    redis.disconnect()
    await copyFile(join(dir, 'dump.rdb'), join(dir, 'backup.rdb'))
  }
  async function restore(): Promise<void> {
    await server.kill()
    await copyFile(join(dir, 'backup.rdb'), join(dir, 'dump.rdb'))
    await server.restart()
  }
  async function accept(agentId: string, kind: 'READY' | 'LOGOUT'): Promise<string> {
    const made = draft({ agentId, action: { kind } })
    expect((await engine.log.append(made, soon())).kind).toBe('accepted')
    return made.command.id
  }

  beforeEach(async () => {
    rollbacks = 0
    dir = await mkdtemp(join(tmpdir(), 'cti-restore-'))
    server = await startRedisServer(['--appendonly', 'no', '--dir', dir, '--dbfilename', 'dump.rdb'])
    engine = await open()
  })
  afterEach(async () => {
    await engine.close()
    await server.stop()
    await rm(dir, { recursive: true, force: true })
  })

  it('is found at the start: what it brought back passes no fence, what comes after does', async () => {
    const watch = await check()
    const [agent, other] = [unique('agent'), unique('agent')]
    const old = await accept(agent, 'READY')
    await snapshot()
    const newer = await accept(agent, 'LOGOUT')
    for (let beats = 0; beats < 3; beats += 1) watch.heard(await engine.registry.beat('me', soon()))
    await watch.stop()
    await engine.close()

    await restore()
    engine = await open()
    expect(await engine.log.get(newer, soon())).toBeUndefined()
    await (await check()).stop()
    expect(rollbacks).toBe(1)
    expect(await engine.log.get(old, soon())).toMatchObject({ status: 'accepted', beforeRollback: true })

    const taken = await engine.log.take(`p/${agent}`, 'me', 10_000, soon())
    if (taken.kind !== 'taken') throw new Error('the agent is not there')
    expect(await engine.log.claimSend(old, taken.lease, Date.now(), soon())).toBeUndefined()
    const fresh = await accept(other, 'READY')
    const turn = await engine.log.take(`p/${other}`, 'me', 10_000, soon())
    if (turn.kind !== 'taken') throw new Error('the agent is not there')
    expect(turn.head.beforeRollback).toBeUndefined()
    expect(await engine.log.claimSend(fresh, turn.lease, Date.now(), soon())).toMatchObject({ status: 'sent' })
  }, 30_000)

  it('is found by the next beat under the running gateway', async () => {
    const watch = await check()
    const old = await accept(unique('agent'), 'READY')
    await snapshot()
    for (let beats = 0; beats < 3; beats += 1) watch.heard(await engine.registry.beat('me', soon()))
    await restore()
    for (let tries = 0; tries < 100 && rollbacks === 0; tries += 1) {
      await engine.registry.beat('me', soon(500)).then(watch.heard, () => undefined)
      await systemClock.sleep(50)
    }
    expect(rollbacks).toBe(1)
    expect(await engine.log.get(old, soon())).toMatchObject({ beforeRollback: true })
    await watch.stop()
  }, 30_000)

  it('is not seen in a restart that lost nothing', async () => {
    await (await check()).stop()
    const id = await accept(unique('agent'), 'READY')
    await snapshot()
    await engine.close()
    await restore()
    engine = await open()
    await (await check()).stop()
    expect(rollbacks).toBe(0)
    expect((await engine.log.get(id, soon()))?.beforeRollback).toBeUndefined()
  }, 30_000)
})
