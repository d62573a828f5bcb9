import { ApiProblem } from './api.js'
import { eventsOf } from './sse.js'

/** @typedef {'connecting' | 'live' | 'waiting' | 'refused'} StreamStatus */

const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 15_000
/** The gateway's heart-beat comes at least this often, twice over; a silent stream is a dead one. */
const SILENCE_MS = 45_000

/**
 * Keeps the stream of events open: after an end it goes on behind the last event that was seen (`Last-Event-ID`), with growing
 * delays. When that place is kept no more, the gateway says so (`gap`) and begins anew with a snapshot.
 *
 * @param {object} parts
 * @param {import('./types.js').Api} parts.api
 * @param {(event: string, data: any) => void} parts.onEvent
 * @param {(status: StreamStatus, text: string) => void} parts.onStatus
 * @returns {{ stop(): void }}
 */
export function createStream({ api, onEvent, onStatus }) {
  const stopping = new AbortController()
  /** @type {string | undefined} */
  let last
  let delay = FIRST_DELAY_MS
  let heard = Date.now()

  async function readOnce() {
    const ended = new AbortController()
    const end = () => ended.abort()
    stopping.signal.addEventListener('abort', end)
    let timer = window.setTimeout(end, SILENCE_MS)
    try {
      const body = await api.open('/v1/events', last === undefined ? {} : { 'last-event-id': last }, ended.signal)
      onStatus('live', 'Live')
      const hear = () => {
        heard = Date.now()
        window.clearTimeout(timer)
        timer = window.setTimeout(end, SILENCE_MS)
      }
      for await (const { id, event, data } of eventsOf(watched(body, hear))) {
        delay = FIRST_DELAY_MS
        if (id !== undefined && id !== '') last = id
        if (data !== '') tell(onEvent, event, data)
        if (event === 'end') return
      }
    } finally {
      window.clearTimeout(timer)
      stopping.signal.removeEventListener('abort', end)
      ended.abort()
    }
  }

  async function run() {
    onStatus('connecting', 'Connecting')
    while (!stopping.signal.aborted) {
      try {
        await readOnce()
      } catch (error) {
        if (stopping.signal.aborted) return
        if (error instanceof ApiProblem && error.status >= 400 && error.status < 500 && error.status !== 429) {
          onStatus('refused', error.message)
          return
        }
      }
      if (stopping.signal.aborted) return
      onStatus('waiting', `Not live since ${new Date(heard).toLocaleTimeString()}, trying again`)
      await pause(delay * (0.5 + Math.random() / 2), stopping.signal)
      delay = Math.min(LONGEST_DELAY_MS, delay * 2)
    }
  }

  void run()
  return { stop: () => stopping.abort() }
}

/**
 * A fault in what shows an event is no fault of the stream: it is reported, and the stream goes on.
 *
 * @param {(event: string, data: any) => void} onEvent @param {string} event @param {string} data
 */
function tell(onEvent, event, data) {
  try {
    onEvent(event, JSON.parse(data))
  } catch (error) {
    reportError(error)
  }
}

/**
 * Tells of every portion that comes, heart-beats included.
 *
 * @param {ReadableStream<Uint8Array>} body
 * @param {() => void} onBytes
 * @returns {ReadableStream<Uint8Array>}
 */
function watched(body, onBytes) {
  return body.pipeThrough(
    new TransformStream({
      transform(chunk, controller) {
        onBytes()
        controller.enqueue(chunk)
      },
    }),
  )
}

/** @param {number} ms @param {AbortSignal} signal @returns {Promise<void>} */
function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = window.setTimeout(resolve, ms)
    signal.addEventListener('abort', () => (window.clearTimeout(timer), resolve()), { once: true })
  })
}
