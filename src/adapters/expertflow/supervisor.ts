import type { EventSink, Logger } from '../../core/adapter.js'
import type { Clock } from '../../core/clock.js'
import type { Refusal } from '../../core/model/event.js'
import { CtiError, toCtiError } from '../../core/model/error.js'
import { ladderDelay, unlessAborted } from './bounded.js'
import { answers, askOf, refusalOf, type Ask } from './desk-facts.js'
import { errorsRefusal } from './faults.js'
import type { Login } from './login.js'
import type { ExpertflowOptions } from './options.js'
import type { ChangeAgentState } from './plan.js'
import { fieldsOf, parsePresenceEvent, textOf, type PresenceEvent } from './presence.js'
import { createSession, type Session } from './session.js'

export interface SupervisorPorts {
  readonly options: ExpertflowOptions
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
  readonly sink: EventSink
  readonly login: (signal: AbortSignal) => Promise<Login>
  /** A presence of any agent came; `refused` where it says that our request came to nothing. */
  readonly presence: (event: PresenceEvent, refused: Refusal | undefined) => void
  readonly onStatus: (up: boolean, detail?: string) => void
}

/** The gateway's own supervisor socket, over which it acts on agents whose desk it does not hold (section 11.1). */
export interface Supervisor {
  /** Begins to keep the socket open. */
  start(): void
  /** Opens the socket first if need be. Fails: VENDOR_UNAVAILABLE, VENDOR_AUTH … (nothing sent). */
  send(payload: ChangeAgentState, signal: AbortSignal): Promise<void>
  stop(): void
}

export function createSupervisor(ports: SupervisorPorts): Supervisor {
  const { options, clock, log, sink } = ports
  const stopping = new AbortController()
  const asks = new Map<string, Ask>()
  let session: Session | undefined
  let opening: Promise<Session> | undefined
  let cancelRetry = (): void => {}
  let tries = 0

  const live = (ask: Ask | undefined): Ask | undefined =>
    ask !== undefined && clock.monotonic() - ask.at <= options.commandMs ? ask : undefined
  const prune = (): void => {
    for (const [agentId, ask] of asks) if (live(ask) === undefined) asks.delete(agentId)
  }
  const refuseAll = (refused: Refusal): void => {
    prune()
    for (const agentId of asks.keys()) sink.agent({ agentId, refused })
    asks.clear()
  }

  const onPresence = (event: PresenceEvent): void => {
    const { presence } = event
    const ask = live(asks.get(presence.agentId ?? ''))
    const answered = ask !== undefined && answers(presence, ask)
    const refused = event.unchanged && ask !== undefined && !answered ? refusalOf(event, ask, false) : undefined
    if (presence.agentId !== undefined && (answered || refused !== undefined)) asks.delete(presence.agentId)
    ports.presence(event, refused)
  }

  /** `errors` names no agent in the documents. It is given to the one that it names, or to the only one that waits. */
  const onErrors = (payload: unknown, token: string): void => {
    prune()
    const refused = errorsRefusal(payload, [token])
    const named = textOf(fieldsOf(payload)?.['agentId'])
    const target = named !== undefined && asks.has(named) ? named : asks.size === 1 ? [...asks.keys()][0] : undefined
    log.warn({ fault: refused.fault, agent: target }, 'the agent manager reported an error on the supervisor socket')
    if (target === undefined) return
    asks.delete(target)
    sink.agent({ agentId: target, refused })
  }

  const onGone = (gone: Session, detail: string, again: boolean): void => {
    gone.close()
    if (session !== gone) return // it ended while it was being opened; `openSession` sees that
    session = undefined
    ports.onStatus(false, detail)
    refuseAll({
      code: 'VENDOR_TIMEOUT',
      detail: 'the supervisor session ended before the answer came',
      fault: { system: 'agent-manager', code: detail },
    })
    if (again) retryLater()
    else log.error({}, 'another desk uses the supervisor account of the gateway; its socket opens again when it is needed')
  }

  const openSession = async (): Promise<Session> => {
    const found = await ports.login(stopping.signal)
    const fresh: Session = createSession(
      found,
      options,
      {
        up: () => ports.onStatus(true),
        lost(detail) {
          ports.onStatus(false, detail)
          refuseAll({
            code: 'VENDOR_TIMEOUT',
            detail: 'the link broke before the answer came',
            fault: { system: 'agent-manager', code: detail },
          })
        },
        ended: (end) => onGone(fresh, end.kind, true),
        message(name, payload) {
          if (name === 'agentPresence') {
            const event = parsePresenceEvent(payload)
            if (event !== undefined) onPresence(event)
          } else if (name === 'errors') onErrors(payload, found.token)
          else if (name === 'socketSessionRemoved') onGone(fresh, 'SESSION_TAKEN_OVER', false)
        },
        mayRestore: () => Promise.resolve('yes'),
      },
      ports,
    )
    await fresh.connect(stopping.signal)
    if (fresh.status === 'ended') {
      throw new CtiError('VENDOR_UNAVAILABLE', {
        detail: 'the supervisor session ended as soon as it was open',
        fault: { system: 'agent-manager', code: 'io server disconnect' },
      })
    }
    session = fresh
    tries = 0
    cancelRetry()
    return fresh
  }

  const ensure = (): Promise<Session> => {
    if (session !== undefined) return Promise.resolve(session)
    opening ??= openSession().finally(() => {
      opening = undefined
    })
    return opening
  }

  const retryLater = (): void => {
    cancelRetry()
    if (stopping.signal.aborted) return
    cancelRetry = clock.after(ladderDelay(options.reconnect, tries, ports.random), keepOpen)
    tries += 1
  }

  const keepOpen = (): void => {
    ensure().catch((error: unknown) => {
      if (stopping.signal.aborted) return
      const failure = toCtiError(error)
      ports.onStatus(false, failure.code)
      log.warn({ code: failure.code, fault: failure.fault }, 'the supervisor session did not open; it is tried again')
      retryLater()
    })
  }

  return {
    start: keepOpen,
    async send(payload, signal) {
      const aborted = (): Error => new CtiError('VENDOR_UNAVAILABLE', { detail: 'the supervisor session did not open in time' })
      const open = await unlessAborted(ensure(), signal, aborted)
      prune()
      asks.set(payload.agentId, askOf(payload, clock.monotonic()))
      if (open.emit('changeAgentState', payload)) return
      asks.delete(payload.agentId)
      throw new CtiError('VENDOR_UNAVAILABLE', {
        detail: 'the link of the supervisor session is being restored',
        fault: { system: 'agent-manager', code: 'not-connected' },
      })
    },
    stop() {
      stopping.abort()
      cancelRetry()
      session?.close()
      session = undefined
    },
  }
}
