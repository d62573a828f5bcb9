import type { Clock } from '../../../core/clock.js'
import { CtiError } from '../../../core/model/error.js'
import type { KnownMessage, Message } from '../codec/index.js'

/** `command` changes a state, `read` answers somebody who waits, `background` repairs the cache after a reconnect. */
export type Priority = 'command' | 'read' | 'background'
const ORDER: readonly Priority[] = ['command', 'read', 'background']

export interface AskOptions {
  readonly priority: Priority
  readonly signal?: AbortSignal | undefined
  /** Told the InvokeID at the moment at which the request is written. */
  readonly onSent?: (invokeId: number) => void
  /** Told the answer at once, in the order of the stream: an event that follows in the same segment is heard after it. */
  readonly onAnswer?: (message: Message) => void
}

/** Requests in flight, matched by InvokeID. */
export interface Requests {
  /**
   * Sends one request and waits for its answer, whatever that says.
   * Guarantees: at most `maxOutstanding` requests wait for an answer, and background requests leave half of that free, so
   * that ten thousand of them delay a command by no more than one answer.
   * Fails: VENDOR_TIMEOUT (effect unknown for a command that was written), VENDOR_UNAVAILABLE when there is no session.
   */
  ask(build: (invokeId: number) => KnownMessage, options: AskOptions): Promise<Message>
  /** Hands an answer to its request. False when nobody waits for it. */
  answer(invokeId: number, message: Message): boolean
  /** Gives up a request that has been answered in another way. */
  settle(invokeId: number, message: Message): void
  /** The session is gone: written requests end as unknown, queued ones as not sent. */
  failAll(detail: string): void
  nextInvokeId(): number
  /** Sends what was queued. */
  pump(): void
  readonly outstanding: number
  readonly queued: number
}

interface Entry {
  readonly build: (invokeId: number) => KnownMessage
  readonly options: AskOptions
  readonly resolve: (message: Message) => void
  readonly reject: (error: CtiError) => void
  invokeId: number | undefined
  cancel: () => void
  done: boolean
}

const MAX_QUEUED = 50_000

export function createRequests(
  clock: Clock,
  settings: { readonly maxOutstanding: number; readonly timeoutMs: number },
  /** Writes to the session; false when there is none that takes requests. */
  write: (message: KnownMessage) => boolean,
  ready: () => boolean,
): Requests {
  const outstanding = new Map<number, Entry>()
  const queues: Readonly<Record<Priority, Set<Entry>>> = { command: new Set(), read: new Set(), background: new Set() }
  const backgroundLimit = Math.max(1, Math.floor(settings.maxOutstanding / 2))
  let backgroundOut = 0
  let lastId = 0

  const nextInvokeId = (): number => {
    do lastId = (lastId + 1) % 0xffff_ffff
    while (lastId === 0 || outstanding.has(lastId))
    return lastId
  }

  const finish = (entry: Entry): boolean => {
    if (entry.done) return false
    entry.done = true
    entry.cancel()
    queues[entry.options.priority].delete(entry)
    if (entry.invokeId !== undefined && outstanding.delete(entry.invokeId) && entry.options.priority === 'background') backgroundOut -= 1
    return true
  }

  const fail = (entry: Entry, error: CtiError): void => {
    if (finish(entry)) entry.reject(error)
    pump()
  }

  /** What is known of a request that gets no answer: one that was never written had no effect, a read has none anyway. */
  const unanswered = (entry: Entry, detail: string): CtiError =>
    new CtiError('VENDOR_TIMEOUT', {
      detail,
      effect: entry.invokeId !== undefined && entry.options.priority === 'command' ? 'unknown' : 'none',
      fault: { system: 'cti-server', code: 'NO_ANSWER', ...(entry.invokeId !== undefined && { requestId: String(entry.invokeId) }) },
    })

  const sendOne = (entry: Entry): void => {
    queues[entry.options.priority].delete(entry)
    const invokeId = nextInvokeId()
    let message: KnownMessage
    try {
      message = entry.build(invokeId)
      if (!write(message)) throw new CtiError('VENDOR_UNAVAILABLE', { detail: 'the session was lost before the request was written' })
    } catch (error) {
      if (finish(entry)) {
        const bad = (): CtiError => new CtiError('INVALID_REQUEST', { detail: (error as Error).message, cause: error })
        entry.reject(error instanceof CtiError ? error : bad())
      }
      return
    }
    entry.invokeId = invokeId
    outstanding.set(invokeId, entry)
    if (entry.options.priority === 'background') backgroundOut += 1
    entry.options.onSent?.(invokeId)
  }

  function pump(): void {
    if (!ready()) return
    for (const priority of ORDER) {
      for (const entry of queues[priority]) {
        if (outstanding.size >= settings.maxOutstanding) return
        if (priority === 'background' && backgroundOut >= backgroundLimit) return
        sendOne(entry)
      }
    }
  }

  const settle = (invokeId: number, message: Message): void => {
    const entry = outstanding.get(invokeId)
    if (entry === undefined || !finish(entry)) return
    entry.options.onAnswer?.(message)
    entry.resolve(message)
  }

  return {
    ask(build, options) {
      return new Promise<Message>((resolve, reject) => {
        const entry: Entry = { build, options, resolve, reject, invokeId: undefined, cancel: () => undefined, done: false }
        if (!ready()) return reject(new CtiError('VENDOR_UNAVAILABLE', { detail: 'no session with CTI Server' }))
        if (options.signal?.aborted === true) return reject(unanswered(entry, 'given up before it was sent'))
        if (queues[options.priority].size >= MAX_QUEUED) return reject(new CtiError('VENDOR_BUSY', { detail: 'too many requests wait' }))
        const onAbort = (): void => fail(entry, unanswered(entry, 'the answer did not come in time'))
        const cancelTimer = clock.after(settings.timeoutMs, onAbort)
        options.signal?.addEventListener('abort', onAbort, { once: true })
        entry.cancel = () => {
          cancelTimer()
          options.signal?.removeEventListener('abort', onAbort)
        }
        queues[options.priority].add(entry)
        pump()
      })
    },
    answer(invokeId, message) {
      if (!outstanding.has(invokeId)) return false
      settle(invokeId, message)
      pump()
      return true
    },
    settle(invokeId, message) {
      settle(invokeId, message)
      pump()
    },
    failAll(detail) {
      const waiting = ORDER.flatMap((priority) => [...queues[priority]])
      for (const entry of waiting) if (finish(entry)) entry.reject(new CtiError('VENDOR_UNAVAILABLE', { detail }))
      for (const entry of [...outstanding.values()]) {
        if (finish(entry)) entry.reject(unanswered(entry, detail))
      }
    },
    nextInvokeId,
    pump,
    get outstanding() {
      return outstanding.size
    },
    get queued() {
      return ORDER.reduce((sum, priority) => sum + queues[priority].size, 0)
    },
  }
}
