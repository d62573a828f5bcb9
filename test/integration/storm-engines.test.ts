import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { LoopbackFault } from '../../src/adapters/loopback/vendor.js'
import { systemClock } from '../../src/core/clock.js'
import { openEngine } from '../../src/core/store/open.js'
import type { Engine } from '../../src/core/wake-ups.js'
import { mulberry32 } from '../../src/simulators/kit/faults.js'
import { createMemoryEngine } from '../support/memory-engine.js'
import { startPostgresServer } from '../support/postgres-server.js'
import { startRedisServer } from '../support/redis-server.js'
import { loopbackRig, silentLogger, storm } from '../support/storm.js'

const FAULTS: readonly LoopbackFault[] = ['busy', 'down', 'timeout-before', 'timeout-after']
const cleanUp: (() => Promise<void> | void)[] = []
afterAll(async () => {
  for (const clean of cleanUp.reverse()) await clean()
})

const engines: Readonly<Record<string, () => Promise<Engine>>> = {
  memory: async () => createMemoryEngine(),
  embedded: async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'cti-storm-'))
    cleanUp.push(() => rmSync(dataDir, { recursive: true, force: true }))
    return openEngine('embedded', { dataDir, log: silentLogger, clock: systemClock, owner: 'storm' })
  },
  redis: async () => {
    const server = await startRedisServer()
    cleanUp.push(() => server.stop())
    return openEngine(server.url, { dataDir: '', log: silentLogger, clock: systemClock, owner: 'storm' })
  },
  postgres: async () => {
    const server = await startPostgresServer()
    cleanUp.push(() => server.stop())
    return openEngine(server.url, { dataDir: '', log: silentLogger, clock: systemClock, owner: 'storm' })
  },
}

describe.each(Object.keys(engines))('on the %s engine', (name) => {
  const seed = Number(process.env['STORM_SEED'] ?? 20_261_121)
  it(`300 agents, 6 random commands each, the vendor failing 30 % of calls: no wrong final state, nothing stale (seed ${seed})`, async () => {
    const engine = await (engines[name] as () => Promise<Engine>)()
    const random = mulberry32(seed)
    const fault = (): LoopbackFault => (random() < 0.3 ? (FAULTS[Math.floor(random() * FAULTS.length)] as LoopbackFault) : 'none')
    // All agents at once on two busy cores: what is tested is being right, not being fast.
    const settings =
      name === 'embedded' || name === 'postgres'
        ? { storeTimeoutMs: 60_000, leaseMs: 120_000, expiryMs: { LOGIN: 600_000, READY: 600_000, NOT_READY: 600_000, LOGOUT: 600_000 } }
        : {}
    const rig = await loopbackRig(engine, { agents: 300, fault, settings })
    try {
      const result = await storm(rig, { agents: 300, commandsEach: 6, seed: seed + 1, settleMs: 120_000 })
      expect(result.wrongFinal).toEqual([])
      expect(result.stale).toEqual([])
      expect(result.unsettled).toEqual([])
      expect(result.commands).toBe(1800)
      expect(result.statuses['confirmed']).toBeGreaterThan(500)
    } finally {
      await rig.stop()
      await engine.wakeUps.close(2000)
      await engine.close()
    }
  }, 240_000)
})
