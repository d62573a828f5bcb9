import type { FloatType } from './field-types.js'

export interface Tag {
  readonly tag: number
  readonly type: FloatType
  /** Longest data in bytes, the NUL of a text counted. */
  readonly max?: number
  /** Longest data below version 20, where that differs. */
  readonly maxNarrow?: number
  /** First version that has it; tags above 255 need two bytes and so exist from 20 on. */
  readonly since?: number
  readonly note?: string
}

const text = (tag: number, max: number, more: Omit<Tag, 'tag' | 'type' | 'max'> = {}) => ({ tag, type: 'STRING' as const, max, ...more })
const raw = (tag: number, max: number) => ({ tag, type: 'UNSPEC' as const, max })
const number = <const T extends FloatType>(tag: number, type: T, more: Omit<Tag, 'tag' | 'type'> = {}) => ({ tag, type, ...more })

/** Floating fields by name (vendors/cisco.md section 1.3; confidence A or B there). */
export const TAGS = {
  ClientID: text(1, 64),
  ClientPassword: raw(2, 64),
  ClientSignature: text(3, 64),
  AgentExtension: text(4, 16),
  AgentID: text(5, 12, { note: '11 characters and the NUL' }),
  AgentInstrument: text(6, 64, { note: 'mobile agents: "instrument;phone number"' }),
  Text: text(7, 255),
  ConnectionDeviceID: text(25, 64, { note: 'number from section 1.6, length unverified' }),
  AgentPassword: text(49, 64),
  SkillGroupNumber: number(62, 'UINT'),
  SkillGroupID: number(63, 'UINT'),
  SkillGroupPriority: number(64, 'USHORT'),
  SkillGroupState: number(65, 'USHORT'),
  ObjectName: text(66, 128),
  PositionID: text(68, 12),
  SupervisorID: text(69, 12),
  SupervisorInstrument: text(85, 64),
  AtcAgentID: text(86, 12),
  AgentFlags: number(87, 'USHORT', { note: '1 primary supervisor, 2 temporary, 4 supervisor, 0 agent' }),
  AtcAgentState: number(88, 'USHORT'),
  AtcStateDuration: number(89, 'UINT'),
  AgentConnectionDeviceID: text(90, 64, { note: 'number from section 1.6, name and length unverified' }),
  SupervisorConnectionDeviceID: text(91, 64, { note: 'number from section 1.6, name and length unverified' }),
  ListTeamID: number(92, 'UINT'),
  DefaultDevicePortAddress: text(93, 32),
  ServiceName: text(94, 64, { note: 'length unverified' }),
  ApplicationPathID: number(97, 'INT'),
  NextAgentState: number(123, 'USHORT'),
  CustomerID: number(131, 'UINT'),
  PeripheralName: text(133, 64),
  Description: text(134, 128),
  FirstName: text(137, 32),
  LastName: text(138, 32),
  AgentSkillTargetID: number(141, 'UINT'),
  Duration: number(150, 'UINT'),
  Extension: text(173, 16),
  ConfigParam: text(176, 255),
  ServiceConfigKey: raw(177, 8),
  SkillGroupConfigKey: raw(178, 8),
  AgentConfigKey: raw(179, 8),
  DeviceConfigKey: raw(180, 8),
  RecordType: number(183, 'USHORT', { note: '0 add, 1 change, 2 delete' }),
  PeripheralNumber: number(184, 'UINT'),
  AutoWork: number(185, 'BOOL', { note: 'two bytes in the capture; the guide lists AgentSkillTargetID a second time under this number' }),
  AgentType: number(189, 'USHORT', { note: '1 agent, 2 supervisor' }),
  LoginID: text(190, 64),
  NumSkills: number(191, 'USHORT'),
  SkillGroupSkillTargetID: number(192, 'UINT'),
  AgentIDLong: text(194, 129, { note: 'Unified CCX only' }),
  EventDeviceID: text(206, 64),
  LoginName: text(207, 255, { maxNarrow: 32 }),
  FltPeripheralID: number(208, 'UINT'),
  CallTypeConfigKey: raw(209, 8),
  MRDomainID: number(216, 'UINT'),
  MultilineAgentControl: number(224, 'USHORT'),
  NumPeripherals: number(228, 'USHORT'),
  AgentTeamName: text(243, 32),
  Direction: number(244, 'UINT', { note: '0 none, 1 in, 2 out, 3 other in, 4 other out, 5 outbound reserve, 6 preview, 7 predictive' }),
  InternalAgentState: number(255, 'USHORT', { note: 'reserved' }),
  SSOEnabled: number(257, 'USHORT', { since: 20 }),
  MaxBeyondTaskLimit: number(266, 'UINT', { since: 22 }),
  ActiveTerminal: text(303, 64, { since: 24 }),
  ACDSharedLineUsage: number(306, 'UINT', { since: 24 }),
  PlayZipTone: number(307, 'UINT', { since: 24 }),
} as const satisfies Readonly<Record<string, Tag>>

export type TagName = keyof typeof TAGS
