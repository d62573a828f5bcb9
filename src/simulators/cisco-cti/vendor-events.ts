/** What happens at the vendor without the gateway: at the desk, on the phone, at the supervisor's, in the data centre. */
import { z } from 'zod'
import { answerCall, endCall, endWrapUp, enter, eventOf, loggedIn, offerCall, supervisorLogout, type StateEvent } from './agent-rules.js'
import { PG, REASON, STATE, STATE_NAMES, SYSTEM } from './codes.js'
import { TAG } from './messages.js'
import type { Agent, PendingChange } from './population.js'
import type { Sides } from './sides.js'
import type { SideName, Site } from './site.js'

type Body = Readonly<Record<string, unknown>>

interface VendorEvent {
  readonly text: string
  run(site: Site, sides: Sides, body: Body): unknown
}

const sideName = z.enum(['A', 'B'])
const number = (body: Body, name: string, fallback: number): number => z.coerce.number().int().default(fallback).parse(body[name])

function side(body: Body): SideName {
  const parsed = sideName.safeParse(body['side'])
  if (!parsed.success) throw new Error('field "side" must be "A" or "B"')
  return parsed.data
}

/** An event about one agent: `make` changes it and says which state events follow. */
function agentEvent(text: string, make: (agent: Agent, body: Body, site: Site) => readonly StateEvent[]): VendorEvent {
  return {
    text: `${text}; {agentId}`,
    run(site, _sides, body) {
      const agent = site.agent(body['agentId'])
      site.publish(make(agent, body, site))
      return { agentId: agent.id, state: STATE_NAMES[agent.state], reason: agent.reason }
    },
  }
}

function settle(site: Site, result: { events: readonly StateEvent[]; applied: PendingChange | undefined }): readonly StateEvent[] {
  if (result.applied?.journalSeq !== undefined) site.journal.amend(result.applied.journalSeq, { effect: 'applied' })
  return result.events
}

function outEvents(agent: Agent, reason: number): StateEvent[] {
  return loggedIn(agent) ? [enter(agent, STATE.logout, reason)] : []
}

function peripheral(site: Site, body: Body, online: boolean): void {
  const id = number(body, 'peripheralId', site.options.peripheralId)
  const found = site.population.peripherals.find((known) => known.id === id)
  if (found === undefined) throw new Error(`no peripheral ${id}`)
  found.online = online
  site.system(online ? SYSTEM.peripheralOnline : SYSTEM.peripheralOffline, [id])
}

function clientsOf(site: Site, body: Body) {
  return [...site.clients].filter((client) => body['side'] === undefined || client.side === side(body))
}

export const VENDOR_EVENTS: Readonly<Record<string, VendorEvent>> = {
  'call-offer': agentEvent('A call is offered to an AVAILABLE agent: RESERVED', (agent) => offerCall(agent)),
  'call-answer': agentEvent('The agent answers, or places a call: TALKING', (agent) => answerCall(agent)),
  'call-start': agentEvent('Offer and answer in one', (agent) => [
    ...(agent.state === STATE.available ? offerCall(agent) : []),
    ...answerCall(agent),
  ]),
  'call-hold': agentEvent('The agent puts the call on hold', (agent) => {
    if (agent.state !== STATE.talking) throw new Error(`agent ${agent.id} is not TALKING`)
    return [enter(agent, STATE.hold)]
  }),
  'call-retrieve': agentEvent('The agent takes the call from hold', (agent) => {
    if (agent.state !== STATE.hold) throw new Error(`agent ${agent.id} is not on HOLD`)
    return [enter(agent, STATE.talking)]
  }),
  'call-end': agentEvent('The call ends; what was deferred takes effect; `wrapUp: true` for wrap-up first', (agent, body, site) =>
    settle(site, endCall(agent, body['wrapUp'] === true)),
  ),
  'wrap-up-end': agentEvent('Wrap-up ends by the work timer', (agent, _body, site) => settle(site, endWrapUp(agent))),
  rona: agentEvent('An offered call is not answered: NOT_READY with 32767', (agent) => {
    if (agent.state !== STATE.reserved) throw new Error(`agent ${agent.id} is not RESERVED`)
    agent.afterCall = undefined
    return [enter(agent, STATE.notReady, REASON.rona)]
  }),
  'agent-login': agentEvent('The agent logs in at the desk; `instrument` if not the usual one', (agent, body) => {
    if (loggedIn(agent)) throw new Error(`agent ${agent.id} is logged in`)
    agent.instrument = typeof body['instrument'] === 'string' ? body['instrument'] : agent.home
    return [enter(agent, STATE.login), enter(agent, STATE.notReady)]
  }),
  'agent-logout': agentEvent('The agent logs out at the desk; `reason`', (agent, body) => outEvents(agent, number(body, 'reason', 0))),
  'agent-state': agentEvent('The agent changes state at the desk; `state` as a name (AVAILABLE, NOT_READY …), `reason`', (agent, body) => {
    const state = STATE_NAMES.indexOf(String(body['state']))
    if (state < 0) throw new Error(`field "state" must be one of: ${STATE_NAMES.join(', ')}`)
    return [enter(agent, state, number(body, 'reason', 0))]
  }),
  'supervisor-logout': agentEvent('A supervisor logs the agent out: 999, after the call if there is one', (agent) => {
    const outcome = supervisorLogout(agent)
    if (outcome.kind === 'refused') throw new Error(`agent ${agent.id} is logged out`)
    return outcome.events
  }),
  inactivity: agentEvent('Inactivity time-out: LOGOUT with 50004', (agent) => outEvents(agent, REASON.inactivity)),
  'device-out': {
    text: 'The instrument goes out of service: SYSTEM_EVENT 10 and LOGOUT with 50003; {agentId}',
    run(site, _sides, body) {
      const agent = site.agent(body['agentId'])
      const phone = agent.instrument ?? agent.home
      site.system(SYSTEM.instrumentOut, [site.options.peripheralId], [[TAG.text, phone]])
      site.publish(outEvents(agent, REASON.deviceOut))
    },
  },
  'device-in': {
    text: 'The instrument is back in service: SYSTEM_EVENT 11; {agentId}',
    run: (site, _sides, body) =>
      site.system(SYSTEM.instrumentIn, [site.options.peripheralId], [[TAG.text, site.agent(body['agentId']).home]]),
  },
  'non-voice-state': {
    text: 'An event of another media domain; {agentId, mrdId (5001), state (11)}',
    run(site, _sides, body) {
      const agent = site.agent(body['agentId'])
      site.publish([eventOf(agent, { state: number(body, 'state', 11), mrd: number(body, 'mrdId', 5001) })])
    },
  },
  'repeat-state': agentEvent('The last state event once more', (agent) => [eventOf(agent)]),
  'desk-settings': {
    text: 'DeskSettingsMask of one agent; {agentId, mask}: 8 not-ready reason required, 16 logout reason required',
    run(site, _sides, body) {
      site.agent(body['agentId']).deskSettings = number(body, 'mask', 0)
    },
  },
  lock: {
    text: 'The account is locked out, CF 289 at login; {agentId, locked (true)}',
    run(site, _sides, body) {
      site.agent(body['agentId']).locked = body['locked'] !== false
    },
  },
  'peripheral-offline': {
    text: 'SYSTEM_EVENT 4 and PGStatus 4; {peripheralId}',
    run: (site, _sides, body) => peripheral(site, body, false),
  },
  'peripheral-online': { text: 'SYSTEM_EVENT 3; {peripheralId}', run: (site, _sides, body) => peripheral(site, body, true) },
  'pg-offline': {
    text: 'SYSTEM_EVENT 6, PGStatus 1, all logged-in agents UNKNOWN until pg-online; {}',
    run(site) {
      site.pgStatus = PG.opcDown
      site.system(SYSTEM.pgOffline)
    },
  },
  'pg-online': {
    text: 'The PG is back; agents are logged out with 65534 when `reset: true`; {reset}',
    run(site, _sides, body) {
      site.pgStatus = 0
      site.system(SYSTEM.peripheralOnline, [site.options.peripheralId])
      if (body['reset'] === true) for (const agent of site.population.agents.values()) site.publish(outEvents(agent, 65534))
    },
  },
  text: {
    text: 'SYSTEM_EVENT 5; {text}',
    run: (site, _sides, body) => site.system(SYSTEM.text, [], [[TAG.text, typeof body['text'] === 'string' ? body['text'] : '']]),
  },
  'side-down': {
    text: 'A side dies: connections reset, port closed; the standby becomes active; {side}',
    run: (_site, sides, body) => sides.down(side(body)),
  },
  'side-up': {
    text: 'A side comes back, as standby if the other one is active; {side}',
    run: (_site, sides, body) => sides.up(side(body)),
  },
  'side-standby': {
    text: 'A side becomes standby and sends its clients FAILURE_EVENT 15; the other becomes active; {side}',
    run: (_site, sides, body) => sides.standby(side(body)),
  },
  failover: { text: 'The active side becomes standby, the standby active; {}', run: (_site, sides) => sides.failover() },
  maintenance: {
    text: 'A side goes into maintenance: ACTIVE_MAINTENANCE_REQ to ACTIVE_STANDBY clients, FAILURE_EVENT 15 to the rest, OPEN refused with 110; {side, on (true)}',
    run: (_site, sides, body) => sides.maintenance(side(body), body['on'] !== false),
  },
  'drop-connections': {
    text: 'Connections are reset; {side}',
    run: (site, _sides, body) => clientsOf(site, body).forEach((client) => client.reset()),
  },
  'half-open': {
    text: 'Connections stay and say nothing more; {side}',
    run: (site, _sides, body) => clientsOf(site, body).forEach((client) => client.silence()),
  },
  garbage: {
    text: 'Bytes that are no message go to every client; {side, hex}',
    run(site, _sides, body) {
      const bytes = Buffer.from(typeof body['hex'] === 'string' ? body['hex'] : '0000000400bada5500112233', 'hex')
      clientsOf(site, body).forEach((client) => client.raw(bytes))
    },
  },
  'failure-event': {
    text: 'FAILURE_EVENT to every client; {side, status (15)}',
    run: (site, _sides, body) =>
      clientsOf(site, body).forEach((client) => client.open && client.send(2, { Status: number(body, 'status', 15) })),
  },
}
