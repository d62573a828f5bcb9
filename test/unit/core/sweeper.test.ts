import { expect, it } from 'vitest'
import { systemClock, type Clock } from '../../../src/core/clock.js'
import type { Runner } from '../../../src/core/run/runner.js'
import type { CommandLog } from '../../../src/core/command-log.js'
import { createSweeper, type SweeperParts } from '../../../src/core/run/sweeper.js'
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

/** A log that lists up to `limit` of what is left, as the real one does, and forgets what was run. */
function overdueLog(keys: Iterable<string>) {
  const left = new Set(keys)
  const lists: number[] = []
  const due = (_now: number, _idle: number, limit: number): Promise<readonly string[]> => {
    lists.push(left.size)
    return Promise.resolve([...left].slice(0, limit))
  }
  return { left, lists, engine: { ...createMemoryEngine(), log: { due, prune: () => Promise.resolve(0) } as unknown as CommandLog } }
}

const agents = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `p/a${index}`)

function sweeperOf(engine: SweeperParts['engine'], run: (key: string) => Promise<void>, sweepMs = 60_000) {
  return createSweeper(
    {
      engine,
      runner: { run, busy: () => false } as unknown as Runner,
      clock: systemClock,
      logger: silentLogger,
      mayRun: () => true,
      forward: () => undefined,
      onRewoken: undefined,
    },
    { atOnce: 50, intervalMs: sweepMs, idleMs: 1000, retentionMs: 3_600_000, storeTimeoutMs: 1000 },
  )
}

it('of many thousand that are due, nobody waits for the next sweep, and none is run twice by an alarm and a sweep', async () => {
  const { left, engine } = overdueLog(agents(9_000))
  const runs = new Map<string, number>()
  const sweeper = sweeperOf(engine, async (key) => {
    runs.set(key, (runs.get(key) ?? 0) + 1)
    await new Promise(setImmediate)
    left.delete(key)
  })
  // The sweep finds the same ones as the alarm: it must neither repeat them nor make the alarm believe that all is done.
  sweeper.start()
  await sweeper.look()
  await expect.poll(() => left.size).toBe(0)
  sweeper.stop()
  expect(runs.size).toBe(9_000)
  expect(Math.max(...runs.values())).toBe(1)
})

it('does not run in circles around agents that stay due because another process holds them', async () => {
  const { lists, engine } = overdueLog(agents(3_000))
  let runs = 0
  const sweeper = sweeperOf(engine, () => Promise.resolve(void (runs += 1)))
  await sweeper.look()
  sweeper.stop()
  expect({ runs, lists: lists.length }).toEqual({ runs: 2_000, lists: 2 })
})
