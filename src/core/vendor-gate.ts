import type { CtiError } from './model/error.js'

/** Right to make one call at a vendor. */
export interface Pass {
  /**
   * Gives the place back and says how it went; the breaker and the learned rate follow from it. `unused`: nothing was sent,
   * nothing was learned. Idempotent: the first word counts.
   */
  done(outcome?: CtiError | 'unused'): void
}

export type Circuit = 'closed' | 'open' | 'half-open'

/**
 * Everything that stands before one vendor account: bulkhead (calls at once), token bucket (calls a second, shared by all
 * processes), circuit breaker, and who goes first.
 */
export interface VendorGate {
  /**
   * Waits for a place and a token; the most urgent (smallest priority) first, equals in their order. Whoever aborts while
   * waiting costs no token.
   * Fails: CIRCUIT_OPEN (effect none, with `retryAfterMs`) when the vendor is held to be absent; VENDOR_BUSY when too many
   * wait; the signal's reason when aborted.
   */
  enter(priority: number, signal: AbortSignal): Promise<Pass>
  /** A pass without waiting, or undefined: something waits, all places are taken, a rate is in force or the circuit is not closed. */
  tryEnter(): Pass | undefined
  readonly circuit: Circuit
  /** Calls that wait. */
  readonly waiting: number
  readonly inside: number
  /** How many waiting calls of this priority or a more urgent one there are: the place of a newcomer in the queue. */
  position(priority: number): number
  /** ms until a newcomer of this priority can expect its turn, from the rate in force; 0 without a rate or a queue. */
  expectedWaitMs(priority: number): number
  /** Called with the new circuit whenever it changes. Returns the function that ends it. */
  onCircuit(listener: (circuit: Circuit) => void): () => void
  /** The rate changed in another process. */
  rateChanged(): void
  close(): void
}
