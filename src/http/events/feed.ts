import type { Logger } from '../../core/adapter.js'
import type { Clock } from '../../core/clock.js'
import type { EngineOptions } from '../../core/command-log.js'
import type { EventLog, StreamEvent } from '../../core/events/event-log.js'
import type { EventTail } from '../../core/events/event-tail.js'
import { toCtiError } from '../../core/model/error.js'
import { seesEvent } from './filter.js'
import { frame, positionText, type Position } from './frames.js'
import type { Group } from './groups.js'
import type { Reader } from './reader.js'
import { snapshotOf } from './snapshot.js'

export type GapReason = 'too-old' | 'other-epoch' | 'unknown'

/** Brings readers from where they are to where the tail is, at their own pace, and lets them join it there. */
export interface Feed {
  begin(reader: Reader, group: Group, from: Position | 'unknown' | undefined): Promise<void>
  /** The stream that this reader was told of does not go on: a gap, and a new beginning. */
  again(reader: Reader, group: Group, reason: GapReason): Promise<void>
}

export interface FeedParts {
  readonly tail: EventTail
  readonly log: Pick<EventLog, 'after'>
  readonly clock: Clock
  readonly logger: Logger
  readonly within: () => EngineOptions
  readonly delivered: (count: number) => void
}

const PAGE = 500
/** After the engine did not answer, ms. The reader stays. */
const AGAIN_MS = 500
/** Another process may have been ahead of this one by a moment, ms. */
const AHEAD_LOOK_MS = 20
const AHEAD_MS = 2_000

export function createFeed({ tail, log, clock, logger, within, delivered }: FeedParts): Feed {
  function gap(reader: Reader, reason: GapReason, from?: Position): void {
    const { state } = tail
    const data = { reason, ...(from && { from: positionText(from) }), ...(state && { to: positionText(state) }) }
    reader.write(Buffer.from(frame({ event: 'gap', data })))
  }

  async function snapshot(reader: Reader, group: Group): Promise<Position | undefined> {
    const { state } = tail
    if (state === undefined) return undefined
    const { epoch, cursor, frames } = await snapshotOf(group, state, clock)
    for (const chunk of frames) {
      reader.write(chunk)
      await reader.drained()
    }
    return { epoch, cursor }
  }

  /** A cursor that this process has not come to yet may be another's, who was a moment faster, or nobody's. */
  async function awaitTail({ epoch, cursor }: Position): Promise<boolean> {
    const until = clock.monotonic() + AHEAD_MS
    for (;;) {
      const { state } = tail
      if (state === undefined || state.epoch !== epoch) return false
      if (state.cursor >= cursor) return true
      if (clock.monotonic() >= until) return false
      tail.poke()
      await clock.sleep(AHEAD_LOOK_MS)
    }
  }

  /** The next events behind this cursor, not beyond the tail; undefined: they are kept no more. */
  async function next(cursor: number, upTo: number): Promise<readonly StreamEvent[] | undefined> {
    const remembered = tail.recent(cursor)
    if (remembered !== undefined) return remembered.slice(0, PAGE)
    const { events } = await log.after(cursor, PAGE, within())
    const [first] = events
    return first?.cursor === cursor + 1 ? events.filter((event) => event.cursor <= upTo) : undefined
  }

  function tell(reader: Reader, group: Group, epoch: string, events: readonly StreamEvent[]): void {
    const frames = events
      .flatMap((event) => (seesEvent(group.filter, event) ? group.frameOf(epoch, event) : []))
      .filter((text) => text !== '')
    if (frames.length === 0) return
    reader.write(Buffer.from(frames.join('')))
    delivered(frames.length)
  }

  /** Until it has come to where the tail is: then it joins, in the same turn of the loop, so that nothing is missed and nothing doubled. */
  async function follow(reader: Reader, group: Group, from: Position | undefined): Promise<void> {
    let position = from
    while (!reader.closed) {
      const { state } = tail
      if (state === undefined) return reader.end('failed')
      if (position === undefined) {
        position = await snapshot(reader, group)
      } else if (position.epoch !== state.epoch) {
        gap(reader, 'other-epoch', position)
        position = undefined
      } else if (position.cursor === state.cursor) {
        group.readers.add(reader)
        return
      } else if (position.cursor > state.cursor) {
        if (await awaitTail(position)) continue
        gap(reader, 'unknown', position)
        position = undefined
      } else {
        position = await step(reader, group, position, state.cursor)
      }
    }
  }

  /** What cannot be read now is read later; the reader hears heart-beats meanwhile. */
  async function step(reader: Reader, group: Group, { epoch, cursor }: Position, upTo: number): Promise<Position | undefined> {
    let events: readonly StreamEvent[] | undefined
    try {
      events = await next(cursor, upTo)
    } catch (error) {
      logger.debug({ err: toCtiError(error).message }, 'a reader of events waits for the event log')
      await clock.sleep(AGAIN_MS)
      return { epoch, cursor }
    }
    if (events === undefined) {
      gap(reader, 'too-old', { epoch, cursor })
      return undefined
    }
    tell(reader, group, epoch, events)
    await reader.drained()
    return { epoch, cursor: events.at(-1)?.cursor ?? cursor }
  }

  async function run(reader: Reader, group: Group, from: Position | undefined): Promise<void> {
    try {
      await follow(reader, group, from)
    } catch (error) {
      logger.error({ err: error instanceof Error ? error.stack : String(error) }, 'a stream of events failed')
      reader.end('failed')
    }
  }

  return {
    begin(reader, group, from) {
      if (from === 'unknown') gap(reader, 'unknown')
      return run(reader, group, from === 'unknown' ? undefined : from)
    },
    again(reader, group, reason) {
      gap(reader, reason)
      return run(reader, group, undefined)
    },
  }
}
