import { io } from 'socket.io-client'
import type { Clock } from '../../core/clock.js'
import { CtiError } from '../../core/model/error.js'
import { ladderDelay } from './bounded.js'
import { authOf, socketAddress } from './describe.js'
import { handshakeError, scrub } from './faults.js'
import type { Login } from './login.js'
import { serviceUrls, type ExpertflowOptions } from './options.js'

/** How a session ended for good, from the vendor's side. */
export type SessionEnd =
  /** `io server disconnect`: the vendor ended it (section 4.1). */
  | { readonly kind: 'server-disconnect' }
  /** The vendor refused to restore it. */
  | { readonly kind: 'refused'; readonly error: CtiError }
  /** The agent was logged out while the link was down: restoring it would log the agent in again. */
  | { readonly kind: 'logged-out-meanwhile' }

export interface SessionHandlers {
  /** The link stands, for the first time or again. */
  up(restored: boolean): void
  /** The link broke; the session restores it by itself. */
  lost(detail: string): void
  ended(end: SessionEnd): void
  message(name: string, payload: unknown): void
  /** Asked before the link is restored. */
  mayRestore(): Promise<'yes' | 'no' | 'unknown'>
}

/** One Socket.IO session with the agent manager. */
export interface Session {
  readonly status: 'new' | 'up' | 'down' | 'ended'
  /** The first connection. Fails, and ends the session: as `handshakeError`; VENDOR_UNAVAILABLE; VENDOR_TIMEOUT when aborted. */
  connect(signal: AbortSignal): Promise<void>
  /** Resolves when no connection is being opened: afterwards it stands, or it does not. */
  settled(): Promise<void>
  /** False when the link does not stand; nothing is buffered for later, because a late command is a stale one. */
  emit(name: string, payload: unknown): boolean
  /** Ends it from our side, silently. Idempotent. */
  close(): void
}

/**
 * A session as the vendor's guide opens it (section 4). The library's own reconnection is off: restoring a desk may log an agent
 * in again, so it is decided here, on a ladder with jitter.
 */
export function createSession(
  login: Login,
  options: ExpertflowOptions,
  handlers: SessionHandlers,
  ports: { readonly clock: Clock; readonly random: () => number },
): Session {
  const { clock } = ports
  const { origin, path } = socketAddress(serviceUrls(options).agentManager)
  const { handshake } = options
  const secrets = [login.token]
  const socket = io(origin, {
    path,
    auth: authOf(handshake.agent === 'string' ? JSON.stringify(login.user) : login.user, login.token, options),
    query: { username: login.username },
    transports: handshake.transports,
    forceNew: true,
    reconnection: false,
    autoConnect: false,
    ...(handshake.token === 'header' && { extraHeaders: { Authorization: `Bearer ${login.token}` } }),
    ...(options.ca !== undefined && { ca: options.ca }),
  })
  let status: Session['status'] = 'new'
  let first: { readonly resolve: () => void; readonly reject: (error: CtiError) => void } | undefined
  let cancelTimer = (): void => {}
  let tries = 0
  let opening: { readonly done: Promise<void>; readonly settle: () => void } | undefined
  const settle = (): void => {
    opening?.settle()
    opening = undefined
  }

  const stop = (): void => {
    status = 'ended'
    cancelTimer()
    settle()
    socket.disconnect()
  }
  const end = (how: SessionEnd): void => {
    stop()
    handlers.ended(how)
  }
  const failed = (error: CtiError, refused: boolean): void => {
    cancelTimer()
    settle()
    if (status === 'ended') return
    if (first !== undefined) {
      stop()
      first.reject(error)
      first = undefined
    } else if (refused) end({ kind: 'refused', error })
    else restoreLater()
  }
  const open = (): void => {
    let resolve = (): void => {}
    opening = { done: new Promise((done) => (resolve = done)), settle: () => resolve() }
    cancelTimer = clock.after(options.connectMs, () => {
      socket.disconnect()
      failed(unreachable('the socket did not open in time'), false)
    })
    socket.connect()
  }
  /** The handlers may have closed the session. */
  const isOpen = (): boolean => status !== 'ended'
  const restoreLater = (): void => {
    status = 'down'
    cancelTimer = clock.after(ladderDelay(options.reconnect, tries, ports.random), () => void restore())
    tries += 1
  }
  const restore = async (): Promise<void> => {
    const may = await handlers.mayRestore()
    if (status === 'ended') return
    if (may === 'no') end({ kind: 'logged-out-meanwhile' })
    else if (may === 'yes') open()
    else restoreLater()
  }

  socket.on('connect', () => {
    cancelTimer()
    tries = 0
    const restored = status === 'down'
    status = 'up'
    settle()
    handlers.up(restored)
    first?.resolve()
    first = undefined
  })
  socket.on('connect_error', (error) => {
    // The library stays "active" after transport errors and gives up after a refusal by the server.
    const refused = !socket.active
    const data = (error as Error & { data?: unknown }).data
    failed(refused ? handshakeError(error.message, data, secrets) : unreachable(scrub(error.message, secrets)), refused)
  })
  socket.on('disconnect', (reason) => {
    if (status === 'ended') return
    if (reason === 'io server disconnect') return end({ kind: 'server-disconnect' })
    status = 'down'
    handlers.lost(reason)
    if (isOpen()) restoreLater()
  })
  socket.onAny((name: string, ...args: unknown[]) => {
    const answer = args.at(-1)
    if (typeof answer === 'function') (answer as (ok: { status: string }) => void)({ status: 'ok' }) // onTopicData, section 5.2
    if (status !== 'ended') handlers.message(name, args[0])
  })

  return {
    get status() {
      return status
    },
    connect(signal) {
      return new Promise((resolve, reject) => {
        const onAbort = (): void =>
          failed(
            new CtiError('VENDOR_TIMEOUT', {
              detail: 'the socket did not open in time',
              fault: { system: 'agent-manager', code: 'aborted' },
            }),
            false,
          )
        const settle = (done: () => void): void => {
          signal.removeEventListener('abort', onAbort)
          done()
        }
        first = { resolve: () => settle(resolve), reject: (error) => settle(() => reject(error)) }
        if (signal.aborted) return onAbort()
        signal.addEventListener('abort', onAbort, { once: true })
        open()
      })
    },
    settled: () => opening?.done ?? Promise.resolve(),
    emit(name, payload) {
      if (status !== 'up' || !socket.connected) return false
      socket.emit(name, payload)
      return true
    },
    close: stop,
  }
}

function unreachable(message: string): CtiError {
  return new CtiError('VENDOR_UNAVAILABLE', { fault: { system: 'agent-manager', code: 'connect_error', message } })
}
