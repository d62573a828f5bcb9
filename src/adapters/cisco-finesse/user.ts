import { children, text, type XmlNode } from './xml.js'

/** The reason that stands on a User's state, as Finesse writes it (cisco.md section 4.4). */
export interface FinesseReason {
  readonly id?: string
  readonly code?: number
  readonly label?: string
  readonly category?: string
}

/**
 * A User object in Finesse's own words. `pendingState` undefined means that the element was absent (the summary in a team
 * notification leaves it out), '' that there is none.
 */
export interface FinesseUser {
  readonly loginId: string
  readonly loginName?: string
  readonly state: string
  readonly pendingState?: string
  readonly stateChangeTime?: string
  readonly reasonCodeId?: string
  readonly reason?: FinesseReason
  readonly extension?: string
  readonly teamId?: string
  readonly teamName?: string
  readonly mediaType?: string
  readonly teams: readonly string[]
}

/** Last path element of a resource's uri: the id that Finesse wants back (section 4.6). */
export function idOfUri(uri: string | undefined): string | undefined {
  const last = uri?.split('/').at(-1)
  return last === undefined || last === '' ? undefined : last
}

/** A `user` element → its fields; undefined without an id or a state. Pure. */
export function readUser(node: XmlNode): FinesseUser | undefined {
  const loginId = filled(text(node, 'loginid')) ?? idOfUri(text(node, 'uri'))
  const state = filled(text(node, 'state'))
  if (loginId === undefined || state === undefined) return undefined
  const optional = {
    loginName: filled(text(node, 'loginname')),
    pendingState: text(node, 'pendingstate'),
    stateChangeTime: filled(text(node, 'statechangetime')),
    reasonCodeId: filled(text(node, 'reasoncodeid')),
    reason: readReason(children(node, 'reasoncode')[0]),
    extension: text(node, 'extension'),
    teamId: filled(text(node, 'teamid')),
    teamName: filled(text(node, 'teamname')),
    mediaType: filled(text(node, 'mediatype')),
  }
  return { loginId, state, teams: readTeams(node), ...defined(optional) }
}

export function readReason(node: XmlNode | undefined): FinesseReason | undefined {
  if (node === undefined || typeof node === 'string') return undefined
  const code = filled(text(node, 'code'))
  return defined({
    id: filled(text(node, 'id')) ?? idOfUri(text(node, 'uri')),
    code: code !== undefined && Number.isInteger(Number(code)) ? Number(code) : undefined,
    label: filled(text(node, 'label')),
    category: filled(text(node, 'category')),
  })
}

function readTeams(node: XmlNode): readonly string[] {
  return children(node, 'teams')
    .flatMap((teams) => children(teams, 'team'))
    .map((team) => filled(text(team, 'id')) ?? idOfUri(text(team, 'uri')))
    .filter((id) => id !== undefined)
}

function filled(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value
}

/** The object without its undefined fields. */
function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
