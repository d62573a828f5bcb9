import type { Config } from '../config.js'
import type { SimulatorSpec } from './child.js'

type Endpoints = Readonly<Record<string, string>>

/** One simulated platform of the sandbox: how its simulator is started, and the configuration that points to it. */
export interface SandboxPlatform {
  readonly simulator: SimulatorSpec
  readonly platform: (endpoints: Endpoints) => Config['platforms'][number]
}

/** Agents of each simulated platform, and how many of them are logged in when it starts. */
const AGENTS = 30
const POPULATION = { agents: String(AGENTS), loggedIn: '10' }

export const expertflowId = (index: number): string => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`

/** The agent of the curl line that is printed at the start. */
export const SAMPLE = { platform: 'expertflow', agentId: expertflowId(1), reason: 'Out Of Office' } as const

/** Scheme, host and port of the simulator's vendor port. */
function originOf(endpoints: Endpoints): string {
  return new URL(Object.values(endpoints)[0] ?? '').origin
}

/** The platform of an Expertflow simulator; LOGIN needs no credentials in the request, because it knows every agent's. */
export function expertflowPlatform(
  endpoints: Endpoints,
  agents: number,
  more: Readonly<Record<string, unknown>> = {},
): Config['platforms'][number] {
  const accounts = Object.fromEntries(
    Array.from({ length: agents }, (_, at) => [expertflowId(at + 1), { username: `agent${at + 1}`, password: `secret-agent${at + 1}` }]),
  )
  const supervisor = { username: 'supervisor1', password: 'secret-supervisor1' }
  return { id: 'expertflow', adapter: 'expertflow', options: { baseUrl: originOf(endpoints), supervisor, accounts, ...more } }
}

export const SANDBOX_PLATFORMS: readonly SandboxPlatform[] = [
  {
    simulator: { platform: 'expertflow', port: 9101, controlPort: 9201, options: POPULATION },
    platform: (endpoints) => expertflowPlatform(endpoints, AGENTS),
  },
]
