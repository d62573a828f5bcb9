import type { EngineOptions } from '../command-log.js'
import type { AgentState, Cause } from '../model/agent-state.js'

/** One logout that was seen, with what the platform said of it. Missing stays missing. */
export interface LogoutRecord {
  readonly platform: string
  readonly agentId: string
  /** Whole epoch ms: the vendor's instant where it gives one, ours otherwise. */
  readonly at: number
  /** The platform's reason code, as its views carry it. */
  readonly code?: number
  readonly name?: string
  /** What the code means, in words: vendors' own reports tell the number alone. */
  readonly text?: string
  /** Canonical key of `core/model/reason.ts`. */
  readonly key?: string
  readonly cause?: Cause
  /** The last known state before. */
  readonly previousState?: AgentState
  /** The LOGOUT command that it follows, and the principal who asked for it. */
  readonly commandId?: string
  readonly requestedBy?: string
}

/** The place of a record in its platform's list. */
export type LogoutCursor = Pick<LogoutRecord, 'at' | 'agentId'>

/**
 * The durable report of logouts.
 *
 * Every method: atomic steps; rejects with `CtiError` STORE_UNAVAILABLE at the latest 100 ms after its deadline, and what
 * the engine gets to later than that is not done.
 */
export interface LogoutLog {
  /**
   * Keeps a logout. Idempotent: platform, agent and instant name it, so that several gateways may tell the same one. A later
   * record of the same logout fills fields that were missing and changes none that was there.
   */
  record(record: LogoutRecord, options: EngineOptions): Promise<void>
  /** Those with `from` ≤ at < `to`, by instant, then by agent id in the order of its UTF-8 bytes; from behind `after`, at most `limit`. */
  list(
    platform: string,
    from: number,
    to: number,
    limit: number,
    after: LogoutCursor | undefined,
    options: EngineOptions,
  ): Promise<readonly LogoutRecord[]>
  /** Deletes what happened before `before`, on all platforms. Returns how many. */
  prune(before: number, options: EngineOptions): Promise<number>
}

/** Records fetched at once: memory stays flat however long the span is. */
const PAGE = 500

/** All records of a span, fetched page by page, each page with a deadline of its own. Fails: STORE_UNAVAILABLE. */
export async function* logoutsOf(
  log: LogoutLog,
  platform: string,
  span: { readonly from: number; readonly to: number },
  within: () => EngineOptions,
): AsyncGenerator<LogoutRecord> {
  for (let after: LogoutCursor | undefined; ;) {
    const page = await log.list(platform, span.from, span.to, PAGE, after, within())
    yield* page
    after = page.at(-1)
    if (page.length < PAGE) return
  }
}
