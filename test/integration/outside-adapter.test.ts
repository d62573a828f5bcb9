import { expect, it } from 'vitest'
import { ConfigError, configSchema } from '../../src/config.js'
import { startGateway } from '../../src/gateway.js'
import { KEYS, SECRETS } from '../support/api.js'
import { createMemoryEngine } from '../support/memory-engine.js'
import { silentLogger } from '../support/storm.js'
import type { AdapterDefinition } from '../../src/core/adapter.js'
import { acme } from '../examples/acme/index.js'

const config = configSchema.parse({
  port: 0,
  platforms: [{ id: 'acme', adapter: 'acme', options: { baseUrl: 'http://127.0.0.1:9', token: 'a-token' } }],
})
const common = { config, keys: KEYS, logger: silentLogger }

it('runs an adapter from outside the repository, beside the ones that come with the gateway', async () => {
  const adapters = { acme: () => Promise.resolve(acme as AdapterDefinition<never>) }
  const gateway = await startGateway({ ...common, adapters, engine: createMemoryEngine() })
  try {
    const answer = await fetch(`${gateway.url}/v1/platforms`, { headers: { authorization: `Bearer ${SECRETS.reader}` } })
    expect(await answer.text()).toContain('Acme Contact Center')
  } finally {
    await gateway.stop()
  }
})

it('knows it only when it is handed over, and says what there is', async () => {
  await expect(startGateway(common)).rejects.toThrow(ConfigError)
  await expect(startGateway(common)).rejects.toThrow(/there is no adapter "acme"; there are loopback,/)
  await expect(startGateway({ ...common, adapters: { other: () => Promise.resolve(acme as AdapterDefinition<never>) } })).rejects.toThrow(
    /cisco-finesse, other/,
  )
})
