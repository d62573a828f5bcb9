/** The configuration upload: keys, skill groups, agents (vendors/cisco.md section 1.6). These messages have no InvokeID. */
import { E_CTI, KNOWN_CONFIG_MASK, VOICE_MRD } from './codes.js'
import type { Answer, Handled } from './handled.js'
import { TAG } from './messages.js'
import type { Agent, SkillGroup } from './population.js'
import type { Client, Site } from './site.js'
import type { FloatList, Message } from './wire.js'

const KEY_TAGS = [TAG.serviceConfigKey, TAG.skillGroupConfigKey, TAG.agentConfigKey, TAG.deviceConfigKey, TAG.callTypeConfigKey]
const SKILL_GROUPS = 2
const AGENTS = 4
const MAX_RECORDS = 10

/** Keys that never change, because the simulated configuration never does. */
function keys(): FloatList {
  return KEY_TAGS.map((tag) => [tag, Buffer.from([0, 0, 0, 0, 0, 0, 0, 1])] as const)
}

export function configKeys(): Handled {
  return { effect: 'read', answers: [{ type: 231, fields: { ConfigKeyStatus: 0 }, floats: keys() }] }
}

/** Begin, the wanted records in blocks of ten, end. */
export function configUpload(site: Site, client: Client, message: Message): Handled {
  const { ConfigInformation: wanted = 0, Second = 0 } = message.fields
  // From version 24 on the guides put ConfigMsgMask before the PeripheralID (section 8.1).
  if (client.version >= 24 && (Second & ~KNOWN_CONFIG_MASK) !== 0) {
    return { effect: 'refused', answers: [], failure: E_CTI.INVALID_CONFIG_MSG_MASK }
  }
  if (wanted === 0) return { effect: 'read', answers: [end()] }
  const agents = [...site.population.agents.values()]
  const groups = new Map(agents.flatMap((agent) => agent.skillGroups).map((group) => [group.number, group]))
  return {
    effect: 'read',
    answers: [
      { type: 233, fields: { ConfigType: 1, ConfigInformation: wanted }, floats: keys() },
      ...((wanted & SKILL_GROUPS) !== 0
        ? blocks(
            236,
            [...groups.values()].map((group) => groupRecord(site, group)),
          )
        : []),
      ...((wanted & AGENTS) !== 0
        ? blocks(
            237,
            agents.map((agent) => agentRecord(site, agent)),
          )
        : []),
      end(),
    ],
  }
}

const end = (): Answer => ({ type: 234, fields: { ConfigEndStatus: 0 } })

function blocks(type: number, records: readonly FloatList[]): Answer[] {
  const answers: Answer[] = []
  for (let at = 0; at < records.length; at += MAX_RECORDS) {
    const part = records.slice(at, at + MAX_RECORDS)
    answers.push({ type, fields: { NumRecords: part.length }, floats: part.flat() })
  }
  return answers
}

/** Fields in the captured order. */
function groupRecord(site: Site, group: SkillGroup): FloatList {
  return [
    [TAG.recordType, 0],
    [TAG.fltPeripheralId, site.options.peripheralId],
    [TAG.peripheralNumber, group.number],
    [TAG.skillGroupPriority, group.priority],
    [TAG.skillGroupSkillTargetId, group.id],
    [TAG.autoWork, 0],
    [TAG.extension, ''],
    [TAG.peripheralName, group.name],
    [TAG.description, ''],
    [TAG.mrDomainId, VOICE_MRD],
    [TAG.configParam, ''],
  ]
}

function agentRecord(site: Site, agent: Agent): FloatList {
  return [
    [TAG.recordType, 0],
    [TAG.fltPeripheralId, site.options.peripheralId],
    [TAG.agentType, agent.supervisor ? 2 : 1],
    [TAG.loginId, agent.id],
    [TAG.loginName, `agent${agent.id}`],
    [TAG.lastName, agent.lastName],
    [TAG.firstName, agent.firstName],
    [TAG.extension, agent.home],
    [TAG.description, ''],
    [TAG.agentSkillTargetId, agent.skillTargetId],
    [TAG.numSkills, agent.skillGroups.length],
    ...agent.skillGroups.flatMap(
      ({ number, priority }) =>
        [
          [TAG.skillGroupNumber, number],
          [TAG.skillGroupPriority, priority],
        ] as const,
    ),
  ]
}
