/** The XML that Finesse speaks: objects in, texts out (vendors/cisco.md sections 4.4 to 4.7). */
import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser'
import type { FinesseOptions } from './options.js'
import { TEAM, type ReasonCode, type User } from './population.js'
import type { AsyncError, Snapshot } from './user-rules.js'

const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@', suppressEmptyNode: false })
const parser = new XMLParser({ ignoreAttributes: true, parseTagValue: false, processEntities: false })

export type Tree = { readonly [name: string]: string | number | boolean | Tree | readonly Tree[] | undefined }

/** Writes a tree; members that are undefined are left out. */
export function write(tree: Tree): string {
  return builder.build(tree)
}

/** Fields of the `<User>` of a request body; undefined when the text is not such XML. */
export function readUser(text: string): Record<string, unknown> | undefined {
  return readRoot(text, 'User')
}

export function readRoot(text: string, root: string): Record<string, unknown> | undefined {
  if (XMLValidator.validate(text) !== true) return undefined
  const found = (parser.parse(text) as Record<string, unknown>)[root]
  return typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : undefined
}

/** The text of an element or query value; anything else counts as empty. */
export function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

const userUri = (id: string): string => `/finesse/api/User/${id}`

function reasonTree(reason: ReasonCode): Tree {
  return {
    uri: `/finesse/api/ReasonCode/${reason.id}`,
    category: reason.category,
    code: reason.code,
    label: reason.label,
    forAll: reason.forAll,
    systemCode: false,
  }
}

/** `reasonCodeId` is left out while READY, -1 without a reason; `extension` is empty after logout (section 4.4, captured). */
export function userTree(user: Snapshot, reasons: ReadonlyMap<number, ReasonCode>): Tree {
  const reason = user.reasonCodeId === undefined ? undefined : reasons.get(user.reasonCodeId)
  const carries = user.state === 'NOT_READY' || user.state === 'LOGOUT'
  return {
    dialogs: `${userUri(user.id)}/Dialogs`,
    extension: user.extension,
    firstName: user.firstName,
    lastName: user.lastName,
    loginId: user.id,
    loginName: user.loginName,
    mediaType: 1,
    pendingState: user.pending?.state ?? '',
    reasonCodeId: carries ? (reason?.id ?? -1) : undefined,
    reasonCode: carries && reason !== undefined ? { ...reasonTree(reason), id: reason.id } : undefined,
    roles: { role: [...user.roles] as unknown as Tree[] },
    settings: { wrapUpOnIncoming: 'OPTIONAL', wrapUpOnOutgoing: 'OPTIONAL' },
    state: user.state,
    stateChangeTime: new Date(user.since).toISOString(),
    teamId: user.teamId,
    teamName: TEAM.name,
    teams: { Team: user.supervises.map((id) => ({ id, name: id === TEAM.id ? TEAM.name : `Team ${id}`, uri: `/finesse/api/Team/${id}` })) },
    uri: userUri(user.id),
    wrapUpTimer: 7200,
  }
}

export function userXml(user: User, reasons: ReadonlyMap<number, ReasonCode>): string {
  return write({ User: userTree(user, reasons) })
}

/** `<Update>` about a user; the payload of a notification. */
export function userUpdate(
  user: Snapshot,
  reasons: ReadonlyMap<number, ReasonCode>,
  requestId: string | undefined,
  source = userUri(user.id),
): string {
  return write({ Update: { data: { user: userTree(user, reasons) }, event: 'PUT', requestId: requestId ?? '', source } })
}

/** `<Update>` about a refused change; names in lowerCamel and the event in small letters, as captured (section 4.5). */
export function errorUpdate(userId: string, error: AsyncError, requestId: string | undefined): string {
  const apiError: Tree = {
    errorData: error.errorData,
    errorMessage: error.errorMessage,
    errorType: error.errorType,
    peripheralErrorCode: error.peripheralErrorCode,
    peripheralErrorMsg: error.peripheralErrorMsg,
    peripheralErrorText: error.peripheralErrorMsg === undefined ? undefined : 'The request was refused by the peripheral.',
  }
  return write({ Update: { data: { apiErrors: { apiError } }, event: 'put', requestId: requestId ?? '', source: userUri(userId) } })
}

/** Body of a REST error: PascalCase names, or lowerCamel where a fault asks for it (section 4.5). */
export function errorXml(error: { type: string; message: string; data: string | number }, lowerCamel = false): string {
  if (lowerCamel) return write({ apiErrors: { apiError: { errorData: error.data, errorMessage: error.message, errorType: error.type } } })
  return write({ ApiErrors: { ApiError: { ErrorData: error.data, ErrorMessage: error.message, ErrorType: error.type } } })
}

export function reasonXml(reason: ReasonCode): string {
  return write({ ReasonCode: reasonTree(reason) })
}

export function reasonsXml(reasons: readonly ReasonCode[], category: string): string {
  return write({ ReasonCodes: { '@category': category, ReasonCode: reasons.map(reasonTree) } })
}

export function usersXml(users: readonly User[], reasons: ReadonlyMap<number, ReasonCode>): string {
  return write({ Users: { User: users.map((user) => userTree(user, reasons)) } })
}

export function teamXml(id: number, users: readonly User[]): string {
  const members = users.map((user) => ({
    uri: userUri(user.id),
    loginId: user.id,
    firstName: user.firstName,
    lastName: user.lastName,
    extension: user.extension,
    pendingState: user.pending?.state ?? '',
    state: user.state,
    stateChangeTime: new Date(user.since).toISOString(),
  }))
  return write({ Team: { uri: `/finesse/api/Team/${id}`, id, name: TEAM.name, users: { User: members } } })
}

export interface NodeInfo {
  readonly status: string
  readonly primaryHost: string
  readonly secondaryHost: string
}

/** Fields of section 4.7. */
export function systemInfoTree(info: NodeInfo, options: FinesseOptions): Tree {
  return {
    currentTimestamp: new Date().toISOString(),
    deploymentType: options.deployment,
    status: info.status,
    lastCTIHeartbeatStatus: info.status === 'IN_SERVICE' ? 'success' : 'failure',
    ctiVersion: 24,
    peripheralId: 5000,
    systemAuthMode: options.authMode,
    primaryNode: { host: info.primaryHost, alias: 'primary' },
    secondaryNode: { host: info.secondaryHost, alias: 'secondary' },
    xmppDomain: options.domain,
    xmppPubSubDomain: `pubsub.${options.domain}`,
    uri: '/finesse/api/SystemInfo',
  }
}

export const systemInfoXml = (info: NodeInfo, options: FinesseOptions): string => write({ SystemInfo: systemInfoTree(info, options) })

export function systemUpdate(info: NodeInfo, options: FinesseOptions): string {
  return write({
    Update: { data: { systemInfo: systemInfoTree(info, options) }, event: 'PUT', requestId: '', source: '/finesse/api/SystemInfo' },
  })
}
