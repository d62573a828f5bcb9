import type { EventSink, Logger } from '../../core/adapter.js'
import type { AgentView, Cause } from '../../core/model/agent-state.js'
import type { Refusal } from '../../core/model/event.js'
import { CtiError } from '../../core/model/error.js'
import type { Clock } from '../../core/clock.js'
import { unlessAborted } from './bounded.js'
import { answers, askOf, causeOf, refusalOf, type Ask } from './desk-facts.js'
import { errorsRefusal } from './faults.js'
import type { Login } from './login.js'
import { newestOf, viewOf, type DeskStatus } from './mapping.js'
import { createOffers, type Offers } from './offers.js'
import type { ExpertflowOptions } from './options.js'
import type { ChangeAgentState } from './plan.js'
import { fieldsOf, newestInstant, parsePresenceEvent, textOf, type Presence, type PresenceEvent } from './presence.js'
import { createSession, type Session, type SessionEnd } from './session.js'

export interface DeskPorts {
  readonly options: ExpertflowOptions
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
  readonly sink: EventSink
  /** A fresh read, as a view. */
  readonly read: (agentId: string) => Promise<AgentView>
  /** The presence of another agent came over this socket. */
  readonly foreign: (event: PresenceEvent) => void
  /** The desk is over; it must be forgotten before this returns. */
  readonly gone: () => void
}

/** The gateway as an agent's desk: one socket, what was asked on it, what is offered on it. */
export interface Desk {
  readonly status: DeskStatus
  readonly offered: boolean
  connect(signal: AbortSignal): Promise<void>
  /** Fails: VENDOR_UNAVAILABLE (nothing sent) while the link is being restored. */
  send(payload: ChangeAgentState): void
  /**
   * The agent is being logged out, over whatever way: from now on the session is not restored, because restoring it would log
   * the agent in again. Waits for a connection that is just being opened, so that the logout comes after it.
   */
  leave(signal: AbortSignal): Promise<void>
  /** What this desk knows about who brought the agent into the state that a read shows. */
  causeFor(presence: Presence): Cause | undefined
  /** Another desk of ours replaces this one, or not after all: it falls silent, or speaks again. */
  retire(retired: boolean): void
  close(): void
}

/** The desk's present memory of its agent. */
interface Memory {
  presence: Presence | undefined
  cause: Cause | undefined
  ask: Ask | undefined
  linkWasLost: boolean
}

export function createDesk(agentId: string, login: Login, ports: DeskPorts): Desk {
  const { options, clock, log, sink } = ports
  const memory: Memory = { presence: undefined, cause: undefined, ask: undefined, linkWasLost: false }
  const offers: Offers = createOffers(options.offerMs, () => clock.monotonic())
  let retired = false
  let leaving = false

  const pendingAsk = (): Ask | undefined =>
    memory.ask !== undefined && clock.monotonic() - memory.ask.at <= options.commandMs ? memory.ask : undefined

  const view = (presence: Presence): AgentView =>
    viewOf(presence, {
      agentId,
      source: 'event',
      now: clock.now(),
      desk: presence.state === 'LOGOUT' ? 'none' : statusOf(session),
      offered: offers.open,
      cause: memory.cause,
    })

  const tell = (presence: Presence, refused?: Refusal): void => {
    const occurredAt = newestInstant(presence)
    sink.agent({
      agentId,
      view: view(presence),
      ...(refused !== undefined && { refused }),
      ...(occurredAt !== undefined && { occurredAt }),
    })
  }

  /** Ends what was asked without an answer; without something asked there is nobody to tell. */
  const refuse = (refused: Refusal): void => {
    if (pendingAsk() === undefined) return
    memory.ask = undefined
    sink.agent({ agentId, refused })
  }

  const onPresence = (event: PresenceEvent): void => {
    const { presence } = event
    if (presence.agentId !== undefined && presence.agentId.toLowerCase() !== agentId.toLowerCase()) return ports.foreign(event)
    const newest = newestInstant(presence)
    const before = memory.presence === undefined ? undefined : newestInstant(memory.presence)
    if (newest !== undefined && before !== undefined && newest < before) return // a late copy of an older event
    const ask = pendingAsk()
    offers.presence(event)
    memory.cause = causeOf(memory, presence, { ask, offerRevoked: offers.revokedLately, linkWasLost: memory.linkWasLost })
    memory.presence = presence
    memory.linkWasLost = false
    const answered = ask !== undefined && answers(presence, ask)
    const refused = event.unchanged && ask !== undefined && !answered ? refusalOf(event, ask, offers.open) : undefined
    if (answered || refused !== undefined) memory.ask = undefined
    tell(presence, refused)
    // LOGOUT is the order to disconnect (section 7, rule 4), unless it is the state from before our own login.
    if (presence.state === 'LOGOUT' && ask?.state !== 'LOGIN') over()
  }

  const onTakenOver = (): void => {
    over()
    refuse({
      code: 'SESSION_TAKEN_OVER',
      detail: 'another desk of this agent opened a session',
      fault: { system: 'agent-manager', code: 'socketSessionRemoved' },
    })
    sink.link({ status: 'down', agentId, side: 'desk', detail: 'SESSION_TAKEN_OVER' })
    void refresh()
  }

  const over = (): void => {
    session.close()
    ports.gone()
  }

  /** A fresh read as an event; a read that fails leaves the view stale. */
  const refresh = async (): Promise<AgentView | undefined> => {
    try {
      const fresh = await ports.read(agentId)
      sink.agent({ agentId, view: fresh, ...newestOf(fresh) })
      return fresh
    } catch (error) {
      log.debug(
        { agent: agentId, err: error instanceof Error ? error.message : '' },
        'the state could not be read after a change of the link',
      )
      return undefined
    }
  }

  const onEnded = async (end: SessionEnd): Promise<void> => {
    if (retired) return
    ports.gone()
    const asked = pendingAsk()
    sink.link({ status: 'down', agentId, side: 'desk', detail: end.kind })
    const fresh = await refresh()
    // Section 15.2 takes the end of the session after our LOGOUT for evidence. A server that goes down ends it just so: a read decides.
    if (end.kind === 'server-disconnect' && asked?.state === 'LOGOUT' && fresh?.state === 'LOGGED_OUT') return
    if (end.kind === 'refused') return refuse({ code: end.error.code, detail: 'the session could not be restored' })
    refuse({
      code: 'VENDOR_ERROR',
      detail: 'the agent manager ended the session',
      fault: { system: 'agent-manager', code: 'io server disconnect' },
    })
  }

  const session: Session = createSession(
    login,
    options,
    {
      up(restored) {
        if (retired) return
        sink.link({ status: 'up', agentId, side: 'desk' })
        if (restored) void refresh()
      },
      lost(detail) {
        offers.clear()
        memory.linkWasLost = true
        if (retired) return
        sink.link({ status: 'down', agentId, side: 'desk', detail })
        if (leaving) over()
        refuse({
          code: 'VENDOR_TIMEOUT',
          detail: 'the link broke before the answer came',
          fault: { system: 'agent-manager', code: detail },
        })
      },
      ended: (end) => void onEnded(end),
      message(name, payload) {
        if (retired) return
        if (name === 'agentPresence') {
          const event = parsePresenceEvent(payload)
          if (event === undefined) log.warn({ agent: agentId }, 'an agentPresence that cannot be understood was left out')
          else onPresence(event)
        } else if (name === 'socketSessionRemoved') {
          const whose = textOf(fieldsOf(payload)?.['agentId'])
          if (whose === undefined || whose.toLowerCase() === agentId.toLowerCase()) onTakenOver()
        } else if (name === 'errors') {
          const refused = errorsRefusal(payload, [login.token])
          log.warn({ agent: agentId, fault: refused.fault }, 'the agent manager reported an error')
          refuse(refused)
        } else if (offers.message(name, payload) && memory.presence !== undefined) tell(memory.presence)
      },
      async mayRestore() {
        if (!options.reconnect.verify) return 'yes'
        try {
          return (await ports.read(agentId)).state === 'LOGGED_OUT' ? 'no' : 'yes'
        } catch (error) {
          return error instanceof CtiError && error.code === 'AGENT_NOT_FOUND' ? 'no' : 'unknown'
        }
      },
    },
    ports,
  )

  return {
    get status() {
      return statusOf(session)
    },
    get offered() {
      return offers.open
    },
    connect(signal) {
      memory.ask = { state: 'LOGIN', at: clock.monotonic() }
      return session.connect(signal)
    },
    send(payload) {
      // Without a supervisor only this session can repeat a LOGOUT that got lost.
      leaving = options.supervisor !== undefined && payload.action === 'agentState' && payload.state.name === 'LOGOUT'
      memory.ask = askOf(payload, clock.monotonic())
      if (session.emit('changeAgentState', payload)) return
      memory.ask = undefined
      throw new CtiError('VENDOR_UNAVAILABLE', {
        detail: "the link of the agent's session is being restored",
        fault: { system: 'agent-manager', code: 'not-connected' },
      })
    },
    async leave(signal) {
      leaving = true
      const late = (): Error => new CtiError('VENDOR_UNAVAILABLE', { detail: "the agent's session is just being opened" })
      await unlessAborted(session.settled(), signal, late)
      if (session.status !== 'up') over()
    },
    causeFor: (presence) =>
      memory.presence?.state === presence.state && memory.presence?.changedAt === presence.changedAt ? memory.cause : undefined,
    retire: (value) => void (retired = value),
    close() {
      retired = true
      session.close()
    },
  }
}

function statusOf(session: Session): DeskStatus {
  return session.status === 'up' ? 'up' : session.status === 'ended' ? 'none' : 'down'
}
