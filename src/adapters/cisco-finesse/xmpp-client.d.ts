/** The part of @xmpp/client 0.14 that is used here; the package has no types of its own. */
declare module '@xmpp/client' {
  export interface XmppElement {
    readonly name: string
    readonly attrs: Readonly<Record<string, string | undefined>>
    getChild(name: string, xmlns?: string): XmppElement | undefined
    getChildren(name: string, xmlns?: string): XmppElement[]
    getChildText(name: string, xmlns?: string): string | null
    text(): string
  }

  export interface XmppSocket {
    destroy?(): void
    /** The TLS and WebSocket wrappers keep the real one here. */
    readonly socket?: { destroy?(): void; close?(): void } | null
  }

  export interface XmppEntity {
    readonly status: string
    readonly jid: { toString(): string } | null
    timeout: number
    socket: XmppSocket | null
    /** Null when no stream is open. */
    readonly parser: object | null
    readonly reconnect: { stop(): void }
    start(): Promise<unknown>
    stop(): Promise<unknown>
    send(element: XmppElement): Promise<void>
    write(text: string): Promise<void>
    isSecure(): boolean
    socketParameters(service: string): unknown
    _onData(data: unknown): void
    on(event: 'stanza', listener: (element: XmppElement) => void): void
    on(event: 'element', listener: (element: XmppElement) => void): void
    on(event: 'error', listener: (error: Error) => void): void
    on(event: 'disconnect', listener: () => void): void
  }

  export type Authenticate = (credentials: { username: string; password: string }, mechanism: string, userAgent?: unknown) => Promise<void>

  export function client(options: {
    service: string
    domain: string
    resource?: string
    username?: string
    credentials: (authenticate: Authenticate, mechanisms: string[], fast: unknown, entity: XmppEntity) => Promise<void>
  }): XmppEntity

  export function xml(
    name: string,
    attrs?: Readonly<Record<string, string | undefined>>,
    ...children: (XmppElement | string)[]
  ): XmppElement
}
