import type { Logger } from '../adapter.js'
import type { Clock } from '../clock.js'
import type { Beat } from '../site/engine-registry.js'
import type { EventLog, StreamDraft, StreamView } from './event-log.js'
import type { AgentState, AgentView } from '../model/agent-state.js'
import { agentKey, type Command } from '../model/command.js'
import type { LinkEvent } from '../model/event.js'
import { toCtiError } from '../model/error.js'
import type { Presence } from '../agents/presence.js'
import { sameView } from './same-view.js'

/**
 * Writes what changes here into the event log: views, links, commands.
 *
 * Guarantees: whoever makes the change waits for nothing. What happens within 20 ms is one step of the engine, in which of each agent
 * the newest view and of each command the newest status is told; a lost link is told even when it is back already. While the engine is
 * away, memory is bounded (one view per agent, `MAX_COMMANDS` commands, the oldest go first) and nothing but those commands is lost; the
 * stream says how many they were.
 */
export interface EventPublisher {
  command(command: Command): void
  /** The owner of this platform's link is not heard of any more: said by those who hear nothing, because the owner cannot. */
  silent(platform: string): void
  /** What happened to this platform's agents until now was heard by nobody: views from before are old. */
  unheard(platform: string): void
  /** Tells all views anew: the log is not the one that they were told to. */
  again(): void
  /** Stores what is waiting, within the bound, and ends. */
  stop(graceMs: number): Promise<void>
}

export interface EventPublisherParts {
  readonly events: Pick<EventLog, 'append'>
  readonly presence: Pick<Presence, 'observe' | 'observeLinks' | 'list' | 'get'>
  readonly platforms: readonly string[]
  /** Of a platform with one link per site only its owner tells: the others have it from the owner. */
  readonly mayTell: (platform: string) => boolean
  readonly clock: Clock
  readonly logger: Logger
  readonly storeTimeoutMs: number
  /** Called when events have been appended, with how many were handed over. */
  readonly onAppended?: (count: number) => void
  readonly onDropped?: () => void
  readonly maxCommands?: number
}

const BATCH_MS = 20
/** Events of one step of the engine: it serves nobody else meanwhile. */
const BATCH = 200
const AGAIN_MS = 500
const MAX_COMMANDS = 10_000
const HOUR_MS = 3_600_000

/** For the signs of life: calls back when the engine is not the one that it was, that is, emptied or put back to an older state. */
export function createEpochWatch(onOther: () => void): (beat: Pick<Beat, 'epoch'>) => void {
  let known: string | undefined
  return ({ epoch }) => {
    const other = known !== undefined && known !== epoch
    known = epoch
    if (other) onOther()
  }
}

/**
 * Has another day begun for this agent between the two observations? Then it is told although there is no news, so that the event log knows
 * that it is still there. Days of agents begin at different hours: a large site is not told all at once.
 */
function isNewDay(agentId: string, before: number, after: number): boolean {
  const shift = (agentId.charCodeAt(agentId.length - 1) % 24) * HOUR_MS
  const dayOf = (at: number): number => Math.floor((at + shift) / (24 * HOUR_MS))
  return dayOf(before) !== dayOf(after)
}

/** A view or a link, in the order in which they became so. */
type Told = { readonly platform: string; readonly at: number } & (
  { readonly view: AgentView; readonly from: AgentState | undefined } | { readonly link: LinkEvent }
)

export function createEventPublisher(parts: EventPublisherParts): EventPublisher {
  const { events, presence, mayTell, clock, logger, maxCommands = MAX_COMMANDS } = parts
  const states = new Map<string, Told>()
  const commands = new Map<string, { readonly at: number; readonly command: Command }>()
  let dropped = 0
  let cancel: (() => void) | undefined
  let busy: Promise<void> | undefined
  let failing = false

  function put(key: string, told: Told): void {
    states.delete(key)
    states.set(key, told)
    schedule(BATCH_MS)
  }

  function schedule(ms: number): void {
    if (cancel === undefined && busy === undefined) cancel = clock.after(ms, () => void flush())
  }

  /** Views that are told as one have the state before the first of them. */
  function view(platform: string, after: AgentView, before?: AgentView): void {
    const key = agentKey(platform, after.agentId)
    const waits = states.get(key)
    const from = waits !== undefined && 'view' in waits ? waits.from : before?.state
    put(key, { platform, at: after.observedAt, view: after, from })
  }

  /** A loss is kept beside what came after it, so that views from before it are known to be old. */
  function link(platform: string, event: LinkEvent): void {
    const [down, other] = [`down ${platform}`, `link ${platform}`]
    states.delete(other)
    put(event.status === 'down' ? down : other, { platform, at: clock.now(), link: event })
  }

  function draftsOf(
    told: readonly Told[],
    of: readonly { readonly at: number; readonly command: Command }[],
    missing: number,
  ): StreamDraft[] {
    const drafts: StreamDraft[] = told.map((one) => ('view' in one ? agentDraft(one.platform, one.view, one.from) : linkDraft(one)))
    if (missing > 0) drafts.push({ type: 'gap', at: clock.now(), dropped: missing })
    for (const { at, command } of of) drafts.push({ type: 'command', platform: command.platform, agentId: command.agentId, at, command })
    return drafts
  }

  /** What has been stored is forgotten, unless it has become newer meanwhile. */
  async function storeSome(): Promise<void> {
    const told = firstOf(states, BATCH)
    const some = firstOf(commands, BATCH - told.length)
    const missing = dropped
    const drafts = draftsOf(
      told.map(([, one]) => one),
      some.map(([, one]) => one),
      missing,
    )
    await events.append(drafts, { deadline: clock.now() + parts.storeTimeoutMs })
    for (const [key, one] of told) if (states.get(key) === one) states.delete(key)
    for (const [key, one] of some) if (commands.get(key) === one) commands.delete(key)
    dropped -= missing
    parts.onAppended?.(drafts.length)
  }

  const waiting = (): boolean => states.size > 0 || commands.size > 0 || dropped > 0

  /** A full batch is followed by the next one at once. */
  async function store(): Promise<number> {
    try {
      do await storeSome()
      while (states.size + commands.size >= BATCH)
      if (failing) logger.info({}, 'events are stored again')
      failing = false
      return BATCH_MS
    } catch (error) {
      if (!failing) logger.warn({ err: toCtiError(error).message }, 'events are not stored; it is tried again')
      failing = true
      return AGAIN_MS
    }
  }

  function flush(): Promise<void> {
    cancel?.()
    cancel = undefined
    busy ??= store().then((pause) => {
      busy = undefined
      if (waiting()) schedule(pause)
    })
    return busy
  }

  const ends = [
    presence.observe((platform, before, after) => {
      const isNews = before === undefined || !sameView(before, after) || isNewDay(after.agentId, before.observedAt, after.observedAt)
      if (isNews && mayTell(platform)) view(platform, after, before)
    }),
    presence.observeLinks((platform, event) => {
      if (!mayTell(platform)) return
      if (event.agentId === undefined) return link(platform, event)
      const known = event.status === 'down' ? presence.get(platform, event.agentId) : undefined
      if (known !== undefined) view(platform, known)
    }),
  ]

  return {
    command(command) {
      commands.delete(command.id)
      commands.set(command.id, { at: clock.now(), command })
      if (commands.size > maxCommands) {
        commands.delete(commands.keys().next().value as string)
        dropped += 1
        parts.onDropped?.()
      }
      schedule(BATCH_MS)
    },
    silent: (platform) => link(platform, { status: 'down', detail: 'the process that had the link is silent' }),
    unheard: (platform) => link(platform, { status: 'down', detail: 'the gateway was started' }),
    again() {
      for (const platform of parts.platforms) if (mayTell(platform)) for (const known of presence.list(platform)) view(platform, known)
    },
    async stop(graceMs) {
      for (const end of ends) end()
      const rest = async (): Promise<void> => {
        await busy
        if (waiting()) await flush()
      }
      await Promise.race([rest(), clock.sleep(graceMs)])
      cancel?.()
      cancel = undefined
      states.clear()
      commands.clear()
      dropped = 0
    },
  }
}

function agentDraft(platform: string, view: AgentView, from: AgentState | undefined): StreamDraft {
  const { observedAt, vendor: _vendor, ...told } = view
  return { type: 'agent', platform, agentId: view.agentId, at: observedAt, view: told satisfies StreamView, ...(from && { from }) }
}

function linkDraft({ platform, at, link }: Extract<Told, { link: LinkEvent }>): StreamDraft {
  return { type: 'link', platform, at, status: link.status, ...(link.detail !== undefined && { detail: link.detail }) }
}

/** The oldest entries of a map, without a copy of all. */
function firstOf<V>(map: ReadonlyMap<string, V>, count: number): readonly (readonly [string, V])[] {
  const entries: (readonly [string, V])[] = []
  for (const entry of map) {
    if (entries.length >= count) break
    entries.push(entry)
  }
  return entries
}
