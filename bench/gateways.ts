import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { GatewayApi } from './gateway-process.js'
import type { Child } from './lab/children.js'
import type { Lab } from './lab/lab.js'

/** The API key of the load. */
export const BENCH_KEY = 'bench-key-of-a-private-machine'

export interface GatewaySetup {
  /** Names its files. */
  readonly name: string
  readonly redisUrl: string
  readonly vendorUrl: string
  /** Agents of which the vendor tells at the start. */
  readonly agents: number
  readonly loginHangs?: boolean
  readonly port?: number
  readonly limits?: Readonly<Record<string, number>>
}

/** Writes the configuration and starts the gateway, on the measured core, with everything on. */
export function startOurGateway(lab: Lab, setup: GatewaySetup): Promise<Child<GatewayApi>> {
  const file = join(lab.folder, `${setup.name}.json`)
  const config = {
    port: setup.port ?? 0,
    dataDir: join(lab.folder, setup.name),
    engine: setup.redisUrl,
    logLevel: 'info',
    keys: [{ name: 'bench', sha256: createHash('sha256').update(BENCH_KEY).digest('hex'), scopes: ['agent:write', 'agent:read'] }],
    platforms: [
      {
        id: 'bench',
        adapter: 'bench-http',
        options: { url: setup.vendorUrl, agents: setup.agents, loginHangs: setup.loginHangs === true },
      },
    ],
    ...(setup.limits && { limits: setup.limits }),
  }
  writeFileSync(file, JSON.stringify(config))
  return lab.start<GatewayApi>('gateway-process.ts', { core: 'measured', environment: { CTI_CONFIG: file } })
}
