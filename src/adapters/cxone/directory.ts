import type { Clock } from '../../core/clock.js'
import { CtiError } from '../../core/model/error.js'
import type { Reason } from '../../core/model/reason.js'
import type { Api } from './api.js'
import { listOf, pick, textOf } from './lenient.js'
import type { CxoneOptions } from './options.js'
import { nextPage } from './paging.js'
import { segment, type ApiRequest } from './requests.js'
import { TURN } from './throttle.js'
import { parseUnavailableCodes, reasonOf, type UnavailableCode } from './unavailable-codes.js'
import type { Memories } from './views.js'

/** Teams and their unavailable codes. Only codes of the agent's team are accepted as reasons (vendors/cxone.md section 4.5). */
export interface Directory {
  /** The codes of the agent's team, or of the business unit when no agent is named. Fails: AGENT_NOT_FOUND and vendor errors. */
  reasons(agentId: string | undefined, signal: AbortSignal): Promise<readonly Reason[]>
  /** Id of a code of a team by name, any letter case, from what was fetched before; undefined when unknown or not unique. */
  codeIdOf(teamId: string | undefined, name: string): string | undefined
  /** Names that the agent's team may use, from what was fetched before. */
  knownNames(agentId: string): readonly string[]
  forgetCodes(): void
}

/** Many agents share a team: its list is asked once in this time, ms. */
const TEAM_TTL_MS = 30_000
const MAX_TEAMS = 5000
const MAX_PAGES = 50

export function createDirectory(options: CxoneOptions, api: Api, memories: Memories, clock: Clock): Directory {
  const teams = new Map<string, { readonly at: number; readonly codes: readonly UnavailableCode[] }>()

  const get = async (request: ApiRequest, call: 'agent-details' | 'unavailable-codes', signal: AbortSignal): Promise<unknown> =>
    (await api.call(request, { call, signal, turn: TURN.read })).data

  const teamOf = async (agentId: string, signal: AbortSignal): Promise<string> => {
    const known = memories.peek(agentId)?.teamId
    if (known !== undefined) return known
    const body = await get({ method: 'GET', path: `agents/${segment(agentId)}` }, 'agent-details', signal)
    const teamId = teamIdOf(body)
    if (teamId === undefined) throw new CtiError('VENDOR_PROTOCOL', { detail: 'the agent’s record names no team', effect: 'none' })
    memories.of(agentId).teamId = teamId
    return teamId
  }

  const list = async (first: ApiRequest, signal: AbortSignal): Promise<readonly UnavailableCode[]> => {
    const all: UnavailableCode[] = []
    let request: ApiRequest | undefined = first
    for (let page = 0; request !== undefined && page < MAX_PAGES; page += 1) {
      const body: unknown = await get(request, 'unavailable-codes', signal)
      const codes = body === undefined ? [] : parseUnavailableCodes(body)
      if (codes === undefined) {
        throw new CtiError('VENDOR_PROTOCOL', { detail: 'the list of unavailable codes cannot be understood', effect: 'none' })
      }
      all.push(...codes)
      request = nextPage(body)
    }
    return all
  }

  const codesOf = async (teamId: string, signal: AbortSignal): Promise<readonly UnavailableCode[]> => {
    const kept = teams.get(teamId)
    if (kept !== undefined && clock.monotonic() - kept.at < TEAM_TTL_MS) return kept.codes
    const path = `teams/${segment(teamId)}/unavailable-codes`
    const codes = await list({ method: 'GET', path, parameters: { activeOnly: 'true' } }, signal)
    if (teams.size >= MAX_TEAMS) teams.delete(teams.keys().next().value as string)
    teams.set(teamId, { at: clock.monotonic(), codes })
    return codes
  }

  const usable = (codes: readonly UnavailableCode[], teamId: string | undefined): readonly Reason[] =>
    codes.filter((code) => code.active).map((code) => reasonOf(code, teamId, options.reasonKeys))

  return {
    async reasons(agentId, signal) {
      if (agentId === undefined) return usable(await list({ method: 'GET', path: 'unavailable-codes' }, signal), undefined)
      const teamId = await teamOf(agentId, signal)
      return usable(await codesOf(teamId, signal), teamId)
    },
    codeIdOf(teamId, name) {
      const wanted = name.trim().toLowerCase()
      const found = (teamId === undefined ? undefined : teams.get(teamId))?.codes.filter(
        (code) => code.name.trim().toLowerCase() === wanted,
      )
      return found?.length === 1 ? found[0]?.id : undefined
    },
    knownNames(agentId) {
      const teamId = memories.peek(agentId)?.teamId
      const codes = (teamId === undefined ? undefined : teams.get(teamId)?.codes) ?? []
      return codes.filter((code) => code.active && !(Number(code.id) < 0)).map((code) => code.name)
    },
    forgetCodes: () => teams.clear(),
  }
}

/** `GET agents/{id}` wraps the record in a list in some versions. */
function teamIdOf(body: unknown): string | undefined {
  const record = listOf(body, 'agents')?.[0] ?? pick(body, 'agent') ?? pick(body, 'resultSet') ?? body
  return textOf(pick(record, 'teamId'))
}
