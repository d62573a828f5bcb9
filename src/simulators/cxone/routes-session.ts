/** The agent API: start, join, state, end and the long poll (vendors/cxone.md section 3). */
import type { Agent } from './agent.js'
import { endSession, requestState } from './agent-rules.js'
import { STATE } from './codes.js'
import { accept, end, refuse } from './contacts.js'
import type { Route } from './routes.js'
import { ASKED, askedState } from './routes-supervisor.js'
import { begin, openSession, snapshot } from './session-rules.js'
import { newSessionId, type Found } from './sessions.js'
import type { Site } from './site.js'
import { accepted, failure, flag, text, whole, type Call, type Effect, type Reply } from './wire.js'

/** Nobody may act for another agent without the permission to impersonate (3.1). */
function mayActFor(call: Call, agent: Agent): boolean {
  return call.caller?.agent === agent || call.caller?.permissions.has('impersonate') === true
}

/** The agent of start and join: `asAgentId`, or the token's own. A refusal otherwise. */
function agentOf(site: Site, call: Call): Agent | Reply {
  const asAgentId = text(call.input, 'asAgentId')
  const agent = asAgentId === undefined ? call.caller?.agent : site.agent(asAgentId)
  if (agent === undefined) return failure(400, `Invalid agent ID: ${asAgentId ?? 'the user of the token is no agent'}`)
  return mayActFor(call, agent) ? agent : failure(403, 'Insufficient permission: Impersonate Agent')
}

function start(site: Site, call: Call): Reply {
  const agent = agentOf(site, call)
  if ('status' in agent) return agent
  const stationId = text(call.input, 'stationId') ?? ''
  const phone = text(call.input, 'stationPhoneNumber') ?? ''
  if (stationId === '' && phone === '') return failure(400, 'stationId or stationPhoneNumber is required')
  const seconds = whole(call.input, 'inactivityTimeout') ?? 0
  if (!(seconds === 0 || (seconds >= 30 && seconds <= 300))) return failure(400, 'inactivityTimeout must be 0 or between 30 and 300')
  const rival = [...site.population.agents.values()].find(
    (other) => phone !== '' && other !== agent && other.session?.stationPhoneNumber === phone,
  )
  if (rival !== undefined) return failure(400, `The phone number is already used by ${rival.firstName} ${rival.lastName}`)
  if (agent.session !== undefined) return failure(409, 'The agent already has a session')
  const sessionId = newSessionId()
  const seat = {
    // The phone number wins if both are sent (3.1).
    stationId: phone === '' ? stationId : '',
    stationPhoneNumber: phone,
    inactivitySeconds: seconds === 0 ? 300 : seconds,
    inactivityForceLogout: flag(call.input, 'inactivityForceLogout'),
    desktop: false,
  }
  const make = (): Effect => {
    if (agent.session !== undefined) return 'none'
    const session = openSession(site, agent, seat)
    site.sessions.join(session, sessionId)
    site.inTurn(agent.id, () => begin(site, session))
    return 'applied'
  }
  return accepted({ when: 'now', agentId: agent.id, make }, { sessionId })
}

function join(site: Site, call: Call): Reply {
  const agent = agentOf(site, call)
  if ('status' in agent) return agent
  const { session } = agent
  if (session === undefined) return failure(409, 'There is no session to join')
  const sessionId = newSessionId()
  const make = (): Effect => {
    site.sessions.join(session, sessionId)
    // A client that joins is told what there is, as after a refresh.
    const client = session.clients.at(-1)
    client?.queue.push(...snapshot(site, session))
    return 'applied'
  }
  return accepted({ when: 'now', agentId: agent.id, make }, { sessionId })
}

/** The session of the path, of which 404 says unknown, 409 ended and 403 not yours. */
function sessionOf(site: Site, call: Call): Found | Reply {
  const found = site.sessions.find(call.path['sessionId'] ?? '')
  if (found === undefined) return failure(404, 'Invalid session ID')
  if (!mayActFor(call, found.session.agent)) return failure(403, 'The session belongs to another agent')
  return found
}

function liveSessionOf(site: Site, call: Call): Found | Reply {
  const found = sessionOf(site, call)
  if ('status' in found) return found
  if (found.session.ended) return failure(409, 'The session has ended')
  found.session.touch()
  return found
}

function setState(site: Site, call: Call): Reply {
  const found = liveSessionOf(site, call)
  if ('status' in found) return found
  const { agent } = found.session
  const word = askedState(call)
  if (word === undefined) return failure(400, 'Invalid state: must be Available or Unavailable')
  const reason = word === 'Unavailable' ? text(call.input, 'reason') : undefined
  const code = [...site.population.codes.values()].find((known) => known.name === reason)
  if (reason !== undefined && code === undefined) return failure(400, `Invalid unavailable code: ${reason}`)
  const decision = requestState(site, agent, word === 'Available' ? STATE.available : STATE.unavailable, code, call)
  if ('why' in decision) return failure(decision.status, decision.why)
  return accepted({ when: 'later', agentId: agent.id, make: decision.make })
}

function endIt(site: Site, call: Call): Reply {
  const found = liveSessionOf(site, call)
  if ('status' in found) return found
  const { agent } = found.session
  const force = flag(call.input, 'forceLogoff')
  if (agent.contact !== undefined && !force && !flag(call.input, 'endContacts'))
    return failure(409, 'Contacts must be finished before the session can end')
  if (agent.personalQueue > 0 && !force && !flag(call.input, 'ignorePersonalQueue')) return failure(409, 'The personal queue is not empty')
  const make = (): Effect => {
    if (found.session.ended) return 'unchanged'
    endSession(site, agent)
    return 'applied'
  }
  return accepted({ when: 'later', agentId: agent.id, make })
}

/** Ended sessions still give away their last events; after that 409 (3.5). */
async function nextEvent(site: Site, call: Call): Promise<Reply | undefined> {
  const found = sessionOf(site, call)
  if ('status' in found) return found
  const seconds = whole(call.input, 'timeout') ?? 60
  if (!(seconds >= 0 && seconds <= 60)) return failure(400, 'timeout must be between 0 and 60')
  const { session } = found
  session.touch()
  const polled = await site.sessions.poll(found, call.path['sessionId'] ?? '', seconds * 1000, call.gone, () => snapshot(site, session))
  session.touch()
  if (polled === 'gone') return undefined
  if (polled === 'ended') return { ...failure(409, 'The session has ended'), effect: 'read' }
  if (polled === 'nothing') return { status: 304, description: 'Not Modified', effect: 'read' }
  return { status: 200, body: polled, description: 'Success', effect: 'read' }
}

/** Accept, reject or end a contact at the desktop (3.6, related calls). */
function interaction(act: (site: Site, agent: Agent) => void): Route['handle'] {
  return (site, call) => {
    const found = liveSessionOf(site, call)
    if ('status' in found) return found
    const { agent } = found.session
    if (String(agent.contact?.id) !== call.path['contactId']) return failure(404, 'Invalid contact ID')
    const make = (): Effect => {
      if (String(agent.contact?.id) !== call.path['contactId']) return 'none'
      act(site, agent)
      return 'applied'
    }
    return accepted({ when: 'later', agentId: agent.id, make })
  }
}

const ofSession: Route['about'] = (site, call) => {
  const agent = site.sessions.find(call.path['sessionId'] ?? '')?.session.agent
  return agent === undefined ? {} : { agentId: String(agent.id) }
}

const ofCaller: Route['about'] = (_site, call) => {
  const agentId = text(call.input, 'asAgentId') ?? call.caller?.agent?.id
  return agentId === undefined ? {} : { agentId: String(agentId) }
}

const acd = (operation: string, handle: Route['handle'], about: NonNullable<Route['about']>, changes = true): Route => ({
  operation,
  base: 'acd',
  token: 'needed',
  ...(changes && { changes }),
  about,
  handle,
})

export const SESSION_ROUTES: readonly Route[] = [
  acd('POST /agent-sessions', start, (site, call) => ({ ...ofCaller(site, call), asked: 'LOGIN' })),
  acd('POST /agent-sessions/join', join, ofCaller),
  acd('POST /agent-sessions/{sessionId}/state', setState, (site, call) => {
    const word = askedState(call)
    return { ...ofSession(site, call), ...(word !== undefined && { asked: ASKED[word] }) }
  }),
  acd('DELETE /agent-sessions/{sessionId}', endIt, (site, call) => ({ ...ofSession(site, call), asked: 'LOGOUT' })),
  acd('GET /agent-sessions/{sessionId}/get-next-event', nextEvent, ofSession, false),
  acd(
    'POST /agent-sessions/{sessionId}/keep-alive',
    (site, call) => {
      const found = liveSessionOf(site, call)
      return 'status' in found ? found : { status: 202, body: {}, description: 'Accepted', effect: 'read' }
    },
    ofSession,
    false,
  ),
  acd(
    'POST /agent-sessions/{sessionId}/interactions/{contactId}/accept',
    interaction((site, agent) => accept(site, agent)),
    ofSession,
  ),
  acd(
    'POST /agent-sessions/{sessionId}/interactions/{contactId}/reject',
    interaction((site, agent) => refuse(site, agent, 'NoAnswer')),
    ofSession,
  ),
  acd(
    'POST /agent-sessions/{sessionId}/interactions/{contactId}/end',
    interaction((site, agent) => end(site, agent, false)),
    ofSession,
  ),
]
