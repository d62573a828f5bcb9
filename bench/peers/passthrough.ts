import axios from 'axios'
import express from 'express'
import { Agent } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve } from '../lab/child.js'

/**
 * The baseline of P1 to P3: express 5 and axios with keep-alive. A body is parsed, sent on, and the answer returned. No key,
 * no validation, no order, no record.
 */
const api = {
  listen({ vendorUrl }: { vendorUrl: string }): Promise<string> {
    const vendor = axios.create({ baseURL: vendorUrl, httpAgent: new Agent({ keepAlive: true }) })
    const app = express()
    app.use(express.json())
    app.post('/v1/platforms/:platform/agents/:agentId/commands', async (request, response) => {
      const { action } = request.body as { action: string }
      const answer = await vendor.post(`/agents/${request.params.agentId}/state`, { state: action })
      response.json(answer.data)
    })
    return new Promise((resolve) => {
      const server = app.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
    })
  },
}

export type PassthroughApi = typeof api
serve(api)
