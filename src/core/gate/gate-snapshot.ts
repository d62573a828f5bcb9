import type { RateLimit } from './budget.js'
import type { Circuit, CircuitBreaker } from './circuit.js'
import type { RateKeeper } from './rate-keeper.js'
import type { WaitingLine } from './waiting-line.js'

/** How a gate stands now, in this process, for people. */
export interface GateSnapshot {
  readonly circuit: Circuit
  /** Epoch ms of the circuit's last change. */
  readonly circuitSince: number
  /** ms until the vendor is asked whether it is back; missing while the circuit is closed. */
  readonly probeInMs?: number
  /** Calls that are at the vendor, and how many may be. */
  readonly inside: number
  readonly places: number
  readonly waiting: number
  /** Calls that wait, by priority (see PRIORITY), the most urgent first. */
  readonly waitingByPriority: readonly number[]
  /** Tokens a second over all processes; missing: no limit is known. */
  readonly perSecond?: number
  /** Tokens that may be saved up. */
  readonly burst: number
  /** A 429 has taught the rate. */
  readonly learned: boolean
  /** ms until the pause after a 429 is over; 0: there is none. */
  readonly pauseMs: number
}

export interface GateParts {
  readonly circuit: CircuitBreaker
  readonly rate: RateKeeper
  readonly line: WaitingLine<unknown>
  readonly limit: RateLimit
  readonly inside: number
  readonly places: number
}

export function gateSnapshot({ circuit, rate, line, limit, inside, places }: GateParts): GateSnapshot {
  return {
    circuit: circuit.state,
    circuitSince: circuit.since,
    ...(circuit.state !== 'closed' && { probeInMs: circuit.retryAfterMs }),
    inside,
    places,
    waiting: line.size,
    waitingByPriority: line.counts(),
    ...(rate.perSecond !== undefined && { perSecond: rate.perSecond }),
    // A vendor that has refused is called evenly spaced.
    burst: rate.learned ? 1 : limit.burst,
    learned: rate.learned,
    pauseMs: rate.pauseMs,
  }
}
