import type { Config } from '../../src/config.js'
import { ciscoCtiPlatform, ciscoFinessePlatform, cxonePlatform, expertflowId, expertflowPlatform } from '../../src/sandbox/platforms.js'
import type { JournalEntry } from '../../src/simulators/kit/journal.js'
import type { Action, PlatformRules, State } from './model.js'

/** A fault of a simulator's control API. */
export interface Fault {
  readonly kind: string
  readonly operation?: string
  readonly agentId?: string
  readonly probability?: number
  readonly delayMs?: number
  readonly status?: number
  readonly retryAfter?: string
}

/** One platform of the storm: its simulator, its configuration, its faults, and how to read its journal. */
export interface ChaosPlatform extends PlatformRules {
  readonly id: string
  readonly simulator: (agents: number) => Readonly<Record<string, string>>
  readonly configure: (endpoints: Readonly<Record<string, string>>, agents: number) => Config['platforms'][number]
  readonly agentIds: (agents: number) => readonly string[]
  /** Body members that an action of this agent needs, besides the reason. */
  readonly body: (action: Action, at: number) => Readonly<Record<string, unknown>>
  /** Whether a reason must, may or cannot be given with these actions. */
  readonly reasons: { readonly NOT_READY: 'always' | 'sometimes' | 'never'; readonly LOGOUT: 'always' | 'sometimes' | 'never' }
  /** Each with the probability `p`: busy, slow, lost and lying answers, doubled and reordered events. */
  readonly faults: (p: number) => readonly Fault[]
  /** The state of one row of the control API's /agents. */
  readonly stateOf: (row: Readonly<Record<string, unknown>>) => { readonly agentId: string; readonly state: State }
}

const WORDS: Readonly<Record<string, State>> = {
  LOGOUT: 'LOGGED_OUT',
  LoggedOut: 'LOGGED_OUT',
  NOT_READY: 'NOT_READY',
  Unavailable: 'NOT_READY',
  READY: 'READY',
  AVAILABLE: 'READY',
  Available: 'READY',
}

function row(id: string, state: unknown): { agentId: string; state: State } {
  const word = typeof state === 'object' && state !== null ? (state as { name: unknown }).name : state
  return { agentId: id, state: WORDS[String(word)] ?? 'OTHER' }
}

const numbered = (agents: number): readonly string[] => Array.from({ length: agents }, (_, at) => String(1001 + at))
const noUpkeep = (): boolean => false

const expertflow: ChaosPlatform = {
  id: 'expertflow',
  initial: 'LOGGED_OUT',
  implied: {},
  // A desk's socket that comes back signs its agent in again; that is the link's, as long as it changes nothing.
  upkeep: (entry: JournalEntry) => entry.operation === 'socket connect' && entry.effect !== 'applied',
  effectDelayMs: 0,
  // An agent whose desk is lost must not be logged out by the vendor meanwhile: that would be a change that nobody asked for.
  simulator: (agents) => ({ agents: String(agents), disconnectMs: '36000000', supervisorStates: 'READY,LOGOUT,NOT_READY,MRD' }),
  configure: (endpoints, agents) => expertflowPlatform(endpoints, agents, { supervisorNotReady: true }),
  agentIds: (agents) => Array.from({ length: agents }, (_, at) => expertflowId(at + 1)),
  body: () => ({}),
  reasons: { NOT_READY: 'sometimes', LOGOUT: 'sometimes' },
  faults: (p) => [
    { kind: 'errors-event', operation: 'changeAgentState', probability: p / 2 },
    { kind: 'errors-after-effect', operation: 'changeAgentState', probability: p / 2 },
    { kind: 'duplicate-event', operation: 'changeAgentState', probability: p },
    { kind: 'late-old-event', operation: 'changeAgentState', probability: p / 2, delayMs: 200 },
    { kind: 'no-event', operation: 'changeAgentState', probability: p / 2 },
    { kind: 'http-status', operation: 'GET /routing-engine/agents/{id}/states', status: 503, probability: p },
    { kind: 'http-status', operation: 'GET /routing-engine/agents/{id}/states', status: 429, retryAfter: '1', probability: p / 4 },
  ],
  stateOf: (agent) => row(String(agent['id']), agent['state']),
}

const cxone: ChaosPlatform = {
  id: 'cxone',
  initial: 'LOGGED_OUT',
  implied: {},
  upkeep: noUpkeep,
  // `effectMaxMs` of the simulator.
  effectDelayMs: 400,
  // The platform ends idle sessions by itself; not in these scripts, for nobody asked for it.
  simulator: (agents) => ({ agents: String(agents), secondMs: '1000000' }),
  configure: (endpoints) => cxonePlatform(endpoints, { throttle: { perSecond: 500, burst: 500 }, confirmWithinMs: 8000 }),
  agentIds: numbered,
  body: (action, at) => (action === 'LOGIN' ? { station: String(7001 + at) } : {}),
  reasons: { NOT_READY: 'sometimes', LOGOUT: 'never' },
  faults: (p) => [
    { kind: 'unavailable', operation: 'POST /agents/*', probability: p / 2 },
    { kind: 'rate-limit', operation: 'POST /agents/*', retryAfter: '1', probability: p / 4 },
    { kind: 'drop-after', operation: 'POST /agents/*', probability: p / 2 },
    { kind: 'error-after', operation: 'POST /agents/*', probability: p / 2 },
    { kind: 'drop-before', operation: 'POST /agent-sessions', probability: p / 2 },
    { kind: 'slow', operation: 'POST /agents/*', delayMs: 400, probability: p / 2 },
    { kind: 'unavailable', operation: 'GET /agents/{agentId}/states', probability: p },
  ],
  stateOf: (agent) => row(String(agent['agentId']), agent['state']),
}

const ciscoCti: ChaosPlatform = {
  id: 'cisco-cti',
  initial: 'LOGGED_OUT',
  // Unified CCE takes a logout from NOT_READY only.
  implied: { LOGOUT: ['NOT_READY'] },
  upkeep: noUpkeep,
  effectDelayMs: 0,
  simulator: (agents) => ({ agents: String(agents) }),
  configure: (endpoints) =>
    ciscoCtiPlatform(endpoints, {
      // No password is needed, so a LOGIN survives the process that took it.
      sso: true,
      answerTimeoutMs: 3000,
      confirmWithinMs: 6000,
      ladderMs: [300, 600, 1200],
      firstPauseMs: 200,
      reasons: [
        { code: 7001, name: 'Lunch', type: 'NOT_READY' },
        { code: 7002, name: 'Training', type: 'NOT_READY' },
        { code: 8001, name: 'End of shift', type: 'LOGOUT' },
      ],
    }),
  agentIds: numbered,
  body: (action, at) => (action === 'LOGIN' ? { station: String(2001 + at) } : {}),
  reasons: { NOT_READY: 'sometimes', LOGOUT: 'sometimes' },
  faults: (p) => [
    { kind: 'no-conf', operation: 'SET_AGENT_STATE_REQ', probability: p / 4 },
    { kind: 'no-event', operation: 'SET_AGENT_STATE_REQ', probability: p / 2 },
    { kind: 'event-before-conf', operation: 'SET_AGENT_STATE_REQ', probability: p },
    { kind: 'duplicate-event', operation: 'SET_AGENT_STATE_REQ', probability: p },
    { kind: 'reorder-events', operation: 'SET_AGENT_STATE_REQ', probability: p },
    { kind: 'duplicate-conf', operation: 'SET_AGENT_STATE_REQ', probability: p / 2 },
    { kind: 'drop-after', operation: 'SET_AGENT_STATE_REQ', probability: p / 20 },
    { kind: 'split', operation: 'SET_AGENT_STATE_REQ', probability: p / 2 },
    { kind: 'hang', operation: 'QUERY_AGENT_STATE_REQ', probability: p / 10 },
  ],
  stateOf: (agent) => row(String(agent['agentId']), agent['state']),
}

const ciscoFinesse: ChaosPlatform = {
  id: 'cisco-finesse',
  initial: 'LOGGED_OUT',
  implied: { LOGOUT: ['NOT_READY'] },
  upkeep: noUpkeep,
  effectDelayMs: 50,
  simulator: (agents) => ({ agents: String(agents), presenceLossMs: '0' }),
  configure: (endpoints, agents) =>
    ciscoFinessePlatform(endpoints, agents, {
      reasonRequired: { notReady: true, logout: true },
      confirmWithinMs: 6000,
      pollMs: 1000,
      reconnectMinMs: 200,
      reconnectMaxMs: 2000,
    }),
  agentIds: numbered,
  body: () => ({}),
  reasons: { NOT_READY: 'always', LOGOUT: 'always' },
  faults: (p) => [
    { kind: 'unavailable', operation: 'PUT /User/{id}', probability: p / 2 },
    { kind: 'too-many', operation: 'PUT /User/{id}', retryAfter: '1', probability: p / 4 },
    { kind: 'drop-before', operation: 'PUT /User/{id}', probability: p / 4 },
    { kind: 'drop-after', operation: 'PUT /User/{id}', probability: p / 4 },
    { kind: 'http-status-after', operation: 'PUT /User/{id}', status: 500, probability: p / 4 },
    { kind: 'no-event', operation: 'PUT /User/{id}', probability: p / 4 },
    { kind: 'duplicate-event', operation: 'PUT /User/{id}', probability: p },
    { kind: 'event-before-answer', operation: 'PUT /User/{id}', probability: p },
    { kind: 'slow', operation: 'PUT /User/{id}', delayMs: 400, probability: p / 2 },
    { kind: 'unavailable', operation: 'GET /User/{id}', probability: p / 2 },
  ],
  stateOf: (agent) => row(String(agent['agentId']), agent['state']),
}

export const PLATFORMS: readonly ChaosPlatform[] = [expertflow, cxone, ciscoCti, ciscoFinesse]

/** The same platform at a site that has configured no reasons, so that nobody has to ask for the lists. */
export function withoutReasons(platform: ChaosPlatform): ChaosPlatform {
  if (platform.id !== 'cisco-finesse') return platform
  return {
    ...platform,
    reasons: { NOT_READY: 'never', LOGOUT: 'never' },
    simulator: (agents) => ({ ...platform.simulator(agents), reasonLists: 'none' }),
    configure: (endpoints, agents) => {
      const { options, ...rest } = platform.configure(endpoints, agents)
      const { reasonRequired: _reasonRequired, ...without } = options
      return { ...rest, options: without }
    },
  }
}

/** Fails with a text that lists what there is. */
export function platformNamed(id: string): ChaosPlatform {
  const found = PLATFORMS.find((platform) => platform.id === id)
  if (found === undefined) throw new Error(`there is no platform "${id}"; there are ${PLATFORMS.map((platform) => platform.id).join(', ')}`)
  return found
}
