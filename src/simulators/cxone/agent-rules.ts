/** What the platform does to an agent, and which events follow (vendors/cxone.md 3.3, 3.4, 3.6, 4.1, 4.4). */
import type { Agent, Asked, NextState, OutState, SessionEvent } from './agent.js'
import { STATE, STATE_NAMES, SYSTEM_OUT_STATES, type StateId, type SystemOutState, type UnavailableCode } from './codes.js'
import type { Site } from './site.js'
import { iso, type Effect } from './wire.js'

const HISTORY_LIMIT = 500
const bool = (value: boolean | undefined) => (value === true ? 'True' : 'False')

export function systemOut(name: SystemOutState): OutState {
  return { outStateId: SYSTEM_OUT_STATES[name], outStateName: name }
}

export function codeOut(code: UnavailableCode | undefined): OutState {
  return code === undefined ? {} : { outStateId: code.id, outStateName: code.name, isAcw: code.isAcw }
}

export function agentStateEvent(site: Site, agent: Agent): SessionEvent {
  const next = agent.next === undefined ? [] : [{ State: STATE_NAMES[agent.next.state], OutReason: agent.next.out.outStateName ?? '' }]
  return {
    Type: 'AgentState',
    CurrentState: STATE_NAMES[agent.state],
    CurrentOutReason: agent.out.outStateName ?? '',
    NextStates: next,
    StartTimeUTC: iso(agent.startDate),
    IsAcw: bool(agent.out.isAcw),
    AcwTimeout: String(agent.out.isAcw === true ? site.options.acwSeconds : 0),
    NextIsAcw: bool(agent.next?.out.isAcw),
  }
}

export function publish(site: Site, agent: Agent, event: SessionEvent): void {
  if (agent.session !== undefined) site.sessions.publish(agent.session, event)
}

/** The agent is in this state from now on; the desktops hear of it. */
export function enter(site: Site, agent: Agent, state: StateId, out: OutState = {}): void {
  agent.state = state
  agent.out = out
  agent.startDate = site.now()
  agent.lastUpdate = agent.startDate
  agent.history.push({
    stateIndex: agent.history.length + 1,
    startDate: agent.startDate,
    state,
    out,
    ...(agent.contact !== undefined && { contactId: agent.contact.id }),
  })
  if (agent.history.length > HISTORY_LIMIT) agent.history.shift()
  if (state !== STATE.loggedOut) publish(site, agent, agentStateEvent(site, agent))
}

/** While on a contact a change is queued as the next state (3.3). A later one takes its place. */
export function queueNext(site: Site, agent: Agent, next: NextState): void {
  agent.next = next
  agent.lastUpdate = site.now()
  if (next.asked !== undefined) next.asked.detail['pending'] = STATE_NAMES[next.state]
  publish(site, agent, agentStateEvent(site, agent))
}

export type Decision = { readonly status: 400 | 403 | 404 | 409; readonly why: string } | { readonly make: () => Effect | undefined }

/**
 * Available or Unavailable, asked for by the agent's own client or by a supervisor. The rules are those of the session
 * endpoint (3.3) and of the supervisor endpoint (4.1): only codes of the agent's team, ACW codes only on a contact.
 */
export function requestState(site: Site, agent: Agent, state: StateId, code: UnavailableCode | undefined, asked?: Asked): Decision {
  if (code !== undefined && (!code.isActive || !agent.team.codeIds.includes(code.id)))
    return { status: 400, why: `Invalid unavailable code: ${code.name} is not assigned to the team of the agent` }
  if (agent.next?.state === STATE.loggedOut) return { status: 409, why: 'Invalid state: a log off is pending' }
  if (code?.isAcw === true && agent.contact === undefined)
    return { status: 409, why: 'Invalid state: an ACW code can only be set while on a contact' }
  return {
    make: () =>
      makeState(site, agent, { state, out: state === STATE.available ? {} : codeOut(code), ...(asked !== undefined && { asked }) }),
  }
}

function makeState(site: Site, agent: Agent, wanted: NextState): Effect | undefined {
  if (agent.session === undefined) return 'none'
  if (agent.contact !== undefined) {
    queueNext(site, agent, wanted)
    return undefined
  }
  if (agent.state === wanted.state && agent.out.outStateId === wanted.out.outStateId && agent.out.isAcw !== true) return 'unchanged'
  enter(site, agent, wanted.state, { ...wanted.out, isAcw: false })
  return 'applied'
}

/** Remote log-off by a supervisor (4.1). What it does on a contact is an option, because nothing is documented. */
export function remoteLogout(site: Site, agent: Agent, asked?: Asked): Effect | undefined {
  if (agent.session === undefined) return 'unchanged'
  if (agent.contact !== undefined && site.options.logoutOnContact !== 'immediate') {
    if (site.options.logoutOnContact === 'ignored') return 'none'
    queueNext(site, agent, { state: STATE.loggedOut, out: {}, ...(asked !== undefined && { asked }) })
    return undefined
  }
  endSession(site, agent, 'RemoteLogoff')
  return 'applied'
}

/** Ends the platform's session for all its clients; `remote` names who ended it, if not the agent. */
export function endSession(site: Site, agent: Agent, remote?: string): void {
  const session = agent.session
  if (session === undefined) return
  if (remote !== undefined) publish(site, agent, { Type: 'RemoteAgentSessionEnd', Message: remote })
  publish(site, agent, { Type: 'AgentSessionEnd', Success: 'True', Message: remote ?? '' })
  session.ended = true
  if (agent.next?.state === STATE.loggedOut) amendNext(site, agent.next)
  agent.contact = undefined
  agent.next = undefined
  agent.session = undefined
  enter(site, agent, STATE.loggedOut)
}

function amendNext(site: Site, next: NextState): void {
  if (next.asked !== undefined) site.journal.amend(next.asked.seq, { effect: 'applied' })
}

/** The queued change, or else `otherwise`. */
export function moveOn(site: Site, agent: Agent, otherwise: { readonly state: StateId; readonly out: OutState }): void {
  const next = agent.next
  if (next?.state === STATE.loggedOut) {
    endSession(site, agent, 'RemoteLogoff')
    return
  }
  agent.next = undefined
  if (next !== undefined) amendNext(site, next)
  const { state, out } = next ?? otherwise
  enter(site, agent, state, out)
  if (agent.session?.endAfterContact === true) endSession(site, agent, 'SessionTimeout')
}
