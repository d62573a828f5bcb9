import type { EventSink, LinkHealth } from '../../core/adapter.js'
import type { Clock } from '../../core/clock.js'
import type { LinkStatus } from '../../core/model/event.js'
import type { ExpertflowOptions } from './options.js'

/** What is known of the ways to the platform. */
export interface HealthBook {
  /** One call was answered by the service itself, or was not. */
  rest(reached: boolean): void
  supervisor(up: boolean, detail?: string): void
  get(): LinkHealth
}

/** So many REST calls must fail one after the other before REST counts as failing; a single answer of 500 is not an outage. */
const FAILURES = 3

/**
 * REST and supervisor socket → one health. Desk sockets are links of single agents and tell for themselves.
 *
 * `down` makes every view stale, so it is said only where REST is the sole source of views; a headless desk's own socket goes on
 * telling the truth while REST is away.
 */
export function createHealthBook(options: ExpertflowOptions, clock: Clock, sink: EventSink): HealthBook {
  let answered = false
  let failures = 0
  let socket: { readonly up: boolean; readonly detail: string | undefined } | undefined
  let last: LinkHealth = { status: 'connecting', since: clock.now() }
  const wantsSocket = options.supervisor !== undefined && options.sessionModel !== 'in-cluster-rest'

  const status = (): LinkStatus => {
    if (failures >= FAILURES) return options.sessionModel === 'headless-desk' && socket?.up !== false ? 'degraded' : 'down'
    if (wantsSocket && socket === undefined) return 'connecting'
    if (wantsSocket && socket?.up === false) return 'degraded'
    return !answered && !wantsSocket ? 'connecting' : 'up'
  }
  const detail = (): string | undefined => {
    if (failures >= FAILURES) return 'REST calls fail'
    return socket?.up === false ? `supervisor session: ${socket.detail ?? 'down'}` : undefined
  }
  const update = (): void => {
    const now = status()
    const why = detail()
    if (now === last.status && why === last.detail) return
    last = { status: now, since: now === last.status ? last.since : clock.now(), ...(why !== undefined && { detail: why }) }
    sink.link({ status: now, ...(why !== undefined && { detail: why }) })
  }

  return {
    rest(reached) {
      answered ||= reached
      failures = reached ? 0 : failures + 1
      update()
    },
    supervisor(up, why) {
      socket = { up, detail: why }
      update()
    },
    get: () => last,
  }
}
