import type { components } from '../generated/gateway.js'

type Schemas = components['schemas']
export type AgentState = Schemas['AgentState']
export type StateName = Schemas['AgentStateName']
export type Command = Schemas['Command']
export type Problem = Schemas['Problem']
export type Platform = Schemas['Platform']
export type Reason = Schemas['Reason']
export type ActionName = Schemas['ActionName']
export type AuditRow = Schemas['AuditRow']
export type Me = Schemas['Me']
export type Operations = Schemas['Operations']
export type SandboxPlatform = Schemas['SandboxButtons']['platforms'][number]

/** What a key may see and do, in the page's words. */
export interface Session {
  readonly api: Api
  readonly me: Me
}

export interface Reply<T> {
  readonly status: number
  readonly etag: string | undefined
  readonly body: T
}

export interface RequestOptions {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

export interface Api {
  /** Rejects with `ApiProblem`, whatever went wrong. */
  call<T>(method: string, path: string, options?: RequestOptions): Promise<Reply<T>>
  get<T>(path: string): Promise<T>
  /** The stream of events; rejects with `ApiProblem`. */
  open(path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>
  /** Milliseconds that the gateway's clock is ahead of this one. */
  readonly clockOffset: number
}

/** An agent as the page keeps it. Instants are epoch ms of the gateway's clock. */
export interface Agent {
  readonly key: string
  readonly platform: string
  readonly agentId: string
  readonly state: StateName
  readonly routable: boolean
  readonly stale: boolean
  readonly channels: AgentState['channels']
  readonly since: number
  /** False: it has been so for at least as long; the platform does not tell since when. */
  readonly sinceSure: boolean
  readonly pendingState: StateName | undefined
  readonly reason: AgentState['reason']
  readonly cause: AgentState['cause']
  readonly vendorState: string | undefined
  /** The newest command that was heard of. */
  readonly newest: Command | undefined
  /** States seen since the page was opened, newest first, at most `HISTORY`. */
  readonly history: readonly Seen[]
  /** What the search looks at, in small letters. */
  readonly haystack: string
  readonly sortKey: string
}

export interface Seen {
  readonly at: number
  readonly state: StateName
  readonly reason: string | undefined
  readonly stale: boolean
  readonly pendingState: StateName | undefined
}

export interface Filter {
  readonly platform: string
  readonly state: StateName | ''
  readonly problemsOnly: boolean
  readonly text: string
}

export type SortBy = 'agent' | 'state' | 'time'

export interface ActionOffer {
  readonly id: ActionName | 'FORCE'
  readonly word: string
  /** Missing: it may be asked for. */
  readonly whyNot: string | undefined
  readonly hint: string | undefined
}
