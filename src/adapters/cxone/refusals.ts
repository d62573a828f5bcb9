import type { RefusalQuery, RefusalRow } from '../../core/adapter.js'
import { CtiError } from '../../core/model/error.js'
import type { CxoneOptions, RefusalOptions } from './options.js'
import { parseCsv } from './refusal-csv.js'
import { createDownloader, type DownloadParts } from './refusal-download.js'
import { createFold, digestOf, type Fold } from './refusal-fold.js'
import { keyOf, readHeader, rowOf, type Header } from './refusal-rows.js'
import { createTimeReader } from './refusal-time.js'
import { halvesOf, windowsOf, type Window } from './refusal-windows.js'
import { abortAfter } from './timing.js'

/** The Agent Refusal feed of one platform. */
export interface Refusals {
  rows(query: RefusalQuery): AsyncIterable<RefusalRow>
  close(): void
}

/** A window whose rows take more than this is cut in two. */
const MAX_WINDOW_BYTES = 128 * 1024 * 1024
const DAY_MS = 86_400_000
const TWO_YEARS_MS = 2 * 365 * DAY_MS
const PROGRESS_ROWS = 5000

/**
 * Undefined when no report id is configured: it is not published and differs (vendors/cxone.md section 6.3).
 *
 * Guarantees of `rows`: before the first use a window of one day proves that the report has the expected columns, and every later file
 * is checked again; every row of the file comes out, malformed ones with `flaw`; each row once, identical ones of one download counted;
 * oldest first inside a window. A row without a readable time belongs to no span and comes with the window that it was found in.
 */
export function createRefusals(options: CxoneOptions, parts: DownloadParts): Refusals | undefined {
  return options.refusals === undefined ? undefined : createFeedOf(options.refusals, options, parts)
}

function createFeedOf(settings: RefusalOptions, options: CxoneOptions, parts: DownloadParts): Refusals {
  const downloader = createDownloader(options, settings, parts)
  const readTime = createTimeReader(settings.timeZone, settings.doubledHour)
  let headerProved = false

  const download = async (
    window: Window,
    signal: AbortSignal,
    onBytes: (done: number, total: number | undefined) => void,
    onRecord: (fields: readonly string[], header: Header) => boolean,
  ): Promise<boolean> => {
    const limit = abortAfter(parts.clock, settings.timeoutMs, signal)
    let header: Header | undefined
    try {
      for await (const fields of parseCsv(downloader.open(window, limit.signal, onBytes))) {
        if (header === undefined) {
          header = readHeader(fields)
          headerProved = true
        } else if (!onRecord(fields, header)) return false
      }
      return true
    } catch (error) {
      throw limit.signal.aborted && !(error instanceof CtiError)
        ? new CtiError('VENDOR_TIMEOUT', { detail: 'the report took too long', effect: 'none' })
        : error
    } finally {
      limit.close()
    }
  }

  /** One day with headers, before the first use (section 6.3). No rows, no header: then the first file that has one is the proof. */
  const proveHeader = async (query: RefusalQuery): Promise<void> => {
    if (headerProved) return
    const day = windowsOf(Math.max(query.from, query.to - DAY_MS / 2), query.to, { ...settings, overlapMinutes: 0 })
    const last = day.at(-1)
    if (last !== undefined)
      await download(
        last,
        query.signal,
        () => undefined,
        () => false,
      )
  }

  /** Fills a fold with the rows that a window owns; undefined when they are too many. */
  const fill = async (
    window: Window,
    query: RefusalQuery,
    timeless: Set<string>,
    report: (share: number, rows: number) => void,
  ): Promise<{ readonly fold: Fold; readonly header: Header | undefined } | undefined> => {
    const fold = createFold(MAX_WINDOW_BYTES)
    const found: string[] = []
    let share = 0
    let records = 0
    let columns: Header | undefined
    const all = await download(
      window,
      query.signal,
      (done, total) => (share = total === undefined || total === 0 ? 0 : done / total),
      (fields, header) => {
        const key = keyOf(fields, header, readTime)
        if (++records % PROGRESS_ROWS === 0) report(share, fold.rows)
        if (key.at === undefined) {
          const digest = digestOf(key).toString('latin1')
          if (timeless.has(digest)) return true
          found.push(digest)
        } else if (key.at < window.from || key.at >= window.to) return true
        columns = header
        return fold.add(key, fields)
      },
    )
    if (!all) return undefined
    for (const digest of found) timeless.add(digest)
    return { fold, header: columns }
  }

  async function* rows(query: RefusalQuery): AsyncIterable<RefusalRow> {
    checkSpan(query, parts.clock.now())
    const report = reporter(query)
    await proveHeader(query)
    const timeless = new Set<string>()
    const queue = [...windowsOf(query.from, query.to, settings)]
    let given = 0
    for (let window = queue.shift(); window !== undefined; window = queue.shift()) {
      const { from, to } = window
      const filled = await fill(window, query, timeless, (share, held) => report(from + (to - from) * share, given + held))
      if (filled === undefined) {
        queue.unshift(...cut(window, settings))
        continue
      }
      const { fold, header } = filled
      for (const { fields, occurrences } of header === undefined ? [] : fold.drain()) {
        given += occurrences
        yield rowOf(fields, header as Header, readTime, occurrences)
      }
      report(to, given)
    }
    query.onProgress?.({ percent: 100, rows: given })
  }

  return { rows, close: () => downloader.close() }
}

function cut(window: Window, settings: RefusalOptions): readonly Window[] {
  const halves = halvesOf(window, settings)
  if (halves === undefined)
    throw new CtiError('VENDOR_PROTOCOL', { detail: 'one minute of the report is too big', effect: 'none', retry: 'never' })
  return halves
}

/** The vendor keeps two years (section 6.1). */
function checkSpan({ from, to }: RefusalQuery, now: number): void {
  const wrong = (field: string, message: string): never => {
    throw new CtiError('INVALID_REQUEST', { detail: message, errors: [{ field, message }] })
  }
  if (!(from < to)) wrong('from', 'must be before `to`')
  if (from < now - TWO_YEARS_MS) wrong('from', 'must lie within the last two years: the platform keeps no more')
}

/** Percent by the part of the span that is done; it never goes back, and 100 is said once, at the end. */
function reporter(query: RefusalQuery): (at: number, rows: number) => void {
  let last = 0
  return (at, rows) => {
    last = Math.max(last, Math.min(99, Math.floor(((at - query.from) / (query.to - query.from)) * 100)))
    query.onProgress?.({ percent: last, rows })
  }
}
