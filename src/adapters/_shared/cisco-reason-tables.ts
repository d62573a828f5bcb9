import type { Cause } from '../../core/model/agent-state.js'
import type { CanonicalReason } from '../../core/model/reason.js'

/** A: two independent Cisco documents agree · B: one · C: third-party or inferred. */
export type Confidence = 'A' | 'B' | 'C'

/** The state that a predefined code stands on. `ANY`: the document does not say which. */
export type CiscoReasonState = 'LOGOUT' | 'NOT_READY' | 'READY' | 'RESERVED' | 'ANY'

/** One predefined code of Cisco's own software. */
export interface CiscoReason {
  /** Signed form, as reports print it: -1 where the wire carries 65535. */
  readonly code: number
  readonly state: CiscoReasonState
  readonly name: string
  readonly description: string
  readonly key: CanonicalReason
  readonly cause: Cause
  /** Letters of the source documents, see `CISCO_REASON_SOURCES`. */
  readonly source: string
  readonly confidence: Confidence
  /** Set when the code is written by one product only. CAD: Cisco Agent Desktop. */
  readonly appliesTo?: 'CAD' | 'Finesse'
  /** The wording of the logout reason article that this catalogue must cover, where it has one for this code. */
  readonly article?: string
  /** Where the documents disagree, or what one has to know. */
  readonly note?: string
}

/** The documents behind the letters (vendors/cisco.md section 2). */
export const CISCO_REASON_SOURCES: Readonly<Record<string, string>> = {
  R: 'Reporting Concepts 12.6(1), "Agents"',
  D: 'Database Schema Handbook 15.0(1), field values',
  U: 'Unified CCE Administration Guide 15.0',
  F: 'Finesse Administration Guide 12.5/15.0, "Manage Reasons"',
  O: 'older CTI/IPCC manual, predefined logout reasons',
  S: 'CTI OS Supervisor Desktop User Guide 12.5',
  K: 'Agent Logout reason codes, community.cisco.com',
  X: 'Unified CCX reason code guide and developer site',
}

type Row = readonly [
  code: number,
  name: string,
  description: string,
  key: CanonicalReason,
  cause: Cause,
  source: string,
  confidence: Confidence,
  more?: Pick<CiscoReason, 'appliesTo' | 'article' | 'note'>,
]

function rows(state: CiscoReasonState, table: readonly Row[]): CiscoReason[] {
  return table.map(([code, name, description, key, cause, source, confidence, more]) => ({
    code,
    state,
    name,
    description,
    key,
    cause,
    source,
    confidence,
    ...more,
  }))
}

const CONFLICT_20002 =
  'the documents disagree: Finesse and the article say forced logout because someone else signs in, the schema handbook says normal logout from Not Ready'

/** Predefined logout codes of Unified CCE (vendors/cisco.md section 2.1, one row each). */
const CCE_LOGOUT: readonly Row[] = [
  // prettier-ignore
  [-1, 'System reinitialized', 'The agent was reinitialised because the peripheral restarted', 'SYSTEM.RESTART', 'system', 'R D U O K', 'A',
    { article: 'The agent reinitialized due to peripheral restart.' }],
  // prettier-ignore
  [-2, 'System reset', 'The PG reset the agent, usually after a PG failure', 'SYSTEM.FAILOVER', 'system', 'R D U O K', 'A',
    { article: 'The PG reset the agent, normally due to a PG failure.' }],
  // prettier-ignore
  [-3, 'Extension modified', "An administrator changed the agent's extension while the agent was logged in", 'SYSTEM.CONFIGURATION', 'system', 'R D U O K', 'A',
    { article: "An administrator modified the agent's extension while the agent was logged in." }],
  [999, 'Supervisor logout', 'A supervisor forced the logout', 'SUPERVISOR.FORCED_LOGOUT', 'supervisor', 'R D F S', 'A'],
  // prettier-ignore
  [255, 'Desktop connection lost', 'The connection between desktop and Finesse server was lost and the agent was forced out', 'SYSTEM.CONNECTION_LOST', 'system', 'F', 'B',
    { appliesTo: 'Finesse' }],
  // prettier-ignore
  [20001, 'Forced logout: Not Ready', 'Not Ready as the first step of a forced logout', 'SUPERVISOR.FORCED_NOT_READY', 'system', 'D F K', 'B',
    { appliesTo: 'CAD', article: "The agent's state was changed to NOT READY." }],
  // prettier-ignore
  [20002, 'Force logout', 'Someone else signs in under the same agent id and confirms to force it', 'SYSTEM.TAKEOVER', 'takeover', 'F D K', 'B',
    { appliesTo: 'CAD', note: CONFLICT_20002,
      article: 'Forces the logout request; for example, when Agent A attempts to login to Cisco Agent Desktop and Agent B is already logged in under that agent ID, Agent A is asked whether or not to force the login.If Agent A answers yes, Agent B is logged out and Agent A is logged in. Reports would then show that Agent B logged out at a certain time with a reason code of 20002 (Agent B was forcibly logged out).Note: Cisco Unified Mobile Agent is the only exception, where CAD will not allow you to log out a login name/ID that is already in use.' }],
  // prettier-ignore
  [20003, 'Not Ready for logout', 'The logout request: Not Ready first, then logout', 'END_OF_SHIFT', 'agent', 'D F K', 'B',
    { appliesTo: 'CAD', article: 'Not Ready for logout.' }],
  // prettier-ignore
  [50001, 'CTI client disconnected', 'The CTI client (CTI OS, Finesse) disconnected', 'SYSTEM.CONNECTION_LOST', 'system', 'R U F', 'A',
    { note: 'converted to 50002, so normally not seen in logout records' }],
  // prettier-ignore
  [50002, 'CTI component failure', 'A CTI component failed: desktop closed, heartbeat time-out, CTI Server or CTI client failure', 'SYSTEM.CONNECTION_LOST', 'system', 'R D U F O K', 'A',
    { article: 'A CTI OS component failed, causing the agent to be logged out. This could be due to closing the agent desktop application,heartbeat time out, a CTI OS Server failure, or a CTI OS failure.' }],
  // prettier-ignore
  [50003, 'Device out of service', 'The device is out of service according to Unified CM or the ACD', 'SYSTEM.DEVICE_LOST', 'device', 'R D U F O K', 'A',
    { article: "The agent was logged out because the ACD reported the agent's device as out of service." }],
  // prettier-ignore
  [50004, 'Inactivity', 'Inactivity time-out of the agent desk settings', 'SYSTEM.INACTIVITY', 'inactivity', 'R D U F O K', 'A',
    { article: 'The agent was logged out due to agent inactivity as configured in agent desk settings.' }],
  // prettier-ignore
  [50020, 'Skill group changed', "The agent's skill-group assignment changed dynamically on the administration server", 'SYSTEM.CONFIGURATION', 'system', 'R U F K', 'A',
    { article: 'The agent was logged out when his/her skill group assignment dynamically changed.' }],
  // prettier-ignore
  [50030, 'Device target conflict', 'Logged in to a dynamic device target that uses the same DN as a PG static device target', 'SYSTEM.DEVICE_CONFLICT', 'device', 'D U F K', 'A',
    { article: 'The agent was logged out when his or her skill group assignment dynamically changed on the administration & DataServer.',
      note: 'Reporting Concepts and the article repeat the text of 50020 here; the device-target meaning is the one of the other documents' }],
  // prettier-ignore
  [50040, 'Mobile agent call failed', 'The mobile agent was logged out because the call failed', 'SYSTEM.DEVICE_LOST', 'device', 'R D U F O K', 'A',
    { article: 'The mobile agent was logged out because the call failed.' }],
  // prettier-ignore
  [50042, 'Mobile agent line dropped', 'The phone line of the mobile agent dropped in nailed-up mode', 'SYSTEM.DEVICE_LOST', 'device', 'R D U F O K', 'A',
    { article: 'The mobile agent was logged out because the phone line disconnected when using nailed connection mode.' }],
]

/** Predefined not-ready codes of Unified CCE (vendors/cisco.md section 2.2, one row each). */
const CCE_NOT_READY: readonly Row[] = [
  [-1, 'System reinitialized', 'The agent was reinitialised because the peripheral restarted', 'SYSTEM.RESTART', 'system', 'R U F', 'A'],
  [-2, 'System reset', 'The PG reset the agent, usually after a PG failure', 'SYSTEM.FAILOVER', 'system', 'R U F', 'A'],
  [-3, 'Extension modified', "An administrator changed the agent's extension", 'SYSTEM.CONFIGURATION', 'system', 'R U F', 'A'],
  [999, 'Supervisor Not Ready', 'A supervisor changed the state', 'SUPERVISOR.FORCED_NOT_READY', 'supervisor', 'R D F', 'A'],
  // prettier-ignore
  [20001, 'Forced logout: Not Ready', 'Not Ready as the first step of a forced logout', 'SUPERVISOR.FORCED_NOT_READY', 'system', 'D F K', 'B', { appliesTo: 'CAD' }],
  // prettier-ignore
  [20002, 'Logout from Not Ready', 'Normal logout condition from Not Ready', 'END_OF_SHIFT', 'agent', 'D', 'B', { appliesTo: 'CAD', note: CONFLICT_20002 }],
  // prettier-ignore
  [20003, 'Not Ready for logout', 'Agent logout request: go Not Ready first, then log out', 'END_OF_SHIFT', 'agent', 'D F K', 'B', { appliesTo: 'CAD' }],
  // prettier-ignore
  [32762, 'Off-hook (before 12.5)', 'Off-hook; replaced by 50006 from 12.5 on', 'SYSTEM.OFF_HOOK', 'device', 'F', 'B'],
  [
    32767,
    'Call not answered',
    'The call was not answered (RONA) and the agent was made Not Ready',
    'SYSTEM.NO_ANSWER',
    'system',
    'R D U F',
    'A',
  ],
  // prettier-ignore
  [50001, 'CTI client disconnected', 'The CTI client disconnected', 'SYSTEM.CONNECTION_LOST', 'system', 'R U', 'A', { note: 'becomes 50002' }],
  [50002, 'Connection failure', 'A CTI component failed', 'SYSTEM.CONNECTION_LOST', 'system', 'R D F', 'A'],
  [50003, 'Device out of service', 'The device is out of service', 'SYSTEM.DEVICE_LOST', 'device', 'R U', 'A'],
  [50004, 'Inactivity', 'Inactivity time-out', 'SYSTEM.INACTIVITY', 'inactivity', 'R U', 'A'],
  [50005, 'Busy on a non-ACD line', 'Busy on a non-ACD line (multi-line control)', 'SYSTEM.OFF_HOOK', 'device', 'R D U F', 'A'],
  [50006, 'Off-hook', 'An agent in available state places a call', 'SYSTEM.OFF_HOOK', 'agent', 'D F', 'A'],
  [
    50010,
    'Missed consecutive calls',
    'Missed consecutive calls or call overlap; default threshold 2',
    'SYSTEM.NO_ANSWER',
    'system',
    'R D U F',
    'A',
  ],
  [50020, 'Skill group changed', 'The skill-group assignment changed dynamically', 'SYSTEM.CONFIGURATION', 'system', 'R U', 'A'],
  [50030, 'Device target conflict', 'The DN of a static device target is used', 'SYSTEM.DEVICE_CONFLICT', 'device', 'R U', 'A'],
  [50040, 'Mobile agent call failed', 'The call of the mobile agent failed', 'SYSTEM.DEVICE_LOST', 'device', 'R U', 'A'],
  [50041, 'Mobile agent busy', "The mobile agent's phone rang busy, the call failed", 'SYSTEM.DEVICE_LOST', 'device', 'R D U F', 'A'],
  [50042, 'Mobile agent line dropped', 'The phone line dropped in nailed-up mode', 'SYSTEM.DEVICE_LOST', 'device', 'R U', 'A'],
  // prettier-ignore
  [50045, 'Desktop reconnected', 'The desktop reconnected', 'SYSTEM.OTHER', 'system', 'F', 'B', { appliesTo: 'Finesse', note: 'informational to CCE, never in state events' }],
  // prettier-ignore
  [51004, 'Extension has a call', 'Logged on to an extension that already has a call, or on a call while the PG restarts', 'SYSTEM.OTHER', 'device', 'D', 'B'],
]

/** Unified CCX numbers differ: 32767 is a relogin there and an unanswered call on CCE (vendors/cisco.md section 2.3). */
const CCX: Readonly<Partial<Record<CiscoReasonState, readonly Row[]>>> = {
  LOGOUT: [
    [22, 'Supervisor logout', 'Supervisor-initiated', 'SUPERVISOR.FORCED_LOGOUT', 'supervisor', 'X', 'B'],
    [255, 'Desktop connection failure', 'Desktop connection failure', 'SYSTEM.CONNECTION_LOST', 'system', 'X', 'B'],
    [32740, 'System relogin', 'System-initiated relogin', 'SYSTEM.FORCED_LOGIN', 'system', 'X', 'B'],
    [32741, 'Extension conflict', 'Extension conflict', 'SYSTEM.DEVICE_CONFLICT', 'device', 'X', 'B'],
    [32748, 'Agent deleted', 'Agent deleted', 'SYSTEM.CONFIGURATION', 'system', 'X', 'B'],
    [32750, 'Extension changed', 'Extension changed', 'SYSTEM.CONFIGURATION', 'system', 'X', 'B'],
    [32765, 'Agent connection down', 'Desktop or IP-phone agent connection down', 'SYSTEM.CONNECTION_LOST', 'system', 'X', 'B'],
    [32766, 'Desktop closed', 'Desktop closed without logoff', 'SYSTEM.CONNECTION_LOST', 'agent', 'X', 'B'],
    [32767, 'Relogin from another device', 'Relogin from another device', 'SYSTEM.TAKEOVER', 'takeover', 'X', 'B'],
  ],
  NOT_READY: [
    [33, 'Supervisor Not Ready', 'Supervisor-initiated', 'SUPERVISOR.FORCED_NOT_READY', 'supervisor', 'X', 'B'],
    [32742, 'Non-ACD line off-hook', 'Non-ACD line off-hook', 'SYSTEM.OFF_HOOK', 'device', 'X', 'B'],
    [32749, 'Consult cancelled', 'Consult cancelled', 'SYSTEM.OTHER', 'system', 'X', 'B'],
    [32753, 'Line restricted', 'Line restricted', 'SYSTEM.DEVICE_LOST', 'device', 'X', 'B'],
    [32754, 'Device restricted', 'Device restricted', 'SYSTEM.DEVICE_LOST', 'device', 'X', 'B'],
    [32755, 'Call ended', 'Call ended', 'SYSTEM.CALL_ENDED', 'system', 'X', 'B'],
    [32756, 'Phone up', 'Phone up', 'SYSTEM.OTHER', 'device', 'X', 'B'],
    [32757, 'Unified CM fail-over', 'Unified CM fail-over', 'SYSTEM.FAILOVER', 'system', 'X', 'B'],
    [32758, 'Work timer expired', 'Work timer expired', 'WRAP_UP', 'system', 'X', 'B'],
    [32759, 'Phone down', 'Phone down', 'SYSTEM.DEVICE_LOST', 'device', 'X', 'B'],
    [32760, 'Agent logged on', 'Agent logged on', 'SYSTEM.LOGIN', 'agent', 'X', 'B'],
    [32761, 'Direct non-ACD call', 'Received a direct non-ACD call', 'SYSTEM.OFF_HOOK', 'device', 'X', 'B'],
    [32762, 'Off-hook', 'Off-hook', 'SYSTEM.OFF_HOOK', 'device', 'X', 'B'],
    [32763, 'Ring no answer', 'Ring no answer', 'SYSTEM.NO_ANSWER', 'system', 'X', 'B'],
  ],
  READY: [
    [32751, 'Skip preview call', 'Skip of a preview call', 'SYSTEM.OTHER', 'agent', 'X', 'B'],
    [32752, 'Cancel preview call', 'Cancel of a preview call', 'SYSTEM.OTHER', 'agent', 'X', 'B'],
  ],
  RESERVED: [
    [32746, 'Outbound preview', 'Reserved for an outbound preview call', 'SYSTEM.OTHER', 'system', 'X', 'B'],
    [32747, 'Outbound progressive', 'Reserved for an outbound progressive call', 'SYSTEM.OTHER', 'system', 'X', 'B'],
  ],
  ANY: [
    [32743, 'E-mail not accepted', 'E-mail contact not accepted', 'SYSTEM.NO_ANSWER', 'system', 'X', 'B'],
    [32764, 'CCX failure', 'Unified CCX failure', 'SYSTEM.FAILOVER', 'system', 'X', 'B'],
  ],
}

export const CCE_REASONS: readonly CiscoReason[] = [...rows('LOGOUT', CCE_LOGOUT), ...rows('NOT_READY', CCE_NOT_READY)]
export const CCX_REASONS: readonly CiscoReason[] = Object.entries(CCX).flatMap(([state, table]) => rows(state as CiscoReasonState, table))
