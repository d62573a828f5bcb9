/** Control by a supervisor or a service user, and the reads of the real-time and admin API (vendors/cxone.md section 4). */
import type { Agent } from './agent.js'
import { requestState, remoteLogout } from './agent-rules.js'
import { STATE, STATE_NAMES } from './codes.js'
import type { Route } from './routes.js'
import { page, stateRow, updatedSince } from './rows.js'
import type { Site } from './site.js'
import { accepted, failure, found, iso, text, whole, type Call, type Reply } from './wire.js'

const agentOf = (site: Site, call: Call): Agent | undefined => site.agent(call.path['agentId'] ?? '')
const noAgent = (call: Call) => failure(404, `Invalid agent ID: ${call.path['agentId']}`)

/** The state word of a request; letter case is free, as with all words of the platform. */
export function askedState(call: Call): 'Available' | 'Unavailable' | undefined {
  const word = text(call.input, 'state')?.toLowerCase()
  if (word === 'available') return 'Available'
  return word === 'unavailable' ? 'Unavailable' : undefined
}

export const ASKED = { Available: 'READY', Unavailable: 'NOT_READY' } as const

function setState(site: Site, call: Call): Reply {
  const agent = agentOf(site, call)
  if (agent === undefined) return noAgent(call)
  if (agent.restricted) return failure(403, 'The agent is restricted')
  const word = askedState(call)
  if (word === undefined) return failure(400, 'Invalid state: must be Available or Unavailable')
  const outStateId = whole(call.input, 'outStateId')
  if (Number.isNaN(outStateId)) return failure(400, 'Invalid outStateId: must be an integer')
  // 0 stands for "no code" beside an absent value; system codes are negative and never selectable (4.4).
  const code = outStateId === undefined || outStateId === 0 ? undefined : site.population.codes.get(outStateId)
  if (outStateId !== undefined && outStateId !== 0 && code === undefined) return failure(400, `Invalid unavailable code: ${outStateId}`)
  if (agent.session === undefined) return failure(404, 'Agent session not started')
  const state = word === 'Available' ? STATE.available : STATE.unavailable
  const decision = requestState(site, agent, state, word === 'Available' ? undefined : code, call)
  if ('why' in decision) return failure(decision.status, decision.why)
  return {
    status: 200,
    body: {},
    description: 'Success',
    effect: 'none',
    change: { when: 'later', agentId: agent.id, make: decision.make },
  }
}

function logout(site: Site, call: Call): Reply {
  const agent = agentOf(site, call)
  if (agent === undefined) return noAgent(call)
  if (agent.session === undefined && site.options.logoutLoggedOut !== 'accepted')
    return site.options.logoutLoggedOut === 'conflict'
      ? failure(409, 'The agent is not logged in')
      : failure(404, 'Agent session not started')
  return accepted({ when: 'later', agentId: agent.id, make: () => remoteLogout(site, agent, call) })
}

const changedSince = (agents: Iterable<Agent>, since: number | undefined) =>
  [...agents].filter((agent) => since === undefined || agent.lastUpdate >= since)

function allStates(site: Site, call: Call): Reply {
  const since = updatedSince(call)
  if (Number.isNaN(since)) return failure(400, 'Invalid value for updatedSince')
  const older = site.options.rows === 'v23'
  const lastPollTime = iso(site.now())
  const rows = changedSince(site.population.agents.values(), since).map((agent) => stateRow(site, agent, older ? 'v23' : '2026'))
  const answer = page(site, call, rows, older)
  if ('status' in answer) return answer
  if (older) return found({ agentStates: answer.rows })
  return found({ totalRecords: answer.total, _links: answer.links, lastPollTime, agentStates: answer.rows })
}

function oneState(site: Site, call: Call): Reply {
  const agent = agentOf(site, call)
  if (agent === undefined) return noAgent(call)
  const since = updatedSince(call)
  if (Number.isNaN(since)) return failure(400, 'Invalid value for updatedSince')
  const answer = page(
    site,
    call,
    changedSince([agent], since).map((changed) => stateRow(site, changed, 'single')),
  )
  return 'status' in answer ? answer : found({ agentStates: answer.rows })
}

function agentRow(site: Site, agent: Agent): Record<string, unknown> {
  return {
    agentId: agent.id,
    userId: agent.userId,
    userName: agent.userName,
    firstName: agent.firstName,
    lastName: agent.lastName,
    emailAddress: agent.userName,
    isActive: true,
    teamId: agent.team.id,
    teamName: agent.team.name,
    businessUnitId: site.options.businessUnitId,
    lastUpdated: iso(agent.lastUpdate),
    telephone1: `+1555010${agent.id}`,
    phoneTimeout: 45,
    chatTimeout: 45,
    emailTimeout: 45,
    voicemailTimeout: 45,
    workItemTimeout: 45,
    smsTimeout: 45,
    digitalTimeout: 45,
  }
}

/** 204 when nothing matches (4.6). */
function agents(site: Site, call: Call, all: Iterable<Agent>): Reply {
  const search = text(call.input, 'searchString')?.toLowerCase()
  const inactiveOnly = text(call.input, 'isActive')?.toLowerCase() === 'false'
  const rows = [...all]
    .filter(
      (agent) =>
        !inactiveOnly && (search === undefined || `${agent.firstName} ${agent.lastName} ${agent.userName}`.toLowerCase().includes(search)),
    )
    .map((agent) => agentRow(site, agent))
  const answer = page(site, call, rows)
  if ('status' in answer) return answer
  if (answer.rows.length === 0) return { status: 204, description: 'No Content', effect: 'read' }
  const { businessUnitId } = site.options
  return found({ businessUnitId, totalRecords: answer.total, lastPollTime: iso(site.now()), agents: answer.rows, _links: answer.links })
}

function history(site: Site, call: Call): Reply {
  const agent = agentOf(site, call)
  if (agent === undefined) return noAgent(call)
  const [from, to] = ['startDate', 'endDate'].map((name) => Date.parse(text(call.input, name) ?? '')) as [number, number]
  if (Number.isNaN(from) || Number.isNaN(to)) return failure(400, 'startDate and endDate are required')
  const rows = agent.history
    .filter((record) => record.startDate >= from && record.startDate <= to)
    .map((record) => ({
      stateIndex: record.stateIndex,
      startDate: iso(record.startDate),
      agentStateId: record.state,
      agentStateName: STATE_NAMES[record.state],
      contactId: record.contactId ?? null,
      outStateId: record.out.outStateId ?? null,
      outStateDescription: record.out.outStateName ?? '',
      teamId: agent.team.id,
    }))
  const answer = page(site, call, rows)
  if ('status' in answer) return answer
  return found({
    agentId: agent.id,
    totalRecords: answer.total,
    lastPollTime: iso(site.now()),
    agentStateHistory: answer.rows,
    _links: answer.links,
  })
}

const about: Route['about'] = (site, call) => {
  const id = agentOf(site, call)?.id ?? call.path['agentId']
  return id === undefined ? {} : { agentId: String(id) }
}

const read = (operation: string, handle: Route['handle']): Route => ({
  operation,
  base: 'acd',
  token: 'needed',
  permission: 'read',
  about,
  handle,
})

export const SUPERVISOR_ROUTES: readonly Route[] = [
  {
    operation: 'POST /agents/{agentId}/state',
    base: 'acd',
    token: 'needed',
    permission: 'set-state',
    changes: true,
    about: (site, call) => {
      const word = askedState(call)
      return { ...about(site, call), ...(word !== undefined && { asked: ASKED[word] }) }
    },
    handle: setState,
  },
  {
    operation: 'POST /agents/{agentId}/logout',
    base: 'acd',
    token: 'needed',
    permission: 'force-logout',
    changes: true,
    about: (site, call) => ({ ...about(site, call), asked: 'LOGOUT' }),
    handle: logout,
  },
  read('GET /agents/states', allStates),
  read('GET /agents/{agentId}/states', oneState),
  read('GET /agents/{agentId}/state-history', history),
  read('GET /agents-states', () =>
    found({ agentStates: STATE_NAMES.map((agentStateName, agentStateId) => ({ agentStateId, agentStateName })) }),
  ),
  read('GET /server-time', (site) => found({ ServerTime: iso(site.now()) })),
  read('GET /agents', (site, call) => agents(site, call, site.population.agents.values())),
  read('GET /agents/{agentId}', (site, call) => {
    const agent = agentOf(site, call)
    return agent === undefined ? noAgent(call) : found({ agents: [agentRow(site, agent)] })
  }),
  read('GET /teams/{teamId}/agents', (site, call) =>
    agents(
      site,
      call,
      [...site.population.agents.values()].filter((agent) => [String(agent.team.id), agent.team.uuid].includes(call.path['teamId'] ?? '')),
    ),
  ),
]
