import type { Logger } from '../adapter.js'
import type { Clock } from '../clock.js'
import { createBusCore, NotSent, type BusCore } from './bus-core.js'
import type { EngineTime } from './deadline.js'
import type { Run } from './redis-batch.js'

/** The part of a client, single or of a cluster, that listening needs. */
export interface Subscriber {
  subscribe(channel: string): Promise<unknown>
  ping(): Promise<unknown>
  on(event: 'message', listener: (channel: string, text: string) => void): unknown
  disconnect(): void
}

export interface RedisBusParts {
  readonly clock: Clock
  readonly log: Logger
  readonly time: EngineTime
  readonly run: Run
  /** A connection of its own, with an offline queue: it subscribes again by itself when it was lost. */
  readonly subscriber: Subscriber
  /** Publishing knows no database numbers, so that this carries the number. */
  readonly channel: string
  readonly sender: string
  /** True when this error proves that nothing was published, and the same may be published later. */
  readonly notSent: (error: unknown) => boolean
}

const MAX_FRAME_BYTES = 256 * 1024
/** What waits longer in a frozen Redis is no news any more. */
const FRESH_MS = 1000
const SUBSCRIBE_WITHIN_MS = 2000
/** Finds a connection that is dead without saying so; the client's socket timeout ends it. */
const PING_EVERY_MS = 5000

/**
 * The bus on Redis's publish and subscribe. Publishing is a script on our own slot, so that in a cluster every message takes the
 * way of the one before it and cannot overtake.
 */
export async function createRedisBus(parts: RedisBusParts): Promise<BusCore> {
  const { clock, time, run, subscriber, channel, sender, notSent } = parts
  async function send(frames: readonly string[]): Promise<void> {
    try {
      await run('ctiPublish', time.in(FRESH_MS), channel, ...frames)
    } catch (error) {
      throw notSent(error) ? new NotSent('the engine is away', { cause: error }) : error
    }
  }
  const core = createBusCore({ clock, log: parts.log, sender, maxFrameBytes: MAX_FRAME_BYTES, send })
  subscriber.on('message', (_channel, text) => core.receive(text))
  const subscribed = subscriber.subscribe(channel).catch(() => undefined)
  await Promise.race([subscribed, clock.sleep(SUBSCRIBE_WITHIN_MS)])
  const stopPings = clock.every(PING_EVERY_MS, () => {
    subscriber.ping().catch(() => undefined)
  })
  return {
    ...core,
    close() {
      stopPings()
      core.close()
      subscriber.disconnect()
    },
  }
}
