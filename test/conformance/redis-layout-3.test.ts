import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { commandRow, type AuditRecord } from '../../src/core/audit/audit-log.js'
import type { AgentHead, StreamEvent } from '../../src/core/events/event-log.js'
import type { Command } from '../../src/core/model/command.js'
import type { Engine } from '../../src/core/wake-ups.js'
import { draft, soon } from '../support/drafts.js'
import { useOwnRedis } from '../support/own-redis.js'

/** Written by a gateway of layout 3: what it answered, what it was told, and its keys as Redis commands. */
interface Layout3 {
  readonly commands: Readonly<Record<string, readonly Command[]>>
  readonly owed: readonly string[]
  readonly rows: readonly AuditRecord[]
  readonly events: readonly StreamEvent[]
  readonly heads: readonly AgentHead[]
  readonly data: readonly (readonly string[])[]
}

const old = JSON.parse(await readFile(new URL('../fixtures/redis-layout-3.json', import.meta.url), 'utf8')) as Layout3
const END = 4_000_000_000_000

const own = useOwnRedis()

const newestFirst = (rows: readonly AuditRecord[]): readonly AuditRecord[] =>
  [...rows].sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1))

async function trail({ audit }: Engine): Promise<readonly AuditRecord[]> {
  return (await audit.list({ from: 0, to: END }, 100, undefined, soon())).rows
}

async function expectAll(engine: Engine): Promise<void> {
  const { log, events } = engine
  for (const [key, commands] of Object.entries(old.commands)) expect(await log.history(key, 100, undefined, soon())).toStrictEqual(commands)
  // Those that layout 3 owed their rows have them.
  const told = await Promise.all(old.owed.map((id) => log.get(id, soon())))
  expect(await trail(engine)).toStrictEqual(newestFirst([...old.rows, ...told.map((command) => commandRow(command as Command))]))
  expect((await events.after(0, 100, soon())).events).toStrictEqual(old.events)
  expect(await events.heads('p', undefined, 100, soon())).toStrictEqual(old.heads)
  expect(await own.redis.exists('cti:{cti}:ao')).toBe(0)
}

const newest = (key: string): Command => old.commands[key]?.[0] as Command

it('takes over what layout 3 left, whoever of several that start at once does it', async () => {
  await own.load(old.data)
  for (const engine of await Promise.all([own.open(), own.open(), own.open()])) await expectAll(engine)
  expect(await own.redis.keys('cti:{cti}:a[ru]')).toEqual([])
  expect(await own.redis.keys('cti:{cti}:i:*')).toEqual([])
  expect(await own.redis.exists('cti:{cti}:aged', 'cti:{cti}:done')).toBe(0)
  expect(await own.redis.hget('cti:{cti}:meta', 'schema')).toBe('5')
}, 30_000)

it('knows the idempotency keys of layout 3, with what was answered', async () => {
  await own.load(old.data)
  const { log } = await own.open()
  const first = old.commands['p/a']?.at(-1) as Command
  const claim = (key: string, fingerprint: string) =>
    log.append(draft({ agentId: 'x', idempotency: { key, fingerprint, ttlMs: 1 } }), soon())
  expect(await claim('k'.repeat(43), 'f'.repeat(43))).toEqual({ kind: 'known', commandId: first.id, sameBody: true })
  expect(await claim('k'.repeat(43), 'g'.repeat(43))).toEqual({ kind: 'known', commandId: first.id, sameBody: false })
  const response = { status: 202, headers: {}, body: 'b' }
  expect(await claim('with an answer', 'g'.repeat(43))).toEqual({ kind: 'known', commandId: newest('p/b').id, sameBody: true, response })
}, 30_000)

it('rows of layout 3 follow their commands, and stay when these are cleared away', async () => {
  await own.load(old.data)
  const engine = await own.open()
  const { log, audit } = engine
  await log.settle(newest('p/b').id, { status: 'expired', settledAt: END - 1 }, undefined, soon())
  const ended = (await log.get(newest('p/b').id, soon())) as Command
  await audit.record([commandRow(ended)], soon())
  const rows = newestFirst([...old.rows.map((row) => (row.commandId === ended.id ? commandRow(ended) : row)), commandRow(newest('p/c'))])
  expect(await trail(engine)).toStrictEqual(rows)
  expect(await log.prune(END, soon())).toBe(5)
  expect(await trail(engine)).toStrictEqual(rows)
}, 30_000)

it('goes on where a process died in the middle of it', async () => {
  await own.load(old.data)
  await own.open()
  await own.redis.hset('cti:{cti}:meta', 'schema', '3')
  // As after the rows were told and before they were deleted.
  await own.load(old.data, (key) => key === 'cti:{cti}:ar' || key === 'cti:{cti}:au')
  const engine = await own.open()
  await expectAll(engine)
  const rest = { aged: 0, surplus: old.rows.length + old.owed.length - 1 }
  expect(await engine.audit.prune(0, 1, soon())).toEqual(rest)
}, 30_000)
