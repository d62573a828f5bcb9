import type { IncomingMessage, ServerResponse } from 'node:http'
import type { CommandRequest } from '../core/accept/command-request.js'
import type { Answer } from './answer.js'
import type { AgentRequest, HttpParts } from './context.js'
import { readBody } from './hot-body.js'
import { compileOperations, type OperationCheck } from './hot-schema.js'
import type { Keyring } from './keyring.js'
import type { Principal } from './principal.js'
import { failureAnswer } from './problem.js'
import { readState } from './read-state.js'
import { requestIdFor } from './request-id.js'
import { securityHeaders } from './security-headers.js'
import { submitCommand, submitInput } from './submit-command.js'

export type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** Answers a request, or gives it to `otherwise` as if nobody had looked at it. */
export type HotRoute = (request: IncomingMessage, response: ServerResponse, otherwise: Handler) => void

/** Printable ASCII without `/`, `?`, `#`: what every parser of addresses reads the same way. */
const SEGMENT = String.raw`([!-"$-.0->@-~]+)`
const TARGET = new RegExp(`^/v1/platforms/${SEGMENT}/agents/${SEGMENT}/(commands|state)$`)

/** Headers that ask for something that only the application does. */
const NOT_HOT = ['if-match', 'expect', 'transfer-encoding', 'content-encoding'] as const
const JSON_BODY = /^application\/json(\s*;\s*charset=utf-8)?\s*$/i
const MAX_BODY_BYTES = 16_384
/** One strong tag; lists and weak ones are compared by the application. */
const ONE_ETAG = /^"[^"]*"$/

/** A request that one of the two operations may take. */
interface Hot {
  readonly check: OperationCheck
  readonly platform: string
  readonly agentId: string
  /** Bytes of the body; 0 without one. */
  readonly length: number
}

/**
 * The two operations that make up the load, POST …/commands and GET …/state, straight on Node's server: most of what a request
 * costs behind the application is the application's own work.
 *
 * It takes only what it understands completely and finds in order: address, headers, key, body. Everything else goes on to the
 * application unchanged, which says what is wrong; so there is one presenter of such errors. What is done then, and how it is
 * answered, is the same code on both ways; test/contract proves both the same.
 */
export function createHotRoute(parts: HttpParts): HotRoute {
  const compile = compileOperations(parts.openapi.document)
  const base = '/v1/platforms/{platform}/agents/{agentId}'
  const checks = { commands: compile('post', `${base}/commands`), state: compile('get', `${base}/state`) }
  const write = createWriter()

  return (request, response, otherwise) => {
    const hot = hotRequest(request, checks)
    const principal = hot && parts.engine() !== undefined ? principalOf(parts.keyring, request) : undefined
    if (hot === undefined || principal === undefined) {
      otherwise(request, response)
      return
    }
    const asked = (): AgentRequest => agentRequest(request, hot, principal)
    if (hot.length === 0) {
      const state = asked()
      answer(state, response, readState(parts, state, false))
      return
    }
    readBody(request, hot.length, (body) => {
      const value = parsed(body.bytes)
      if (value === undefined || !hot.check.body(value)) {
        body.putBack()
        otherwise(request, response)
        return
      }
      body.take()
      const command = asked()
      answer(command, response, post(parts, command, value as CommandRequest))
    })
  }

  function answer(asked: AgentRequest, response: ServerResponse, pending: Promise<Answer>): void {
    pending.then(
      (result) => write(response, asked.requestId, result),
      (error: unknown) => write(response, asked.requestId, failureAnswer(error, asked, parts)),
    )
  }
}

async function post(parts: HttpParts, asked: AgentRequest, body: CommandRequest): Promise<Answer> {
  return submitCommand(parts, asked, submitInput(parts, asked, body))
}

function agentRequest(request: IncomingMessage, { platform, agentId }: Hot, principal: Principal): AgentRequest {
  const { method = '', url = '', headers } = request
  return { principal, requestId: requestIdFor(headers), method, path: url, headers, platform, agentId }
}

function hotRequest(request: IncomingMessage, checks: Readonly<Record<'commands' | 'state', OperationCheck>>): Hot | undefined {
  const { method, url = '', headers } = request
  if (method !== 'POST' && method !== 'GET') return undefined
  const [, platform, agent, operation] = TARGET.exec(url) ?? []
  if (platform === undefined || agent === undefined || (operation === 'commands') !== (method === 'POST')) return undefined
  for (const name of NOT_HOT) if (headers[name] !== undefined) return undefined
  const length = method === 'POST' ? bodyLength(headers) : headers['content-length'] === undefined ? 0 : undefined
  if (length === undefined || (headers['if-none-match'] !== undefined && !ONE_ETAG.test(headers['if-none-match']))) return undefined
  const agentId = decoded(agent)
  const check = method === 'POST' ? checks.commands : checks.state
  if (agentId === undefined || !check.path({ platform, agentId }) || !check.headers(headers)) return undefined
  return { check, platform, agentId, length }
}

function bodyLength(headers: IncomingMessage['headers']): number | undefined {
  const length = Number(headers['content-length'])
  return length > 0 && length <= MAX_BODY_BYTES && JSON_BODY.test(headers['content-type'] ?? '') ? length : undefined
}

function decoded(segment: string): string | undefined {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

function principalOf(keyring: Keyring, request: IncomingMessage): Principal | undefined {
  try {
    return keyring.authenticate(request.headers)
  } catch {
    return undefined
  }
}

/** An object, or undefined for anything else. */
function parsed(bytes: Buffer): object | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** Writes an answer in one piece: status, all headers and the body. */
function createWriter(): (response: ServerResponse, requestId: string, answer: Answer) => void {
  const standing = Object.entries(securityHeaders()).flat()
  return (response, requestId, { status, headers, body }) => {
    if (response.destroyed) return
    const lines = standing.concat('X-Request-Id', requestId)
    for (const name in headers) lines.push(name, headers[name] ?? '')
    if (status !== 304) lines.push('Content-Length', String(Buffer.byteLength(body)))
    response.writeHead(status, lines)
    response.end(body)
  }
}
