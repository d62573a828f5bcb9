import { expect, it } from 'vitest'
import { systemClock, type Clock } from '../../../src/core/clock.js'
import type { Runner } from '../../../src/core/run/runner.js'
import { createSweeper } from '../../../src/core/run/sweeper.js'
import { accept, soon, unique } from '../../support/drafts.js'
import { createMemoryEngine } from '../../support/memory-engine.js'
import { silentLogger } from '../../support/storm.js'

it('prunes settled commands and logouts of one age, once a minute', async () => {
  const engine = createMemoryEngine()
  let elapsed = 0
  let sweep: () => void = () => undefined
  const clock: Clock = {
    ...systemClock,
    monotonic: () => elapsed,
    every(_ms, fn) {
      sweep = fn
      return () => undefined
    },
  }
  const runner: Pick<Runner, 'run' | 'busy'> = { run: () => Promise.resolve(), busy: () => false }
  const settings = { atOnce: 10, intervalMs: 1000, idleMs: 1000, retentionMs: 3_600_000, storeTimeoutMs: 1000 }
  const now = Date.now()
  const logout = { platform: 'p', agentId: 'a' }
  for (const age of [3_700_000, 3_500_000]) {
    const { id } = await accept(engine.log, { agentId: unique('a'), acceptedAt: now - age })
    await engine.log.settle(id, { status: 'confirmed', settledAt: now - age }, undefined, soon())
    await engine.logouts.record({ ...logout, at: now - age }, soon())
  }
  const sweeper = createSweeper(
    { engine, runner: runner as Runner, clock, logger: silentLogger, mayRun: () => true, forward: () => undefined, onRewoken: undefined },
    settings,
  )
  const ages = async (): Promise<readonly (readonly number[])[]> => [
    engine.all().map(({ acceptedAt }) => now - acceptedAt),
    (await engine.logouts.list('p', 0, now, 10, undefined, soon())).map(({ at }) => now - at),
  ]
  sweeper.start()
  elapsed = 59_000
  await systemClock.sleep(20)
  sweep()
  await systemClock.sleep(20)
  expect(await ages()).toEqual([
    [3_700_000, 3_500_000],
    [3_700_000, 3_500_000],
  ])
  elapsed = 60_001
  sweep()
  await expect.poll(ages).toEqual([[3_500_000], [3_500_000]])
  sweeper.stop()
})

it('an alarm runs the retries that are due, but for those in hand here and those that are another process’s', async () => {
  const engine = createMemoryEngine()
  const now = Date.now()
  const park = async (agentId: string, nextAttemptAt: number | undefined): Promise<void> => {
    const { id } = await accept(engine.log, { agentId, acceptedAt: now - 60_000 })
    if (nextAttemptAt !== undefined) await engine.log.settle(id, { status: 'retrying', nextAttemptAt }, undefined, soon())
  }
  for (const agentId of ['due', 'busy', 'foreign']) await park(agentId, now - 10)
  await park('later', now + 60_000)
  await park('idle', undefined)
  const told: Record<'run' | 'forwarded', string[]> = { run: [], forwarded: [] }
  const runner: Pick<Runner, 'run' | 'busy'> = {
    run: (key) => Promise.resolve(void told.run.push(key)),
    busy: (key) => key === 'p/busy',
  }
  const sweeper = createSweeper(
    {
      engine,
      runner: runner as Runner,
      clock: systemClock,
      logger: silentLogger,
      mayRun: (key) => key !== 'p/foreign',
      forward: (key) => void told.forwarded.push(key),
      onRewoken: undefined,
    },
    { atOnce: 10, intervalMs: 60_000, idleMs: 1000, retentionMs: 3_600_000, storeTimeoutMs: 1000 },
  )
  await sweeper.look()
  expect(told).toEqual({ run: ['p/due'], forwarded: ['p/foreign'] })
})
