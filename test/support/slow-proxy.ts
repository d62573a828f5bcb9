import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface SlowProxy {
  readonly port: number
  /** From now on answers travel for so long; none overtakes another. Requests are never delayed. */
  delayAnswers(ms: number): void
  /** Breaks every connection; answers on their way are lost. */
  cut(): void
  stop(): Promise<void>
}

/** A TCP proxy before a server that does at once what it is asked and whose answers come late, or never. */
export function startSlowProxy(targetPort: number): Promise<SlowProxy> {
  let delayMs = 0
  const sockets = new Set<Socket>()
  const track = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  }
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1')
    track(client)
    track(target)
    client.pipe(target)
    let last = Promise.resolve()
    target.on('data', (data) => {
      const late = delayMs > 0 ? sleep(delayMs) : undefined
      last = Promise.all([last, late]).then(() => void client.write(data))
    })
    target.on('close', () => client.destroy())
    client.on('close', () => target.destroy())
  })
  const cut = (): void => sockets.forEach((socket) => socket.destroy())
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve({
        port: typeof address === 'object' && address !== null ? address.port : 0,
        delayAnswers(ms) {
          delayMs = ms
        },
        cut,
        stop() {
          cut()
          return new Promise((stopped) => server.close(() => stopped()))
        },
      })
    })
  })
}
