import type { Response } from 'express'
import type { Fault } from '../kit/faults.js'
import { LOGIN_FAULTS } from './faults.js'
import { isBag } from './parse-change.js'
import { passwordOf } from './population.js'
import type { Call, GateTools, Route } from './rest-gate.js'
import { issueToken } from './tokens.js'

/** The documented refusals by HTTP status (expertflow.md §3.3). */
const REFUSALS: Readonly<Record<number, { message: string; reason: string }>> = {
  400: { message: 'Bad request', reason: 'username and password are required' },
  401: { message: 'Invalid user credentials', reason: 'invalid_grant' },
  403: { message: 'User is not authorized', reason: 'role or team is not assigned to the user' },
  404: { message: 'User not found', reason: 'no such user in the realm' },
  408: { message: 'Request timed out', reason: 'Keycloak is not reachable' },
  412: { message: 'License status is not available', reason: 'license manager is not reachable' },
  500: { message: 'Internal server error', reason: 'unexpected error' },
}

/** `POST /agent-manager/agent/login` and `POST /unified-admin/keycloakLogin`: one shape, two addresses (expertflow.md §3.1). */
export function loginRoutes(tools: GateTools): Route[] {
  const { site } = tools
  const common = {
    method: 'post',
    open: true,
    faults: LOGIN_FAULTS,
    agentIdOf: ({ body }: { body: unknown }) =>
      isBag(body) && typeof body.username === 'string' ? site.byName.get(body.username)?.id : undefined,
    note: ({ body }: { body: unknown }) => ({ detail: { username: isBag(body) ? body.username : undefined } }),
    handle: (call: Call) => login(tools, call),
  } as const
  return [
    { ...common, path: '/agent-manager/agent/login', operation: 'login' },
    { ...common, path: '/unified-admin/keycloakLogin' },
  ]
}

function login({ site, journal }: GateTools, { request, response, seq, fault }: Call): void {
  const refuse = (status: number): void => {
    journal.amend(seq, { effect: 'refused' })
    loginRefusal(response, status, site.options.loginErrors)
  }
  if (fault?.kind === 'login-error') return forced(response, fault, refuse)
  const { username, password } = isBag(request.body) ? request.body : {}
  if (typeof username !== 'string' || typeof password !== 'string') return refuse(400)
  const user = site.byName.get(username)
  if (user === undefined) return refuse(404)
  if (password !== passwordOf(username)) return refuse(401)
  if (user.roles.length === 0 || user.userTeam === null) return refuse(403)
  journal.amend(seq, { effect: 'applied' })
  const ttl = site.options.tokenTtlSeconds
  response.json({
    statusCode: 200,
    data: { token: issueToken(user.id, username, ttl), refresh_token: issueToken(user.id, username, ttl * 2), keycloak_User: user },
  })
}

function forced(response: Response, fault: Fault, refuse: (status: number) => void): void {
  if (fault.retryAfter !== undefined) response.set('Retry-After', fault.retryAfter)
  refuse(fault.status ?? 401)
}

/** Both shapes of §3.3: Keycloak's, or the one that the desk reads. */
function loginRefusal(response: Response, status: number, shape: 'keycloak' | 'desk'): void {
  const { message, reason } = REFUSALS[status] ?? { message: 'Login failed', reason: 'unknown' }
  response.status(status)
  // 400, 412 and 500 are known only in the desk's shape.
  if (shape === 'desk' || [400, 412, 500].includes(status)) response.json({ statusCode: status, msg: message })
  else response.json({ error_message: message, error_detail: { status, reason } })
}
