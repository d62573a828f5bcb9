import type { Ack, SendOptions } from '../../core/adapter.js'
import type { AgentView } from '../../core/model/agent-state.js'
import type { Clock } from '../../core/clock.js'
import { CtiError, toCtiError } from '../../core/model/error.js'
import type { Api } from './api.js'
import type { Directory } from './directory.js'
import type { Answer } from './exchange.js'
import type { Call } from './faults.js'
import type { Grants } from './grants.js'
import { pick, textOf } from './lenient.js'
import { loginWay, type CxoneOptions } from './options.js'
import { toApiRequest, type CxoneRequest } from './requests.js'
import type { Sessions } from './sessions.js'
import { TURN, type Turn } from './throttle.js'
import { createTokenSource, type TokenSource } from './tokens.js'
import type { Memories } from './views.js'

export interface SenderParts {
  readonly api: Api
  readonly tokens: TokenSource
  readonly grants: Grants
  readonly sessions: Sessions
  readonly directory: Directory
  readonly memories: Memories
  readonly clock: Clock
  readonly read: (agentId: string, signal: AbortSignal) => Promise<AgentView>
}

/** Sends one step. */
export type Sender = (request: CxoneRequest, options: SendOptions) => Promise<Ack>

/**
 * Exactly one exchange that can change something. A 404 is followed by a read, for the vendor gives "unknown agent" and "not
 * logged in" the same status (vendors/cxone.md section 4.1); a read changes nothing.
 */
export function createSender(options: CxoneOptions, parts: SenderParts): Sender {
  const { sessions, memories, clock } = parts

  const identityOf = (request: CxoneRequest, { agentId, credentials }: SendOptions): TokenSource => {
    const held = sessions.get(agentId)
    if (request.call === 'session-state' || request.call === 'end-session') return held?.tokens ?? parts.tokens
    if (request.call !== 'start-session' || loginWay(options) !== 'agent-credentials') return parts.tokens
    return agentTokens(options, parts.grants, clock, credentials)
  }

  const started = (answer: Answer, agentId: string, tokens: TokenSource): Ack => {
    const sessionId = textOf(pick(answer.data, 'sessionId'))
    if (sessionId === undefined) throw new CtiError('VENDOR_PROTOCOL', { detail: 'the session was accepted without an id' })
    sessions.hold(agentId, sessionId, tokens)
    return {}
  }

  return async (request, sendOptions) => {
    const { agentId, signal } = sendOptions
    const session = sessions.get(agentId)
    if ((request.call === 'session-state' || request.call === 'end-session') && session === undefined) {
      throw new CtiError('NOT_LOGGED_IN', { detail: 'the session is no longer held', retry: 'later' })
    }
    if (request.call === 'start-session' && sessions.full) {
      throw new CtiError('VENDOR_BUSY', { detail: 'this gateway holds as many sessions as it may (sessions.maxHeld)', effect: 'none' })
    }
    const tokens = identityOf(request, sendOptions)
    try {
      const answer = await parts.api.call(toApiRequest(request, agentId, session?.id ?? ''), {
        call: request.call,
        signal,
        turn: turnOf(request),
        tokens,
      })
      if (request.call === 'start-session' || request.call === 'join-session') return started(answer, agentId, tokens)
      // Taken while on a contact: applied afterwards (sections 3.3 and 9). Whether there is a contact only the next row tells: the view
      // that was planned from may be older than it. The state itself still has to be seen.
      if (request.call === 'set-state') memories.of(agentId).asked = request.state === 'Available' ? 'READY' : 'NOT_READY'
      return {}
    } catch (error) {
      return await explain(settling(toCtiError(error)), request, sendOptions, parts)
    }
  }
}

const turnOf = (request: CxoneRequest): Turn => (request.call === 'logout' ? TURN.forced : TURN.command)

/** Turns an answer that means two things into the one that is true. Always throws, except for a logout of who is out already. */
async function explain(failure: CtiError, request: CxoneRequest, { agentId, signal }: SendOptions, parts: SenderParts): Promise<Ack> {
  const status = failure.fault?.httpStatus
  const sessionCall: Call = request.call
  if (sessionCall === 'session-state' || sessionCall === 'end-session') {
    if (failure.code === 'NOT_LOGGED_IN') parts.sessions.drop(agentId)
  }
  if (request.call === 'join-session' && request.login && status === 409) {
    throw remade(failure, 'NOT_LOGGED_IN', { retry: 'later', retryAfterMs: 1500 }) // section 5.2: nothing to join → start
  }
  if (status === 400 && hasReason(request)) {
    const validReasons = parts.directory.knownNames(agentId)
    throw remade(failure, 'REASON_INVALID', validReasons.length > 0 ? { validReasons } : {})
  }
  if (status === 404 && (request.call === 'set-state' || request.call === 'logout'))
    return tellApart(failure, request.call, agentId, signal, parts)
  throw failure
}

async function tellApart(
  failure: CtiError,
  call: 'set-state' | 'logout',
  agentId: string,
  signal: AbortSignal,
  parts: SenderParts,
): Promise<Ack> {
  const view = await parts.read(agentId, signal).catch((error: unknown) => toCtiError(error))
  if (view instanceof CtiError) {
    if (view.code === 'AGENT_NOT_FOUND') throw view
    throw remade(failure, 'NOT_LOGGED_IN', { detail: 'agent unknown or not logged in; the read that would tell failed', retry: 'later' })
  }
  if (view.state !== 'LOGGED_OUT')
    throw remade(failure, 'VENDOR_REJECTED', { detail: 'the platform denies an agent whom it shows logged in' })
  if (call === 'logout') return {}
  throw remade(failure, 'NOT_LOGGED_IN', {})
}

const hasReason = (request: CxoneRequest): boolean =>
  (request.call === 'set-state' && request.outStateId !== undefined) || (request.call === 'session-state' && request.reason !== undefined)

/** Effects come later than answers (section 3.3): a read at once after a lost answer would not show what was done. */
const SETTLING_MS = 1000

/** A failure whose effect is unknown is followed up after the effect has had time to show. */
function settling(failure: CtiError): CtiError {
  if (failure.effect !== 'unknown' || failure.retryAfterMs !== undefined) return failure
  const { code, detail, fault, retry } = failure
  return new CtiError(code, {
    effect: 'unknown',
    retry,
    retryAfterMs: SETTLING_MS,
    ...(detail !== undefined && { detail }),
    ...(fault !== undefined && { fault }),
  })
}

function remade(
  failure: CtiError,
  code: CtiError['code'],
  init: { detail?: string; retry?: CtiError['retry']; retryAfterMs?: number; validReasons?: readonly string[] },
): CtiError {
  const detail = init.detail ?? failure.detail
  return new CtiError(code, {
    effect: 'none',
    ...(failure.fault !== undefined && { fault: failure.fault }),
    ...init,
    ...(detail !== undefined && { detail }),
  })
}

/**
 * Tokens of an agent who signs in with an access key or a token of its own. The secret is used once and not kept: later tokens
 * come by the refresh grant, and when that ends the session is lost to the gateway, not to the agent.
 */
function agentTokens(options: CxoneOptions, grants: Grants, clock: Clock, given: SendOptions['credentials']): TokenSource {
  let secret = given
  const settings = { refreshMarginSeconds: options.auth.refreshMarginSeconds, timeoutMs: options.requestTimeoutMs }
  return createTokenSource(
    async (signal, last) => {
      if (last?.refreshToken !== undefined) return grants.refresh(last.refreshToken, signal)
      const { username, password, token } = secret ?? {}
      secret = undefined
      if (token !== undefined) return { accessToken: token, expiresInSeconds: 3600 }
      if (username === undefined || password === undefined) throw new CtiError('CREDENTIALS_REQUIRED')
      try {
        return await grants.accessKey(username, password, signal)
      } catch (error) {
        const failure = toCtiError(error)
        throw failure.code === 'VENDOR_AUTH' ? remade(failure, 'CREDENTIALS_INVALID', {}) : failure
      }
    },
    clock,
    settings,
  )
}
