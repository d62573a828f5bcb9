/** One client connection of one side: framing, order, journal, faults, idle time-out. */
import type { Socket } from 'node:net'
import type { Fault } from '../kit/faults.js'
import type { JournalEntry } from '../kit/journal.js'
import { CF, E_CTI, SERVICE, STATE, STATE_NAMES } from './codes.js'
import { sendFailure, type Connection } from './connection.js'
import { deliver } from './delivery.js'
import { playOf, type FaultPlay } from './faults.js'
import { messageName, TAG } from './messages.js'
import { NO_IDLE_TIMEOUT, openSession } from './opening.js'
import type { Handled } from './handled.js'
import { announceTeams, findAgent, HANDLERS } from './requests.js'
import { announcePeripherals, serves, type Client, type SideName, type Site } from './site.js'
import { createFramer, decode, encode, floatText, WireError, type FloatList, type Message } from './wire.js'

/** What each settable AgentState asks for, in the journal's words. */
const ASKED: Readonly<Record<number, string>> = {
  [STATE.login]: 'LOGIN',
  [STATE.logout]: 'LOGOUT',
  [STATE.notReady]: 'NOT_READY',
  [STATE.available]: 'READY',
}

let nextId = 1

/** Ends a connection by a TCP reset; under TLS, where that is not to be had, without a goodbye. */
export function hardClose(socket: Socket): void {
  if ('encrypted' in socket) socket.destroy()
  else socket.resetAndDestroy()
}

/** Serves one socket until it closes. */
export function serve(site: Site, side: SideName, socket: Socket): Client {
  const framer = createFramer()
  let opened = {
    version: 0,
    services: 0,
    callMask: 0,
    stateMask: 0,
    idleTimeout: 0,
    clientSignature: '',
    ownAgent: undefined as string | undefined,
  }
  let silent = false
  let splitting = false
  let lastHeard = Date.now()
  const write = (bytes: Buffer): void => {
    if (silent || socket.destroyed || !socket.writable) return
    if (!splitting) socket.write(bytes)
    else for (let at = 0; at < bytes.length; at++) socket.write(bytes.subarray(at, at + 1))
  }
  const connection: Connection = {
    site,
    id: nextId++,
    side,
    get open() {
      return opened.version !== 0 && !socket.destroyed
    },
    get version() {
      return opened.version
    },
    get services() {
      return opened.services
    },
    get callMask() {
      return opened.callMask
    },
    get stateMask() {
      return opened.stateMask
    },
    get clientSignature() {
      return opened.clientSignature
    },
    get ownAgent() {
      return opened.ownAgent
    },
    outstanding: 0,
    send: (type: number, fields: Readonly<Record<string, number>>, floats: FloatList = []) =>
      write(encode(type, fields, floats, opened.version)),
    raw: write,
    reset: () => hardClose(socket),
    silence: () => {
      silent = true
    },
    split: (on) => {
      splitting = on
    },
  }

  function open(message: Message, entry: JournalEntry, fault: Fault | undefined): void {
    const play = playOf(fault?.kind)
    const version = message.fields['VersionNumber'] ?? 0
    const result = opened.version !== 0 ? E_CTI.SESSION_ALREADY_OPEN : openSession(site, side, message, play)
    // A refusal is written in the form of the version that was asked for; the session stays unopened.
    const refusal = typeof result === 'number' || play.noEffect === true
    const handled: Handled =
      typeof result === 'number'
        ? { effect: 'refused', answers: [], failure: result }
        : { effect: play.noEffect ? 'none' : 'read', answers: [result.answer] }
    const before = opened
    if (opened.version === 0) opened = typeof result === 'number' ? { ...opened, version } : result
    site.journal.amend(entry.seq, {
      effect: handled.effect,
      ...(handled.failure !== undefined && { detail: { ...entry.detail, status: handled.failure } }),
    })
    deliver(connection, { message, entry, handled, fault, play })
    if (refusal) opened = before
    else site.later(0, () => announce())
    if (!refusal) watchIdle()
  }

  function announce(): void {
    if (!connection.open || !serves(site, side)) return
    if (site.options.systemEvents === 'yes') announcePeripherals(site, connection)
    announceTeams(site, connection)
  }

  /** The server resets after IdleTimeout without any message (section 1.11). */
  function watchIdle(): void {
    if (opened.idleTimeout >= NO_IDLE_TIMEOUT) return
    const left = lastHeard + opened.idleTimeout * 1000 - Date.now()
    if (left <= 0) connection.reset()
    else site.later(left + 1, () => (connection.open ? watchIdle() : undefined))
  }

  function receive(type: number, body: Buffer): void {
    let message: Message
    try {
      message = decode(type, body, opened.version)
    } catch (error) {
      malformed(type, error)
      return
    }
    const entry = journal(site, connection, message)
    const fault = site.faults.take(entry.operation, entry.agentId)
    if (fault !== undefined) site.journal.amend(entry.seq, { fault: fault.kind, effect: 'none' })
    const run = (): void => {
      if (socket.destroyed) return
      if (type === 3) open(message, entry, fault)
      else handle(message, entry, fault)
    }
    if (playOf(fault?.kind).delayAll) site.later(fault?.delayMs ?? 1000, run)
    else run()
  }

  function malformed(type: number, error: unknown): void {
    if (!(error instanceof WireError)) throw error
    site.journal.add({
      operation: messageName(type),
      effect: 'refused',
      detail: { side, session: connection.id, malformed: error.message },
    })
    sendFailure(connection, error.invokeId, error.status)
  }

  function handle(message: Message, entry: JournalEntry, fault: Fault | undefined): void {
    const play: FaultPlay = playOf(fault?.kind)
    const refusal = gate(message)
    const effectless = play.noEffect === true || play.lateEffect === true
    const handled = refusal ?? (effectless ? undefined : HANDLERS[message.type]?.(site, connection, message))
    if (handled !== undefined) {
      site.journal.amend(entry.seq, {
        effect: handled.effect,
        ...(handled.detail !== undefined && { detail: { ...entry.detail, ...handled.detail } }),
      })
    }
    deliver(connection, { message, entry, handled, fault, play })
    if (message.type === 7 && refusal === undefined && !play.noEffect) site.later(20, () => socket.end())
  }

  /** A client that takes part in active/standby keeps its session on the standby side (section 1.5). */
  function standsBy(): boolean {
    return site.modes[side] === 'standby' && (opened.services & SERVICE.activeStandby) !== 0
  }

  /** What is refused before a request is looked at. */
  function gate(message: Message): Handled | undefined {
    const refuse = (failure: number): Handled => ({ effect: 'refused', answers: [], failure })
    if (opened.version === 0) return refuse(E_CTI.SESSION_NOT_OPEN)
    if (!(message.type in HANDLERS)) return refuse(E_CTI.INVALID_MESSAGE_TYPE)
    if (message.type === 5 && !serves(site, side) && !standsBy()) return refuse(E_CTI.CTI_SERVER_OFFLINE)
    if (message.type === 38 && !serves(site, side)) return refuse(E_CTI.SERVER_NOT_MASTER)
    const limit = site.options.maxOutstanding
    if (limit > 0 && connection.outstanding >= limit && message.type !== 5) {
      const fields = { InvokeID: message.fields['InvokeID'] ?? 0, FailureCode: CF.OUTSTANDING_REQUEST_LIMIT }
      return { effect: 'refused', answers: [{ type: 35, fields }] }
    }
    return undefined
  }

  socket.setNoDelay(true)
  socket.on('data', (chunk: Buffer) => {
    lastHeard = Date.now()
    if (silent) return
    socket.cork()
    try {
      for (const { type, body } of framer.push(chunk)) receive(type, body)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      connection.reset()
    } finally {
      socket.uncork()
    }
  })
  socket.on('error', () => socket.destroy())
  return connection
}

/** Writes down what arrived, without secrets. */
function journal(site: Site, connection: Connection, message: Message): JournalEntry {
  const agentId = findAgent(site, message)?.id ?? floatText(message, TAG.agentId)
  const { InvokeID, AgentState, EventReasonCode, ForcedFlag, AgentWorkMode, VersionNumber, ServicesRequested } = message.fields
  const asked = message.type === 38 ? (ASKED[AgentState ?? -1] ?? STATE_NAMES[AgentState ?? -1]) : undefined
  const isSet = message.type === 38
  return site.journal.add({
    operation: messageName(message.type),
    ...(agentId !== undefined && agentId !== '' && { agentId }),
    ...(asked !== undefined && { asked }),
    effect: isSet ? 'none' : 'read',
    detail: {
      side: connection.side,
      session: connection.id,
      invokeId: InvokeID,
      ...(isSet && { reason: EventReasonCode, forcedFlag: ForcedFlag, workMode: AgentWorkMode }),
      ...(message.type === 3 && { version: VersionNumber, services: ServicesRequested }),
    },
  })
}
