import { describe, it } from 'vitest'
import { loopbackOver, loopback } from '../../src/adapters/loopback/index.js'
import { createLoopbackVendor } from '../../src/adapters/loopback/vendor.js'
import { conformanceChecks } from '../../src/conformance/index.js'
import type { AdapterDefinition } from '../../src/core/adapter.js'
import { systemClock } from '../../src/core/clock.js'

let away = false

/** The loopback adapter over a vendor that can be cut off: every read and request then fails as an unreachable one. */
const definition: AdapterDefinition<never> = {
  ...(loopback as AdapterDefinition<never>),
  create: ({ clock }) => {
    const vendor = createLoopbackVendor({ agents: 5, latencyMs: 1, fault: () => (away ? 'down' : 'none'), unreachable: () => away }, clock)
    return loopbackOver(vendor, () => systemClock.now())
  },
}

describe('loopback', () => {
  const checks = conformanceChecks({
    name: 'loopback',
    definition,
    badOptions: [
      { options: { agents: 0 }, names: 'agents' },
      { options: { colour: 'red' }, names: 'colour' },
    ],
    canaries: ['canary-password'],
    start: async () => ({
      options: {},
      agentId: 'agent1',
      credentials: { password: 'canary-password' },
      unknownAgentId: 'nobody',
      cut: async () => void (away = true),
      mend: async () => void (away = false),
      stop: async () => void (away = false),
    }),
  })
  for (const { group, name, run } of checks) it(`${group}: ${name}`, run)
})
