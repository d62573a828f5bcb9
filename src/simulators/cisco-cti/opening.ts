/** OPEN_REQ: what is checked, in which order, and what is granted (vendors/cisco.md sections 1.1, 1.5, 1.7, 1.11). */
import {
  E_CTI,
  KNOWN_CALL_MASK,
  KNOWN_CONFIG_MASK,
  KNOWN_SERVICES,
  KNOWN_STATE_MASK,
  PG,
  SERVICE,
  STATE,
  UCCE_PERIPHERAL_TYPE,
} from './codes.js'
import type { FaultPlay } from './faults.js'
import type { Answer } from './handled.js'
import { TAG } from './messages.js'
import { findAgent } from './requests.js'
import { ANY_PERIPHERAL, pgStatus, seconds, type SideName, type Site } from './site.js'
import { floatText, type FloatList, type Message } from './wire.js'

export interface Opened {
  readonly version: number
  readonly services: number
  readonly callMask: number
  readonly stateMask: number
  /** Seconds. */
  readonly idleTimeout: number
  readonly clientSignature: string
  readonly ownAgent: string | undefined
  readonly answer: Answer
}

const ACTIVE_STANDBY_SINCE = 24
/** IdleTimeout that stands for "never" (section 1.5). */
export const NO_IDLE_TIMEOUT = 0x7fff_ffff

type Check = (site: Site, side: SideName, message: Message) => number | undefined

const field = (message: Message, name: string): number => message.fields[name] ?? 0

/** Checks in order; the first that yields a status decides. */
const CHECKS: readonly Check[] = [
  (site, _side, message) => {
    const version = field(message, 'VersionNumber')
    return version < site.options.oldestVersion || version > site.options.newestVersion ? E_CTI.INVALID_VERSION : undefined
  },
  (site, side, message) => {
    if (site.modes[side] === 'maintenance') return E_CTI.SERVER_IN_MAINTENANCE_MODE
    if (site.modes[side] !== 'standby' || site.options.standby === 'accept') return undefined
    const both =
      field(message, 'VersionNumber') >= ACTIVE_STANDBY_SINCE && (field(message, 'ServicesRequested') & SERVICE.activeStandby) !== 0
    return both ? undefined : site.options.standbyStatus
  },
  (_site, _side, message) => (field(message, 'IdleTimeout') < 20 ? E_CTI.INVALID_TIMEOUT : undefined),
  (_site, _side, message) => (field(message, 'ServicesRequested') & ~KNOWN_SERVICES ? E_CTI.INVALID_SERVICE_MASK : undefined),
  (_site, _side, message) => (field(message, 'CallMsgMask') & ~KNOWN_CALL_MASK ? E_CTI.INVALID_CALL_MSG_MASK : undefined),
  (_site, _side, message) => (field(message, 'AgentStateMask') & ~KNOWN_STATE_MASK ? E_CTI.INVALID_AGENT_STATE_MASK : undefined),
  (_site, _side, message) => (field(message, 'ConfigMsgMask') & ~KNOWN_CONFIG_MASK ? E_CTI.INVALID_CONFIG_MSG_MASK : undefined),
  (_site, _side, message) =>
    ['Reserved1', 'Reserved2', 'Reserved3'].some((name) => field(message, name) !== 0) ? E_CTI.INVALID_RESERVED_FIELD : undefined,
  (_site, _side, message) => {
    const present = floatText(message, TAG.clientId) !== undefined && floatText(message, TAG.clientPassword) !== undefined
    return present ? undefined : E_CTI.REQUIRED_DATA_MISSING
  },
  ({ options }, _side, message) => {
    const id = options.clientId === undefined || options.clientId === floatText(message, TAG.clientId)
    const password = options.clientPassword === undefined || options.clientPassword === floatText(message, TAG.clientPassword)
    return id && password ? undefined : E_CTI.INVALID_PASSWORD
  },
  (site, _side, message) => {
    const id = field(message, 'PeripheralID')
    return id === ANY_PERIPHERAL || site.population.peripherals.some((known) => known.id === id) ? undefined : E_CTI.INVALID_PERIPHERAL_ID
  },
  (site, _side, message) => {
    if (!clientEvents(message)) return undefined
    if (findAgent(site, message) === undefined) return E_CTI.INVALID_AGENT_DATA
    const taken = [...site.clients].some((client) => client.open && client.ownAgent === findAgent(site, message)?.id)
    return taken ? E_CTI.DEVICE_IN_USE : undefined
  },
  (site, _side, message) => {
    if ((field(message, 'ServicesRequested') & SERVICE.supervisor) === 0 || (field(message, 'ServicesRequested') & SERVICE.allEvents) !== 0)
      return undefined
    return findAgent(site, message)?.supervisor === true ? undefined : E_CTI.FUNCTION_NOT_AVAILABLE
  },
]

function clientEvents(message: Message): boolean {
  return (field(message, 'ServicesRequested') & SERVICE.clientEvents) !== 0
}

/** Either the status of the refusal or what the session is from now on. */
export function openSession(site: Site, side: SideName, message: Message, play: FaultPlay): number | Opened {
  for (const check of CHECKS) {
    const status = check(site, side, message)
    if (status !== undefined) return status
  }
  const version = field(message, 'VersionNumber')
  const services = grant(field(message, 'ServicesRequested'), play)
  const own = clientEvents(message) ? findAgent(site, message) : undefined
  return {
    version,
    services,
    callMask: field(message, 'CallMsgMask'),
    stateMask: field(message, 'AgentStateMask'),
    idleTimeout: field(message, 'IdleTimeout'),
    clientSignature: floatText(message, TAG.clientSignature) ?? floatText(message, TAG.clientId) ?? '',
    ownAgent: own?.id,
    answer: { type: 4, fields: confFields(site, side, message, services), floats: confFloats(site, message) },
  }
}

function grant(requested: number, play: FaultPlay): number {
  if (play.grant === undefined) return requested
  const without = requested & ~(SERVICE.clientControl | SERVICE.agentStateControlOnly)
  return play.grant === 'narrow' ? without | SERVICE.agentStateControlOnly : without
}

function confFields(site: Site, side: SideName, message: Message, services: number): Record<string, number> {
  const own = clientEvents(message) ? findAgent(site, message) : undefined
  // For a bridge TRUE only if all peripherals of the PG are online; captured as 0 with PGStatus 4 (section 7.1).
  const online = (pgStatus(site) & PG.peripheralOffline) === 0
  return {
    InvokeID: field(message, 'InvokeID'),
    ServicesGranted: services,
    PGStatus: pgStatus(site),
    ICMCentralControllerTime: seconds(),
    PeripheralOnline: online ? 1 : 0,
    PeripheralType: UCCE_PERIPHERAL_TYPE,
    AgentState: own?.state ?? STATE.unknown,
    SessionType: site.modes[side] === 'standby' ? 2 : 1,
  }
}

function confFloats(site: Site, message: Message): FloatList {
  const asked = field(message, 'PeripheralID')
  const listed = site.population.peripherals.filter(({ id }) => asked === ANY_PERIPHERAL || id === asked)
  return [
    [TAG.numPeripherals, listed.length],
    ...listed.flatMap(
      ({ id }) =>
        [
          [TAG.fltPeripheralId, id],
          [TAG.multilineAgentControl, 0],
        ] as const,
    ),
  ]
}
