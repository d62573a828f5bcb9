import { stringify } from 'csv-stringify/sync'
import { once } from 'node:events'
import { Router, type Request, type Response } from 'express'
import { logoutsOf, type LogoutRecord } from '../../core/agents/logout-log.js'
import { CtiError, toCtiError } from '../../core/model/error.js'
import type { components } from '../../generated/gateway.js'
import { platformOf, principalOf, requestIdOf, type HttpParts } from '../context.js'
import { needScope } from '../principal.js'
import { spanOf } from './reports.js'

type Logout = components['schemas']['Logout']

const COLUMNS = [
  'at',
  'agentId',
  'code',
  'name',
  'text',
  'key',
  'cause',
  'previousState',
  'command',
  'requestedBy',
] as const satisfies readonly (keyof Logout)[]

/** The texts of one media type: what stands before, at and after the rows. */
interface Layout {
  readonly type: string
  readonly head: string
  row(logout: Logout, first: boolean): string
  readonly tail: string
}

const JSON_LAYOUT: Layout = {
  type: 'application/json',
  head: '{"logouts":[',
  row: (logout, first) => `${first ? '' : ','}${JSON.stringify(logout)}`,
  tail: ']}',
}

const CSV_LAYOUT: Layout = {
  type: 'text/csv',
  head: stringify([COLUMNS]),
  // Names and texts are people's and vendors': none may become a formula in a spreadsheet. Codes are numbers and stay as they are.
  row: (logout) => stringify([COLUMNS.map((column) => logout[column] ?? '')], { escape_formulas: true }),
  tail: '',
}

export function logoutRoutes(parts: HttpParts): Router {
  const router = Router()
  router.get('/v1/platforms/:platform/logouts', async (request, response) => {
    needScope(principalOf(response), 'reports:read')
    const { id } = platformOf(parts, request, response)
    const engine = parts.engine()
    if (engine === undefined) throw new CtiError('STORE_UNAVAILABLE', { detail: 'the store is being opened', retryAfterMs: 1000 })
    const records = logoutsOf(engine.logouts, id, spanOf(request), () => ({ deadline: parts.clock.now() + parts.storeTimeoutMs }))
    try {
      await send(request, response, records)
    } catch (error) {
      if (!response.headersSent) throw error
      // Rows are out already: the reader must see that the end is missing.
      parts.logger.warn({ requestId: requestIdOf(response), code: toCtiError(error).code }, 'a report broke off')
      response.destroy()
    }
  })
  return router
}

/** Row by row, at the reader's pace. Nothing is sent before the first page is there, so that a store that is away is told as such. */
async function send(request: Request, response: Response, records: AsyncIterable<LogoutRecord>): Promise<void> {
  const layout = request.accepts(['application/json', 'text/csv']) === 'text/csv' ? CSV_LAYOUT : JSON_LAYOUT
  let first = true
  const open = (): string => {
    if (!first) return ''
    response.status(200).type(layout.type)
    return layout.head
  }
  for await (const record of records) {
    if (response.destroyed) return
    const text = open() + layout.row(presentLogout(record), first)
    first = false
    if (!response.write(text) && !response.destroyed) await drained(response)
  }
  response.end(open() + layout.tail)
}

/** Resolves when the reader has caught up or is gone; leaves no listener behind. */
async function drained(response: Response): Promise<void> {
  const done = new AbortController()
  const { signal } = done
  try {
    await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })])
  } finally {
    done.abort()
  }
}

function presentLogout({ platform: _platform, commandId, at, ...rest }: LogoutRecord): Logout {
  return { ...rest, at: new Date(at).toISOString(), ...(commandId !== undefined && { command: commandId }) }
}
