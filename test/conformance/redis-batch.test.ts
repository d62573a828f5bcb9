import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { agentKey } from '../../src/core/model/command.js'
import { openEngine } from '../../src/core/store/open.js'
import type { Engine } from '../../src/core/wake-ups.js'
import { draft, soon, unique } from '../support/drafts.js'
import { createLogSpy } from '../support/log-spy.js'
import { startRedisServer, type TestServer } from '../support/redis-server.js'

/** Steps of one turn of the event loop are one call of Redis, and yet steps: each has its own outcome. */

let server: TestServer
let engine: Engine
let direct: Redis
const spy = createLogSpy()

beforeAll(async () => {
  server = await startRedisServer(['--appendfsync', 'always'])
  engine = await openEngine(server.url, { dataDir: '', log: spy, clock: systemClock, owner: 'batch' })
  direct = new Redis(server.url)
  await Promise.all([append('warm'), append('warm')]) // the server has the script's text
}, 20_000)
afterAll(async () => {
  direct.disconnect()
  await engine.close()
  await server.stop()
})

const append = (agentId: string, options = soon()) => engine.log.append(draft({ agentId }), options)

async function scriptCalls(): Promise<number> {
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(await direct.info('commandstats'))?.[1] ?? 0)
}

it('steps of different agents leave twenty in a call, in their order', async () => {
  const agents = Array.from({ length: 40 }, () => unique('many'))
  const again = draft({ agentId: agents[0] as string, action: { kind: 'LOGOUT' } })
  const before = await scriptCalls()
  const results = await Promise.all([
    ...agents.map((agentId) => append(agentId)),
    engine.log.append(again, soon()),
    engine.log.settle(again.command.id, { status: 'cancelled', problem: { code: 'CANCELLED' } }, undefined, soon()),
  ])
  expect((await scriptCalls()) - before).toBe(3)
  for (const result of results.slice(0, agents.length)) expect(result).toMatchObject({ kind: 'accepted', command: { seq: 1 } })
  expect(results.slice(-2)).toEqual([
    expect.objectContaining({ kind: 'accepted', command: expect.objectContaining({ seq: 2 }) as object }),
    true,
  ])
})

it('one that fails, by its rule or in the middle, changes nothing about the others', async () => {
  const twice = draft({ agentId: unique('twice') })
  await engine.log.append(twice, soon())
  const broken = unique('broken')
  const idempotency = { key: unique('key'), fingerprint: 'f', ttlMs: 60_000 }
  await direct.lpush(`cti:{cti}:a:${agentKey('p', broken)}`, 'not a text')
  const outcomes = await Promise.allSettled([
    append(unique('before')),
    engine.log.append(twice, soon()),
    engine.log.append(draft({ agentId: broken, idempotency }), soon()),
    append(unique('behind')),
  ])
  const refused = { status: 'rejected', reason: expect.objectContaining({ code: 'STORE_UNAVAILABLE' }) as unknown }
  const accepted = { status: 'fulfilled', value: expect.objectContaining({ kind: 'accepted' }) as unknown }
  expect(outcomes).toEqual([accepted, refused, refused, accepted])
  // Nor does its key lead to a command that never was.
  expect(await engine.log.append(draft({ agentId: unique('again'), idempotency }), soon())).toMatchObject({ kind: 'accepted' })
})

it('each has its own deadline: after a thaw only those are done that are in time', async () => {
  const [late, inTime] = [unique('late'), unique('in time')]
  server.freeze()
  const refused = append(late, { deadline: Date.now() + 400 })
  const accepted = append(inTime, { deadline: Date.now() + 30_000 })
  try {
    await expect(refused).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  } finally {
    server.thaw()
  }
  expect(await accepted).toMatchObject({ kind: 'accepted' })
  expect(await engine.log.history(agentKey('p', late), 10, undefined, soon())).toEqual([])
  expect(await engine.log.history(agentKey('p', inTime), 10, undefined, soon())).toHaveLength(1)
}, 20_000)

it('one whose memory is full accepts nothing more, and what was begun can end', async () => {
  const begin = { owner: 'here', ttlMs: 30_000 }
  const begun = await Promise.all(
    [unique('full'), unique('full'), unique('full')].map((agentId) => engine.log.append(draft({ agentId }), { ...soon(), begin })),
  )
  await direct.config('SET', 'maxmemory', '1')
  try {
    const refused = unique('refused')
    await expect(append(refused)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await expect(Promise.allSettled([append(refused), append(refused)])).resolves.toMatchObject([
      { status: 'rejected', reason: { code: 'STORE_UNAVAILABLE' } },
      { status: 'rejected', reason: { code: 'STORE_UNAVAILABLE' } },
    ])
    const [first, ...others] = begun.map((result) => {
      if (result.kind !== 'accepted' || result.lease === undefined) throw new Error('it was not begun')
      const { command, lease } = result
      return () => engine.log.finish(command.id, { status: 'confirmed', confirmedBy: 'event' }, lease, Date.now(), soon())
    })
    expect(await first?.()).toMatchObject({ settled: true })
    expect(await Promise.all(others.map((finish) => finish()))).toMatchObject([{ settled: true }, { settled: true }])
  } finally {
    await direct.config('SET', 'maxmemory', '0')
  }
  expect(await append(unique('again'))).toMatchObject({ kind: 'accepted' })
})

it('a server that is no master any more refuses all of them, and the client looks for the master', async () => {
  const agents = [unique('a'), unique('b')]
  await direct.replicaof('127.0.0.1', 1)
  try {
    const outcomes = await Promise.allSettled(agents.map((agentId) => append(agentId, soon(1_000))))
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'STORE_UNAVAILABLE' } })
    await expect.poll(() => JSON.stringify(spy), { timeout: 10_000 }).toContain('the connection to Redis is lost')
  } finally {
    await direct.replicaof('NO', 'ONE')
  }
  await expect
    .poll(
      () =>
        append(agents[0] as string).then(
          ({ kind }) => kind,
          () => 'refused',
        ),
      { timeout: 10_000 },
    )
    .toBe('accepted')
}, 20_000)
