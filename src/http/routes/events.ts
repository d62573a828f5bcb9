import { Router, type Request, type Response } from 'express'
import { headerOf, platformFor, principalOf, type HttpParts } from '../context.js'
import { EVENT_TYPES, filterFor, type AskedEvents, type EventType } from '../events/filter.js'
import { readPosition, type Position } from '../events/frames.js'
import { PEGA_SHAPES } from '../events/pega-shape.js'
import { GATEWAY_SHAPE, type StreamShape } from '../events/shape.js'
import { reasonFormOf } from '../opencti/pega-state.js'
import { needAgent, needRead } from '../principal.js'
import { CtiError } from '../../core/model/error.js'

/** `GET /v1/events`: what happens, as server-sent events, from where the reader left off. */
export function eventRoutes(parts: HttpParts): Router {
  const router = Router()
  router.get('/v1/events', async (request, response) => {
    needRead(principalOf(response))
    const principal = principalOf(response)
    const asked = askedOf(parts, request, response)
    const from = fromOf(request)
    await parts.events().open({
      response,
      principal,
      filter: filterFor(principal, asked),
      shape: shapeOf(request),
      ...(from !== undefined && { from }),
    })
  })
  return router
}

function shapeOf({ query }: Request): StreamShape {
  return query['shape'] === 'pega' ? PEGA_SHAPES[reasonFormOf(query['reasonAs'])] : GATEWAY_SHAPE
}

/** A parameter may be repeated; where a comma cannot be part of a value, it separates values. */
function listOf(value: unknown, separator: string | undefined): readonly string[] {
  const given = (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string')
  return separator === undefined ? given : given.flatMap((text) => text.split(separator)).filter((one) => one !== '')
}

/** Fails: PLATFORM_NOT_FOUND, FORBIDDEN for an agent that is not the key's, INVALID_REQUEST. */
function askedOf(parts: HttpParts, request: Request, response: Response): AskedEvents {
  const { platform, agentId, type } = request.query
  const principal = principalOf(response)
  const platforms = listOf(platform, ',')
  for (const id of platforms) platformFor(parts, principal, id)
  const agentIds = listOf(agentId, undefined)
  const [own] = principal.agent === undefined ? [] : [principal.agent]
  for (const id of agentIds) {
    if (own !== undefined) needAgent(principal, own.slice(0, own.indexOf('/')), id)
  }
  return { platforms, agentIds, types: listOf(type, ',').map(typeOf) }
}

function typeOf(text: string): EventType {
  const found = EVENT_TYPES.find((type) => type === text)
  if (found !== undefined) return found
  const message = `takes ${EVENT_TYPES.join(', ')}, separated by commas`
  throw new CtiError('INVALID_REQUEST', { detail: 'see `errors`', errors: [{ field: 'query type', message }] })
}

/** The header is what a browser sends by itself when it comes back; it knows more than the address that it began with. */
function fromOf(request: Request): Position | 'unknown' | undefined {
  const { cursor } = request.query
  const header = headerOf(request.headers, 'last-event-id')
  const text = header === undefined || header === '' ? cursor : header
  return typeof text !== 'string' || text === '' ? undefined : (readPosition(text) ?? 'unknown')
}
