import { describe, expect, it } from 'vitest'
import type { BudgetStore, Granted } from '../../src/core/gate/budget.js'
import { systemClock } from '../../src/core/clock.js'
import { soon, unique } from '../support/drafts.js'
import type { SideEngines } from './engine-side.js'

const URGENT = 0
const CALM = 5

/** Asks again as it is told to until `end`; answers how often it was granted. */
async function hammer(budgets: BudgetStore, account: string, limit: { perSecond: number; burst: number }, end: number): Promise<number> {
  let granted = 0
  while (Date.now() < end) {
    const answer = await budgets.take(account, CALM, limit, soon())
    if (answer.granted) granted += 1
    else await systemClock.sleep(Math.min(answer.retryInMs, 30))
  }
  return granted
}

/** Asks until it is granted. */
async function served(
  budgets: BudgetStore,
  account: string,
  priority: number,
  limit: { perSecond: number; burst: number },
): Promise<Granted> {
  for (const end = Date.now() + 8000; ;) {
    const answer = await budgets.take(account, priority, limit, soon())
    if (answer.granted || Date.now() > end) return answer
    await systemClock.sleep(answer.retryInMs)
  }
}

export function budgetConformance(engines: SideEngines): void {
  describe('budgets', () => {
    it('grant everything as long as there is no rate', async () => {
      const { budgets } = engines.one()
      const account = unique('account')
      for (let turn = 0; turn < 20; turn += 1) {
        expect(await budgets.take(account, CALM, { burst: 1 }, soon())).toStrictEqual({ granted: true, retryInMs: 0 })
      }
    })

    it('grant the burst at once, then say when to ask again', async () => {
      const { budgets } = engines.one()
      const account = unique('account')
      const limit = { perSecond: 0.5, burst: 3 }
      for (let turn = 0; turn < 3; turn += 1) {
        expect(await budgets.take(account, CALM, limit, soon())).toStrictEqual({ granted: true, retryInMs: 0, perSecond: 0.5 })
      }
      const refused = await budgets.take(account, CALM, limit, soon())
      expect(refused).toMatchObject({ granted: false, perSecond: 0.5 })
      expect(refused.retryInMs).toBeGreaterThan(0)
      expect(refused.retryInMs).toBeLessThanOrEqual(2000)
      await systemClock.sleep(refused.retryInMs + 1)
      expect((await budgets.take(account, CALM, limit, soon())).granted).toBe(true)
      expect((await budgets.take(unique('account'), CALM, limit, soon())).granted).toBe(true)
    })

    it('hold the rate over everybody who asks', async () => {
      const account = unique('account')
      const limit = { perSecond: 40, burst: 5 }
      const begun = Date.now()
      const askers = [engines.one(), engines.two(), engines.one(), engines.two()]
      const grants = await Promise.all(askers.map(({ budgets }) => hammer(budgets, account, limit, begun + 3000)))
      const seconds = (Date.now() - begun) / 1000
      const total = grants.reduce((sum, count) => sum + count, 0)
      expect(total).toBeLessThanOrEqual(limit.perSecond * seconds + limit.burst)
      expect(total).toBeGreaterThan(limit.burst + limit.perSecond)
    }, 20_000)

    it('serve the urgent one who was refused before all less urgent ones', async () => {
      const [here, there] = [engines.one().budgets, engines.two().budgets]
      const account = unique('account')
      const limit = { perSecond: 2, burst: 1 }
      expect((await here.take(account, CALM, limit, soon())).granted).toBe(true)
      expect((await here.take(account, URGENT, limit, soon())).granted).toBe(false)
      await systemClock.sleep(600)
      const calm = await there.take(account, CALM, limit, soon())
      expect(calm.granted).toBe(false)
      expect(calm.retryInMs).toBeGreaterThan(0)
      expect((await here.take(account, URGENT, limit, soon())).granted).toBe(true)
      expect((await served(there, account, CALM, limit)).granted).toBe(true)
    })

    it('do not wait for ever for an urgent one who does not come back', async () => {
      const { budgets } = engines.one()
      const account = unique('account')
      const limit = { perSecond: 5, burst: 1 }
      await budgets.take(account, CALM, limit, soon())
      expect((await budgets.take(account, URGENT, limit, soon())).granted).toBe(false)
      await systemClock.sleep(1600)
      expect((await budgets.take(account, CALM, limit, soon())).granted).toBe(true)
    })

    it('learn a rate, keep the smaller one, and give it up only when it is raised', async () => {
      const { budgets } = engines.one()
      const account = unique('account')
      const rate = async (perSecond?: number): Promise<number | undefined> =>
        (await budgets.take(account, CALM, { burst: 1, ...(perSecond !== undefined && { perSecond }) }, soon())).perSecond
      await budgets.restrict(account, { perSecond: 4.5, pauseMs: 0 }, soon())
      expect(await rate()).toBe(4.5)
      await budgets.restrict(account, { perSecond: 8, pauseMs: 0 }, soon())
      expect(await rate()).toBe(4.5)
      await budgets.restrict(account, { perSecond: 3, pauseMs: 0 }, soon())
      expect(await rate(100)).toBe(3)
      expect(await rate(2)).toBe(2)
      await budgets.restrict(account, { perSecond: 8, pauseMs: 0, raise: true }, soon())
      expect(await rate()).toBe(8)
      await engines.reopen()
      expect((await engines.one().budgets.take(account, CALM, { burst: 1 }, soon())).perSecond).toBe(8)
    }, 30_000)

    it('give nothing to anybody while there is a pause, and no saved-up burst after it', async () => {
      const [here, there] = [engines.one().budgets, engines.two().budgets]
      const account = unique('account')
      const limit = { perSecond: 100, burst: 50 }
      await here.restrict(account, { perSecond: 0.5, pauseMs: 1500 }, soon())
      await here.restrict(account, { perSecond: 0.5, pauseMs: 10 }, soon())
      const refused = await there.take(account, CALM, limit, soon())
      expect(refused.granted).toBe(false)
      expect(refused.retryInMs).toBeGreaterThan(300)
      expect(refused.retryInMs).toBeLessThanOrEqual(1500)
      await systemClock.sleep(refused.retryInMs + 5)
      const after = await Promise.all([here, there, here, there].map((budgets) => budgets.take(account, CALM, limit, soon())))
      expect(after.filter(({ granted }) => granted).length).toBe(1)
    })

    it('do nothing after the deadline', async () => {
      const { budgets } = engines.one()
      const account = unique('account')
      const late = { deadline: Date.now() - 1 }
      const error = { code: 'STORE_UNAVAILABLE' }
      await expect(budgets.take(account, CALM, { perSecond: 1, burst: 1 }, late)).rejects.toMatchObject(error)
      await expect(budgets.restrict(account, { perSecond: 1, pauseMs: 9000 }, late)).rejects.toMatchObject(error)
      expect(await budgets.take(account, CALM, { perSecond: 7, burst: 1 }, soon())).toMatchObject({ granted: true, perSecond: 7 })
    })
  })
}
