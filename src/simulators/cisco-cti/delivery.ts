/** How an answer and its events leave the server, with or without a fault. */
import type { Fault } from '../kit/faults.js'
import type { JournalEntry } from '../kit/journal.js'
import type { StateEvent } from './agent-rules.js'
import { CF, E_CTI, PERERR } from './codes.js'
import { sendFailure, type Connection } from './connection.js'
import { failureOf, type FaultPlay } from './faults.js'
import type { Answer, Handled } from './handled.js'
import { HANDLERS } from './requests.js'
import { encode, frame, type FloatList, type Message } from './wire.js'

export interface Delivery {
  readonly message: Message
  readonly entry: JournalEntry
  /** What the request did; undefined while a fault keeps it from doing anything. */
  readonly handled: Handled | undefined
  readonly fault: Fault | undefined
  readonly play: FaultPlay
}

const DEFAULT_DELAY_MS = 1000
/** Tags that no edition lists: 250 fits one byte, 60000 needs two. */
const UNKNOWN_FLOATS: FloatList = [
  [250, Buffer.from('later edition', 'latin1')],
  [60_000, Buffer.from([1, 2, 3])],
]

/** Plays the fault, or just answers: confirmation first, then events. */
export function deliver(connection: Connection, delivery: Delivery): void {
  const { site } = connection
  const { handled, play, fault } = delivery
  remember(delivery)
  const delay = fault?.delayMs ?? DEFAULT_DELAY_MS
  const answer = (): void => answerLater(connection, delivery)
  const events = (): void => publish(connection, delivery, handled?.events ?? [])
  connection.outstanding += 1
  before(connection, play)
  if (play.events === 'first') {
    events()
    answer()
  } else {
    if (play.answer === 'late') site.later(delay, answer)
    else answer()
    if (play.events === 'late') site.later(delay, events)
    else if (site.options.answerDelayMs > 0) site.later(site.options.answerDelayMs, events)
    else events()
  }
  if (play.lateEffect) site.later(delay, () => applyLate(connection, delivery))
  after(connection, delivery)
}

/** A deferred change amends its journal entry when it takes effect. */
function remember({ handled, entry }: Delivery): void {
  const agent = handled?.deferred?.events[0]?.agent
  if (agent?.pending !== undefined) agent.pending = { ...agent.pending, journalSeq: entry.seq }
}

function answerLater(connection: Connection, delivery: Delivery): void {
  const { answerDelayMs } = connection.site.options
  const run = (): void => {
    connection.outstanding -= 1
    answerNow(connection, delivery)
  }
  if (answerDelayMs > 0 && delivery.message.type !== 3) connection.site.later(answerDelayMs, run)
  else run()
}

function answerNow(connection: Connection, { message, handled, fault, play }: Delivery): void {
  const invokeId = message.fields['InvokeID'] ?? 0
  const conf = confirmationOf(message)
  switch (play.answer) {
    case 'none':
      return
    case 'conf':
      if (conf !== undefined) put(connection, conf, play)
      return
    case 'failure':
      sendFailure(connection, invokeId, Number(fault?.body ?? E_CTI.UNSPECIFIED_FAILURE), play.form)
      return
    case 'control-failure':
      putControlFailure(connection, invokeId, failureOf(fault?.body, [CF.INVALID_OBJECT_STATE, PERERR.CANT_LOG_OUT]))
      return
    case 'conf-then-control-failure':
      if (conf !== undefined) put(connection, conf, play)
      putControlFailure(connection, invokeId, failureOf(fault?.body, [CF.INVALID_OBJECT_STATE, PERERR.BAD_STATE_TRANSITION]))
      return
    default:
      break
  }
  if (handled?.failure !== undefined) sendFailure(connection, invokeId, handled.failure, play.form)
  const times = play.answer === 'twice' ? 2 : 1
  for (let time = 0; time < times; time++) for (const answer of handled?.answers ?? []) put(connection, answer, play)
}

/** The bare confirmation of a request: for SET_AGENT_STATE its own, for a query none, because that would need an answer. */
function confirmationOf(message: Message): Answer | undefined {
  return message.type === 38 ? { type: 39, fields: { InvokeID: message.fields['InvokeID'] ?? 0 } } : undefined
}

function putControlFailure(connection: Connection, invokeId: number, [failure, peripheralError]: [number, number]): void {
  connection.send(35, { InvokeID: invokeId, FailureCode: failure, PeripheralErrorCode: peripheralError })
}

function put(connection: Connection, answer: Answer, play: FaultPlay): void {
  const fields = play.answer === 'wrong-invoke-id' ? { ...answer.fields, InvokeID: 0x7ead_beef } : answer.fields
  const floats: FloatList = [...(answer.floats ?? []), ...(play.unknownTag ? UNKNOWN_FLOATS : [])]
  if (play.connection === 'truncate') {
    const bytes = encode(answer.type, fields, floats, connection.version)
    connection.raw(bytes.subarray(0, Math.ceil(bytes.length / 2)))
    connection.silence()
    connection.site.later(20, () => connection.reset())
    return
  }
  connection.send(answer.type, fields, floats)
}

function publish(connection: Connection, { play }: Delivery, events: readonly StateEvent[]): void {
  if (play.events === 'none') return
  const list =
    play.events === 'reversed' ? events.toReversed() : play.events === 'twice' ? events.flatMap((event) => [event, event]) : events
  connection.site.publish(list, play.unknownTag ? UNKNOWN_FLOATS : [])
}

function before(connection: Connection, play: FaultPlay): void {
  if (play.connection === 'half-open') connection.silence()
  if (play.connection === 'split') connection.split(true)
  if (play.connection === 'garbage') connection.raw(frame(0xdead, Buffer.from('00ff10deadbeef7f80', 'hex')))
  if (play.connection === 'absurd-length') connection.raw(Buffer.from('800000000000001e00000000', 'hex'))
}

function after(connection: Connection, { fault, play }: Delivery): void {
  if (play.connection === 'split') connection.split(false)
  if (play.connection === 'reset') connection.reset()
  if (play.connection === 'failure-event') connection.send(2, { Status: Number(fault?.body ?? E_CTI.CTI_SERVER_OFFLINE) })
}

function applyLate(connection: Connection, delivery: Delivery): void {
  const { site } = connection
  const handled = HANDLERS[delivery.message.type]?.(site, connection, delivery.message)
  if (handled === undefined) return
  site.journal.amend(delivery.entry.seq, { effect: handled.effect })
  remember({ ...delivery, handled })
  site.publish(handled.events ?? [])
  for (const answer of handled.effect === 'refused' ? handled.answers : []) put(connection, answer, delivery.play)
}
