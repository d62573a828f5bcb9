import { io, type Socket } from 'socket.io-client'
import { createCrowd, type Crowd } from '../../test/support/event-crowd.js'
import { percentile } from '../stats.js'
import { serve } from './child.js'

/** Subscribers: of the gateway's stream, or of a Socket.IO server. */

let crowd: Crowd | undefined
const sockets: Socket[] = []
let received = 0
let late: number[] = []

interface FanOut {
  /** Events that arrived at subscribers since the last question. */
  readonly delivered: number
  /** ms from event to subscriber, of some of them. */
  readonly p50: number
  readonly p99: number
  /** What must not be: cursors jumped over or doubled, subscribers told of a gap or cut off. */
  readonly faults: readonly string[]
}

const faultsOf = ({ skipped, doubled, gaps, ended }: ReturnType<Crowd['report']>): readonly string[] =>
  skipped + doubled === 0 && Object.keys({ ...gaps, ...ended }).length === 0
    ? []
    : [`P15: ${skipped} events were not told, ${doubled} twice, gaps ${JSON.stringify(gaps)}, ended ${JSON.stringify(ended)}`]

let before = 0

/** How the crowd is; what it knows of lateness is kept, because it tells it once. */
function look(): ReturnType<Crowd['report']> | undefined {
  const report = crowd?.report()
  late.push(...(report?.late ?? []))
  return report
}

const api = {
  async readStream({ url, key, subscribers }: { url: string; key: string; subscribers: number }): Promise<void> {
    crowd = createCrowd(key)
    await crowd.join(subscribers, [url])
  },
  async readSocketIo({ url, subscribers }: { url: string; subscribers: number }): Promise<void> {
    for (let made = 0; made < subscribers; made += 1) {
      const socket = io(url, { transports: ['websocket'], forceNew: true, multiplex: false })
      sockets.push(socket)
      socket.on('agent', ({ at }: { at: string }) => {
        received += 1
        if (made % 20 === 0) late.push(Date.now() - Date.parse(at))
      })
      await new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve)
        socket.once('connect_error', reject)
      })
    }
  },
  arrived: (): number => (look()?.delivered ?? received) - before,
  take(): FanOut {
    const report = look()
    const all = report?.delivered ?? received
    const sorted = Float64Array.from(late).sort()
    late = []
    const delivered = all - before
    before = all
    const [p50, p99] = sorted.length === 0 ? [0, 0] : [percentile(sorted, 0.5), percentile(sorted, 0.99)]
    return { delivered, p50, p99, faults: report === undefined ? [] : faultsOf(report) }
  },
}

export type SubscribersApi = typeof api
serve(api)
