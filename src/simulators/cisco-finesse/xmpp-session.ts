/** One XMPP connection of one node: stream, SASL, bind, presence, pubsub (vendors/cisco.md section 4.8; RFC 6120, XEP-0060). */
import { randomUUID } from 'node:crypto'
import { checkPassword, findUser, tokenOf } from './auth.js'
import type { User } from './population.js'
import { startScram, type ScramExchange } from './scram.js'
import { SYSTEM_NODE, teamUsersNode, userNode, type Listener, type NodeName, type Site } from './site.js'
import { enter, isLoggedIn } from './user-rules.js'
import { xml, type Element } from './xmpp-xml.js'

const NS = {
  streams: 'http://etherx.jabber.org/streams',
  framing: 'urn:ietf:params:xml:ns:xmpp-framing',
  sasl: 'urn:ietf:params:xml:ns:xmpp-sasl',
  bind: 'urn:ietf:params:xml:ns:xmpp-bind',
  session: 'urn:ietf:params:xml:ns:xmpp-session',
  pubsub: 'http://jabber.org/protocol/pubsub',
  pubsubEvent: 'http://jabber.org/protocol/pubsub#event',
  stanzas: 'urn:ietf:params:xml:ns:xmpp-stanzas',
  roster: 'jabber:iq:roster',
  ping: 'urn:xmpp:ping',
} as const

/** How bytes come and go: a TCP stream or WebSocket frames. */
export interface Transport {
  readonly framed: boolean
  write(text: string): void
  end(): void
  destroy(): void
  /** The stream begins anew after sign-in: the parser must forget what it knows. */
  restart(): void
}

export interface XmppSession extends Listener {
  open(): void
  element(element: Element): void
  /** The client ends its stream. */
  finish(): void
  closed(): void
}

/** Nodes that this user may hear: its own, those of supervised teams and their members, and the system's (section 4.8). */
function maySubscribe(site: Site, user: User, node: string): boolean {
  if (node === SYSTEM_NODE || node === userNode(user.id) || node === `${userNode(user.id)}/Dialogs`) return true
  if (user.supervises.some((team) => node === teamUsersNode(team) || node === `/finesse/api/Team/${team}`)) return true
  const other = [...site.population.users.values()].find((known) => userNode(known.id) === node)
  return other !== undefined && user.supervises.includes(other.teamId)
}

export function createXmppSession(site: Site, node: NodeName, transport: Transport): XmppSession {
  const { domain } = site.options
  const subscriptions = new Set<string>()
  let user: User | undefined
  let scram: ScramExchange | undefined
  let resource = ''
  let available = false
  let silent = false
  let refused = false

  const jid = (): string => `${user?.id ?? ''}@${domain}/${resource}`
  const write = (text: string): void => {
    if (!silent) transport.write(text)
  }
  const send = (element: Element): void => write(element.toString())
  const note = (operation: string, effect: 'read' | 'applied' | 'refused' | 'none', detail: Record<string, unknown> = {}): void =>
    void site.journal.add({ operation, ...(user !== undefined && { agentId: user.id }), effect, detail: { side: node, ...detail } })

  function features(): Element {
    const attrs = transport.framed ? { 'xmlns:stream': NS.streams } : {}
    const name = 'stream:features'
    if (user !== undefined) return xml(name, attrs, xml('bind', { xmlns: NS.bind }), xml('session', { xmlns: NS.session }))
    const mechanisms = site.options.saslMechanisms.split(',').map((mechanism) => xml('mechanism', {}, mechanism))
    return xml(name, attrs, xml('mechanisms', { xmlns: NS.sasl }, ...mechanisms))
  }

  function saslFailure(condition: string): void {
    note('xmpp auth', 'refused', { condition })
    send(xml('failure', { xmlns: NS.sasl }, xml(condition)))
  }

  function success(found: User, data?: string): void {
    user = found
    note('xmpp auth', 'applied')
    send(xml('success', { xmlns: NS.sasl }, data === undefined ? undefined : Buffer.from(data).toString('base64')))
    transport.restart()
  }

  function auth(element: Element): void {
    const fault = site.faults.take('xmpp auth', undefined, ['xmpp-refuse', 'hang', 'unavailable', 'drop-before'])
    refused = fault?.kind === 'xmpp-refuse'
    if (fault?.kind === 'hang') return note('xmpp auth', 'none')
    if (fault?.kind === 'drop-before') return transport.destroy()
    if (fault?.kind === 'unavailable') return streamError('remote-connection-failed')
    const text = Buffer.from(element.text(), 'base64').toString('utf8')
    if (element.attrs['mechanism'] === 'PLAIN') return plain(text)
    if (element.attrs['mechanism'] !== 'SCRAM-SHA-1') return saslFailure('invalid-mechanism')
    scram = startScram(text)
    if (scram === undefined) return saslFailure('malformed-request')
    send(xml('challenge', { xmlns: NS.sasl }, Buffer.from(scram.challenge).toString('base64')))
  }

  /** Agent id or login name with the password, or with the access token under SSO. */
  function plain(text: string): void {
    const [, name = '', secret = ''] = text.split('\0')
    const found = findUser(site, name)
    const right = found !== undefined && (tokenOf(found) === secret || checkPassword(site, found, secret))
    if (found === undefined || !right || refused) saslFailure('not-authorized')
    else success(found)
  }

  function response(element: Element): void {
    const found = findUser(site, scram?.username ?? '')
    const signature =
      found === undefined ? undefined : scram?.verify(Buffer.from(element.text(), 'base64').toString('utf8'), found.password)
    if (found === undefined || signature === undefined || refused) saslFailure('not-authorized')
    else success(found, signature)
  }

  function streamError(condition: string): void {
    send(
      xml(
        'stream:error',
        transport.framed ? { 'xmlns:stream': NS.streams } : {},
        xml(condition, { xmlns: 'urn:ietf:params:xml:ns:xmpp-streams' }),
      ),
    )
    transport.end()
  }

  function result(request: Element, child?: Element): void {
    send(xml('iq', { type: 'result', id: request.attrs['id'], to: jid(), from: request.attrs['to'] ?? domain }, child))
  }

  function iqError(request: Element, type: string, condition: string): void {
    const error = xml('error', { type }, xml(condition, { xmlns: NS.stanzas }))
    send(xml('iq', { type: 'error', id: request.attrs['id'], to: jid(), from: request.attrs['to'] ?? domain }, error))
  }

  function iq(request: Element): void {
    if (request.attrs['type'] === 'result' || request.attrs['type'] === 'error') return
    if (user === undefined) return streamError('not-authorized')
    const bind = request.getChild('bind', NS.bind)
    if (bind !== undefined) {
      resource = bind.getChildText('resource', NS.bind) ?? randomUUID()
      note('xmpp bind', 'applied')
      return result(request, xml('bind', { xmlns: NS.bind }, xml('jid', {}, jid())))
    }
    if (request.getChild('session', NS.session) !== undefined || request.getChild('ping', NS.ping) !== undefined) return result(request)
    if (request.getChild('query', NS.roster) !== undefined) return result(request, xml('query', { xmlns: NS.roster }))
    const pubsub = request.getChild('pubsub', NS.pubsub)
    if (pubsub !== undefined) return subscribe(request, pubsub, user)
    iqError(request, 'cancel', 'service-unavailable')
  }

  function subscribe(request: Element, pubsub: Element, subscriber: User): void {
    const on = pubsub.getChild('subscribe', NS.pubsub)
    const off = pubsub.getChild('unsubscribe', NS.pubsub)
    const name = (on ?? off)?.attrs['node'] ?? ''
    if (on === undefined && off === undefined) return iqError(request, 'cancel', 'feature-not-implemented')
    if (off !== undefined) subscriptions.delete(name)
    else if (!maySubscribe(site, subscriber, name)) {
      note('xmpp subscribe', 'refused', { node: name })
      return iqError(request, 'auth', 'forbidden')
    } else subscriptions.add(name)
    note(on === undefined ? 'xmpp unsubscribe' : 'xmpp subscribe', 'applied', { node: name })
    const subscription = xml('subscription', {
      node: name,
      jid: `${subscriber.id}@${domain}`,
      subscription: on === undefined ? 'none' : 'subscribed',
    })
    result(request, xml('pubsub', { xmlns: NS.pubsub }, subscription))
  }

  function presence(stanza: Element): void {
    if (user === undefined || (stanza.attrs['type'] !== undefined && stanza.attrs['type'] !== 'unavailable')) return
    const was = available
    available = stanza.attrs['type'] === undefined && Number(stanza.getChildText('priority') ?? '0') >= 0
    note('xmpp presence', 'applied', { available })
    // The user's own node is subscribed automatically (section 4.8).
    if (available) subscriptions.add(userNode(user.id))
    if (available && !was) session.presence(site.status[node] === 'IN_SERVICE')
    if (!available && was) watchPresence()
  }

  /** 120 s of detection and 60 s of grace, then Finesse logs the agent out with 255 (section 4.8). */
  function watchPresence(): void {
    const lost = user
    if (lost === undefined || site.options.presenceLossMs === 0) return
    site.later(site.options.presenceLossMs, () => {
      const back = [...site.listeners].some((listener) => listener.userId === lost.id && listener.available)
      const current = site.population.users.get(lost.id)
      if (!back && current === lost && isLoggedIn(lost)) site.publishUser(enter(lost, 'LOGOUT', { system: 255 }))
    })
  }

  const session: XmppSession = {
    node,
    get userId() {
      return user?.id ?? ''
    },
    get available() {
      return available && !silent
    },
    subscriptions,
    open() {
      const id = randomUUID()
      if (transport.framed) send(xml('open', { xmlns: NS.framing, from: domain, id, version: '1.0', 'xml:lang': 'en' }))
      else {
        const head = `<stream:stream xmlns='jabber:client' xmlns:stream='${NS.streams}' from='${domain}' id='${id}' version='1.0' xml:lang='en'>`
        write(`<?xml version='1.0' encoding='UTF-8'?>${head}`)
      }
      send(features())
    },
    element(element) {
      if (silent) return
      if (element.is('auth', NS.sasl)) auth(element)
      else if (element.is('response', NS.sasl)) response(element)
      else if (element.name === 'iq') iq(element)
      else if (element.name === 'presence') presence(element)
    },
    finish() {
      if (transport.framed) send(xml('close', { xmlns: NS.framing }))
      else write('</stream:stream>')
      transport.end()
    },
    closed() {
      if (available) {
        available = false
        watchPresence()
      }
    },
    /** The payload is escaped text inside `notification`, not XML (section 4.8). */
    deliver(nodeName, payload) {
      const notification = xml('notification', { xmlns: 'urn:xmpp:push:0' }, payload)
      const items = xml('items', { node: nodeName }, xml('item', { id: randomUUID() }, notification))
      const event = xml('event', { xmlns: NS.pubsubEvent }, items)
      const bare = `${user?.id ?? ''}@${domain}`
      send(
        xml(
          'message',
          { xmlns: 'jabber:client', from: `pubsub.${domain}`, to: bare, id: `${nodeName}__${bare}__${randomUUID().slice(0, 5)}` },
          event,
        ),
      )
    },
    presence(up) {
      send(xml('presence', { xmlns: 'jabber:client', from: `finesse@${domain}/finesse`, to: jid(), type: up ? undefined : 'unavailable' }))
    },
    cut: () => transport.destroy(),
    silence: () => {
      silent = true
    },
  }
  return session
}
