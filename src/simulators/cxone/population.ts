/** The agents of the tenant and what the platform knows of each. */
import { DEFAULT_CODES, DEFAULT_TEAMS, STATE, type Team, type UnavailableCode } from './codes.js'
import type { CxoneOptions } from './options.js'
import type { Agent } from './agent.js'

export interface Population {
  readonly agents: ReadonlyMap<number, Agent>
  readonly codes: Map<number, UnavailableCode>
  readonly teams: Map<number, Team>
}

const FIRST = ['Ada', 'Ben', 'Cleo', 'Dan', 'Eve', 'Finn', 'Gina', 'Hugo', 'Iris', 'Jon']
const LAST = ['Archer', 'Baker', 'Carter', 'Draper', 'Ellis', 'Fisher', 'Glover']

function createAgent(index: number, teams: readonly Team[], now: number): Agent {
  const id = 1000 + index
  const firstName = FIRST[(index - 1) % FIRST.length]!
  const lastName = LAST[(index - 1) % LAST.length]!
  return {
    id,
    userName: `agent${id}@sim.example`,
    firstName,
    lastName,
    userId: `11ee${String(id).padStart(4, '0')}-0000-4000-8000-${String(id).padStart(12, '0')}`,
    team: teams[(index - 1) % teams.length]!,
    state: STATE.loggedOut,
    out: {},
    startDate: now,
    lastUpdate: now,
    contact: undefined,
    next: undefined,
    session: undefined,
    personalQueue: 0,
    restricted: false,
    busyUntil: 0,
    history: [],
  }
}

export function createPopulation(options: CxoneOptions, now: number): Population {
  const teams = DEFAULT_TEAMS.map((team) => ({ ...team }))
  const agents = Array.from({ length: options.agents }, (_, at) => createAgent(at + 1, teams, now))
  return {
    agents: new Map(agents.map((agent) => [agent.id, agent])),
    codes: new Map(DEFAULT_CODES.map((code) => [code.id, code])),
    teams: new Map(teams.map((team) => [team.id, team])),
  }
}
