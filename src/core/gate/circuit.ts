import { ConsecutiveBreaker, ExponentialBackoff, noJitterGenerator } from 'cockatiel'
import type { Clock } from '../clock.js'
import { withDeadline } from '../deadline.js'
import { CtiError, toCtiError } from '../model/error.js'
import { verdictOf } from './vendor-verdict.js'

/** `open`: the vendor is held to be absent · `half-open`: a probe is asking it. */
export type Circuit = 'closed' | 'open' | 'half-open'

export interface CircuitSettings {
  /** Calls in a row that found the vendor absent until it is held to be. */
  readonly failures: number
  /** From then to the first probe, ms; doubled after every probe that fails, up to `longestMs`. */
  readonly halfOpenAfterMs: number
  readonly longestMs: number
}

/** A vendor that is back must be noticed well before 30 s are over, by when everybody's command is to be done; a read each 10 s harms nobody. */
export const CIRCUIT_SETTINGS: CircuitSettings = { failures: 5, halfOpenAfterMs: 2_000, longestMs: 10_000 }

export interface CircuitParts {
  readonly clock: Clock
  readonly settings: CircuitSettings
  /** A harmless read. Any answer of the vendor, also a refusal, closes the circuit. */
  readonly probe: (signal: AbortSignal) => Promise<void>
  readonly probeTimeoutMs: number
  /** Told after every change. Must not throw. */
  readonly onChange: (circuit: Circuit) => void
}

/**
 * Is the vendor held to be absent?
 *
 * Guarantees: while it is open nobody but the probe calls; one probe at a time, with a deadline; calls that began before the
 * last change count no more, so that the late failures of an outage do not open it again after it.
 */
export interface CircuitBreaker {
  readonly state: Circuit
  /** Epoch ms of the last change; of its making while there was none. */
  readonly since: number
  /** Of the present closed period; a call keeps the one that it began in. */
  readonly generation: number
  answered(generation: number): void
  absent(generation: number): void
  /** Something tells that the vendor may be back: it is asked at once, not at the planned time. */
  mayBeBack(): void
  /** ms until it may be closed again; 0 while it is closed. */
  readonly retryAfterMs: number
}

/** A probe that succeeds is given this long, for those who are told when to come again, ms. */
const PROBE_TAKES_MS = 100

/**
 * The counting and the delays are cockatiel's; its `CircuitBreakerPolicy` is not used: it lets the next caller be the probe,
 * reads the wall clock itself, and wraps every call in promises, while a pass is given and taken synchronously.
 */
export function createCircuit({ clock, settings, probe, probeTimeoutMs, onChange }: CircuitParts): CircuitBreaker {
  const counter = new ConsecutiveBreaker(settings.failures)
  const delays = new ExponentialBackoff({
    initialDelay: settings.halfOpenAfterMs,
    maxDelay: settings.longestMs,
    generator: noJitterGenerator,
  })
  let delay = delays.next()
  let state: Circuit = 'closed'
  let since = clock.now()
  let generation = 0
  let probeAt = 0
  let cancelProbe = (): void => {}

  function become(next: Circuit): void {
    state = next
    since = clock.now()
    onChange(next)
  }

  function open(): void {
    generation += 1
    probeAt = clock.monotonic() + delay.duration
    cancelProbe = clock.after(delay.duration, () => void tryProbe())
    become('open')
  }

  function close(): void {
    generation += 1
    counter.success()
    delay = delays.next()
    become('closed')
  }

  async function tryProbe(): Promise<void> {
    become('half-open')
    try {
      await withDeadline(clock, probeTimeoutMs, undefined, probe, () => new CtiError('VENDOR_TIMEOUT'))
      close()
    } catch (error) {
      if (verdictOf(toCtiError(error)) !== 'absent') close()
      else {
        delay = delay.next(undefined)
        open()
      }
    }
  }

  return {
    get state() {
      return state
    },
    get since() {
      return since
    },
    get generation() {
      return generation
    },
    answered(of) {
      if (of === generation && state === 'closed') counter.success()
    },
    absent(of) {
      if (of === generation && state === 'closed' && counter.failure()) open()
    },
    mayBeBack() {
      if (state !== 'open') return
      cancelProbe()
      void tryProbe()
    },
    get retryAfterMs() {
      return state === 'closed' ? 0 : Math.ceil(Math.max(0, probeAt - clock.monotonic())) + PROBE_TAKES_MS
    },
  }
}
