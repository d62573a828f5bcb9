import { describe, expect, it } from 'vitest'
import { commandRow, type AuditLog, type AuditPage, type AuditQuery, type AuditRecord } from '../../src/core/audit/audit-log.js'
import type { Command } from '../../src/core/model/command.js'
import { accept, soon, unique } from '../support/drafts.js'
import type { Current } from './engine-conformance.js'

/** After every test's own instants. */
const END = 1_800_000_000_000
const AT = 1_700_000_000_000

const query = (more: Partial<AuditQuery>): AuditQuery => ({ from: 0, to: END, ...more })
const note = (platform: string, id: string, more: Partial<AuditRecord> = {}): AuditRecord => ({
  id: `${platform}/${id}`,
  at: AT,
  what: 'preview',
  principal: 'crm',
  platform,
  agentId: 'a',
  ...more,
})
const sorted = (rows: readonly AuditRecord[]): readonly AuditRecord[] =>
  [...rows].sort((a, b) => b.at - a.at || Buffer.compare(Buffer.from(b.id), Buffer.from(a.id)))

/** All rows, as a caller gets them who follows `next`. */
async function everything(audit: AuditLog, asked: AuditQuery, limit = 100): Promise<readonly AuditRecord[]> {
  const rows: AuditRecord[] = []
  for (let before: AuditPage['next']; ;) {
    const page = await audit.list(asked, limit, before, soon(20_000))
    expect(page.rows.length).toBeLessThanOrEqual(limit)
    rows.push(...page.rows)
    before = page.next
    if (before === undefined) return rows
  }
}

/** Rows that follow from their commands, whatever becomes of a process. */
async function expectTold(current: Pick<Current, 'engine' | 'reopen'>, platform: string): Promise<void> {
  const { audit, log } = current.engine()
  const asked = query({ platforms: [platform], to: Date.now() + 60_000 })
  const ended = await accept(log, { platform, agentId: 'a' })
  const replaced = await accept(log, { platform, agentId: 'b' })
  const open = await accept(log, { platform, agentId: 'b' })
  const now = async (): Promise<readonly AuditRecord[]> => {
    const commands = await Promise.all([ended, replaced, open].map(({ id }) => current.engine().log.get(id, soon())))
    return sorted(commands.map((command) => commandRow(command as Command)))
  }
  expect(await everything(audit, asked)).toStrictEqual(await now())
  expect(await log.settle(ended.id, { status: 'expired', settledAt: Date.now() }, undefined, soon())).toBe(true)
  expect((await now()).map(({ status }) => status).toSorted()).toEqual(['accepted', 'expired', 'superseded'])
  expect(await everything(audit, asked)).toStrictEqual(await now())
  // Telling it nevertheless makes no second row, and no older one.
  await audit.record([{ ...commandRow(ended), status: 'accepted' }], soon())
  expect(await everything(audit, asked)).toStrictEqual(await now())
  expect(await audit.owed(Date.now() + 1000, 10, soon())).toEqual([])
  await current.reopen()
  expect(await everything(current.engine().audit, asked)).toStrictEqual(await now())
}

/** The audit trail. Each test has platforms, agents and principals of its own. */
export function auditConformance(current: Pick<Current, 'engine' | 'reopen'>): void {
  describe('audit', () => {
    it('gives back what was recorded, unchanged', async () => {
      const { audit } = current.engine()
      const platform = unique('p')
      const full: AuditRecord = {
        ...note(platform, 'ü "1"/\\ 昼'),
        what: 'command',
        principal: 'Zoë "x"',
        onBehalfOf: '=ann\u0000\n',
        requestId: 'r',
        agentId: 'ägent/\\',
        commandId: 'c1',
        action: 'LOGOUT',
        force: true,
        channel: 'voice',
        reason: 'Déjeuner',
        status: 'dead',
        settledAt: AT + 5,
        code: 'VENDOR_ERROR',
        vendorSystem: 's',
        vendorCode: '9',
        vendorRequestId: 'v',
        detail: 'd',
      }
      const bare: AuditRecord = { id: unique('bare'), at: AT + 1, what: 'key', principal: unique('cli') }
      await audit.record([full, bare], soon())
      expect(await everything(audit, query({ platforms: [platform] }))).toStrictEqual([full])
      expect(await everything(audit, query({ principal: bare.principal }))).toStrictEqual([bare])
      expect(await everything(audit, query({ platforms: [unique('p')] }))).toEqual([])
      expect(await everything(audit, query({ platforms: [] }))).toEqual([])
    })

    it('is told twice and kept once; a row changes until its outcome is there, and never after', async () => {
      const { audit } = current.engine()
      const platform = unique('p')
      const row = note(platform, '1', { what: 'command', commandId: unique('c'), status: 'accepted' })
      const outcomes = (): Promise<readonly unknown[]> =>
        everything(audit, query({ platforms: [platform] })).then((rows) => rows.map(({ status }) => status))
      await audit.record([row], soon())
      await audit.record([{ ...row, status: 'retrying' }], soon())
      expect(await outcomes()).toEqual(['retrying'])
      await audit.record([{ ...row, status: 'confirmed' }, note(platform, '2', { at: AT - 1 })], soon())
      await audit.record([{ ...row, status: 'retrying' }], soon())
      await audit.record([{ ...row, status: 'dead' }], soon())
      expect(await outcomes()).toEqual(['confirmed', undefined])
    })

    it('keeps every row of writers at once that tell the same', async () => {
      const { audit } = current.engine()
      const platform = unique('p')
      const rows = Array.from({ length: 40 }, (_, n) => note(platform, `${n}`, { at: AT + n }))
      await Promise.all(Array.from({ length: 8 }, (_, n) => audit.record(n % 2 === 0 ? rows : [...rows].reverse(), soon(20_000))))
      expect(await everything(audit, query({ platforms: [platform] }))).toStrictEqual(sorted(rows))
    })

    it('lists from ≤ at < to, newest first, page by page, by platform, agent and principal', async () => {
      const { audit } = current.engine()
      const [one, two] = [unique('p'), unique('p')]
      const ids = ['a', 'Z', 'ä', '昼', '\u{1f600}', '\uff21', '10']
      const rows = [9, 100, 1000, AT].flatMap((at) =>
        ids.flatMap((id, n) =>
          [one, two].map((platform) => note(platform, `${id}${at}`, { at, agentId: `agent${n % 2}`, principal: `${one}${n % 3}` })),
        ),
      )
      await audit.record([...rows].reverse(), soon())
      const both = query({ platforms: [one, two] })
      expect(await everything(audit, both, 3)).toStrictEqual(sorted(rows))
      const cases: readonly [Partial<AuditQuery>, (row: AuditRecord) => boolean][] = [
        [{ platforms: [two] }, ({ platform }) => platform === two],
        [{ from: 100, to: 1000 }, ({ at }) => at === 100],
        [{ agentId: 'agent1' }, ({ agentId }) => agentId === 'agent1'],
        [
          { principal: `${one}2`, agentId: 'agent0', to: AT },
          (row) => row.principal === `${one}2` && row.agentId === 'agent0' && row.at < AT,
        ],
      ]
      for (const [asked, wanted] of cases) {
        expect(await everything(audit, { ...both, ...asked }, 4)).toStrictEqual(sorted(rows.filter(wanted)))
      }
    })

    it('has the row of a command from its acceptance to its end without being told, or tells which ended ones are owed theirs', async () => {
      const { audit, log } = current.engine()
      const platform = unique('p')
      if (audit.tellsCommands) return expectTold(current, platform)
      const settled = async (agentId: string): Promise<Command> => {
        const command = await accept(log, { platform, agentId })
        expect(await log.settle(command.id, { status: 'expired', settledAt: Date.now() }, undefined, soon())).toBe(true)
        return (await log.get(command.id, soon())) as Command
      }
      const open = await accept(log, { platform, agentId: 'open' })
      const [first, second] = [await settled('a'), await settled('b')]
      const replaced = await accept(log, { platform, agentId: 'c' })
      await accept(log, { platform, agentId: 'c' })
      await audit.record([{ ...commandRow(first), status: 'accepted' }], soon())
      const mine = [open.id, first.id, second.id, replaced.id]
      const owed = async (endedBefore: number): Promise<readonly string[]> =>
        (await audit.owed(endedBefore, 100_000, soon(20_000))).filter((id) => mine.includes(id)).sort()
      expect(await owed(Date.now() + 1000)).toEqual([first.id, second.id, replaced.id].sort())
      expect(await owed(Date.now() - 60_000)).toEqual([])
      await audit.record([commandRow(first), commandRow((await log.get(replaced.id, soon())) as Command)], soon())
      expect(await owed(Date.now() + 1000)).toEqual([second.id])
      await current.reopen()
      expect(await current.engine().audit.owed(Date.now() + 1000, 100_000, soon(20_000))).toContain(second.id)
      await current.engine().audit.record([commandRow(second)], soon())
      expect(await current.engine().audit.owed(Date.now() + 1000, 100_000, soon(20_000))).not.toContain(second.id)
    }, 30_000)

    it('prunes what is too old, and then the oldest of too many', async () => {
      const { audit } = current.engine()
      const platform = unique('p')
      await audit.prune(5000, 1_000_000, soon(20_000))
      const rows = Array.from({ length: 700 }, (_, n) => note(platform, `${n}`, { at: 4000 + 2 * n }))
      await audit.record(rows, soon(20_000))
      expect(await audit.prune(5000, 1_000_000, soon(20_000))).toEqual({ aged: 500, surplus: 0 })
      expect(await everything(audit, query({ platforms: [platform] }))).toStrictEqual(sorted(rows.slice(500)))
      const count = (await everything(audit, query({ to: Number.MAX_SAFE_INTEGER }), 1000)).length
      expect(await audit.prune(5000, count - 150, soon(20_000))).toEqual({ aged: 0, surplus: 150 })
      expect(await everything(audit, query({ platforms: [platform] }))).toStrictEqual(sorted(rows.slice(650)))
      await audit.record([rows[0] as AuditRecord], soon())
      expect(await everything(audit, query({ platforms: [platform], to: 4001 }))).toStrictEqual([rows[0]])
      expect(await audit.prune(5401, 1_000_000, soon(20_000))).toEqual({ aged: 51, surplus: 0 })
    })

    it('does nothing after its deadline', async () => {
      const { audit } = current.engine()
      const platform = unique('p')
      const late = { deadline: Date.now() - 1 }
      const error = { code: 'STORE_UNAVAILABLE', effect: 'none' }
      await audit.record([note(platform, '1')], soon())
      await expect(audit.record([note(platform, '2')], late)).rejects.toMatchObject(error)
      await expect(audit.list(query({}), 1, undefined, late)).rejects.toMatchObject(error)
      await expect(audit.prune(END, 0, late)).rejects.toMatchObject(error)
      await expect(audit.owed(END, 1, late)).rejects.toMatchObject(error)
      expect(await everything(audit, query({ platforms: [platform] }))).toHaveLength(1)
    })

    it('survives closing and opening again', async () => {
      const platform = unique('p')
      await current.engine().audit.record([note(platform, '1')], soon())
      await current.reopen()
      expect(await everything(current.engine().audit, query({ platforms: [platform] }))).toStrictEqual([note(platform, '1')])
    }, 30_000)
  })
}
