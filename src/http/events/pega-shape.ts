import type { AgentStreamEvent, LinkStreamEvent } from '../../core/events/event-log.js'
import { pegaEventOf, pegaSnapshotOf, type AgentChange } from '../opencti/pega-events.js'
import type { ReasonForm } from '../opencti/pega-state.js'
import type { StreamShape } from './shape.js'

const changeOf = (event: AgentStreamEvent, stale = false): AgentChange => ({
  ...event,
  view: { ...event.view, stale: event.view.stale || stale },
})

const linkOf = ({ platform, status, at }: LinkStreamEvent): object => ({
  pyLinkState: status === 'up' || status === 'degraded' ? 'CONNECTED' : 'DISCONNECTED',
  platform,
  occurredAt: new Date(at).toISOString(),
})

/** Pega's events (vendors/pega-and-crm.md sections 6.2 and 8.4): named by their `pyEventType`; commands are not told. */
function pegaShape(form: ReasonForm): StreamShape {
  return {
    name: `pega ${form}`,
    tell(event) {
      switch (event.type) {
        case 'agent': {
          const data = pegaEventOf(changeOf(event), form)
          return data && { event: data.pyEventType, data }
        }
        case 'link':
          return { event: 'link', data: linkOf(event) }
        case 'command':
        case 'gap': // the commands that it counts are not told in any case
          return undefined
      }
    },
    known: ({ event, stale }) => pegaSnapshotOf(changeOf(event, stale), form),
    knownLink: linkOf,
  }
}

export const PEGA_SHAPES: Readonly<Record<ReasonForm, StreamShape>> = {
  id: pegaShape('id'),
  code: pegaShape('code'),
  name: pegaShape('name'),
  key: pegaShape('key'),
}
