/** How a platform session begins, what a refresh shows and when it ends by itself (vendors/cxone.md 3.1, 3.5). */
import type { Agent, PlatformSession, SessionEvent } from './agent.js'
import { agentStateEvent, endSession, enter, publish, queueNext } from './agent-rules.js'
import { contactEvent } from './contacts.js'
import { STATE } from './codes.js'
import type { Site } from './site.js'

export interface Seat {
  readonly stationId: string
  readonly stationPhoneNumber: string
  readonly inactivitySeconds: number
  readonly inactivityForceLogout: boolean
  readonly desktop: boolean
}

/** What the agent's own desktop brings. */
export function desktopSeat(agent: Agent): Seat {
  return { stationId: '', stationPhoneNumber: `+1555010${agent.id}`, inactivitySeconds: 300, inactivityForceLogout: false, desktop: true }
}

/** The session exists at once, so that it can be polled; the agent's state follows with `begin`. */
export function openSession(site: Site, agent: Agent, seat: Seat): PlatformSession {
  const session = site.sessions.create({ ...seat, agent, startedAt: site.now() })
  agent.session = session
  watchInactivity(site, session)
  return session
}

/** AgentSessionStart, then AgentState: Unavailable without a reason (3.3, 3.6). */
export function begin(site: Site, session: PlatformSession): void {
  if (session.ended) return
  publish(site, session.agent, sessionStartEvent(site, session))
  enter(site, session.agent, STATE.unavailable)
}

function sessionStartEvent(site: Site, session: PlatformSession): SessionEvent {
  return {
    Type: 'AgentSessionStart',
    BusNo: String(site.options.businessUnitId),
    AgentId: String(session.agent.id),
    SessionId: String(session.number),
    StationId: session.stationId,
    StationPhoneNumber: session.stationPhoneNumber,
    StationCallerId: '',
    DialerCampaign: '',
    DialerCampaignStartTime: '',
    SupervisorPermissionLevel: '0',
    CanMask: 'False',
    CanMultiPartyConference: 'True',
    CanRecord: 'False',
    MaxConcurrentChats: '1',
    AgentSchedulePermission: 'False',
    ScoreRecordingsPermission: 'False',
    HideAgentStatePermission: 'False',
    EnabledForMCH: 'False',
    UseCustomerCard: 'False',
    AgentUUId: session.agent.userId,
  }
}

/** What an older session id brings: everything as it is now (3.5). */
export function snapshot(site: Site, session: PlatformSession): readonly SessionEvent[] {
  const { agent } = session
  const contact = agent.contact === undefined ? [] : [contactEvent(agent, agent.contact.phase === 'active' ? 'Active' : 'Incoming')]
  return [sessionStartEvent(site, session), agentStateEvent(site, agent), ...contact]
}

/**
 * The inactivity timer (3.1). Every request on the session restarts it; a waiting poll holds it. When it elapses: with
 * `inactivityForceLogout` or in Unavailable the session ends; on a contact the next state becomes Unavailable and the
 * session ends after the contact; in Available the agent becomes Unavailable, and the timer runs again.
 */
function watchInactivity(site: Site, session: PlatformSession): void {
  if (session.desktop) return
  let cancel: () => void = () => undefined
  session.touch = () => {
    cancel()
    if (!session.ended) cancel = site.later(session.inactivitySeconds * site.options.secondMs, () => elapsed(site, session))
  }
  session.touch()
}

function elapsed(site: Site, session: PlatformSession): void {
  const { agent } = session
  if (session.ended) return
  if (session.waiting > 0) {
    session.touch()
  } else if (agent.contact !== undefined && !session.inactivityForceLogout) {
    session.endAfterContact = true
    queueNext(site, agent, { state: STATE.unavailable, out: {} })
  } else if (agent.state === STATE.available && !session.inactivityForceLogout) {
    enter(site, agent, STATE.unavailable)
    session.touch()
  } else {
    endSession(site, agent, 'SessionTimeout')
  }
}
