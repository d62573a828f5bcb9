/** The simulated site: one peripheral gateway whose state both CTI Server sides share, and the clients of both. */
import type { FaultBook } from '../kit/faults.js'
import type { Journal } from '../kit/journal.js'
import type { StateEvent } from './agent-rules.js'
import { DEVICE_NONE, NULL_ID, PG, SERVICE, SYSTEM, stateBit, UCCE_PERIPHERAL_TYPE, VOICE_MRD, STATE } from './codes.js'
import { TAG } from './messages.js'
import type { CtiOptions } from './options.js'
import { populate, type Agent, type Population } from './population.js'
import type { FloatList } from './wire.js'

export type SideName = 'A' | 'B'
export type SideMode = 'active' | 'standby' | 'maintenance' | 'down'

/** What the site needs of a client connection. */
export interface Client {
  readonly id: number
  readonly side: SideName
  readonly open: boolean
  readonly version: number
  readonly services: number
  readonly callMask: number
  readonly stateMask: number
  readonly clientSignature: string
  /** The agent of a CLIENT_EVENTS session. */
  readonly ownAgent: string | undefined
  send(type: number, fields: Readonly<Record<string, number>>, floats?: FloatList): void
  raw(bytes: Buffer): void
  /** Resets the connection. */
  reset(): void
  /** The connection stays, and says nothing more. */
  silence(): void
}

export interface Site {
  readonly options: CtiOptions
  readonly journal: Journal
  readonly faults: FaultBook
  readonly clients: Set<Client>
  readonly modes: Record<SideName, SideMode>
  population: Population
  pgStatus: number
  /** Runs later unless the site stops before. */
  later(ms: number, run: () => void): void
  /** Sends state events to everybody who asked for them. */
  publish(events: readonly StateEvent[], extra?: FloatList): void
  system(eventId: number, args?: readonly number[], floats?: FloatList, only?: Client): void
  agent(id: unknown): Agent
  reset(): void
  stop(): void
}

export function seconds(): number {
  return Math.floor(Date.now() / 1000)
}

/** PGStatus as the peripherals' state gives it, plus what events have set. */
export function pgStatus(site: Site): number {
  return site.pgStatus | (site.population.peripherals.some((peripheral) => !peripheral.online) ? PG.peripheralOffline : 0)
}

export function createSite(options: CtiOptions, tools: { journal: Journal; faults: FaultBook }): Site {
  const timers = new Set<NodeJS.Timeout>()
  const site: Site = {
    options,
    journal: tools.journal,
    faults: tools.faults,
    clients: new Set(),
    modes: { A: 'active', B: 'standby' },
    population: populate(options),
    pgStatus: 0,
    later(ms, run) {
      const timer = setTimeout(() => {
        timers.delete(timer)
        run()
      }, ms)
      timer.unref()
      timers.add(timer)
    },
    publish(events, extra = []) {
      for (const event of events) for (const client of site.clients) sendStateEvent(site, client, event, extra)
    },
    system(eventId, args = [], floats = [], only) {
      for (const client of only === undefined ? site.clients : [only]) {
        if (client.open && serves(site, client.side)) client.send(31, systemFields(site, eventId, args), floats)
      }
    },
    agent(id) {
      const agent = site.population.agents.get(String(id))
      if (agent === undefined) throw new Error(`field "agentId" must name an agent of this site, not ${String(id)}`)
      return agent
    },
    reset() {
      site.population = populate(options)
      site.pgStatus = 0
    },
    stop() {
      for (const timer of timers) clearTimeout(timer)
      timers.clear()
    },
  }
  return site
}

/** Whether clients of this side get events: an active side, or any side where both may serve. */
export function serves(site: Site, side: SideName): boolean {
  return site.modes[side] === 'active' || (site.modes[side] === 'standby' && site.options.standby === 'accept')
}

function systemFields(site: Site, eventId: number, args: readonly number[]): Record<string, number> {
  return {
    PGStatus: pgStatus(site),
    ICMCentralControllerTime: seconds(),
    SystemEventID: eventId,
    SystemEventArg1: args[0] ?? 0,
    SystemEventArg2: args[1] ?? 0,
    SystemEventArg3: args[2] ?? 0,
    EventDeviceType: DEVICE_NONE,
  }
}

function wants(client: Client, event: StateEvent): boolean {
  if (!client.open || (client.stateMask & stateBit(event.state)) === 0) return false
  if ((client.services & SERVICE.allEvents) !== 0) return true
  return (client.services & SERVICE.clientEvents) !== 0 && client.ownAgent === event.agent.id
}

/** One agent action makes one event per skill group, unless the client asked for no duplicates (sections 1.6, 1.7). */
function sendStateEvent(site: Site, client: Client, event: StateEvent, extra: FloatList): void {
  if (!wants(client, event) || !serves(site, client.side)) return
  const groups = event.agent.skillGroups
  const once = (client.services & SERVICE.ignoreDuplicateAgentEvents) !== 0
  for (const group of once ? groups.slice(0, 1) : groups) {
    client.send(30, stateFields(site, client, event, group), [...stateFloats(event, once, client), ...extra])
  }
}

type Group = Agent['skillGroups'][number]

function stateFields(site: Site, client: Client, event: StateEvent, group: Group): Record<string, number> {
  const { agent } = event
  return {
    PeripheralID: site.options.peripheralId,
    SessionID: client.ownAgent === agent.id ? client.id : 0,
    PeripheralType: UCCE_PERIPHERAL_TYPE,
    SkillGroupState: event.state,
    SkillGroupNumber: group.number,
    SkillGroupID: group.id,
    SkillGroupPriority: group.priority,
    AgentState: event.state,
    EventReasonCode: event.reason,
    MRDID: event.mrd ?? VOICE_MRD,
    AgentMode: event.state === STATE.available ? 1 : 0,
    MaxTaskLimit: 1,
    ICMAgentID: agent.skillTargetId,
    AgentAvailabilityStatus: event.state === STATE.available ? 1 : 0,
    NumFltSkillGroups: 0,
  }
}

function stateFloats(event: StateEvent, once: boolean, client: Client): FloatList {
  const instrument = event.instrument
  return [
    ...(once ? ([] as const) : ([[TAG.clientSignature, client.clientSignature]] as const)),
    [TAG.agentId, event.agent.id],
    ...(instrument === undefined
      ? []
      : ([
          [TAG.agentExtension, instrument],
          [TAG.agentInstrument, instrument],
        ] as const)),
    ...(event.next === undefined ? [] : ([[TAG.nextAgentState, event.next]] as const)),
    ...(event.direction === undefined ? [] : ([[TAG.direction, event.direction]] as const)),
  ]
}

/** Tells one client which peripherals are online, as the recorded session shows it after OPEN_CONF (section 7.1). */
export function announcePeripherals(site: Site, client: Client): void {
  for (const { id, online } of site.population.peripherals) {
    site.system(online ? SYSTEM.peripheralOnline : SYSTEM.peripheralOffline, [id], [], client)
  }
}

export const ANY_PERIPHERAL = NULL_ID
