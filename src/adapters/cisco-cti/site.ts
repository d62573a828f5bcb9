import type { AdapterContext, EventSink, LinkHealth } from '../../core/adapter.js'
import type { AgentView } from '../../core/model/agent-state.js'
import { CtiError } from '../../core/model/error.js'
import type { LinkStatus } from '../../core/model/event.js'
import { indexReasons, type CiscoReasonIndex } from '../_shared/cisco-reasons.js'
import { createAgents, type Agents } from './agents.js'
import {
  AGENT_STATE,
  BRIDGE_PERIPHERAL,
  PG_STATUS,
  SYSTEM_EVENT_ID,
  TEAM_CONFIG_CALL_MASK,
  type Message,
  type MessageOf,
} from './codec/index.js'
import { createCommands, type Commands } from './commands.js'
import { faultOf } from './faults.js'
import { sidesOf, type CiscoCtiOptions } from './options.js'
import { createRefresher } from './refresher.js'
import { createSession } from './session/session.js'
import type { Session, SessionSettings } from './session/types.js'
import type { Priority } from './session/requests.js'

/** One Cisco site: the session, its agents and the commands to them. */
export interface Site {
  readonly session: Session
  readonly agents: Agents
  readonly commands: Commands
  readonly reasons: CiscoReasonIndex
  start(sink: EventSink): void
  stop(): Promise<void>
  /** The vendor's answer about one agent. Fails: AGENT_NOT_FOUND, VENDOR_UNAVAILABLE, VENDOR_TIMEOUT. */
  query(agentId: string, priority: Priority, signal?: AbortSignal): Promise<AgentView>
  health(): LinkHealth
  /** Tells the core what is known of an agent now. */
  publish(view: AgentView): void
}

/** LOGIN is followed by NOT_READY; when nothing follows in this time, the agent is asked, ms (section 6.1). */
const LOGIN_SETTLES_MS = 2_000

function sessionSettings(options: CiscoCtiOptions): SessionSettings {
  const password = Buffer.from(options.clientPassword === '' ? '' : `${options.clientPassword}\0`, 'latin1')
  return {
    sides: sidesOf(options),
    tls: options.tls,
    versions: options.versions,
    open: {
      IdleTimeout: Math.max(20, Math.ceil((4 * options.heartbeatMs) / 1000)),
      PeripheralID: BRIDGE_PERIPHERAL,
      ServicesRequested: options.services,
      CallMsgMask: options.discoverTeams ? TEAM_CONFIG_CALL_MASK : 0,
      AgentStateMask: options.agentStateMask,
      ConfigMsgMask: 0,
      Reserved1: 0,
      Reserved2: 0,
      Reserved3: 0,
      ClientID: options.clientId,
      ClientPassword: password,
      ClientSignature: options.clientSignature,
    },
    heartbeatMs: options.heartbeatMs,
    connectTimeoutMs: options.connectTimeoutMs,
    openTimeoutMs: options.openTimeoutMs,
    closeTimeoutMs: options.closeTimeoutMs,
    answerTimeoutMs: options.answerTimeoutMs,
    maxOutstanding: options.maxOutstanding,
    ladder: { pausesMs: options.ladderMs, firstPauseMs: options.firstPauseMs },
  }
}

export function createSite(options: CiscoCtiOptions, { clock, log }: AdapterContext, random: () => number): Site {
  const reasons = indexReasons(options.product, options.reasons)
  const agents = createAgents({ peripheralId: options.peripheralId, mrdId: options.mrdId, reasons, now: () => clock.now() })
  for (const id of options.agents) agents.learn(id)
  let sink: EventSink | undefined
  let peripheralOnline: boolean | undefined
  let known: LinkHealth = { status: 'down', since: clock.now(), detail: 'not started' }
  const logins = new Map<string, () => void>()

  const session: Session = createSession(sessionSettings(options), { clock, log, random }, { onOpen, onMessage, onLost, onState })
  const commands = createCommands(session, agents, options, clock)
  const refresher = createRefresher({
    parallel: Math.max(1, Math.floor(options.maxOutstanding / 2)),
    refresh: (agentId) => query(agentId, 'background'),
    log,
    clock,
  })

  function publish(view: AgentView): void {
    sink?.agent({ agentId: view.agentId, view })
  }

  function onOpen(conf: MessageOf<'OPEN_CONF'>): void {
    // A bridge's PeripheralOnline speaks for all peripherals (section 1.5): FALSE does not say that ours is offline.
    peripheralOnline = conf.PeripheralOnline ? true : undefined
    log.info({ side: session.side, version: session.version, mayControl: session.mayControl }, 'session with CTI Server is open')
    refresher.refreshAll(agents.ids())
  }

  function onLost(detail: string): void {
    log.warn({ detail }, 'session with CTI Server lost')
    refresher.clear()
    for (const cancel of logins.values()) cancel()
    logins.clear()
    agents.lost()
  }

  function onState(): void {
    const status = linkStatus()
    const detail = session.inService ? healthDetail() : session.detail
    if (status === known.status && detail === known.detail) return
    const since = status === known.status ? known.since : clock.now()
    const changed = status !== known.status
    known = { status, since, ...(detail !== undefined && { detail }) }
    if (changed) sink?.link({ status, side: session.side, ...(detail !== undefined && { detail }) })
  }

  function linkStatus(): LinkStatus {
    switch (session.state) {
      case 'IN_SERVICE':
      case 'DEGRADED':
        return degradedBits() !== 0 || peripheralOnline === false || !session.mayControl ? 'degraded' : 'up'
      case 'CONNECTING':
      case 'OPENING':
        return known.status === 'down' || known.status === 'connecting' ? 'connecting' : 'down'
      default:
        return 'down'
    }
  }

  /** Another peripheral's outage is not ours, once the server has said that ours is online. */
  function degradedBits(): number {
    return peripheralOnline === true ? session.pgStatus & ~PG_STATUS.PERIPHERAL_OFFLINE : session.pgStatus
  }

  function healthDetail(): string | undefined {
    if (!session.mayControl) return 'read-only: CTI Server granted no control'
    if (peripheralOnline === false) return `peripheral ${options.peripheralId} is offline`
    const bits = degradedBits()
    return bits === 0 ? undefined : `PGStatus 0x${bits.toString(16)}`
  }

  function onMessage(message: Message): void {
    switch (message.message) {
      case 'AGENT_STATE_EVENT':
        return stateEvent(message)
      case 'SYSTEM_EVENT':
        return systemEvent(message)
      case 'AGENT_TEAM_CONFIG_EVENT': {
        if (message.PeripheralID !== options.peripheralId || !options.discoverTeams) return
        const fresh = (message.Agents ?? []).flatMap(({ AtcAgentID }) =>
          AtcAgentID !== undefined && agents.learn(AtcAgentID) ? [AtcAgentID] : [],
        )
        return refresher.refreshAll(fresh)
      }
      case 'FAILURE_CONF':
      case 'CONTROL_FAILURE_CONF': {
        const late = commands.lateFailure(message)
        if (late !== undefined) sink?.agent({ ...late, correlation: String(message.InvokeID) })
        return
      }
      default:
        return
    }
  }

  function stateEvent(message: MessageOf<'AGENT_STATE_EVENT'>): void {
    const view = agents.event(message)
    if (view === undefined) return
    logins.get(view.agentId)?.()
    logins.delete(view.agentId)
    if (message.AgentState === AGENT_STATE.LOGIN) {
      logins.set(
        view.agentId,
        clock.after(LOGIN_SETTLES_MS, () => {
          logins.delete(view.agentId)
          refresher.refreshAll([view.agentId])
        }),
      )
    }
    publish(view)
    commands.seen(view)
  }

  function systemEvent(message: MessageOf<'SYSTEM_EVENT'>): void {
    const ours = message.SystemEventArg1 === options.peripheralId
    switch (message.SystemEventID) {
      case SYSTEM_EVENT_ID.PERIPHERAL_ONLINE:
        if (!ours) return
        peripheralOnline = true
        onState()
        return refresher.refreshAll(agents.ids())
      case SYSTEM_EVENT_ID.PERIPHERAL_OFFLINE:
        if (!ours) return
        peripheralOnline = false
        onState()
        return agents.offline().forEach(publish)
      case SYSTEM_EVENT_ID.PG_OFFLINE:
      case SYSTEM_EVENT_ID.CTI_SERVER_OFFLINE:
        onState()
        return agents.offline().forEach(publish)
      case SYSTEM_EVENT_ID.CTI_SERVER_ONLINE:
        return refresher.refreshAll(agents.ids())
      case SYSTEM_EVENT_ID.INSTRUMENT_OUT_OF_SERVICE:
      case SYSTEM_EVENT_ID.INSTRUMENT_BACK_IN_SERVICE: {
        if (!ours || message.Text === undefined) return
        const user = agents.views().find((view) => view.vendor?.['instrument']?.split(';')[0] === message.Text)
        return user === undefined ? undefined : refresher.refreshAll([user.agentId])
      }
      default:
        log.debug({ id: message.SystemEventID, text: message.Text }, 'SYSTEM_EVENT')
    }
  }

  async function query(agentId: string, priority: Priority, signal?: AbortSignal): Promise<AgentView> {
    if (agentId.length > 11) throw new CtiError('AGENT_NOT_FOUND', { detail: 'agent ids of CTI Server have at most 11 characters' })
    let failure: CtiError | undefined
    await session.requests.ask(
      (InvokeID) => ({
        message: 'QUERY_AGENT_STATE_REQ',
        InvokeID,
        PeripheralID: options.peripheralId,
        MRDID: options.mrdId,
        ICMAgentID: 0,
        AgentID: agentId,
      }),
      { priority, signal, onAnswer: (answer) => (failure = takeAnswer(agentId, answer, priority === 'background')) },
    )
    if (failure !== undefined) throw failure
    // An event may have come right behind the answer; then it is the newest evidence.
    return agents.latest(agentId)!
  }

  /** Takes over the answer to a query, in the order of the stream. Gives the failure, if it is one. */
  function takeAnswer(agentId: string, answer: Message, tell: boolean): CtiError | undefined {
    if (answer.message === 'QUERY_AGENT_STATE_CONF') {
      if (answer.AgentID !== undefined && answer.AgentID !== agentId) {
        return new CtiError('VENDOR_PROTOCOL', { effect: 'none', detail: `asked about agent ${agentId}, answered about ${answer.AgentID}` })
      }
      const view = agents.answered(agentId, answer)
      if (tell) publish(view)
      return undefined
    }
    if (answer.message !== 'FAILURE_CONF' && answer.message !== 'CONTROL_FAILURE_CONF') {
      return new CtiError('VENDOR_PROTOCOL', { effect: 'none', detail: `a query was answered by ${answer.message}` })
    }
    const failure = faultOf(answer, 'query')
    if (failure.code !== 'NOT_LOGGED_IN') return failure
    // Status 9: known, and not logged on.
    const view = agents.loggedOut(agentId)
    if (tell) publish(view)
    return undefined
  }

  return {
    session,
    agents,
    commands,
    reasons,
    start(given) {
      sink = given
      session.start()
    },
    async stop() {
      refresher.clear()
      for (const cancel of logins.values()) cancel()
      logins.clear()
      await session.stop()
      sink = undefined
    },
    query,
    publish,
    health: () => known,
  }
}
