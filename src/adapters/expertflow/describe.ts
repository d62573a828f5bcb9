import type { VendorRequestText } from '../../core/adapter.js'
import { serviceUrls, type ExpertflowOptions } from './options.js'
import type { ChangeAgentState, ExpertflowRequest } from './plan.js'

/** Where the socket lives: origin and Engine.IO path of the agent manager (section 4; "" means the library's default path). */
export function socketAddress(agentManagerUrl: string): { readonly origin: string; readonly path: string } {
  const { origin, pathname } = new URL(agentManagerUrl)
  return { origin, path: pathname === '/' ? '' : `${pathname.replace(/\/+$/, '')}/socket.io` }
}

export interface RestCall {
  readonly method: 'PUT'
  readonly path: '/agent-state' | '/mrd-state'
  readonly body: Readonly<Record<string, unknown>>
}

/** A change as the routing engine's own calls take it (section 10.1). */
export function engineCall(payload: ChangeAgentState): RestCall {
  const { agentId, state } = payload
  return payload.action === 'agentState'
    ? { method: 'PUT', path: '/agent-state', body: { agentId, state } }
    : { method: 'PUT', path: '/mrd-state', body: { agentId, mrdId: payload.mrdId, state } }
}

export const LOGIN_PATHS = { 'agent-manager': '/agent/login', 'unified-admin': '/keycloakLogin' } as const

export function loginUrl(options: ExpertflowOptions, endpoint: ExpertflowOptions['agentLogin']): string {
  const urls = serviceUrls(options)
  return `${endpoint === 'agent-manager' ? urls.agentManager : urls.unifiedAdmin}${LOGIN_PATHS[endpoint]}`
}

/** What a step puts on the wire, with `***` for secrets and for the identity that only the login's answer brings. */
export function describeRequest(request: ExpertflowRequest, options: ExpertflowOptions): VendorRequestText {
  const urls = serviceUrls(options)
  if (request.kind === 'login') {
    const login = { username: request.username, password: '***' }
    if (request.then === 'engine-login') {
      return {
        target: `POST ${loginUrl(options, options.agentLogin)}, then POST ${urls.routingEngine}/agent-login`,
        body: text({ login, agentLogin: '*** (keycloak_User of the login)' }),
      }
    }
    const { origin, path } = socketAddress(urls.agentManager)
    return {
      target: `POST ${loginUrl(options, options.agentLogin)}, then Socket.IO ${origin}${path === '' ? '/socket.io' : path}`,
      body: text({ login, handshake: { auth: authOf('***', '***', options), query: { username: request.username } } }),
    }
  }
  if (request.way === 'rest') {
    const call = engineCall(request.payload)
    return {
      target: `${call.method} ${urls.routingEngine}${call.path}`,
      ...(options.supervisor !== undefined && { headers: { Authorization: 'Bearer ***' } }),
      body: text(call.body),
    }
  }
  return {
    target: `emit changeAgentState (${request.way === 'desk' ? "the agent's own" : "the supervisor's"} socket)`,
    body: text(request.payload),
  }
}

/** `auth` of the handshake (section 4): the identity in the configured form, an empty `fcm` as in the guide. */
export function authOf(agent: unknown, token: string, { handshake }: ExpertflowOptions): Record<string, unknown> {
  return { agent, fcm: '', ...(handshake.token === 'auth' && { token }) }
}

function text(value: unknown): string {
  return JSON.stringify(value, null, 2)
}
