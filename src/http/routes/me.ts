import { Router } from 'express'
import { principalOf } from '../context.js'

/** What the key in front of it is and may do, so that a page can show what it is good for. Needs a key, and no scope. */
export function meRoutes(): Router {
  const router = Router()
  router.get('/v1/me', (_request, response) => {
    const { name, scopes, platforms, agent } = principalOf(response)
    response.json({
      name,
      scopes: [...scopes],
      ...(platforms !== undefined && { platforms: [...platforms] }),
      ...(agent !== undefined && { agent }),
    })
  })
  return router
}
