/** One event of a text/event-stream. @typedef {{ readonly id: string | undefined, readonly event: string, readonly data: string }} SseEvent */

/** Longest event that is read; a longer one ends the stream. */
const MAX_EVENT_CHARS = 16_000_000

/**
 * Reads events out of a byte stream, as the HTML standard says: fields of lines, an event at each blank line, comments ignored. An id alone,
 * which moves the place to resume from, comes as an event without data.
 *
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<SseEvent>}
 */
export async function* eventsOf(body) {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  let event = ''
  let moved = false
  /** @type {string[]} */
  let data = []
  /** @type {string | undefined} */
  let id
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const lines = (rest + decoder.decode(value, { stream: true })).split(/\r\n|\n|\r(?!$)/)
      rest = lines.pop() ?? ''
      if (rest.length > MAX_EVENT_CHARS) throw new Error('an event is too long')
      for (const line of lines) {
        if (line === '') {
          if (data.length > 0 || moved) yield { id, event: event === '' ? 'message' : event, data: data.join('\n') }
          moved = false
          event = ''
          data = []
          continue
        }
        const colon = line.indexOf(':')
        const field = colon < 0 ? line : line.slice(0, colon)
        const text = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
        if (field === 'event') event = text
        else if (field === 'data') data.push(text)
        else if (field === 'id' && !text.includes('\0')) {
          id = text
          moved = true
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
