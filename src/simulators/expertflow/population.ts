import type { ExpertflowOptions } from './options.js'

export interface Team {
  readonly teamId: string
  readonly teamName: string
}

/** The vendor's `keycloak_User` (expertflow.md §3.2). */
export interface KeycloakUser {
  readonly id: string
  readonly username: string
  readonly firstName: string | null
  readonly lastName: string | null
  readonly roles: readonly string[]
  readonly realm: string
  readonly permittedResources: { readonly Resources: readonly { rsid: string; rsname: string; scopes: readonly string[] }[] }
  readonly attributes: Readonly<Record<string, readonly string[]>>
  readonly userTeam: Team | null
  readonly supervisedTeams: readonly Team[]
  readonly secondarySupervisedTeams: readonly Team[]
}

/** A media routing domain (expertflow.md §8.2, defaults of the routing engine). */
export interface Mrd {
  readonly id: string
  readonly type: string
  readonly typeName: string
  readonly name: string
  readonly description: string
  readonly maxRequests: number
  readonly managed: boolean
  readonly autoJoin: boolean
  readonly interruptible: boolean
}

/** The domain of the vendor's own voice (expertflow.md §8.2). */
export const VOICE_MRD = '62f9e360ea5311eda05b0242'

/** expertflow.md §8.2, row by row. */
export const DEFAULT_MRDS: readonly Mrd[] = [
  mrd('6305de07166ba1099d11d8e6', '64f6edf8b89b71cc6cb60917', 'CHAT', 'CHAT', 5, { managed: true, autoJoin: true, interruptible: true }),
  mrd(VOICE_MRD, '64f6ee2dd49f4e9d7eb5f591', 'CX_VOICE', 'CX VOICE', 1, {
    managed: true,
    autoJoin: false,
    interruptible: false,
  }),
  mrd('20316843be924c8ab4f57a7a', '64f6ee374776bb029f1174e1', 'CISCO_CC', 'CISCO CC', 1, {
    managed: false,
    autoJoin: false,
    interruptible: false,
  }),
]

function mrd(
  id: string,
  type: string,
  typeName: string,
  name: string,
  maxRequests: number,
  traits: Pick<Mrd, 'managed' | 'autoJoin' | 'interruptible'>,
): Mrd {
  return { id, type, typeName, name, description: `${name} media routing domain`, maxRequests, ...traits }
}

export function agentId(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
}

export function supervisorId(number: number): string {
  return `00000000-0000-4000-9000-${String(number).padStart(12, '0')}`
}

export function passwordOf(username: string): string {
  return `secret-${username}`
}

/** Everybody who can log in: agents, supervisors and `unassigned1`, who has neither role nor team (login answers 403, §3.3). */
export function directoryOf(options: ExpertflowOptions): { agents: KeycloakUser[]; supervisors: KeycloakUser[]; unassigned: KeycloakUser } {
  const agents = Array.from({ length: options.agents }, (_none, at) => agent(at + 1, team((at % options.teams) + 1)))
  const supervisors = Array.from({ length: options.supervisors }, (_none, at) => supervisor(at + 1, team(at + 1)))
  const unassigned: KeycloakUser = {
    ...agent(1, team(1)),
    id: '00000000-0000-4000-a000-000000000001',
    username: 'unassigned1',
    roles: [],
    userTeam: null,
  }
  return { agents, supervisors, unassigned }
}

function team(number: number): Team {
  return { teamId: `00000000-0000-4000-b000-${String(number).padStart(12, '0')}`, teamName: `Team ${number}` }
}

function agent(number: number, userTeam: Team): KeycloakUser {
  return {
    id: agentId(number),
    username: `agent${number}`,
    firstName: 'Agent',
    lastName: String(number),
    roles: ['agent'],
    realm: 'expertflow',
    permittedResources: { Resources: [] },
    attributes: { agentExtension: [String(1000 + number)] },
    userTeam,
    supervisedTeams: [],
    secondarySupervisedTeams: [],
  }
}

function supervisor(number: number, supervised: Team): KeycloakUser {
  return {
    ...agent(number, supervised),
    id: supervisorId(number),
    username: `supervisor${number}`,
    firstName: 'Supervisor',
    roles: ['agent', 'supervisor'],
    permittedResources: { Resources: [{ rsid: `state-change-${number}`, rsname: 'state-change', scopes: ['manage_state_change'] }] },
    attributes: { agentExtension: [String(900 + number)] },
    supervisedTeams: [supervised],
  }
}
