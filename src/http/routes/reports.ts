import { stringify, type Stringifier } from 'csv-stringify'
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { Router, type Request, type Response } from 'express'
import type { Adapter } from '../../core/adapter.js'
import { CtiError, toCtiError } from '../../core/model/error.js'
import { createCorrelator, type CorrelatedRefusal } from '../../core/agents/refusal-log.js'
import type { components } from '../../generated/gateway.js'
import { platformOf, principalOf, requestIdOf, type HttpParts } from '../context.js'
import { needScope } from '../principal.js'

type Refusal = components['schemas']['Refusal']

/** Longest span of one report, ms: a year. */
const MAX_SPAN_MS = 366 * 86_400_000
/** A report may take this long, ms; the client's leaving ends it too. */
const REPORT_MS = 600_000
/** At most one progress line in this time, ms. */
const PROGRESS_EVERY_MS = 250

const REFUSAL_COLUMNS = [
  'at',
  'rawTime',
  'agentId',
  'agentName',
  'teamName',
  'contactId',
  'skillName',
  'stationPhone',
  'cause',
  'rawCause',
  'occurrences',
  'flaw',
  'precededByCommand',
  'precededByAction',
  'precededBySeconds',
  'precededByPrincipal',
] as const satisfies readonly (keyof Refusal)[]

export function reportRoutes(parts: HttpParts): Router {
  const router = Router()
  router.get('/v1/platforms/:platform/refusals', async (request, response) => {
    needScope(principalOf(response), 'reports:read')
    const platform = platformOf(parts, request, response)
    const span = spanOf(request)
    const { adapter } = platform
    if (adapter.refusals === undefined)
      throw new CtiError('UNSUPPORTED', { detail: `${adapter.manifest.title} has no report of refused contacts` })
    const writer = writerFor(request, response)
    const ended = new AbortController()
    const cancel = parts.clock.after(REPORT_MS, () => ended.abort(new CtiError('VENDOR_TIMEOUT', { detail: 'the report took too long' })))
    response.once('close', () => ended.abort(new CtiError('STOPPING')))
    const correlate = createCorrelator(parts.commands(), platform.id, span.from)
    try {
      for await (const row of rowsOf(adapter, span, ended.signal, (progress) => writer.progress(progress, parts.clock.monotonic()))) {
        await writer.row(presentRefusal(await correlate(row)))
      }
      writer.end()
    } catch (error) {
      if (!response.headersSent) throw error
      parts.logger.warn({ requestId: requestIdOf(response), code: toCtiError(error).code }, 'a report broke off')
      writer.fail(toCtiError(error))
    } finally {
      cancel()
    }
  })
  return router
}

function rowsOf(
  adapter: Adapter,
  span: { from: number; to: number },
  signal: AbortSignal,
  onProgress: (progress: { percent: number; rows: number }) => void,
): ReturnType<NonNullable<Adapter['refusals']>> {
  if (adapter.refusals === undefined) throw new CtiError('UNSUPPORTED')
  return adapter.refusals({ ...span, signal, onProgress })
}

/** Fails: INVALID_REQUEST naming the parameter. */
export function spanOf(request: Request): { from: number; to: number } {
  const from = instantOf(request.query['from'])
  const to = instantOf(request.query['to'])
  const invalid = (field: string, message: string): never => {
    throw new CtiError('INVALID_REQUEST', { errors: [{ field: `query ${field}`, message }] })
  }
  if (!Number.isFinite(from)) invalid('from', 'must be an instant such as 2026-11-01T00:00:00Z')
  if (!Number.isFinite(to)) invalid('to', 'must be an instant such as 2026-11-02T00:00:00Z')
  if (to <= from) invalid('to', 'must be after from')
  if (to - from > MAX_SPAN_MS) invalid('to', 'the span may be 366 days at most; ask for less')
  return { from, to }
}

/** Epoch ms; NaN for anything but one text that is an instant. */
function instantOf(value: unknown): number {
  return typeof value === 'string' ? Date.parse(value) : Number.NaN
}

type Draft = { -readonly [Field in keyof Refusal]: Refusal[Field] }

/** What the row may say besides, as it stands; the vendor's columns stay inside. */
const MAYBE = ['rawTime', 'agentId', 'agentName', 'teamName', 'contactId', 'skillName', 'stationPhone', 'flaw'] as const

function presentRefusal({ row, precededBy }: CorrelatedRefusal): Refusal {
  // Filled in place: an object made by spreading a row brings a hidden class along, half a kilobyte that stays until the next major
  // collection; with 200,000 rows a hundred megabytes.
  const shown: Draft = { cause: row.cause, rawCause: row.rawCause, occurrences: row.occurrences }
  if (row.at !== undefined) shown.at = new Date(row.at).toISOString()
  for (const name of MAYBE) if (row[name] !== undefined) shown[name] = row[name]
  if (precededBy !== undefined) {
    shown.precededByCommand = precededBy.commandId
    shown.precededByAction = precededBy.action
    if (precededBy.seconds !== undefined) shown.precededBySeconds = precededBy.seconds
    shown.precededByPrincipal = precededBy.principal
  }
  return shown
}

/** One way of writing rows; each waits for a slow reader instead of buffering. */
interface RowWriter {
  row(refusal: Refusal): Promise<void>
  progress(progress: { percent: number; rows: number }, now: number): void
  end(): void
  /** Rows are out already: the reader must see that the end is missing. */
  fail(error: CtiError): void
}

function writerFor(request: Request, response: Response): RowWriter {
  switch (request.accepts(['application/json', 'text/csv', 'application/x-ndjson'])) {
    case 'text/csv':
      return csvWriter(response)
    case 'application/x-ndjson':
      return ndjsonWriter(response)
    default:
      return jsonWriter(response)
  }
}

async function write(response: Response, text: string): Promise<void> {
  if (response.write(text) || response.destroyed) return
  await room(response, response)
}

/** Resolves when a stream takes more again, or when nobody reads the response any more. */
async function room(stream: Writable, response: Response): Promise<void> {
  const over = new AbortController() // takes away the listener that was not needed
  try {
    await Promise.race([once(stream, 'drain', { signal: over.signal }), once(response, 'close', { signal: over.signal })])
  } finally {
    over.abort()
  }
}

function jsonWriter(response: Response): RowWriter {
  let first = true
  const open = (): string => {
    if (!first) return ','
    first = false
    response.status(200).type('application/json')
    return '{"refusals":['
  }
  return {
    row: (refusal) => write(response, open() + JSON.stringify(refusal)),
    progress: () => undefined,
    end: () => void response.end(first ? `${open()}]}` : ']}'),
    fail: () => void response.destroy(),
  }
}

function csvWriter(response: Response): RowWriter {
  let begun: Stringifier | undefined
  // One for the whole report: its options are worked out once, not for each of some hundred thousand rows.
  const begin = (): Stringifier => {
    response.status(200).type('text/csv')
    const stringifier = stringify({ header: true, columns: [...REFUSAL_COLUMNS], escape_formulas: true })
    stringifier.pipe(response)
    return stringifier
  }
  return {
    async row(refusal) {
      const stringifier = (begun ??= begin())
      if (!stringifier.write(REFUSAL_COLUMNS.map((column) => refusal[column] ?? '')) && !response.destroyed)
        await room(stringifier, response)
    },
    progress: () => undefined,
    end: () => void (begun ?? begin()).end(),
    fail: () => void response.destroy(),
  }
}

function ndjsonWriter(response: Response): RowWriter {
  let last = Number.NEGATIVE_INFINITY
  const line = (value: unknown): string => {
    if (!response.headersSent) response.status(200).type('application/x-ndjson')
    return `${JSON.stringify(value)}\n`
  }
  return {
    row: (refusal) => write(response, line({ refusal })),
    progress(progress, now) {
      if (now - last < PROGRESS_EVERY_MS && progress.percent < 100) return
      last = now
      response.write(line({ progress }))
    },
    end: () => void response.end(line({ done: true })),
    fail: (error) => void response.end(line({ problem: { code: error.code, title: error.title } })),
  }
}
