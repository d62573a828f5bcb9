import { expect, it } from 'vitest'
import type { Adapter } from '../../../src/core/adapter.js'
import { unknownView } from '../../../src/core/model/agent-state.js'
import { CtiError } from '../../../src/core/model/error.js'
import { platformOf, type PlatformParts } from '../../../src/core/platforms.js'
import { PRIORITY } from '../../../src/core/accept/policy.js'
import { createPresence } from '../../../src/core/agents/presence.js'
import { createCountedBudget } from '../../support/counted-budget.js'
import { never } from '../../support/gate-rig.js'
import { createVirtualClock, type VirtualClock } from '../../support/process-clocks.js'

const away = (): CtiError => new CtiError('VENDOR_UNAVAILABLE')

/** A platform whose vendor is away until it is told otherwise. */
function platform(clock: VirtualClock, more: PlatformParts, ratePerSecond?: number) {
  const state = { status: 'down' as 'up' | 'down', read: [] as string[] }
  const adapter = {
    manifest: { maxInFlight: 10, ...(ratePerSecond !== undefined && { ratePerSecond }) },
    health: () => ({ status: state.status, since: 0 }),
    read(agentId: string) {
      state.read.push(agentId)
      return state.status === 'up' ? Promise.resolve(unknownView(agentId, 0)) : Promise.reject(away())
    },
  } as unknown as Adapter
  return { state, gate: platformOf('p', adapter, undefined, clock, 1_000, more).gate }
}

it('asks an absent vendor for an agent that is known, not always the same, and commands come through again', async () => {
  const clock = createVirtualClock()
  const presence = createPresence()
  for (const agentId of ['a', 'b', 'c']) presence.read('p', unknownView(agentId, 0))
  presence.read('other', unknownView('x', 0))
  let turn = 0
  const random = (): number => (turn++ % 3) / 3
  const { gate, state } = platform(clock, { presence, gates: { budgets: () => undefined, storeTimeoutMs: 500, random } })
  for (let at = 0; at < 5; at += 1) gate.tryEnter()?.done(away())
  await clock.advance(30_000)
  expect([gate.circuit, new Set(state.read)]).toEqual(['open', new Set(['a', 'b', 'c'])])
  state.status = 'up'
  await clock.advance(30_000)
  expect(gate.circuit).toBe('closed')
})

it("goes by the adapter's own links while no agent is known", async () => {
  const clock = createVirtualClock()
  const { gate, state } = platform(clock, {})
  for (let at = 0; at < 5; at += 1) gate.tryEnter()?.done(away())
  await clock.advance(20_000)
  expect(gate.circuit).toBe('open')
  state.status = 'up'
  await clock.advance(20_000)
  expect([gate.circuit, state.read]).toEqual(['closed', []])
})

it.each([
  [undefined, undefined, 0, 1],
  [5, undefined, 1, 5],
  [undefined, 4, 1, 4],
  [5, 4, 1, 4],
])('with %s a second in the manifest and %s configured the store is asked %i times', async (manifest, configured, takes, perSecond) => {
  const clock = createVirtualClock()
  const budget = createCountedBudget(clock)
  const limits = configured === undefined ? {} : { ratePerSecond: configured }
  const { gate } = platform(clock, { limits, gates: { budgets: () => budget, storeTimeoutMs: 500 } }, manifest)
  ;(await gate.enter(PRIORITY.login, never)).done()
  expect(budget.takes).toBe(takes)
  let passed = 0
  for (let at = 0; at < 200; at += 1) {
    gate.enter(PRIORITY.login, never).then(
      (pass) => {
        passed += 1
        pass.done()
      },
      () => undefined,
    )
  }
  await clock.advance(10_000)
  expect(passed).toBeLessThanOrEqual(takes === 0 ? 200 : perSecond * 10)
  expect(passed).toBeGreaterThan(takes === 0 ? 199 : perSecond * 9)
  gate.close()
})
