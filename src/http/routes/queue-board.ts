import { Router, type RequestHandler } from 'express'
import { CtiError } from '../../core/model/error.js'
import { principalOf, type HttpParts } from '../context.js'
import { maySeePlatform, needScope } from '../principal.js'

const PATH = '/queues'

/** Everything from here; the board's styles are partly inline, its scripts are not. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ')

/**
 * BullMQ's own board, for operators. It shows wake-ups, and changes none: what becomes of a command is the command log's to say.
 * That it cannot is kept three times: by the method here, by the board's read-only mode, and by the handle that the engine gives.
 */
export function queueBoardRoutes(parts: HttpParts): Router {
  const router = Router()
  let board: RequestHandler | undefined
  router.use(PATH, async (request, response, next) => {
    const principal = principalOf(response)
    needScope(principal, 'ops')
    const hidden = parts.platforms.all().find(({ id }) => !maySeePlatform(principal, id))
    if (hidden !== undefined)
      throw new CtiError('FORBIDDEN', { detail: `the board shows all platforms, and the key "${principal.name}" does not reach all` })
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new CtiError('METHOD_NOT_ALLOWED')
    const engine = parts.engine()
    if (engine === undefined) throw new CtiError('STORE_UNAVAILABLE', { detail: 'the store is being opened', retryAfterMs: 1000 })
    if (engine.wakeUps.board === undefined) throw new CtiError('NOT_FOUND', { detail: 'this engine has no queue to show' })
    // Loaded when somebody looks: the board's modules are a tenth of a start.
    const { createBoard } = await import('./queue-board-app.js')
    board ??= createBoard(engine.wakeUps.board, PATH)
    response.set('Content-Security-Policy', POLICY)
    board(request, response, next)
  })
  return router
}
