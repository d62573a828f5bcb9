import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { ExpressAdapter } from '@bull-board/express'
import type { Express, RequestHandler } from 'express'

/** The board's application over the queue that the engine shows. Read-only: it has no button that changes anything. */
export function createBoard(queue: unknown, path: string): RequestHandler {
  const serverAdapter = new ExpressAdapter()
  serverAdapter.setBasePath(path)
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
