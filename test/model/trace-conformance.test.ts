import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CommandLog } from '../../src/core/command-log.js'
import { systemClock } from '../../src/core/clock.js'
import { COMMAND_CLASSES } from '../../src/core/model/command.js'
import { openEngine } from '../../src/core/store/open.js'
import type { Engine } from '../../src/core/wake-ups.js'
import { mulberry32 } from '../../src/simulators/kit/faults.js'
import { createMemoryEngine } from '../support/memory-engine.js'
import { startRedisServer, type TestServer } from '../support/redis-server.js'
import { silentLogger } from '../support/storm.js'
import type { Scenario, VendorState } from './state.js'
import { createReplay, expected, randomWay } from './trace.js'

/** The model's log and a real one, step by step: what the model check proves of the one holds for the other. */

const TRACES = 500
const LENGTH = 60
const VENDORS: readonly VendorState[] = ['OUT', 'NR', 'R', 'BUSY']
// Lost answers and undos are the stores' own affair: no caller can ask for them.
const BUDGET = { all: 5, crash: 2, expire: 2, vendor: 2, lie: 1, store: 0, ended: 2 }

function pick<T>(random: () => number, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T
}

async function replayOne(log: CommandLog, seed: number): Promise<number> {
  const random = mulberry32(seed)
  const kinds = [1, 2, 3].map(() => pick(random, COMMAND_CLASSES))
  const scenario: Scenario = { kinds, vendor: pick(random, VENDORS), budget: BUDGET }
  const replay = createReplay(log, scenario)
  const told: string[] = []
  let calls = 0
  for (const { step } of randomWay(scenario, random, LENGTH)) {
    told.push(step.what)
    for (const call of step.calls) {
      const where = `seed ${seed} (${kinds.join(', ')}):\n  ${told.join('\n  ')}\n`
      const answer = await replay.call(call)
      if ('answer' in call) expect({ call, answer }, where).toEqual({ call, answer: call.answer })
      calls += 1
    }
    const way = step.to.commands.findIndex(({ status }) => status === 'sent')
    if (way >= 0 && random() < 0.2) {
      const refused = { call: 'settle', c: way, by: undefined, operation: 'cancel', answer: false } as const
      expect(await replay.call(refused), `seed ${seed}: cancelled on its way`).toBe(false)
    }
    if (step.calls.length > 0) expect(await replay.stored(), `seed ${seed}:\n  ${told.join('\n  ')}\n`).toEqual(expected(step.to))
  }
  return calls
}

async function replayAll(log: CommandLog): Promise<void> {
  let calls = 0
  for (let first = 1; first <= TRACES; first += 20) {
    const seeds = Array.from({ length: 20 }, (_one, at) => first + at)
    const counts = await Promise.all(seeds.map((seed) => replayOne(log, seed)))
    calls += counts.reduce((sum, count) => sum + count, 0)
  }
  expect(calls).toBeGreaterThan(TRACES * 5)
}

describe('the model is the log', () => {
  it(`memory: ${TRACES} random ways`, () => replayAll(createMemoryEngine().log), 120_000)

  describe('redis', () => {
    let server: TestServer
    let engine: Engine
    beforeAll(async () => {
      server = await startRedisServer()
      engine = await openEngine(server.url, { dataDir: '', log: silentLogger, clock: systemClock, owner: 'trace' })
    })
    afterAll(async () => {
      await engine.close()
      await server.stop()
    })
    it(`${TRACES} random ways`, () => replayAll(engine.log), 240_000)
  })
})
