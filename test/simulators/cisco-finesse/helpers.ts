import { WebSocket } from 'ws'

// Node 20 has no WebSocket of its own, and the stock client looks for a global one.
;(globalThis as { WebSocket?: unknown }).WebSocket ??= WebSocket

/** A plain REST caller and the stock XMPP client, for these tests; nothing of the simulator or the gateway. */
export const basic = (id: string, password = `secret-${id}`): string => `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}`

export interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: Headers
}

export async function call(
  base: string,
  method: string,
  path: string,
  options: { as?: string; auth?: string; body?: string; requestId?: string } = {},
): Promise<Answer> {
  const auth = options.auth ?? (options.as === undefined ? undefined : basic(options.as))
  const response = await fetch(`${base}/finesse/api${path}`, {
    method,
    headers: {
      ...(auth !== undefined && { Authorization: auth }),
      ...(options.body !== undefined && { 'Content-Type': 'application/xml' }),
      ...(options.requestId !== undefined && { requestId: options.requestId }),
    },
    ...(options.body !== undefined && { body: options.body }),
  })
  return { status: response.status, text: await response.text(), headers: response.headers }
}

export const putState = (base: string, id: string, fields: string, options: { as?: string; requestId?: string } = {}): Promise<Answer> =>
  call(base, 'PUT', `/User/${id}`, {
    as: options.as ?? id,
    body: `<User>${fields}</User>`,
    ...(options.requestId !== undefined && { requestId: options.requestId }),
  })

/** Text of the first element of this name. */
export const tag = (xml: string, name: string): string | undefined => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]

interface StockElement {
  is(name: string): boolean
  attrs: Record<string, string>
  getChild(name: string): StockElement | undefined
  getChildText(name: string): string | null
}
interface StockClient {
  on(event: string, listener: (value: never) => void): void
  start(): Promise<unknown>
  stop(): Promise<unknown>
  send(element: unknown): Promise<void>
  reconnect: { stop(): void }
  iqCaller: { request(element: unknown, timeout?: number): Promise<StockElement> }
}

export interface Ears {
  /** Payloads with the node they came on, oldest first. */
  readonly heard: { node: string; payload: string }[]
  readonly presences: { from: string; type: string | undefined }[]
  offline: boolean
  subscribe(node: string): Promise<void>
  next(test: (payload: string) => boolean, withinMs?: number): Promise<{ node: string; payload: string }>
  stop(): Promise<void>
}

/** Signs in with the stock client, sends presence, listens. */
export async function listen(service: string, id: string, options: { password?: string; plain?: boolean } = {}): Promise<Ears> {
  const specifier: string = '@xmpp/client'
  const { client, xml } = (await import(specifier)) as { client: (options: object) => StockClient; xml: (...parts: unknown[]) => unknown }
  const password = options.password ?? `secret-${id}`
  const login = { username: id, password }
  // Over a plain socket the stock client refuses PLAIN unless it is told so.
  const credentials = options.plain
    ? async (authenticate: (with_: object, mechanism: string) => Promise<void>) => authenticate(login, 'PLAIN')
    : login
  const xmpp = client({ service, domain: 'finesse.local', resource: 'test', credentials })
  xmpp.reconnect.stop()
  const used = new Set<object>()
  const ears: Ears = {
    heard: [],
    presences: [],
    offline: false,
    async subscribe(node) {
      const item = xml('subscribe', { node, jid: `${id}@finesse.local` })
      await xmpp.iqCaller.request(
        xml('iq', { type: 'set', to: 'pubsub.finesse.local' }, xml('pubsub', { xmlns: 'http://jabber.org/protocol/pubsub' }, item)),
        2000,
      )
    },
    async next(test, withinMs = 15_000) {
      const end = Date.now() + withinMs
      for (;;) {
        const found = ears.heard.find((one) => !used.has(one) && test(one.payload))
        if (found !== undefined) {
          used.add(found)
          return found
        }
        if (Date.now() > end)
          throw new Error(`nothing such was heard within ${withinMs} ms: ${ears.heard.map((one) => one.payload).join('\n')}`)
        await new Promise((resolve) => setTimeout(resolve, 3))
      }
    },
    stop: async () => void (await xmpp.stop()),
  }
  xmpp.on('error', () => undefined)
  xmpp.on('disconnect', () => (ears.offline = true))
  xmpp.on('stanza', (stanza: never) => {
    const element = stanza as StockElement
    if (element.is('presence')) ears.presences.push({ from: element.attrs['from'] ?? '', type: element.attrs['type'] })
    const items = element.getChild('event')?.getChild('items')
    const payload = items?.getChild('item')?.getChildText('notification')
    if (items !== undefined && typeof payload === 'string') ears.heard.push({ node: items.attrs['node'] ?? '', payload })
  })
  await xmpp.start()
  await xmpp.send(xml('presence', {}, xml('priority', {}, '0')))
  return ears
}

export async function until(check: () => boolean, withinMs = 15_000): Promise<void> {
  const end = Date.now() + withinMs
  while (!check()) {
    if (Date.now() > end) throw new Error('the condition was not met in time')
    await new Promise((resolve) => setTimeout(resolve, 3))
  }
}
