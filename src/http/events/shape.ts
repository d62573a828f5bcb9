import type { AgentStreamEvent, LinkStreamEvent, StreamEvent } from '../../core/events/event-log.js'
import type { KnownAgent } from '../../core/events/event-projection.js'
import type { components } from '../../generated/gateway.js'
import { presentCommand, presentState } from '../present.js'

type Schemas = components['schemas']

/** One message of a stream of server-sent events, before it is framed. */
export interface StreamMessage {
  readonly event: string
  readonly data: object
}

/**
 * The words in which a reader is told. Each event is put into words once for all readers of the same shape, however many there are; the
 * cursor (`id`) is added by whoever frames it. Must be pure.
 */
export interface StreamShape {
  /** Readers of the same name share what is written. */
  readonly name: string
  /** Undefined: an event that this shape does not tell. */
  tell(event: StreamEvent): StreamMessage | undefined
  /** One agent in the list with which a newcomer begins; undefined: left out. */
  known(agent: KnownAgent): object | undefined
  knownLink(link: LinkStreamEvent): object | undefined
}

const iso = (ms: number): string => new Date(ms).toISOString()

function presentAgent({ platform, agentId, seq = 0, at, view }: AgentStreamEvent, stale = false): Schemas['AgentStreamEvent'] {
  const known = { ...view, observedAt: at, stale: view.stale || stale }
  return { platform, agentId, seq, at: iso(at), state: presentState(platform, known, undefined) }
}

function presentLink({ platform, at, status, detail }: LinkStreamEvent): Schemas['LinkStreamEvent'] {
  return { platform, status, at: iso(at), ...(detail !== undefined && { detail }) }
}

/** Views as GET …/state has them, commands as GET /v1/commands/{id} has them. */
export const GATEWAY_SHAPE: StreamShape = {
  name: 'gateway',
  tell(event) {
    switch (event.type) {
      case 'agent':
        return { event: 'agent', data: presentAgent(event) }
      case 'command': {
        const { platform, agentId, seq = 0, at, command } = event
        const data = { platform, agentId, seq, at: iso(at), command: presentCommand(command) } satisfies Schemas['CommandStreamEvent']
        return { event: 'command', data }
      }
      case 'link':
        return { event: 'link', data: presentLink(event) }
      case 'gap':
        return { event: 'gap', data: { reason: 'dropped', dropped: event.dropped } satisfies Schemas['StreamGap'] }
    }
  },
  known: ({ event, stale }) => presentAgent(event, stale),
  knownLink: presentLink,
}
