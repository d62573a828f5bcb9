import type { CommandRequest } from '../core/accept/command-request.js'
import { CtiError } from '../core/model/error.js'
import { PROBLEM_TYPE, type Answer } from './answer.js'
import { admittedPlatform, headerOf, type AgentRequest, type HttpParts } from './context.js'
import { isPreviewTag, readLogoutPreview } from './logout-preview.js'
import { etagOf, presentProblem } from './present.js'

/**
 * The condition that a command was asked under, looked at before it is accepted: the tag of the agent's state or, for a forced LOGOUT, of
 * its preview. Undefined: it holds, or there is none. Otherwise the 412; after a preview it brings the new one.
 *
 * Between this look and the moment in which the platform acts on the command something may still change: no platform takes a condition.
 */
export async function failedCondition(parts: HttpParts, asked: AgentRequest, body: CommandRequest): Promise<Answer | undefined> {
  const wanted = headerOf(asked.headers, 'if-match')
  if (wanted === undefined || wanted.trim() === '*') return undefined
  const tags = wanted.split(',').map((tag) => tag.trim())
  const platform = admittedPlatform(parts, asked.platform)
  // Only who may see a preview may be answered one: the scope for force has been checked with the body.
  if (tags.some(isPreviewTag) && body.action === 'LOGOUT' && body.force === true) {
    const preview = await readLogoutPreview(parts, platform, asked.agentId)
    if (tags.includes(preview.etag)) return undefined
    const error = new CtiError('PRECONDITION_FAILED', { detail: 'conversations or state have changed since the preview; see `preview`' })
    const problem = presentProblem(error, { instance: asked.path, requestId: asked.requestId })
    const headers = { 'Content-Type': PROBLEM_TYPE, ETag: preview.etag }
    return { status: error.status, headers, body: JSON.stringify({ ...problem, preview }) }
  }
  const view = await parts.views().state(platform, asked.agentId, false)
  const present = etagOf(view)
  if (tags.includes(present)) return undefined
  throw new CtiError('PRECONDITION_FAILED', { detail: `the agent is ${view.state}; its ETag is ${present}` })
}
