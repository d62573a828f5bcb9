import { describe, it } from 'vitest'
import { ciscoCti } from '../../src/adapters/cisco-cti/index.js'
import { conformanceChecks } from '../../src/conformance/index.js'
import type { AdapterDefinition } from '../../src/core/adapter.js'
import { ciscoCtiSimulator } from '../../src/simulators/cisco-cti/index.js'
import { runSimulator } from '../../src/simulators/kit/run.js'

const minimal = { sides: [{ host: 'cti-a.example.com' }], peripheralId: 5000 }

describe.each([
  ['the newest version', {}, {}],
  ['version 15, as CTI OS Server speaks it', { newestVersion: '15' }, {}],
  [
    'a site with a client password and reasons',
    { clientPassword: 'canary-client', deskSettings: '24' },
    { clientPassword: 'canary-client', reasonRequired: { notReady: true, logout: true } },
  ],
])('cisco-cti with %s', (_title, simulator: Record<string, string>, settings) => {
  const checks = conformanceChecks({
    name: 'cisco-cti',
    definition: ciscoCti as AdapterDefinition<never>,
    badOptions: [
      { options: { ...minimal, colour: 'red' }, names: 'colour' },
      { options: { ...minimal, sides: [] }, names: 'sides' },
      { options: { ...minimal, sides: [{ host: 'a', port: 70_000 }] }, names: 'sides.0.port' },
      { options: { ...minimal, versions: [12] }, names: 'versions.0' },
      { options: { ...minimal, maxOutstanding: 0 }, names: 'maxOutstanding' },
    ],
    canaries: ['secret-1001', 'canary-client'],
    start: async () => {
      const sim = await runSimulator(ciscoCtiSimulator, { options: { agents: '3', ...simulator } })
      const side = (name: string): { host: string; port: number } => {
        const url = new URL(sim.simulator.endpoints[name] ?? '')
        return { host: url.hostname, port: Number(url.port) }
      }
      const both = (type: string): void => ['A', 'B'].forEach((name) => void sim.simulator.event(type, { side: name }))
      return {
        options: {
          sides: [side('side-a'), side('side-b')],
          peripheralId: 5000,
          heartbeatMs: 300,
          connectTimeoutMs: 1_000,
          openTimeoutMs: 1_000,
          closeTimeoutMs: 500,
          answerTimeoutMs: 3_000,
          confirmWithinMs: 5_000,
          eventGraceMs: 200,
          ladderMs: [50, 100],
          firstPauseMs: 20,
          reasons: [
            { code: 7, name: 'Lunch', type: 'NOT_READY' },
            { code: 101, name: 'End of shift', type: 'LOGOUT' },
          ],
          ...settings,
        },
        agentId: '1001',
        credentials: { password: 'secret-1001' },
        station: '2001',
        unknownAgentId: '4711',
        cut: async () => both('side-down'),
        mend: async () => both('side-up'),
        stop: () => sim.stop(),
      }
    },
  })
  for (const { group, name, run } of checks) it(`${group}: ${name}`, run)
})
