import type { Logger } from '../adapter.js'
import type { Bus, BusMessage } from '../site/bus.js'
import type { Clock } from '../clock.js'
import { createDecoder, encodeFrames } from './bus-frames.js'
import { isBusMessage } from './bus-message.js'

export interface BusParts {
  readonly clock: Clock
  readonly log: Logger
  /** Names this process on the bus. */
  readonly sender: string
  /** Of one frame. */
  readonly maxFrameBytes: number
  /** Sends the frames of one batch, all or none. Rejects with `NotSent` when certainly none was sent. */
  send(frames: readonly string[]): Promise<void>
}

/** The engine is away: nothing was sent, and the same may be sent later. */
export class NotSent extends Error {
  override readonly name = 'NotSent'
}

/** A bus together with what its connection has to tell it. */
export interface BusCore {
  readonly bus: Bus
  /** A frame has come. */
  receive(frame: string): void
  /** The connection is back. */
  kick(): void
  setPeers(peers: boolean): void
  close(): void
}

const MAX_WAITING = 1000
/** Characters of one batch, and with it of one message: what is longer is dropped. */
const MAX_BATCH_LENGTH = 512 * 1024
/** A backstop: the connection has its own, earlier bound. */
const SEND_TIMEOUT_MS = 2000
const AGAIN_MS = 200
const LOG_EVERY_MS = 5000

/** Counts, and tells once in a while: what goes wrong here can go wrong thousands of times a second. */
function createTally(clock: Clock, log: Logger): (what: string) => void {
  const counts = new Map<string, { count: number; toldAt: number }>()
  return (what) => {
    const entry = counts.get(what) ?? { count: 0, toldAt: -Infinity }
    counts.set(what, entry)
    entry.count += 1
    if (clock.monotonic() - entry.toldAt < LOG_EVERY_MS) return
    entry.toldAt = clock.monotonic()
    log.debug({ count: entry.count }, `bus: ${what}`)
  }
}

/** Rejects after a while, whatever the promise does. */
async function bounded(clock: Clock, work: Promise<void>): Promise<void> {
  let cancel = (): void => undefined
  const late = new Promise<never>((_resolve, reject) => {
    cancel = clock.after(SEND_TIMEOUT_MS, () => reject(new Error('the bus does not answer')))
  })
  try {
    await Promise.race([work, late])
  } finally {
    cancel()
  }
}

/**
 * The bus without its connection. Messages wait in order; one batch is on its way at a time, so that the order stays and a slow
 * engine costs one unanswered request, and what comes meanwhile goes as the next batch. A batch whose fate is unknown is not
 * sent again: at most once.
 */
export function createBusCore({ clock, log, sender, maxFrameBytes, send }: BusParts): BusCore {
  const waiting: string[] = []
  const listeners = new Set<(message: BusMessage) => void>()
  const decode = createDecoder(sender, MAX_BATCH_LENGTH)
  const tally = createTally(clock, log)
  let batch = 0
  let busy = false
  let closed = false
  let peers = true
  let resting: (() => void) | undefined

  function takeBatch(): readonly string[] {
    let length = 0
    let count = 0
    for (const text of waiting) {
      length += text.length + 1
      if (count > 0 && length > MAX_BATCH_LENGTH - 2) break
      count += 1
    }
    return waiting.splice(0, count)
  }

  /** Until the connection is back, or a little later. */
  function rest(texts: readonly string[]): void {
    tally('messages wait, the engine is away')
    const room = Math.max(0, MAX_WAITING - waiting.length)
    waiting.unshift(...texts.slice(texts.length - Math.min(room, texts.length)))
    resting = clock.after(AGAIN_MS, wake)
  }

  function wake(): void {
    resting?.()
    resting = undefined
    pump()
  }

  async function sendBatch(texts: readonly string[]): Promise<void> {
    batch += 1
    try {
      await bounded(clock, send(encodeFrames(sender, batch, `[${texts.join(',')}]`, maxFrameBytes)))
    } catch (error) {
      if (error instanceof NotSent) rest(texts)
      else tally('a batch was lost on its way to the engine')
    }
  }

  function pump(): void {
    if (busy || closed || resting !== undefined || waiting.length === 0) return
    busy = true
    void sendBatch(takeBatch()).then(() => {
      busy = false
      pump()
    })
  }

  function deliver(message: unknown): void {
    if (!isBusMessage(message)) {
      tally('a message that is not understood was ignored')
      return
    }
    // Somebody is there, whatever the last beat said: a process that has just come would get no answer for up to a second.
    peers = true
    for (const listener of listeners) {
      try {
        listener(message)
      } catch {
        tally('a listener has thrown')
      }
    }
  }

  const bus: Bus = {
    publish(message) {
      if (closed || !peers) return
      const text = toText(message)
      if (text === undefined || text.length > MAX_BATCH_LENGTH - 2) {
        tally('a message that is too long was dropped')
        return
      }
      if (waiting.length >= MAX_WAITING) {
        waiting.shift()
        tally('the oldest message was dropped: the engine is away or slow')
      }
      waiting.push(text)
      // Not at once: what one turn of the event loop says goes in one batch.
      if (!busy) queueMicrotask(pump)
    },
    subscribe(listener) {
      // Subscribing twice with one function is two subscriptions.
      const own = (message: BusMessage): void => listener(message)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    get peers() {
      return peers
    },
  }

  return {
    bus,
    receive(frame) {
      if (closed) return
      const decoded = decode(frame)
      if (decoded.kind === 'none') return
      const messages = decoded.kind === 'text' ? fromText(decoded.text) : undefined
      if (messages === undefined) tally('a malformed frame was ignored')
      else messages.forEach(deliver)
    },
    kick: wake,
    setPeers(value) {
      peers = value
      if (!value) waiting.length = 0
    },
    close() {
      closed = true
      resting?.()
      waiting.length = 0
      listeners.clear()
    },
  }
}

function toText(message: BusMessage): string | undefined {
  try {
    return JSON.stringify(message)
  } catch {
    return undefined
  }
}

function fromText(text: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** The bus of an engine that only one process can open. */
export const silentBus: Pick<BusCore, 'bus' | 'setPeers'> = {
  bus: { publish: () => undefined, subscribe: () => () => undefined, peers: false },
  setPeers: () => undefined,
}
