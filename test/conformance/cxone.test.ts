import { describe, it } from 'vitest'
import { cxone } from '../../src/adapters/cxone/index.js'
import { conformanceChecks } from '../../src/conformance/index.js'
import type { AdapterDefinition } from '../../src/core/adapter.js'
import { cxonePlatform } from '../../src/sandbox/platforms.js'
import { cxoneSimulator } from '../../src/simulators/cxone/index.js'
import { runSimulator } from '../../src/simulators/kit/run.js'

const auth = { accessKeyId: 'key', accessKeySecret: 'secret', clientId: 'client', clientSecret: 'client-secret' }
const SECRETS = ['SIMSECRET+4Q/ZP6LK2UYB7A====', 'sim+client/secret==']

describe.each([
  ['supervisor', { mode: 'supervisor', login: 'impersonate' }],
  ['supervisor without login', { mode: 'supervisor', login: 'unsupported' }],
  ['session owner', { mode: 'session-owner', login: 'impersonate', feed: { enabled: false } }],
])('cxone as %s', (_title, settings) => {
  const checks = conformanceChecks({
    name: 'cxone',
    definition: cxone as AdapterDefinition<never>,
    badOptions: [
      { options: { auth, colour: 'red' }, names: 'colour' },
      { options: { auth: { ...auth, accessKeySecret: '' } }, names: 'auth.accessKeySecret' },
      { options: { auth: { accessKeyId: 'key', accessKeySecret: 'secret' } }, names: 'auth.clientId' },
      { options: { auth, apiVersion: '34' }, names: 'apiVersion' },
      { options: { auth, mode: 'session-owner', login: 'unsupported' }, names: 'login' },
      { options: { auth, refusals: { reportId: '1', timeZone: 'Denver' } }, names: 'refusals.timeZone' },
    ],
    canaries: [...SECRETS, ...SECRETS.map((secret) => encodeURIComponent(secret)), Buffer.from(SECRETS.join(':')).toString('base64')],
    start: async () => {
      const sim = await runSimulator(cxoneSimulator, { options: { agents: '5', loggedIn: '2', effectMaxMs: '100' } })
      const loginable = settings.login !== 'unsupported'
      return {
        options: cxonePlatform(sim.simulator.endpoints, {
          confirmWithinMs: 5000,
          feed: { intervalMs: 200 },
          sessions: { defaultStationId: '7001', longPollSeconds: 2, retryMs: 100 },
          ...settings,
        }).options,
        // Who cannot be logged in by the gateway has to be there already.
        agentId: loginable ? '1005' : '1001',
        station: '7001',
        unknownAgentId: '4711',
        cut: async () => void sim.simulator.event('down', { mode: 'reset' }),
        mend: async () => void sim.simulator.event('up', {}),
        stop: () => sim.stop(),
      }
    },
  })
  for (const { group, name, run } of checks) it(`${group}: ${name}`, run)
})
