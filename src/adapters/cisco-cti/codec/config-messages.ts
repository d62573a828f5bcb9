import type { MessageTable } from './field-types.js'

const KEYS = ['ServiceConfigKey', 'SkillGroupConfigKey', 'AgentConfigKey', 'DeviceConfigKey', 'CallTypeConfigKey'] as const

/** The configuration upload: no InvokeID, one request at a time (vendors/cisco.md section 1.6). */
export const CONFIG_MESSAGES = {
  CONFIG_REQUEST_KEY_EVENT: {
    type: 230,
    from: 'client',
    source: '1.6 (A for version 15)',
    fixed: [['PeripheralID', 'UINT']],
    floats: ['CustomerID'],
  },
  CONFIG_KEY_EVENT: { type: 231, from: 'server', source: '1.6 (A for version 15)', fixed: [['ConfigKeyStatus', 'UINT']], floats: KEYS },
  CONFIG_REQUEST_EVENT: {
    type: 232,
    from: 'client',
    source: '1.6 (A for version 15)',
    fixed: [
      ['ConfigInformation', 'UINT', { note: '1 service, 2 skill group, 4 agent, 8 device, 16 call type, 32 MRD, 64 peripheral' }],
      ['ConfigMsgMask', 'UINT', { since: 24, note: 'in the guides of 24 and 25; not in the capture and the guide of 23' }],
      ['PeripheralID', 'UINT'],
    ],
    floats: ['CustomerID'],
  },
  CONFIG_BEGIN_EVENT: {
    type: 233,
    from: 'server',
    source: '1.6 (A for version 15)',
    fixed: [
      ['ConfigType', 'USHORT', { note: '1 solicited, 2 update' }],
      ['ConfigInformation', 'UINT'],
    ],
    floats: KEYS,
  },
  CONFIG_END_EVENT: {
    type: 234,
    from: 'server',
    source: '1.6 (A for version 15)',
    fixed: [['ConfigEndStatus', 'UINT', { note: '0 success, 1 no service provider, 2 unknown customer, 3 invalid, 4 empty, 5 partial' }]],
    floats: ['Text'],
  },
  CONFIG_SKILL_GROUP_EVENT: {
    type: 236,
    from: 'server',
    source: '1.6 (A for version 15)',
    fixed: [['NumRecords', 'USHORT', { note: 'at most 10' }]],
    floats: [
      {
        list: 'Records',
        of: [
          'RecordType',
          'FltPeripheralID',
          'PeripheralNumber',
          'SkillGroupPriority',
          'SkillGroupSkillTargetID',
          'AutoWork',
          'Extension',
          'PeripheralName',
          'Description',
          'MRDomainID',
          'ConfigParam',
        ],
      },
    ],
  },
  CONFIG_AGENT_EVENT: {
    type: 237,
    from: 'server',
    source: '1.6 (A for version 15)',
    fixed: [['NumRecords', 'USHORT', { note: 'at most 10' }]],
    floats: [
      {
        list: 'Records',
        of: [
          'RecordType',
          'FltPeripheralID',
          'AgentType',
          'LoginID',
          'LoginName',
          'LastName',
          'FirstName',
          'Extension',
          'Description',
          'AgentSkillTargetID',
          'NumSkills',
          { list: 'Skills', of: ['SkillGroupNumber', 'SkillGroupPriority'] },
        ],
      },
    ],
  },
} as const satisfies Readonly<Record<string, MessageTable>>
