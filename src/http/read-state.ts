import { jsonAnswer, type Answer } from './answer.js'
import { headerOf, platformFor, type AgentRequest, type HttpParts } from './context.js'
import { etagOf, presentState } from './present.js'
import { needAgent, needRead } from './principal.js'

/** The state of one agent, or 304. Fails: PLATFORM_NOT_FOUND, FORBIDDEN, and as `Views.state`. */
export async function readState(parts: HttpParts, request: AgentRequest, fresh: boolean): Promise<Answer> {
  const { principal, agentId } = request
  const platform = platformFor(parts, principal, request.platform)
  needRead(principal)
  needAgent(principal, platform.id, agentId)
  const [view, newest] = await Promise.all([parts.views().state(platform, agentId, fresh), parts.commands().newest(platform.id, agentId)])
  const etag = etagOf(view)
  if (headerOf(request.headers, 'if-none-match') === etag) return { status: 304, headers: { ETag: etag }, body: '' }
  return jsonAnswer(200, presentState(platform.id, view, newest), { ETag: etag })
}
