import { Agent, createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http'

/** One account's allowance at a vendor, over all its addresses: so many calls a second, and 429 beyond. */
export interface Allowance {
  readonly calls: readonly { readonly at: number; readonly refused: boolean; readonly text: string }[]
  take(text: string): boolean
  /** From now on there is a limit; before, everything is granted and nothing is counted. */
  begin(): void
}

/** A token bucket, full at the start. */
export function createAllowance(perSecond: number, burst: number): Allowance {
  const calls: { at: number; refused: boolean; text: string }[] = []
  let tokens = burst
  let last = Date.now()
  let limited = false
  return {
    calls,
    begin() {
      limited = true
      last = Date.now()
    },
    take(text) {
      if (!limited) return true
      const at = Date.now()
      tokens = Math.min(burst, tokens + ((at - last) / 1000) * perSecond)
      last = at
      const granted = tokens >= 1
      if (granted) tokens -= 1
      calls.push({ at, refused: !granted, text })
      return granted
    },
  }
}

/** An HTTP front that counts every call, passes what the allowance grants, and answers 429 with Retry-After to the rest. */
export async function startRateLimitedFront(allowance: Allowance, port: number): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const agent = new Agent({ keepAlive: true })
  const server = createServer((request, response) => {
    if (allowance.take(`${request.method} ${request.url}`)) pass(request, response, agent, port)
    else {
      request.resume()
      response.writeHead(429, { 'retry-after': '1', 'content-type': 'text/plain' }).end('too many requests')
    }
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    stop() {
      agent.destroy()
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function pass(request: IncomingMessage, response: ServerResponse, agent: Agent, port: number): void {
  const { method, url, headers } = request
  const onwards = forward({ host: '127.0.0.1', port, method, path: url, headers, agent }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  onwards.on('error', () => response.destroy())
  response.on('close', () => onwards.destroy())
  request.pipe(onwards)
}
