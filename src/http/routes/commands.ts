import { Router, type Request, type Response } from 'express'
import type { CommandRequest, SubmitInput } from '../../core/command-request.js'
import type { StoredResponse } from '../../core/command-log.js'
import { isFinal, type Command } from '../../core/model/command.js'
import { CtiError, toCtiError, type ErrorCode } from '../../core/model/error.js'
import type { DryRun } from '../../core/views.js'
import type { components } from '../../generated/gateway.js'
import { flagOf, platformOf, principalOf, type HttpParts } from '../context.js'
import { idempotencyOf } from '../idempotency.js'
import { waitOf } from '../prefer.js'
import { etagOf, presentCommand, presentProblem, problemError } from '../present.js'
import { maySeeAgent, needAgent, needScope } from '../principal.js'
import { requestIdOf } from '../problem.js'

/** Statuses that say for themselves why a command ended. */
const CODE_OF_STATUS: Readonly<Partial<Record<Command['status'], ErrorCode>>> = {
  superseded: 'SUPERSEDED',
  cancelled: 'CANCELLED',
  expired: 'EXPIRED',
  unconfirmed: 'UNCONFIRMED',
}

export function commandRoutes(parts: HttpParts): Router {
  const router = Router()
  router.post('/v1/platforms/:platform/agents/:agentId/commands', async (request, response) => {
    const input = inputOf(parts, request, response)
    await checkIfMatch(parts, request, response)
    if (flagOf(request.query['dryRun'])) {
      const dry = await parts.views().dryRun(platformOf(parts, request, response), input)
      response.json(presentDryRun(dry))
      return
    }
    if (parts.stopping()) throw new CtiError('STOPPING')
    const result = await parts.commands().submit(input, waitOf(request.get('prefer')))
    const answer = result.kind === 'stored' ? result.response : answerOf(result.command, requestIdOf(response))
    if (result.kind === 'command' && input.idempotency !== undefined) await keepAnswer(parts, input.idempotency.key, answer)
    write(response, answer)
  })
  router.get('/v1/platforms/:platform/agents/:agentId/commands', async (request, response) => {
    const platform = platformOf(parts, request, response)
    const agentId = String(request.params['agentId'])
    needScope(principalOf(response), 'agent:read')
    needAgent(principalOf(response), platform.id, agentId)
    const before = request.query['before'] === undefined ? undefined : Number(request.query['before'])
    const commands = await parts.commands().history(platform.id, agentId, Number(request.query['limit'] ?? 20), before)
    response.json({ commands: commands.map(presentCommand) })
  })
  router.get('/v1/commands/:id', async (request, response) => {
    needScope(principalOf(response), 'agent:read')
    response.json(presentCommand(await visible(parts, request, response)))
  })
  router.post('/v1/commands/:id/cancel', async (request, response) => {
    needScope(principalOf(response), 'agent:command')
    const command = await visible(parts, request, response)
    if (command.action.force === true) needScope(principalOf(response), 'agent:force')
    response.json(presentCommand(await parts.commands().cancel(command.id)))
  })
  router.post('/v1/commands/:id/replay', async (request, response) => {
    needScope(principalOf(response), 'operations')
    const command = await visible(parts, request, response)
    const origin = { principal: principalOf(response).name, requestId: requestIdOf(response) }
    write(response, answerOf(await parts.commands().replay(command.id, origin, waitOf(request.get('prefer'))), requestIdOf(response)))
  })
  router.get('/v1/dead-letters', async (request, response) => {
    needScope(principalOf(response), 'operations')
    const before = typeof request.query['before'] === 'string' ? Date.parse(request.query['before']) : undefined
    const commands = await parts.commands().dead(Number(request.query['limit'] ?? 50), before)
    const principal = principalOf(response)
    response.json({ commands: commands.filter((command) => maySeeAgent(principal, command.platform, command.agentId)).map(presentCommand) })
  })
  return router
}

function inputOf(parts: HttpParts, request: Request, response: Response): SubmitInput {
  const platform = platformOf(parts, request, response)
  const agentId = String(request.params['agentId'])
  const principal = principalOf(response)
  const body = request.body as CommandRequest
  needScope(principal, 'agent:command')
  needAgent(principal, platform.id, agentId)
  if (body.force === true && body.action === 'LOGOUT') needScope(principal, 'agent:force')
  const onBehalfOf = request.get('x-on-behalf-of')
  const idempotency = idempotencyOf(request, principal, request.path)
  return {
    platform: platform.id,
    agentId,
    request: body,
    origin: { principal: principal.name, requestId: requestIdOf(response), ...(onBehalfOf !== undefined && { onBehalfOf }) },
    ...(idempotency && { idempotency }),
  }
}

async function checkIfMatch(parts: HttpParts, request: Request, response: Response): Promise<void> {
  const wanted = request.get('if-match')
  if (wanted === undefined || wanted === '*') return
  const view = await parts.views().state(platformOf(parts, request, response), String(request.params['agentId']), false)
  const present = etagOf(view)
  if (!wanted.split(',').some((tag) => tag.trim() === present)) {
    throw new CtiError('PRECONDITION_FAILED', { detail: `the agent is ${view.state}; its ETag is ${present}` })
  }
}

/** An unknown command and one of another's agent look the same. */
async function visible(parts: HttpParts, request: Request, response: Response): Promise<Command> {
  const command = await parts.commands().get(String(request.params['id']))
  if (!maySeeAgent(principalOf(response), command.platform, command.agentId)) throw new CtiError('COMMAND_NOT_FOUND')
  return command
}

/** The answer to whoever asked for the command: 200, 202 or the problem it ended with. */
function answerOf(command: Command, requestId: string): StoredResponse {
  const location = `/v1/commands/${command.id}`
  if (command.status === 'confirmed')
    return { status: 200, headers: json({ Location: location }), body: JSON.stringify(presentCommand(command)) }
  if (!isFinal(command.status)) {
    const wait = command.nextAttemptAt === undefined ? 1 : Math.max(1, Math.ceil((command.nextAttemptAt - command.acceptedAt) / 1000))
    return {
      status: 202,
      headers: json({ Location: location, 'Retry-After': String(Math.min(wait, 60)) }),
      body: JSON.stringify(presentCommand(command)),
    }
  }
  const error = finalError(command)
  const body = presentProblem(error, { instance: location, requestId, command })
  return {
    status: error.status,
    headers: {
      'Content-Type': 'application/problem+json; charset=utf-8',
      Location: location,
      ...(error.status === 503 && { 'Retry-After': '1' }),
    },
    body: JSON.stringify(body),
  }
}

function finalError(command: Command): CtiError {
  const code = CODE_OF_STATUS[command.status]
  if (command.problem === undefined) return new CtiError(code ?? 'INTERNAL')
  const stored = problemError(command.problem)
  if (code === undefined || code === stored.code) return stored
  return new CtiError(code, { ...(stored.detail !== undefined && { detail: stored.detail }), ...(stored.fault && { fault: stored.fault }) })
}

function json(headers: Record<string, string>): Record<string, string> {
  return { 'Content-Type': 'application/json; charset=utf-8', ...headers }
}

function write(response: Response, answer: StoredResponse): void {
  response.status(answer.status).set(answer.headers).send(answer.body)
}

/** The command stands whether or not its answer could be kept: a repeat then gets the command itself. */
async function keepAnswer(parts: HttpParts, key: string, answer: StoredResponse): Promise<void> {
  try {
    await parts.commands().completeIdempotency(key, answer)
  } catch (error) {
    parts.logger.warn({ err: toCtiError(error).message }, 'answer not kept for its idempotency key')
  }
}

function presentDryRun(dry: DryRun): components['schemas']['DryRun'] {
  return {
    dryRun: true,
    unchanged: dry.requests.length === 0,
    fromState: dry.view.state,
    requests: dry.requests.map(({ step, text }) => ({
      step: step.name,
      target: text.target,
      ...(text.headers && { headers: Object.entries(text.headers).map(([name, value]) => ({ name, value })) }),
      ...(text.body !== undefined && { body: text.body }),
      resend: step.resend,
      expects: [...step.expect.states],
      withinMs: step.expect.withinMs,
    })),
  }
}
