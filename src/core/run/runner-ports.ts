import type { Adapter, Credentials, Logger } from '../adapter.js'
import type { Clock } from '../clock.js'
import type { CommandLog } from '../command-log.js'
import type { KeyMutex } from '../key-mutex.js'
import type { Command } from '../model/command.js'
import type { RetrySettings } from '../accept/policy.js'
import type { TakeOver } from './take-over.js'
import type { Presence } from '../agents/presence.js'
import type { ReasonBook } from '../accept/reason-book.js'
import type { VendorGate } from '../gate/vendor-gate.js'
import type { WakeUps } from '../wake-ups.js'

/** One platform as the runner sees it. */
export interface RunnerPlatform {
  readonly adapter: Adapter
  readonly reasons: ReasonBook
  readonly gate: VendorGate
}

export interface RunnerSettings {
  /** Unique per process; names the holder of leases. */
  readonly owner: string
  /** One vendor exchange at most, ms. */
  readonly sendTimeoutMs: number
  readonly readTimeoutMs: number
  readonly storeTimeoutMs: number
  readonly leaseMs: number
  /** How long a command may stay pending at the vendor (a call that does not end), ms. */
  readonly pendingMs: number
  readonly retry: RetrySettings
  /** A command that this many processes in a row did not survive goes to the dead letters. */
  readonly maxCrashes: number
}

export interface RunnerPorts {
  readonly platform: (id: string) => RunnerPlatform | undefined
  readonly log: CommandLog
  readonly wakeUps: WakeUps
  readonly presence: Presence
  readonly clock: Clock
  readonly logger: Logger
  readonly random: () => number
  /** Secrets of commands that this process accepted, or got from the process that did. */
  readonly secretOf: (commandId: string) => Credentials | undefined
  /** Is `secretOf` known, or can it be had from another process? Settles within half a second. */
  readonly hasSecret: (commandId: string) => Promise<boolean>
  /** Held by whoever appends for this agent, and by the runner from the fence until its request is out. */
  readonly mutex: KeyMutex
  /** False: another process has the link that this agent's platform is reached over. */
  readonly mayRun: (key: string) => boolean
  /** What another process has accepted may have to wait for it. */
  readonly takeOver: Pick<TakeOver, 'waiting' | 'waits' | 'holds'>
  /** Called for every command that reaches a final status here, and once when one becomes pending or retrying. */
  readonly onChange: (command: Command) => void
  /** Called for every command that is on its way to the vendor from here. */
  readonly onSent: (command: Command) => void
}
