import type { Request, Response } from 'express'
import { CHANGE_FAULTS, REST_FAULTS } from './faults.js'
import { isBag, isUuid, parseGlobalChange, parseMrdChange, type Unreadable } from './parse-change.js'
import { DEFAULT_MRDS, type KeycloakUser } from './population.js'
import { ccUserOf, mrdOf, presenceOf } from './presence.js'
import type { Call, GateTools, Route } from './rest-gate.js'
import { playChange, type ChangeRequest } from './state-change.js'
import type { Task } from './work.js'

type Bag = Readonly<Record<string, unknown>>

/** Error body of the routing engine (expertflow.md §10.2). */
export function engineError(response: Response, status: number, error: string, message: string): void {
  response.status(status).json({ timestamp: new Date().toISOString(), error, message })
}

const CHANGE_CALL_FAULTS = [...REST_FAULTS, ...CHANGE_FAULTS]

/** The routing engine's reads and its state calls (expertflow.md §9.6, §10.1). */
export function routingEngineRoutes(tools: GateTools): Route[] {
  const { site } = tools
  const idInPath = (request: Request) => String(request.params.id)
  const idInBody = ({ body }: Request) => (isBag(body) && typeof body.agentId === 'string' ? body.agentId : undefined)
  return [
    {
      method: 'get',
      path: '/routing-engine/agents',
      handle: ({ response }) => void response.json(site.engine.list().map(ccUserOf)),
    },
    {
      method: 'get',
      path: '/routing-engine/agents/states',
      handle: ({ response }) => void response.json(site.engine.list().map(presenceOf)),
    },
    { method: 'get', path: '/routing-engine/agents/:id/states', agentIdOf: idInPath, handle: (call) => agentState(tools, call) },
    {
      method: 'get',
      path: '/routing-engine/media-routing-domains',
      handle: ({ response }) => void response.json(DEFAULT_MRDS.map(mrdOf)),
    },
    { method: 'get', path: '/routing-engine/mrd-types', handle: ({ response }) => void response.json(DEFAULT_MRDS.map(mrdTypeOf)) },
    { method: 'get', path: '/routing-engine/tasks', agentIdOf: ({ query }) => textOf(query.agentId), handle: (call) => tasks(tools, call) },
    {
      method: 'put',
      path: '/routing-engine/agent-state',
      faults: CHANGE_CALL_FAULTS,
      agentIdOf: idInBody,
      note: ({ body }) => (isBag(body) && isBag(body.state) && typeof body.state.name === 'string' ? { asked: body.state.name } : {}),
      handle: (call) => change(tools, call, parseGlobalChange),
    },
    {
      method: 'put',
      path: '/routing-engine/mrd-state',
      faults: CHANGE_CALL_FAULTS,
      agentIdOf: idInBody,
      note: ({ body }) => (isBag(body) ? { detail: { mrdId: body.mrdId, state: body.state } } : {}),
      handle: (call) => change(tools, call, parseMrdChange),
    },
    {
      method: 'post',
      path: '/routing-engine/agent-login',
      agentIdOf: ({ body }) => (isBag(body) ? textOf(body.id) : undefined),
      note: () => ({ asked: 'LOGIN' }),
      handle: (call) => agentLogin(tools, call),
    },
  ]
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function agentState({ site }: GateTools, { request, response }: Call): void {
  const id = String(request.params.id)
  if (!isUuid(id)) return engineError(response, 400, 'error.method-argument-type-mismatch', `agentId should be of type UUID: ${id}`)
  const agent = site.engine.find(id)
  if (agent === undefined) return engineError(response, 404, 'error.resource-not-found', `Could not find agent resource with id: ${id}`)
  response.json(presenceOf(agent))
}

function tasks({ site }: GateTools, { request, response }: Call): void {
  const agentId = textOf(request.query.agentId)
  if (agentId !== undefined && !isUuid(agentId)) {
    return engineError(response, 400, 'error.method-argument-type-mismatch', `agentId should be of type UUID: ${agentId}`)
  }
  const found = agentId === undefined ? site.work.list().tasks : site.work.tasksOf(agentId)
  response.json(found.map(taskOf))
}

/** A task of the reads. The vendor's DTO is not in the documents; the names are those of `taskRequest` (§5.2), of §8.1 and of the
 * vendor's public conversation controller, 2024. */
function taskOf(task: Task) {
  const { id, conversationId, agentId, mrdId, queue, priority, createdAt, state, reasonCode, direction } = task
  const type = { direction, mode: direction === 'INBOUND' ? 'QUEUE' : 'AGENT' }
  return {
    id,
    conversationId,
    mrd: { id: mrdId },
    queue,
    priority,
    enqueueTime: createdAt,
    assignedTo: { id: agentId },
    state: { name: state, reasonCode },
    type,
    // The newer form, as the vendor's conversation controller reads it: direction and mode stand on each medium.
    activeMedia: [{ id, mrdId, state, type, queue, priority }],
  }
}

/** Type names and traits of the default MRDs (expertflow.md §8.2). */
function mrdTypeOf(mrd: (typeof DEFAULT_MRDS)[number]) {
  return { id: mrd.type, name: mrd.typeName, managedByRe: mrd.managed, autoJoin: mrd.autoJoin, interruptible: mrd.interruptible }
}

/** Accepted, not applied: the 200 comes first, the outcome only on the event leg (expertflow.md §10.1). */
function change(tools: GateTools, call: Call, parse: (body: Bag) => ChangeRequest | Unreadable): void {
  const { site, journal } = tools
  const { request, response, seq, fault } = call
  const wanted = parse(isBag(request.body) ? request.body : {})
  const refuse = (status: number, error: string, message: string): void => {
    journal.amend(seq, { effect: 'refused' })
    engineError(response, status, error, message)
  }
  if ('error' in wanted) return refuse(400, wanted.error, wanted.message)
  if (site.engine.find(wanted.agentId) === undefined) {
    return refuse(404, 'error.resource-not-found', `Could not find agent resource with id: ${wanted.agentId}`)
  }
  response.json({ agentId: wanted.agentId, timestamp: new Date().toISOString(), message: 'The request has been received' })
  const ofChange = (CHANGE_FAULTS as readonly string[]).includes(fault?.kind ?? '') ? fault : undefined
  setImmediate(() =>
    playChange(site, journal, seq, wanted, ofChange, {
      errors: (body) => site.sessions.emit(wanted.agentId, 'errors', body),
      disconnect: () => site.sessions.find(wanted.agentId)?.socket?.disconnect(),
    }),
  )
}

function agentLogin({ site, journal }: GateTools, { request, response, seq }: Call): void {
  const body: unknown = request.body
  if (!isBag(body) || !isUuid(body.id)) {
    journal.amend(seq, { effect: 'refused' })
    return engineError(response, 400, 'error.validation', 'id is required')
  }
  const id = body.id
  const template = site.users.get(id) ?? site.directory.unassigned
  const user: KeycloakUser = { ...template, ...body, id }
  response.json({ agentId: id, timestamp: new Date().toISOString(), message: 'Agent login request received' })
  setImmediate(() => {
    const events = site.login(user)
    journal.amend(seq, { effect: events.some((event) => event.agentStateChanged) ? 'applied' : 'unchanged' })
    site.publish(id, events)
  })
}
