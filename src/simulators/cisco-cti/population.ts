import { STATE } from './codes.js'
import type { CtiOptions } from './options.js'

export interface SkillGroup {
  readonly number: number
  readonly id: number
  readonly priority: number
  readonly name: string
}

/** What was asked for while the agent could not take it, and is applied when the call ends. */
export interface PendingChange {
  readonly state: number
  readonly reason: number
  /** Also log out afterwards, with this reason (supervisor, ForcedFlag). */
  readonly thenLogout?: number
  /** Journal entry to amend when it takes effect. */
  readonly journalSeq?: number
}

/** One agent of the peripheral gateway; the same record for both sides. */
export interface Agent {
  readonly id: string
  readonly password: string
  readonly firstName: string
  readonly lastName: string
  readonly skillTargetId: number
  readonly supervisor: boolean
  /** Listed in AGENT_TEAM_CONFIG_EVENT. */
  readonly inTeam: boolean
  readonly skillGroups: readonly SkillGroup[]
  /** The instrument that the agent normally uses; answers about a logged-out agent carry it. */
  readonly home: string
  /** The instrument of the present login. */
  instrument: string | undefined
  /** Number of a mobile agent, if logged in as one. */
  mobileNumber: string | undefined
  workMode: number
  state: number
  reason: number
  /** Epoch ms. */
  since: number
  pending: PendingChange | undefined
  /** State to return to when the present call ends. */
  afterCall: number | undefined
  direction: number
  deskSettings: number
  wrongPasswords: number
  locked: boolean
  /** Instrument out of service. */
  deviceOut: boolean
}

export interface Peripheral {
  readonly id: number
  online: boolean
}

export interface Population {
  readonly agents: ReadonlyMap<string, Agent>
  readonly peripherals: readonly Peripheral[]
  readonly instruments: ReadonlySet<string>
}

const BASE_GROUP: SkillGroup = { number: 1, id: 5101, priority: 0, name: 'BaseSkillGroup' }
const FIRST_GROUP = 2

function skillGroups(index: number): SkillGroup[] {
  const number = FIRST_GROUP + (index % 3)
  return [BASE_GROUP, { number, id: 5100 + number, priority: 1, name: `Skill${number}` }]
}

type Identity = Pick<Agent, 'id' | 'home' | 'skillTargetId' | 'supervisor' | 'inTeam' | 'skillGroups'>

function makeAgent(identity: Identity, loggedIn: boolean, deskSettings: number): Agent {
  return {
    ...identity,
    password: `secret-${identity.id}`,
    firstName: 'Agent',
    lastName: identity.id,
    instrument: loggedIn ? identity.home : undefined,
    mobileNumber: undefined,
    workMode: 0,
    state: loggedIn ? STATE.notReady : STATE.logout,
    reason: 0,
    since: Date.now(),
    pending: undefined,
    afterCall: undefined,
    direction: 0,
    deskSettings,
    wrongPasswords: 0,
    locked: false,
    deviceOut: false,
  }
}

/** How long the recorded agents had been logged out (section 7.1, AGENT_TEAM_CONFIG_EVENT). */
const RECORDED_STATE_SECONDS = 0x1b8a05

/** Agents 1 (a supervisor) and 2 as the recorded session shows them: ICMAgentID 5007, three skill groups (section 7.1). */
function recorded(options: CtiOptions): Population {
  const groups: SkillGroup[] = [1, 2, 3].map((number) => ({ number, id: 5000 + number, priority: 0, name: `Recorded${number}` }))
  const agents = ['1', '2'].map((id, index) =>
    makeAgent(
      {
        id,
        home: index === 1 ? '1000' : '1001',
        skillTargetId: index === 1 ? 0x138f : 0x138e,
        supervisor: index === 0,
        inTeam: index === 0,
        skillGroups: groups,
      },
      false,
      options.deskSettings,
    ),
  )
  for (const agent of agents) agent.since -= RECORDED_STATE_SECONDS * 1000
  return {
    agents: new Map(agents.map((agent) => [agent.id, agent])),
    peripherals: [
      { id: options.peripheralId, online: true },
      { id: options.peripheralId + 3, online: false },
    ],
    instruments: new Set(agents.map((agent) => agent.home)),
  }
}

/** The agents, instruments and peripherals of a fresh site. */
export function populate(options: CtiOptions): Population {
  if (options.profile === 'recorded-v15') return recorded(options)
  const agents = Array.from({ length: options.agents }, (_, index) =>
    makeAgent(
      {
        id: String(1001 + index),
        home: String(2001 + index),
        skillTargetId: 6001 + index,
        supervisor: index === 0,
        inTeam: true,
        skillGroups: skillGroups(index),
      },
      index < options.loggedIn,
      options.deskSettings,
    ),
  )
  return {
    agents: new Map(agents.map((agent) => [agent.id, agent])),
    peripherals: [{ id: options.peripheralId, online: true }],
    instruments: new Set(agents.map((agent) => agent.home)),
  }
}
