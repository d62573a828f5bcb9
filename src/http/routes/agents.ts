import { Router } from 'express'
import { sendAnswer } from '../answer.js'
import { askedBy } from '../audit.js'
import { agentRequestOf, flagOf, platformOf, principalOf, requestOf, type HttpParts } from '../context.js'
import { readLogoutPreview } from '../logout-preview.js'
import { presentPlatform, presentReason, presentState } from '../present.js'
import { maySeeAgent, maySeePlatform, needAgent, needRead, needScope } from '../principal.js'
import { readState } from '../read-state.js'

export function agentRoutes(parts: HttpParts): Router {
  const router = Router()
  router.get('/v1/platforms', (_request, response) => {
    const principal = principalOf(response)
    needRead(principal)
    response.json({
      platforms: parts.platforms
        .all()
        .filter(({ id }) => maySeePlatform(principal, id))
        .map(presentPlatform),
    })
  })
  router.get('/v1/platforms/:platform', (request, response) => {
    needRead(principalOf(response))
    response.json(presentPlatform(platformOf(parts, request, response)))
  })
  router.get('/v1/platforms/:platform/reasons', async (request, response) => {
    needRead(principalOf(response))
    const platform = platformOf(parts, request, response)
    const { type, agentId } = request.query
    // What a team's list holds tells which team an agent is in.
    if (typeof agentId === 'string') needAgent(principalOf(response), platform.id, agentId)
    const reasons = await platform.reasons.list(typeof agentId === 'string' ? agentId : undefined)
    response.json({ reasons: reasons.filter((reason) => type === undefined || reason.type === type).map(presentReason) })
  })
  router.get('/v1/platforms/:platform/agents', async (request, response) => {
    const principal = principalOf(response)
    needRead(principal)
    const platform = platformOf(parts, request, response)
    const { state, after } = request.query
    const limit = Number(request.query['limit'] ?? 200)
    const matching = (await parts.views().list(platform)).filter(
      (view) =>
        maySeeAgent(principal, platform.id, view.agentId) &&
        (state === undefined || view.state === state) &&
        (typeof after !== 'string' || view.agentId > after),
    )
    const page = matching.slice(0, limit)
    const last = page.at(-1)
    response.json({
      agents: page.map((view) => presentState(platform.id, view, undefined)),
      ...(matching.length > limit && last !== undefined && { next: last.agentId }),
    })
  })
  router.get('/v1/platforms/:platform/agents/:agentId/state', async (request, response) => {
    sendAnswer(response, await readState(parts, agentRequestOf(request, response), flagOf(request.query['fresh'])))
  })
  router.get('/v1/platforms/:platform/agents/:agentId/logout-preview', async (request, response) => {
    const platform = platformOf(parts, request, response)
    const agentId = String(request.params['agentId'])
    needScope(principalOf(response), 'supervisor:logout')
    const preview = await readLogoutPreview(parts, platform, agentId)
    parts.audit.note({ what: 'preview', ...askedBy(requestOf(request, response)), platform: platform.id, agentId })
    response.set('ETag', preview.etag).json(preview)
  })
  return router
}
