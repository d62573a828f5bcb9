import { globalSteps, mrdSteps, type AgentSituation, type StateStep } from './global-rules.js'
import type { ExpertflowOptions } from './options.js'
import { DEFAULT_MRDS, type KeycloakUser } from './population.js'
import { NEVER_READY, presenceEvent, type Agent, type AgentMrd, type PresenceEvent } from './presence.js'
import { mrdStateAfterSystem, type SystemTrigger } from './system-rules.js'
import type { GlobalState, MrdState, ReasonCode } from './vocabulary.js'

/** How many tasks an agent has on an MRD, and whether one is being offered there. Kept by the work side (`work.ts`). */
export interface Workload {
  tasks(agentId: string, mrdId: string): number
  reserved(agentId: string, mrdId: string): boolean
}

/**
 * The routing engine's agents and the only place that changes their state. Every method returns the events in the order in
 * which the engine publishes them; sending them is the caller's business, so that a fault can lose, delay or repeat them.
 */
export function createEngine(options: ExpertflowOptions, workload: Workload) {
  const agents = new Map<string, Agent>()
  const autoSync = options.autoSync !== 'false'

  const situation = (agent: Agent): AgentSituation => ({
    state: agent.state,
    mrds: agent.mrds.map((channel) => ({
      id: channel.mrd.id,
      state: channel.state,
      tasks: workload.tasks(agent.user.id, channel.mrd.id),
      max: channel.max,
      reserved: workload.reserved(agent.user.id, channel.mrd.id),
      managed: channel.mrd.managed,
      autoSync: channel.autoSync,
    })),
  })

  const take = (agent: Agent, steps: readonly StateStep[], reason: ReasonCode | null): PresenceEvent[] =>
    steps.map((step) => {
      commit(agent, step, reason)
      return presenceEvent(agent, step)
    })

  const required = (agentId: string): Agent => {
    const agent = agents.get(agentId)
    if (agent === undefined) throw new Error(`no agent ${agentId} in the routing engine`)
    return agent
  }

  const globalStepsOf = (agent: Agent, state: GlobalState, internal: boolean) =>
    globalSteps(state, situation(agent), { internal, autoSync })

  return {
    find: (agentId: string): Agent | undefined => agents.get(agentId),
    list: (): Agent[] => [...agents.values()],
    /** Makes the agent known, logged out, if it is not yet (expertflow.md §8.1, §10.1 "upserts"). */
    upsert(user: KeycloakUser): Agent {
      const known = agents.get(user.id)
      if (known !== undefined) {
        known.user = user
        return known
      }
      const fresh = newAgent(user, options.autoSync)
      agents.set(user.id, fresh)
      return fresh
    },
    clear: (): void => agents.clear(),
    /** A request for the agent's own state, §8.4. */
    requestGlobal(agentId: string, state: GlobalState, reason: ReasonCode | null, internal = false): PresenceEvent[] {
      const agent = required(agentId)
      return take(agent, globalStepsOf(agent, state, internal), state === 'NOT_READY' || state === 'LOGOUT' ? reason : null)
    },
    /** What {@link requestGlobal} would publish, without doing it. */
    previewGlobal(agentId: string, state: GlobalState, reason: ReasonCode | null): PresenceEvent[] {
      const agent = required(agentId)
      return take(structuredClone(agent), globalStepsOf(agent, state, false), reason)
    },
    /** A request for one MRD, §8.5. Empty when the engine has no handler for it. */
    requestMrd(agentId: string, mrdId: string, state: MrdState): PresenceEvent[] {
      const agent = required(agentId)
      return take(agent, mrdSteps(state, mrdId, situation(agent), { autoSync }), null)
    },
    previewMrd(agentId: string, mrdId: string, state: MrdState): PresenceEvent[] {
      const agent = required(agentId)
      return take(structuredClone(agent), mrdSteps(state, mrdId, situation(agent), { autoSync }), null)
    },
    /** Something the system does to some MRDs, §8.6. Empty when nothing changed. */
    system(agentId: string, trigger: SystemTrigger, concerns: (channel: AgentMrd) => boolean): PresenceEvent[] {
      const agent = required(agentId)
      const changed = agent.mrds.filter((channel) => {
        if (!concerns(channel)) return false
        const tasks = workload.tasks(agentId, channel.mrd.id)
        return setMrd(channel, mrdStateAfterSystem(trigger, { state: channel.state, tasks, max: channel.max }), Date.now())
      })
      if (changed.length === 0) return []
      const mrdStateChanges = changed.map((channel) => channel.mrd.id)
      return [presenceEvent(agent, { action: 'AGENT_STATE_CHANGED', agentStateChanged: false, mrdStateChanges })]
    },
  }
}

export type Engine = ReturnType<typeof createEngine>

function newAgent(user: KeycloakUser, autoSync: string): Agent {
  const synced = autoSync.split(',').map((name) => name.trim())
  const now = Date.now()
  const mrds = DEFAULT_MRDS.map((mrd): AgentMrd => {
    const follows = autoSync === 'true' || synced.includes(mrd.name)
    return { mrd, state: 'LOGOUT', previousState: null, since: now, lastReady: NEVER_READY, max: mrd.maxRequests, autoSync: follows }
  })
  return { user, state: 'LOGOUT', reason: null, since: now, loginTime: 0, mrds }
}

function commit(agent: Agent, step: StateStep, reason: ReasonCode | null): void {
  const now = Date.now()
  if (step.agentStateChanged) {
    if (step.state === 'LOGIN') agent.loginTime = now
    agent.state = step.state
    agent.reason = reason
    agent.since = now
  }
  agent.mrds.forEach((channel, at) => setMrd(channel, step.mrds[at] ?? channel.state, now))
}

function setMrd(channel: AgentMrd, state: MrdState, now: number): boolean {
  if (channel.state === state) return false
  channel.previousState = channel.state
  channel.state = state
  channel.since = now
  if (state === 'READY') channel.lastReady = now
  return true
}
