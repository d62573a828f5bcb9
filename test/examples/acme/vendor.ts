import express from 'express'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AcmeAgent } from './mapping.js'

/** An imagined vendor on a real socket. A real adapter has a simulator here, written from the vendor's documents. */
export async function startAcme(token: string): Promise<{ readonly url: string; cut(): Promise<void>; mend(): Promise<void> }> {
  const agents = new Map<string, AcmeAgent>([['7001', { id: '7001', status: 'OUT', changedAt: Date.now() }]])
  const app = express()
  app.use(express.json(), (request, response, next) => {
    if (request.get('authorization') === `Bearer ${token}`) next()
    else response.status(401).end()
  })
  app.get('/agents/:id', (request, response) => {
    const agent = agents.get(request.params.id)
    if (agent === undefined) response.status(404).end()
    else response.json(agent)
  })
  app.put('/agents/:id/status', (request, response) => {
    const agent = agents.get(request.params.id)
    if (agent === undefined) return void response.status(404).end()
    const asked = request.body as Pick<AcmeAgent, 'status' | 'pauseCode'>
    if (agent.status === 'OUT' && asked.status === 'OPEN') return void response.status(409).end()
    agents.set(agent.id, { id: agent.id, ...asked, changedAt: Date.now() })
    response.status(204).end()
  })
  app.get(
    '/pause-codes',
    (_request, response) =>
      void response.json([
        { code: 1, label: 'Lunch' },
        { code: 2, label: 'Training' },
      ]),
  )

  let server: Server | undefined
  let port = 0
  const mend = (): Promise<void> =>
    new Promise((resolve) => {
      const started = app.listen(port, '127.0.0.1', () => {
        server = started
        port = (started.address() as AddressInfo).port
        resolve()
      })
    })
  const cut = (): Promise<void> =>
    new Promise((resolve) => {
      if (server === undefined) return resolve()
      server.close(() => resolve())
      server.closeAllConnections()
    })
  await mend()
  return { url: `http://127.0.0.1:${port}`, cut, mend }
}
