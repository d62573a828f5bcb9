import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server, type Socket } from 'socket.io'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { expertflow } from '../../src/adapters/expertflow/index.js'
import { expertflowOptions } from '../../src/adapters/expertflow/options.js'
import type { Adapter } from '../../src/core/adapter.js'
import { systemClock } from '../../src/core/clock.js'
import { unknownView } from '../../src/core/model/agent-state.js'
import type { ResolvedAction } from '../../src/core/model/command.js'
import type { AgentEvent, LinkEvent } from '../../src/core/model/event.js'
import { AGENT, eventBody, MRDS, presenceBody } from '../support/expertflow-presence.js'
import { conform } from '../support/expertflow-schemas.js'
import { until } from '../support/expertflow.js'

const USER = { id: AGENT, username: 'agent1', firstName: null, lastName: null, roles: ['agent'], attributes: { agentExtension: ['1001'] } }
const LOGIN: ResolvedAction = { kind: 'LOGIN', username: 'agent1', hasSecret: true }
const CREDENTIALS = { username: 'agent1', password: 'agent-secret' }
const signal = (): AbortSignal => AbortSignal.timeout(3000)

/** A scripted agent manager: REST login, sockets under /agent-manager, everything that came recorded. */
let http: HttpServer
let io: Server
let port: number
const sockets: Socket[] = []
const received: [name: string, ...args: unknown[]][] = []
let presence: Record<string, unknown>
let onConnect: (socket: Socket) => void
const adapters: Adapter[] = []

beforeEach(async () => {
  presence = presenceBody('NOT_READY', { CHAT: 'NOT_READY' })
  onConnect = (socket) => socket.emit('agentPresence', eventBody(presence, 'AGENT_STATE_CHANGED'))
  http = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    if (request.url?.endsWith('/login') === true)
      response.end(JSON.stringify({ statusCode: 200, data: { token: 'jwt', keycloak_User: USER } }))
    else response.end(JSON.stringify(presence))
  })
  io = new Server(http, { path: '/agent-manager/socket.io' })
  io.on('connection', (socket) => {
    sockets.push(socket)
    socket.onAny((name: string, ...args: unknown[]) => received.push([name, ...args]))
    onConnect(socket)
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  port = (http.address() as AddressInfo).port
})
afterEach(async () => {
  for (const each of adapters.splice(0)) await each.stop()
  await io.close()
  sockets.length = 0
  received.length = 0
})

interface Rig {
  adapter: Adapter
  events: AgentEvent[]
  links: LinkEvent[]
  send(action: ResolvedAction): Promise<void>
  login(): Promise<void>
}

async function rig(more: object = {}): Promise<Rig> {
  const quiet = (): void => undefined
  const adapter = expertflow.create({
    platform: 'ef',
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    clock: systemClock,
    options: expertflowOptions.parse({
      baseUrl: `http://127.0.0.1:${port}`,
      pollMs: 0,
      commandMs: 500,
      connectMs: 300,
      reconnect: { baseMs: 10, capMs: 100 },
      ...more,
    }),
  })
  adapters.push(adapter)
  const events: AgentEvent[] = []
  const links: LinkEvent[] = []
  await adapter.start({ agent: (event) => events.push(event), link: (event) => links.push(event) })
  const send = async (action: ResolvedAction): Promise<void> => {
    const view = action.kind === 'LOGIN' ? unknownView(AGENT, 0) : await adapter.read(AGENT, { signal: signal() })
    for (const step of adapter.plan(action, AGENT, view).steps)
      await adapter.send(step, { agentId: AGENT, credentials: CREDENTIALS, signal: signal() })
  }
  return {
    adapter,
    events,
    links,
    send,
    async login() {
      await send(LOGIN)
      await until('presence', () => events.length > 0)
    },
  }
}

describe('the handshake (section 4)', () => {
  it('carries the identity as JSON text, an empty fcm and the user name; no token', async () => {
    const { login } = await rig()
    await login()
    const { auth, query, headers } = sockets[0]!.handshake
    expect(auth).toEqual({ agent: JSON.stringify(USER), fcm: '' })
    expect(query['username']).toBe('agent1')
    expect(query['EIO']).toBe('4')
    expect(headers.authorization).toBeUndefined()
  })

  it('carries the identity as an object and the token, as set', async () => {
    const { login } = await rig({ handshake: { agent: 'object', token: 'auth', transports: ['websocket'] } })
    await login()
    const { auth, query } = sockets[0]!.handshake
    expect(auth).toEqual({ agent: USER, fcm: '', token: 'jwt' })
    expect(query['transport']).toBe('websocket')
  })

  it('carries the token as a header, as set', async () => {
    const { login } = await rig({ handshake: { token: 'header' } })
    await login()
    expect(sockets[0]!.handshake.headers.authorization).toBe('Bearer jwt')
    expect(sockets[0]!.handshake.auth).toEqual({ agent: JSON.stringify(USER), fcm: '' })
  })

  it('that is never answered ends in time, with nothing left open', async () => {
    io.use(() => undefined)
    const { send, adapter } = await rig()
    await expect(send(LOGIN)).rejects.toMatchObject({ code: 'VENDOR_UNAVAILABLE', fault: { message: 'the socket did not open in time' } })
    expect((await adapter.read(AGENT, { signal: signal() })).vendor).toEqual({ desk: 'none' })
    await until('closed', () => io.engine.clientsCount === 0)
  })
})

describe('changeAgentState (section 6)', () => {
  it('is emitted exactly as described, once, without an acknowledgement', async () => {
    presence = presenceBody('READY', { CHAT: 'READY' })
    const { login, adapter } = await rig()
    await login()
    const lunch = {
      id: 'e1',
      name: 'Lunch Break',
      type: 'NOT_READY',
      system: false,
      raw: { id: 'e1', name: 'Lunch Break', type: 'NOT_READY', code: 4 },
    } as const
    const actions: ResolvedAction[] = [
      { kind: 'NOT_READY', reason: lunch },
      { kind: 'NOT_READY', channel: 'CHAT' },
      { kind: 'LOGOUT', reason: { ...lunch, type: 'LOGOUT' } },
    ]
    const described: unknown[] = []
    for (const action of actions) {
      const [step] = adapter.plan(action, AGENT, await adapter.read(AGENT, { signal: signal() })).steps
      described.push(JSON.parse(adapter.describe(step!, AGENT).body ?? ''))
      await adapter.send(step!, { agentId: AGENT, signal: signal() })
    }
    await until('three', () => received.length === 3)
    expect(received).toEqual(described.map((payload) => ['changeAgentState', payload]))
    const reasonCode = { id: 'e1', name: 'Lunch Break' }
    expect(described).toEqual([
      { agentId: AGENT, action: 'agentState', state: { name: 'NOT_READY', reasonCode: { ...reasonCode, type: 'NOT_READY' } } },
      { agentId: AGENT, action: 'agentMRDState', state: 'NOT_READY', mrdId: MRDS.CHAT.id },
      { agentId: AGENT, action: 'agentState', state: { name: 'LOGOUT', reasonCode: { ...reasonCode, type: 'LOGOUT' } } },
    ])
    conform('ChangeAgentState', described[0])
    conform('ChangeAgentMrdState', described[1])
  })

  it('sends the whole document of a reason, as set', async () => {
    presence = presenceBody('READY')
    const { login, send } = await rig({ reasonForm: 'document' })
    await login()
    await send({
      kind: 'NOT_READY',
      reason: { id: 'e1', name: 'Lunch', type: 'NOT_READY', system: false, raw: { id: 'e1', name: 'Lunch', type: 'NOT_READY', code: 4 } },
    })
    await until('sent', () => received.length === 1)
    expect(received[0]?.[1]).toMatchObject({ state: { reasonCode: { id: 'e1', name: 'Lunch', type: 'NOT_READY', code: 4 } } })
  })

  it('is not kept for later while the link is down', async () => {
    const { login, send, links } = await rig({ reconnect: { baseMs: 200, capMs: 200 } })
    await login()
    sockets[0]!.conn.close(true)
    await until('down', () => links.some((link) => link.status === 'down'))
    await expect(send({ kind: 'READY' })).rejects.toMatchObject({ code: 'VENDOR_UNAVAILABLE', effect: 'none' })
    await until('back', () => sockets.length === 2)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(received).toEqual([])
  })
})

describe('what the vendor says', () => {
  it('is answered where it asks for an acknowledgement (onTopicData)', async () => {
    const { login } = await rig()
    await login()
    const answer: unknown = await sockets[0]!.timeout(1000).emitWithAck('onTopicData', { conversationId: 'c' })
    expect(answer).toEqual({ status: 'ok' })
  })

  it('may be nonsense: it is left out, and the session goes on', async () => {
    const { login, events, send } = await rig()
    await login()
    const before = events.length
    for (const odd of [undefined, null, 'x', 7, [], {}, { agentPresence: 'x' }, { agentPresence: { state: 'x' } }])
      sockets[0]!.emit('agentPresence', odd)
    for (const name of ['taskRequest', 'revokeTask', 'socketSessionRemoved ', 'onCimEvent', 'errors']) sockets[0]!.emit(name, 'x')
    await sockets[0]!.timeout(1000).emitWithAck('onTopicData')
    expect(events.slice(before).filter((event) => event.view?.state === 'UNKNOWN' || event.refused !== undefined)).toEqual([])
    await send({ kind: 'READY' })
    await until('sent', () => received.length > 0)
  })

  it('late, as a copy of an older event, changes nothing', async () => {
    const { login, events } = await rig()
    await login()
    const before = events.length
    sockets[0]!.emit('agentPresence', eventBody(presenceBody('LOGOUT', {}, { stateChangeTime: 1_700_000_000_000 }), 'AGENT_STATE_CHANGED'))
    await sockets[0]!.timeout(1000).emitWithAck('onTopicData')
    expect(events.length).toBe(before)
    expect(sockets[0]!.connected).toBe(true)
  })

  it('about another session of the same agent ends this one; about other agents it does not', async () => {
    const { login, links } = await rig()
    await login()
    sockets[0]!.emit('socketSessionRemoved', { agentId: '00000000-0000-4000-8000-000000000002' })
    await sockets[0]!.timeout(1000).emitWithAck('onTopicData')
    expect(sockets[0]!.connected).toBe(true)
    sockets[0]!.emit('socketSessionRemoved', { agentId: AGENT })
    await until('dropped', () => !sockets[0]!.connected)
    expect(links.filter((link) => link.status === 'down')).toEqual([
      { status: 'down', agentId: AGENT, side: 'desk', detail: 'SESSION_TAKEN_OVER' },
    ])
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(sockets).toHaveLength(1)
  })

  it('LOGOUT is the order to leave, and nobody comes back', async () => {
    const { login, events } = await rig()
    await login()
    presence = presenceBody('LOGOUT', {}, { stateChangeTime: 1_800_000_000_000 })
    sockets[0]!.emit('agentPresence', eventBody(presence, 'AGENT_STATE_CHANGED'))
    await until('left', () => !sockets[0]!.connected)
    expect(events.at(-1)?.view).toMatchObject({ state: 'LOGGED_OUT', vendor: { desk: 'none' } })
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(sockets).toHaveLength(1)
  })

  it('the state from before the login does not end the session that logs in', async () => {
    onConnect = (socket) =>
      socket.emit('agentPresence', eventBody(presenceBody('LOGOUT', {}, { stateChangeTime: 1 }), 'AGENT_STATE_CHANGED'))
    const { login, events } = await rig()
    await login()
    sockets[0]!.emit('agentPresence', eventBody(presenceBody('NOT_READY'), 'AGENT_STATE_CHANGED'))
    await until('in', () => events.at(-1)?.view?.state === 'NOT_READY')
    expect(events.at(-1)?.view).toMatchObject({ cause: 'gateway', vendor: { desk: 'up' } })
  })

  it('UNCHANGED tells a command that waits, and only that', async () => {
    presence = presenceBody('READY', { CHAT: 'READY' })
    const { login, events, send } = await rig()
    await login()
    sockets[0]!.emit('agentPresence', eventBody(presence, 'AGENT_STATE_UNCHANGED'))
    await until('event', () => events.length === 2)
    expect(events[1]).not.toHaveProperty('refused')
    await send({ kind: 'NOT_READY' })
    sockets[0]!.emit('agentPresence', eventBody(presence, 'AGENT_STATE_UNCHANGED'))
    await until('refusal', () => events.length === 3)
    expect(events[2]).toMatchObject({ refused: { code: 'OFFER_PENDING' }, view: { state: 'READY' }, occurredAt: 1_760_000_000_000 })
    sockets[0]!.emit('agentPresence', eventBody(presence, 'AGENT_STATE_UNCHANGED'))
    await until('event', () => events.length === 4)
    expect(events[3]).not.toHaveProperty('refused')
  })

  it('UNCHANGED that comes long after the command is no answer to it', async () => {
    presence = presenceBody('READY')
    const { login, events, send } = await rig({ commandMs: 100 })
    await login()
    await send({ kind: 'NOT_READY' })
    await new Promise((resolve) => setTimeout(resolve, 130))
    sockets[0]!.emit('agentPresence', eventBody(presence, 'AGENT_STATE_UNCHANGED'))
    await until('event', () => events.length === 2)
    expect(events[1]).not.toHaveProperty('refused')
  })

  it('refusing to restore a session ends it', async () => {
    const { login, links } = await rig()
    await login()
    io.use((_socket, next) => next(Object.assign(new Error('login-failed'), { data: { content: { key: 'LM' } } })))
    sockets[0]!.conn.close(true)
    await until('ended', () => links.some((link) => link.detail === 'refused'))
  })
})

it('a second login replaces our own session, and the old one says nothing more', async () => {
  const { login, send, links, adapter } = await rig()
  await login()
  await send(LOGIN)
  expect(sockets).toHaveLength(2)
  await until('old one gone', () => !sockets[0]!.connected)
  expect(links.filter((link) => link.status === 'down')).toEqual([])
  expect((await adapter.read(AGENT, { signal: signal() })).vendor).toEqual({ desk: 'up' })
})

it('a second login that fails leaves our session as it was', async () => {
  const { login, send, adapter } = await rig()
  await login()
  io.use((_socket, next) => next(new Error('login-failed')))
  await expect(send(LOGIN)).rejects.toMatchObject({ code: 'CREDENTIALS_INVALID' })
  expect((await adapter.read(AGENT, { signal: signal() })).vendor).toEqual({ desk: 'up' })
  await send({ kind: 'READY' })
  await until('sent', () => received.length > 0)
})

it('stop leaves no socket, and can be called twice', async () => {
  const { login, adapter } = await rig()
  await login()
  await adapter.stop()
  await adapter.stop()
  await until('closed', () => io.engine.clientsCount === 0)
})
