import type { Config } from '../config.js'
import type { SimulatorSpec } from './child.js'

type Endpoints = Readonly<Record<string, string>>

/** One simulated platform of the sandbox: how its simulator is started, and the configuration that points to it. */
export interface SandboxPlatform {
  readonly simulator: SimulatorSpec
  readonly platform: (endpoints: Endpoints) => Config['platforms'][number]
}

/** Agents of each simulated platform, and how many of them are logged in when it starts. */
const POPULATION = { agents: '30', loggedIn: '10' }

const expertflowId = (index: number): string => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`

/** The agent of the curl line that is printed at the start. */
export const SAMPLE = { platform: 'expertflow', agentId: expertflowId(1), reason: 'Out Of Office' } as const

export const SANDBOX_PLATFORMS: readonly SandboxPlatform[] = [
  {
    simulator: { platform: 'expertflow', port: 9101, controlPort: 9201, options: POPULATION },
    platform: (endpoints) => ({ id: 'expertflow', adapter: 'expertflow', options: { ...endpoints } }),
  },
]
