import type { GateTools, Route } from './rest-gate.js'
import { topicOf } from './topic.js'

/**
 * The conversation manager's read of one conversation. The vendor's desk and its public scripts use paths of this family
 * (`/customer-topics/{id}/conversation-data`, `/past-events`); that the plain path answers the topic is assumed, its form is the one of
 * `onTopicData` (unverified).
 */
export function conversationManagerRoutes({ site }: GateTools): Route[] {
  return [
    {
      method: 'get',
      path: '/conversation-manager/customer-topics/:id',
      handle: ({ request, response }) => {
        const conversation = site.work.conversation(String(request.params.id))
        if (conversation === undefined) response.status(404).json({ error: 'NOT_FOUND', message: 'no such conversation' })
        else response.json(topicOf(site, conversation))
      },
    },
  ]
}
