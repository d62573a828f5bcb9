/**
 * Recorded and sample messages of GED-188. Recorded (version 15): the session of CTI OS Server and CTI Server in the public
 * repository KryvkoSergii/connector_test_extended; sample (version 20): the test data of nshimaza/ucce-ctidriver.
 * `iiiiiiii` stands for the InvokeID, `tttttttt` for the time; a quoted text is its ASCII bytes.
 */
import type { Message } from '../../src/adapters/cisco-cti/codec/index.js'

export const INVOKE_ID = 0x1234
export const TIME = 0x4e5f_6071

export interface Vector {
  readonly title: string
  readonly version: number
  /** Whole frame, header included. */
  readonly bytes: Buffer
  readonly decoded: Message
}

function bytesOf(hex: string): Buffer {
  const parts = hex.split('"')
  const filled = parts.map((part, index) =>
    index % 2 === 1
      ? Buffer.from(part, 'ascii')
      : Buffer.from(
          part
            .replaceAll('iiiiiiii', INVOKE_ID.toString(16).padStart(8, '0'))
            .replaceAll('tttttttt', TIME.toString(16).padStart(8, '0'))
            .replace(/[\s,]/g, ''),
          'hex',
        ),
  )
  return Buffer.concat(filled)
}

/** Version 20 samples begin at MessageType; the length before it follows from the rest. */
function sample(title: string, hex: string, decoded: Message): Vector {
  const rest = bytesOf(hex)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(rest.length - 4)
  return { title: `${title} (sample, version 20)`, version: 20, bytes: Buffer.concat([length, rest]), decoded }
}

function recorded(title: string, hex: string, decoded: Message): Vector {
  return { title: `${title} (recorded, version 15)`, version: 15, bytes: bytesOf(hex), decoded }
}

const I = { InvokeID: INVOKE_ID }
const CTIOS = Buffer.from('CTIOSServer\0', 'ascii')

export const RECORDED: readonly Vector[] = [
  recorded(
    'OPEN_REQ',
    '00000056 00000003 iiiiiiii 0000000f 7fffffff 00001388 001c0296 0fffffff 000003ff 00000003 00000000 00000000 00000000 010c"CTIOSServer",00 020c"CTIOSServer",00 030c"CTIOSServer",00',
    {
      message: 'OPEN_REQ',
      ...I,
      VersionNumber: 15,
      IdleTimeout: 0x7fffffff,
      PeripheralID: 5000,
      ServicesRequested: 0x1c0296,
      CallMsgMask: 0x0fffffff,
      AgentStateMask: 0x3ff,
      ConfigMsgMask: 3,
      Reserved1: 0,
      Reserved2: 0,
      Reserved3: 0,
      ClientID: 'CTIOSServer',
      ClientPassword: new Uint8Array(CTIOS),
      ClientSignature: 'CTIOSServer',
    },
  ),
  recorded('OPEN_CONF', '00000028 00000004 iiiiiiii 001c0296 00000000 00000004 tttttttt 0000 0011 0009 e4020001 d00400001388 e0020000', {
    message: 'OPEN_CONF',
    ...I,
    ServicesGranted: 0x1c0296,
    MonitorID: 0,
    PGStatus: 4,
    ICMCentralControllerTime: TIME,
    PeripheralOnline: false,
    PeripheralType: 17,
    AgentState: 9,
    NumPeripherals: 1,
    Peripherals: [{ FltPeripheralID: 5000, MultilineAgentControl: 0 }],
  }),
  recorded('CONFIG_REQUEST_KEY', '0000000a 000000e6 00001388 830400000000', {
    message: 'CONFIG_REQUEST_KEY_EVENT',
    PeripheralID: 5000,
    CustomerID: 0,
  }),
  recorded('CONFIG_REQUEST', '0000000e 000000e8 00000006 00001388 830400000000', {
    message: 'CONFIG_REQUEST_EVENT',
    ConfigInformation: 6,
    PeripheralID: 5000,
    CustomerID: 0,
  }),
  recorded('CONFIG_END', '00000004 000000ea 00000000', { message: 'CONFIG_END_EVENT', ConfigEndStatus: 0 }),
  recorded('AGENT_TEAM_CONFIG_EVENT', '0000001e 00000080 00001388 00001388 0001 0001 5602 3100 5702 0001 5802 0001 5904 001b8a05', {
    message: 'AGENT_TEAM_CONFIG_EVENT',
    PeripheralID: 5000,
    TeamID: 5000,
    NumberOfAgents: 1,
    ConfigOperation: 1,
    Agents: [{ AtcAgentID: '1', AgentFlags: 1, AtcAgentState: 1, AtcStateDuration: 0x1b8a05 }],
  }),
  recorded('SYSTEM_EVENT, peripheral online', '0000001a 0000001f 00000004 tttttttt 00000003 00001388 00000000 00000000 ffff', {
    message: 'SYSTEM_EVENT',
    PGStatus: 4,
    ICMCentralControllerTime: TIME,
    SystemEventID: 3,
    SystemEventArg1: 5000,
    SystemEventArg2: 0,
    SystemEventArg3: 0,
    EventDeviceType: 0xffff,
  }),
  recorded('SYSTEM_EVENT, peripheral offline', '0000001a 0000001f 00000004 tttttttt 00000004 0000138b 00000000 00000000 ffff', {
    message: 'SYSTEM_EVENT',
    PGStatus: 4,
    ICMCentralControllerTime: TIME,
    SystemEventID: 4,
    SystemEventArg1: 5003,
    SystemEventArg2: 0,
    SystemEventArg3: 0,
    EventDeviceType: 0xffff,
  }),
  recorded('CLIENT_EVENT_REPORT_REQ', '0000001e 00000020 iiiiiiii 0000 0702 3100 4212"CTIOS_NUM_CLIENTS",00', {
    message: 'CLIENT_EVENT_REPORT_REQ',
    ...I,
    State: 0,
    Text: '1',
    ObjectName: 'CTIOS_NUM_CLIENTS',
    order: [7, 66],
  }),
  recorded('QUERY_AGENT_STATE_REQ', '0000001b 00000024 iiiiiiii 00001388 00000000 00000000 0502 3200 0605 3130303000', {
    message: 'QUERY_AGENT_STATE_REQ',
    ...I,
    PeripheralID: 5000,
    MRDID: 0,
    ICMAgentID: 0,
    AgentID: '2',
    AgentInstrument: '1000',
  }),
  // The recording names three groups of 62, 63, 64 and 65; their values are not in the published dump, so these are made up.
  recorded(
    'QUERY_AGENT_STATE_CONF, logged out',
    '0000006c 00000025 iiiiiiii 0001 0003 00000001 00000000 0000 00000000 0000138f 00000000 0502 3200 0405 3130303000 0605 3130303000' +
      '3e0400000001 3f0400001389 40020000 41020001 3e0400000002 3f040000138a 40020000 41020001 3e0400000003 3f040000138b 40020000 41020001',
    {
      message: 'QUERY_AGENT_STATE_CONF',
      ...I,
      AgentState: 1,
      NumSkillGroups: 3,
      MRDID: 1,
      NumTasks: 0,
      AgentMode: 0,
      MaxTaskLimit: 0,
      ICMAgentID: 5007,
      AgentAvailabilityStatus: 0,
      AgentID: '2',
      AgentExtension: '1000',
      AgentInstrument: '1000',
      SkillGroups: [1, 2, 3].map((number) => ({
        SkillGroupNumber: number,
        SkillGroupID: 5000 + number,
        SkillGroupPriority: 0,
        SkillGroupState: 1,
      })),
    },
  ),
  recorded(
    'AGENT_DESK_SETTINGS_CONF',
    `00000043 00000084 iiiiiiii 00001388 00000200 00000001 00000001 ffffffff ffffffff ffffffff ${'00000000'.repeat(6)} 00001c20 00000000 5d01 00`,
    {
      message: 'AGENT_DESK_SETTINGS_CONF',
      ...I,
      PeripheralID: 5000,
      DeskSettingsMask: 0x200,
      WrapupIncoming: 1,
      WrapupOutgoing: 1,
      LogoutNonActivityTime: 0xffffffff,
      QualityRecordingRate: 0xffffffff,
      RingNoAnswerTime: 0xffffffff,
      SilentMonitorWarning: 0,
      SilentMonitorAudible: 0,
      SupervisorAssistMethod: 0,
      EmergencyMethod: 0,
      AutoRecordOnEmergency: 0,
      RecordingMode: 0,
      WorkModeTimer: 7200,
      RingNoAnswerDN: 0,
      DefaultDevicePortAddress: '',
    },
  ),
]

export const SAMPLES: readonly Vector[] = [
  sample(
    'OPEN_REQ',
    '000000030403020100000014ffffffff020304050000001000006000000002080000000000000000000000000000000000010009436c69656e744944000002000000030010436c69656e745369676e6174757265000004000533303031000005000531303031000006000533303031000061000403040506',
    {
      message: 'OPEN_REQ',
      InvokeID: 0x04030201,
      VersionNumber: 20,
      IdleTimeout: 0xffffffff,
      PeripheralID: 0x02030405,
      ServicesRequested: 0x10,
      CallMsgMask: 0x6000,
      AgentStateMask: 0x208,
      ConfigMsgMask: 0,
      Reserved1: 0,
      Reserved2: 0,
      Reserved3: 0,
      ClientID: 'ClientID',
      ClientPassword: new Uint8Array(0),
      ClientSignature: 'ClientSignature',
      AgentExtension: '3001',
      AgentID: '1001',
      AgentInstrument: '3001',
      ApplicationPathID: 0x03040506,
    },
  ),
  sample(
    'OPEN_CONF',
    '0000000401020304000000100203040500000013040506070001001100030506070800040005333030310000050005313030310000060005333030310000e40002050600e000020000',
    {
      message: 'OPEN_CONF',
      InvokeID: 0x01020304,
      ServicesGranted: 0x10,
      MonitorID: 0x02030405,
      PGStatus: 0x13,
      ICMCentralControllerTime: 0x04050607,
      PeripheralOnline: true,
      PeripheralType: 17,
      AgentState: 3,
      DepartmentID: 0x05060708,
      AgentExtension: '3001',
      AgentID: '1001',
      AgentInstrument: '3001',
      NumPeripherals: 0x0506,
      Peripherals: [{ MultilineAgentControl: 0 }],
    },
  ),
  sample(
    'AGENT_STATE_EVENT',
    '0000001e0102030402030405030405060011000704050607060708090708090a0809000a090a090a0b0c0a0b0c0d000009080706080706050000000107060b0c0d0e00030010436c69656e745369676e6174757265000005000531303031000004000533303031000006000533303031000096000406050403007b0002000400f4000400000001003e00040708090a003f000408090a0b00400002090a004100020007',
    {
      message: 'AGENT_STATE_EVENT',
      MonitorID: 0x01020304,
      PeripheralID: 0x02030405,
      SessionID: 0x03040506,
      PeripheralType: 17,
      SkillGroupState: 7,
      StateDuration: 0x04050607,
      SkillGroupNumber: 0x06070809,
      SkillGroupID: 0x0708090a,
      SkillGroupPriority: 0x0809,
      AgentState: 10,
      EventReasonCode: 0x090a,
      MRDID: 0x090a0b0c,
      NumTasks: 0x0a0b0c0d,
      AgentMode: 0,
      MaxTaskLimit: 0x09080706,
      ICMAgentID: 0x08070605,
      AgentAvailabilityStatus: 1,
      NumFltSkillGroups: 0x0706,
      DepartmentID: 0x0b0c0d0e,
      ClientSignature: 'ClientSignature',
      AgentID: '1001',
      AgentExtension: '3001',
      AgentInstrument: '3001',
      Duration: 0x06050403,
      NextAgentState: 4,
      Direction: 1,
      SkillGroups: [{ SkillGroupNumber: 0x0708090a, SkillGroupID: 0x08090a0b, SkillGroupPriority: 0x090a, SkillGroupState: 7 }],
    },
  ),
  sample(
    'SYSTEM_EVENT',
    '0000001f00000003010203040000000502030405030405060405060700460007001053797374656d4576656e74546578740000ce000e4576656e74446576696365494400',
    {
      message: 'SYSTEM_EVENT',
      PGStatus: 3,
      ICMCentralControllerTime: 0x01020304,
      SystemEventID: 5,
      SystemEventArg1: 0x02030405,
      SystemEventArg2: 0x03040506,
      SystemEventArg3: 0x04050607,
      EventDeviceType: 0x46,
      Text: 'SystemEventText',
      EventDeviceID: 'EventDeviceID',
    },
  ),
  sample('FAILURE_CONF', '000000010102030400000061', { message: 'FAILURE_CONF', InvokeID: 0x01020304, Status: 97 }),
  sample('FAILURE_EVENT', '0000000200000011', { message: 'FAILURE_EVENT', Status: 17 }),
  sample('HEARTBEAT_REQ', '0000000502030405', { message: 'HEARTBEAT_REQ', InvokeID: 0x02030405 }),
  sample('CLOSE_REQ', '000000070405060700000062', { message: 'CLOSE_REQ', InvokeID: 0x04050607, Status: 98 }),
  sample('CLOSE_CONF', '0000000803040506', { message: 'CLOSE_CONF', InvokeID: 0x03040506 }),
  sample('CLIENT_EVENT_REPORT_REQ', '000000200304050500010042000b4f626a6563744e616d6500000700055465787400', {
    message: 'CLIENT_EVENT_REPORT_REQ',
    InvokeID: 0x03040505,
    State: 1,
    ObjectName: 'ObjectName',
    Text: 'Text',
  }),
]

export const VECTORS: readonly Vector[] = [...RECORDED, ...SAMPLES]
