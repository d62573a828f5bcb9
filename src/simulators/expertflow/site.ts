import { createEngine } from './engine.js'
import type { ExpertflowOptions } from './options.js'
import { directoryOf, VOICE_MRD, type KeycloakUser } from './population.js'
import type { PresenceEvent } from './presence.js'
import { createReasonStore, FORCED_LOGOUT_BY_SUPERVISOR } from './reasons.js'
import { createSessions } from './sessions.js'
import { leavingEntry, tellLeaving, type ConversationEntry } from './topic.js'
import type { GlobalState, MrdState, ReasonCode } from './vocabulary.js'
import { createWork, type Leaving, type Task } from './work.js'

/**
 * One simulated installation: directory, routing engine, desks, work and reasons, joined. What changes an agent's state
 * returns the events of that agent unsent; consequences for other agents are sent at once.
 */
export function createSite(options: ExpertflowOptions, record: (entry: ConversationEntry) => void = () => undefined) {
  const directory = directoryOf(options)
  const users = new Map([...directory.agents, ...directory.supervisors, directory.unassigned].map((user) => [user.id, user]))
  const byName = new Map([...users.values()].map((user) => [user.username, user]))
  const reasons = createReasonStore()
  const work = createWork()
  const engine = createEngine(options, work.workload)
  const disconnectReason: ReasonCode | null = options.disconnectReason === '' ? null : { name: options.disconnectReason, type: 'LOGOUT' }

  const sessions = createSessions({
    disconnectMs: options.disconnectMs,
    eventDelayMs: options.eventDelayMs,
    isLoggedOut: (agentId) => engine.find(agentId)?.state === 'LOGOUT',
    onDisconnectTimer: (agentId) => publish(agentId, changeGlobal(agentId, 'LOGOUT', disconnectReason)),
  })

  /** Sends an agent's events to its desk, and to its supervisors where the option says so. */
  function publish(agentId: string, events: readonly PresenceEvent[], delayMs?: number): void {
    if (options.supervisorSeesTarget) {
      for (const supervisor of supervisorsOf(agentId)) for (const event of events) sessions.emit(supervisor, 'agentPresence', event)
    }
    sessions.deliver(agentId, events, delayMs)
  }

  function supervisorsOf(agentId: string): string[] {
    const teamId = engine.find(agentId)?.user.userTeam?.teamId
    return directory.supervisors
      .filter((each) => each.id !== agentId && each.supervisedTeams.some((team) => team.teamId === teamId))
      .map((each) => each.id)
  }

  /** Closing work of others, telling them, putting them out (expertflow.md §11.2), and an entry in the journal for each conversation. */
  function announce(agentId: string, leavings: readonly Leaving[], why: string): void {
    for (const leaving of leavings) {
      for (const task of leaving.closed) if (task.agentId !== agentId) publish(task.agentId, taskClosed(task))
      tellLeaving(api, leaving, why)
      record(leavingEntry(api, leaving, why))
    }
  }

  function taskClosed(task: Task): PresenceEvent[] {
    // A supervisor may take part in conversations without being logged in as an agent.
    if (engine.find(task.agentId) === undefined) return []
    return engine.system(task.agentId, 'task-closed', (channel) => channel.mrd.id === task.mrdId)
  }

  /** A state of the whole agent with everything that hangs on it. Throws an `Error` for an agent that the engine does not know. */
  function changeGlobal(agentId: string, state: GlobalState, reason: ReasonCode | null, internal = false): PresenceEvent[] {
    if (state === 'LOGOUT') {
      sessions.stopTimer(agentId)
      const forced = reason?.name === FORCED_LOGOUT_BY_SUPERVISOR.name
      announce(
        agentId,
        work.logout(agentId, (mrdId) => forced && mrdId === VOICE_MRD),
        forced ? 'FORCED_LOGOUT' : 'AGENT_LOGOUT',
      )
    }
    const events = engine.requestGlobal(agentId, state, reason, internal)
    const changed = events.some((event) => event.agentStateChanged)
    if (!changed || state !== 'NOT_READY' || reason?.name !== 'Callback' || !options.callbackReroute) return events
    return [...events, ...reroute(agentId, () => true)]
  }

  /** Gives the agent's conversations back to their queues with priority 11. */
  function reroute(agentId: string, concerns: (mrdId: string) => boolean): PresenceEvent[] {
    announce(
      agentId,
      work.rerouteAll(agentId, (conversation) => concerns(conversation.mrdId)),
      'REROUTE',
    )
    return engine.system(agentId, 'task-closed', (channel) => concerns(channel.mrd.id))
  }

  /** LOGIN, then NOT_READY; only the present state if the agent is logged in already (§4.2, §8.4). */
  function login(user: KeycloakUser): PresenceEvent[] {
    engine.upsert(user)
    return changeGlobal(user.id, 'LOGIN', null)
  }

  /** The start: agents known and logged out, the first `loggedIn` of them on virtual desks. */
  function populate(): void {
    engine.clear()
    work.reset()
    reasons.reset()
    sessions.reset()
    for (const user of directory.agents) engine.upsert(user)
    for (const user of directory.agents.slice(0, options.loggedIn)) {
      login(user)
      if (sessions.find(user.id) === undefined) sessions.open({ agentId: user.id })
    }
    // Connections stay, and a connected desk is a logged-in one.
    for (const session of sessions.list()) {
      const user = session.user ?? users.get(session.agentId)
      if (session.socket !== undefined && user !== undefined) publish(session.agentId, login(user))
    }
  }

  const api = {
    options,
    directory,
    users,
    byName,
    reasons,
    work,
    engine,
    sessions,
    publish,
    record,
    taskClosed,
    changeGlobal,
    changeMrd: (agentId: string, mrdId: string, state: MrdState): PresenceEvent[] => engine.requestMrd(agentId, mrdId, state),
    reroute,
    login,
    populate,
  }
  populate()
  return api
}

export type Site = ReturnType<typeof createSite>
