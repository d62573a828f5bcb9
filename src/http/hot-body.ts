import type { IncomingMessage } from 'node:http'

/**
 * Reads `length` bytes, and no more, off a request.
 * Guarantees: `done` is called at most once; never when the client leaves before, and then nothing is left behind. Until `take` or
 * `putBack` is called the request has not ended; one of them must be.
 */
export function readBody(request: IncomingMessage, length: number, done: (body: HotBody) => void): void {
  const chunks: Buffer[] = []
  let got = 0
  const onReadable = (): void => {
    for (let chunk = read(request); chunk !== null; chunk = got < length ? read(request) : null) {
      chunks.push(chunk)
      got += chunk.length
    }
    if (got < length) return
    request.removeListener('readable', onReadable)
    const [first] = chunks
    const bytes = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, got)
    done({ bytes, take: () => void request.resume(), putBack: () => request.unshift(bytes) })
  }
  request.on('readable', onReadable)
}

export interface HotBody {
  readonly bytes: Buffer
  /** The body is done with; the request ends. */
  take(): void
  /** As if nobody had read the request: whoever gets it next reads it from the beginning. */
  putBack(): void
}

function read(request: IncomingMessage): Buffer | null {
  return request.read() as Buffer | null
}
