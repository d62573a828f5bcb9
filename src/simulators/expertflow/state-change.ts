import type { Fault } from '../kit/faults.js'
import type { Journal } from '../kit/journal.js'
import type { PresenceEvent } from './presence.js'
import type { Site } from './site.js'
import type { GlobalState, MrdState, ReasonCode } from './vocabulary.js'

/** A change of state as it reached the vendor, over the socket or over REST. */
export type ChangeRequest =
  | { readonly kind: 'global'; readonly agentId: string; readonly state: GlobalState; readonly reason: ReasonCode | null }
  | { readonly kind: 'mrd'; readonly agentId: string; readonly mrdId: string; readonly state: MrdState }

/** Ways back to the sender; of a REST caller, who has his 200 already, to the agent's desk. */
export interface Sender {
  readonly errors?: (body: { task: string; msg: string; statusCode: number }) => void
  /** The server ends the session (`io server disconnect`). */
  readonly disconnect?: () => void
  /** The connection breaks. */
  readonly drop?: () => void
}

const LATE_MS = 500

/**
 * Plays one change, with at most one fault, and writes into the journal what it came to. The entry with `seq` must exist:
 * it was written on arrival.
 */
export function playChange(
  site: Site,
  journal: Journal,
  seq: number,
  request: ChangeRequest,
  fault: Fault | undefined,
  sender: Sender,
): void {
  const delayMs = fault?.delayMs ?? LATE_MS
  const now = (deliver: (events: PresenceEvent[]) => void): void => {
    // A reset may have come between arrival and a delayed effect.
    if (site.engine.find(request.agentId) === undefined) return
    const before = site.sessions.lastSent(request.agentId)
    const events = apply(site, request)
    journal.amend(seq, { effect: effectOf(events) })
    if (fault?.kind === 'late-old-event' && before !== undefined) {
      deliver(delayMs === 0 ? [...events, before] : events)
      if (delayMs > 0) setTimeout(() => site.sessions.emit(request.agentId, 'agentPresence', before), delayMs).unref()
    } else deliver(events)
  }
  const publish = (events: PresenceEvent[]): void => site.publish(request.agentId, events)
  const fail = (): void =>
    sender.errors?.({ task: 'changeAgentState', msg: fault?.body ?? 'Unable to change agent state', statusCode: fault?.status ?? 500 })
  switch (fault?.kind) {
    case undefined:
    case 'late-old-event':
      return now(publish)
    case 'silent':
    case 'lie':
    case 'hang':
      return
    case 'false-event':
      return site.publish(request.agentId, preview(site, request))
    case 'no-event':
      return now(() => undefined)
    case 'errors-event':
    case 'http-status':
      return fail()
    case 'errors-after-effect':
      now(publish)
      return fail()
    case 'duplicate-event':
      return now((events) => publish([...events, ...events]))
    case 'delayed-event':
      return now((events) => site.publish(request.agentId, events, delayMs))
    case 'delayed-effect':
    case 'slow':
      return void setTimeout(() => now(publish), delayMs).unref()
    case 'disconnect-socket':
      return sender.disconnect?.()
    case 'drop-before-effect':
      return sender.drop?.()
    case 'drop-after-effect':
      sender.drop?.()
      return now(publish)
  }
}

function apply(site: Site, request: ChangeRequest): PresenceEvent[] {
  return request.kind === 'global'
    ? site.changeGlobal(request.agentId, request.state, request.reason)
    : site.changeMrd(request.agentId, request.mrdId, request.state)
}

function preview(site: Site, request: ChangeRequest): PresenceEvent[] {
  return request.kind === 'global'
    ? site.engine.previewGlobal(request.agentId, request.state, request.reason)
    : site.engine.previewMrd(request.agentId, request.mrdId, request.state)
}

/** No event at all is the engine's way to drop a request (expertflow.md §8.5 row 6). */
function effectOf(events: readonly PresenceEvent[]): 'applied' | 'unchanged' | 'refused' {
  if (events.length === 0) return 'refused'
  return events.some((event) => event.agentStateChanged || event.mrdStateChanges.length > 0) ? 'applied' : 'unchanged'
}
