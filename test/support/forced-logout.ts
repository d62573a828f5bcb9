import { expertflowId as agentId, expertflowPlatform } from '../../src/sandbox/platforms.js'
import { expertflowSimulator } from '../../src/simulators/expertflow/index.js'
import { runSimulator, type RunningSimulator } from '../../src/simulators/kit/run.js'
import { SECRETS, startApi, testConfig, type Answer, type Api } from './api.js'

/** One consequence as the API answers it; the answer has been checked against the API description. */
export interface Foretold {
  readonly conversationId?: string
  readonly situationCode: string
  readonly outcome: string
  readonly possibleOutcomes: readonly string[]
  readonly priority?: number
  readonly queue?: string
  readonly told: readonly string[]
  readonly removed: readonly string[]
  readonly inheritedBy: readonly string[]
  readonly before: readonly string[]
  readonly after: readonly string[]
  readonly reason?: string
  readonly certainty: string
  readonly source: string
}

/** What the simulator's journal says became of one conversation. */
export interface Happened {
  readonly conversationId: string
  readonly outcome: string
  readonly reason: string
  readonly queue: string
  readonly priority?: number
  readonly removed: readonly string[]
  readonly told: readonly string[]
  readonly inheritedBy: readonly string[]
  readonly before: readonly string[]
  readonly after: readonly string[]
}

export interface ForcedLogoutRig {
  readonly api: Api
  readonly sim: RunningSimulator
  cause(type: string, body: object): { readonly id: string }
  preview(agent: number): Promise<Answer>
  foretold(answer: Answer): readonly Foretold[]
  force(agent: number, etag?: string, more?: object): Promise<Answer>
  happened(agent: number): readonly Happened[]
  state(agent: number): Promise<Answer>
  stop(): Promise<void>
}

export const AGENTS = 8

/** A gateway before a simulated Expertflow whose agents and supervisors are at desks of their own. */
export async function forcedLogoutRig(more: object = { conversations: {} }, hot = true): Promise<ForcedLogoutRig> {
  const options = { agents: String(AGENTS), loggedIn: String(AGENTS), supervisors: '4', disconnectMs: '600000' }
  const sim = await runSimulator(expertflowSimulator, { options })
  const platform = expertflowPlatform(sim.simulator.endpoints, AGENTS, { commandMs: 1500, pollMs: 0, ...more })
  const api = await startApi({ config: testConfig({ platforms: [platform] }), hot })
  const path = (agent: number, rest: string): string => `/v1/platforms/expertflow/agents/${agentId(agent)}/${rest}`
  const key = SECRETS.supervisor
  return {
    api,
    sim,
    cause: (type, body) => sim.simulator.event(type, { ...body }) as { id: string },
    preview: (agent) => api.call('GET', path(agent, 'logout-preview'), { key }),
    foretold: (answer) => answer.body['consequences'] as unknown as readonly Foretold[],
    force: (agent, etag, body = {}) =>
      api.call('POST', path(agent, 'commands'), {
        key,
        body: { action: 'LOGOUT', force: true, ...body },
        headers: { prefer: 'wait=20', ...(etag !== undefined && { 'if-match': etag }) },
      }),
    happened: (agent) =>
      sim.journal.list({ agentId: agentId(agent), operation: 'conversation' }).map((entry) => entry.detail as unknown as Happened),
    state: (agent) => api.call('GET', path(agent, 'state?fresh=true'), { key }),
    async stop() {
      await api.stop()
      await sim.stop()
    },
  }
}

const WORD_OF_ROLE: Readonly<Record<string, string>> = {
  PRIMARY: 'primary',
  SECONDARY: 'secondary',
  SILENT_MONITOR: 'silent monitoring',
  WHISPER: 'whisper',
  BARGE_IN: 'barge-in',
}
const OUTCOME_OF_JOURNAL: Readonly<Record<string, string>> = {
  requeued: 'REQUEUED',
  continues: 'UNAFFECTED',
  'handed over': 'HANDED_OVER',
  ended: 'RELEASED',
}

/** `agent2` of the simulator's directory is called Agent 2. */
const nameOf = (username: string): string =>
  username.replace(
    /^(agent|supervisor)(\d+)$/,
    (_all, word: string, number: string) => `${word[0]?.toUpperCase()}${word.slice(1)} ${number}`,
  )
const bare = (label: string): string => label.replace(/ \(.*$/, '')
const listed = (entry: string): string => {
  const [username = '', role = ''] = entry.split(' ')
  return `${nameOf(username)} (${WORD_OF_ROLE[role]})`
}
const sorted = (list: readonly string[]): readonly string[] => [...list].sort()

/** The same facts from the preview … */
export function claimOf(one: Foretold): object {
  return {
    outcome: one.outcome,
    ...(one.priority !== undefined && { priority: one.priority }),
    queue: one.queue,
    told: sorted(one.told.map(bare)),
    removed: sorted(one.removed.map(bare)),
    inheritedBy: sorted(one.inheritedBy.map(bare)),
    before: sorted(one.before),
    after: sorted(one.after),
  }
}

/** … and from the simulator's journal. */
export function factOf(fact: Happened): object {
  const outcome = OUTCOME_OF_JOURNAL[fact.outcome] ?? fact.outcome
  const customer = outcome === 'REQUEUED' ? ['customer (waiting)'] : outcome === 'RELEASED' ? [] : ['customer']
  return {
    outcome,
    ...(fact.priority !== undefined && { priority: fact.priority }),
    queue: fact.queue,
    told: sorted(fact.told.map(nameOf)),
    removed: sorted(outcome === 'RELEASED' ? [] : fact.removed.map(nameOf)),
    inheritedBy: sorted(fact.inheritedBy.map(nameOf)),
    before: sorted(['customer', ...fact.before.map(listed)]),
    after: sorted([...customer, ...fact.after.map(listed)]),
  }
}

export const outcomeOfFact = (fact: Happened): string => OUTCOME_OF_JOURNAL[fact.outcome] ?? fact.outcome
