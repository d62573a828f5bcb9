import type { ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { Clock } from '../../core/clock.js'
import type { Principal } from '../principal.js'
import { frame } from './frames.js'

/** Why a stream was ended by the gateway. Told to the reader as far as it still listens. */
export type EndReason = 'slow' | 'stopping' | 'revoked' | 'failed'

/**
 * One connection that is fed.
 *
 * Guarantees: at most `MAX_UNSENT` bytes wait in this process for a reader who does not read; whoever takes nothing for ten seconds, or falls
 * further behind than that, is told so as far as possible and cut off. It may come back with its cursor.
 */
export interface Reader {
  readonly principal: Principal
  readonly closed: boolean
  write(chunk: Buffer): void
  /** Resolves when the connection takes more, or is closed. */
  drained(): Promise<void>
  /** To be called about every second. */
  check(): void
  end(reason: EndReason): void
}

export interface ReaderParts {
  readonly response: ServerResponse
  readonly principal: Principal
  readonly clock: Clock
  /** Called once. Without a reason: the reader has left. */
  readonly onClose: (reason: EndReason | undefined) => void
}

const MAX_UNSENT = 1_048_576
const STUCK_MS = 10_000
/** For the last words, ms. */
const LAST_WORDS_MS = 1_000
/** Asks a browser to come back after this, ms. */
const RETRY_MS = 1_000

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  // For nginx, which otherwise keeps events back until its buffer is full.
  'X-Accel-Buffering': 'no',
}

/**
 * Begins the answer. Afterwards frames go to the socket itself: a body that ends with the connection needs no framing of HTTP's own, so
 * that one buffer serves all readers.
 */
export function createReader({ response, principal, clock, onClose }: ReaderParts): Reader {
  response.useChunkedEncodingByDefault = false
  response.shouldKeepAlive = false
  response.writeHead(200, HEADERS)
  response.flushHeaders()
  const { socket } = response
  if (socket === null) throw new Error('the connection is gone')
  socket.setKeepAlive(true, 30_000)
  let closed = false
  /** What the socket had taken when it was last seen to take something, and when that was. */
  let taken = 0
  let takenAt = clock.monotonic()

  function close(reason: EndReason | undefined): void {
    if (closed) return
    closed = true
    onClose(reason)
  }

  function isStuck(): boolean {
    const now = clock.monotonic()
    const unsent = socket?.writableLength ?? 0
    const sent = (socket?.bytesWritten ?? 0) - unsent
    if (unsent === 0 || sent !== taken) {
      taken = sent
      takenAt = now
    }
    return now - takenAt > STUCK_MS
  }

  function end(reason: EndReason): void {
    if (closed) return
    close(reason)
    socket?.end(frame({ event: 'end', data: { reason } }))
    clock.after(LAST_WORDS_MS, () => socket?.destroy())
  }

  response.once('close', () => close(undefined))
  socket.write(`retry: ${RETRY_MS}\n\n`)
  return {
    principal,
    get closed() {
      return closed
    },
    write(chunk) {
      if (closed) return
      if (socket.writableLength + chunk.length > MAX_UNSENT) end('slow')
      else socket.write(chunk)
    },
    async drained() {
      if (closed || !socket.writableNeedDrain) return
      const done = new AbortController()
      const { signal } = done
      try {
        await Promise.race([once(socket, 'drain', { signal }), once(socket, 'close', { signal })])
      } finally {
        done.abort()
      }
    },
    check() {
      if (!closed && isStuck()) end('slow')
    },
    end,
  }
}
