import type { MessageTable } from './field-types.js'

const INVOKE = ['InvokeID', 'UINT'] as const

/** Supervisor and team messages (vendors/cisco.md section 1.6). */
export const TEAM_MESSAGES = {
  USER_MESSAGE_REQ: {
    type: 107,
    from: 'client',
    source: '1.6 (B)',
    fixed: [INVOKE, ['PeripheralID', 'UINT'], ['Distribution', 'USHORT', { note: '0 client, 1 supervisor, 2 team, 3 all' }]],
    floats: ['ClientID', 'AgentExtension', 'AgentID', 'AgentInstrument', 'Text'],
  },
  USER_MESSAGE_EVENT: {
    type: 109,
    from: 'server',
    source: '1.6 (B)',
    fixed: [
      ['ICMCentralControllerTime', 'TIME'],
      ['Distribution', 'USHORT'],
    ],
    floats: ['ClientID', 'Text'],
  },
  SUPERVISOR_ASSIST_REQ: {
    type: 118,
    from: 'client',
    source: '1.6 (B)',
    fixed: [INVOKE, ['PeripheralID', 'UINT'], ['ConnectionCallID', 'UINT'], ['ConnectionDeviceIDType', 'USHORT']],
    floats: ['ConnectionDeviceID', 'AgentExtension', 'AgentID', 'AgentInstrument'],
  },
  SUPERVISE_CALL_REQ: {
    type: 124,
    from: 'client',
    source: '1.6 (B)',
    fixed: [
      INVOKE,
      ['PeripheralID', 'UINT'],
      ['AgentConnectionCallID', 'UINT'],
      ['SupervisorConnectionCallID', 'UINT'],
      ['AgentConnDeviceIDType', 'USHORT'],
      ['SupervisorConnDeviceIDType', 'USHORT'],
      ['SupervisoryAction', 'USHORT', { note: '0 clear, 1 monitor, 2 whisper, 3 barge-in, 4 intercept' }],
    ],
    floats: [
      'AgentConnectionDeviceID',
      'SupervisorConnectionDeviceID',
      'AgentExtension',
      'AgentID',
      'AgentInstrument',
      'SupervisorInstrument',
    ],
  },
  SUPERVISE_CALL_CONF: {
    type: 125,
    from: 'server',
    source: '1.6 (B)',
    fixed: [INVOKE, ['ConnectionCallID', 'UINT'], ['ConnectionDeviceIDType', 'USHORT']],
    floats: ['ConnectionDeviceID'],
  },
  AGENT_TEAM_CONFIG_EVENT: {
    type: 128,
    from: 'server',
    source: '1.6 (A)',
    fixed: [
      ['PeripheralID', 'UINT'],
      ['TeamID', 'UINT'],
      ['NumberOfAgents', 'USHORT', { note: 'at most 64' }],
      ['ConfigOperation', 'USHORT', { note: '0 restore, 1 add, 2 remove' }],
      ['DepartmentID', 'INT', { since: 19 }],
    ],
    floats: ['AgentTeamName', { list: 'Agents', of: ['AtcAgentID', 'AgentFlags', 'AtcAgentState', 'AtcStateDuration'] }],
  },
  LIST_AGENT_TEAM_REQ: { type: 133, from: 'client', source: '1.6 (B)', fixed: [INVOKE, ['SupervisorID', 'UINT']], floats: [] },
  LIST_AGENT_TEAM_CONF: {
    type: 134,
    from: 'server',
    source: '1.6 (B)',
    fixed: [INVOKE, ['NumberOfAgentTeams', 'USHORT'], ['SegmentNumber', 'USHORT'], ['More', 'USHORT', { note: '0 in the last segment' }]],
    floats: [{ list: 'Teams', of: ['ListTeamID'] }],
  },
  MONITOR_AGENT_TEAM_START_REQ: { type: 135, from: 'client', source: '1.6 (B)', fixed: [INVOKE, ['TeamID', 'UINT']], floats: [] },
  MONITOR_AGENT_TEAM_START_CONF: { type: 136, from: 'server', source: '1.6 (B)', fixed: [INVOKE, ['MonitorID', 'UINT']], floats: [] },
  MONITOR_AGENT_TEAM_STOP_REQ: { type: 137, from: 'client', source: '1.6 (B)', fixed: [INVOKE, ['MonitorID', 'UINT']], floats: [] },
  MONITOR_AGENT_TEAM_STOP_CONF: { type: 138, from: 'server', source: '1.6 (B)', fixed: [INVOKE], floats: [] },
  REGISTER_SERVICE_REQ: {
    type: 143,
    from: 'client',
    source: '1.6 (B)',
    fixed: [INVOKE, ['ServerMode', 'USHORT', { note: '0 exclusive' }]],
    floats: ['ServiceName'],
  },
} as const satisfies Readonly<Record<string, MessageTable>>
