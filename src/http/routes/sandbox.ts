import { Router } from 'express'
import { CtiError } from '../../core/model/error.js'
import { principalOf, type HttpParts } from '../context.js'
import { HIDDEN, maySeePlatform, needScope } from '../principal.js'

/** Buttons that make things happen at the simulated platforms. Without the sandbox there is nothing here. */
export function sandboxRoutes({ sandbox }: HttpParts): Router {
  const router = Router()
  if (sandbox === undefined) return router
  router.get('/v1/sandbox', (_request, response) => {
    const principal = principalOf(response)
    needScope(principal, 'ops')
    const platforms = sandbox.list().filter(({ platform }) => maySeePlatform(principal, platform))
    response.json({ platforms: platforms.map(({ platform, buttons }) => ({ id: platform, buttons })) })
  })
  router.post('/v1/sandbox/:platform/:button', async (request, response) => {
    const principal = principalOf(response)
    needScope(principal, 'ops')
    const { platform, button } = request.params
    if (!maySeePlatform(principal, platform))
      throw new CtiError('PLATFORM_NOT_FOUND', { detail: `there is no platform "${platform}"`, cause: HIDDEN })
    const { agentId } = (request.body ?? {}) as { agentId?: string }
    response.json({ platform, button, ...(await sandbox.press(platform, button, agentId)) })
  })
  return router
}
