import type { JournalEntry } from '../../src/simulators/kit/journal.js'

export const ACTIONS = ['LOGIN', 'READY', 'NOT_READY', 'LOGOUT'] as const
export type Action = (typeof ACTIONS)[number]

/** Where an agent can be as far as these scripts drive it; there are no contacts in the load. */
export type State = 'LOGGED_OUT' | 'NOT_READY' | 'READY' | 'OTHER'

export const TARGET: Readonly<Record<Action, State>> = { LOGIN: 'NOT_READY', READY: 'READY', NOT_READY: 'NOT_READY', LOGOUT: 'LOGGED_OUT' }

export function isAction(text: string | undefined): text is Action {
  return ACTIONS.some((action) => action === text)
}

/** One HTTP request of a client and what it was told. A client that repeats a request makes a further one with the same `key`. */
export interface Told {
  /** `X-On-Behalf-Of`, unique for each HTTP request: shows in the log which request was accepted. */
  readonly token: string
  /** `Idempotency-Key`. */
  readonly key: string
  readonly platform: string
  readonly agentId: string
  readonly action: Action
  readonly force?: boolean
  /** HTTP status, or 0 when the connection broke or no answer came: the client then knows nothing. */
  readonly status: number
  readonly commandId?: string
  readonly commandStatus?: string
  /** `effect` of a problem: `none` promises that nothing happened. */
  readonly effect?: string
  /** `code` of a problem. */
  readonly code?: string
  /** Epoch ms when the answer was there. */
  readonly at: number
  readonly tookMs: number
  /** How long the client had asked the gateway to wait for the end, ms. */
  readonly waitMs: number
  /** Which gateway was asked. */
  readonly gateway: number
}

/** A command as the API tells it after the storm. */
export interface Logged {
  readonly id: string
  readonly platform: string
  readonly agentId: string
  readonly action: Action
  readonly force: boolean
  readonly status: string
  readonly attempts: number
  readonly seq: number
  readonly acceptedAt: number
  /** Last fence: when the log said that it may be sent. */
  readonly sentAt?: number
  readonly settledAt?: number
  readonly supersededBy?: string
  /** `code` of its problem. */
  readonly code?: string
  /** Token of the request that made it. */
  readonly token?: string
}

/** One request that reached a vendor, or something it did. */
export interface Seen extends JournalEntry {
  readonly platform: string
}

/** What the scripts did to the site: a kill, a freeze, a cut. For the story. */
export interface Deed {
  readonly at: number
  readonly text: string
}

export interface Witnesses {
  readonly told: readonly Told[]
  readonly logged: readonly Logged[]
  readonly seen: readonly Seen[]
  /** `platform/agentId` → the vendor's present state. */
  readonly states: ReadonlyMap<string, State>
  readonly deeds: readonly Deed[]
  /** Accepted ids that GET /v1/commands/{id} does not know. */
  readonly unknownIds: ReadonlySet<string>
}

/** How a platform shows in its simulator's journal what a command did. */
export interface PlatformRules {
  /** Everybody's state at the start. */
  readonly initial: State
  /** Steps that a command takes on its way, besides its own. */
  readonly implied: Readonly<Partial<Record<Action, readonly Action[]>>>
  /** A request that belongs to the upkeep of the platform's link and to no command. */
  readonly upkeep: (entry: JournalEntry) => boolean
  /** A change takes effect this long after its request at most, ms. */
  readonly effectDelayMs: number
  /**
   * From the acceptance by the gateway's clock until the log had it, at most, ms: the agent's gate and one step of the store, each with
   * its deadline (`limits.storeTimeoutMs`). Missing: as with the settings of a gateway.
   */
  readonly acceptMs?: number
}

export const agentOf = (item: { readonly platform: string; readonly agentId?: string }): string => `${item.platform}/${item.agentId ?? ''}`

export function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(key(item))
    if (group === undefined) groups.set(key(item), [item])
    else group.push(item)
  }
  return groups
}
