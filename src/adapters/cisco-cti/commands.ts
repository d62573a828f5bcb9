import type { Ack, Credentials, Step, VendorRequestText } from '../../core/adapter.js'
import type { Clock } from '../../core/clock.js'
import type { AgentState, AgentView } from '../../core/model/agent-state.js'
import { CtiError } from '../../core/model/error.js'
import type { Refusal } from '../../core/model/event.js'
import type { Agents } from './agents.js'
import { AGENT_STATE, agentStateName, MESSAGES, type Message, type MessageOf } from './codec/index.js'
import { faultOf, isAlreadyOut, stateRefusal, type FailureAnswer } from './faults.js'
import type { CiscoCtiOptions } from './options.js'
import type { SetAgentState } from './plan.js'
import type { Session } from './session/types.js'

/** SET_AGENT_STATE requests and what becomes of them. */
export interface Commands {
  /** One request. Resolves with the CONF, or when the wanted event has come and no CONF follows; rejects on a failure answer. */
  send(step: Step<SetAgentState>, agentId: string, credentials: Credentials | undefined, signal: AbortSignal): Promise<Ack>
  /** An event's view: it may be what a request waits for. */
  seen(view: AgentView): void
  /** A failure answer that nobody waits for any more: it may belong to a request that was confirmed before. */
  lateFailure(answer: FailureAnswer): { readonly agentId: string; readonly refused: Refusal } | undefined
  describe(step: Step<SetAgentState>, agentId: string): VendorRequestText
}

interface Waiting {
  readonly states: readonly AgentState[]
  readonly invokeId: number
  cancel: () => void
}

/** How long the InvokeID of a confirmed request is remembered for a failure that comes after the CONF, ms (section 1.11). */
const REMEMBER_MS = 20_000
const MAX_REMEMBERED = 10_000

/** The message of a step. `secret` stands in for the password when it is shown. */
export function setAgentState(
  request: SetAgentState,
  agentId: string,
  invokeId: number,
  settings: Pick<CiscoCtiOptions, 'peripheralId' | 'logoutPassword' | 'sso'>,
  version: number,
  password: string | undefined,
): MessageOf<'SET_AGENT_STATE_REQ'> {
  const sso = settings.sso && version >= 20 && request.state === AGENT_STATE.LOGIN
  const emptyPassword = request.state === AGENT_STATE.LOGOUT && settings.logoutPassword === 'empty' ? '' : undefined
  const sent = request.state === AGENT_STATE.LOGIN ? (sso ? undefined : (password ?? '')) : emptyPassword
  return {
    message: 'SET_AGENT_STATE_REQ',
    InvokeID: invokeId,
    PeripheralID: settings.peripheralId,
    AgentState: request.state,
    AgentWorkMode: request.workMode,
    NumSkillGroups: 0,
    EventReasonCode: request.reason,
    ForcedFlag: request.forced ? 1 : 0,
    AgentServiceReq: request.outbound === true ? 1 : 0,
    ...(request.instrument !== undefined && { AgentInstrument: request.instrument }),
    AgentID: agentId,
    ...(sent !== undefined && { AgentPassword: sent }),
    ...(request.positionId !== undefined && { PositionID: request.positionId }),
    ...(request.supervisorId !== undefined && { SupervisorID: request.supervisorId }),
    ...(sso && { SSOEnabled: 1 }),
    ...(request.activeTerminal !== undefined && version >= 24 && { ActiveTerminal: request.activeTerminal }),
  }
}

export function createCommands(session: Session, agents: Agents, settings: CiscoCtiOptions, clock: Clock): Commands {
  const waiting = new Map<string, Waiting>()
  const remembered = new Map<number, { readonly agentId: string; readonly at: number }>()

  const remember = (invokeId: number, agentId: string): void => {
    remembered.set(invokeId, { agentId, at: clock.monotonic() })
    for (const [id, entry] of remembered) {
      if (remembered.size <= MAX_REMEMBERED && clock.monotonic() - entry.at < REMEMBER_MS) break
      remembered.delete(id)
    }
  }

  const judge = (answer: Message, request: SetAgentState, agentId: string): void => {
    if (answer.message !== 'FAILURE_CONF' && answer.message !== 'CONTROL_FAILURE_CONF') return
    const login = request.state === AGENT_STATE.LOGIN
    // Section 6.2: a logout of somebody who is out has nothing to do. The evidence is still to come.
    if (request.state === AGENT_STATE.LOGOUT && isAlreadyOut(answer)) return
    const failure = faultOf(answer, login ? 'login' : 'change')
    const again = (code: CtiError): CtiError => retryLater(code)
    const out = request.beforeLogout === true || request.state === AGENT_STATE.LOGOUT
    if (request.beforeLogout === true && failure.code === 'NOT_LOGGED_IN') throw again(failure)
    const numbers = out && !request.forced && settings.useForcedFlag ? stateRefusal(answer) : undefined
    if (numbers === undefined) throw failure
    agents.logoutRefused(agentId, numbers)
    throw again(failure)
  }

  return {
    async send(step, agentId, credentials, signal) {
      const { request } = step
      if (session.inService && !session.mayControl) {
        throw new CtiError('VENDOR_FORBIDDEN', { detail: 'CTI Server granted neither CLIENT_CONTROL nor AGENT_STATE_CONTROL_ONLY' })
      }
      let invokeId = 0
      try {
        const answer = await session.requests.ask(
          (id) => setAgentState(request, agentId, id, settings, session.version ?? settings.versions[0]!, credentials?.password),
          {
            priority: 'command',
            signal,
            onSent: (id) => {
              invokeId = id
              // A failure may follow the confirmation in the same segment.
              remember(id, agentId)
              waiting.set(agentId, { states: step.expect.states, invokeId: id, cancel: () => undefined })
            },
          },
        )
        if (answer.message !== 'SET_AGENT_STATE_CONF') remembered.delete(invokeId)
        judge(answer, request, agentId)
      } finally {
        const mine = waiting.get(agentId)
        if (mine?.invokeId === invokeId) {
          mine.cancel()
          waiting.delete(agentId)
        }
      }
      return { correlation: String(invokeId), vendorRef: String(invokeId) }
    },
    seen(view) {
      const mine = waiting.get(view.agentId)
      if (mine === undefined || !mine.states.includes(view.state)) return
      mine.cancel()
      // Order of confirmation and event is not fixed (section 1.11); a confirmation that never comes proves nothing.
      mine.cancel = clock.after(settings.eventGraceMs, () =>
        session.requests.settle(mine.invokeId, { message: 'SET_AGENT_STATE_CONF', InvokeID: mine.invokeId }),
      )
    },
    lateFailure(answer) {
      const entry = remembered.get(answer.InvokeID)
      if (entry === undefined || clock.monotonic() - entry.at >= REMEMBER_MS) return undefined
      remembered.delete(answer.InvokeID)
      const { code, detail, fault } = faultOf(answer, 'change')
      return {
        agentId: entry.agentId,
        refused: { code, ...(detail !== undefined && { detail }), ...(fault !== undefined && { fault }) },
      }
    },
    describe(step, agentId) {
      const version = session.version ?? settings.versions[0]!
      const { message: _name, ...fields } = setAgentState(step.request, agentId, 0, settings, version, '***')
      const lines = Object.entries({
        ...fields,
        InvokeID: '(next)',
        AgentState: `${fields.AgentState} ${agentStateName(fields.AgentState)}`,
      })
      return {
        target: `SET_AGENT_STATE_REQ (type ${MESSAGES.SET_AGENT_STATE_REQ.type}), version ${version}, side ${session.side}`,
        body: lines.map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : value}`).join('\n'),
      }
    },
  }
}

/** The same failure, but worth another look: after a fresh read there is another way, or nothing left to do. */
function retryLater(failure: CtiError): CtiError {
  return new CtiError(failure.code, {
    retry: 'later',
    effect: 'none',
    cause: failure,
    ...(failure.detail !== undefined && { detail: failure.detail }),
    ...(failure.fault !== undefined && { fault: failure.fault }),
  })
}
