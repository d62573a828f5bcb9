/** What a request did and what goes back. */
import type { Outcome, StateEvent } from './agent-rules.js'
import type { FloatList } from './wire.js'

export interface Answer {
  readonly type: number
  readonly fields: Readonly<Record<string, number>>
  readonly floats?: FloatList
}

export interface Handled {
  readonly effect: 'applied' | 'unchanged' | 'refused' | 'none' | 'read'
  readonly answers: readonly Answer[]
  /** Set instead of answers: FAILURE_CONF with this status. */
  readonly failure?: number
  readonly events?: readonly StateEvent[]
  readonly detail?: Readonly<Record<string, unknown>>
  /** A change that waits for the end of a call. */
  readonly deferred?: Outcome & { kind: 'deferred' }
}
