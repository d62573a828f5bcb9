import type { FaultBook } from './faults.js'
import type { Journal } from './journal.js'

export interface SimulatorContext {
  readonly host: string
  /** The vendor port; a simulator that needs several takes the following ones and says so in `endpoints`. 0 picks free ones. */
  readonly port: number
  readonly journal: Journal
  readonly faults: FaultBook
  /** Simulator specific settings, for example the number of agents. */
  readonly options: Readonly<Record<string, string>>
}

/** A running simulated vendor. */
export interface Simulator {
  /** Where it listens, by the vendor's own service names, for example `{ "agent-manager": "http://127.0.0.1:9101/agent-manager" }`. */
  readonly endpoints: Readonly<Record<string, string>>
  /** Agents with their present vendor state, as the vendor's own words have it. */
  agents(): readonly Readonly<Record<string, unknown>>[]
  /** Makes something happen at the vendor. Throws an `Error` with a clear text for an unknown type or missing field. */
  event(type: string, body: Readonly<Record<string, unknown>>): unknown
  /** Everything back to how it was at the start; connections stay. */
  reset(): void
  stop(): Promise<void>
}

export interface SimulatorDefinition {
  readonly platform: string
  readonly title: string
  /** Name → what it does. Shown by the control API; a fault of another kind is refused. */
  readonly faultKinds: Readonly<Record<string, string>>
  /** Name → what happens and which fields it takes. */
  readonly eventTypes: Readonly<Record<string, string>>
  start(context: SimulatorContext): Promise<Simulator>
}
