import type { Socket } from 'socket.io'
import type { KeycloakUser } from './population.js'
import type { PresenceEvent } from './presence.js'

/** A desk of an agent: a socket, or one that exists only inside the simulator ("virtual"). */
export interface Session {
  readonly agentId: string
  readonly socket?: Socket
  /** Who opened it, as the handshake said. */
  readonly user?: KeycloakUser
}

export interface SessionHooks {
  /** The Agent_Disconnect timer of this agent has run out (expertflow.md §11.3). */
  readonly onDisconnectTimer: (agentId: string) => void
  /** Whether the engine has this agent logged out now: a late LOGOUT must not end a session that was opened after it. */
  readonly isLoggedOut: (agentId: string) => boolean
  readonly disconnectMs: number
  readonly eventDelayMs: number
}

/**
 * The one live desk of each agent (expertflow.md §4.1) and the Agent_Disconnect timers of agents that lost theirs.
 * Guarantees that events of one agent leave in the order in which they were given.
 */
export function createSessions(hooks: SessionHooks) {
  const live = new Map<string, Session>()
  const timers = new Map<string, NodeJS.Timeout>()
  /** The last event that each agent was sent; the fault `late-old-event` repeats it. */
  const lastSent = new Map<string, PresenceEvent>()

  const stopTimer = (agentId: string) => {
    clearTimeout(timers.get(agentId))
    timers.delete(agentId)
  }
  /** Agents whose timer waits for the end of an outage; nothing while there is none. */
  let waiting: Set<string> | undefined

  const startTimer = (agentId: string) => {
    stopTimer(agentId)
    if (waiting !== undefined) {
      waiting.add(agentId)
      return
    }
    const timer = setTimeout(() => {
      timers.delete(agentId)
      hooks.onDisconnectTimer(agentId)
    }, hooks.disconnectMs)
    timers.set(agentId, timer.unref())
  }
  const emit = (agentId: string, name: string, body: unknown): boolean => {
    const socket = live.get(agentId)?.socket
    return socket?.emit(name, body) === true
  }
  /** LOGOUT is the order to leave (§7 no. 4): the server ends the session right after it. */
  const send = (agentId: string, event: PresenceEvent): void => {
    emit(agentId, 'agentPresence', event)
    lastSent.set(agentId, event)
  }
  const endAfterLogout = (agentId: string): void => {
    const session = live.get(agentId)
    live.delete(agentId)
    session?.socket?.disconnect()
  }

  return {
    find: (agentId: string): Session | undefined => live.get(agentId),
    list: (): Session[] => [...live.values()],
    isLive: (socket: Socket, agentId: string): boolean => live.get(agentId)?.socket?.id === socket.id,
    lastSent: (agentId: string): PresenceEvent | undefined => lastSent.get(agentId),
    emit,
    /** Opens a desk. A desk that was open is told to drop itself; it is not disconnected (§4.1). */
    open(session: Session): void {
      stopTimer(session.agentId)
      const old = live.get(session.agentId)
      live.set(session.agentId, session)
      old?.socket?.emit('socketSessionRemoved', { agentId: session.agentId })
    },
    /** The socket is gone without a LOGOUT: the agent stays in its state until the timer runs out. */
    lost(socket: Socket, agentId: string): void {
      if (live.get(agentId)?.socket?.id !== socket.id) return
      live.delete(agentId)
      startTimer(agentId)
    },
    /** The socket of an agent that is logged out is gone: no timer. */
    forget(socket: Socket, agentId: string): void {
      if (live.get(agentId)?.socket?.id === socket.id) live.delete(agentId)
    },
    startTimer,
    stopTimer,
    /** Sends events to the agent's desk; a LOGOUT among them ends the session once all are sent. */
    deliver(agentId: string, events: readonly PresenceEvent[], delayMs = hooks.eventDelayMs): void {
      const now = () => {
        for (const event of events) send(agentId, event)
        const logout = events.some((event) => event.agentStateChanged && event.agentPresence.state.name === 'LOGOUT')
        if (logout && hooks.isLoggedOut(agentId)) endAfterLogout(agentId)
      }
      if (delayMs > 0) setTimeout(now, delayMs).unref()
      else now()
    },
    /** The agent-manager is gone: it runs no timers, and those of sockets that are lost now start when it is back. */
    pause(): void {
      const running = [...timers.keys()]
      running.forEach(stopTimer)
      waiting = new Set([...(waiting ?? []), ...running])
    },
    resume(): void {
      const due = [...(waiting ?? [])]
      waiting = undefined
      for (const agentId of due) if (!live.has(agentId)) startTimer(agentId)
    },
    stop(): void {
      for (const agentId of [...timers.keys()]) stopTimer(agentId)
      waiting = new Set()
    },
    /** Drops virtual desks and timers; sockets stay. */
    reset(): void {
      for (const agentId of [...timers.keys()]) stopTimer(agentId)
      for (const session of [...live.values()]) if (session.socket === undefined) live.delete(session.agentId)
      lastSent.clear()
    },
  }
}

export type Sessions = ReturnType<typeof createSessions>
