import { Agent } from 'node:http'
import { createRequire } from 'node:module'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:http'
import { serve } from '../lab/child.js'

/** The little of http-proxy's API that is used; the package has no types. */
interface HttpProxy {
  web(request: IncomingMessage, response: ServerResponse): void
  on(event: 'error', listener: (error: Error, request: IncomingMessage, response: ServerResponse) => void): void
}
const { createProxyServer } = createRequire(import.meta.url)('http-proxy') as {
  createProxyServer(options: { target: string; agent: Agent }): HttpProxy
}

/** The baseline of P4: http-proxy 1.18, bare. Nothing is parsed, nothing checked. */
const api = {
  listen({ vendorUrl }: { vendorUrl: string }): Promise<string> {
    const proxy = createProxyServer({ target: vendorUrl, agent: new Agent({ keepAlive: true }) })
    proxy.on('error', (_error, _request, response) => void response.writeHead(502).end())
    const server: Server = createServer((request, response) => proxy.web(request, response))
    return new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
    })
  },
}

export type HttpProxyApi = typeof api
serve(api)
