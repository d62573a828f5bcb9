import { AxiosError, AxiosHeaders, CanceledError, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { systemClock } from '../../core/clock.js'
import { badAnswer, boundedStream, readWhole, refuseTooLong, type Incoming } from './light-answer.js'
import { sendRequest } from './light-request.js'

/**
 * An adapter for axios over Node's own HTTP client that does only what vendor calls need: a small part of the work of the one
 * that axios brings (`npm run bench`), with the same answers, errors and limits.
 *
 * Guarantees: no redirect is followed (3xx is an answer), no proxy is taken from the environment, `maxContentLength` holds for the
 * decoded bytes whatever the vendor announces, `maxBodyLength` for what is sent; the signal ends the exchange at once
 * (ERR_CANCELED), also while it waits for a free socket, also while the body is a stream that somebody reads; `timeout` (ms) is the
 * time to the end of the answer, of a stream to its head (ECONNABORTED). It always ends. Failures are `AxiosError`.
 *
 * Not there, because no adapter needs it: forms and streams as bodies, progress events, rates, proxies, sockets by path.
 */
export function lightAdapter(config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
  return exchange(config, asItIs, axiosHeaders)
}

const asItIs = (data: unknown): unknown => data
const axiosHeaders = ({ headers }: IncomingMessage): AxiosHeaders => new AxiosHeaders(headers as Record<string, string>)

/** As the adapter, for who needs no axios around it: `read` makes the answer's data of a body that was read whole. */
export function exchange(
  config: InternalAxiosRequestConfig,
  read: (data: unknown) => unknown,
  headersOf: (response: IncomingMessage) => AxiosResponse['headers'],
): Promise<AxiosResponse> {
  return new Promise((resolve, reject) => {
    if (config.signal?.aborted === true) throw new CanceledError(undefined, config)
    const request = sendRequest(config)
    let answered = false
    let over = false
    let handedOut: Readable | undefined

    const finish = (): void => {
      over = true
      unwatch.all()
    }
    const fail = (error: AxiosError): void => {
      if (over) return
      finish()
      handedOut?.destroy(error)
      request.destroy()
      reject(error)
    }
    const unwatch = watch(config, request, fail)

    request.on('error', (error) => fail(AxiosError.from(error, undefined, config, request)))
    // A connection may end without answer and without error, for example after an upgrade that nobody asked for.
    request.on('close', () => {
      if (!over && !answered) fail(new AxiosError('socket hang up', 'ECONNRESET', config, request))
    })
    request.on('response', (response: IncomingMessage) => {
      answered = true
      const incoming: Incoming = { config, request, response }
      receive(incoming, {
        fail,
        whole(body) {
          if (over) return
          finish()
          settle(answerOf(incoming, read(body), headersOf), resolve, reject)
        },
        stream(body) {
          handedOut = body.on('close', finish)
          unwatch.timer()
          settle(answerOf(incoming, body, headersOf), resolve, reject)
        },
      })
    })
  })
}

interface Outcome {
  fail(error: AxiosError): void
  whole(body: Buffer | string): void
  stream(body: Readable): void
}

function receive(incoming: Incoming, outcome: Outcome): void {
  const { maxContentLength: limit = -1, responseType } = incoming.config
  try {
    refuseTooLong(incoming, limit)
    if (responseType === 'stream') outcome.stream(boundedStream(incoming, limit))
    else readWhole(incoming, limit, outcome.whole, outcome.fail)
  } catch (error) {
    outcome.fail(error instanceof AxiosError ? error : badAnswer(incoming, 'the answer cannot be read'))
  }
}

interface Unwatch {
  timer(): void
  all(): void
}

/** Ends the exchange when the signal says so or its time is over. */
function watch(config: InternalAxiosRequestConfig, request: ClientRequest, fail: (error: AxiosError) => void): Unwatch {
  const { signal, timeout = 0 } = config
  const onAbort = (): void => fail(new CanceledError(undefined, config, request))
  signal?.addEventListener?.('abort', onAbort)
  const timer = timeout > 0 ? systemClock.after(timeout, () => fail(late(config, request, timeout))) : undefined
  return {
    timer: () => timer?.(),
    all() {
      signal?.removeEventListener?.('abort', onAbort)
      timer?.()
    },
  }
}

function late(config: InternalAxiosRequestConfig, request: ClientRequest, timeout: number): AxiosError {
  const code = config.transitional?.clarifyTimeoutError === true ? AxiosError.ETIMEDOUT : AxiosError.ECONNABORTED
  return new AxiosError(config.timeoutErrorMessage ?? `timeout of ${timeout}ms exceeded`, code, config, request)
}

function answerOf(
  { config, request, response }: Incoming,
  data: unknown,
  headersOf: (response: IncomingMessage) => AxiosResponse['headers'],
): AxiosResponse {
  return {
    data,
    status: response.statusCode ?? 0,
    statusText: response.statusMessage ?? '',
    headers: headersOf(response),
    config,
    request,
  }
}

/** As axios does it: `validateStatus` decides what is an answer and what an error. */
function settle(answer: AxiosResponse, resolve: (answer: AxiosResponse) => void, reject: (error: AxiosError) => void): void {
  const { status, config } = answer
  const accepts = config.validateStatus
  if (accepts === undefined || accepts === null || accepts(status)) {
    resolve(answer)
    return
  }
  const code = status >= 400 && status < 500 ? AxiosError.ERR_BAD_REQUEST : AxiosError.ERR_BAD_RESPONSE
  reject(new AxiosError(`Request failed with status code ${status}`, code, config, answer.request, answer))
}
