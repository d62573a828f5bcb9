/** Numbers of GED-188 that the simulated CTI Server uses (vendors/cisco.md sections 1.5, 1.7 to 1.10 and 2). */

/** AgentState (section 1.7). */
export const STATE = {
  login: 0,
  logout: 1,
  notReady: 2,
  available: 3,
  talking: 4,
  workNotReady: 5,
  workReady: 6,
  busyOther: 7,
  reserved: 8,
  unknown: 9,
  hold: 10,
} as const

export const STATE_NAMES: readonly string[] = [
  'LOGIN',
  'LOGOUT',
  'NOT_READY',
  'AVAILABLE',
  'TALKING',
  'WORK_NOT_READY',
  'WORK_READY',
  'BUSY_OTHER',
  'RESERVED',
  'UNKNOWN',
  'HOLD',
  'ACTIVE',
  'PAUSED',
  'INTERRUPTED',
  'NOT_ACTIVE',
]

/** Bit of AgentStateMask; UNKNOWN has none, from HOLD on the index is one less (section 1.7). */
export function stateBit(state: number): number {
  if (state === STATE.unknown) return 0
  return 1 << (state > STATE.unknown ? state - 1 : state)
}

export const SERVICE = {
  clientEvents: 0x1,
  clientControl: 0x4,
  allEvents: 0x10,
  supervisor: 0x80,
  agentStateControlOnly: 0x2000,
  ignoreDuplicateAgentEvents: 0x0010_0000,
  ignoreConf: 0x0020_0000,
  activeStandby: 0x0200_0000,
} as const

/** Every service bit of section 1.7, and 0x200, which the captured CTI OS mask carries unexplained (section 8.2 no. 4). */
export const KNOWN_SERVICES = 0x827c_bfff
export const KNOWN_CALL_MASK = 0x0fff_ffff
export const KNOWN_STATE_MASK = 0x3fff
export const KNOWN_CONFIG_MASK = 0x3ff
export const TEAM_CONFIG_CALL_MASK = 0x0080_0000

/** E_CTI status codes (section 1.8). */
export const E_CTI = {
  INVALID_VERSION: 1,
  INVALID_MESSAGE_TYPE: 2,
  SESSION_NOT_OPEN: 4,
  SESSION_ALREADY_OPEN: 5,
  REQUIRED_DATA_MISSING: 6,
  INVALID_PERIPHERAL_ID: 7,
  INVALID_AGENT_DATA: 8,
  AGENT_NOT_LOGGED_ON: 9,
  DEVICE_IN_USE: 10,
  NEW_SESSION_OPENED: 11,
  FUNCTION_NOT_AVAILABLE: 12,
  CTI_SERVER_OFFLINE: 15,
  TIMEOUT: 16,
  UNSPECIFIED_FAILURE: 17,
  INVALID_TIMEOUT: 18,
  INVALID_SERVICE_MASK: 19,
  INVALID_CALL_MSG_MASK: 20,
  INVALID_AGENT_STATE_MASK: 21,
  INVALID_RESERVED_FIELD: 22,
  INVALID_FIELD_LENGTH: 23,
  BAD_MESSAGE_FORMAT: 25,
  INCONSISTENT_AGENT_DATA: 32,
  INVALID_PASSWORD: 36,
  INVALID_NUM_SKILL_GROUPS: 39,
  INVALID_MSG_TYPE_FOR_VERSION: 48,
  INVALID_AGENT_WORK_MODE: 50,
  TEAM_NOT_FOUND: 65,
  INVALID_MR_DOMAIN: 88,
  SERVER_NOT_MASTER: 92,
  INVALID_CONFIG_MSG_MASK: 95,
  INVALID_CLIENT_FOR_STANDBY: 107,
  SERVER_IN_MAINTENANCE_MODE: 110,
} as const

/** CF_* failure codes (section 1.9). */
export const CF = {
  INVALID_OBJECT_STATE: 22,
  OUTSTANDING_REQUEST_LIMIT: 44,
  INVALID_AGENT_ID: 256,
  INVALID_PASSWORD: 257,
  ALREADY_SIGNED_ON: 259,
  INVALID_LOGON_DEVICE: 260,
  INVALID_AGENT_WORKMODE: 265,
  INVALID_REASON_CODE: 266,
  REASON_CODE_REQUIRED: 281,
  EXTENSION_IN_USE: 283,
  ACCOUNT_LOCKED: 289,
  INTERFACE_INACTIVE: 1015,
} as const

/** Peripheral error codes (section 1.9). */
export const PERERR = {
  NONE: 0,
  ALREADY_LOGGED_OUT: 10101,
  ALREADY_SIGNED_ON: 10102,
  RESERVED: 10106,
  BAD_STATE_TRANSITION: 10108,
  CANT_GO_READY: 10111,
  CANT_LOG_OUT: 10112,
  NO_DEVICE_TARGET: 10125,
} as const

/** SystemEventID (section 1.5). */
export const SYSTEM = {
  peripheralOnline: 3,
  peripheralOffline: 4,
  text: 5,
  pgOffline: 6,
  instrumentOut: 10,
  instrumentIn: 11,
} as const

/** Bits of DeskSettingsMask (section 1.6). */
export const DESK = { notReadyReasonRequired: 0x8, logoutReasonRequired: 0x10 } as const

/** Bits of PGStatus (section 1.10). */
export const PG = { opcDown: 0x1, peripheralOffline: 0x4 } as const

/** Predefined reason codes (section 2). */
export const REASON = { supervisor: 999, rona: 32767, componentFailed: 50002, deviceOut: 50003, inactivity: 50004 } as const

export const NULL_ID = 0xffff_ffff
export const DEVICE_NONE = 0xffff
export const UCCE_PERIPHERAL_TYPE = 17
export const VOICE_MRD = 1
