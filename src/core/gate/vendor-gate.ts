import type { Logger } from '../adapter.js'
import type { BudgetStore, RateLimit } from './budget.js'
import { CIRCUIT_SETTINGS, createCircuit, type Circuit, type CircuitSettings } from './circuit.js'
import { closableClock } from './closable-clock.js'
import type { Clock } from '../clock.js'
import { gateSnapshot, type GateSnapshot } from './gate-snapshot.js'
import { CtiError } from '../model/error.js'
import { createRateKeeper } from './rate-keeper.js'
import { createTokenAsker } from './token-asker.js'
import { verdictOf } from './vendor-verdict.js'
import { createWaitingLine } from './waiting-line.js'

/** Right to make one call at a vendor. */
export interface Pass {
  /**
   * Gives the place back and says how it went; the breaker and the learned rate follow from it. `unused`: nothing was sent,
   * nothing was learned. Idempotent: the first word counts.
   */
  done(outcome?: CtiError | 'unused'): void
}

export type { Circuit } from './circuit.js'

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
  /** How it stands now, for people. */
  snapshot(): GateSnapshot
  /** Called with the new circuit whenever it changes. Returns the function that ends it. */
  onCircuit(listener: (circuit: Circuit) => void): () => void
  /** The rate changed in another process. */
  rateChanged(): void
  /**
   * A link to the vendor is up again. A link that is lost for a moment fails all calls on it at once, which opens the circuit; it must not
   * stay open any longer than the link was down.
   */
  linkUp(): void
  close(): void
}

export interface VendorGateParts {
  /** Names the shared bucket: the platform's id. */
  readonly account: string
  readonly maxInFlight: number
  readonly limit: RateLimit
  /** Undefined while the engine is being opened; that, and a store that is away, leaves each process its share of the rate. */
  readonly budgets: () => BudgetStore | undefined
  readonly clock: Clock
  /** 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number
  readonly logger: Logger
  readonly storeTimeoutMs: number
  /** A harmless read that shows whether the vendor is back. */
  readonly probe: (signal: AbortSignal) => Promise<void>
  readonly probeTimeoutMs: number
  readonly breaker?: Partial<CircuitSettings>
  /** This process has changed the shared rate: the composition tells the others (`rateChanged` there). */
  readonly onRate?: (perSecond: number) => void
  /** Processes that call this account, this one included; missing: 1. */
  readonly processes?: () => number
  readonly maxWaiting?: number
}

interface Waiter {
  readonly resolve: (pass: Pass) => void
  readonly reject: (error: Error) => void
  readonly signal: AbortSignal
  readonly onAbort: () => void
}

/** 1 to 6, see PRIORITY. */
const PRIORITIES = 6
const MAX_WAITING = 100_000
/** A token whose call was not sent serves the next one if it is no older than this, ms; later it would come too close to the next. */
const TOKEN_KEEPS_MS = 100
/**
 * Those who wait are told one after the other that the vendor is absent, ms apart. Each of them costs the process and the store a step of 2 ms
 * or so: hundreds at once would keep the commands of other vendors waiting.
 */
const TOLD_EVERY_MS = 10

/**
 * The gate of one vendor account. Without a rate (configured or learned) and without a queue a pass costs no promise, no timer
 * and no call of the store.
 */
export function createVendorGate(parts: VendorGateParts): VendorGate {
  const { account, maxInFlight, maxWaiting = MAX_WAITING, random } = parts
  const clock = closableClock(parts.clock)
  const line = createWaitingLine<Waiter>(PRIORITIES)
  const listeners = new Set<(circuit: Circuit) => void>()
  let inside = 0
  let closed = false
  let telling: (() => void) | undefined

  const rate = createRateKeeper({
    ...parts,
    clock,
    processes: parts.processes ?? (() => 1),
    onRate: parts.onRate ?? (() => {}),
  })
  const circuit = createCircuit({
    clock,
    settings: { ...CIRCUIT_SETTINGS, ...parts.breaker },
    probe: parts.probe,
    probeTimeoutMs: parts.probeTimeoutMs,
    onChange(state) {
      parts.logger[state === 'open' ? 'warn' : 'info']({ platform: account, circuit: state }, 'circuit')
      if (state === 'open') tellAbsent()
      else if (state === 'closed') asker.pump()
      for (const listener of listeners) listener(state)
    },
  })

  function absent(): CtiError {
    return new CtiError('CIRCUIT_OPEN', { effect: 'none', retryAfterMs: circuit.retryAfterMs })
  }

  /** Those who wait, the most urgent first, `most` of them at most. */
  function reject(reason: () => CtiError, most: number): void {
    for (let told = 0; told < most; told += 1) {
      const waiter = line.shift()
      if (waiter === undefined) return
      waiter.signal.removeEventListener('abort', waiter.onAbort)
      waiter.reject(reason())
    }
  }

  /** Bit by bit, all of them; whoever has not been told when the vendor is back is served. */
  function tellAbsent(): void {
    telling?.()
    telling = undefined
    if (circuit.state === 'closed') return
    reject(absent, 1)
    if (line.size > 0) telling = clock.after(TOLD_EVERY_MS, tellAbsent)
  }

  function admit(): Pass {
    inside += 1
    const begunAt = rate.begun()
    const lesson = rate.generation
    const period = circuit.generation
    let over = false
    return {
      done(outcome) {
        if (over) return
        over = true
        inside -= 1
        const verdict = verdictOf(outcome)
        if (verdict === 'answered') circuit.answered(period)
        else if (verdict === 'absent') circuit.absent(period)
        else if (verdict === 'limited') {
          circuit.answered(period)
          rate.limited(begunAt, lesson, (outcome as CtiError).retryAfterMs)
        } else if (outcome === 'unused') {
          rate.withdrawn(begunAt)
          if (rate.needed && lesson === rate.generation && clock.monotonic() - begunAt <= TOKEN_KEEPS_MS) serve()
        }
        if (line.size > 0) asker.pump()
      },
    }
  }

  /** Lets the most urgent one in, who has a token. */
  function serve(): void {
    if (closed || inside >= maxInFlight || circuit.state !== 'closed') return
    const waiter = line.shift()
    if (waiter === undefined) return
    waiter.signal.removeEventListener('abort', waiter.onAbort)
    waiter.resolve(admit())
  }

  const asker = createTokenAsker({
    clock,
    random,
    ask: (priority) => rate.ask(priority),
    serve,
    /** Priority of the one who could go now, but for the token. */
    next: () => (closed || inside >= maxInFlight || circuit.state !== 'closed' ? undefined : line.first()?.priority),
    needed: () => rate.needed,
  })

  function tryEnter(): Pass | undefined {
    return closed || line.size > 0 || inside >= maxInFlight || rate.needed || circuit.state !== 'closed' ? undefined : admit()
  }

  function expectedWaitMs(priority: number): number {
    const { perSecond } = rate
    return perSecond === undefined ? 0 : Math.ceil(rate.pauseMs + (line.upTo(priority) * 1_000) / perSecond)
  }

  function wait(priority: number, signal: AbortSignal): Promise<Pass> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        if (line.leave(place)) reject(signal.reason as Error)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      const place = line.add(priority, { resolve, reject, signal, onAbort })
      asker.pump()
    })
  }

  return {
    enter(priority, signal) {
      if (closed) return Promise.reject(new CtiError('STOPPING', { effect: 'none' }))
      if (signal.aborted) return Promise.reject(signal.reason as Error)
      const pass = tryEnter()
      if (pass !== undefined) return Promise.resolve(pass)
      if (circuit.state !== 'closed') return Promise.reject(absent())
      if (line.size < maxWaiting) return wait(priority, signal)
      const retryAfterMs = Math.max(1_000, expectedWaitMs(priority))
      return Promise.reject(new CtiError('VENDOR_BUSY', { detail: 'too many calls wait for this platform', effect: 'none', retryAfterMs }))
    },
    tryEnter,
    get circuit() {
      return circuit.state
    },
    get waiting() {
      return line.size
    },
    get inside() {
      return inside
    },
    position: (priority) => line.upTo(priority),
    expectedWaitMs,
    snapshot: () => gateSnapshot({ circuit, rate, line, limit: parts.limit, inside, places: maxInFlight }),
    onCircuit(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    linkUp() {
      if (!closed) circuit.mayBeBack()
    },
    rateChanged() {
      rate.changed()
      asker.again()
    },
    close() {
      closed = true
      clock.close()
      listeners.clear()
      reject(() => new CtiError('STOPPING', { effect: 'none' }), Number.POSITIVE_INFINITY)
    },
  }
}
