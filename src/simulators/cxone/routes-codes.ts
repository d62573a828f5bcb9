/** Teams and unavailable codes, in all three shapes (vendors/cxone.md 4.5). */
import type { Team, UnavailableCode } from './codes.js'
import type { Route } from './routes.js'
import { page } from './rows.js'
import type { Site } from './site.js'
import { failure, flag, found, text, type Call, type Reply } from './wire.js'

/** `activeOnly`, the newer `isActive`, and `activityOnly`, which the vendor’s own SDK sends. */
const activeOnly = (call: Call) => ['activeOnly', 'isActive', 'activityOnly'].some((name) => flag(call.input, name))

function codesOf(site: Site, call: Call, ids?: readonly number[]): UnavailableCode[] {
  const search = text(call.input, 'searchString')?.toLowerCase()
  return [...site.population.codes.values()].filter(
    (code) =>
      (ids === undefined || ids.includes(code.id)) &&
      (code.isActive || !activeOnly(call)) &&
      (search === undefined || code.name.toLowerCase().includes(search)),
  )
}

const pascal = ({ id, name, isAcw, timeoutMinutes, isActive }: UnavailableCode) => ({
  OutStateId: id,
  OutStateName: name,
  IsAcw: isAcw,
  AgentTimeoutMins: timeoutMinutes,
  IsActive: isActive,
})
const camel = ({ id, name, isAcw, timeoutMinutes, isActive }: UnavailableCode) => ({
  outStateId: id,
  outStateName: name,
  isActive,
  isAcw,
  agentTimeoutMins: timeoutMinutes,
})

function businessUnitCodes(site: Site, call: Call): Reply {
  const codes = codesOf(site, call)
  if (site.options.codes === 'v23') return found({ unavailableCodes: codes.map(pascal) })
  if (site.options.codes === 'sdk') return found({ unavailableCodes: codes.map(camel) })
  const rows = codes.map(({ id, name, isActive, isAcw, timeoutMinutes }) => ({
    id,
    name,
    isActive,
    isACW: isAcw,
    agentTimeout: timeoutMinutes,
  }))
  const answer = page(site, call, rows)
  if ('status' in answer) return answer
  return found({
    totalRecords: answer.total,
    businessUnitId: site.options.businessUnitId,
    unavailableCodes: answer.rows,
    _links: answer.links,
  })
}

/** `teamId` is a number or a GUID (4.5). */
function teamOf(site: Site, call: Call): Team | undefined {
  const id = call.path['teamId'] ?? ''
  return [...site.population.teams.values()].find((team) => String(team.id) === id || team.uuid === id.toLowerCase())
}

function teamCodes(site: Site, call: Call): Reply {
  const team = teamOf(site, call)
  if (team === undefined) return failure(404, `Invalid team ID: ${call.path['teamId']}`)
  const codes = codesOf(site, call, team.codeIds)
  const head = { teamId: team.id, teamName: team.name, teamUuid: team.uuid }
  if (site.options.codes === 'v23') return found({ resultSet: { ...head, unavailableCodes: codes.map(camel) } })
  if (site.options.codes === 'sdk') return found({ unavailableCodes: codes.map(camel) })
  // Lower-case s in "outstate", and the timeout as a string (4.5, v34).
  const rows = codes.map(({ id, name, isActive, isAcw, timeoutMinutes }) => ({
    outstateId: id,
    outstateName: name,
    isActive,
    isAcw,
    agentTimeoutMins: String(timeoutMinutes),
  }))
  return found({ ...head, divisionNo: 1, unavailableCodes: rows })
}

function teams(site: Site, call: Call): Reply {
  const rows = [...site.population.teams.values()].map(({ id, name, uuid }) => ({
    teamId: id,
    teamName: name,
    teamUuid: uuid,
    isActive: true,
    businessUnitId: site.options.businessUnitId,
    agentCount: [...site.population.agents.values()].filter((agent) => agent.team.id === id).length,
  }))
  const answer = page(site, call, rows)
  return 'status' in answer ? answer : found({ totalRecords: answer.total, teams: answer.rows, _links: answer.links })
}

const read = (operation: string, handle: Route['handle']): Route => ({
  operation,
  base: 'acd',
  token: 'needed',
  permission: 'read',
  handle,
})

export const CODE_ROUTES: readonly Route[] = [
  read('GET /unavailable-codes', businessUnitCodes),
  read('GET /teams/{teamId}/unavailable-codes', teamCodes),
  read('GET /teams', teams),
]
