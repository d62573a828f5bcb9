/** What a request is and what an answer is, between the HTTP server and the routes. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Asked } from './agent.js'
import type { Caller } from './tokens.js'

/** Parameters from the query and the body together; a body value wins. */
export type Input = Readonly<Record<string, unknown>>

export interface Call extends Asked {
  readonly operation: string
  /** Parts of the path, for example `agentId`. */
  readonly path: Readonly<Record<string, string>>
  readonly input: Input
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** The path as it was asked, for links to the next page. */
  readonly rawPath: string
  /** Aborts when the client has gone away. */
  readonly gone: AbortSignal
  /** Whom the request is about, where it says. */
  readonly agentId: string | undefined
  /** Who asks; for routes that need a token. */
  readonly caller: Caller | undefined
}

export type Effect = 'applied' | 'unchanged' | 'refused' | 'none' | 'read'

/** A change that the answer announces. The server decides, by the faults in force, whether and when it is made. */
export interface Change {
  /** `now`: before the answer; `later`: after the usual delay. */
  readonly when: 'now' | 'later'
  readonly agentId?: number
  /** Makes the change and says what it did; `undefined`: it will amend the journal itself, later. */
  readonly make: () => Effect | undefined
}

export interface Reply {
  readonly status: number
  readonly body?: unknown
  /** Instead of `body`: pieces of text that are sent as they come. */
  readonly stream?: Iterable<string>
  readonly headers?: Readonly<Record<string, string>>
  /** Text of the icStatusDescription header, for answers of the ACD. */
  readonly description?: string
  readonly effect: Effect
  readonly change?: Change
  readonly detail?: Readonly<Record<string, unknown>>
}

/** Reads query and body whatever the content type says (vendors/cxone.md section 10 no. 4). */
export function readInput(query: URLSearchParams, body: string): Input {
  const text = body.trim()
  let fromBody: Record<string, unknown> = {}
  if (text.startsWith('{')) {
    try {
      fromBody = JSON.parse(text) as Record<string, unknown>
    } catch {
      fromBody = {}
    }
  } else if (text !== '' && text.includes('=')) {
    fromBody = Object.fromEntries(new URLSearchParams(text))
  }
  return { ...Object.fromEntries(query), ...fromBody }
}

/** One parameter as text; `""`, `"undefined"` and null mean absent (section 10 no. 4). */
export function text(input: Input, name: string): string | undefined {
  const value = input[name]
  if (value === undefined || value === null) return undefined
  const asText = typeof value === 'string' ? value : JSON.stringify(value)
  return asText === '' || asText === 'undefined' ? undefined : asText
}

/** One parameter as a whole number; NaN when it is there and is none. */
export function whole(input: Input, name: string): number | undefined {
  const value = text(input, name)
  if (value === undefined) return undefined
  return /^[+-]?\d+$/.test(value.trim()) ? Number(value) : Number.NaN
}

export function flag(input: Input, name: string, fallback = false): boolean {
  const value = text(input, name)?.toLowerCase()
  if (value === undefined) return fallback
  return value === 'true' || value === '1'
}

const WORDS: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'invalid_token',
  403: 'insufficient_permission',
  404: 'not_found',
  409: 'conflict',
  500: 'server_error',
}

/** An error of the ACD: `error`, `error_description` and the icStatusDescription header (section 5.1). */
export function failure(status: number, description: string, detail?: Readonly<Record<string, unknown>>): Reply {
  return {
    status,
    body: { error: WORDS[status] ?? 'error', error_description: description },
    description,
    effect: 'refused',
    detail: { refusal: description, ...detail },
  }
}

/** A read's answer. */
export function found(body: unknown): Reply {
  return { status: 200, body, description: 'Success', effect: 'read' }
}

/** 202 with `{}`, or more, as body (section 10 no. 5). */
export function accepted(change: Change, body: object = {}): Reply {
  return { status: 202, body, description: 'Accepted', effect: 'none', change }
}

/** Vendor instants are ISO 8601 in UTC. */
export function iso(at: number): string {
  return new Date(at).toISOString()
}
