import type { Socket } from 'socket.io'
import { SOCKET_CHANGE_FAULTS } from './faults.js'
import { isBag, parseChange } from './parse-change.js'
import type { KeycloakUser } from './population.js'
import type { GateTools } from './rest-gate.js'
import type { Site } from './site.js'
import { playChange, type ChangeRequest } from './state-change.js'

/** One `changeAgentState` of a desk (expertflow.md §6). Never acknowledged: what comes back is `agentPresence`, `errors` or nothing. */
export function onChangeAgentState(socket: Socket, user: KeycloakUser, payload: unknown, tools: GateTools): void {
  const { site, journal, faults } = tools
  const request = parseChange(payload)
  const target = isBag(payload) && typeof payload.agentId === 'string' ? payload.agentId : undefined
  const fault = faults.take('changeAgentState', target, SOCKET_CHANGE_FAULTS)
  const { seq } = journal.add({
    operation: 'changeAgentState',
    effect: 'none',
    ...(target !== undefined && { agentId: target }),
    ...askedOf(payload),
    ...(fault !== undefined && { fault: fault.kind }),
    detail: { by: user.id, ...(isBag(payload) && { payload }) },
  })
  const errors = (msg: string, statusCode: number): void => {
    socket.emit('errors', { task: 'changeAgentState', msg, statusCode })
  }
  const refusal = refusalOf(site, socket, user, request)
  if (refusal !== undefined) {
    journal.amend(seq, { effect: 'refused' })
    if (site.options.refusals === 'errors') errors(refusal.msg, refusal.statusCode)
    return
  }
  playChange(site, journal, seq, request as ChangeRequest, fault, {
    errors: (body) => socket.emit('errors', body),
    disconnect: () => socket.disconnect(),
    drop: () => {
      site.sessions.lost(socket, user.id)
      socket.conn.close(true)
    },
  })
}

/** The state that was asked for the whole agent; a channel's is in `detail` only. */
function askedOf(payload: unknown): { asked?: string } {
  if (!isBag(payload) || payload.action !== 'agentState' || !isBag(payload.state)) return {}
  return typeof payload.state.name === 'string' ? { asked: payload.state.name } : {}
}

type Parsed = ReturnType<typeof parseChange>

/** Why agent-manager would not pass the command on. What it really checks is not public (§17); options say what is checked here. */
function refusalOf(site: Site, socket: Socket, user: KeycloakUser, request: Parsed): { msg: string; statusCode: number } | undefined {
  if ('error' in request) return { msg: request.message, statusCode: 400 }
  if (site.options.staleSession === 'ignored' && !site.sessions.isLive(socket, user.id))
    return { msg: 'session was removed', statusCode: 409 }
  if (request.kind === 'global' && request.state === 'LOGIN') return { msg: 'LOGIN cannot be asked for', statusCode: 400 }
  const target = site.engine.find(request.agentId)
  if (target === undefined) return { msg: `Could not find agent resource with id: ${request.agentId}`, statusCode: 404 }
  if (request.agentId !== user.id) return supervisorRefusal(site, user, target.user, request)
  const early = request.kind === 'global' && request.state === 'LOGOUT' && target.state === 'READY'
  return site.options.logoutNeedsNotReady && early ? { msg: 'agent must be NOT_READY to log out', statusCode: 409 } : undefined
}

/** READY and LOGOUT for agents of a supervised team, with the scope `manage_state_change` (expertflow.md §11.1). */
function supervisorRefusal(
  site: Site,
  user: KeycloakUser,
  target: KeycloakUser,
  request: ChangeRequest,
): { msg: string; statusCode: number } | undefined {
  if (site.options.permissions === 'none') return undefined
  const scoped = user.permittedResources.Resources.some(
    (resource) => resource.rsname === 'state-change' && resource.scopes.includes('manage_state_change'),
  )
  const teams = [...user.supervisedTeams, ...user.secondarySupervisedTeams].map((team) => team.teamId)
  if (!scoped || !teams.includes(target.userTeam?.teamId ?? ''))
    return { msg: 'not permitted to change the state of this agent', statusCode: 403 }
  const allowed = site.options.supervisorStates.split(',').map((name) => name.trim())
  const asked = request.kind === 'mrd' ? 'MRD' : request.state
  return allowed.includes(asked) ? undefined : { msg: `a supervisor may not set ${asked}`, statusCode: 403 }
}
