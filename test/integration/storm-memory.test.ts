import { expect, it } from 'vitest'
import { createMemoryEngine } from '../support/memory-engine.js'
import { loopbackRig, storm } from '../support/storm.js'
import { mulberry32 } from '../../src/simulators/kit/faults.js'
import type { LoopbackFault } from '../../src/adapters/loopback/vendor.js'

it('300 agents, 6 random commands each, every third call failing: no wrong final state, nothing stale sent', async () => {
  const random = mulberry32(7)
  const kinds: LoopbackFault[] = ['busy', 'down', 'timeout-before', 'timeout-after']
  const fault = (): LoopbackFault => (random() < 0.3 ? (kinds[Math.floor(random() * kinds.length)] as LoopbackFault) : 'none')
  const rig = await loopbackRig(createMemoryEngine(), { agents: 300, fault })
  const result = await storm(rig, { agents: 300, commandsEach: 6, seed: 17927, settleMs: 20_000 })
  await rig.stop()
  expect(result.wrongFinal).toEqual([])
  expect(result.stale).toEqual([])
  expect(result.unsettled).toEqual([])
  expect(result.commands).toBe(1800)
  console.log(result.statuses)
})
