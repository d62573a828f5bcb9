import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { soon, unique } from '../support/drafts.js'
import type { SideEngines } from './engine-side.js'

const LATE = { code: 'STORE_UNAVAILABLE' }

export function siteConformance(engines: SideEngines): void {
  describe('site leases', () => {
    it('belong to one, keep their token while prolonged, and get a larger one with the next owner', async () => {
      const [here, there] = [engines.one().sites, engines.two().sites]
      const name = unique('link')
      // Long enough that a busy machine loses no lease between two lines.
      const ttl = 2000
      const token = await here.acquire(name, 'one', ttl, soon())
      expect(token).toBeGreaterThan(0)
      expect(await there.acquire(name, 'two', ttl, soon())).toBeUndefined()
      await systemClock.sleep(1100)
      expect(await here.acquire(name, 'one', ttl, soon())).toBe(token)
      await systemClock.sleep(1100)
      expect(await there.acquire(name, 'two', ttl, soon())).toBeUndefined()
      await systemClock.sleep(1300)
      const next = await there.acquire(name, 'two', 60_000, soon())
      expect(next).toBeGreaterThan(token ?? Infinity)
      expect(await here.acquire(name, 'one', 400, soon())).toBeUndefined()
    })

    it('are free at once when their owner lets go, and only then', async () => {
      const { sites } = engines.one()
      const name = unique('link')
      const token = await sites.acquire(name, 'one', 60_000, soon())
      await sites.release(name, 'two', soon())
      expect(await sites.acquire(name, 'two', 60_000, soon())).toBeUndefined()
      await sites.release(name, 'one', soon())
      await sites.release(unique('link'), 'one', soon())
      expect(await sites.acquire(name, 'one', 60_000, soon())).toBe((token ?? 0) + 1)
    })

    it('are granted to one of many', async () => {
      const name = unique('link')
      const asked = Array.from({ length: 12 }, (_, at) => (at % 2 === 0 ? engines.one() : engines.two()).sites)
      const tokens = await Promise.all(asked.map((sites, at) => sites.acquire(name, `owner ${at}`, 60_000, soon())))
      expect(tokens.filter((token) => token !== undefined).length).toBe(1)
    })

    it('do nothing after the deadline', async () => {
      const { sites } = engines.one()
      const name = unique('link')
      const late = { deadline: Date.now() - 1 }
      await expect(sites.acquire(name, 'one', 60_000, late)).rejects.toMatchObject(LATE)
      const token = await sites.acquire(name, 'two', 60_000, soon())
      await expect(sites.release(name, 'two', late)).rejects.toMatchObject(LATE)
      expect(await sites.acquire(name, 'two', 60_000, soon())).toBe(token)
    })
  })
}

export function registryConformance(engines: SideEngines): void {
  describe('signs of life', () => {
    it('count every beat of everybody once, and tell when the one before was', async () => {
      const first = await engines.one().registry.beat('one', soon())
      const many = Array.from({ length: 10 }, (_, at) => (at % 2 === 0 ? engines.one() : engines.two()).registry)
      const beats = await Promise.all(many.map((registry) => registry.beat('one', soon())))
      const counts = beats.map(({ count }) => count).sort((a, b) => a - b)
      expect(counts).toEqual(Array.from({ length: 10 }, (_, at) => first.count + 1 + at))
      expect(new Set(beats.map(({ epoch }) => epoch))).toEqual(new Set([first.epoch]))
      await systemClock.sleep(120)
      const last = await engines.one().registry.beat('one', soon())
      expect(Math.abs((last.previousAt ?? 0) - (Date.now() - 120))).toBeLessThan(3000)
    })

    it('show who is alive, and who has left or fallen silent no more', async () => {
      const { registry } = engines.one()
      const [here, left, silent] = [unique('owner'), unique('owner'), unique('owner')]
      await registry.beat(left, soon())
      await registry.beat(silent, soon())
      expect((await registry.beat(here, soon())).alive).toEqual(expect.arrayContaining([here, left, silent]))
      await registry.leave(left, soon())
      const present = (await registry.beat(here, soon())).alive
      expect(present).toEqual(expect.arrayContaining([here, silent]))
      expect(present).not.toContain(left)
      await systemClock.sleep(5200)
      expect((await registry.beat(here, soon())).alive).toEqual([here])
    }, 20_000)

    it('change the epoch once when several find out at once, and lift the count', async () => {
      const { registry } = engines.one()
      const { epoch, count } = await registry.beat('one', soon())
      const [a, b] = await Promise.all([registry.newEpoch(epoch, count + 500, soon()), engines.two().registry.newEpoch(epoch, 1, soon())])
      expect(a).not.toBe(epoch)
      expect(b).toBe(a)
      expect(await registry.beat('one', soon())).toMatchObject({ epoch: a, count: count + 501 })
      expect(await registry.newEpoch(epoch, count + 700, soon())).toBe(a)
      await engines.reopen()
      expect(await engines.one().registry.beat('one', soon())).toMatchObject({ epoch: a, count: count + 701 })
    }, 30_000)

    it('do nothing after the deadline', async () => {
      const { registry } = engines.one()
      const late = { deadline: Date.now() - 1 }
      const { epoch, count } = await registry.beat('one', soon())
      await expect(registry.beat('two', late)).rejects.toMatchObject(LATE)
      await expect(registry.leave('one', late)).rejects.toMatchObject(LATE)
      await expect(registry.newEpoch(epoch, count + 9, late)).rejects.toMatchObject(LATE)
      expect(await registry.beat('one', soon())).toMatchObject({ epoch, count: count + 1 })
    })
  })
}
