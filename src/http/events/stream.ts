import type { ServerResponse } from 'node:http'
import type { Logger } from '../../core/adapter.js'
import type { Clock } from '../../core/clock.js'
import type { EngineOptions } from '../../core/command-log.js'
import type { EventLog, StreamEvent } from '../../core/events/event-log.js'
import { createEventTail, type TailListener, type TailState } from '../../core/events/event-tail.js'
import { CtiError } from '../../core/model/error.js'
import type { Keyring } from '../keyring.js'
import type { Principal } from '../principal.js'
import { createFeed } from './feed.js'
import type { EventFilter } from './filter.js'
import { heartbeat, type Position } from './frames.js'
import { createGroups, type Group } from './groups.js'
import { createReader, type EndReason, type Reader } from './reader.js'
import type { StreamShape } from './shape.js'

/** Somebody who wants to be told. */
export interface Subscription {
  readonly response: ServerResponse
  readonly principal: Principal
  readonly filter: EventFilter
  readonly shape: StreamShape
  /** Where the reader was before. `unknown`: it named a place that is none of ours. Missing: it is new. */
  readonly from?: Position | 'unknown'
}

/**
 * All streams of events of this process.
 *
 * Guarantees: every reader is told every event that its filter lets through, once, in the order of the log, from where it begins; or it is
 * told that there is a gap, and begins anew. An event is put into words once for all readers of a shape, and written once for all of a group.
 */
export interface EventStreams {
  /** Begins a stream. Fails, before anything is sent: STORE_UNAVAILABLE, TOO_MANY_READERS, STOPPING. */
  open(subscription: Subscription): Promise<void>
  /** The log has something new. */
  poke(): void
  readonly readers: number
  /** Ends all streams, telling the readers to come back elsewhere. */
  stop(): void
}

export interface StreamMetrics {
  readonly delivered: (count: number) => void
  readonly ended: (reason: EndReason) => void
  /** ms from the newest event to its delivery. */
  readonly lag: (ms: number) => void
}

export interface EventStreamsParts {
  readonly log: EventLog
  readonly platforms: readonly string[]
  readonly clock: Clock
  readonly logger: Logger
  readonly storeTimeoutMs: number
  readonly maxReaders: number
  readonly keyring: Pick<Keyring, 'stillValid' | 'onChange'>
  readonly metrics: StreamMetrics
  /** Called when the first reader has come: what has not been looked at yet may be worth a look. */
  readonly onFirst: () => void
}

export const HEARTBEAT_MS = 15_000
const CHECK_MS = 1_000

export function createEventStreams(parts: EventStreamsParts): EventStreams {
  const { clock, logger, metrics, keyring, maxReaders } = parts
  const groups = createGroups()
  const readers = new Set<Reader>()
  let coming = 0
  let stopped = false

  function advanced(events: readonly StreamEvent[], { epoch }: TailState): void {
    const told = new Map<Group, string[]>()
    for (const event of events) {
      for (const group of groups.toldOf(event)) {
        const text = group.readers.size === 0 ? '' : group.frameOf(epoch, event)
        if (text === '') continue
        const frames = told.get(group)
        if (frames === undefined) told.set(group, [text])
        else frames.push(text)
      }
    }
    for (const [group, frames] of told) {
      const chunk = Buffer.from(frames.join(''))
      metrics.delivered(frames.length * group.readers.size)
      for (const reader of group.readers) reader.write(chunk)
    }
    const newest = events.at(-1)
    if (newest !== undefined) metrics.lag(Math.max(0, clock.now() - newest.at))
  }

  const listener: TailListener = {
    advanced,
    restarted(reason) {
      for (const group of groups.all()) {
        // One from before leads to events that are kept no more: whoever got it would be told the gap again and again.
        group.snapshot = undefined
        const behind = [...group.readers]
        group.readers.clear()
        for (const reader of behind) void feed.again(reader, group, reason)
      }
    },
  }
  const within = (): EngineOptions => ({ deadline: clock.now() + parts.storeTimeoutMs })
  const tail = createEventTail({ ...parts, listener })
  const feed = createFeed({ tail, log: parts.log, clock, logger, within, delivered: metrics.delivered })

  function beat(): void {
    const { state } = tail
    const attached = new Set<Reader>()
    const known = heartbeat(state)
    for (const group of groups.all()) {
      for (const reader of group.readers) {
        attached.add(reader)
        reader.write(known)
      }
    }
    const plain = heartbeat()
    for (const reader of readers) if (!attached.has(reader)) reader.write(plain)
  }

  const ends = [
    clock.every(CHECK_MS, () => readers.forEach((reader) => reader.check())),
    clock.every(HEARTBEAT_MS, beat),
    keyring.onChange(() => readers.forEach((reader) => keyring.stillValid(reader.principal) || reader.end('revoked'))),
  ]

  function begin({ response, principal, filter, shape, from }: Subscription): void {
    const group = groups.join(filter, shape)
    const reader = createReader({
      response,
      principal,
      clock,
      onClose(reason) {
        readers.delete(reader)
        group.readers.delete(reader)
        groups.leave(group)
        tail.leave()
        if (reason !== undefined) metrics.ended(reason)
      },
    })
    readers.add(reader)
    void feed.begin(reader, group, from)
  }

  return {
    async open(subscription) {
      if (stopped) throw new CtiError('STOPPING', { retryAfterMs: 1000 })
      if (readers.size + coming >= maxReaders) {
        throw new CtiError('TOO_MANY_READERS', { detail: `${maxReaders} readers are connected to this process`, retryAfterMs: 5000 })
      }
      const first = tail.state === undefined
      coming += 1
      try {
        await tail.enter()
      } finally {
        coming -= 1
      }
      if (stopped || subscription.response.destroyed || subscription.response.socket === null) tail.leave()
      else begin(subscription)
      if (first) parts.onFirst()
    },
    poke: () => tail.poke(),
    get readers() {
      return readers.size
    },
    stop() {
      stopped = true
      for (const end of ends) end()
      for (const reader of [...readers]) reader.end('stopping')
      tail.stop()
    },
  }
}
