import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import type { Command } from '../../src/core/model/command.js'
import type { Engine } from '../../src/core/wake-ups.js'
import { draft, soon, unique } from '../support/drafts.js'
import { useOwnRedis } from '../support/own-redis.js'

/** Written by a gateway of layout 1: what it answered for three agents, and its keys as Redis commands. */
interface Layout1 {
  readonly commands: Readonly<Record<string, readonly Command[]>>
  readonly data: readonly (readonly string[])[]
}

const layout1 = JSON.parse(await readFile(new URL('../fixtures/redis-layout-1.json', import.meta.url), 'utf8')) as Layout1

const RESPONSE = { status: 202, headers: {}, body: 'b' }

const own = useOwnRedis()

async function expectAll({ log }: Engine): Promise<void> {
  for (const [key, commands] of Object.entries(layout1.commands)) {
    expect(await log.history(key, 100, undefined, soon())).toStrictEqual(commands)
    for (const command of commands) expect(await log.get(command.id, soon())).toStrictEqual(command)
  }
}

it('takes over what layout 1 left, whoever of several that start at once does it', async () => {
  await own.load(layout1.data)
  const [first, second, third] = await Promise.all([own.open(), own.open(), own.open()])
  for (const engine of [first, second, third]) await expectAll(engine)
  const { log } = first
  const [, behind, confirmed, dead] = layout1.commands['p/a'] as [Command, Command, Command, Command]
  expect(confirmed.status).toBe('confirmed')
  expect(await log.dead(10, undefined, soon())).toStrictEqual([dead])
  expect(await log.backlog(soon())).toEqual({ open: 4, oldestAcceptedAt: 1004 })
  expect(await log.due(5000, 200, 10, soon())).toEqual(['p/a', 'p/c', 'p/b'])
  const known = await log.append(draft({ agentId: 'x', idempotency: { key: 'the key', fingerprint: 'f', ttlMs: 1 } }), soon())
  expect(known).toEqual({ kind: 'known', commandId: layout1.commands['p/b']?.[0]?.id, sameBody: true })

  expect((await log.take('p/b', 'new', 1000, soon())).kind).toBe('held')
  const taken = await log.take('p/a', 'new', 60_000, soon())
  expect(taken).toEqual({ kind: 'taken', lease: { key: 'p/a', owner: 'new', token: 2 }, head: { ...behind, crashes: 1 } })
  if (taken.kind !== 'taken') return
  expect(await log.claimSend(taken.head.id, taken.lease, 7000, soon())).toMatchObject({ status: 'sent', attempts: 1 })
  const finished = await log.finish(taken.head.id, { status: 'confirmed', settledAt: 7100 }, taken.lease, 7100, soon())
  expect(finished).toMatchObject({ settled: true, next: { seq: 5 } })
  expect((await log.append(draft({ agentId: 'a', action: { kind: 'LOGOUT' } }), soon())).kind).toBe('accepted')
  expect((await log.newest('p/a', soon()))?.seq).toBe(6)
}, 30_000)

it('leaves no key of layout 1, and prunes everything', async () => {
  await own.load(layout1.data)
  const { log } = await own.open()
  const families = async (): Promise<readonly string[]> => {
    const names = (await own.redis.keys('cti:{cti}:*')).map((key) => key.split(':')[2] ?? '')
    return [...new Set(names)].sort()
  }
  expect(await families()).toEqual(['a', 'al', 'at', 'backlog', 'dl', 'dn', 'f', 'gl', 'gt', 'idle', 'k', 'meta', 'retry', 'x'])
  expect(await own.redis.get('cti:{cti}:a:p/a')).toMatch(/^5 1 /)
  for (const command of Object.values(layout1.commands).flat()) {
    await log.settle(command.id, { status: 'expired', settledAt: 8000 }, undefined, soon())
  }
  expect(await log.prune(9000, soon())).toBe(7)
  expect(await families()).toEqual(['a', 'al', 'at', 'dn', 'gt', 'k', 'meta']) // dn: of the last minutes, whatever becomes of the commands; al, at: they are in the audit trail
}, 30_000)

it('goes on where a process died in the middle, and finds what an old gateway wrote afterwards', async () => {
  const of = (agent: string): Layout1['data'] => {
    const ids = (layout1.commands[agent] ?? []).map(({ id }) => id)
    const mine = (text: string): boolean => text === agent || ids.includes(text)
    return layout1.data.flatMap(([name = '', key = '', ...rest]) => {
      if (name !== 'ZADD') return mine(key.slice('cti:{cti}:c:'.length)) ? [[name, key, ...rest]] : []
      const pairs = rest.flatMap((text, at) => (at % 2 === 1 && mine(text) ? [rest[at - 1] ?? '', text] : []))
      return pairs.length === 0 ? [] : [[name, key, ...pairs]]
    })
  }
  await own.load(of('p/a'))
  await own.open()
  await own.redis.hdel('cti:{cti}:meta', 'schema')
  await own.load(of('p/b'))
  await own.open()
  expect(await own.redis.hget('cti:{cti}:meta', 'schema')).toBe('5')
  await own.load(of('p/c'))
  await expectAll(await own.open())
  await expectAll(await own.open())
}, 30_000)

it('keeps its epoch, and makes another one for another store', async () => {
  await own.open()
  const epoch = await own.redis.hget('cti:{cti}:meta', 'epoch')
  expect(epoch).toMatch(/^[\w-]{8}$/)
  await own.open()
  expect(await own.redis.hget('cti:{cti}:meta', 'epoch')).toBe(epoch)
  await own.redis.flushall()
  await own.open()
  expect(await own.redis.hget('cti:{cti}:meta', 'epoch')).not.toBe(epoch)
}, 30_000)

it('refuses what a newer gateway wrote, says what to do, and touches nothing', async () => {
  await own.redis.hset('cti:{cti}:meta', 'schema', '6')
  await own.load(layout1.data)
  const before = (await own.redis.keys('*')).sort()
  await expect(own.open()).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    detail: expect.stringMatching(/schema version 6.*knows 5.*Start a gateway at least as new/) as string,
  })
  expect((await own.redis.keys('*')).sort()).toEqual(before)
  expect(await own.redis.hgetall('cti:{cti}:meta')).toEqual({ schema: '6' })
}, 30_000)

it('an idempotency record of layout 2 is known until it expires', async () => {
  const idempotency = { key: unique('k'), fingerprint: 'f'.repeat(43), ttlMs: 60_000 }
  const given = draft({ agentId: 'a', idempotency })
  const name = `cti:{cti}:i:${idempotency.key}`
  await own.redis.hset('cti:{cti}:meta', 'schema', '2')
  await own.redis.hset(name, { fp: 'f'.repeat(43), id: 'c0ffee00-0000-4000-8000-000000000001' })
  await own.redis.pexpire(name, 2_000)
  await own.redis.hset(`${name}2`, { fp: 'f', id: 'c0ffee00-0000-4000-8000-000000000002', resp: JSON.stringify(RESPONSE) })
  await own.redis.pexpire(`${name}2`, 60_000)
  const { log } = await own.open()
  const known = { kind: 'known', commandId: 'c0ffee00-0000-4000-8000-000000000001' }
  expect(await log.append(given, soon())).toEqual({ ...known, sameBody: true })
  const other = { ...given, idempotency: { ...idempotency, fingerprint: 'g'.repeat(43) } }
  expect(await log.append(other, soon())).toEqual({ ...known, sameBody: false })
  const answered = { ...given, idempotency: { ...idempotency, key: `${idempotency.key}2`, fingerprint: 'f' } }
  const second = { kind: 'known', commandId: 'c0ffee00-0000-4000-8000-000000000002', sameBody: true, response: RESPONSE }
  expect(await log.append(answered, soon())).toEqual(second)
  expect(await own.redis.keys('cti:{cti}:i:*')).toEqual([])
  await expect.poll(async () => (await log.append(given, soon())).kind, { timeout: 20_000, interval: 100 }).toBe('accepted')
}, 30_000)
