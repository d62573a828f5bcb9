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

/**
 * The reasons that the simulated Cisco sites have configured. Over the agent protocol of CTI Server nobody can ask for them (vendors/cisco.md
 * section 2.4), so that they stand in the gateway's configuration too; Finesse tells them, and wants one then (section 4.2).
 */
const CISCO_REASONS = [
  { code: 101, name: 'Lunch', type: 'NOT_READY', key: 'BREAK.LUNCH' },
  { code: 102, name: 'Break', type: 'NOT_READY', key: 'BREAK.SHORT' },
  { code: 103, name: 'Meeting', type: 'NOT_READY', key: 'MEETING' },
  { code: 201, name: 'End of Shift', type: 'LOGOUT', key: 'END_OF_SHIFT' },
  { code: 202, name: 'Training', type: 'LOGOUT', key: 'TRAINING' },
] as const

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

/** The platform of a CXone simulator: supervisor mode, with LOGIN by impersonation. */
export function cxonePlatform(endpoints: Endpoints, more: Readonly<Record<string, unknown>> = {}): Config['platforms'][number] {
  const origin = originOf(endpoints)
  return {
    id: 'cxone',
    adapter: 'cxone',
    options: {
      mode: 'supervisor',
      login: 'impersonate',
      issuer: origin,
      hosts: { token: origin, discovery: origin, api: origin },
      tenantId: '11eb1a2b-3c4d-4e5f-8a9b-0242ac110003',
      auth: {
        accessKeyId: 'SIMKEY7RJ3VTQ2XW5N4M====',
        accessKeySecret: 'SIMSECRET+4Q/ZP6LK2UYB7A====',
        clientId: 'sim-client@cxone',
        clientSecret: 'sim+client/secret==',
      },
      // The simulator's own budget: the real one is not published, and the default is careful.
      throttle: { perSecond: 100, burst: 200 },
      feed: { intervalMs: 1000 },
      refusals: { reportId: '350100', timeZone: 'America/New_York' },
      ...more,
    },
  }
}

/** The platform of a CTI Server pair simulator. */
export function ciscoCtiPlatform(endpoints: Endpoints, more: Readonly<Record<string, unknown>> = {}): Config['platforms'][number] {
  const side = (name: string): { host: string; port: number } => {
    const url = new URL(endpoints[name] ?? '')
    return { host: url.hostname, port: Number(url.port) }
  }
  return { id: 'cisco-cti', adapter: 'cisco-cti', options: { sides: [side('side-a'), side('side-b')], peripheralId: 5000, ...more } }
}

/** The platform of a Finesse pair simulator; LOGIN needs no credentials in the request, because it knows every agent's. */
export function ciscoFinessePlatform(
  endpoints: Endpoints,
  agents: number,
  more: Readonly<Record<string, unknown>> = {},
): Config['platforms'][number] {
  const node = (name: string): { api: string; xmpp: string } => ({ api: endpoints[name] ?? '', xmpp: endpoints[`${name}-xmpp`] ?? '' })
  const accounts = Object.fromEntries(
    Array.from({ length: agents }, (_, at) => [String(1001 + at), { password: `secret-${1001 + at}`, extension: String(2001 + at) }]),
  )
  return {
    id: 'cisco-finesse',
    adapter: 'cisco-finesse',
    options: {
      primary: node('primary'),
      secondary: node('secondary'),
      supervisor: { id: '900', password: 'secret-900' },
      accounts,
      xmpp: { allowPlaintext: true },
      ...more,
    },
  }
}

/** What starts with the gateway when no platform is configured. Ports are fixed so that one can look there again. */
export const SANDBOX_PLATFORMS: readonly SandboxPlatform[] = [
  {
    simulator: { platform: 'expertflow', port: 9101, controlPort: 9201, options: POPULATION },
    platform: (endpoints) => expertflowPlatform(endpoints, AGENTS, { soleDesk: true, conversations: {} }),
  },
  {
    simulator: { platform: 'cxone', port: 9111, controlPort: 9211, options: { ...POPULATION, refusalRows: '40' } },
    platform: (endpoints) => cxonePlatform(endpoints),
  },
  {
    simulator: { platform: 'cisco-cti', port: 9121, controlPort: 9221, options: POPULATION },
    platform: (endpoints) => ciscoCtiPlatform(endpoints, { reasons: CISCO_REASONS }),
  },
  {
    simulator: { platform: 'cisco-finesse', port: 9131, controlPort: 9231, options: POPULATION },
    platform: (endpoints) =>
      ciscoFinessePlatform(endpoints, AGENTS, {
        reasonRequired: { notReady: true, logout: true },
        reasonKeys: Object.fromEntries(CISCO_REASONS.map(({ code, key }) => [String(code), key])),
      }),
  },
]
