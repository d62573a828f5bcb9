import type { Logger } from '../../../core/adapter.js'
import type { Clock } from '../../../core/clock.js'
import { codecOf, createFramer, E_CTI, SERVICE, type Codec, type Framer, type KnownMessage, type Message } from '../codec/index.js'
import { createClimb } from './climb.js'
import { createHeartbeat } from './heartbeat.js'
import { openLink, type Link } from './link.js'
import { nextState, type SessionEvent, type SessionState } from './machine.js'
import { createRequests } from './requests.js'
import { CLIENT_CLOSES, MAINTENANCE_SWITCH, openingFailure, SERVER_OFFLINE } from './statuses.js'
import type { Session, SessionHandlers, SessionSettings } from './types.js'

/** A session shorter than this does not begin the ladder anew: a server that accepts and drops us must not be hammered. */
const STABLE_MS = 10_000

/**
 * Keeps the session open: sides A and B, version probing, heart-beats, close handshake (vendors/cisco.md sections 1.1, 1.5,
 * 1.8, 1.11). All transitions are those of `machine.ts`.
 */
export function createSession(
  settings: SessionSettings,
  tools: { readonly clock: Clock; readonly log: Logger; readonly random: () => number },
  handlers: SessionHandlers,
): Session {
  const { clock, log } = tools
  const climb = createClimb({ ...settings.ladder, sides: settings.sides.length }, tools.random)
  let state: SessionState = 'STOPPED'
  let link: Link | undefined
  let codec: Codec = codecOf(settings.versions[0]!)
  let framer: Framer = createFramer()
  /** Cancels the one timer of the present state: connect, open, close or wait. */
  let cancelTimer: () => void = () => undefined
  let versionAt = 0
  let openedAt = 0
  let granted = 0
  let pgStatus = 0
  let detail = 'not started'
  let stopping: { promise: Promise<void>; done: () => void } | undefined

  const sideName = (): string => settings.sides[climb.side]!.name
  const inService = (): boolean => state === 'IN_SERVICE' || state === 'DEGRADED'

  const write = (message: KnownMessage): boolean => link?.write(codec.encode(message)) === true
  const requests = createRequests(clock, { maxOutstanding: settings.maxOutstanding, timeoutMs: settings.answerTimeoutMs }, write, inService)
  const heartbeat = createHeartbeat(clock, settings.heartbeatMs, {
    send: () => {
      const invokeId = requests.nextInvokeId()
      write({ message: 'HEARTBEAT_REQ', InvokeID: invokeId })
      return invokeId
    },
    onLost: (misses) => {
      // A server that is half dead would let us wait for its OPEN_CONF: the other side is asked first.
      lose(`${misses} heart-beats unanswered`, true)
    },
  })

  /** Takes the transition, or says false where the event has no meaning any more. */
  function go(event: SessionEvent, why: string): boolean {
    const next = nextState(state, event)
    if (next === undefined) return false
    cancelTimer()
    cancelTimer = () => undefined
    log.debug({ from: state, to: next, event, side: sideName(), detail: why }, 'session')
    state = next
    detail = why
    if (state !== 'IN_SERVICE' && state !== 'DEGRADED') heartbeat.stop()
    handlers.onState()
    return true
  }

  function dropLink(): void {
    link?.reset()
    link = undefined
  }

  function connect(): void {
    const side = settings.sides[climb.side]!
    framer = createFramer()
    cancelTimer = clock.after(settings.connectTimeoutMs, () => {
      dropLink()
      if (go('connect-failed', `${side.name}: no connection in time`)) wait()
    })
    const mine = openLink(
      { host: side.host, port: side.port, tls: settings.tls },
      {
        onOpen: () => {
          if (link === mine && go('connected', `${side.name}: connected`)) open()
        },
        onData: (chunk) => {
          if (link === mine) receive(mine, chunk)
        },
        onClose: (reason) => {
          if (link !== mine) return
          link = undefined
          if (state === 'CLOSING') return finishClosing()
          if (go('connect-failed', `${side.name}: ${reason}`)) return wait()
          lose(`${side.name}: ${reason}`)
        },
      },
    )
    link = mine
  }

  function open(): void {
    const version = settings.versions[versionAt]!
    codec = codecOf(version)
    cancelTimer = clock.after(settings.openTimeoutMs, () => {
      dropLink()
      if (go('open-unanswered', `${sideName()}: OPEN_REQ unanswered`)) wait()
    })
    write({ message: 'OPEN_REQ', InvokeID: requests.nextInvokeId(), VersionNumber: version, ...settings.open })
  }

  /** The session or the attempt to open one is over without a word; go on with the ladder. */
  function lose(why: string, otherFirst = false): void {
    const wasOpen = inService()
    dropLink()
    if (!go('lost', why)) return
    if (wasOpen) left(why)
    if (otherFirst) climb.preferOther()
    wait()
  }

  function left(why: string): void {
    if (clock.monotonic() - openedAt >= STABLE_MS) climb.lasted()
    requests.failAll(why)
    handlers.onLost(why)
  }

  function wait(): void {
    // Even without a pause the stack is left first, so that a refusing server cannot keep the process busy.
    cancelTimer = clock.after(climb.next(), () => {
      if (go('wait-over', `connecting to ${sideName()}`)) connect()
    })
  }

  function receive(from: Link, chunk: Buffer): void {
    try {
      framer.push(chunk, (bytes, start, end) => {
        if (link !== from) return
        let message: Message
        try {
          message = codec.decode(bytes, start, end)
        } catch (error) {
          // The frame was whole, so the stream goes on behind it.
          log.warn({ side: sideName(), err: (error as Error).message }, 'message of CTI Server not understood; skipped')
          return
        }
        handle(message)
      })
    } catch (error) {
      lose(`${sideName()}: ${(error as Error).message}`)
    }
  }

  function handle(message: Message): void {
    if (state === 'OPENING') return handleOpening(message)
    if (state === 'CLOSING') {
      if (message.message === 'CLOSE_CONF') finishClosing()
      return
    }
    if (!inService()) return
    switch (message.message) {
      case 'HEARTBEAT_CONF':
        heartbeat.answered()
        return
      case 'FAILURE_EVENT':
        leave(message.Status, `FAILURE_EVENT ${message.Status} ${E_CTI[message.Status] ?? ''}`)
        return
      case 'FAILURE_CONF':
        if (heartbeat.sent(message.InvokeID)) {
          lose('a heart-beat was answered by FAILURE_CONF: the server is offline', true)
          return
        }
        break
      case 'SYSTEM_EVENT':
        setPgStatus(message.PGStatus)
        break
      case 'ACTIVE_MAINTENANCE_REQ':
        write({ message: 'ACTIVE_MAINTENANCE_RESP', InvokeID: message.InvokeID, MaintenanceModeAccepted: settings.sides.length > 1 })
        return
      case 'ACTIVE_MAINTENANCE_EVENT':
        if (message.MaintenanceMode && settings.sides.length > 1) {
          write({ message: 'STOPPING_REQUESTS_TO_THIS_SIDE_IND' })
          leave(MAINTENANCE_SWITCH, 'the server goes into maintenance')
        }
        return
    }
    if ('InvokeID' in message && requests.answer(message.InvokeID, message)) return
    handlers.onMessage(message)
  }

  function handleOpening(message: Message): void {
    if (message.message === 'OPEN_CONF') {
      granted = message.ServicesGranted
      pgStatus = message.PGStatus
      openedAt = clock.monotonic()
      if (!go(pgStatus === 0 ? 'opened' : 'opened-degraded', `${sideName()}: version ${codec.version}`)) return
      climb.arrived()
      heartbeat.start()
      handlers.onOpen(message)
      requests.pump()
      return
    }
    if (message.message !== 'FAILURE_CONF' && message.message !== 'FAILURE_EVENT') return
    const status = message.Status ?? ('FailureCode' in message ? message.FailureCode : undefined) ?? 0
    const why = `${sideName()}: OPEN_REQ refused, ${status} ${E_CTI[status] ?? ''}`
    const meaning = openingFailure(status, message.message === 'FAILURE_CONF' && versionAt + 1 < settings.versions.length)
    dropLink()
    if (meaning === 'next-version' && go('version-refused', why)) {
      versionAt += 1
      return connect()
    }
    // After the oldest version was refused the newest is the next to be asked for.
    if (meaning !== 'other-side') versionAt = status === 1 ? 0 : versionAt
    if (meaning === 'back-off') climb.backOff()
    if (go('open-refused', why)) wait()
  }

  function setPgStatus(status: number): void {
    if (status === pgStatus) return
    pgStatus = status
    if (!go(status === 0 ? 'pg-normal' : 'pg-degraded', `${sideName()}: PGStatus 0x${status.toString(16)}`)) handlers.onState()
  }

  /** The close handshake (section 1.11): CLOSE_REQ, a bounded wait for CLOSE_CONF, a hard reset. */
  function leave(status: number, why: string): void {
    if (!go('server-leaves', why)) return
    left(why)
    climb.preferOther()
    if (status === 11) climb.backOff()
    sendClose(status === SERVER_OFFLINE || status === MAINTENANCE_SWITCH ? SERVER_OFFLINE : CLIENT_CLOSES)
  }

  function sendClose(status: number): void {
    cancelTimer = clock.after(settings.closeTimeoutMs, finishClosing)
    if (!write({ message: 'CLOSE_REQ', InvokeID: requests.nextInvokeId(), Status: status })) finishClosing()
  }

  function finishClosing(): void {
    dropLink()
    if (stopping !== undefined) {
      if (go('closed-for-good', 'stopped')) stopping.done()
      return
    }
    if (go('closed', detail)) wait()
  }

  return {
    requests,
    start() {
      climb.begin()
      if (go('start', `connecting to ${sideName()}`)) connect()
    },
    stop() {
      if (stopping !== undefined) return stopping.promise
      let done: () => void = () => undefined
      const promise = new Promise<void>((resolve) => {
        done = resolve
      })
      stopping = { promise, done }
      const wasOpen = inService()
      if (!go('stop', 'stopping')) {
        done()
        return promise
      }
      if (wasOpen) {
        requests.failAll('the gateway stops')
        sendClose(CLIENT_CLOSES)
      } else if (state === 'CLOSING') sendClose(CLIENT_CLOSES)
      else {
        dropLink()
        done()
      }
      return promise
    },
    get state() {
      return state
    },
    get inService() {
      return inService()
    },
    get side() {
      return sideName()
    },
    get version() {
      return inService() ? codec.version : undefined
    },
    get pgStatus() {
      return pgStatus
    },
    get mayControl() {
      return (granted & (SERVICE.CLIENT_CONTROL | SERVICE.AGENT_STATE_CONTROL_ONLY)) !== 0
    },
    get detail() {
      return detail
    },
  }
}
