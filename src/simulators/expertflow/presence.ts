import { randomUUID } from 'node:crypto'
import type { KeycloakUser, Mrd } from './population.js'
import type { GlobalState, MrdState, PresenceAction, ReasonCode } from './vocabulary.js'

/** "Never ready yet" (1990-04-02), expertflow.md §7. */
export const NEVER_READY = 639057660000

export interface AgentMrd {
  readonly mrd: Mrd
  state: MrdState
  previousState: MrdState | null
  since: number
  lastReady: number
  max: number
  autoSync: boolean
}

/** An agent as the routing engine knows it. Times are epoch ms. */
export interface Agent {
  user: KeycloakUser
  state: GlobalState
  reason: ReasonCode | null
  since: number
  loginTime: number
  readonly mrds: AgentMrd[]
}

/** `AgentPresence` of the REST reads (expertflow.md §7, `agentPresence.*`). */
export type Presence = ReturnType<typeof presenceOf>

/** Body of the `agentPresence` event (expertflow.md §7). */
export interface PresenceEvent {
  readonly action: PresenceAction
  readonly agentStateChanged: boolean
  readonly mrdStateChanges: readonly string[]
  readonly correlationId: string
  readonly agentPresence: Presence
}

/** The CCUser of an agent (expertflow.md §7, `agentPresence.agent`). */
export function ccUserOf(agent: Agent) {
  return {
    participantType: 'CCUser',
    id: agent.user.id,
    keycloakUser: agent.user,
    associatedRoutingAttributes: [] as readonly unknown[],
    associatedMrds: agent.mrds.map(({ mrd, max }) => ({ mrdId: mrd.id, maxAgentTasks: max })),
  }
}

/** A picture of the agent as it is now; later changes do not touch it. */
export function presenceOf(agent: Agent) {
  return {
    agent: ccUserOf(agent),
    state: { name: agent.state, reasonCode: agent.reason },
    stateChangeTime: agent.since,
    agentLoginTime: agent.loginTime,
    agentMrdStates: agent.mrds.map((channel) => ({
      mrd: mrdOf(channel.mrd),
      state: channel.state,
      previousState: channel.previousState,
      stateChangeTime: channel.since,
      lastReadyStateChangeTime: channel.lastReady,
      maxAgentTasks: channel.max,
    })),
  }
}

export function mrdOf(mrd: Mrd) {
  const { id, type, name, description, maxRequests, interruptible } = mrd
  return { id, type, name, description, maxRequests, interruptible }
}

export function presenceEvent(
  agent: Agent,
  change: { action: PresenceAction; agentStateChanged: boolean; mrdStateChanges: readonly string[] },
): PresenceEvent {
  const { action, agentStateChanged, mrdStateChanges } = change
  return { action, agentStateChanged, mrdStateChanges, correlationId: randomUUID(), agentPresence: presenceOf(agent) }
}
