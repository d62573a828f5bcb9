import type { IncomingHttpHeaders } from 'node:http'
import type { AuditNote } from '../core/audit/audit-recorder.js'
import type { Command, Origin } from '../core/model/command.js'
import type { CtiError } from '../core/model/error.js'
import { HIDDEN, type Principal } from './principal.js'

/** Where notes for the audit trail go. Never blocks, never fails. */
export interface AuditNotes {
  note(note: AuditNote): void
}

/** A request, as far as the trail tells of it. */
export interface AuditedRequest {
  readonly principal: Principal
  readonly requestId: string
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

/** Longest path in the trail; what is longer names nothing that there is. */
const MAX_PATH = 200
const TARGET = /^\/(?:v1\/platforms|opencti|v1\/sandbox)\/([^/]+)(?:\/agents\/([^/]+))?/

/** Who, on whose behalf, with which request. */
export function askedBy({ principal, requestId, headers }: Pick<AuditedRequest, 'principal' | 'requestId' | 'headers'>) {
  const onBehalfOf = headers['x-on-behalf-of']
  // Routes check it; what nobody has checked yet is cut to what they allow.
  return { principal: principal.name, requestId, ...(typeof onBehalfOf === 'string' && { onBehalfOf: onBehalfOf.slice(0, 128) }) }
}

/** Notes a failure that is a lack of authority, also one that looked like something that there is not; nothing otherwise. */
export function noteDenied(audit: AuditNotes, request: AuditedRequest, error: CtiError): void {
  if (error.code !== 'FORBIDDEN' && error.cause !== HIDDEN) return
  const path = request.path.slice(0, MAX_PATH)
  const [, platform, agentId] = TARGET.exec(path) ?? []
  audit.note({
    what: 'denied',
    ...askedBy(request),
    ...(platform !== undefined && { platform: decoded(platform) }),
    ...(agentId !== undefined && { agentId: decoded(agentId) }),
    code: error.code,
    detail: `${request.method} ${path}${error.detail === undefined ? '' : `: ${error.detail}`}`,
  })
}

/** A dead letter has become a new command. */
export function noteReplay({ audit }: { readonly audit: AuditNotes }, origin: Origin, letter: Command, replayed: Command): void {
  const { platform, agentId, id: commandId } = replayed
  audit.note({ what: 'replay', ...originOf(origin), platform, agentId, commandId, detail: `dead letter ${letter.id}` })
}

function originOf({ principal, requestId, onBehalfOf }: Origin) {
  return { principal, requestId, ...(onBehalfOf !== undefined && { onBehalfOf }) }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
