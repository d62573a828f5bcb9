import type { ZodType } from 'zod'
import type { Clock } from './clock.js'
import type { AgentState, AgentView } from './model/agent-state.js'
import type { ResolvedAction } from './model/command.js'
import type { Consequence } from './model/consequence.js'
import type { AgentEvent, LinkEvent, LinkStatus } from './model/event.js'
import type { Manifest } from './model/manifest.js'
import type { Reason } from './model/reason.js'

export { consequence, type Consequence } from './model/consequence.js'

/** Secrets that came with a request. They live in the memory of one process until the command ends. */
export interface Credentials {
  readonly username?: string
  readonly password?: string
  readonly token?: string
}

/** What evidence makes a step done. Plain data, so that it can be stored, shown and tested. */
export interface Expectation {
  /** The agent's state is one of these. */
  readonly states: readonly AgentState[]
  /** Or: the vendor says that it will apply one of these later. The command then stays open and `pending`. */
  readonly pending?: readonly AgentState[]
  /** The state must carry this vendor reason id (a change of reason while NOT_READY). */
  readonly reasonId?: string
  /** Look at this channel's state (and pending state) instead of the agent's. */
  readonly channel?: string
  /** How long to wait for the evidence, ms. */
  readonly withinMs: number
}

/**
 * One exchange with the vendor, as plain data: what will be sent, before secrets are put in.
 *
 * `resend` decides after an unknown effect, when a fresh read shows that the target is not reached: `safe` may be sent
 * again at once; `verify-first` may be sent again, because the read has just verified it; `never` goes to the dead
 * letters with its evidence.
 */
export interface Step<R = unknown> {
  /** Verb and object, for example `set-not-ready`. */
  readonly name: string
  readonly request: R
  readonly expect: Expectation
  readonly resend: 'safe' | 'verify-first' | 'never'
}

/** What would go over the wire, as text for people. Secrets are shown as `***`. */
export interface VendorRequestText {
  /** For example `POST https://host/path`, `emit changeAgentState`, `SET_AGENT_STATE_REQ (type 38)`. */
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  /** JSON, XML or a field list; formatted for reading. */
  readonly body?: string
}

/** The steps from the present view to the target. No steps means that the agent is there already. */
export interface Plan {
  readonly steps: readonly Step[]
}

/** The vendor took the request. This proves nothing about its effect. */
export interface Ack {
  /** Matches `AgentEvent.correlation` where the vendor echoes it. Without it a refusal may be the answer to an older request, and is doubted as long as there is one. */
  readonly correlation?: string
  /** The vendor's own request or message id, for support. */
  readonly vendorRef?: string
}

export interface CallOptions {
  /** Aborts at the deadline and when the gateway stops; must be honoured within 50 ms. */
  readonly signal: AbortSignal
}

export interface SendOptions extends CallOptions {
  readonly agentId: string
  readonly credentials?: Credentials
}

export interface LinkHealth {
  readonly status: LinkStatus
  readonly detail?: string
  /** Epoch ms. */
  readonly since: number
}

/** A vendor's record of a contact that was offered and not taken. */
export interface RefusalRow {
  readonly agentId?: string
  readonly agentName?: string
  readonly teamName?: string
  readonly contactId?: string
  readonly skillName?: string
  readonly stationPhone?: string
  /** Canonical cause; `OTHER` where the vendor's text is not known. */
  readonly cause: string
  readonly rawCause: string
  /** Epoch ms; missing where the row's time could not be understood. */
  readonly at?: number
  /** The refusal happened within this long from `at` on, ms, where the platform's times are that coarse; missing: exactly at it. */
  readonly withinMs?: number
  readonly rawTime?: string
  /** How many identical rows were folded into this one. */
  readonly occurrences: number
  /** Set when the row was malformed: what could not be read. The row is kept all the same. */
  readonly flaw?: string
  /** The vendor's columns, unchanged. */
  readonly raw: Readonly<Record<string, string>>
}

export interface RefusalQuery extends CallOptions {
  /** Epoch ms. */
  readonly from: number
  readonly to: number
  readonly onProgress?: (progress: { readonly percent: number; readonly rows: number }) => void
}

/**
 * The port to one platform. The core waits, confirms, fences, retries and reports; an adapter translates.
 *
 * Nothing here sleeps, retries or knows the gateway's own HTTP API. All failures are `CtiError` with a vendor fault and
 * the right `effect`.
 */
export interface Adapter {
  readonly manifest: Manifest
  /**
   * Steps from `view` to the target of `action`.
   * Guarantees: pure (same input, same output, no I/O, no clock); no steps when already there.
   * Fails: `CtiError` for requests that cannot be (UNSUPPORTED, NOT_LOGGED_IN, REASON_REQUIRED …).
   */
  plan(action: ResolvedAction, agentId: string, view: AgentView): Plan
  /** What `send` would put on the wire for this step, redacted. Guarantees: no I/O. */
  describe(step: Step, agentId: string): VendorRequestText
  /** Exactly one vendor exchange. Guarantees: never retries, never waits for the effect, honours the signal. */
  send(step: Step, options: SendOptions): Promise<Ack>
  /** The vendor's own answer, fresh. Fails: AGENT_NOT_FOUND, VENDOR_UNAVAILABLE, VENDOR_TIMEOUT … */
  read(agentId: string, options: CallOptions): Promise<AgentView>
  /** Opens links and begins to push events. Returns when they are being opened; does not wait for a dead vendor. */
  start(sink: EventSink): Promise<void>
  /** Guarantees: idempotent, done within 5 s, leaves no timer and no socket. */
  stop(): Promise<void>
  health(): LinkHealth
  /** Views of all agents that the vendor lets us see. */
  list?(options: CallOptions): Promise<readonly AgentView[]>
  /** The platform's reasons, for this agent where the vendor keeps them by team. The core caches. */
  reasons(options: CallOptions & { readonly agentId?: string }): Promise<readonly Reason[]>
  /**
   * What a forced logout would do now, one entry per conversation; `NO_CONVERSATION` where there is none. Missing: the core says what the
   * manifest tells. The core asks only for agents that are logged in.
   * Guarantees: reads only. Says `UNKNOWN` where the platform does not tell, never a guess.
   */
  preview?(agentId: string, view: AgentView, options: CallOptions): Promise<readonly Consequence[]>
  /** Refused contacts of a span, oldest first, streamed so that memory stays flat. */
  refusals?(query: RefusalQuery): AsyncIterable<RefusalRow>
}

/** Where an adapter puts what it hears. Never throws, never blocks. */
export interface EventSink {
  agent(event: AgentEvent): void
  link(event: LinkEvent): void
}

export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface AdapterContext {
  /** The platform's id in this gateway; two platforms may be of one kind. */
  readonly platform: string
  readonly log: Logger
  readonly clock: Clock
}

/** An adapter kind: its options' schema, the schema of a command's `options`, and how to make one. */
export interface AdapterDefinition<O = unknown> {
  readonly kind: string
  /** Settings of a platform of this kind. Bad ones stop the start, with their paths. */
  readonly options: ZodType<O>
  /** Schema of a command's `options`. Missing: the kind takes none. */
  readonly commandOptions?: ZodType<Readonly<Record<string, unknown>>>
  create(context: AdapterContext & { readonly options: O }): Adapter
}

/** Gives an adapter definition its types; adds nothing else. */
export function defineAdapter<O>(definition: AdapterDefinition<O>): AdapterDefinition<O> {
  return definition
}
