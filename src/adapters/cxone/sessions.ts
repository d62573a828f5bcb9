import type { EventSink, Logger } from '../../core/adapter.js'
import type { Clock } from '../../core/clock.js'
import type { Cause } from '../../core/model/agent-state.js'
import { CtiError } from '../../core/model/error.js'
import type { Api } from './api.js'
import type { Directory } from './directory.js'
import { pick, textOf } from './lenient.js'
import type { CxoneOptions } from './options.js'
import { segment } from './requests.js'
import { eventsOf, readEvent } from './session-events.js'
import type { TokenSource } from './tokens.js'
import type { Memories } from './views.js'

/** A session that this gateway started or joined. */
export interface HeldSession {
  readonly agentId: string
  /** The id that the next call must use: every long poll brings a new one (vendors/cxone.md section 3.5). */
  readonly id: string
  readonly tokens: TokenSource
}

/** The sessions that this gateway holds and listens to. */
export interface Sessions {
  get(agentId: string): HeldSession | undefined
  /** Takes over a session and begins to listen; one that was held for the agent before is let go. */
  hold(agentId: string, sessionId: string, tokens: TokenSource): void
  /** Stops listening, for example because the vendor no longer knows the session id. Ends nothing at the vendor. */
  drop(agentId: string): void
  readonly full: boolean
  stop(): void
}

export interface SessionParts {
  readonly api: Api
  readonly clock: Clock
  readonly log: Logger
  readonly memories: Memories
  readonly directory: Directory
  readonly sink: () => EventSink | undefined
}

interface Held {
  id: string
  readonly tokens: TokenSource
  readonly abort: AbortController
  endCause?: Cause
}

/** SDK25 gives up after 60 attempts (section 3.5). */
const MAX_FAILURES = 60

/**
 * Listens to each held session by long polls.
 *
 * Why: a session that nobody polls is ended by the platform within 300 s (section 3.1, open), and its events are the best evidence.
 * Guarantees: the newest session id is used for every call; after a failure the same id is polled again, which makes the platform
 * repeat the whole state; 409 is the end of the session and becomes a LOGGED_OUT view; `stop` ends all polls and no session.
 */
export function createSessions(options: CxoneOptions, parts: SessionParts): Sessions {
  const held = new Map<string, Held>()
  const { clock, log, memories, directory } = parts

  const loggedOut = (agentId: string, cause: Cause | undefined): void => {
    const memory = memories.of(agentId)
    memory.state = 'LOGGED_OUT'
    delete memory.asked
    delete memory.next
    const now = clock.now()
    parts.sink()?.agent({
      agentId,
      view: {
        agentId,
        state: 'LOGGED_OUT',
        routable: false,
        channels: [],
        vendorState: 'AgentSessionEnd',
        observedAt: now,
        source: 'event',
        stale: false,
        vendor: { session: 'none' },
        ...(cause !== undefined && { cause }),
      },
    })
  }

  const take = (agentId: string, session: Held, event: unknown): void => {
    const memory = memories.of(agentId)
    const settings = { reasonKeys: options.reasonKeys, source: 'event', now: clock.now(), held: true } as const
    const news = readEvent(event, agentId, memory, settings, (name) => directory.codeIdOf(memory.teamId, name))
    switch (news?.kind) {
      case 'state':
        parts.sink()?.agent({ agentId, view: news.view, ...(news.view.since !== undefined && { occurredAt: news.view.since }) })
        return
      case 'ending':
        session.endCause = news.cause
        return
      case 'ended':
        release(agentId, session)
        loggedOut(agentId, session.endCause)
        return
      case 'refused':
        parts.sink()?.agent({ agentId, refused: news.refusal })
        return
      case 'codes-changed':
        directory.forgetCodes()
        return
      case undefined:
    }
  }

  const release = (agentId: string, session: Held): void => {
    session.abort.abort(new Error('session let go'))
    if (held.get(agentId) === session) held.delete(agentId)
  }

  const pollOnce = async (agentId: string, session: Held, seconds: number): Promise<void> => {
    const answer = await parts.api.longPoll(
      {
        method: 'GET',
        path: `agent-sessions/${segment(session.id)}/get-next-event`,
        parameters: { timeout: String(seconds) },
      },
      { call: 'next-event', signal: session.abort.signal, tokens: session.tokens, also: [304], timeoutMs: seconds * 1000 + 15_000 },
    )
    if (answer.status !== 200) return
    session.id = textOf(pick(answer.data, 'sessionId')) ?? session.id
    for (const event of eventsOf(answer.data)) take(agentId, session, event)
  }

  /** True when the poll may go on. */
  const recover = (agentId: string, session: Held, error: unknown, failures: number): boolean => {
    const status = error instanceof CtiError ? error.fault?.httpStatus : undefined
    if (status === 409) {
      release(agentId, session)
      loggedOut(agentId, session.endCause)
      return false
    }
    if (status !== 404 && failures < MAX_FAILURES) return true
    release(agentId, session)
    log.warn({ agentId, vendorCode: status === undefined ? 'none' : String(status), failures }, 'agent session lost')
    parts.sink()?.link({ status: 'down', agentId, side: 'session', detail: 'the session id is no longer known' })
    return false
  }

  const listen = async (agentId: string, session: Held): Promise<void> => {
    let failures = 0
    while (!session.abort.signal.aborted) {
      try {
        await pollOnce(agentId, session, failures === 0 ? options.sessions.longPollSeconds : 1)
        failures = 0
      } catch (error) {
        if (session.abort.signal.aborted) return
        failures += 1
        if (!recover(agentId, session, error, failures)) return
        await clock.sleep(options.sessions.retryMs, session.abort.signal).catch(() => undefined)
      }
    }
  }

  return {
    get(agentId) {
      const session = held.get(agentId)
      return session === undefined ? undefined : { agentId, id: session.id, tokens: session.tokens }
    },
    get full() {
      return held.size >= options.sessions.maxHeld
    },
    hold(agentId, sessionId, tokens) {
      const before = held.get(agentId)
      if (before !== undefined) release(agentId, before)
      const session: Held = { id: sessionId, tokens, abort: new AbortController() }
      held.set(agentId, session)
      void listen(agentId, session)
    },
    drop(agentId) {
      const session = held.get(agentId)
      if (session !== undefined) release(agentId, session)
    },
    stop() {
      for (const [agentId, session] of held) release(agentId, session)
    },
  }
}
