import { describe, it } from 'vitest'
import { conformanceChecks } from '../../../src/conformance/index.js'
import type { AdapterDefinition } from '../../../src/core/adapter.js'
import { acme } from './index.js'
import { startAcme } from './vendor.js'

const TOKEN = 'canary-service-token'

describe('acme', () => {
  const checks = conformanceChecks({
    name: 'acme',
    definition: acme as AdapterDefinition<never>,
    badOptions: [
      { options: { baseUrl: 'acme', token: 'x' }, names: 'baseUrl' },
      { options: { baseUrl: 'http://acme' }, names: 'token' },
    ],
    canaries: [TOKEN],
    async start() {
      const { url, cut, mend } = await startAcme(TOKEN)
      return { options: { baseUrl: url, token: TOKEN }, agentId: '7001', unknownAgentId: '7999', cut, mend, stop: cut }
    },
  })
  for (const { group, name, run } of checks) it(`${group}: ${name}`, run)
})
