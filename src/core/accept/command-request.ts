import type { Credentials } from '../adapter.js'
import type { StoredResponse } from '../command-log.js'
import type { ActionKind, Command, Origin } from '../model/command.js'

/** A caller's wish, as the API takes it. */
export interface CommandRequest {
  readonly action: ActionKind
  readonly force?: boolean
  readonly reason?: string
  readonly channel?: string
  readonly queues?: readonly string[]
  readonly station?: string
  readonly credentials?: Credentials
  readonly options?: Readonly<Record<string, unknown>>
}

export interface SubmitInput {
  readonly platform: string
  readonly agentId: string
  readonly request: CommandRequest
  readonly origin: Origin
  readonly idempotency?: { readonly key: string; readonly fingerprint: string }
}

/** Where an open command stands before its vendor, as an estimate. */
export interface QueuePlace {
  /** Calls that go first. */
  readonly position: number
  readonly waitMs: number
}

export type SubmitResult =
  /** `repeated`: the idempotency key was used before for the same body; the command as its first request was told of it. */
  | { readonly kind: 'command'; readonly command: Command; readonly queue?: QueuePlace; readonly repeated?: true }
  /** The idempotency key was used before for the same body and its answer is known. */
  | { readonly kind: 'stored'; readonly response: StoredResponse }
