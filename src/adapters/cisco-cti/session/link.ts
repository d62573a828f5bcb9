import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'

export interface TlsOptions {
  /** PEM of the authority that signed the server's certificate; missing: the system's. */
  readonly ca?: string | undefined
  /** Client certificate and key, PEM. */
  readonly cert?: string | undefined
  readonly key?: string | undefined
  readonly servername?: string | undefined
}

export interface LinkHandlers {
  onOpen(): void
  onData(chunk: Buffer): void
  /** Once, also when the connection never came up. */
  onClose(reason: string): void
}

/** One TCP or TLS connection. After `reset` nothing is called any more. */
export interface Link {
  /** False when the connection is gone, or when the other side has not taken what was written before. */
  write(bytes: Buffer): boolean
  /** Hard reset: linger 0 (section 1.11). Idempotent. */
  reset(): void
}

/** Bytes that may wait for a server that does not read. */
const MAX_UNSENT = 1024 * 1024

export function openLink(target: { host: string; port: number; tls?: TlsOptions | undefined }, handlers: LinkHandlers): Link {
  const raw = connectTcp({ host: target.host, port: target.port, noDelay: true })
  let stream: Socket | TLSSocket = raw
  let over = false

  const end = (reason: string): void => {
    if (over) return
    over = true
    destroy()
    handlers.onClose(reason)
  }
  const destroy = (): void => {
    if (stream !== raw) stream.destroy()
    // A socket that never connected has nothing to reset.
    if (raw.connecting || raw.destroyed) raw.destroy()
    else raw.resetAndDestroy()
  }
  const listen = (socket: Socket | TLSSocket): void => {
    socket.on('data', (chunk: Buffer) => {
      if (!over) handlers.onData(chunk)
    })
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
    socket.on('close', () => end('closed by the server'))
    socket.on('end', () => end('closed by the server'))
  }

  const { tls } = target
  if (tls === undefined) {
    listen(raw)
    raw.on('connect', () => !over && handlers.onOpen())
  } else {
    raw.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
    raw.on('connect', () => {
      if (over) return
      const secure = connectTls({
        socket: raw,
        servername: tls.servername ?? target.host,
        ...(tls.ca !== undefined && { ca: tls.ca }),
        ...(tls.cert !== undefined && { cert: tls.cert }),
        ...(tls.key !== undefined && { key: tls.key }),
      })
      stream = secure
      listen(secure)
      secure.on('secureConnect', () => !over && handlers.onOpen())
    })
    raw.on('close', () => end('closed by the server'))
  }

  return {
    write(bytes) {
      if (over || !stream.writable) return false
      if (stream.writableLength > MAX_UNSENT) {
        end('the server does not read')
        return false
      }
      stream.write(bytes)
      return true
    },
    reset() {
      if (over) return
      over = true
      // Errors of a connection that nobody cares for any more must not end the process.
      stream.on('error', () => undefined)
      raw.on('error', () => undefined)
      destroy()
    },
  }
}
