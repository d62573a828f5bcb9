import { setTimeout as sleep } from 'node:timers/promises'

/** Which commands a dispatch consists of, and how the vendor behaves. The same for us and for the peers. */
export interface DispatchSpec {
  readonly agents: number
  readonly perAgent: number
  /** How long the vendor takes, ms; 0: it answers in the same tick. */
  readonly vendorMs: number
  /** Share of the commands whose first attempt fails, with nothing done. */
  readonly failing: number
  /** Commands that are being handed over at once. */
  readonly producers: number
  /** Delay before the next attempt, ms. */
  readonly backoffMs: number
  /** Ends after this time, done or not. */
  readonly atMostMs: number
}

/** What came of it, by the vendor's own record. */
export interface DispatchResult {
  /** From the first hand-over to the last settled command, or to the time limit. */
  readonly seconds: number
  /** Processor time of that span, µs. */
  readonly cpuUs: number
  readonly settled: number
  /** First effects that came out of their order. */
  readonly violations: number
  /** Effects beyond the first one of a command. */
  readonly repeated: number
  /** Commands without an effect. */
  readonly missing: number
}

/** The vendor did nothing and says so. */
export class VendorBusy extends Error {}

/**
 * A vendor in this process that keeps its own record: the oracle of order.
 *
 * A violation is a first effect out of sequence. When A fails and is done after B and C, these are two: B came too soon, and A
 * after what is newer.
 */
export interface VendorRecord {
  /** One exchange. Fails with `VendorBusy`. */
  call(agent: number, sequence: number): Promise<void>
  result(): Pick<DispatchResult, 'violations' | 'repeated' | 'missing'>
}

export function createVendorRecord(spec: DispatchSpec): VendorRecord {
  const expected = new Int32Array(spec.agents)
  const effects = new Uint8Array(spec.agents * spec.perAgent)
  const tried = new Uint8Array(spec.agents * spec.perAgent)
  let violations = 0
  let repeated = 0
  return {
    async call(agent, sequence) {
      const index = agent * spec.perAgent + sequence
      if (spec.vendorMs > 0) await sleep(spec.vendorMs)
      tried[index] = (tried[index] ?? 0) + 1
      if (tried[index] === 1 && failsFirst(index, spec.failing)) throw new VendorBusy('busy')
      effects[index] = (effects[index] ?? 0) + 1
      if (effects[index] > 1) {
        repeated += 1
        return
      }
      if (sequence !== expected[agent]) violations += 1
      expected[agent] = sequence + 1
    },
    result: () => ({ violations, repeated, missing: effects.reduce((sum, count) => sum + (count === 0 ? 1 : 0), 0) }),
  }
}

/** Spreads the failures evenly and in the same way for everyone. */
export function failsFirst(index: number, share: number): boolean {
  return (Math.imul(index + 1, 2_654_435_761) >>> 0) / 2 ** 32 < share
}

/** Processor time of this process since then, µs. */
export function cpuUsSince(then: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(then)
  return user + system
}
