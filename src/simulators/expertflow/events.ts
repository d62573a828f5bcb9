import { z } from 'zod'
import { conversationEvents } from './conversation-events.js'
import { CONVERSATION_KINDS, ROLE_OF_KIND } from './conversation-rules.js'
import type { VendorServer } from './http-server.js'
import { isBag } from './parse-change.js'
import type { AgentMrd } from './presence.js'
import { FORCED_LOGOUT_BY_SUPERVISOR, SESSION_TIMEOUT_INACTIVITY } from './reasons.js'
import type { Site } from './site.js'
import { GLOBAL_STATES, MRD_STATES, type ReasonCode } from './vocabulary.js'
import { DEFAULT_QUEUE, type Conversation, type Task } from './work.js'

/** What can be caused at the vendor. `mrd` is an id, a name or a type name; `agentId` an id or a username. */
export const EVENT_TYPES: Readonly<Record<string, string>> = {
  'task-offer': 'a task is offered (taskRequest): agentId, mrd (CHAT), ttlMs?, autoJoin?, force? (even if not routable)',
  'task-accept': 'the agent takes the offer: agentId',
  'task-close': 'the agent ends a task: agentId, taskId? (the oldest), mrd?',
  rona: 'the offer was not answered: revokeTask, re-queued with priority 11, agent NOT_READY: agentId',
  'start-conversation':
    'a running conversation: agentId, kind (normal, consult, conference, silent-monitor, whisper, barge-in), with? (second agent or supervisor), mrd?, queue? (name), priority?',
  'consult-start': 'the agent consults another one: with, agentId (his newest conversation) or conversationId',
  'consult-end': 'the consulted agent goes: with, agentId or conversationId',
  'conference-start': 'another agent comes in as a second primary one, or the consulted one becomes it: with, agentId or conversationId',
  'supervisor-join':
    'a supervisor comes in, or changes the mode: with, mode (silent-monitor, whisper, barge-in), agentId or conversationId',
  'participant-leave': 'somebody goes by himself, with the consequences of a logout for the others: with, agentId or conversationId',
  'conversation-end': 'the customer goes; closed for everybody: agentId or conversationId',
  'list-conversations': 'conversations with who takes part, queue and priority; changes nothing: agentId?',
  'list-work': 'conversations, tasks and closed tasks; changes nothing',
  'take-over': 'another desk of the agent opens a session; the present socket gets socketSessionRemoved: agentId',
  'inactivity-logout': 'the desk logs out with SESSION_TIMEOUT_INACTIVITY: agentId',
  'agent-logout': 'the agent logs out at a desk: agentId, reason?',
  'supervisor-logout': 'a supervisor logs the agent out with FORCED_LOGOUT_BY_SUPERVISOR: agentId, reason?',
  'change-state': 'the agent changes state at a desk: agentId, state, reason? or mrd for a channel',
  login: 'the agent logs in at a desk that the gateway does not see: agentId',
  disconnect: 'the network loses the agent’s socket; the Agent_Disconnect timer runs: agentId; without: all sockets',
  'server-disconnect': 'the server ends the session of the agent’s socket (io server disconnect), the state stays: agentId',
  'fail-over': 'MRDs become UNKNOWN: agentId, mrd? (all)',
  'mrd-capacity': 'another maxAgentTasks: agentId, mrd, max',
  down: 'the vendor is gone: mode = refuse (nothing listens) or 503',
  up: 'the vendor is back; agents whose socket was lost get their Agent_Disconnect timer now',
}

const body = z.looseObject({
  agentId: z.string().optional(),
  with: z.string().optional(),
  mrd: z.string().optional(),
  taskId: z.string().optional(),
  ttlMs: z.number().optional(),
  autoJoin: z.boolean().optional(),
  force: z.boolean().optional(),
  kind: z.enum(CONVERSATION_KINDS).default('normal'),
  state: z.string().optional(),
  reason: z.unknown().optional(),
  max: z.number().int().nonnegative().optional(),
  mode: z.enum(['refuse', '503', 'silent-monitor', 'whisper', 'barge-in']).optional(),
  conversationId: z.string().optional(),
  queue: z.string().optional(),
  priority: z.number().int().min(1).max(11).optional(),
})
type EventBody = z.infer<typeof body>

/** Causes one event. Throws an `Error` with a clear text for missing or senseless fields. */
export function causeEvent(site: Site, server: VendorServer, type: string, input: Readonly<Record<string, unknown>>): unknown {
  const parsed = body.safeParse(input)
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error))
  const handler = HANDLERS[type]
  if (handler === undefined) throw new Error(`no event "${type}"`)
  return handler(site, server, parsed.data)
}

const HANDLERS: Readonly<Record<string, (site: Site, server: VendorServer, event: EventBody) => unknown>> = {
  'task-offer': (site, { deskWork }, event) => {
    const { ttlMs, force, autoJoin } = event
    const agentId = agentOf(site, event)
    const given = {
      ...(ttlMs !== undefined && { ttlMs }),
      ...(force !== undefined && { force }),
      ...(autoJoin !== undefined && { autoJoin }),
    }
    return deskWork.offer(agentId, channelOf(site, agentId, event.mrd ?? 'CHAT'), given)
  },
  'task-accept': (site, { deskWork }, event) => deskWork.accept(offerOf(site, event)),
  'task-close': (site, { deskWork }, event) => deskWork.close(taskOf(site, event)),
  rona: (site, { deskWork }, event) => deskWork.rona(offerOf(site, event)),
  'start-conversation': startConversation,
  'consult-start': onConversation((tools, conversation, other) => tools.join(conversation, other, 'SECONDARY')),
  'consult-end': onConversation((tools, conversation, other) => tools.leave(conversation, other)),
  'conference-start': onConversation((tools, conversation, other) => tools.join(conversation, other, 'PRIMARY')),
  'supervisor-join': onConversation((tools, conversation, other, event) => tools.join(conversation, other, supervisorRole(event))),
  'participant-leave': onConversation((tools, conversation, other) => tools.leave(conversation, other)),
  'conversation-end': (site, { deskWork }, event) => {
    const tools = conversationEvents(site, deskWork)
    return tools.end(tools.find(event.agentId === undefined ? undefined : agentOf(site, event), event.conversationId))
  },
  'list-conversations': (site, { deskWork }, event) =>
    conversationEvents(site, deskWork).list(event.agentId === undefined ? undefined : personOf(site, event.agentId)),
  'list-work': (site) => site.work.list(),
  'take-over': openDesk,
  'inactivity-logout': (site, _server, event) => change(site, event, SESSION_TIMEOUT_INACTIVITY, 'LOGOUT'),
  'agent-logout': (site, _server, event) => change(site, event, reasonOf(site, event.reason), 'LOGOUT'),
  'supervisor-logout': (site, _server, event) =>
    change(site, event, event.reason === undefined ? FORCED_LOGOUT_BY_SUPERVISOR : reasonOf(site, event.reason), 'LOGOUT'),
  'change-state': (site, _server, event) => {
    if (event.mrd === undefined) return change(site, event, reasonOf(site, event.reason), oneOf(GLOBAL_STATES, event.state))
    const agentId = agentOf(site, event)
    const events = site.changeMrd(agentId, channelOf(site, agentId, event.mrd).mrd.id, oneOf(MRD_STATES, event.state))
    site.publish(agentId, events)
    return { events: events.length }
  },
  login: openDesk,
  disconnect: (site, { io }, event) => {
    const agentId = event.agentId === undefined ? undefined : agentOf(site, event)
    const lost = [...io.sockets.sockets.values()].filter(
      (socket) => agentId === undefined || (socket.data as { user?: { id: string } }).user?.id === agentId,
    )
    for (const socket of lost) socket.conn.close(true)
    return { lost: lost.length }
  },
  'server-disconnect': (site, _server, event) => {
    const session = site.sessions.find(agentOf(site, event))
    if (session?.socket === undefined) throw new Error('the agent has no live socket')
    session.socket.disconnect()
    return null
  },
  'fail-over': (site, _server, event) => {
    const agentId = agentOf(site, event)
    const only = event.mrd === undefined ? undefined : channelOf(site, agentId, event.mrd)
    site.publish(
      agentId,
      site.engine.system(agentId, 'failover', (channel) => only === undefined || channel === only),
    )
    return null
  },
  'mrd-capacity': (site, _server, event) => {
    if (event.max === undefined) throw new Error('field "max" is required')
    const agentId = agentOf(site, event)
    channelOf(site, agentId, event.mrd ?? 'CHAT').max = event.max
    return null
  },
  down: (site, server, event) => {
    site.sessions.pause()
    server.goDown(event.mode === '503' ? '503' : 'refuse')
    return null
  },
  up: (site, server) => {
    server.comeUp()
    site.sessions.resume()
    return null
  },
}

/** A desk that the gateway does not see; opening it is the login (expertflow.md §4.2). */
function openDesk(site: Site, _server: VendorServer, event: EventBody): unknown {
  const agentId = agentOf(site, event)
  const user = site.engine.find(agentId)?.user ?? site.users.get(agentId)
  if (user === undefined) throw new Error(`no user ${agentId}`)
  site.sessions.open({ agentId })
  site.publish(agentId, site.login(user))
  return site.engine.find(agentId)?.state
}

function change(site: Site, event: EventBody, reason: ReasonCode | null, state: (typeof GLOBAL_STATES)[number]): unknown {
  const agentId = agentOf(site, event)
  site.publish(agentId, site.changeGlobal(agentId, state, reason))
  return site.engine.find(agentId)?.state
}

function startConversation(site: Site, { deskWork }: VendorServer, event: EventBody): Conversation {
  const agentId = agentOf(site, event)
  const channel = channelOf(site, agentId, event.mrd ?? 'CHAT')
  const { kind, queue, priority } = event
  return conversationEvents(site, deskWork).start(agentId, channel.mrd.id, {
    kind,
    ...(event.with !== undefined && { with: personOf(site, event.with) }),
    ...(queue !== undefined && { queue: { ...DEFAULT_QUEUE, name: queue } }),
    ...(priority !== undefined && { priority }),
  })
}

/** A change to a running conversation: which one, and who the other is. */
function onConversation(
  change: (tools: ReturnType<typeof conversationEvents>, conversation: Conversation, other: string, event: EventBody) => Conversation,
): (site: Site, server: VendorServer, event: EventBody) => unknown {
  return (site, { deskWork }, event) => {
    if (event.with === undefined) throw new Error('field "with" is required')
    const tools = conversationEvents(site, deskWork)
    const agentId = event.agentId === undefined ? undefined : agentOf(site, event)
    return change(tools, tools.find(agentId, event.conversationId), personOf(site, event.with), event)
  }
}

function supervisorRole({ mode = 'silent-monitor' }: EventBody) {
  if (mode === 'refuse' || mode === '503') throw new Error('field "mode" must be one of: silent-monitor, whisper, barge-in')
  return ROLE_OF_KIND[mode]
}

function agentOf(site: Site, event: EventBody): string {
  if (event.agentId === undefined) throw new Error('field "agentId" is required')
  const id = personOf(site, event.agentId)
  if (site.engine.find(id) === undefined && !site.users.has(id)) throw new Error(`no agent ${event.agentId}`)
  return id
}

function personOf(site: Site, idOrName: string): string {
  return site.byName.get(idOrName)?.id ?? idOrName
}

function channelOf(site: Site, agentId: string, name: string): AgentMrd {
  const channel = site.engine.find(agentId)?.mrds.find(({ mrd }) => [mrd.id, mrd.name, mrd.typeName].includes(name))
  if (channel === undefined) throw new Error(`agent ${agentId} has no MRD ${name}`)
  return channel
}

function offerOf(site: Site, event: EventBody): Task {
  const task = site.work.reservedOf(agentOf(site, event))
  if (task === undefined) throw new Error('the agent has no open offer')
  return task
}

function taskOf(site: Site, event: EventBody): Task {
  const agentId = agentOf(site, event)
  const mrdId = event.mrd === undefined ? undefined : channelOf(site, agentId, event.mrd).mrd.id
  const task = site.work
    .tasksOf(agentId)
    .find(
      (each) =>
        each.state === 'ACTIVE' &&
        (event.taskId === undefined || each.id === event.taskId) &&
        (mrdId === undefined || each.mrdId === mrdId),
    )
  if (task === undefined) throw new Error('the agent has no such active task')
  return task
}

/** A reason given as the vendor's object, or as the id or name of a stored one. */
function reasonOf(site: Site, given: unknown): ReasonCode | null {
  if (given === undefined || given === null) return null
  if (isBag(given)) return given
  const stored = site.reasons.list(undefined, 'exact').find((reason) => reason.id === given || reason.name === given)
  if (stored === undefined) throw new Error(`no reason ${JSON.stringify(given)}`)
  return { ...stored }
}

function oneOf<T extends string>(allowed: readonly T[], value: string | undefined): T {
  const found = allowed.find((each) => each === value)
  if (found === undefined) throw new Error(`field "state" must be one of: ${allowed.join(', ')}`)
  return found
}
