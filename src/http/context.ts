import type { Request, Response } from 'express'
import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../core/clock.js'
import type { Commands } from '../core/accept/commands.js'
import type { Logger } from '../core/adapter.js'
import { CtiError } from '../core/model/error.js'
import type { Platform, Platforms } from '../core/platforms.js'
import type { Views } from '../core/agents/views.js'
import type { LinkHolder } from '../core/site/site.js'
import type { Engine } from '../core/wake-ups.js'
import type { ApiDescription } from './api-description.js'
import type { AuditedRequest, AuditNotes } from './audit.js'
import type { EventStreams } from './events/stream.js'
import type { Keyring } from './keyring.js'
import { HIDDEN, maySeePlatform, type Principal } from './principal.js'
import type { SandboxButtons } from './sandbox-buttons.js'

/** What the routes need of the gateway. The engine is missing until it is open; `/readyz` says so. */
export interface HttpParts {
  readonly platforms: Platforms
  readonly commands: () => Commands
  readonly views: () => Views
  readonly engine: () => Engine | undefined
  readonly events: () => EventStreams
  readonly stopping: () => boolean
  readonly audit: AuditNotes
  readonly keyring: Keyring
  readonly clock: Clock
  readonly logger: Logger
  readonly storeTimeoutMs: number
  readonly openapi: ApiDescription
  /** Processes of this site that are alive, and which of them has a platform's link. */
  readonly processes: () => number
  readonly ownerOf: (platform: string) => LinkHolder
  /** Missing: the gateway does not run with the sandbox. */
  readonly sandbox?: SandboxButtons
  /** The folder of the console page's files. */
  readonly console: URL
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>
}

/** An authenticated request about one agent, whichever part of the server has read it. */
export interface AgentRequest {
  readonly principal: Principal
  readonly requestId: string
  readonly method: string
  /** As it was sent, without the query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly platform: string
  readonly agentId: string
}

export function principalOf(response: Response): Principal {
  return response.locals['principal'] as Principal
}

/** A platform that this principal does not reach does not exist for it. */
export function platformFor(parts: HttpParts, principal: Principal, id: string): Platform {
  if (!maySeePlatform(principal, id)) throw new CtiError('PLATFORM_NOT_FOUND', { detail: `there is no platform "${id}"`, cause: HIDDEN })
  return admittedPlatform(parts, id)
}

/** The platform of a request whose key has been found good for it: no check. Fails: PLATFORM_NOT_FOUND. */
export function admittedPlatform(parts: HttpParts, id: string): Platform {
  const platform = parts.platforms.get(id)
  if (platform === undefined) throw new CtiError('PLATFORM_NOT_FOUND', { detail: `there is no platform "${id}"` })
  return platform
}

export function platformOf(parts: HttpParts, request: Request, response: Response): Platform {
  return platformFor(parts, principalOf(response), String(request.params['platform']))
}

export function requestIdOf(response: Response): string {
  return String(response.getHeader('X-Request-Id') ?? '')
}

export function agentRequestOf(request: Request, response: Response): AgentRequest {
  const { method, path, headers, params } = request
  return {
    principal: principalOf(response),
    requestId: requestIdOf(response),
    method,
    path,
    headers,
    platform: String(params['platform']),
    agentId: String(params['agentId']),
  }
}

/** Who asks, as far as the audit trail tells it. */
export function requestOf(request: Request, response: Response): AuditedRequest {
  const { method, path, headers } = request
  return { principal: principalOf(response), requestId: requestIdOf(response), method, path, headers }
}

/** A header that comes once. */
export function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

/** A boolean query parameter; the validator has converted it, or left the text. */
export function flagOf(value: unknown): boolean {
  return value === true || value === 'true'
}
