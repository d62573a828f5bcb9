import { Router, type Request, type Response } from 'express'
import type { CommandRequest } from '../../core/accept/command-request.js'
import type { Command } from '../../core/model/command.js'
import { CtiError } from '../../core/model/error.js'
import type { DryRun } from '../../core/agents/views.js'
import type { components } from '../../generated/gateway.js'
import { sendAnswer } from '../answer.js'
import { answerOf } from '../command-answer.js'
import { admittedPlatform, agentRequestOf, flagOf, platformOf, principalOf, requestIdOf, requestOf, type HttpParts } from '../context.js'
import { askedBy, noteReplay } from '../audit.js'
import { failedCondition } from '../if-match.js'
import { waitOf } from '../prefer.js'
import { presentCommand } from '../present.js'
import { HIDDEN, maySeeAgent, maySeePlatform, needAgent, needRead, needScope, needWrite } from '../principal.js'
import { submitCommand, submitInput } from '../submit-command.js'

export function commandRoutes(parts: HttpParts): Router {
  const router = Router()
  router.post('/v1/platforms/:platform/agents/:agentId/commands', async (request, response) => {
    const asked = agentRequestOf(request, response)
    const body = request.body as CommandRequest
    const input = submitInput(parts, asked, body)
    const failed = await failedCondition(parts, asked, body)
    if (failed !== undefined) {
      sendAnswer(response, failed)
      return
    }
    if (flagOf(request.query['dryRun'])) {
      const dry = await parts.views().dryRun(admittedPlatform(parts, asked.platform), input)
      response.json(presentDryRun(dry))
      return
    }
    sendAnswer(response, await submitCommand(parts, asked, input))
  })
  router.get('/v1/platforms/:platform/agents/:agentId/commands', async (request, response) => {
    const platform = platformOf(parts, request, response)
    const agentId = String(request.params['agentId'])
    needRead(principalOf(response))
    needAgent(principalOf(response), platform.id, agentId)
    const before = request.query['before'] === undefined ? undefined : Number(request.query['before'])
    const commands = await parts.commands().history(platform.id, agentId, Number(request.query['limit'] ?? 20), before)
    response.json({ commands: commands.map((command) => presentCommand(command)) })
  })
  router.get('/v1/commands/:id', async (request, response) => {
    needRead(principalOf(response))
    response.json(presentCommand(await visible(parts, request, response)))
  })
  router.post('/v1/commands/:id/cancel', async (request, response) => {
    needWrite(principalOf(response))
    const command = await visible(parts, request, response)
    if (command.action.force === true) needScope(principalOf(response), 'supervisor:logout')
    const cancelled = await parts.commands().cancel(command.id)
    const { platform, agentId } = command
    parts.audit.note({
      what: 'cancel',
      ...askedBy(requestOf(request, response)),
      platform,
      agentId,
      commandId: command.id,
      status: cancelled.status,
    })
    response.json(presentCommand(cancelled))
  })
  router.post('/v1/commands/:id/replay', async (request, response) => {
    needScope(principalOf(response), 'ops')
    const command = await visible(parts, request, response)
    const origin = askedBy(requestOf(request, response))
    const replayed = await parts.commands().replay(command.id, origin, waitOf(request.get('prefer')))
    noteReplay(parts, origin, command, replayed)
    sendAnswer(response, answerOf(replayed, requestIdOf(response)))
  })
  router.get('/v1/dead-letters', async (request, response) => {
    needScope(principalOf(response), 'ops')
    const before = typeof request.query['before'] === 'string' ? Date.parse(request.query['before']) : undefined
    const commands = await parts.commands().dead(Number(request.query['limit'] ?? 50), before)
    const principal = principalOf(response)
    response.json({
      commands: commands.filter((command) => maySeePlatform(principal, command.platform)).map((command) => presentCommand(command)),
    })
  })
  return router
}

/** An unknown command and one of another's agent look the same. */
async function visible(parts: HttpParts, request: Request, response: Response): Promise<Command> {
  const command = await parts.commands().get(String(request.params['id']))
  if (!maySeeAgent(principalOf(response), command.platform, command.agentId)) throw new CtiError('COMMAND_NOT_FOUND', { cause: HIDDEN })
  return command
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
