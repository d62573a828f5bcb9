import express from 'express'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'
import type { FaultBook } from './faults.js'
import type { Journal } from './journal.js'
import type { Simulator, SimulatorDefinition } from './simulator.js'

const faultBody = z.strictObject({
  kind: z.string(),
  operation: z.string().optional(),
  agentId: z.string().optional(),
  times: z.number().int().positive().optional(),
  probability: z.number().min(0).max(1).optional(),
  delayMs: z.number().int().nonnegative().optional(),
  status: z.number().int().min(100).max(599).optional(),
  retryAfter: z.string().optional(),
  body: z.string().optional(),
})

export interface ControlServer {
  readonly url: string
  close(): Promise<void>
}

/**
 * The control API of one simulator: what reached it, faults to play, events to cause. It listens on a port of its own, so
 * that the vendor port speaks nothing but the vendor's protocol.
 */
export async function startControl(
  definition: SimulatorDefinition,
  simulator: Simulator,
  tools: { journal: Journal; faults: FaultBook },
  listen: { host: string; port: number },
): Promise<ControlServer> {
  const app = express()
  app.use(express.json())
  app.get('/', (_request, response) => {
    response.json({
      platform: definition.platform,
      title: definition.title,
      endpoints: simulator.endpoints,
      faultKinds: definition.faultKinds,
      eventTypes: definition.eventTypes,
      routes: [
        'GET /journal?agentId=&operation=&since=',
        'DELETE /journal',
        'GET|POST|DELETE /faults',
        'POST /events',
        'GET /agents',
        'POST /reset',
      ],
    })
  })
  app.get('/journal', (request, response) => {
    const { agentId, operation, since } = request.query
    response.json(
      tools.journal.list({
        ...(typeof agentId === 'string' && { agentId }),
        ...(typeof operation === 'string' && { operation }),
        ...(typeof since === 'string' && { since: Number(since) }),
      }),
    )
  })
  app.delete('/journal', (_request, response) => {
    tools.journal.clear()
    response.status(204).end()
  })
  app.get('/faults', (_request, response) => void response.json(tools.faults.list()))
  app.post('/faults', (request, response) => {
    const parsed = faultBody.safeParse(request.body)
    if (!parsed.success) {
      response.status(400).json({ error: z.prettifyError(parsed.error) })
      return
    }
    if (!(parsed.data.kind in definition.faultKinds)) {
      response
        .status(400)
        .json({ error: `no fault kind "${parsed.data.kind}"; there are: ${Object.keys(definition.faultKinds).join(', ')}` })
      return
    }
    const defined = Object.fromEntries(Object.entries(parsed.data).filter(([, value]) => value !== undefined)) as { kind: string }
    response.status(201).json(tools.faults.add(defined))
  })
  app.delete('/faults', (_request, response) => {
    tools.faults.remove()
    response.status(204).end()
  })
  app.delete('/faults/:id', (request, response) => {
    tools.faults.remove(Number(request.params.id))
    response.status(204).end()
  })
  app.get('/agents', (_request, response) => void response.json(simulator.agents()))
  app.post('/events', (request, response) => {
    const { type, ...body } = (request.body ?? {}) as { type?: unknown } & Record<string, unknown>
    if (typeof type !== 'string' || !(type in definition.eventTypes)) {
      response.status(400).json({ error: `field "type" must be one of: ${Object.keys(definition.eventTypes).join(', ')}` })
      return
    }
    try {
      response.json({ result: simulator.event(type, body) ?? null })
    } catch (error) {
      response.status(400).json({ error: error instanceof Error ? error.message : String(error) })
    }
  })
  app.post('/reset', (_request, response) => {
    tools.journal.clear()
    tools.faults.remove()
    simulator.reset()
    response.status(204).end()
  })
  const server = await new Promise<Server>((resolve, reject) => {
    const started = app.listen(listen.port, listen.host, (error?: Error) => {
      if (error) reject(error)
      else resolve(started)
    })
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${listen.host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
