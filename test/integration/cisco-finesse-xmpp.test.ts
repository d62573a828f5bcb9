import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { openXmpp, type XmppSession, type XmppSettings } from '../../src/adapters/cisco-finesse/xmpp-session.js'
import { systemClock } from '../../src/core/clock.js'

const CLOSE_MS = 3_000
let server: Server | undefined
const sockets: Socket[] = []
const uncaught: unknown[] = []
const keep = (error: unknown): void => void uncaught.push(error)

afterEach(async () => {
  process.off('uncaughtExceptionMonitor', keep)
  uncaught.length = 0
  for (const socket of sockets.splice(0)) socket.destroy()
  await new Promise<void>((resolve) => server?.close(() => resolve()) ?? resolve())
})

/** A notification service that says what `play` has it say. */
async function service(play: (socket: Socket, text: string) => void): Promise<XmppSettings> {
  process.on('uncaughtExceptionMonitor', keep)
  server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.on('data', (data) => play(socket, data.toString()))
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    service: `xmpp://127.0.0.1:${port}`,
    domain: 'finesse.local',
    pubSubDomain: 'pubsub.finesse.local',
    username: '900',
    password: 'secret',
    resource: 'test',
    allowPlaintext: true,
    mechanism: 'PLAIN',
    keepAliveMs: 10_000,
    connectMs: 2_000,
  }
}

const handlers = { notification: () => undefined, finessePresence: () => undefined, closed: () => undefined }
const open = (settings: XmppSettings): Promise<XmppSession> => openXmpp(settings, handlers, systemClock, new AbortController().signal)

const HEADER =
  "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1' version='1.0' from='finesse.local'>"
const features = (inner: string): string => `<stream:features>${inner}</stream:features>`

/** Signs everybody in; `atEnd` is called when the client closes its stream. */
function welcoming(atEnd: (socket: Socket) => void): (socket: Socket, text: string) => void {
  let authenticated = false
  return (socket, text) => {
    if (text.includes('<stream:stream')) {
      const offer = authenticated
        ? "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
        : "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>"
      socket.write(HEADER + features(offer))
    } else if (text.includes('<auth')) {
      authenticated = true
      socket.write("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
    } else if (text.includes('urn:ietf:params:xml:ns:xmpp-bind')) {
      const id = /id="([^"]+)"/.exec(text)?.[1] ?? ''
      const bound = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>900@finesse.local/test</jid></bind>"
      socket.write(`<iq type='result' id='${id}'>${bound}</iq>`)
    } else if (text.includes('</stream:stream>')) atEnd(socket)
  }
}

/** Writes on and on, as long as the other side lets it. */
function babble(socket: Socket): void {
  const timer = setInterval(() => void (socket.writable ? socket.write('<message/>') : clearInterval(timer)), 10)
  socket.on('close', () => clearInterval(timer))
}

it('outlives a notification service that goes on talking after text that is no XML', async () => {
  const settings = await service((socket) => {
    socket.write(`${HEADER}<broken></wrong>`)
    babble(socket)
  })
  await expect(open(settings)).rejects.toThrow('XMPP')
  await sleep(100)
  expect(uncaught).toEqual([])
})

it('outlives a notification service that takes no notice of the farewell and goes on talking', async () => {
  const settings = await service(welcoming(babble))
  const session = await open(settings)
  const began = performance.now()
  await session.close()
  expect(performance.now() - began).toBeLessThan(CLOSE_MS)
  await sleep(100)
  expect(uncaught).toEqual([])
})

it('outlives a notification service that ends its stream and goes on talking', async () => {
  const settings = await service(welcoming(() => undefined))
  const session = await open(settings)
  for (const socket of sockets) {
    socket.write('</stream:stream>')
    babble(socket)
  }
  await sleep(300)
  await session.close()
  expect(uncaught).toEqual([])
})
