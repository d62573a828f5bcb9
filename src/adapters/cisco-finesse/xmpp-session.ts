import { client, xml, type XmppElement, type XmppEntity } from '@xmpp/client'
import type { Clock } from '../../core/clock.js'

export interface XmppSettings {
  readonly service: string
  readonly domain: string
  readonly pubSubDomain: string
  readonly username: string
  /** Password, or the access token in a single sign-on deployment. */
  readonly password: string
  readonly resource: string
  readonly allowPlaintext: boolean
  readonly mechanism: 'auto' | 'PLAIN' | 'SCRAM-SHA-1'
  readonly keepAliveMs: number
  readonly connectMs: number
  readonly ca?: string | undefined
}

export interface XmppHandlers {
  /** Text of a notification, unescaped once: XML. */
  notification(node: string, text: string): void
  /** Presence of the user `finesse`, which tells whether the notification service works (cisco.md section 4.7). */
  finessePresence(available: boolean): void
  /** Once, when an open session ends by itself. `reason` holds no secret. */
  closed(reason: string): void
}

/** One open XMPP session with one node. */
export interface XmppSession {
  /** Subscribes to a publish-subscribe node. False when the server refuses, or does not answer in time. */
  subscribe(node: string): Promise<boolean>
  /** Unsubscribes, says good-bye, closes. Guarantees: done within 3 s, leaves no timer and no socket; no `closed` call. */
  close(): Promise<void>
}

/** The server refused the credentials: trying again soon may lock the account. */
export class XmppAuthError extends Error {}

const NS_PUBSUB = 'http://jabber.org/protocol/pubsub'
const NS_PUBSUB_EVENT = 'http://jabber.org/protocol/pubsub#event'
const NS_PING = 'urn:xmpp:ping'
/** The most that may arrive without completing an element, characters. */
const MAX_PENDING_CHARS = 4 * 1024 * 1024
const REPLY_MS = 5_000
/** Silence after which the link counts as lost: as many keep-alive intervals. */
const SILENT_INTERVALS = 3

/**
 * Connects, signs in, sends presence; gives up when `ending` aborts. The library's own reconnecting is switched off: when to try again is decided in one
 * place, with the clock of the gateway.
 * Fails: `XmppAuthError`; `Error` with a text without secrets.
 */
export async function openXmpp(settings: XmppSettings, handlers: XmppHandlers, clock: Clock, ending: AbortSignal): Promise<XmppSession> {
  const entity = createEntity(settings)
  const replies = new Map<string, (ok: boolean) => void>()
  const nodes = new Set<string>()
  let open = false
  let failure = ''
  let heardAt = clock.monotonic()
  let nextId = 0
  let stopKeepAlive = (): void => {}

  entity.on('error', (error) => (failure = describeFailure(error)))
  guardInput(entity, () => (heardAt = clock.monotonic()))
  entity.on('stanza', (stanza) => route(stanza, handlers, replies))

  const end = (reason: string): void => {
    if (!open) return
    open = false
    stopKeepAlive()
    for (const settle of replies.values()) settle(false)
    replies.clear()
    destroy(entity)
    handlers.closed(reason)
  }
  entity.on('disconnect', () => end(failure === '' ? 'connection closed' : failure))

  try {
    await startWithin(entity, settings.connectMs, clock, ending)
    await entity.send(xml('presence', {}, xml('priority', {}, '1'))) // priority >= 0 is needed (section 4.8)
  } catch (error) {
    await shutDown(entity)
    throw isCredentialRefusal(error) ? new XmppAuthError(describeFailure(error)) : new Error(describeFailure(error))
  }
  open = true
  heardAt = clock.monotonic()
  stopKeepAlive = clock.every(settings.keepAliveMs, () => {
    if (clock.monotonic() - heardAt > SILENT_INTERVALS * settings.keepAliveMs) return end('the server is silent')
    if (/^xmpps?:/.test(settings.service)) entity.write(' ').catch(() => end('connection lost'))
    const id = `ping-${(nextId += 1)}`
    entity.send(xml('iq', { type: 'get', to: settings.domain, id }, xml('ping', { xmlns: NS_PING }))).catch(() => end('connection lost'))
  })
  if (entity.status === 'disconnect' || entity.status === 'offline') end('connection closed')

  const pubsub = (verb: 'subscribe' | 'unsubscribe', node: string): Promise<boolean> => {
    if (!open) return Promise.resolve(false)
    const id = `${verb}-${(nextId += 1)}`
    // The full JID, so that no other client of this account gets our notifications (Subscription Management).
    const jid = entity.jid?.toString() ?? `${settings.username}@${settings.domain}`
    return new Promise((resolve) => {
      const cancel = clock.after(REPLY_MS, () => settle(false))
      const settle = (ok: boolean): void => {
        cancel()
        replies.delete(id)
        resolve(ok)
      }
      replies.set(id, settle)
      entity
        .send(xml('iq', { type: 'set', to: settings.pubSubDomain, id }, xml('pubsub', { xmlns: NS_PUBSUB }, xml(verb, { node, jid }))))
        .catch(() => settle(false))
    })
  }

  return {
    async subscribe(node) {
      const ok = await pubsub('subscribe', node)
      if (ok) nodes.add(node)
      return ok
    },
    async close() {
      if (open) {
        stopKeepAlive()
        // Subscriptions that are left behind persist at the server.
        const farewell = Promise.all([...nodes].slice(0, 500).map((node) => pubsub('unsubscribe', node)))
        await Promise.race([farewell, clock.sleep(1_000).catch(() => undefined)])
        open = false
        for (const settle of replies.values()) settle(false)
      }
      await shutDown(entity)
    },
  }
}

function createEntity(settings: XmppSettings): XmppEntity {
  if (/^wss?:/.test(settings.service) && !('WebSocket' in globalThis)) {
    throw new Error('XMPP over WebSocket needs a Node release with a global WebSocket (22 or later)')
  }
  const entity = client({
    service: settings.service,
    domain: settings.domain,
    resource: settings.resource,
    username: settings.username,
    credentials: async (authenticate, mechanisms, _fast, connection) => {
      if (!connection.isSecure() && !settings.allowPlaintext) throw new Error('the server offers no TLS; the password is not sent')
      const mechanism = mechanisms.find((offered) =>
        settings.mechanism === 'auto' ? offered !== 'ANONYMOUS' : offered === settings.mechanism,
      )
      if (mechanism === undefined) throw new Error('the server offers no usable way to sign in')
      await authenticate({ username: settings.username, password: settings.password }, mechanism)
    },
  })
  entity.reconnect.stop()
  if (settings.ca !== undefined && settings.service.startsWith('xmpps:')) {
    const parameters = entity.socketParameters.bind(entity)
    entity.socketParameters = (service) => ({ ...(parameters(service) as object), ca: settings.ca })
  }
  return entity
}

/**
 * Bounds what arrives without making a complete element, and tells that something arrived. What comes when the stream has ended (closed,
 * given up, or broken by text that is no XML) while its socket is still open is dropped: the library has no parser for it then, and what it
 * throws in a socket's handler would end the process.
 */
function guardInput(entity: XmppEntity, heard: () => void): void {
  let pending = 0
  const feed = entity._onData.bind(entity)
  entity._onData = (data) => {
    if (entity.parser === null) return
    heard()
    pending += (data as { length: number }).length
    if (pending > MAX_PENDING_CHARS) destroy(entity)
    else feed(data)
  }
  entity.on('element', () => (pending = 0))
}

function route(stanza: XmppElement, handlers: XmppHandlers, replies: Map<string, (ok: boolean) => void>): void {
  if (stanza.name === 'iq') {
    replies.get(stanza.attrs['id'] ?? '')?.(stanza.attrs['type'] === 'result')
  } else if (stanza.name === 'presence') {
    const user = (stanza.attrs['from'] ?? '').split('@')[0]
    if (user === 'finesse') handlers.finessePresence(stanza.attrs['type'] === undefined)
  } else if (stanza.name === 'message') {
    for (const items of stanza.getChild('event', NS_PUBSUB_EVENT)?.getChildren('items') ?? []) {
      for (const item of items.getChildren('item')) {
        const text = item.getChildText('notification')
        if (text !== null && text !== '') handlers.notification(items.attrs['node'] ?? '', text)
      }
    }
  }
}

/** `start` of the library waits without limit for a peer that accepts and says nothing. */
async function startWithin(entity: XmppEntity, ms: number, clock: Clock, ending: AbortSignal): Promise<void> {
  let cancel = (): void => {}
  const late = new Promise<never>((_resolve, reject) => {
    const stop = (): void => reject(new Error('stopping'))
    const cancelTimer = clock.after(ms, () => reject(new Error(`no XMPP session within ${ms} ms`)))
    if (ending.aborted) stop()
    ending.addEventListener('abort', stop, { once: true })
    cancel = () => {
      cancelTimer()
      ending.removeEventListener('abort', stop)
    }
  })
  const starting = entity.start()
  starting.catch(() => undefined)
  const lost = new Promise<never>((_resolve, reject) =>
    entity.on('disconnect', () => reject(new Error('the server closed the connection'))),
  )
  lost.catch(() => undefined)
  try {
    await Promise.race([starting, late, lost])
  } finally {
    cancel()
  }
}

/** The library waits for the peer's farewell with timers of its own; half a second is enough for politeness. */
async function shutDown(entity: XmppEntity): Promise<void> {
  entity.timeout = 250
  entity.reconnect.stop()
  if (entity.status !== 'offline' && entity.status !== 'disconnect') {
    try {
      await entity.stop()
    } catch {
      // It was closed already, or never open.
    }
  }
  destroy(entity)
}

function destroy(entity: XmppEntity): void {
  const socket = entity.socket
  if (socket === null) return
  if (socket.socket !== undefined && socket.socket !== null) {
    socket.socket.destroy?.()
    socket.socket.close?.()
  }
  socket.destroy?.()
}

/** RFC 6120 section 6.5: the conditions that speak about the credentials. */
const CREDENTIAL_CONDITIONS = new Set(['not-authorized', 'account-disabled', 'credentials-expired', 'invalid-authzid'])

function isCredentialRefusal(error: unknown): boolean {
  return error instanceof Error && CREDENTIAL_CONDITIONS.has(String((error as Error & { condition?: unknown }).condition))
}

/** Names and codes only: texts of the library may quote what was sent. */
function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return 'XMPP failed'
  const { code, condition } = error as Error & { code?: unknown; condition?: unknown }
  const known = [condition, code].find((part) => typeof part === 'string' && part !== '')
  if (typeof known === 'string') return `XMPP: ${known}`
  return error.message === '' ? `XMPP: ${error.name}` : `XMPP: ${error.message.slice(0, 120)}`
}
