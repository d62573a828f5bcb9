/** Contacts: offered, accepted, refused, ended, and the work after them (vendors/cxone.md 3.6, 4.4). */
import type { Agent, Contact, SessionEvent } from './agent.js'
import { enter, moveOn, publish, systemOut } from './agent-rules.js'
import { STATE, STATE_NAMES, type StateId } from './codes.js'
import type { Site } from './site.js'
import { iso } from './wire.js'

/** Events carry strings only (3.6). */
export function contactEvent(agent: Agent, status: string, disconnectCode = 'NA'): SessionEvent {
  const contact = agent.contact
  return {
    Type: 'CallContactEvent',
    ContactID: String(contact?.id ?? ''),
    Status: status,
    CallType: 'Regular',
    DNIS: contact?.to ?? '',
    ANI: contact?.from ?? '',
    Skill: String(contact?.skillId ?? ''),
    IsInbound: contact?.inbound === false ? 'False' : 'True',
    StartTimeUTC: contact === undefined ? '' : iso(contact.startedAt),
    LastStateChangeTimeUTC: contact === undefined ? '' : iso(contact.startedAt),
    DisconnectCode: disconnectCode,
    FinalState: status === 'Disconnected' ? 'True' : 'False',
  }
}

const PENDING = { true: 'InboundPending', false: 'OutboundPending' } as const

/** A contact comes: Unavailable with a pending code until it is taken or not. */
export function offer(site: Site, agent: Agent, inbound: boolean): Contact {
  if (agent.session === undefined) throw new Error(`agent ${agent.id} is logged out`)
  if (agent.contact !== undefined) throw new Error(`agent ${agent.id} has a contact already`)
  const contact: Contact = {
    id: site.nextContactId++,
    inbound,
    mediaTypeId: 4,
    mediaTypeName: 'Phone Call',
    skillId: 88001,
    skillName: 'Main Line',
    from: '+15550100001',
    to: '+15550100002',
    before: { ...agent.out, state: agent.state },
    phase: 'offered',
    startedAt: site.now(),
  }
  agent.contact = contact
  publish(site, agent, contactEvent(agent, 'Incoming'))
  enter(site, agent, STATE.unavailable, systemOut(PENDING[`${inbound}`]))
  return contact
}

/** The contact is taken: one of the contact states. */
export function accept(site: Site, agent: Agent, state?: StateId): void {
  const contact = agent.contact
  if (contact === undefined) throw new Error(`agent ${agent.id} has no contact`)
  if (state !== undefined && (state < STATE.inboundContact || state > STATE.dialer))
    throw new Error(`field "state" must be one of: ${STATE_NAMES.slice(3, 8).join(', ')}`)
  contact.phase = 'active'
  contact.startedAt = site.now()
  enter(site, agent, state ?? (contact.inbound ? STATE.inboundContact : STATE.outboundContact))
  publish(site, agent, contactEvent(agent, 'Active'))
}

/** The cause in the report → the word in events (3.6, `ResultCode`). Causes without a word there are `Failed`. */
const RESULT_CODES: Readonly<Record<string, string>> = {
  'Bad Number': 'BadNumber',
  Busy: 'Busy',
  Error: 'Error',
  'Invalid Call Leg': 'InvalidCallLeg',
  NoAnswer: 'NoAnswer',
  LinkFailed: 'LinkFailed',
  Dropped: 'Dropped',
  AgentLinkTimeout: 'AgentLinkTimeout',
  NA: 'NA',
}

/**
 * The contact was not taken: Unavailable with −1 "Refused" (4.4), unless a change was queued; and a row of the refusal
 * report with `cause`.
 */
export function refuse(site: Site, agent: Agent, cause: string): void {
  const resultCode = RESULT_CODES[cause] ?? 'Failed'
  if (agent.contact?.phase !== 'offered') throw new Error(`agent ${agent.id} has no offered contact`)
  publish(site, agent, contactEvent(agent, 'Disconnected', resultCode))
  publish(site, agent, {
    Type: 'AgentError',
    Command: 'AgentLeg',
    ResultCode: resultCode,
    ContactID: String(agent.contact.id),
    Target: 'AgentLeg',
    ErrorLevel: 'Warning',
  })
  const stationId = agent.session?.stationId ?? ''
  site.refusals.records.push({ at: site.now(), agent, contactId: agent.contact.id, stationId, cause })
  agent.contact = undefined
  enter(site, agent, STATE.unavailable, systemOut('Refused'))
  if (agent.next !== undefined) moveOn(site, agent, { state: STATE.unavailable, out: systemOut('Refused') })
}

/** The contact ends; with `acw` after-call work comes first, which ends by itself after `acwSeconds` if that is set. */
export function end(site: Site, agent: Agent, acw: boolean): void {
  const contact = agent.contact
  if (contact === undefined) throw new Error(`agent ${agent.id} has no contact`)
  publish(site, agent, contactEvent(agent, 'Disconnected', 'Succeeded'))
  agent.contact = undefined
  if (acw) beginAcw(site, agent)
  else moveOn(site, agent, back(contact))
}

/** After the contact: where the agent was, but never back into a refusal or a pending code. */
function back(contact: Contact) {
  const { state, ...out } = contact.before
  return (out.outStateId ?? 0) < 0 ? { state, out: {} } : { state, out: { ...out, isAcw: false } }
}

export function beginAcw(site: Site, agent: Agent): void {
  if (agent.session === undefined) throw new Error(`agent ${agent.id} is logged out`)
  if (agent.contact !== undefined) throw new Error(`agent ${agent.id} is on a contact`)
  enter(site, agent, STATE.unavailable, { isAcw: true })
  const { session } = agent
  if (site.options.acwSeconds > 0)
    site.later(site.options.acwSeconds * site.options.secondMs, () => {
      if (agent.session === session && agent.out.isAcw === true && agent.contact === undefined) endAcw(site, agent)
    })
}

/** After-call work ends: the queued change, or Available. */
export function endAcw(site: Site, agent: Agent): void {
  if (agent.out.isAcw !== true) throw new Error(`agent ${agent.id} is not in ACW`)
  moveOn(site, agent, { state: STATE.available, out: {} })
}
