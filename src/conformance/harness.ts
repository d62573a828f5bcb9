import type { AdapterDefinition, Credentials } from '../core/adapter.js'
import type { ActionKind } from '../core/model/command.js'

/** A platform to prove an adapter against: a simulator, a recording, or the vendor's own test system. */
export interface ConformancePlatform {
  /** The adapter's options that point to it. */
  readonly options: unknown
  /** An agent who is logged out and free, and whom nobody else touches. */
  readonly agentId: string
  readonly credentials?: Credentials
  readonly station?: string
  readonly commandOptions?: Readonly<Record<string, unknown>>
  /** An id that the platform does not know. */
  readonly unknownAgentId: string
  /** Cuts the platform off, and brings it back. */
  cut(): Promise<void>
  mend(): Promise<void>
  stop(): Promise<void>
}

export interface ConformanceHarness {
  readonly name: string
  readonly definition: AdapterDefinition<never>
  /** Options that must be refused, and a part of the path that the refusal must name. */
  readonly badOptions: readonly { readonly options: unknown; readonly names: string }[]
  /** Secret texts that occur in the options or credentials; none may come out anywhere. */
  readonly canaries: readonly string[]
  /** The order in which states are asked for; must begin with LOGIN and end with LOGOUT where the manifest has them. */
  readonly journey?: readonly ActionKind[]
  start(): Promise<ConformancePlatform>
}

/** One requirement. `run` rejects when the adapter does not meet it. */
export interface ConformanceCheck {
  readonly group: string
  readonly name: string
  run(): Promise<void>
}
