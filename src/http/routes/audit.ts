import { Router, type Request, type Response } from 'express'
import type { AuditCursor, AuditQuery, AuditRecord } from '../../core/audit/audit-log.js'
import { CtiError } from '../../core/model/error.js'
import type { components } from '../../generated/gateway.js'
import { platformFor, principalOf, type HttpParts } from '../context.js'
import { needScope } from '../principal.js'

type Schemas = components['schemas']

/** Who did what on whose behalf, newest first. */
export function auditRoutes(parts: HttpParts): Router {
  const router = Router()
  router.get('/v1/audit', async (request, response) => {
    needScope(principalOf(response), 'admin')
    const query = queryOf(parts, request, response)
    const engine = parts.engine()
    if (engine === undefined) throw new CtiError('STORE_UNAVAILABLE', { detail: 'the store is being opened', retryAfterMs: 1000 })
    const options = { deadline: parts.clock.now() + parts.storeTimeoutMs }
    const { rows, next } = await engine.audit.list(query, Number(request.query['limit'] ?? 100), placeOf(request.query['before']), options)
    response.json({ rows: rows.map(present), ...(next !== undefined && { next: textOf(next) }) } satisfies Schemas['AuditPage'])
  })
  return router
}

/** What was asked for, cut down to what the key may see: rows without a platform are for keys that reach all. Fails: PLATFORM_NOT_FOUND, INVALID_REQUEST. */
function queryOf(parts: HttpParts, request: Request, response: Response): AuditQuery {
  const principal = principalOf(response)
  const { platform, agentId, principal: by } = request.query
  const platforms =
    typeof platform === 'string' ? [platformFor(parts, principal, platform).id] : principal.platforms && [...principal.platforms]
  const from = instantOf(request, 'from') ?? 0
  const to = instantOf(request, 'to') ?? Number.MAX_SAFE_INTEGER
  if (to <= from) throw new CtiError('INVALID_REQUEST', { errors: [{ field: 'query to', message: 'must be after from' }] })
  return {
    from,
    to,
    ...(platforms !== undefined && { platforms }),
    ...(typeof agentId === 'string' && { agentId }),
    ...(typeof by === 'string' && { principal: by }),
  }
}

function instantOf(request: Request, name: string): number | undefined {
  const value = request.query[name]
  if (value === undefined) return undefined
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN
  if (Number.isFinite(at)) return at
  throw new CtiError('INVALID_REQUEST', {
    errors: [{ field: `query ${name}`, message: 'must be an instant such as 2026-11-01T00:00:00Z' }],
  })
}

/** A place as callers carry it: they need not know what it is made of. */
function textOf({ at, id }: AuditCursor): string {
  return Buffer.from(`${at} ${id}`).toString('base64url')
}

/** `next` of a page. Fails: INVALID_REQUEST. */
function placeOf(given: unknown): AuditCursor | undefined {
  if (given === undefined) return undefined
  const [, at, id] = /^(\d{1,16}) (.+)$/s.exec(typeof given === 'string' ? Buffer.from(given, 'base64url').toString('utf8') : '') ?? []
  if (at === undefined || id === undefined)
    throw new CtiError('INVALID_REQUEST', { errors: [{ field: 'query before', message: 'must be `next` of the page before' }] })
  return { at: Number(at), id }
}

function present({ id: _id, at, settledAt, commandId, ...rest }: AuditRecord): Schemas['AuditRow'] {
  return {
    at: new Date(at).toISOString(),
    ...rest,
    ...(commandId !== undefined && { command: commandId }),
    ...(settledAt !== undefined && { settledAt: new Date(settledAt).toISOString() }),
  }
}
