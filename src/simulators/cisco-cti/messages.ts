/**
 * Message layouts and tag types of GED-188 as data (vendors/cisco.md sections 1.3 to 1.6).
 * Fixed part: `Name:type` with `@since` where a field exists only from that protocol version on.
 */
export interface MessageLayout {
  readonly name: string
  readonly fixed: string
  /** Section of vendors/cisco.md that gives the bytes. */
  readonly source: string
}

const row = (name: string, fixed: string, source = '1.6'): MessageLayout => ({ name, fixed, source })

/** Pseudo types: the two forms of FAILURE_CONF have one number on the wire (section 1.5). */
export const FAILURE_CONF_SHORT = 1
export const FAILURE_CONF_LONG = 0x1_0001

export const LAYOUTS: Readonly<Record<number, MessageLayout>> = {
  [FAILURE_CONF_SHORT]: row('FAILURE_CONF', 'InvokeID:u4 Status:u4', '1.5'),
  [FAILURE_CONF_LONG]: row('FAILURE_CONF', 'InvokeID:u4 FailureCode:u2 PeripheralErrorCode:u4', '1.5'),
  2: row('FAILURE_EVENT', 'Status:u4', '1.5'),
  3: row(
    'OPEN_REQ',
    'InvokeID:u4 VersionNumber:u4 IdleTimeout:u4 PeripheralID:u4 ServicesRequested:u4 CallMsgMask:u4 AgentStateMask:u4 ConfigMsgMask:u4 Reserved1:u4 Reserved2:u4 Reserved3:u4',
    '1.5',
  ),
  4: row(
    'OPEN_CONF',
    'InvokeID:u4 ServicesGranted:u4 MonitorID:u4 PGStatus:u4 ICMCentralControllerTime:u4 PeripheralOnline:u2 PeripheralType:u2 AgentState:u2 DepartmentID:i4@19 SessionType:u2@24',
    '1.5',
  ),
  5: row('HEARTBEAT_REQ', 'InvokeID:u4', '1.5'),
  6: row('HEARTBEAT_CONF', 'InvokeID:u4', '1.5'),
  7: row('CLOSE_REQ', 'InvokeID:u4 Status:u4', '1.5'),
  8: row('CLOSE_CONF', 'InvokeID:u4', '1.5'),
  30: row(
    'AGENT_STATE_EVENT',
    'MonitorID:u4 PeripheralID:u4 SessionID:u4 PeripheralType:u2 SkillGroupState:u2 StateDuration:u4 SkillGroupNumber:u4 SkillGroupID:u4 SkillGroupPriority:u2 AgentState:u2 EventReasonCode:u2 MRDID:i4 NumTasks:u4 AgentMode:u2 MaxTaskLimit:u4 ICMAgentID:i4 AgentAvailabilityStatus:u4 NumFltSkillGroups:u2 DepartmentID:i4@19',
  ),
  31: row(
    'SYSTEM_EVENT',
    'PGStatus:u4 ICMCentralControllerTime:u4 SystemEventID:u4 SystemEventArg1:u4 SystemEventArg2:u4 SystemEventArg3:u4 EventDeviceType:u2',
    '1.5',
  ),
  32: row('CLIENT_EVENT_REPORT_REQ', 'InvokeID:u4 State:u2', '1.5'),
  33: row('CLIENT_EVENT_REPORT_CONF', 'InvokeID:u4', '1.5'),
  35: row('CONTROL_FAILURE_CONF', 'InvokeID:u4 FailureCode:u2 PeripheralErrorCode:u4', '1.5'),
  36: row('QUERY_AGENT_STATE_REQ', 'InvokeID:u4 PeripheralID:u4 MRDID:i4 ICMAgentID:i4'),
  37: row(
    'QUERY_AGENT_STATE_CONF',
    'InvokeID:u4 AgentState:u2 NumSkillGroups:u2 MRDID:i4 NumTasks:u4 AgentMode:u2 MaxTaskLimit:u4 ICMAgentID:i4 AgentAvailabilityStatus:u4 DepartmentID:i4@19',
  ),
  38: row(
    'SET_AGENT_STATE_REQ',
    'InvokeID:u4 PeripheralID:u4 AgentState:u2 AgentWorkMode:u2 NumSkillGroups:u2 EventReasonCode:u2 ForcedFlag:u1 AgentServiceReq:u4',
  ),
  39: row('SET_AGENT_STATE_CONF', 'InvokeID:u4'),
  78: row('QUERY_DEVICE_INFO_REQ', 'InvokeID:u4 PeripheralID:u4 Reserved:u2'),
  107: row('USER_MESSAGE_REQ', 'InvokeID:u4 PeripheralID:u4 Distribution:u2'),
  109: row('USER_MESSAGE_EVENT', 'ICMCentralControllerTime:u4 Distribution:u2'),
  118: row('SUPERVISOR_ASSIST_REQ', 'InvokeID:u4 PeripheralID:u4 ConnectionCallID:u4 ConnectionDeviceIDType:u2'),
  124: row(
    'SUPERVISE_CALL_REQ',
    'InvokeID:u4 PeripheralID:u4 AgentConnectionCallID:u4 SupervisorConnectionCallID:u4 AgentConnDeviceIDType:u2 SupervisorConnDeviceIDType:u2 SupervisoryAction:u2',
  ),
  128: row('AGENT_TEAM_CONFIG_EVENT', 'PeripheralID:u4 TeamID:u4 NumberOfAgents:u2 ConfigOperation:u2 DepartmentID:i4@19'),
  131: row('AGENT_DESK_SETTINGS_REQ', 'InvokeID:u4 PeripheralID:u4'),
  132: row(
    'AGENT_DESK_SETTINGS_CONF',
    'InvokeID:u4 PeripheralID:u4 DeskSettingsMask:u4 WrapupIncoming:u4 WrapupOutgoing:u4 LogoutNonActivityTime:u4 QualityRecordingRate:u4 RingNoAnswerTime:u4 SilentMonitorWarning:u4 SilentMonitorAudible:u4 SupervisorAssistMethod:u4 EmergencyMethod:u4 AutoRecordOnEmergency:u4 RecordingMode:u4 WorkModeTimer:u4 RingNoAnswerDN:u4',
  ),
  133: row('LIST_AGENT_TEAM_REQ', 'InvokeID:u4 SupervisorID:u4'),
  134: row('LIST_AGENT_TEAM_CONF', 'InvokeID:u4 NumberOfAgentTeams:u2 SegmentNumber:u2 More:u2'),
  135: row('MONITOR_AGENT_TEAM_START_REQ', 'InvokeID:u4 TeamID:u4'),
  136: row('MONITOR_AGENT_TEAM_START_CONF', 'InvokeID:u4 MonitorID:u4'),
  137: row('MONITOR_AGENT_TEAM_STOP_REQ', 'InvokeID:u4 MonitorID:u4'),
  138: row('MONITOR_AGENT_TEAM_STOP_CONF', 'InvokeID:u4'),
  143: row('REGISTER_SERVICE_REQ', 'InvokeID:u4 ServerMode:u2'),
  230: row('CONFIG_REQUEST_KEY_EVENT', 'PeripheralID:u4'),
  231: row('CONFIG_KEY_EVENT', 'ConfigKeyStatus:u4'),
  // The v24 and v25 guides insert ConfigMsgMask, the v15 capture and the v23 guide do not (section 8.1). The insertion
  // stands between the two old fields, which is why the old second field is repeated with its new place.
  232: row('CONFIG_REQUEST_EVENT', 'ConfigInformation:u4 Second:u4 Third:u4@24'),
  233: row('CONFIG_BEGIN_EVENT', 'ConfigType:u2 ConfigInformation:u4'),
  234: row('CONFIG_END_EVENT', 'ConfigEndStatus:u4'),
  236: row('CONFIG_SKILL_GROUP_EVENT', 'NumRecords:u2'),
  237: row('CONFIG_AGENT_EVENT', 'NumRecords:u2'),
  277: row('STANDBY_ACTIVE_EVENT', '', '1.5'),
  278: row('ACTIVE_MAINTENANCE_REQ', 'InvokeID:u4', '1.5'),
  279: row('ACTIVE_MAINTENANCE_RESP', 'InvokeID:u4 MaintenanceModeAccepted:u2', '1.5'),
  280: row('ACTIVE_MAINTENANCE_EVENT', 'MaintenanceMode:u2', '1.5'),
  281: row('STOPPING_REQUESTS_TO_THIS_SIDE_IND', '', '1.5'),
}

export function messageName(type: number): string {
  return LAYOUTS[type]?.name ?? `type ${type}`
}

/** Floating field tags by name (section 1.3). */
export const TAG = {
  clientId: 1,
  clientPassword: 2,
  clientSignature: 3,
  agentExtension: 4,
  agentId: 5,
  agentInstrument: 6,
  text: 7,
  agentPassword: 49,
  skillGroupNumber: 62,
  skillGroupId: 63,
  skillGroupPriority: 64,
  skillGroupState: 65,
  atcAgentId: 86,
  agentFlags: 87,
  atcAgentState: 88,
  atcStateDuration: 89,
  listTeamId: 92,
  defaultDevicePortAddress: 93,
  nextAgentState: 123,
  customerId: 131,
  peripheralName: 133,
  description: 134,
  firstName: 137,
  lastName: 138,
  agentSkillTargetId: 141,
  duration: 150,
  extension: 173,
  configParam: 176,
  serviceConfigKey: 177,
  skillGroupConfigKey: 178,
  agentConfigKey: 179,
  deviceConfigKey: 180,
  recordType: 183,
  peripheralNumber: 184,
  autoWork: 185,
  agentType: 189,
  loginId: 190,
  numSkills: 191,
  skillGroupSkillTargetId: 192,
  eventDeviceId: 206,
  loginName: 207,
  fltPeripheralId: 208,
  callTypeConfigKey: 209,
  mrDomainId: 216,
  multilineAgentControl: 224,
  numPeripherals: 228,
  agentTeamName: 243,
  direction: 244,
  ssoEnabled: 257,
  activeTerminal: 303,
} as const

/** Width of numeric floating fields; missing means 4 bytes (section 1.3). */
export const TAG_TYPES: Readonly<Record<number, 'u2' | 'u4'>> = {
  64: 'u2',
  65: 'u2',
  87: 'u2',
  88: 'u2',
  123: 'u2',
  183: 'u2',
  185: 'u2',
  189: 'u2',
  191: 'u2',
  224: 'u2',
  228: 'u2',
  257: 'u2',
}
