import { describe, expect, it } from 'vitest'
import { logoutsOf, type LogoutLog, type LogoutRecord } from '../../src/core/agents/logout-log.js'
import { soon, unique } from '../support/drafts.js'
import type { Current } from './engine-conformance.js'

/** After every test's own instants. */
const END = 1_800_000_000_000

function everything(log: LogoutLog, platform: string): Promise<readonly LogoutRecord[]> {
  return log.list(platform, 0, END, 1000, undefined, soon())
}

/** The report of logouts. Each test has a platform of its own. */
export function logoutConformance(current: Pick<Current, 'engine' | 'reopen'>): void {
  describe('logouts', () => {
    it('gives back what was recorded, unchanged, on its own platform only', async () => {
      const { logouts } = current.engine()
      const full: LogoutRecord = {
        platform: unique('p'),
        agentId: 'ägent "one"/\\',
        at: 1_700_000_000_123,
        code: -2,
        name: 'PG failure, "reset"',
        text: '=Déjeuner 昼\nsecond line',
        key: 'SYSTEM.FAILOVER',
        cause: 'system',
        previousState: 'READY',
        commandId: 'c1',
        requestedBy: '',
      }
      const bare: LogoutRecord = { platform: full.platform, agentId: 'bare', at: full.at + 1, code: 4_294_967_295 }
      await logouts.record(bare, soon())
      await logouts.record(full, soon())
      expect(await everything(logouts, full.platform)).toStrictEqual([full, bare])
      expect(await everything(logouts, unique('p'))).toEqual([])
    })

    it('is told twice and kept once: a later record fills what was missing and changes nothing', async () => {
      const { logouts } = current.engine()
      const first: LogoutRecord = { platform: unique('p'), agentId: 'a', at: 1_700_000_000_000, previousState: 'READY', text: 'first' }
      await logouts.record(first, soon())
      const second: LogoutRecord = { ...first, text: 'second', previousState: 'BUSY', code: 0, cause: 'agent' }
      await logouts.record(second, soon())
      await logouts.record(first, soon())
      const other = { ...first, agentId: 'b' }
      await logouts.record(other, soon())
      expect(await everything(logouts, first.platform)).toStrictEqual([{ ...first, code: 0, cause: 'agent' }, other])
    })

    it('keeps all fields of records that are told at once', async () => {
      const { logouts } = current.engine()
      const base = { platform: unique('p'), agentId: 'a', at: 1_700_000_000_000 }
      const parts = [{ code: 1 }, { name: 'n' }, { text: 't' }, { key: 'k' }, { commandId: 'c' }, { requestedBy: 'r' }]
      await Promise.all(parts.map((part) => logouts.record({ ...base, ...part }, soon())))
      expect(await everything(logouts, base.platform)).toStrictEqual([Object.assign({ ...base }, ...parts)])
    })

    it('lists from ≤ at < to, oldest first, and goes on behind a cursor that need not exist', async () => {
      const { logouts } = current.engine()
      const platform = unique('p')
      const names = ['a', 'Z', 'ä', '昼', '\u{1f600}', '\uff21', 'a/b', '10', '9']
      const records: LogoutRecord[] = [9, 100, 1000, 1_700_000_000_000].flatMap((at) => names.map((agentId) => ({ platform, agentId, at })))
      for (const record of [...records].reverse()) await logouts.record(record, soon())
      const sorted = [...records].sort((a, b) => a.at - b.at || Buffer.compare(Buffer.from(a.agentId), Buffer.from(b.agentId)))
      expect(await everything(logouts, platform)).toStrictEqual(sorted)
      const paged: LogoutRecord[] = []
      for (;;) {
        const page = await logouts.list(platform, 0, END, 4, paged.at(-1), soon())
        paged.push(...page)
        if (page.length < 4) break
      }
      expect(paged).toStrictEqual(sorted)
      expect(await logouts.list(platform, 100, 1000, 100, undefined, soon())).toStrictEqual(sorted.filter(({ at }) => at === 100))
      const behind = await logouts.list(platform, 0, END, 1, { at: 100, agentId: 'Zz' }, soon())
      expect(behind).toStrictEqual([{ platform, agentId: 'a', at: 100 }])
      expect(await logouts.list(platform, 0, 1000, 100, { at: 100, agentId: '\u{1f600}' }, soon())).toEqual([])
    })

    it('streams more than a page, each record once', async () => {
      const { logouts } = current.engine()
      const platform = unique('p')
      const records = Array.from({ length: 1003 }, (_, index) => ({ platform, agentId: `a${index % 7}`, at: 1_600_000_000_000 + index }))
      for (let from = 0; from < records.length; from += 50) {
        await Promise.all(records.slice(from, from + 50).map((record) => logouts.record(record, soon(20_000))))
      }
      const seen: LogoutRecord[] = []
      for await (const record of logoutsOf(logouts, platform, { from: 0, to: END }, () => soon())) seen.push(record)
      expect(seen).toStrictEqual(records)
    })

    it('prunes what is older than the bound on all platforms, and what is recorded again is there again', async () => {
      const { logouts } = current.engine()
      await logouts.prune(5000, soon())
      const [one, two] = [unique('p'), unique('p')]
      const old = Array.from({ length: 600 }, (_, index) => ({ platform: one, agentId: `a${index}`, at: 4000, text: 'old' }))
      for (let from = 0; from < old.length; from += 50) {
        await Promise.all(old.slice(from, from + 50).map((record) => logouts.record(record, soon(20_000))))
      }
      await logouts.record({ platform: two, agentId: 'a', at: 4999 }, soon())
      await logouts.record({ platform: two, agentId: 'b', at: 5000 }, soon())
      expect(await logouts.prune(5000, soon())).toBe(601)
      expect(await everything(logouts, one)).toEqual([])
      expect(await everything(logouts, two)).toStrictEqual([{ platform: two, agentId: 'b', at: 5000 }])
      await logouts.record({ platform: one, agentId: 'a1', at: 4000 }, soon())
      expect(await everything(logouts, one)).toStrictEqual([{ platform: one, agentId: 'a1', at: 4000 }])
      expect(await logouts.prune(5001, soon())).toBe(2)
    })

    it('does nothing after its deadline', async () => {
      const { logouts } = current.engine()
      const record = { platform: unique('p'), agentId: 'a', at: 1_700_000_000_000 }
      const late = { deadline: Date.now() - 1 }
      const error = { code: 'STORE_UNAVAILABLE', effect: 'none' }
      await logouts.record(record, soon())
      await expect(logouts.record({ ...record, text: 'late' }, late)).rejects.toMatchObject(error)
      await expect(logouts.list(record.platform, 0, END, 1, undefined, late)).rejects.toMatchObject(error)
      await expect(logouts.prune(END, late)).rejects.toMatchObject(error)
      expect(await everything(logouts, record.platform)).toStrictEqual([record])
    })

    it('survives closing and opening again', async () => {
      const record = { platform: unique('p'), agentId: 'a', at: 1_700_000_000_000, text: 'End of shift' }
      await current.engine().logouts.record(record, soon())
      await current.reopen()
      expect(await everything(current.engine().logouts, record.platform)).toStrictEqual([record])
    }, 30_000)
  })
}
