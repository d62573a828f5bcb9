import type { AuditCursor, AuditLog, AuditPage, AuditQuery, AuditRecord } from '../audit/audit-log.js'
import type { EngineOptions } from '../command-log.js'
import type { Guard } from './deadline.js'
import { instant, packRow, unpackRow } from './redis-audit-codec.js'
import type { Run } from './redis-batch.js'

const PRUNE_BATCH = 500
/** Batches of one call. */
const PRUNE_ROUNDS = 10
/** Leaves that one step of Redis looks at: the first one has a small page as a rule, more are some milliseconds of Redis. */
const FIRST_LEAVES = 1
const MORE_LEAVES = 4
/** Rows that one call of `list` looks at: there is no index but time. */
const LOOKED_AT = 10_000

function fits({ from, to, platforms, agentId, principal }: AuditQuery, row: AuditRecord): boolean {
  return (
    row.at >= from &&
    row.at < to &&
    (platforms === undefined || (row.platform !== undefined && platforms.includes(row.platform))) &&
    (agentId === undefined || row.agentId === agentId) &&
    (principal === undefined || row.principal === principal)
  )
}

/** Newest first. */
const inOrder = (a: AuditCursor, b: AuditCursor): number => b.at - a.at || Buffer.compare(Buffer.from(b.id), Buffer.from(a.id))

interface Step {
  /** Newest first. */
  readonly rows: readonly AuditRecord[]
  readonly looked: number
  /** Where the next step goes on; '': there is nothing behind. */
  readonly leaf: string
}

function stepOf(answer: unknown): Step {
  const [leaf, looked, epoch, ...flat] = answer as readonly [string, number, string, ...string[]]
  const rows: AuditRecord[] = []
  for (let i = 0; i + 4 < flat.length; i += 5) {
    const [name = '', , text = '', agent = '', record = ''] = flat.slice(i, i + 5)
    rows.push(unpackRow({ name, text, agent, record }, epoch))
  }
  return { rows: rows.sort(inOrder), looked, leaf }
}

/** The audit trail on Redis. The scripts and their keys: redis-audit-scripts.ts. */
export function createRedisAuditLog(guard: Guard, run: Run): AuditLog {
  const step = (query: AuditQuery, newest: number, leaf: string, options: EngineOptions): Promise<Step> =>
    guard.run(options, async (deadline) => {
      const leaves = leaf === '' ? FIRST_LEAVES : MORE_LEAVES
      return stepOf(await run('ctiAudits', deadline, newest, instant(query.from), leaf, leaves))
    })

  return {
    tellsCommands: true,
    record: (rows, options) => guard.run(options, (deadline) => recordRows(run, rows, deadline)),
    async list(query, limit, before, options): Promise<AuditPage> {
      const rows: AuditRecord[] = []
      const newest = before === undefined || before.at >= query.to ? instant(query.to) - 1 : instant(before.at)
      let place = before
      for (let looked = 0, leaf = ''; ;) {
        const found = await step(query, newest, leaf, options)
        for (const row of found.rows) {
          if (before !== undefined && inOrder(before, row) >= 0) continue
          place = { at: row.at, id: row.id }
          if (fits(query, row)) rows.push(row)
          if (rows.length === limit) return { rows, next: place }
        }
        if (found.leaf === '') return { rows }
        leaf = found.leaf
        looked += found.looked
        if (looked >= LOOKED_AT) return { rows, next: place ?? { at: Number(leaf), id: '' } }
      }
    },
    async prune(before, keep, options) {
      const total = { aged: 0, surplus: 0 }
      for (let round = 0; round < PRUNE_ROUNDS; round += 1) {
        const [aged, surplus] = await guard.run(
          options,
          async (deadline) => (await run('ctiPruneAudit', deadline, instant(before), keep, PRUNE_BATCH)) as [number, number],
        )
        total.aged += aged
        total.surplus += surplus
        if (aged + surplus < PRUNE_BATCH) break
      }
      return total
    },
    owed: (_endedBefore, _limit, options) => guard.run(options, async () => []),
  }
}

/** Rows of commands are told by their names alone; in full only those of which the command log answers that it does not have the command. */
async function recordRows(run: Run, rows: readonly AuditRecord[], deadline: number): Promise<void> {
  const unknown = (await run('ctiAudit', deadline, ...rows.flatMap((row) => packRow(row, false)))) as readonly number[]
  const missing = unknown.flatMap((at) => rows[at] ?? [])
  if (missing.length > 0) await run('ctiAudit', deadline, ...missing.flatMap((row) => packRow(row, true)))
}

/** Of what layout 3 left, so many rows at a time. */
const MOVE_BATCH = 500

/** Brings the rows of layout 3 to this one. Each is there at any moment, in one of them or in both. Answers how many. */
export async function moveAuditRows(run: Run, deadline: number): Promise<number> {
  for (let moved = 0; ;) {
    const flat = (await run('ctiAuditOld', deadline, MOVE_BATCH)) as readonly string[]
    if (flat.length === 0) return moved
    const texts = flat.filter((text, at) => at % 2 === 1 && text !== '')
    await recordRows(
      run,
      texts.map((text) => JSON.parse(text.slice(1)) as AuditRecord),
      deadline,
    )
    await run('ctiAuditMoved', deadline, ...flat.filter((_, at) => at % 2 === 0))
    moved += texts.length
  }
}
