import { hasMrdHandler, mrdStateAfterRequest, type MrdSituation } from './mrd-rules.js'
import { mrdStateAfterSystem } from './system-rules.js'
import type { GlobalState, MrdState, PresenceAction } from './vocabulary.js'

export interface MrdInAgent extends MrdSituation {
  readonly id: string
  /** The "autosync with parent" toggle (expertflow.md §12.1); counts only where the feature is on. */
  readonly autoSync?: boolean
}

/** What the global rules look at: the agent and all its MRDs. */
export interface AgentSituation {
  readonly state: GlobalState
  readonly mrds: readonly MrdInAgent[]
}

/** `keep`: MRDs untouched; `wind-down`: by {@link WIND_DOWN}; the others give all MRDs the agent's own new state. */
type MrdEffect = 'keep' | 'wind-down' | 'through-login' | 'all-logout'

interface GlobalRule {
  readonly request: GlobalState
  readonly from: readonly GlobalState[]
  readonly mrds: MrdEffect
  /** States that are published one after the other. */
  readonly to: readonly GlobalState[]
  readonly source: string
}

/** expertflow.md §8.4. A request without a matching row changes nothing and is answered with AGENT_STATE_UNCHANGED. */
export const GLOBAL_RULES: readonly GlobalRule[] = [
  { request: 'LOGIN', from: ['LOGOUT'], to: ['LOGIN', 'NOT_READY'], mrds: 'through-login', source: '§8.4 row 1' },
  { request: 'READY', from: ['NOT_READY'], to: ['READY'], mrds: 'keep', source: '§8.4 row 3' },
  { request: 'NOT_READY', from: ['NOT_READY'], to: ['NOT_READY'], mrds: 'keep', source: '§8.4 row 5: new reason' },
  { request: 'NOT_READY', from: ['READY'], to: ['NOT_READY'], mrds: 'wind-down', source: '§8.4 rows 7 to 9' },
  { request: 'LOGOUT', from: ['LOGIN', 'NOT_READY', 'READY', 'LOGOUT'], to: ['LOGOUT'], mrds: 'all-logout', source: '§8.4 row 10' },
]

interface WindDownRule {
  readonly internal?: true
  readonly managed?: false
  readonly reserved?: true
  readonly from?: readonly MrdState[]
  readonly load?: 'none' | 'some'
  readonly to: MrdState | 'same'
  readonly source: string
}

/** What global NOT_READY from READY does to each MRD (expertflow.md §8.4 rows 7 to 9); first matching row. */
export const WIND_DOWN: readonly WindDownRule[] = [
  { reserved: true, to: 'same', source: '§8.4 row 8' },
  { internal: true, managed: false, to: 'same', source: '§8.4 row 9' },
  { from: ['PENDING_NOT_READY'], to: 'PENDING_NOT_READY', source: '§8.4 row 7' },
  { load: 'some', to: 'PENDING_NOT_READY', source: '§8.4 row 7' },
  { load: 'none', to: 'NOT_READY', source: '§8.4 row 7' },
]

/** One published change. `mrds` has every MRD's state after it. */
export interface StateStep {
  readonly state: GlobalState
  readonly mrds: readonly MrdState[]
  readonly action: PresenceAction
  readonly agentStateChanged: boolean
  readonly mrdStateChanges: readonly string[]
}

/**
 * Global state request (expertflow.md §8.4), for any number of MRDs. `internal` is the engine's own NOT_READY after an
 * offer that nobody answered. Guarantees at least one step; only LOGIN gives two.
 */
export function globalSteps(
  request: GlobalState,
  agent: AgentSituation,
  mode: { internal?: boolean; autoSync?: boolean } = {},
): StateStep[] {
  const before = agent.mrds.map((mrd) => mrd.state)
  const rule = GLOBAL_RULES.find((row) => row.request === request && row.from.includes(agent.state))
  if (rule === undefined) return [step(agent, agent.state, before, before, false)]
  if (rule.mrds === 'through-login') {
    const login = before.map((): MrdState => 'LOGIN')
    const ready = login.map((state) => mrdStateAfterSystem('login', { state, tasks: 0, max: 1 }))
    return [step(agent, 'LOGIN', before, login, true), step(agent, 'NOT_READY', login, ready, true)]
  }
  if (rule.mrds === 'wind-down') return [windDown(agent, before, mode.internal === true)]
  if (rule.mrds === 'all-logout')
    return [
      step(
        agent,
        'LOGOUT',
        before,
        before.map((): MrdState => 'LOGOUT'),
        true,
      ),
    ]
  const state = rule.to[0] ?? agent.state
  const synced = request === 'READY' && mode.autoSync === true ? autoSynced(agent) : before
  return [step(agent, state, before, synced, true)]
}

/** Auto-sync (expertflow.md §12.1): with the feature on, global READY also asks READY of every MRD whose toggle is on. */
function autoSynced(agent: AgentSituation): MrdState[] {
  return agent.mrds.map((mrd) => (mrd.autoSync === true ? mrdStateAfterRequest('READY', 'READY', mrd) : mrd.state))
}

function windDown(agent: AgentSituation, before: readonly MrdState[], internal: boolean): StateStep {
  const after = agent.mrds.map((mrd) => windDownMrd(mrd, internal))
  // The engine refuses while an offer is open, and when an MRD that it may not touch is still in a working state.
  const refused = agent.mrds.some((mrd) => mrd.reserved) || after.some((state) => state !== 'NOT_READY' && state !== 'PENDING_NOT_READY')
  return step(agent, refused ? agent.state : 'NOT_READY', before, after, !refused)
}

function windDownMrd(mrd: MrdInAgent, internal: boolean): MrdState {
  const rule = WIND_DOWN.find(
    (row) =>
      (row.internal === undefined || internal) &&
      (row.managed === undefined || !mrd.managed) &&
      (row.reserved === undefined || mrd.reserved) &&
      (row.from === undefined || row.from.includes(mrd.state)) &&
      (row.load === undefined || (row.load === 'some') === mrd.tasks > 0),
  )
  return rule === undefined || rule.to === 'same' ? mrd.state : rule.to
}

/**
 * MRD state request (expertflow.md §8.5): at most one step; none for a request without a handler, which gives no event at
 * all. With auto-sync, setting the last MRD NOT_READY by hand also makes the agent NOT_READY (§12.1).
 */
export function mrdSteps(request: MrdState, mrdId: string, agent: AgentSituation, mode: { autoSync?: boolean } = {}): StateStep[] {
  if (!hasMrdHandler(request)) return []
  const before = agent.mrds.map((mrd) => mrd.state)
  const after = agent.mrds.map((mrd) => (mrd.id === mrdId ? mrdStateAfterRequest(request, agent.state, mrd) : mrd.state))
  const allDown = after.every((state) => state === 'NOT_READY' || state === 'PENDING_NOT_READY')
  const changed = after.some((state, at) => state !== before[at])
  const follows = mode.autoSync === true && request === 'NOT_READY' && changed && allDown && agent.state === 'READY'
  return [
    step(agent, follows ? 'NOT_READY' : agent.state, before, after, follows, changed ? 'AGENT_STATE_CHANGED' : 'AGENT_STATE_UNCHANGED'),
  ]
}

function step(
  agent: AgentSituation,
  state: GlobalState,
  before: readonly MrdState[],
  after: readonly MrdState[],
  agentStateChanged: boolean,
  action: PresenceAction = agentStateChanged ? 'AGENT_STATE_CHANGED' : 'AGENT_STATE_UNCHANGED',
): StateStep {
  const mrdStateChanges = agent.mrds.filter((_mrd, at) => before[at] !== after[at]).map((mrd) => mrd.id)
  return { state, mrds: after, agentStateChanged, mrdStateChanges, action }
}
