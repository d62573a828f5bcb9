/** How an agent's state is shown, in both dialects of agents/states (vendors/cxone.md 4.2), and paging (4.6). */
import type { Agent, OutState } from './agent.js'
import { STATE, STATE_NAMES } from './codes.js'
import { systemOut } from './agent-rules.js'
import type { Site } from './site.js'
import { failure, iso, text, whole, type Call, type Reply } from './wire.js'

type Row = Record<string, unknown>

/** On a contact the row has no out-state, unless a log-off is pending (4.4). */
function shownOut(agent: Agent): OutState {
  return agent.next?.state === STATE.loggedOut && agent.contact !== undefined ? systemOut('LogoffPending') : agent.out
}

export type RowDialect = '2026' | 'v23' | 'single'

/** `single` is the row of agents/{agentId}/states: isACW with the older media names and a row-level lastPollTime. */
export function stateRow(site: Site, agent: Agent, dialect: RowDialect): Row {
  const contact = agent.contact?.phase === 'active' ? agent.contact : undefined
  const out = shownOut(agent)
  return {
    agentId: agent.id,
    agentStateId: agent.state,
    agentStateName: STATE_NAMES[agent.state],
    agentStateCategory: agent.state === STATE.loggedOut ? 'LoggedOut' : contact !== undefined ? 'Working' : STATE_NAMES[agent.state],
    businessUnitId: site.options.businessUnitId,
    contactId: agent.contact?.id ?? null,
    contactStartHandleTime: contact === undefined ? null : iso(contact.startedAt),
    isActive: true,
    [dialect === 'v23' ? 'isAcw' : 'isACW']: out.isAcw === true,
    isOutbound: contact !== undefined && !contact.inbound,
    firstName: agent.firstName,
    lastName: agent.lastName,
    userName: agent.userName,
    fromAddress: agent.contact?.from ?? '',
    toAddress: agent.contact?.to ?? '',
    lastUpdateTime: iso(agent.lastUpdate),
    [dialect === '2026' ? 'mediaTypeName' : 'mediaName']: agent.contact?.mediaTypeName ?? '',
    [dialect === '2026' ? 'mediaTypeId' : 'mediaType']: agent.contact?.mediaTypeId ?? null,
    openContacts: agent.contact === undefined ? 0 : 1,
    outStateId: out.outStateId ?? null,
    outStateDescription: out.outStateName ?? '',
    sessionStartTime: agent.session === undefined ? null : iso(agent.session.startedAt),
    skillId: agent.contact?.skillId ?? null,
    skillName: agent.contact?.skillName ?? '',
    startDate: iso(agent.startDate),
    stationId:
      agent.session === undefined || agent.session.stationId === '' ? null : Number(agent.session.stationId) || agent.session.stationId,
    stationPhoneNumber: agent.session?.stationPhoneNumber ?? '',
    teamId: agent.team.id,
    teamName: agent.team.name,
    ...(dialect !== '2026' && { lastPollTime: iso(site.now()) }),
  }
}

/** `updatedSince` as epoch ms; undefined when absent, NaN when it is no instant. */
export function updatedSince(call: Call): number | undefined {
  const value = text(call.input, 'updatedSince')
  return value === undefined ? undefined : Date.parse(value)
}

/** Only the wanted fields of each row. */
export function withFields(rows: readonly Row[], fields: string | undefined): readonly Row[] {
  if (fields === undefined) return rows
  const wanted = new Set(fields.split(',').map((field) => field.trim().toLowerCase()))
  return rows.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => wanted.has(name.toLowerCase()))))
}

export interface Page {
  readonly rows: readonly Row[]
  readonly links: Readonly<Record<string, string>>
  readonly total: number
}

/**
 * One page by `skip` and `top`, with links to its neighbours; a failure for values that are none. `unlimited`: all rows
 * where `top` is missing, for the dialect that has no links.
 */
export function page(site: Site, call: Call, rows: readonly Row[], unlimited = false): Page | Reply {
  const skip = whole(call.input, 'skip') ?? 0
  const asked = whole(call.input, 'top')
  if (!(skip >= 0)) return failure(400, 'Invalid value for skip')
  if (asked !== undefined && !(asked > 0)) return failure(400, 'Invalid value for top')
  const { pageDefault, pageMax } = site.options
  const top = asked === undefined && unlimited ? Math.max(1, rows.length) : Math.min(asked ?? pageDefault, pageMax)
  const link = (at: number) => {
    const query = new URLSearchParams(call.query)
    query.set('skip', String(at))
    query.set('top', String(top))
    return `${site.urls.api}${call.rawPath}?${query.toString()}`
  }
  return {
    rows: withFields(rows.slice(skip, skip + top), text(call.input, 'fields')),
    links: {
      self: link(skip),
      ...(skip + top < rows.length && { next: link(skip + top) }),
      ...(skip > 0 && { previous: link(Math.max(0, skip - top)) }),
    },
    total: rows.length,
  }
}
