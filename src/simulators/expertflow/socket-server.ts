import type { Server as HttpServer } from 'node:http'
import { Server, type Socket } from 'socket.io'
import type { Fault } from '../kit/faults.js'
import { onChangeAgentState } from './change-agent-state.js'
import { CONNECT_FAULTS } from './faults.js'
import { isBag, isUuid } from './parse-change.js'
import type { KeycloakUser } from './population.js'
import type { GateTools } from './rest-gate.js'
import type { DeskWork } from './desk-work.js'

/** Types of channels that a desk is told after the handshake (expertflow.md §5.2). */
const CHANNEL_TYPES = [
  { id: '6305de07166ba1099d140001', name: 'WEB', channelLogo: 'web', isInteractive: true, mediaRoutingDomain: '6305de07166ba1099d11d8e6' },
  {
    id: '6305de07166ba1099d140002',
    name: 'CX_VOICE',
    channelLogo: 'voice',
    isInteractive: true,
    mediaRoutingDomain: '62f9e360ea5311eda05b0242',
  },
] as const

/** An error of a handshake middleware; Socket.IO passes `data` on to the client's connect_error. */
interface RefusedHandshake extends Error {
  data?: unknown
}

/**
 * The agent-manager's Socket.IO server at `/agent-manager/socket.io`, default namespace (expertflow.md §4). Opening a socket is
 * the login (§4.2); there is no acknowledgement for `changeAgentState` (§6).
 */
export function startSocketServer(http: HttpServer, tools: GateTools, deskWork: DeskWork): Server {
  const io = new Server(http, { path: '/agent-manager/socket.io', serveClient: false, cors: { origin: '*' } })
  io.use((socket, next) => handshake(socket, tools, next))
  io.on('connection', (socket: Socket) => welcome(socket, tools, deskWork))
  return io
}

function handshake(socket: Socket, { site, journal, faults }: GateTools, next: (error?: RefusedHandshake) => void): void {
  const user = identityOf(socket.handshake.auth.agent, site.users, site.options.identity)
  const fault = faults.take('socket connect', user?.id, CONNECT_FAULTS)
  const { seq } = journal.add({
    operation: 'socket connect',
    asked: 'LOGIN',
    effect: user === undefined || fault?.kind === 'refuse-handshake' ? 'refused' : 'none',
    ...(user !== undefined && { agentId: user.id }),
    ...(fault !== undefined && { fault: fault.kind }),
  })
  if (user === undefined) return next(refusal({ key: 'AUTH', msg: 'agent data is missing or invalid' }))
  socket.data = { user, seq, fault }
  switch (fault?.kind) {
    case 'hang':
      return
    case 'drop-before-effect':
      return socket.conn.close(true)
    case 'refuse-handshake':
      return next(
        refusal(fault.body === 'LM' ? { key: 'LM', msg: 'License refused', licStatus: 'EXPIRED' } : { key: 'AUTH', msg: 'login failed' }),
      )
    case 'slow':
      return void setTimeout(next, fault.delayMs ?? 500).unref()
    default:
      return next()
  }
}

/** `login-failed` with `data.content`; `key` = LM is the licence manager (expertflow.md §4.1). */
function refusal(content: { key: string; msg: string; licStatus?: string }): RefusedHandshake {
  const error: RefusedHandshake = new Error('login-failed')
  error.data = { content }
  return error
}

/** `auth.agent` as object or as JSON text (expertflow.md §4). The 2024 server takes the identity as the client gives it. */
function identityOf(sent: unknown, users: ReadonlyMap<string, KeycloakUser>, trust: 'trusted' | 'known'): KeycloakUser | undefined {
  const agent = typeof sent === 'string' ? parsed(sent) : sent
  if (!isBag(agent) || !isUuid(agent.id)) return undefined
  const known = users.get(agent.id)
  if (known !== undefined) return known.roles.length === 0 ? undefined : known
  if (trust === 'known' || typeof agent.username !== 'string') return undefined
  const template = [...users.values()][0]
  return template === undefined
    ? undefined
    : { ...template, roles: ['agent'], userTeam: null, ...agent, id: agent.id, username: agent.username }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function welcome(socket: Socket, tools: GateTools, deskWork: DeskWork): void {
  const { site, journal } = tools
  const { user, seq, fault } = socket.data as { user: KeycloakUser; seq: number; fault: Fault | undefined }
  socket.on('disconnect', () => {
    if (site.engine.find(user.id)?.state === 'LOGOUT') site.sessions.forget(socket, user.id)
    else site.sessions.lost(socket, user.id)
  })
  socket.on('changeAgentState', (payload: unknown) => onChangeAgentState(socket, user, payload, tools))
  socket.on('topicSubscription', (payload: unknown) => deskWork.onSubscription(user.id, payload))
  socket.on('topicUnsubscription', (payload: unknown) => deskWork.onUnsubscription(user.id, payload))
  site.sessions.open({ agentId: user.id, socket, user })
  const events = site.login(user)
  journal.amend(seq, { effect: events.some((event) => event.agentStateChanged) ? 'applied' : 'unchanged' })
  site.publish(user.id, events)
  socket.emit('onChannelTypes', CHANNEL_TYPES)
  if (fault?.kind === 'disconnect-socket') socket.disconnect()
}
