import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import type { Command } from '../../src/core/model/command.js'
import type { Engine } from '../../src/core/wake-ups.js'
import { draft, soon } from '../support/drafts.js'
import { useOwnRedis } from '../support/own-redis.js'

/** Written by a gateway of layout 4: what it answered for four agents, and its keys as Redis commands. The lease of `c` ends in 2100. */
interface Layout4 {
  readonly commands: Readonly<Record<string, readonly Command[]>>
  readonly open: readonly Command[]
  readonly data: readonly (readonly string[])[]
}

const old = JSON.parse(await readFile(new URL('../fixtures/redis-layout-4.json', import.meta.url), 'utf8')) as Layout4

const own = useOwnRedis()

async function expectAll({ log }: Engine): Promise<void> {
  for (const [key, commands] of Object.entries(old.commands)) {
    expect(await log.history(key, 100, undefined, soon())).toStrictEqual(commands)
    for (const command of commands) expect(await log.get(command.id, soon())).toStrictEqual(command)
  }
  expect((await log.open({ limit: 100 }, soon())).commands).toStrictEqual(old.open)
}

it('takes over what layout 4 left, whoever of several that start at once does it', async () => {
  await own.load(old.data)
  for (const engine of await Promise.all([own.open(), own.open(), own.open()])) await expectAll(engine)
  expect(await own.redis.keys('cti:{cti}:w:*')).toEqual([])
  for (const key of await own.redis.keys('cti:{cti}:a:*')) expect(await own.redis.type(key)).toBe('string')
  expect(await own.redis.hget('cti:{cti}:meta', 'schema')).toBe('5')
}, 30_000)

it('goes on where a process died in the middle of it', async () => {
  await own.load(old.data)
  await own.open()
  await own.redis.hset('cti:{cti}:meta', 'schema', '4')
  await own.redis.del('cti:{cti}:a:p/b')
  await own.load(old.data, (key) => /:[aw]:p\/b$/.test(key))
  await expectAll(await own.open())
}, 30_000)

it('leases hold, numbers go on, and what waits is worked off in order', async () => {
  await own.load(old.data)
  const { log } = await own.open()
  const [c] = old.commands['p/c'] as readonly [Command]
  expect(await log.take('p/c', 'three', 1_000, soon())).toStrictEqual({ kind: 'held', head: c })
  const taken = await log.take('p/c', 'two', 60_000, soon())
  expect(taken).toStrictEqual({ kind: 'taken', lease: { key: 'p/c', owner: 'two', token: 3 }, head: c })

  // Its process is gone: that counts as a crash.
  const [email, chat, voice, login] = old.commands['p/a'] as readonly [Command, Command, Command, Command]
  const again = await log.take('p/a', 'three', 60_000, soon())
  expect(again).toStrictEqual({ kind: 'taken', lease: { key: 'p/a', owner: 'three', token: 2 }, head: { ...login, crashes: 1 } })
  for (const { id } of [email, chat]) await log.settle(id, { status: 'expired', settledAt: Date.now() }, undefined, soon())
  const action = { kind: 'NOT_READY', channel: 'voice 1 %20é' } as const
  const replacing = await log.append(draft({ agentId: 'a', action }), soon())
  expect(replacing).toMatchObject({ kind: 'accepted', command: { seq: 5 }, superseded: [voice.id] })
  if (again.kind !== 'taken') return
  const finished = await log.finish(login.id, { status: 'confirmed', settledAt: Date.now() }, again.lease, Date.now(), soon())
  expect(finished).toMatchObject({ settled: true, next: { seq: 5, action } })
}, 30_000)
