import type { Clock } from '../../src/core/clock.js'
import type { EngineOptions } from '../../src/core/command-log.js'
import type { AgentStreamEvent, EventLog, LinkStreamEvent, StreamDraft, StreamEvent } from '../../src/core/events/event-log.js'
import { isFinal, type Command } from '../../src/core/model/command.js'
import { CtiError } from '../../src/core/model/error.js'

/** An agent of one platform as the log remembers it. */
interface Known {
  seq: number
  head?: AgentStreamEvent
  /** All commands up to this place were told to their end, unless they are in `told`: rank by place. */
  floor?: number
  readonly told: Map<number, number>
  /** The newest instant of what was told of it, new or not. */
  heard: number
}

const rankOf = ({ status }: Command): number => (isFinal(status) ? 2 : status === 'accepted' ? 0 : 1)
const sameText = (a: object, b: object): boolean => JSON.stringify(a) === JSON.stringify(b)
const withoutSource = ({ view: { source: _source, ...view } }: Pick<AgentStreamEvent, 'view'>): object => view
const bytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

/** Is this more than was told of the command before? Then it is remembered. */
function tell(known: Known, place: number, rank: number): boolean {
  const { told } = known
  let floor = known.floor ?? Math.max(0, place - 9)
  const before = told.get(place)
  if (before === undefined ? place <= floor : rank < before || (rank === before && rank !== 1)) return false
  told.set(place, rank)
  if (rank === 2 && place <= floor) told.delete(place)
  const rise = (): void => {
    while (told.get(floor + 1) === 2) told.delete((floor += 1))
  }
  rise()
  if (told.size > 32) {
    const ended = [...told].filter(([, how]) => how === 2).map(([at]) => at)
    if (ended.length === 0) told.delete(Math.min(...told.keys()))
    else told.delete((floor = Math.min(...ended)))
    rise()
  }
  known.floor = floor
  return true
}

/** The event log in memory, written to be read. */
export function createMemoryEventLog(clock: Pick<Clock, 'now'>, epoch: () => string, keep: number): EventLog {
  const events: StreamEvent[] = []
  const agents = new Map<string, Map<string, Known>>()
  const links = new Map<string, { event: LinkStreamEvent; down: number }>()
  let newest = 0

  async function step<T>(options: EngineOptions, run: () => T): Promise<T> {
    await Promise.resolve()
    if (clock.now() > options.deadline) throw new CtiError('STORE_UNAVAILABLE', { detail: 'deadline passed', retryAfterMs: 1000 })
    return structuredClone(run())
  }

  function knownOf(platform: string, agentId: string): Known {
    const ofPlatform = agents.get(platform) ?? new Map<string, Known>()
    agents.set(platform, ofPlatform)
    const known = ofPlatform.get(agentId) ?? { seq: 0, told: new Map(), heard: 0 }
    ofPlatform.set(agentId, known)
    return known
  }

  function push(event: StreamEvent): void {
    newest = event.cursor
    events.push(event)
    if (events.length > keep) events.shift()
  }

  function add(draft: StreamDraft): void {
    const cursor = newest + 1
    if (draft.type === 'gap') return push({ ...draft, cursor })
    if (draft.type === 'link') {
      const { at: _at, ...said } = draft
      const last = links.get(draft.platform)
      if (last !== undefined) {
        const { at: _then, cursor: _cursor, ...before } = last.event
        if (sameText({ ...before }, { ...said })) return
      }
      const event = { ...draft, cursor }
      links.set(draft.platform, { event, down: draft.status === 'down' ? cursor : (last?.down ?? 0) })
      return push(event)
    }
    const known = knownOf(draft.platform, draft.agentId)
    known.heard = Math.max(known.heard, draft.at)
    if (draft.type === 'agent') {
      const { head } = known
      const down = links.get(draft.platform)?.down ?? 0
      if (head !== undefined && head.cursor > down && sameText(withoutSource(head), withoutSource(draft))) return
      known.head = { ...draft, cursor, seq: (known.seq += 1) }
      return push(known.head)
    }
    const [place, rank] = [draft.command.seq, rankOf(draft.command)]
    if (!tell(known, place, rank)) return
    return push({ ...draft, cursor, seq: (known.seq += 1) })
  }

  return {
    append: (drafts, options) => step(options, () => structuredClone(drafts).forEach(add)),
    after: (cursor, limit, options) =>
      step(options, () => ({
        epoch: epoch(),
        events: events.filter((event) => event.cursor > cursor).slice(0, limit),
        oldest: events[0]?.cursor ?? 0,
        newest,
      })),
    heads: (platform, after, limit, options) =>
      step(options, () =>
        [...(agents.get(platform) ?? [])]
          .filter(([agentId]) => after === undefined || bytes(agentId, after) > 0)
          .sort(([a], [b]) => bytes(a, b))
          .flatMap(([agentId, { head }]) => {
            const down = links.get(platform)?.down ?? 0
            return head === undefined ? [] : [{ platform, agentId, event: head, stale: head.cursor < down }]
          })
          .slice(0, limit),
      ),
    forget: (before, platforms, options) =>
      step(options, () => {
        let forgotten = 0
        for (const [platform, known] of agents) {
          for (const [agentId, { heard }] of known) if (heard < before && known.delete(agentId)) forgotten += 1
          if (known.size === 0) agents.delete(platform)
        }
        for (const [platform, { event }] of links) {
          if (!platforms.includes(platform) && event.at < before && !agents.has(platform)) links.delete(platform)
        }
        return forgotten
      }),
    links: (options) =>
      step(options, () => [...links.values()].map(({ event }) => event).sort((a, b) => (a.platform < b.platform ? -1 : 1))),
  }
}
