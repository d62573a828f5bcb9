import { Router } from 'express'
import { replayMany, type Replayed } from '../../core/accept/replay-many.js'
import type { components } from '../../generated/gateway.js'
import { askedBy, noteReplay } from '../audit.js'
import { principalOf, requestOf, type HttpParts } from '../context.js'
import { maySeePlatform, needScope } from '../principal.js'

type Schemas = components['schemas']

/** Many dead letters at once. */
export function deadLetterRoutes(parts: HttpParts): Router {
  const router = Router()
  router.post('/v1/dead-letters/replay', async (request, response) => {
    const principal = principalOf(response)
    needScope(principal, 'ops')
    const { platform, code, before, limit = 50 } = (request.body ?? {}) as Schemas['ReplayRequest']
    const filter = {
      limit,
      ...(platform !== undefined && { platform }),
      ...(code !== undefined && { code }),
      ...(before !== undefined && { before: Date.parse(before) }),
      mayTouch: (letter: { platform: string }) => maySeePlatform(principal, letter.platform),
    }
    const origin = askedBy(requestOf(request, response))
    const { results, next } = await replayMany(parts.commands(), filter, origin)
    for (const { letter, command } of results) if (command !== undefined) noteReplay(parts, origin, letter, command)
    response.json({
      replayed: results.filter(({ command }) => command !== undefined).length,
      refused: results.filter(({ refusal }) => refusal !== undefined).length,
      results: results.map(presentReplayed),
      ...(next !== undefined && { next: new Date(next).toISOString() }),
    } satisfies Schemas['ReplayResult'])
  })
  return router
}

function presentReplayed({ letter, command, refusal }: Replayed): Schemas['ReplayResult']['results'][number] {
  return {
    deadLetter: letter.id,
    platform: letter.platform,
    agentId: letter.agentId,
    outcome: command === undefined ? 'refused' : 'replayed',
    ...(command !== undefined && { command: command.id }),
    ...(refusal !== undefined && { code: refusal.code, detail: refusal.detail ?? refusal.title }),
  }
}
