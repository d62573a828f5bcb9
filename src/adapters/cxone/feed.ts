import type { EventSink, LinkHealth, Logger } from '../../core/adapter.js'
import type { Clock } from '../../core/clock.js'
import type { AgentView } from '../../core/model/agent-state.js'
import { CtiError, toCtiError } from '../../core/model/error.js'
import type { LinkStatus } from '../../core/model/event.js'
import type { Api } from './api.js'
import { instantOf, listOf, numberOf, pick, textOf } from './lenient.js'
import type { CxoneOptions } from './options.js'
import { nextBySkip, nextPage } from './paging.js'
import type { ApiRequest } from './requests.js'
import { TURN, type Turn } from './throttle.js'
import { agentIdOf, viewOfRow, type Memories } from './views.js'

/** The state feed of all agents: polls of `agents/states` (vendors/cxone.md section 4.2). */
export interface Feed {
  start(sink: EventSink): void
  stop(): void
  health(): LinkHealth
  /** All agents now, by a complete read. */
  list(signal: AbortSignal): Promise<readonly AgentView[]>
  /** The vendor's clock minus ours, ms; 0 until it was asked. */
  readonly clockOffsetMs: number
}

export interface FeedParts {
  readonly api: Api
  readonly clock: Clock
  readonly log: Logger
  readonly memories: Memories
  readonly isHeld: (agentId: string) => boolean
}

/** Without `lastPollTime` the next poll overlaps by this much, ms. */
const OVERLAP_MS = 5000
const MAX_PAGES = 20_000
const DOWN_AFTER = 2
const MAX_PAUSE_MS = 30_000

/**
 * First poll complete, then what changed since the vendor's own `lastPollTime`; after the link was down complete again.
 *
 * Guarantees: unchanged rows are not reported twice, but after link loss everything is; times are the vendor's; a failed trust
 * check (409) is a matter of configuration and ends the feed (section 5.2). Without a feed (`feed.enabled: false`) only the link is
 * watched, by asking for the platform's clock at the same pace.
 */
export function createFeed(options: CxoneOptions, parts: FeedParts): Feed {
  const { api, clock, log, memories } = parts
  let link: LinkHealth = { status: 'connecting', since: clock.now() }
  let sink: EventSink | undefined
  let running: AbortController | undefined
  let clockOffsetMs = 0
  let since: string | undefined
  let seen = new Map<string, string>()

  const setLink = (status: LinkStatus, detail?: string): void => {
    if (link.status === status) return
    link = { status, since: clock.now(), ...(detail !== undefined && { detail }) }
    sink?.link({ status, side: 'agents/states', ...(detail !== undefined && { detail }) })
  }

  const sweep = async (
    updatedSince: string | undefined,
    turn: Turn,
    signal: AbortSignal,
    onRow: (row: unknown) => void,
  ): Promise<string | undefined> => {
    let mark: string | undefined
    let before: readonly unknown[] = []
    let request: ApiRequest | undefined = {
      method: 'GET',
      path: 'agents/states',
      parameters: { ...(updatedSince !== undefined && { updatedSince }), top: String(options.feed.pageSize), skip: '0' },
    }
    for (let page = 0; request !== undefined && page < MAX_PAGES; page += 1) {
      const { status, data }: { status: number; data: unknown } = await api.call(request, { call: 'list-states', signal, turn })
      if (status === 204) break
      const rows = listOf(data, 'agentStates')
      if (rows === undefined)
        throw new CtiError('VENDOR_PROTOCOL', { detail: 'agents/states answered something else than states', effect: 'none' })
      rows.forEach(onRow)
      // The first page's mark: what changes while later pages are read is then reported again, not lost.
      mark ??= textOf(pick(data, 'lastPollTime')) ?? newestMark(rows)
      request = rows.length === 0 ? undefined : (nextPage(data) ?? nextBySkip(data, request, rows, before))
      before = rows
    }
    return mark
  }

  const viewOf = (row: unknown, source: 'event' | 'read'): AgentView | undefined => {
    const agentId = agentIdOf(row)
    if (agentId === undefined) return undefined
    const settings = { reasonKeys: options.reasonKeys, source, now: clock.now(), held: parts.isHeld(agentId) }
    return viewOfRow(agentId, row, memories.of(agentId), settings)
  }

  const report = (row: unknown): void => {
    const view = viewOf(row, 'event')
    if (view === undefined) return
    const print = [view.state, view.pendingState, view.reason?.id, view.since, view.vendorState].join('|')
    if (seen.get(view.agentId) === print) return
    seen.set(view.agentId, print)
    sink?.agent({ agentId: view.agentId, view, ...(view.since !== undefined && { occurredAt: view.since }) })
  }

  const askClock = async (signal: AbortSignal): Promise<void> => {
    const before = clock.now()
    const { data } = await api.call({ method: 'GET', path: 'server-time' }, { call: 'server-time', signal, turn: TURN.feed })
    const server = instantOf(pick(data, 'ServerTime'))
    if (server !== undefined) clockOffsetMs = server - (before + clock.now()) / 2
  }

  const pollOnce = async (signal: AbortSignal): Promise<void> => {
    if (!options.feed.enabled) {
      await askClock(signal) // the cheapest read tells whether the platform is there
      setLink('up')
      return
    }
    if (since === undefined) {
      seen = new Map()
      await askClock(signal).catch((error: unknown) => log.debug({ err: toCtiError(error).message }, 'server-time not readable'))
    }
    const startedAt = clock.now() + clockOffsetMs
    const mark = await sweep(since, TURN.feed, signal, report)
    since = mark ?? since ?? new Date(startedAt - OVERLAP_MS).toISOString()
    setLink('up')
  }

  const loop = async (signal: AbortSignal): Promise<void> => {
    let failures = 0
    while (!signal.aborted) {
      let pause = options.feed.intervalMs
      try {
        await pollOnce(signal)
        failures = 0
      } catch (error) {
        if (signal.aborted) return
        failures += 1
        const failure = toCtiError(error)
        log.warn({ vendorCode: failure.fault?.code ?? failure.code, failures, err: failure.message }, 'state poll failed')
        if (failure.fault?.httpStatus === 409) {
          setLink('down', failure.message)
          return
        }
        if (failures >= DOWN_AFTER || failure.code === 'VENDOR_AUTH') {
          since = undefined
          setLink('down', failure.message)
        } else setLink('degraded', failure.message)
        pause = Math.max(failure.retryAfterMs ?? 0, Math.min(MAX_PAUSE_MS, pause * 2 ** Math.min(failures - 1, 5)))
      }
      await clock.sleep(pause, signal).catch(() => undefined)
    }
  }

  return {
    get clockOffsetMs() {
      return clockOffsetMs
    },
    health: () => link,
    start(given) {
      sink = given
      if (running !== undefined) return
      running = new AbortController()
      given.link({ status: 'connecting', side: 'agents/states' })
      void loop(running.signal)
    },
    stop() {
      running?.abort(new Error('stopped'))
      running = undefined
      sink = undefined
    },
    async list(signal) {
      const views: AgentView[] = []
      await sweep(undefined, TURN.read, signal, (row) => {
        const view = viewOf(row, 'read')
        if (view !== undefined) views.push(view)
      })
      return views
    },
  }
}

/** v23 rows carry the poll time themselves (section 4.2): the newest of them. */
function newestMark(rows: readonly unknown[]): string | undefined {
  let newest: { text: string; at: number } | undefined
  for (const row of rows) {
    const text = textOf(pick(row, 'lastPollTime'))
    const at = instantOf(text) ?? numberOf(text)
    if (text !== undefined && at !== undefined && (newest === undefined || at > newest.at)) newest = { text, at }
  }
  return newest?.text
}
