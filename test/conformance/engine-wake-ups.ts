import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { unique } from '../support/drafts.js'
import type { Current } from './engine-conformance.js'
import { waitUntil } from './outage.js'

/** Last of the groups: it starts the delivery and closes the queue. */
export function wakeUpConformance(current: Current): void {
  describe('wake-ups', () => {
    const calls: { key: string; at: number }[] = []
    const alarms: number[] = []
    const behaviour = new Map<string, () => Promise<void>>()
    const of = (key: string): readonly number[] => calls.filter((call) => call.key === key).map((call) => call.at)
    const soonest = { delayMs: 0, priority: 1 }
    /** On a starved machine a wake-up may be refused in time, as promised; then the caller asks again. */
    const wake = (key: string, options: { readonly delayMs: number; readonly priority: number }): Promise<void> =>
      waitUntil(() => current.engine().wakeUps.wake(key, options))

    beforeAll(async () => {
      const onAlarm = (): Promise<void> => {
        alarms.push(Date.now())
        return Promise.resolve()
      }
      await current.engine().wakeUps.start(async (key) => {
        calls.push({ key, at: Date.now() })
        await behaviour.get(key)?.()
      }, onAlarm)
    }, 20_000)
    afterAll(() => current.engine().wakeUps.close(1000))

    it('arrive', async () => {
      const key = unique('p/wake: "ü"')
      await wake(key, soonest)
      await vi.waitFor(() => expect(of(key).length).toBe(1), 5000)
    })

    it('wait for their delay, and are counted meanwhile', async () => {
      const key = unique('p/delay')
      const asked = Date.now()
      await wake(key, { delayMs: 400, priority: 5 })
      await wake(unique('p/waits'), { delayMs: 60_000, priority: 5 })
      expect((await current.engine().wakeUps.stats()).delayed).toBeGreaterThanOrEqual(1)
      await vi.waitFor(() => expect(of(key).length).toBe(1), 5000)
      expect((of(key)[0] ?? 0) - asked).toBeGreaterThanOrEqual(395)
    })

    it('are replaced by a later one for the same agent, to sooner and to later', async () => {
      const sooner = unique('p/sooner')
      const later = unique('p/later')
      const asked = Date.now()
      await wake(sooner, { delayMs: 60_000, priority: 5 })
      await wake(sooner, { delayMs: 100, priority: 0 })
      await wake(later, { delayMs: 100, priority: 5 })
      await wake(later, { delayMs: 700, priority: 5 })
      await vi.waitFor(() => expect([of(sooner).length, of(later).length]).toEqual([1, 1]), 5000)
      expect((of(later)[0] ?? 0) - asked).toBeGreaterThanOrEqual(690)
      await systemClock.sleep(300)
      expect([of(sooner).length, of(later).length]).toEqual([1, 1])
    })

    it('run once more when asked for while running, and never twice at once', async () => {
      const key = unique('p/active')
      let running = 0
      let most = 0
      behaviour.set(key, async () => {
        running += 1
        most = Math.max(most, running)
        await systemClock.sleep(300)
        running -= 1
      })
      await wake(key, soonest)
      await vi.waitFor(() => expect(of(key).length).toBe(1), 5000)
      await wake(key, soonest)
      await wake(key, soonest)
      await vi.waitFor(() => expect(of(key).length).toBe(2), 5000)
      await systemClock.sleep(600)
      expect(of(key).length).toBe(2)
      expect(most).toBe(1)
    })

    it('for one instant, however many ask, are one alarm, and never early', async () => {
      const { wakeUps } = current.engine()
      const soonAt = Date.now() + 600
      await Promise.all(Array.from({ length: 20 }, () => waitUntil(() => wakeUps.alarm(soonAt, Date.now()))))
      await waitUntil(() => wakeUps.alarm(soonAt + 50, Date.now()))
      await vi.waitFor(() => expect(alarms.length).toBe(2), 5000)
      for (const at of alarms) expect(at).toBeGreaterThanOrEqual(soonAt - 5)
      await systemClock.sleep(300)
      expect(alarms.length).toBe(2)
    })

    it('go on after a handler that rejects', async () => {
      const bad = unique('p/bad')
      const good = unique('p/good')
      behaviour.set(bad, () => Promise.reject(new Error('boom')))
      await wake(bad, soonest)
      await wake(good, soonest)
      await vi.waitFor(() => expect([of(bad).length, of(good).length]).toEqual([1, 1]), 5000)
      await vi.waitFor(
        async () => {
          await wake(bad, soonest)
          expect(of(bad).length).toBeGreaterThanOrEqual(2)
        },
        { timeout: 5000, interval: 100 },
      )
    })

    it('close within their grace although a handler hangs, refuse afterwards, and can be closed twice', async () => {
      const key = unique('p/hang')
      const { wakeUps } = current.engine()
      let letGo = (): void => undefined
      behaviour.set(key, () => new Promise((resolve) => (letGo = resolve)))
      await wake(key, soonest)
      await vi.waitFor(() => expect(of(key).length).toBe(1), 5000)
      const begun = Date.now()
      await Promise.all([wakeUps.close(300), wakeUps.close(300)])
      expect(Date.now() - begun).toBeLessThan(1500)
      await expect(wakeUps.wake(key, soonest)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
      letGo()
    })
  })
}
