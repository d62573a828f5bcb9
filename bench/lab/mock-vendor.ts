import { createServer, type AddressInfo, type Socket } from 'node:net'
import { createReader, type HttpMessage } from './http-reader.js'
import { serve } from './child.js'

/**
 * A vendor over HTTP that costs next to nothing: `POST /…/<agent>/state` with `"state"` or `"action"` sets, and its answer
 * carries the new state; `GET` reads. Speaks HTTP directly on sockets, so that it is never what limits.
 */

const states = new Map<string, string>()
let writes = 0
let reads = 0

const server = createServer((socket) => {
  socket.setNoDelay(true)
  const reader = createReader((message) => answer(socket, message))
  socket.on('data', (chunk) => reader(chunk))
  socket.on('error', () => socket.destroy())
})

function answer(socket: Socket, { start, body }: HttpMessage): void {
  const [method, path = ''] = start.split(' ')
  const agent = path.split('/').at(-2) ?? ''
  if (method === 'GET') reads += 1
  else {
    writes += 1
    states.set(agent, /"(?:state|action)":"([A-Z_]+)"/.exec(body)?.[1] ?? 'UNKNOWN')
  }
  const text = `{"agentId":"${agent}","state":"${states.get(agent) ?? 'LOGGED_OUT'}","change":${writes},"system":"mock","version":"1.0"}`
  socket.write(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`)
}

const api = {
  /** Begins to listen; answers where. */
  listen(): Promise<string> {
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
    })
  },
  counts: (): { writes: number; reads: number } => ({ writes, reads }),
}

export type MockVendorApi = typeof api
serve(api)
