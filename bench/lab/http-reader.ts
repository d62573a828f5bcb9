/** A request or an answer of HTTP/1.1. */
export interface HttpMessage {
  /** Request line or status line. */
  readonly start: string
  readonly head: string
  readonly body: string
}

const END_OF_HEAD = '\r\n\r\n'
const END_OF_CHUNKS = '\r\n0\r\n\r\n'

/**
 * Cuts a stream of bytes into messages: bodies with Content-Length, or chunked (left as they are), or none. Reads just
 * enough for loopback peers that are known; ASCII only.
 */
export function createReader(onMessage: (message: HttpMessage) => void): (chunk: Buffer) => void {
  let text = ''
  return (chunk) => {
    text += chunk.toString('latin1')
    for (;;) {
      const headEnd = text.indexOf(END_OF_HEAD)
      if (headEnd < 0) return
      const head = text.slice(0, headEnd)
      const bodyStart = headEnd + END_OF_HEAD.length
      const end = bodyEnd(head, text, headEnd, bodyStart)
      if (end === undefined || end > text.length) return
      const body = text.slice(bodyStart, end)
      text = text.slice(end)
      onMessage({ start: head.slice(0, head.indexOf('\r\n') < 0 ? head.length : head.indexOf('\r\n')), head, body })
    }
  }
}

/** Where the body ends; undefined when that is not known yet. */
function bodyEnd(head: string, text: string, headEnd: number, bodyStart: number): number | undefined {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length !== undefined) return bodyStart + Number(length)
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return bodyStart
  const last = text.indexOf(END_OF_CHUNKS, headEnd + 2)
  return last < 0 ? undefined : last + END_OF_CHUNKS.length
}
