import type { Message, MessageOf } from '../codec/index.js'
import type { LadderOptions } from './ladder.js'
import type { TlsOptions } from './link.js'
import type { SessionState } from './machine.js'
import type { Requests } from './requests.js'

export interface SessionSettings {
  readonly sides: readonly { readonly name: string; readonly host: string; readonly port: number }[]
  readonly tls?: TlsOptions | undefined
  /** Newest first. */
  readonly versions: readonly number[]
  /** Fields of OPEN_REQ that do not depend on the attempt. */
  readonly open: Omit<MessageOf<'OPEN_REQ'>, 'message' | 'InvokeID' | 'VersionNumber'>
  readonly heartbeatMs: number
  readonly connectTimeoutMs: number
  readonly openTimeoutMs: number
  readonly closeTimeoutMs: number
  readonly answerTimeoutMs: number
  readonly maxOutstanding: number
  readonly ladder: Omit<LadderOptions, 'sides'>
}

export interface SessionHandlers {
  /** In service: after every OPEN_CONF, before any event. */
  onOpen(conf: MessageOf<'OPEN_CONF'>): void
  /** Everything that is no answer to a request of this session. */
  onMessage(message: Message): void
  /** Out of service; what was known may be old. Not called for a session that was never open. */
  onLost(detail: string): void
  /** The state, PGStatus or side changed. */
  onState(): void
}

/** One session with a CTI Server pair, whatever the number of agents. */
export interface Session {
  start(): void
  /** Idempotent; done within `closeTimeoutMs` at the most. */
  stop(): Promise<void>
  readonly requests: Requests
  readonly state: SessionState
  readonly inService: boolean
  readonly side: string
  readonly version: number | undefined
  readonly pgStatus: number
  /** May the session change agents' states? (section 1.5, ServicesGranted) */
  readonly mayControl: boolean
  /** Why it is not in service, for people. */
  readonly detail: string
}
