import { AxiosError, type InternalAxiosRequestConfig } from 'axios'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { pipeline, Transform, type Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'

/** Content codings that are undone although we never ask for them: proxies in front of a vendor compress on their own. */
const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

/** One answer that is being read. Every failure of it is ERR_BAD_RESPONSE. */
export interface Incoming {
  readonly config: InternalAxiosRequestConfig
  readonly request: ClientRequest
  readonly response: IncomingMessage
}

export function badAnswer({ config, request }: Incoming, message: string): AxiosError {
  return new AxiosError(message, AxiosError.ERR_BAD_RESPONSE, config, request)
}

/**
 * The body, decoded; the header that spoke of the coding, and the length that was not the body's, are taken away.
 * `onError` is called when it breaks off, perhaps twice. Fails: ERR_BAD_RESPONSE when the coding is not known.
 */
export function decodedBody(incoming: Incoming, onError: () => void): Readable {
  const { config, request, response } = incoming
  const coding = response.headers['content-encoding']?.trim().toLowerCase()
  const empty = request.method === 'HEAD' || response.statusCode === 204 || response.statusCode === 304
  if (coding === undefined || coding === '' || coding === 'identity' || empty || config.decompress === false) {
    response.once('error', onError)
    return response
  }
  const decoder = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined
  if (decoder === undefined) throw badAnswer(incoming, `the answer's content coding "${coding.slice(0, 40)}" is not known`)
  delete response.headers['content-encoding']
  delete response.headers['content-length']
  // The pipeline watches the last stream only while it is written to; without a listener of its own a late failure would end the process.
  const decoded = decoder().on('error', onError)
  return pipeline(response, decoded, (error) => {
    if (error) onError()
  })
}

/** Fails early where the vendor itself says that the answer is too large; else the bytes are counted as they come. */
export function refuseTooLong(incoming: Incoming, limit: number): void {
  const { request, response } = incoming
  if (limit < 0 || request.method === 'HEAD') return
  if (Number(response.headers['content-length']) > limit) throw tooLong(incoming, limit)
}

function tooLong(incoming: Incoming, limit: number): AxiosError {
  return badAnswer(incoming, `maxContentLength size of ${limit} exceeded`)
}

/** Reads the whole body, at most `limit` bytes after decoding. `onEnd` and `onFail` are called at most once, and only one of them. */
export function readWhole(
  incoming: Incoming,
  limit: number,
  onEnd: (body: Buffer | string) => void,
  onFail: (error: AxiosError) => void,
): void {
  const chunks: Buffer[] = []
  let size = 0
  let ended = false
  const broken = (): void => {
    if (!ended) onFail(badAnswer(incoming, 'stream has been aborted'))
    ended = true
  }
  const body = decodedBody(incoming, broken)
  body.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (limit < 0 || size <= limit) {
      chunks.push(chunk)
      return
    }
    if (!ended) onFail(tooLong(incoming, limit))
    ended = true
  })
  body.on('end', () => {
    ended = true
    const [first] = chunks
    const bytes = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, size)
    onEnd(incoming.config.responseType === 'arraybuffer' ? bytes : textOf(bytes, incoming.config.responseEncoding))
  })
  // Neither ended nor failed: torn down from our side.
  body.on('close', broken)
}

function textOf(bytes: Buffer, encoding: string | undefined): string {
  const text = bytes.toString(encoding as BufferEncoding | undefined)
  return text.charCodeAt(0) === 0xfeff && (encoding === undefined || encoding === 'utf8') ? text.slice(1) : text
}

/** The body as a stream that fails with ERR_BAD_RESPONSE after `limit` bytes. Ending it early ends the exchange; left unread, it harms nobody. */
export function boundedStream(incoming: Incoming, limit: number): Readable {
  let size = 0
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length
      if (limit > -1 && size > limit) done(tooLong(incoming, limit))
      else done(null, chunk)
    },
  })
  const ignore = (): void => undefined
  counter.on('error', ignore)
  return pipeline(decodedBody(incoming, ignore), counter, ignore)
}
