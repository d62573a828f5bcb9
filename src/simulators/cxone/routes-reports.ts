/** Data download, synchronous, and the files that it saves (vendors/cxone.md 6.1). */
import { base64Of, refusalLines, type RefusalWindow } from './refusals.js'
import type { Route } from './routes.js'
import type { Site } from './site.js'
import { failure, flag, text, type Call, type Reply } from './wire.js'

const DAY = 86_400_000
const EXTENSIONS = ['csv', 'tsv', 'xml', 'excel']
/** ISO 8601 without an offset, with a blank for the T, the date alone, or MM/DD/YYYY (6.1). */
const ISO_LOCAL = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2}):(\d{2})(?:\.\d+)?)?$/
const US_DATE = /^(\d{2})\/(\d{2})\/(\d{4})$/

/** A local time as if it were UTC; NaN for anything else, an offset included. */
function localTime(value: string | undefined): number {
  const iso = ISO_LOCAL.exec(value ?? '')
  if (iso !== null)
    return Date.UTC(Number(iso[1]), Number(iso[2]) - 1, Number(iso[3]), Number(iso[4] ?? 0), Number(iso[5] ?? 0), Number(iso[6] ?? 0))
  const us = US_DATE.exec(value ?? '')
  return us === null ? Number.NaN : Date.UTC(Number(us[3]), Number(us[1]) - 1, Number(us[2]))
}

/** Which way an error comes is an option: `request` errors are bad parameters, `run` errors all others. */
function reportError(site: Site, kind: 'request' | 'run', message: string): Reply {
  const { reportErrors } = site.options
  const inBody = reportErrors === 'body' || (reportErrors === 'mixed' && kind === 'run')
  if (!inBody) return failure(400, message)
  return {
    status: 200,
    body: { errorMessage: message, fileName: '', file: '', fileType: '', URI: '' },
    description: 'Success',
    effect: 'refused',
    detail: { refusal: message },
  }
}

interface Order {
  readonly window: RefusalWindow
  readonly fileName: string
  readonly extension: string
  readonly save: boolean
}

function readOrder(site: Site, call: Call): Order | Reply {
  const { options } = site
  const start = localTime(text(call.input, 'startDate'))
  const end = localTime(text(call.input, 'endDate'))
  if (Number.isNaN(start) || Number.isNaN(end))
    return reportError(site, 'request', 'startDate and endDate are required, in ISO 8601 without a time zone offset')
  if (end <= start) return reportError(site, 'request', 'endDate must be after startDate')
  const save = flag(call.input, 'saveAsFile', true)
  const fileName = text(call.input, 'fileName') ?? `Report_${call.path['reportId']}_${call.seq}.csv`
  const extension = fileName.split('.').at(-1)?.toLowerCase() ?? ''
  if (!EXTENSIONS.includes(extension)) return reportError(site, 'request', `The file extension must be one of ${EXTENSIONS.join(', ')}`)
  const id = Number(call.path['reportId'])
  if (id !== options.refusalReportId && id !== options.refusalExpandedReportId)
    return reportError(site, 'run', `Report ${call.path['reportId']} does not exist`)
  if (end - start > 30 * DAY) return reportError(site, 'run', 'The date range must not exceed 30 days')
  if (start < site.now() - 2 * 365 * DAY) return reportError(site, 'run', 'The date range must be within the last 2 years')
  if (save && site.files.has(fileName)) return reportError(site, 'run', `The file ${fileName} already exists`)
  if (extension === 'xml' || extension === 'excel') return reportError(site, 'run', 'The execution of the report failed')
  const window = {
    start,
    end,
    zone: options.reportTimeZone,
    expanded: id === options.refusalExpandedReportId,
    headers: flag(call.input, 'includeHeaders'),
    separator: extension === 'tsv' ? '\t' : ',',
  }
  return { window, fileName, extension, save }
}

function* lines(site: Site, window: RefusalWindow): Generator<string> {
  yield* refusalLines(site.refusals, [...site.population.agents.values()], window)
}

function isEmpty(site: Site, window: RefusalWindow): boolean {
  return lines(site, { ...window, headers: false }).next().done === true
}

/** JSON with a long base64 text in the middle, piece by piece. */
function* withFile(site: Site, window: RefusalWindow, before: string, after: string): Generator<string> {
  yield before
  yield* base64Of(lines(site, window))
  yield after
}

function download(site: Site, call: Call): Reply {
  const order = readOrder(site, call)
  if ('status' in order) return order
  const { window, fileName, extension, save } = order
  if (site.options.emptyReport === '204' && isEmpty(site, window)) return { status: 204, description: 'No Content', effect: 'read' }
  const ok = { status: 200, description: 'Success', effect: 'read' } as const
  if (!save) {
    const head = `{"errorMessage":"","fileName":${JSON.stringify(fileName)},"fileType":${JSON.stringify(extension)},"URI":"","file":"`
    return { ...ok, stream: withFile(site, window, head, '"}') }
  }
  site.files.set(fileName, { window, readyAt: site.now() + site.options.fileLagMs })
  const base = site.options.fileBaseUrl === '' ? site.urls.acd : site.options.fileBaseUrl
  const URI = `${base}/inContactAPI/services/V35.0/files?fileName=${encodeURIComponent(`Reports\\${fileName}`)}`
  return { ...ok, body: { errorMessage: '', fileName, file: '', fileType: extension, URI } }
}

const fileOf = (call: Call) => (text(call.input, 'fileName') ?? '').replace(/^Reports[\\/]/i, '')

/** A saved file may lag for some seconds (6.1). */
function getFile(site: Site, call: Call): Reply {
  const name = fileOf(call)
  if (name === '') return failure(400, 'fileName is required')
  const file = site.files.get(name)
  if (file === undefined || file.readyAt > site.now()) return failure(404, `The file ${name} does not exist`)
  const tail = `","fileName":${JSON.stringify(`Reports\\${name}`)}}}`
  return { status: 200, description: 'Success', effect: 'read', stream: withFile(site, file.window, '{"files":{"file":"', tail) }
}

function deleteFile(site: Site, call: Call): Reply {
  return site.files.delete(fileOf(call))
    ? { status: 200, body: {}, description: 'Success', effect: 'applied' }
    : failure(404, `The file ${fileOf(call)} does not exist`)
}

const route = (operation: string, permission: 'data-download' | 'files', handle: Route['handle']): Route => ({
  operation,
  base: 'acd',
  token: 'needed',
  permission,
  handle,
})

export const REPORT_ROUTES: readonly Route[] = [
  route('POST /report-jobs/datadownload/{reportId}', 'data-download', download),
  route('GET /files', 'data-download', getFile),
  route('DELETE /files', 'files', deleteFile),
]
