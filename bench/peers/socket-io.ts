import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server } from 'socket.io'
import { serve } from '../lab/child.js'
import { onSchedule } from '../lab/schedule.js'

/** The baseline of P15: a Socket.IO server that broadcasts the same events, from memory and with nothing else on. */
const http = createServer()
const server = new Server(http, { transports: ['websocket'], serveClient: false })

const api = {
  listen(): Promise<string> {
    return new Promise((resolve) => {
      http.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(http.address() as AddressInfo).port}`))
    })
  },
  /** What our stream tells of one agent, in the same words. */
  async emit({ perSecond, seconds }: { perSecond: number; seconds: number }): Promise<number> {
    return onSchedule(perSecond, seconds, (n) => {
      const at = new Date().toISOString()
      const state = n % 2 === 0 ? 'READY' : 'NOT_READY'
      server.emit('agent', {
        platform: 'bench',
        agentId: `a${n % 1000}`,
        seq: n,
        at,
        state: {
          platform: 'bench',
          agentId: `a${n % 1000}`,
          state,
          routable: state === 'READY',
          vendorState: state,
          channels: [],
          observedAt: at,
          source: 'event',
          stale: false,
        },
      })
    })
  },
}

export type SocketIoApi = typeof api
serve(api)
