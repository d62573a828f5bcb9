import { CtiError } from '../../core/model/error.js'
import type { Cause } from '../../core/model/agent-state.js'
import { createDesk, type Desk, type DeskPorts } from './desk.js'
import type { Login } from './login.js'
import type { DeskStatus } from './mapping.js'
import type { ChangeAgentState } from './plan.js'
import type { Presence } from './presence.js'

/** The desks that this process holds, at most one per agent. */
export interface Desks {
  /**
   * Opens the agent's desk. A desk that we hold already is replaced once the new one stands, and stays if it does not.
   * Fails: as `Session.connect`.
   */
  open(agentId: string, login: Login, signal: AbortSignal): Promise<void>
  /** Fails: VENDOR_UNAVAILABLE when there is no desk any more; the core reads and plans again. */
  send(agentId: string, payload: ChangeAgentState): void
  /** See `Desk.leave`. */
  leave(agentId: string, signal: AbortSignal): Promise<void>
  statusOf(agentId: string): DeskStatus
  isOffered(agentId: string): boolean
  causeFor(agentId: string, presence: Presence): Cause | undefined
  closeAll(): void
}

export function createDesks(ports: Omit<DeskPorts, 'gone'>): Desks {
  const desks = new Map<string, Desk>()

  return {
    async open(agentId, login, signal) {
      const old = desks.get(agentId)
      old?.retire(true)
      const desk: Desk = createDesk(agentId, login, {
        ...ports,
        gone: () => {
          if (desks.get(agentId) === desk) desks.delete(agentId)
        },
      })
      desks.set(agentId, desk)
      try {
        await desk.connect(signal)
        old?.close()
      } catch (error) {
        if (desks.get(agentId) === desk) {
          if (old === undefined) desks.delete(agentId)
          else desks.set(agentId, old)
        }
        old?.retire(false)
        throw error
      }
    },
    send(agentId, payload) {
      const desk = desks.get(agentId)
      if (desk === undefined) {
        throw new CtiError('VENDOR_UNAVAILABLE', {
          detail: "the gateway's session of this agent has ended meanwhile",
          fault: { system: 'agent-manager', code: 'no-session' },
        })
      }
      desk.send(payload)
    },
    leave: (agentId, signal) => desks.get(agentId)?.leave(signal) ?? Promise.resolve(),
    statusOf: (agentId) => desks.get(agentId)?.status ?? 'none',
    isOffered: (agentId) => desks.get(agentId)?.offered ?? false,
    causeFor: (agentId, presence) => desks.get(agentId)?.causeFor(presence),
    closeAll() {
      for (const desk of desks.values()) desk.close()
      desks.clear()
    },
  }
}
