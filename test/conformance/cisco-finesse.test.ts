import { describe, it } from 'vitest'
import { ciscoFinesse } from '../../src/adapters/cisco-finesse/index.js'
import { conformanceChecks } from '../../src/conformance/index.js'
import type { AdapterDefinition } from '../../src/core/adapter.js'
import { ciscoFinesseSimulator } from '../../src/simulators/cisco-finesse/index.js'
import { runSimulator } from '../../src/simulators/kit/run.js'

const minimal = { primary: { api: 'https://a.example.com:8445' }, supervisor: { id: '900', password: 'p' } }

describe.each([
  [
    'with reasons and accounts',
    { accounts: { '1001': { password: 'secret-1001', extension: '2001' } }, reasonRequired: { notReady: true, logout: true } },
  ],
  ['with the supervisor only', {}],
])('cisco-finesse %s', (_title, settings) => {
  const checks = conformanceChecks({
    name: 'cisco-finesse',
    definition: ciscoFinesse as AdapterDefinition<never>,
    badOptions: [
      { options: { ...minimal, colour: 'red' }, names: 'colour' },
      { options: { ...minimal, primary: {} }, names: 'primary.api' },
      { options: { ...minimal, pollMs: 0 }, names: 'pollMs' },
    ],
    canaries: [
      'secret-900',
      'secret-1001',
      Buffer.from('900:secret-900').toString('base64'),
      Buffer.from('1001:secret-1001').toString('base64'),
    ],
    start: async () => {
      const sim = await runSimulator(ciscoFinesseSimulator, { options: { agents: '3' } })
      const at = sim.simulator.endpoints
      return {
        options: {
          primary: { api: at['primary'], xmpp: at['primary-xmpp'] },
          secondary: { api: at['secondary'], xmpp: at['secondary-xmpp'] },
          supervisor: { id: '900', password: 'secret-900' },
          systemInfoMs: 500,
          pollMs: 500,
          reconnectMinMs: 50,
          reconnectMaxMs: 500,
          confirmWithinMs: 5000,
          xmpp: { allowPlaintext: true },
          ...settings,
        },
        agentId: '1001',
        credentials: { password: 'secret-1001' },
        station: '2001',
        unknownAgentId: '4711',
        async cut() {
          for (const side of ['primary', 'secondary']) sim.simulator.event('side-down', { side })
        },
        async mend() {
          for (const side of ['primary', 'secondary']) sim.simulator.event('side-up', { side })
        },
        stop: () => sim.stop(),
      }
    },
  })
  for (const { group, name, run } of checks) it(`${group}: ${name}`, run)
})
