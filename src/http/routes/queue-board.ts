import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { ExpressAdapter } from '@bull-board/express'
import { Router, type Express, type RequestHandler } from 'express'
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
  router.use(PATH, (request, response, next) => {
    const principal = principalOf(response)
    needScope(principal, 'ops')
    const hidden = parts.platforms.all().find(({ id }) => !maySeePlatform(principal, id))
    if (hidden !== undefined)
      throw new CtiError('FORBIDDEN', { detail: `the board shows all platforms, and the key "${principal.name}" does not reach all` })
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new CtiError('METHOD_NOT_ALLOWED')
    const engine = parts.engine()
    if (engine === undefined) throw new CtiError('STORE_UNAVAILABLE', { detail: 'the store is being opened', retryAfterMs: 1000 })
    if (engine.wakeUps.board === undefined) throw new CtiError('NOT_FOUND', { detail: 'this engine has no queue to show' })
    board ??= createBoard(engine.wakeUps.board)
    response.set('Content-Security-Policy', POLICY)
    board(request, response, next)
  })
  return router
}

function createBoard(queue: unknown): RequestHandler {
  const serverAdapter = new ExpressAdapter()
  serverAdapter.setBasePath(PATH)
  const adapter = new BullMQAdapter(queue as ConstructorParameters<typeof BullMQAdapter>[0], {
    readOnlyMode: true,
    displayName: 'Wake-ups',
    description: 'They carry the key of an agent that has something to do, and nothing else. The commands are in the command log.',
  })
  const uiConfig = { boardTitle: 'CTI Gateway', hideRedisDetails: true, miscLinks: [{ text: 'API', url: '/docs' }] }
  createBullBoard({ queues: [adapter], serverAdapter, options: { uiConfig } })
  const app = serverAdapter.getRouter() as Express
  withoutStrangers(app)
  return app
}

type Render = (path: string, options: object, done: (error: unknown, html?: string) => void) => void

/** The board's page asks another origin for its fonts; it does without. */
function withoutStrangers(app: Express): void {
  const render = (app as unknown as { engines: Record<string, Render> }).engines['.ejs'] as Render
  const own: Render = (path, options, done) =>
    render(path, options, (error, html) => done(error, html?.replace(/<link [^>]*href="https?:[^>]*>/g, '')))
  app.engine('ejs', own)
}
