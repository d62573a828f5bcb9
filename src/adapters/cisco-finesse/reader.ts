import type { Clock } from '../../core/clock.js'
import { CtiError } from '../../core/model/error.js'
import type { Reason, ReasonType } from '../../core/model/reason.js'
import { systemReasons } from '../_shared/cisco-reasons.js'
import type { SupervisorAccount } from './account.js'
import { credentialsOf } from './account.js'
import { reasonsOf, type MappingSettings } from './mapping.js'
import type { FinesseNode } from './nodes.js'
import type { FinesseOptions } from './options.js'
import { authorizationOf, segment } from './rest.js'
import { readUser, type FinesseUser } from './user.js'
import { child, descendants, type XmlElement } from './xml.js'

/** Everything that is read from Finesse, each with the supervisor's account unless said otherwise. */
export interface FinesseReader {
  /** GET /User/{id}. Fails: AGENT_NOT_FOUND, VENDOR_FORBIDDEN (another supervisor's agent), … */
  user(agentId: string, signal: AbortSignal): Promise<FinesseUser>
  /** Ids of the teams to watch: the configured ones, else those of the supervisor's own record. */
  teams(signal: AbortSignal): Promise<readonly string[]>
  /** GET /Team/{id}: its users in short form, the logged-out ones too. */
  team(teamId: string, signal: AbortSignal): Promise<readonly FinesseUser[]>
  /** Selectable reasons of one agent, or of all teams, with Cisco's own codes behind them. */
  reasons(agentId: string | undefined, signal: AbortSignal): Promise<readonly Reason[]>
}

const TYPES: readonly ReasonType[] = ['NOT_READY', 'LOGOUT']
/** The agents of a team have its list in common: it is not asked for anew for each of them, ms. */
const TEAM_LIST_MS = 30_000
const MAX_TEAM_LISTS = 10_000

/** What the reader need not ask for. */
export interface ReaderPorts {
  readonly clock: Clock
  /** The team of an agent that has been seen. */
  readonly teamOf: (agentId: string) => string | undefined
}

export function createReader(
  options: FinesseOptions,
  node: () => FinesseNode,
  account: SupervisorAccount,
  settings: MappingSettings,
  { clock, teamOf }: ReaderPorts,
): FinesseReader {
  const teamLists = new Map<string, { readonly at: number; readonly reasons: readonly Reason[] }>()

  const get = async (path: string, signal: AbortSignal): Promise<XmlElement | undefined> =>
    (await account.get(node(), path, signal)).document

  const user = async (agentId: string, signal: AbortSignal): Promise<FinesseUser> => {
    const document = await get(`/User/${segment(agentId)}`, signal)
    const element = child(document, 'user')
    const found = element === undefined ? undefined : readUser(element)
    if (found === undefined) throw unreadable('User')
    return found
  }

  const teams = async (signal: AbortSignal): Promise<readonly string[]> =>
    options.teams ?? (await user(options.supervisor.id, signal)).teams

  const teamReasons = async (team: string, signal: AbortSignal): Promise<readonly Reason[]> => {
    const kept = teamLists.get(team)
    if (kept !== undefined && clock.monotonic() - kept.at < TEAM_LIST_MS) return kept.reasons
    const lists = await Promise.all(TYPES.map((type) => get(`/TeamResource/${segment(team)}/ReasonCodes?category=${type}`, signal)))
    const reasons = lists.flatMap((document, index) => reasonsOf(document ?? {}, TYPES[index] as ReasonType, team, settings))
    if (teamLists.size >= MAX_TEAM_LISTS) teamLists.delete(teamLists.keys().next().value as string)
    teamLists.set(team, { at: clock.monotonic(), reasons })
    return reasons
  }

  /** A user sees the own list only (section 4.6), so the agent's account is used where there is one. */
  const userReasons = async (agentId: string, signal: AbortSignal): Promise<readonly Reason[]> => {
    const own = Object.hasOwn(options.accounts, agentId) ? options.accounts[agentId] : undefined
    const authorization = own === undefined ? undefined : authorizationOf(credentialsOf(own), agentId)
    const owner = authorization === undefined ? options.supervisor.id : agentId
    const lists = await Promise.all(
      TYPES.map(async (type) => {
        const path = `/User/${segment(owner)}/ReasonCodes?category=${type}`
        if (authorization === undefined) return get(path, signal)
        return (await node().rest.exchange({ method: 'GET', path, authorization, as: 'agent', signal })).document
      }),
    )
    return lists.flatMap((document, index) => reasonsOf(document ?? {}, TYPES[index] as ReasonType, undefined, settings))
  }

  return {
    user,
    teams,
    async team(teamId, signal) {
      const document = await get(`/Team/${segment(teamId)}?includeLoggedOutAgents=true`, signal)
      if (child(document, 'team') === undefined) throw unreadable('Team')
      return descendants(child(document, 'team'), 'user')
        .map((element) => readUser(element))
        .filter((found) => found !== undefined)
        .map((found) => ({ teamId, ...found }))
    },
    async reasons(agentId, signal) {
      const own =
        options.reasonLists === 'user' ? await userReasons(agentId ?? options.supervisor.id, signal) : await ofTeams(agentId, signal)
      const listed = mergeById(own)
      const taken = new Set(listed.map((reason) => `${reason.type}:${reason.code}`))
      return [...listed, ...systemReasons(settings.product).filter((reason) => !taken.has(`${reason.type}:${reason.code}`))]
    },
  }

  async function ofTeams(agentId: string | undefined, signal: AbortSignal): Promise<readonly Reason[]> {
    const own = agentId === undefined ? undefined : (teamOf(agentId) ?? (await user(agentId, signal)).teamId)
    const ids = own === undefined ? await teams(signal) : [own]
    const lists: (readonly Reason[])[] = []
    for (const id of ids) lists.push(await teamReasons(id, signal))
    return lists.flat()
  }
}

/** One entry per reason; it names all teams that have it, and none when one of the lists says that all do. */
function mergeById(reasons: readonly Reason[]): readonly Reason[] {
  const merged = new Map<string, Reason>()
  for (const reason of reasons) {
    const before = merged.get(reason.id)
    if (before === undefined) merged.set(reason.id, reason)
    else if (before.teams !== undefined) {
      const { teams, ...rest } = before
      merged.set(reason.id, reason.teams === undefined ? rest : { ...rest, teams: [...new Set([...teams, ...reason.teams])] })
    }
  }
  return [...merged.values()]
}

function unreadable(what: string): CtiError {
  return new CtiError('VENDOR_PROTOCOL', {
    detail: `the ${what} answer of Finesse has no ${what}`,
    fault: { system: 'finesse', code: 'NO_CONTENT' },
    effect: 'none',
  })
}
