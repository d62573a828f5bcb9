import type { AgentHead, AgentStreamEvent, LinkStreamEvent, StreamDraft, StreamEvent } from '../events/event-log.js'
import type { AgentState, VIEW_SOURCES } from '../model/agent-state.js'
import { isFinal, type Command } from '../model/command.js'
import type { LinkStatus } from '../model/event.js'

/**
 * An event as the engines keep it: what they look at in parts of its own, everything else as one text.
 *
 * `body` is what two equal events have in common: the view without its source, the link's status and detail. `extra` is the view's
 * source and the state before it (`event/READY`), the link's status, or of a command `place:rank` (its `seq` and how far it has come: 0 accepted, 1 on its way, 2 ended).
 */
export interface EventRecord {
  readonly type: StreamDraft['type']
  /** '' where there is none. */
  readonly platform: string
  readonly agentId: string
  readonly at: number
  readonly extra: string
  readonly body: string
}

/**
 * How far an agent's commands were told: `<floor>,<place>:<rank>,<place>:<rank>,`. All up to the floor were told to their end, those that
 * are listed as far as their rank, all others not at all. The list is short, because the floor rises with every end that follows on it; it
 * has so many entries at most, then the floor jumps to the first end in the list.
 */
export const TOLD_COMMANDS = 32
/** So many places before the first command that is heard of may still be told of. */
export const TOLD_BEFORE = 8
export const HOUR_MS = 3_600_000

function rankOf({ status }: Command): 0 | 1 | 2 {
  if (isFinal(status)) return 2
  return status === 'accepted' ? 0 : 1
}

export function packEvent(draft: StreamDraft): EventRecord {
  const { type, at } = draft
  switch (draft.type) {
    case 'agent': {
      const { source, ...view } = draft.view
      return {
        type,
        platform: draft.platform,
        agentId: draft.agentId,
        at,
        extra: packOrigin(source, draft.from),
        body: JSON.stringify(view),
      }
    }
    case 'command': {
      const { platform, agentId, command } = draft
      return { type, platform, agentId, at, extra: `${command.seq}:${rankOf(command)}`, body: JSON.stringify(command) }
    }
    case 'link': {
      const { platform, status, detail } = draft
      return { type, platform, agentId: '', at, extra: status, body: JSON.stringify({ status, ...(detail !== undefined && { detail }) }) }
    }
    case 'gap':
      return { type, platform: '', agentId: '', at, extra: '', body: JSON.stringify({ dropped: draft.dropped }) }
  }
}

function packOrigin(source: string, from: AgentState | undefined): string {
  return from === undefined ? source : `${source}/${from}`
}

type Stored = EventRecord & { readonly cursor: number; readonly seq: number | undefined }

export function unpackEvent({ type, platform, agentId, at, extra, body, cursor, seq }: Stored): StreamEvent {
  const numbered = { cursor, ...(seq !== undefined && { seq }) }
  switch (type) {
    case 'agent':
      return unpackAgentEvent({ type, platform, agentId, at, extra, body, cursor, seq })
    case 'command':
      return { type, platform, agentId, at, command: JSON.parse(body) as Command, ...numbered }
    case 'link':
      return unpackLink(platform, at, body, cursor)
    case 'gap':
      return { type, at, dropped: (JSON.parse(body) as { readonly dropped: number }).dropped, cursor }
  }
}

function unpackAgentEvent({ platform, agentId, at, extra, body, cursor, seq }: Stored): AgentStreamEvent {
  const view = JSON.parse(body) as Omit<AgentStreamEvent['view'], 'source'>
  const [source, from] = extra.split('/') as [(typeof VIEW_SOURCES)[number], AgentState?]
  const told = { platform, agentId, at, view: { ...view, source }, ...(from !== undefined && { from }) }
  return { type: 'agent', ...told, cursor, ...(seq !== undefined && { seq }) }
}

export function unpackHead(head: Omit<Stored, 'type'>, downCursor: number): AgentHead {
  const { platform, agentId } = head
  return { platform, agentId, event: unpackAgentEvent({ ...head, type: 'agent' }), stale: head.cursor < downCursor }
}

export function unpackLink(platform: string, at: number, body: string, cursor: number): LinkStreamEvent {
  return { type: 'link', platform, at, ...(JSON.parse(body) as { readonly status: LinkStatus; readonly detail?: string }), cursor }
}
