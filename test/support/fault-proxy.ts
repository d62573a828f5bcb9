import { connect, createServer, type Server, type Socket } from 'node:net'

/** A TCP proxy that plays what networks do. All faults work on connections that exist and on those that come. */
export interface FaultProxy {
  readonly port: number
  /** From now on every byte, either way, travels for so long. Order is kept. */
  latency(ms: number): void
  /** Splits what passes into pieces of at most so many bytes; 0: as it comes. */
  slice(bytes: number): void
  /** Ends every connection with FIN; what is on its way is lost. */
  cut(): void
  /** Ends every connection with RST; what is on its way is lost. */
  reset(): void
  /**
   * Half open: connections are taken and kept, and nothing passes either way. When it ends, those that swallowed something
   * are reset, because a stream cannot go on with a hole in it.
   */
  blackHole(on: boolean): void
  /** New connections are refused with RST as long as it is on, and those that exist are reset. */
  refuse(on: boolean): void
  readonly connections: number
  stop(): Promise<void>
}

interface Pair {
  readonly client: Socket
  readonly target: Socket
  swallowed: boolean
}

/** Bytes that wait in the proxy die with the connection: whoever has gone sends nothing afterwards. */
export async function startFaultProxy(target: { readonly host: string; readonly port: number }): Promise<FaultProxy> {
  let latencyMs = 0
  let pieces = 0
  let hole = false
  let refusing = false
  const pairs = new Set<Pair>()

  const server = createServer((client) => {
    if (refusing) {
      client.on('error', () => undefined)
      client.resetAndDestroy()
      return
    }
    const pair: Pair = { client, target: connect(target.port, target.host), swallowed: false }
    pairs.add(pair)
    const close = (): void => {
      pairs.delete(pair)
      client.destroy()
      pair.target.destroy()
    }
    for (const socket of [client, pair.target]) {
      socket.setNoDelay(true)
      socket.on('error', () => undefined)
      socket.on('close', close)
    }
    pass(pair, client, pair.target)
    pass(pair, pair.target, client)
  })

  function pass(pair: Pair, from: Socket, to: Socket): void {
    let lastDue = 0
    const deliver = (data: Buffer): void => {
      if (to.destroyed || !to.writable) return
      if (pieces === 0) to.write(data)
      else for (let at = 0; at < data.length; at += pieces) to.write(data.subarray(at, at + pieces))
    }
    from.on('data', (data: Buffer) => {
      if (hole) {
        pair.swallowed = true
        return
      }
      const now = performance.now()
      lastDue = Math.max(lastDue, now + latencyMs)
      if (lastDue <= now) deliver(data)
      else setTimeout(() => deliver(data), lastDue - now)
    })
  }

  const resetAll = (which: (pair: Pair) => boolean): void => {
    for (const pair of [...pairs].filter(which)) {
      pair.client.resetAndDestroy()
      pair.target.resetAndDestroy()
    }
  }

  const port = await listen(server)
  return {
    port,
    latency(ms) {
      latencyMs = ms
    },
    slice(bytes) {
      pieces = bytes
    },
    cut() {
      for (const { client, target: far } of pairs) {
        client.destroy()
        far.destroy()
      }
    },
    reset: () => resetAll(() => true),
    blackHole(on) {
      hole = on
      if (!on) resetAll(({ swallowed }) => swallowed)
    },
    refuse(on) {
      refusing = on
      if (on) resetAll(() => true)
    },
    get connections() {
      return pairs.size
    },
    stop() {
      for (const { client, target: far } of pairs) {
        client.destroy()
        far.destroy()
      }
      // Stopping twice is no failure.
      return new Promise((stopped) => server.close(() => stopped()))
    },
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
}
