import { describe, expect, it } from 'vitest'
import type { CommandLog, OpenPlace, OpenQuery } from '../../src/core/command-log.js'
import { agentKey, type Command } from '../../src/core/model/command.js'
import { accept, leaseOf, soon, unique } from '../support/drafts.js'
import type { Current } from './engine-conformance.js'

/** Later than what any other test accepts; each test has a day of its own. */
let day = 4_000_000_000_000
const nextDay = (): number => (day += 86_400_000)
const before = (acceptedAt: number): OpenPlace => ({ acceptedAt: acceptedAt - 1, id: 'z' })

/** Follows `next` to the end. */
export async function allOpen(
  log: CommandLog,
  query: OpenQuery,
  between?: (page: readonly Command[]) => Promise<void>,
): Promise<Command[][]> {
  const pages: Command[][] = []
  for (let after = query.after; ;) {
    const { commands, next } = await log.open({ ...query, ...(after !== undefined && { after }) }, soon())
    pages.push([...commands])
    if (next === undefined) return pages
    await between?.(commands)
    after = next
  }
}

export function openConformance(current: Current): void {
  describe('open commands', () => {
    it('come oldest first and as they are stored; pages show each one once, also those of the same millisecond', async () => {
      const { log } = current.engine()
      const at = nextDay()
      const given: Command[] = []
      for (let n = 0; n < 12; n += 1)
        given.push(await accept(log, { id: crypto.randomUUID(), agentId: unique('open'), acceptedAt: at + Math.floor(n / 4) }))
      const pages = await allOpen(log, { limit: 5, after: before(at) })
      expect(pages.map(({ length }) => length).filter((length) => length > 0)).toEqual([5, 5, 2])
      const seen = pages.flat()
      expect(seen.map(({ acceptedAt }) => acceptedAt)).toEqual(given.map(({ acceptedAt }) => acceptedAt))
      expect([...seen].sort(byId)).toStrictEqual([...given].sort(byId))
    })

    it('go on behind one that has ended meanwhile', async () => {
      const { log } = current.engine()
      const at = nextDay()
      const given: Command[] = []
      for (let n = 0; n < 6; n += 1) given.push(await accept(log, { id: crypto.randomUUID(), agentId: unique('open'), acceptedAt: at }))
      const pages = await allOpen(log, { limit: 2, after: before(at) }, async (page) => {
        for (const { id } of page) expect(await log.settle(id, { status: 'cancelled', settledAt: at }, undefined, soon())).toBe(true)
      })
      expect(
        pages
          .flat()
          .map(({ id }) => id)
          .sort(),
      ).toEqual(given.map(({ id }) => id).sort())
      expect(
        (await allOpen(log, { limit: 10, after: before(at) })).flat().filter(({ acceptedAt }) => acceptedAt === at).length,
      ).toBeLessThanOrEqual(2)
    })

    it('can be asked for by status, with what is known of them', async () => {
      const { log } = current.engine()
      const at = nextDay()
      const [waiting, sent, retrying] = [unique('open'), unique('open'), unique('open')]
      await accept(log, { agentId: waiting, acceptedAt: at })
      const second = await accept(log, { agentId: sent, acceptedAt: at + 1 })
      const third = await accept(log, { agentId: retrying, acceptedAt: at + 2 })
      await log.claimSend(second.id, await leaseOf(log, agentKey('p', sent)), at + 3, soon())
      const problem = { code: 'VENDOR_ERROR', detail: '"s":"sent"\n' } as const
      await log.settle(
        third.id,
        { status: 'retrying', nextAttemptAt: at + 9, problem },
        await leaseOf(log, agentKey('p', retrying)),
        soon(),
      )
      const only = async (status: 'accepted' | 'sent' | 'retrying') => (await allOpen(log, { limit: 50, after: before(at), status })).flat()
      expect((await only('accepted')).map(({ agentId }) => agentId)).toEqual([waiting])
      expect(await only('sent')).toStrictEqual([await log.get(second.id, soon())])
      expect(await only('retrying')).toStrictEqual([{ ...third, status: 'retrying', nextAttemptAt: at + 9, problem }])
    })

    it('are read from the beginning without a place', async () => {
      const { log } = current.engine()
      const old = await accept(log, { agentId: unique('open'), acceptedAt: 1 })
      expect((await log.open({ limit: 1 }, soon())).commands.map(({ acceptedAt }) => acceptedAt)).toEqual([1])
      await log.settle(old.id, { status: 'cancelled', settledAt: 2 }, undefined, soon())
    })
  })
}

const byId = (one: Command, other: Command): number => (one.id < other.id ? -1 : 1)
