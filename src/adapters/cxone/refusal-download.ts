import { addAbortSignal, type Readable } from 'node:stream'
import { createVendorHttp, retryAfterMs, type VendorHttp } from '../_shared/http.js'
import type { Clock } from '../../core/clock.js'
import { CtiError, toCtiError } from '../../core/model/error.js'
import type { Discovery } from './discovery.js'
import { NO_CONTENT_TYPE, sendRaw, type Redact } from './exchange.js'
import { faultOf, type Call } from './faults.js'
import type { CxoneOptions, RefusalOptions } from './options.js'
import { extractFile, type Envelope } from './refusal-json.js'
import type { Window } from './refusal-windows.js'
import { TURN, type Throttle } from './throttle.js'
import type { TokenSource } from './tokens.js'
import type { Trust } from './trust.js'

export interface DownloadParts {
  readonly tokens: TokenSource
  readonly discovery: Discovery
  readonly trust: Trust
  readonly throttle: Throttle
  readonly clock: Clock
  readonly redact: Redact
}

/** Bytes so far and, where the vendor says, in all. */
export type OnBytes = (done: number, total: number | undefined) => void

export interface Downloader {
  /** The CSV bytes of one window; nothing at all when the vendor has no rows. Fails: vendor errors, all without effect. */
  open(window: Window, signal: AbortSignal, onBytes: OnBytes): AsyncIterable<Buffer>
  close(): void
}

const MAX_REPORT_BYTES = 1024 * 1024 * 1024
const TRIES = 5
const FIRST_PAUSE_MS = 1000
const MAX_PAUSE_MS = 30_000

interface Get {
  readonly call: Call
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly params?: Readonly<Record<string, string>>
}

/**
 * The data download (vendors/cxone.md section 6.1): one synchronous call, its content in `file` or behind `URI`.
 *
 * Guarantees: the token goes to trusted hosts only, a `URI` elsewhere is not followed at all; a download is a read, so busy answers
 * and broken connections are tried again, five times; a saved file may lag and is waited for.
 */
export function createDownloader(options: CxoneOptions, refusals: RefusalOptions, parts: DownloadParts): Downloader {
  const http: VendorHttp = createVendorHttp({ system: 'cxone', maxSockets: 4, maxResponseBytes: MAX_REPORT_BYTES })
  const { clock, tokens, redact } = parts

  const once = async (
    { call, ...request }: Get,
    signal: AbortSignal,
  ): Promise<{ status: number; total: number | undefined; body: Readable }> => {
    for (let renewed = false; ; renewed = true) {
      const token = await tokens.get(signal)
      await parts.throttle.enter(TURN.feed, signal)
      const response = await sendRaw<Readable>(http, redact, {
        ...request,
        headers: { Accept: 'application/json', Authorization: `Bearer ${token.accessToken}`, 'Content-Type': NO_CONTENT_TYPE },
        responseType: 'stream',
        signal,
      })
      const { status } = response
      if (status >= 200 && status < 300) {
        const total = Number(response.headers['content-length'])
        return { status, total: Number.isFinite(total) ? total : undefined, body: addAbortSignal(signal, response.data) }
      }
      const body = await smallJson(response.data)
      if (status === 401 && !renewed) {
        tokens.reject(token.serial)
        continue
      }
      const wish = retryAfterMs(response.headers['retry-after'], clock.now())
      if (status === 429) parts.throttle.pause(wish ?? FIRST_PAUSE_MS)
      throw faultOf({ call, status, body, icStatusDescription: response.headers['icstatusdescription'], retryAfterMs: wish, redact })
    }
  }

  const persistent = async (request: Get, signal: AbortSignal): ReturnType<typeof once> => {
    const deadline = clock.monotonic() + refusals.fileWaitMs
    for (let tried = 1; ; tried += 1) {
      try {
        return await once(request, signal)
      } catch (error) {
        const failure = toCtiError(error)
        const lagging = request.call === 'saved-file' && failure.fault?.httpStatus === 404 && clock.monotonic() < deadline
        if (signal.aborted || !(lagging || (failure.retry === 'later' && tried < TRIES))) throw failure
        const pause = lagging ? FIRST_PAUSE_MS : Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tried - 1))
        await clock.sleep(failure.retryAfterMs ?? pause, signal)
      }
    }
  }

  const urlOfReport = async (signal: AbortSignal): Promise<string> =>
    `${await parts.discovery.apiBase(signal)}/incontactapi/services/${options.apiVersion}/report-jobs/datadownload/${refusals.reportId}`

  async function* open(window: Window, signal: AbortSignal, onBytes: OnBytes): AsyncIterable<Buffer> {
    const params = {
      startDate: window.startDate,
      endDate: window.endDate,
      fileName: `agent-refusal-${window.startDate.replace(/\D/g, '')}-${clock.now()}.csv`,
      saveAsFile: String(refusals.form === 'saved'),
      includeHeaders: 'true',
    }
    const answer = await persistent({ call: 'data-download', method: 'POST', url: await urlOfReport(signal), params }, signal)
    const envelope: Envelope = new Map()
    let got = 0
    for await (const piece of extractFile(counted(answer.body, answer.total, onBytes), envelope)) {
      got += piece.length
      yield piece
    }
    const message = envelope.get('errormessage')?.trim()
    if (message !== undefined && message !== '') throw failedInside(message, redact)
    const uri = envelope.get('uri')
    if (got > 0 || uri === undefined || uri === '') return
    if (!parts.trust(uri)) {
      throw new CtiError('VENDOR_PROTOCOL', {
        detail: 'the report lies on a host that is not trusted; it was not fetched',
        effect: 'none',
        retry: 'never',
      })
    }
    const file = await persistent({ call: 'saved-file', method: 'GET', url: uri }, signal)
    yield* extractFile(counted(file.body, file.total, onBytes), new Map())
  }

  return { open, close: () => http.close() }
}

/** A non-empty `errorMessage` is a failure, whatever the status (section 6.1). */
function failedInside(message: string, redact: Redact): CtiError {
  const shown = redact(message.slice(0, 500))
  return new CtiError('VENDOR_REJECTED', {
    detail: shown,
    fault: { system: 'cxone', code: 'errorMessage', httpStatus: 200, message: shown },
  })
}

async function* counted(body: Readable, total: number | undefined, onBytes: OnBytes): AsyncIterable<Buffer> {
  let done = 0
  try {
    for await (const chunk of body) {
      const bytes = chunk as Buffer
      done += bytes.length
      onBytes(done, total)
      yield bytes
    }
  } catch (error) {
    throw error instanceof CtiError ? error : new CtiError('VENDOR_TIMEOUT', { detail: 'the report broke off', effect: 'none' })
  }
}

/** An error body, as far as it is small and JSON. */
async function smallJson(body: Readable): Promise<unknown> {
  let text = ''
  try {
    for await (const chunk of body) {
      text += (chunk as Buffer).toString('utf8')
      if (text.length > 65_536) break
    }
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
