import { Queue } from 'bullmq'
import express from 'express'
import { Redis } from 'ioredis'
import type { AddressInfo } from 'node:net'
import { serve } from '../lab/child.js'

/** The baseline of P5: express 5, and one BullMQ add per command before the 202. No worker: accepting is what is measured. */
const api = {
  listen({ redisUrl }: { redisUrl: string }): Promise<string> {
    const queue = new Queue('commands', { connection: new Redis(redisUrl, { maxRetriesPerRequest: null }) })
    const app = express()
    app.use(express.json())
    app.post('/v1/platforms/:platform/agents/:agentId/commands', async (request, response) => {
      const { platform, agentId } = request.params
      const job = await queue.add('command', { platform, agentId, ...(request.body as object), acceptedAt: Date.now() })
      response.status(202).json({ id: job.id, status: 'accepted' })
    })
    return new Promise((resolve) => {
      const server = app.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
    })
  },
}

export type AcceptBullmqApi = typeof api
serve(api)
