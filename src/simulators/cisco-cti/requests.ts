/** What each request of a client does and how it is answered (vendors/cisco.md sections 1.5 and 1.6). */
import { changeState, loggedIn, type Outcome, type StateRequest } from './agent-rules.js'
import { CF, E_CTI, PERERR, SERVICE, STATE, STATE_NAMES, TEAM_CONFIG_CALL_MASK, VOICE_MRD, PG } from './codes.js'
import { configKeys, configUpload } from './config-upload.js'
import type { Answer, Handled } from './handled.js'
import { TAG } from './messages.js'
import type { Agent } from './population.js'
import { ANY_PERIPHERAL, seconds, type Client, type Site } from './site.js'
import { floatNumber, floatText, type FloatList, type Message } from './wire.js'

type Handler = (site: Site, client: Client, message: Message) => Handled

const fail = (status: number): Handled => ({ effect: 'refused', answers: [], failure: status })
const ok = (answers: readonly Answer[], effect: Handled['effect'] = 'read'): Handled => ({ effect, answers })
const invoke = (message: Message): number => message.fields['InvokeID'] ?? 0

function controlFailure(message: Message, failure: number, peripheralError: number): Handled {
  const fields = { InvokeID: invoke(message), FailureCode: failure, PeripheralErrorCode: peripheralError }
  return { effect: 'refused', answers: [{ type: 35, fields }], detail: { failure, peripheralError } }
}

/** The agent that a request means: by id, else by instrument or extension, else by ICMAgentID. */
export function findAgent(site: Site, message: Message): Agent | undefined {
  const id = floatText(message, TAG.agentId)
  if (id !== undefined && id !== '') return site.population.agents.get(id)
  const instrument = floatText(message, TAG.agentInstrument) ?? floatText(message, TAG.agentExtension)
  const agents = [...site.population.agents.values()]
  if (instrument !== undefined) return agents.find((agent) => agent.instrument === instrument)
  const target = message.fields['ICMAgentID']
  return target === undefined || target === 0 ? undefined : agents.find((agent) => agent.skillTargetId === target)
}

function knownPeripheral(site: Site, message: Message): boolean {
  const id = message.fields['PeripheralID']
  return id === ANY_PERIPHERAL || site.population.peripherals.some((peripheral) => peripheral.id === id)
}

const MAY_CONTROL = SERVICE.clientControl | SERVICE.agentStateControlOnly

const setAgentState: Handler = (site, client, message) => {
  if ((client.services & MAY_CONTROL) === 0) return fail(E_CTI.FUNCTION_NOT_AVAILABLE)
  const checked = checkSetAgentState(site, client, message)
  if (checked !== undefined) return checked
  const agent = findAgent(site, message)
  if (agent === undefined) return controlFailure(message, CF.INVALID_AGENT_ID, PERERR.NONE)
  const peripheral = site.population.peripherals.find(({ id }) => id === message.fields['PeripheralID'])
  if (peripheral?.online === false || (site.pgStatus & PG.opcDown) !== 0) return controlFailure(message, CF.INTERFACE_INACTIVE, PERERR.NONE)
  const instrument = floatText(message, TAG.agentInstrument)
  if (message.fields['AgentState'] !== STATE.login && instrument && agent.instrument && instrument.split(';')[0] !== agent.instrument) {
    return fail(E_CTI.INCONSISTENT_AGENT_DATA)
  }
  return answerOutcome(site, client, message, changeState(agent, stateRequest(message), site))
}

function stateRequest(message: Message): StateRequest {
  return {
    state: message.fields['AgentState'] ?? 0,
    reason: message.fields['EventReasonCode'] ?? 0,
    forced: message.fields['ForcedFlag'] === 1,
    workMode: message.fields['AgentWorkMode'] ?? 0,
    instrument: floatText(message, TAG.agentInstrument),
    password: floatText(message, TAG.agentPassword),
    sso: floatNumber(message, TAG.ssoEnabled) === 1,
  }
}

/** What CTI Server itself finds wrong, before the peripheral sees the request. */
function checkSetAgentState(site: Site, client: Client, message: Message): Handled | undefined {
  const { fields } = message
  if (!knownPeripheral(site, message)) return fail(E_CTI.INVALID_PERIPHERAL_ID)
  const id = floatText(message, TAG.agentId)
  const inOut = fields['AgentState'] === STATE.login || fields['AgentState'] === STATE.logout
  if (inOut && (id === undefined || id === '')) return fail(E_CTI.REQUIRED_DATA_MISSING)
  if (fields['AgentState'] === STATE.login && floatText(message, TAG.agentInstrument) === undefined)
    return fail(E_CTI.REQUIRED_DATA_MISSING)
  const needsPassword =
    fields['AgentState'] === STATE.login || (fields['AgentState'] === STATE.logout && site.options.logoutPassword === 'required')
  const hasPassword = floatText(message, TAG.agentPassword) !== undefined || floatNumber(message, TAG.ssoEnabled) === 1
  if (needsPassword && !hasPassword) return fail(E_CTI.REQUIRED_DATA_MISSING)
  if ((fields['AgentWorkMode'] ?? 0) > 4) return fail(E_CTI.INVALID_AGENT_WORK_MODE)
  const groups = message.floats.filter((float) => float.tag === TAG.skillGroupNumber).length
  if (groups !== (fields['NumSkillGroups'] ?? 0)) return fail(E_CTI.INVALID_NUM_SKILL_GROUPS)
  if ((client.services & SERVICE.allEvents) === 0 && client.ownAgent !== undefined && client.ownAgent !== id) {
    return fail(E_CTI.FUNCTION_NOT_AVAILABLE)
  }
  return undefined
}

function answerOutcome(site: Site, client: Client, message: Message, outcome: Outcome): Handled {
  if (outcome.kind === 'refused') return controlFailure(message, outcome.failure, outcome.peripheralError)
  const silent = (client.services & SERVICE.ignoreConf) !== 0
  const answers = silent ? [] : [{ type: 39, fields: { InvokeID: invoke(message) } }]
  if (outcome.kind === 'done') return { effect: outcome.effect, answers, events: outcome.events }
  const events = site.options.announcePending === 'yes' ? outcome.events : []
  return { effect: 'none', answers, events, detail: { pending: STATE_NAMES[outcome.pending.state] }, deferred: outcome }
}

const queryAgentState: Handler = (site, _client, message) => {
  if (!knownPeripheral(site, message)) return fail(E_CTI.INVALID_PERIPHERAL_ID)
  const mrd = message.fields['MRDID'] ?? 0
  // The captured CTI OS request carries MRDID 0 (section 7.1), so 0 must mean "voice".
  if (mrd !== 0 && mrd !== VOICE_MRD) return fail(E_CTI.INVALID_MR_DOMAIN)
  const agent = findAgent(site, message)
  if (agent === undefined) return fail(E_CTI.INVALID_AGENT_DATA)
  const instrument = floatText(message, TAG.agentInstrument)
  if (instrument && agent.instrument !== undefined && agent.instrument !== instrument) return fail(E_CTI.INCONSISTENT_AGENT_DATA)
  const phone = agent.instrument ?? agent.home
  const state = (site.pgStatus & PG.opcDown) !== 0 ? STATE.unknown : agent.state
  const floats: FloatList = [
    [TAG.agentId, agent.id],
    [TAG.agentExtension, phone],
    [TAG.agentInstrument, phone],
    ...agent.skillGroups.flatMap(
      ({ number, id, priority }) =>
        [
          [TAG.skillGroupNumber, number],
          [TAG.skillGroupId, id],
          [TAG.skillGroupPriority, priority],
          [TAG.skillGroupState, state],
        ] as const,
    ),
  ]
  const fields = {
    InvokeID: invoke(message),
    AgentState: state,
    NumSkillGroups: agent.skillGroups.length,
    MRDID: VOICE_MRD,
    AgentMode: agent.state === STATE.available ? 1 : 0,
    MaxTaskLimit: loggedIn(agent) ? 1 : 0,
    ICMAgentID: agent.skillTargetId,
    AgentAvailabilityStatus: agent.state === STATE.available ? 1 : 0,
  }
  return ok([{ type: 37, fields, floats }])
}

const deskSettings: Handler = (site, _client, message) => {
  if (!knownPeripheral(site, message)) return fail(E_CTI.INVALID_PERIPHERAL_ID)
  const agent = findAgent(site, message)
  if (agent === undefined) return fail(E_CTI.INVALID_AGENT_DATA)
  // Values other than the mask as captured (section 7.1).
  const fields = {
    InvokeID: invoke(message),
    PeripheralID: site.options.peripheralId,
    DeskSettingsMask: agent.deskSettings,
    WrapupIncoming: 1,
    WrapupOutgoing: 1,
    LogoutNonActivityTime: 0xffff_ffff,
    QualityRecordingRate: 0xffff_ffff,
    RingNoAnswerTime: 0xffff_ffff,
    WorkModeTimer: 7200,
  }
  return ok([{ type: 132, fields, floats: [[TAG.defaultDevicePortAddress, '']] }])
}

const TEAM_ID = 5000

const listTeams: Handler = (site, _client, message) => {
  const supervisor = [...site.population.agents.values()].find(
    (agent) => agent.supervisor && agent.skillTargetId === message.fields['SupervisorID'],
  )
  const fields = { InvokeID: invoke(message), NumberOfAgentTeams: supervisor === undefined ? 0 : 1, SegmentNumber: 1, More: 0 }
  return ok([{ type: 134, fields, floats: supervisor === undefined ? [] : [[TAG.listTeamId, TEAM_ID]] }])
}

const userMessage: Handler = (site, _client, message) => {
  const text = floatText(message, TAG.text) ?? ''
  for (const other of site.clients) {
    if (other.open)
      other.send(109, { ICMCentralControllerTime: seconds(), Distribution: message.fields['Distribution'] ?? 0 }, [[TAG.text, text]])
  }
  // USER_MESSAGE_CONF (108) has no documented fixed part, so none is sent.
  return ok([], 'applied')
}

/** Requests whose confirmations have documented bytes; the rest of section 1.4 is answered with FUNCTION_NOT_AVAILABLE. */
export const HANDLERS: Readonly<Record<number, Handler>> = {
  5: (_site, _client, message) => ok([{ type: 6, fields: { InvokeID: invoke(message) } }]),
  7: (_site, _client, message) => ok([{ type: 8, fields: { InvokeID: invoke(message) } }]),
  32: (_site, _client, message) => ok([{ type: 33, fields: { InvokeID: invoke(message) } }]),
  36: queryAgentState,
  38: setAgentState,
  78: () => fail(E_CTI.FUNCTION_NOT_AVAILABLE),
  107: userMessage,
  118: () => fail(E_CTI.FUNCTION_NOT_AVAILABLE),
  124: () => fail(E_CTI.FUNCTION_NOT_AVAILABLE),
  131: deskSettings,
  133: listTeams,
  135: (_site, client, message) =>
    message.fields['TeamID'] === TEAM_ID
      ? ok([{ type: 136, fields: { InvokeID: invoke(message), MonitorID: client.id } }])
      : fail(E_CTI.TEAM_NOT_FOUND),
  137: (_site, _client, message) => ok([{ type: 138, fields: { InvokeID: invoke(message) } }]),
  143: () => fail(E_CTI.FUNCTION_NOT_AVAILABLE),
  230: configKeys,
  232: configUpload,
  // 1 continue, 0 cancel (section 1.5).
  279: (_site, _client, message) =>
    ok([{ type: 280, fields: { MaintenanceMode: message.fields['MaintenanceModeAccepted'] === 0 ? 0 : 1 } }]),
  281: () => ok([]),
}

const MAX_TEAM = 64

/** The team of all agents, in messages of at most 64 (section 1.6); for clients that set 0x00800000 in CallMsgMask. */
export function announceTeams(site: Site, client: Client): void {
  if ((client.callMask & TEAM_CONFIG_CALL_MASK) === 0) return
  const agents = [...site.population.agents.values()].filter((agent) => agent.inTeam)
  for (let at = 0; at < agents.length; at += MAX_TEAM) {
    const part = agents.slice(at, at + MAX_TEAM)
    const floats: FloatList = part.flatMap(
      (agent) =>
        [
          [TAG.atcAgentId, agent.id],
          [TAG.agentFlags, agent.supervisor ? 1 : 0],
          [TAG.atcAgentState, agent.state],
          [TAG.atcStateDuration, Math.max(0, seconds() - Math.floor(agent.since / 1000))],
        ] as const,
    )
    client.send(128, { PeripheralID: site.options.peripheralId, TeamID: TEAM_ID, NumberOfAgents: part.length, ConfigOperation: 1 }, floats)
  }
}
