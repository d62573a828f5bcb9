import type { Fault } from '../kit/faults.js'
import type { JournalEntry } from '../kit/journal.js'
import type { FaultPlay } from './faults.js'
import type { User } from './population.js'
import type { NodeName, Site } from './site.js'

/** One request on its way: everything that answering it needs. */
export interface Exchange {
  readonly site: Site
  readonly node: NodeName
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body: string
  readonly requestId: string | undefined
  /** Missing where a route needs no authentication. */
  readonly caller: User | undefined
  readonly entry: JournalEntry
  readonly fault: Fault | undefined
  readonly play: FaultPlay
}

/** What a route answers. */
export interface Reply {
  readonly status: number
  readonly body?: string
  readonly error?: { readonly type: string; readonly message: string; readonly data: string | number }
  readonly effect?: JournalEntry['effect']
  /** Runs before and after the answer is sent. */
  readonly before?: () => void
  readonly after?: () => void
}
