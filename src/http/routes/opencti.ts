import { Router, type Request, type Response } from 'express'
import { isAmbiguous } from '../../core/run/doubt.js'
import { isFinal, type Command } from '../../core/model/command.js'
import { toCtiError } from '../../core/model/error.js'
import { sendAnswer, type Answer } from '../answer.js'
import { agentRequestOf, admittedPlatform, type AgentRequest, type HttpParts } from '../context.js'
import { idempotencyOf } from '../idempotency.js'
import { ACTIVITIES, askedBy, type Activity, type OpenCtiRequest } from '../opencti/activities.js'
import { openCtiAnswer } from '../opencti/answer.js'
import { reasonFormOf } from '../opencti/pega-state.js'
import { chooseReason } from '../opencti/reason-choice.js'
import { submitCommand, submitInput } from '../submit-command.js'

/** Long enough for a login, shorter than a connector waits: the activity is synchronous and an agent looks at it. */
const WAIT_MS = 4_000

/**
 * Pega's OpenCTI activities (vendors/pega-and-crm.md sections 3 to 8): flat bodies, silence is success. What is asked for goes the same way as
 * POST …/commands: same authority, same idempotency, same bounded wait, same line in the log, same catalogue of errors.
 */
export function openCtiRoutes(parts: HttpParts): Router {
  const router = Router()
  for (const activity of Object.keys(ACTIVITIES) as Activity[]) {
    router.post(`/opencti/:platform/${activity}`, async (request, response) => {
      sendAnswer(response, await perform(parts, activity, request, response))
    })
  }
  return router
}

async function perform(parts: HttpParts, activity: Activity, request: Request, response: Response): Promise<Answer> {
  const page = request.body as OpenCtiRequest
  const asked = askedBy(activity, page)
  const about: AgentRequest = { ...agentRequestOf(request, response), agentId: asked.agentId }
  const input = submitInput(parts, about, asked.command)
  const platform = admittedPlatform(parts, about.platform)
  // The agent stands in the body here, so the whole body is what a repeat must equal.
  const idempotency = idempotencyOf(about, page)
  let note: string | undefined
  return submitCommand(
    parts,
    about,
    { ...input, ...(idempotency && { idempotency }) },
    {
      waitMs: WAIT_MS,
      async prepare(ready) {
        const { reason: _named, ...command } = ready.request
        const choice = await chooseReason(platform, asked)
        note = choice.note
        return { ...ready, request: { ...command, ...(choice.reason !== undefined && { reason: choice.reason }) } }
      },
      async answer(command, requestId, queue) {
        const ended = request.query['unsent'] === 'withdraw' ? await withdraw(parts, about, command) : command
        return openCtiAnswer({
          command: ended,
          commandId: ended.id,
          requestId,
          queue,
          note,
          agentId: asked.agentId,
          view: parts.views().known(platform, asked.agentId),
          reasonAs: reasonFormOf(request.query['reasonAs']),
          sameState: request.query['sameState'] === 'refuse' ? 'refuse' : 'accept',
        })
      },
    },
  )
}

/**
 * Takes back what certainly has not reached the platform, and says why it did not get there. What is on its way, or in doubt, stays and is
 * told as pending: a request that may yet take effect must not be told as failed.
 */
async function withdraw(parts: HttpParts, { requestId }: AgentRequest, command: Command): Promise<Command> {
  // Whoever does not wait has not seen yet whether it can be given to the platform.
  if (isFinal(command.status) || isAmbiguous(command) || command.origin.async === true) return command
  const why = command.problem ?? { code: 'VENDOR_BUSY' as const, detail: 'it was not its turn within the wait' }
  try {
    const cancelled = await parts.commands().cancel(command.id)
    parts.logger.info({ requestId, commandId: command.id, code: why.code }, 'withdrawn: not sent within the wait')
    return { ...cancelled, status: 'rejected', problem: { ...why, detail: withdrawn(why.detail) } }
  } catch (error) {
    if (toCtiError(error).code !== 'NOT_CANCELLABLE') throw error
    return parts.commands().get(command.id)
  }
}

function withdrawn(detail: string | undefined): string {
  return `${detail === undefined ? '' : `${detail}; `}the request was withdrawn`
}
