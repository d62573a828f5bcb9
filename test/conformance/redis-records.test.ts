import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { commandRow, type AuditCursor, type AuditRecord } from '../../src/core/audit/audit-log.js'
import type { StreamDraft, StreamEvent } from '../../src/core/events/event-log.js'
import type { Command } from '../../src/core/model/command.js'
import type { Engine } from '../../src/core/wake-ups.js'
import { draft, soon, unique } from '../support/drafts.js'
import { useOwnRedis } from '../support/own-redis.js'

/* How Redis keeps what there is one of for every command: folds of events, leaves of audit rows, parts of idempotency records. */

const own = useOwnRedis()

const K = 'cti:{cti}'

describe('folds of events', () => {
  const gap = (dropped: number): StreamDraft => ({ type: 'gap', at: 1_700_000_000_000 + dropped, dropped })
  const numbers = (from: number, count: number): readonly number[] => Array.from({ length: count }, (_, at) => from + at)
  const dropped = (events: readonly StreamEvent[]): readonly unknown[] =>
    events.map((event) => (event.type === 'gap' ? [event.cursor, event.dropped] : event))
  const unfolded = (): Promise<number> => own.redis.xlen(`${K}:ev`)

  async function fill({ events }: Engine, count: number): Promise<void> {
    for (let from = 1; from <= count; from += 100) await events.append(numbers(from, 100).map(gap), soon())
    await expect.poll(unfolded, { timeout: 20_000 }).toBeLessThan(512)
  }

  it('tell the same, from wherever and however many at a time', async () => {
    const engine = await own.open()
    await fill(engine, 2_000)
    expect(await own.redis.hlen(`${K}:ez`)).toBeGreaterThanOrEqual(6)
    const all = numbers(1, 2_000).map((n) => [n, n])
    for (const limit of [1_000, 256, 7]) {
      const told: unknown[] = []
      for (let cursor = 0; cursor < 2_000; cursor = told.length) {
        const page = await engine.events.after(cursor, limit, soon())
        expect(page).toMatchObject({ newest: 2_000, oldest: 1 })
        expect(page.events.length).toBe(Math.min(limit, 2_000 - cursor))
        told.push(...dropped(page.events))
      }
      expect(told).toEqual(all)
    }
    for (const cursor of [255, 256, 257, 1_499]) {
      expect(dropped((await engine.events.after(cursor, 2, soon())).events)).toEqual(all.slice(cursor, cursor + 2))
    }
  }, 60_000)

  it('are made by one of several processes that append at once; nothing is lost or told twice', async () => {
    const three = await Promise.all([own.open(), own.open(), own.open()])
    await Promise.all(three.flatMap(({ events }) => numbers(0, 10).map(() => events.append(numbers(1, 100).map(gap), soon(20_000)))))
    await expect.poll(unfolded, { timeout: 20_000 }).toBeLessThan(612)
    const { events } = await three[0].events.after(0, 10_000, soon())
    expect(events.map(({ cursor }) => cursor)).toEqual(numbers(1, 3_000))
  }, 60_000)

  it('take a tenth of what they hold', async () => {
    const engine = await own.open()
    const used = async (...keys: readonly string[]): Promise<number> => {
      const sizes = await Promise.all(keys.map((key) => own.redis.memory('USAGE', `${K}:${key}`, 'SAMPLES', 0)))
      return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0)
    }
    const tell = (n: number): Promise<void> => {
      const { command } = draft({ id: randomUUID(), agentId: `a${n % 50}` })
      const told: Command = {
        ...command,
        status: 'confirmed',
        seq: n,
        attempts: 1,
        settledAt: command.acceptedAt + 50,
        confirmedBy: 'event',
      }
      return engine.events.append([{ type: 'command', platform: 'p', agentId: command.agentId, at: Date.now(), command: told }], soon())
    }
    for (let n = 1; n <= 500; n += 1) await tell(n)
    const each = (await used('ev')) / 500
    for (let n = 501; n <= 2_000; n += 1) await tell(n)
    await expect.poll(unfolded, { timeout: 20_000 }).toBeLessThan(512)
    expect(await own.redis.hlen(`${K}:ez`)).toBe(6)
    expect((await used('ez', 'ef')) / (6 * 256)).toBeLessThan(each / 5)
  }, 60_000)

  it('are forgotten with the last of their events', async () => {
    const engine = await own.open({ keepEvents: 1_000 })
    await fill(engine, 4_000)
    await engine.events.append([gap(4_001)], soon())
    const { oldest, events } = await engine.events.after(0, 10_000, soon())
    expect(oldest).toBeLessThanOrEqual(3_002)
    expect(oldest).toBeGreaterThan(3_002 - 256)
    expect(events.map(({ cursor }) => cursor)).toEqual(numbers(oldest, 4_002 - oldest))
    expect(await own.redis.zcard(`${K}:ef`)).toBe(await own.redis.hlen(`${K}:ez`))
  }, 60_000)
})

describe('leaves of the audit trail', () => {
  const END = 1_800_000_000_000
  const note = (n: number, at: number): AuditRecord => ({ id: `n${n}`, at, what: 'preview', principal: `p${n % 3}` })
  const inOrder = (rows: readonly AuditRecord[]): readonly AuditRecord[] =>
    [...rows].sort((a, b) => b.at - a.at || Buffer.compare(Buffer.from(b.id), Buffer.from(a.id)))

  async function everything({ audit }: Engine, limit: number, principal?: string): Promise<readonly AuditRecord[]> {
    const rows: AuditRecord[] = []
    for (let before: AuditCursor | undefined; ;) {
      const page = await audit.list({ from: 0, to: END, ...(principal !== undefined && { principal }) }, limit, before, soon(20_000))
      rows.push(...page.rows)
      if (page.next === undefined) return rows
      before = page.next
    }
  }

  /** The rule of the leaves: each row is in the leaf of its instant. */
  async function expectOrdered(): Promise<void> {
    const starts = (await own.redis.zrange(`${K}:at`, 0, '-1')).map(Number)
    for (const [at, start] of starts.entries()) {
      const offsets = Object.values(await own.redis.hgetall(`${K}:al:${start}`)).map((value) => parseInt(value, 10))
      const length = (starts[at + 1] ?? Infinity) - start
      expect(offsets.filter((offset) => offset < 0 || offset >= length)).toEqual([])
    }
  }

  // A row moves on from the end, from the beginning, and from anywhere: what splits the leaves differs.
  it.each([
    ['in the order of time', (n: number) => n],
    ['against it', (n: number) => 2_000 - n],
    ['in no order', (n: number) => (n * 7_919) % 2_000],
    ['many of one instant', (n: number) => Math.floor(n / 300)],
    ['all of one instant', () => 5],
  ])(
    'rows that are told %s are all there, once and in order',
    async (_how, place) => {
      const engine = await own.open()
      const rows = Array.from({ length: 2_000 }, (_, n) => note(n, 1_700_000_000_000 + place(n)))
      for (let from = 0; from < rows.length; from += 250) {
        const some = rows.slice(from, from + 250)
        await engine.audit.record(some, soon(20_000))
        await engine.audit.record(some.slice(0, 20), soon())
      }
      await expectOrdered()
      expect(await everything(engine, 333)).toStrictEqual(inOrder(rows))
      expect(await everything(engine, 100, 'p1')).toStrictEqual(inOrder(rows.filter(({ principal }) => principal === 'p1')))
      const kept = await engine.audit.prune(1_700_000_000_000, 700, soon(20_000))
      expect(kept).toEqual({ aged: 0, surplus: 1_300 })
      await expectOrdered()
      expect((await everything(engine, 1_000)).length).toBe(700)
      await engine.audit.record(rows, soon(20_000))
      expect(await everything(engine, 1_000)).toStrictEqual(inOrder(rows))
    },
    60_000,
  )

  it('have the row of a command from the command as it is, until this is cleared away, and then the same', async () => {
    const engine = await own.open()
    const { log, audit } = engine
    const action = { kind: 'LOGOUT', reason: 'Déjeuner "x"\n', force: true, channel: 'voice' } as const
    const append = async (agentId: string): Promise<Command> => {
      const made = draft({ id: randomUUID(), agentId, action })
      await log.append({ ...made, command: { ...made.command, origin: { principal: 'crm', requestId: 'r 1', onBehalfOf: 'ann' } } }, soon())
      return made.command as Command
    }
    const [one, two, three] = [await append('a'), await append('b'), await append('c')]
    const get = async ({ id }: Command): Promise<Command> => (await log.get(id, soon())) as Command
    expect((await own.redis.hvals(`${K}:al:0`)).every((value) => /^\d+$/.test(value))).toBe(true)
    expect(await everything(engine, 10)).toMatchObject([{ status: 'accepted' }, { status: 'accepted' }, { status: 'accepted' }])
    const problem = { code: 'VENDOR_ERROR', detail: 'd', fault: { system: 's', code: '9', message: 'm', requestId: 'v' } } as const
    const settledAt = Date.now() + 5
    await log.settle(one.id, { status: 'dead', settledAt, problem } as never, undefined, soon())
    await log.settle(three.id, { status: 'expired', settledAt }, undefined, soon())
    const ended = await Promise.all([one, two, three].map(get))
    const wanted = inOrder(ended.map(commandRow))
    await audit.record([commandRow(ended[0] as Command)], soon())
    expect(await log.prune(settledAt + 1, soon())).toBe(2)
    expect(await log.get(one.id, soon())).toBeUndefined()
    expect(await everything(engine, 10)).toStrictEqual(wanted)
    await audit.record([commandRow(ended[0] as Command), { ...commandRow(ended[2] as Command), status: 'retrying' }], soon())
    expect(await everything(engine, 10)).toStrictEqual(wanted)
    expect(await audit.prune(END, 0, soon())).toEqual({ aged: 3, surplus: 0 })
    expect(await own.redis.keys(`${K}:al:*`)).toEqual([])
    expect(await own.redis.hget(`${K}:meta`, 'auditRows')).toBe('0')
  }, 30_000)
})

describe('parts of the idempotency records', () => {
  it('are swept of what is over, in so many rounds at most, and keep the others', async () => {
    const { log } = await own.open()
    const claim = (key: string, ttlMs: number) =>
      log.append(draft({ agentId: unique('k'), idempotency: { key, fingerprint: 'f', ttlMs } }), soon())
    const names = Array.from({ length: 200 }, (_, n) => `key ${n}`)
    await Promise.all(names.map((name, n) => claim(name, n % 2 === 0 ? 1 : 60_000)))
    const count = async (): Promise<number> => {
      const sizes = await Promise.all((await own.redis.keys(`${K}:k:*`)).map((key) => own.redis.hlen(key)))
      return sizes.reduce((sum, size) => sum + size, 0)
    }
    expect(await count()).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, 10))
    for (let round = 0; round < 8; round += 1) await log.prune(1, soon())
    expect(await count()).toBe(100)
    const kinds = await Promise.all(names.map((name) => claim(name, 60_000).then(({ kind }) => kind)))
    expect(kinds).toEqual(names.map((_, n) => (n % 2 === 0 ? 'accepted' : 'known')))
  }, 30_000)
})
