import type { ActionKind } from './command.js'

export type Need = 'required' | 'optional' | 'none'

/** What an adapter can do, as data. It drives the API's answer, the console's buttons and the conformance groups. */
export interface Manifest {
  /** Adapter kind, for example `expertflow`. */
  readonly kind: string
  readonly vendor: string
  readonly title: string
  readonly actions: readonly ActionKind[]
  /** The best evidence the adapter can give that a command took effect. */
  readonly confirms: 'event' | 'read'
  readonly events: 'push' | 'poll' | 'none'
  readonly reasons: {
    readonly notReady: Need
    readonly logout: Need
    /** Does the vendor serve the list, or does configuration? */
    readonly source: 'vendor' | 'config'
    /** True when agents of one platform have different lists (CXone: by team). */
    readonly perAgent?: boolean
  }
  /** Can single channels be set READY / NOT_READY? */
  readonly channels: boolean
  /** Can a command name queues to log in to and out of? Missing: no; the platform decides. */
  readonly queues?: boolean
  readonly login: 'own-credentials' | 'on-behalf' | 'unsupported'
  readonly forcedLogout: 'native' | 'planned' | 'unsupported'
  /**
   * What the vendor does with a forced logout while the agent is on a contact: refuses it, waits for the end of the contact (`defer`), takes
   * the contact away and queues it again (`reroute`), logs out at once and lets the contact go on (`continue`). `unknown`: it does not say.
   */
  readonly logoutWhileBusy: 'refuse' | 'defer' | 'reroute' | 'continue' | 'unknown'
  /**
   * What of the platform may exist once per site only. `none`: any process may send and listen. `events`: one process
   * listens (a feed, a notification session), any may send. `commands`: one process holds the link that everything goes over.
   */
  readonly link: 'none' | 'events' | 'commands'
  readonly refusals: boolean
  /** Commands in flight at the vendor at once, over all agents of the platform. */
  readonly maxInFlight: number
  readonly ratePerSecond?: number
  /** Vendor versions whose documents or recordings the adapter was built from. */
  readonly testedVersions: readonly string[]
  /** True when a LOGIN may be sent for an agent whom the vendor's read does not know yet. */
  readonly loginCreatesAgent: boolean
}
