import { loopbackOver } from '../../src/adapters/loopback/index.js'
import { createLoopbackVendor } from '../../src/adapters/loopback/vendor.js'
import { systemClock } from '../../src/core/clock.js'
import { ciscoCtiPlatform, ciscoFinessePlatform, cxonePlatform, expertflowId, expertflowPlatform } from '../../src/sandbox/platforms.js'
import { ciscoCtiSimulator } from '../../src/simulators/cisco-cti/index.js'
import { ciscoFinesseSimulator } from '../../src/simulators/cisco-finesse/index.js'
import { cxoneSimulator } from '../../src/simulators/cxone/index.js'
import { expertflowSimulator } from '../../src/simulators/expertflow/index.js'
import { runSimulator, type RunningSimulator } from '../../src/simulators/kit/run.js'
import type { SimulatorDefinition } from '../../src/simulators/kit/simulator.js'
import { z } from 'zod'
import type { Config } from '../../src/config.js'
import { SECRETS, startApi, testConfig, type Api } from './api.js'
import { platformApi } from './platform-api.js'
import { createPega, type PegaAdapter, type PegaOptions } from './pega.js'

/** One platform with a gateway before it, and what a Pega site would configure for it. */
export interface PegaWorld {
  readonly platform: string
  readonly api: Api
  readonly agent: { readonly AgentID: string; readonly AgentPassword?: string; readonly Extension?: string }
  readonly notReadyReason: string
  readonly logoutReason: string
  /** Requests for a change of the agent's state that reached the vendor, by its own journal, with what each did. */
  asked(): string[]
  adapter(more?: Partial<Pick<PegaOptions, 'query' | 'headers'>>): PegaAdapter
  /** The agent is on a contact from here on; `end` ends it. */
  contact(): { end(): void }
  /** The request that the vendor can be made to refuse. */
  readonly refuses: 'login' | 'ready'
  /** The next such request is refused. Answers what Pega must be told. */
  refuse(): Refusal
  /** The vendor is gone: its ports are closed. */
  down(): Promise<void>
  stop(): Promise<void>
}

interface Refusal {
  readonly http: number
  readonly errCode: string
}

interface Recipe {
  readonly simulator: SimulatorDefinition
  readonly simulated: Readonly<Record<string, string>>
  platform(endpoints: Readonly<Record<string, string>>): Config['platforms'][number]
  readonly agent: PegaWorld['agent']
  readonly notReadyReason: string
  readonly logoutReason: string
  /** The administrator of the site adds a NOT_READY reason. */
  addReason?(endpoints: Readonly<Record<string, string>>, name: string): Promise<void>
  readonly contact: readonly [begin: string, end: string]
  readonly refusal: Refusal & { readonly of: PegaWorld['refuses']; readonly fault: Parameters<RunningSimulator['faults']['add']>[0] }
}

const INVALID_STATE = { of: 'ready', http: 409, errCode: 'OPENCTI_CF_INVALID_OBJECT_STATE' } as const

const RECIPES: Readonly<Record<string, Recipe>> = {
  expertflow: {
    simulator: expertflowSimulator,
    simulated: { agents: '4' },
    platform: (endpoints) => expertflowPlatform(endpoints, 4, { soleDesk: true, commandMs: 2_000, reconnect: { baseMs: 20, capMs: 200 } }),
    agent: { AgentID: expertflowId(1), AgentPassword: 'secret-agent1' },
    notReadyReason: 'Short Break',
    logoutReason: 'Out Of Office',
    async addReason(endpoints, name) {
      const body = JSON.stringify({ name, description: name, type: 'NOT_READY' })
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(`${String(endpoints['unified-admin'])}/reasons`, { method: 'POST', headers, body })
      if (!answer.ok) throw new Error(`the reason was not added: ${answer.status}`)
    },
    contact: ['', ''],
    // Over the socket a refusal cannot be told from a failure, so the gateway tries again (faults.ts); a login is refused for good.
    refusal: { of: 'login', fault: { kind: 'login-error', status: 403, times: 1 }, http: 502, errCode: 'OPENCTI_HTTP_ERROR_502' },
  },
  cxone: {
    simulator: cxoneSimulator,
    simulated: { agents: '6' },
    platform: (endpoints) => cxonePlatform(endpoints, { confirmWithinMs: 3_000, feed: { intervalMs: 200 } }),
    agent: { AgentID: '1001', Extension: '7001' },
    notReadyReason: 'Lunch',
    logoutReason: 'End of Shift',
    contact: ['contact-accepted', 'contact-ended'],
    refusal: { fault: { kind: 'error', operation: 'POST /agents/{agentId}/state', status: 409, times: 1 }, ...INVALID_STATE },
  },
  'cisco-cti': {
    simulator: ciscoCtiSimulator,
    simulated: { agents: '4' },
    platform: (endpoints) =>
      ciscoCtiPlatform(endpoints, {
        reasons: [
          { code: 7, name: 'Lunch', type: 'NOT_READY' },
          { code: 9, name: 'After-call work', type: 'NOT_READY', key: 'WRAP_UP' },
          { code: 101, name: 'End of shift', type: 'LOGOUT' },
        ],
        heartbeatMs: 300,
        connectTimeoutMs: 500,
        answerTimeoutMs: 1_500,
        confirmWithinMs: 3_000,
        eventGraceMs: 200,
        ladderMs: [50, 100],
        firstPauseMs: 20,
      }),
    agent: { AgentID: '1001', AgentPassword: 'secret-1001', Extension: '2001' },
    notReadyReason: '7',
    logoutReason: 'LOGOUT:101',
    contact: ['call-start', 'call-end'],
    refusal: { fault: { kind: 'control-failure', operation: 'SET_AGENT_STATE_REQ', times: 1 }, ...INVALID_STATE },
  },
  'cisco-finesse': {
    simulator: ciscoFinesseSimulator,
    simulated: { agents: '4' },
    platform: (endpoints) =>
      ciscoFinessePlatform(endpoints, 4, {
        // A label of the site that stands for after-call work: Finesse itself lets no agent choose that.
        reasonKeys: { Meeting: 'WRAP_UP' },
        confirmWithinMs: 3_000,
        systemInfoMs: 300,
        pollMs: 200,
        reconnectMinMs: 50,
        reconnectMaxMs: 300,
        xmpp: { allowPlaintext: true, keepAliveMs: 200 },
      }),
    agent: { AgentID: '1001', AgentPassword: 'secret-1001', Extension: '2001' },
    notReadyReason: 'Lunch',
    logoutReason: 'End of Shift',
    contact: ['call-start', 'call-end'],
    refusal: { fault: { kind: 'async-error', operation: 'PUT /User/{id}', times: 1 }, ...INVALID_STATE },
  },
}

export const PEGA_PLATFORMS = [...Object.keys(RECIPES), 'loopback']

export async function startPegaWorld(platform: string, more: { readonly reason?: string } = {}): Promise<PegaWorld> {
  const recipe = RECIPES[platform]
  return recipe === undefined ? loopbackWorld() : simulatedWorld(platform, recipe, more.reason)
}

function pegaAt(api: Api, platform: string): PegaWorld['adapter'] {
  return (more = {}) => createPega({ url: api.url, key: SECRETS.crm, platform, ...more })
}

async function simulatedWorld(platform: string, recipe: Recipe, reason: string | undefined): Promise<PegaWorld> {
  const sim = await runSimulator(recipe.simulator, { options: recipe.simulated })
  if (reason !== undefined) await recipe.addReason?.(sim.simulator.endpoints, reason)
  const api = await startApi({ config: testConfig({ platforms: [recipe.platform(sim.simulator.endpoints)] }) })
  await platformApi(api, platform).up()
  const { AgentID: agentId } = recipe.agent
  let gone: Promise<void> | undefined
  const down = (): Promise<void> => (gone ??= sim.stop())
  const happen = (type: string): void => void sim.simulator.event(type, { agentId })
  return {
    platform,
    api,
    agent: recipe.agent,
    notReadyReason: recipe.notReadyReason,
    logoutReason: recipe.logoutReason,
    refuses: recipe.refusal.of,
    asked: () => sim.journal.list({ agentId }).flatMap(({ asked, effect }) => (asked === undefined ? [] : [`${asked} ${effect}`])),
    adapter: pegaAt(api, platform),
    contact() {
      happen(recipe.contact[0])
      return { end: () => happen(recipe.contact[1]) }
    },
    refuse() {
      sim.faults.add(recipe.refusal.fault)
      return recipe.refusal
    },
    down,
    async stop() {
      await api.stop()
      await down()
    },
  }
}

async function loopbackWorld(): Promise<PegaWorld> {
  let isDown = false
  const vendor = createLoopbackVendor(
    { agents: 4, latencyMs: 0, fault: () => (isDown ? 'down' : 'none'), unreachable: () => isDown },
    systemClock,
  )
  const adapter = { kind: 'loopback', options: z.looseObject({}), create: () => loopbackOver(vendor, () => systemClock.now()) }
  const api = await startApi({ config: testConfig(), adapters: { loopback: () => Promise.resolve(adapter as never) } })
  return {
    platform: 'loopback',
    api,
    agent: { AgentID: 'agent1' },
    notReadyReason: 'lunch',
    logoutReason: 'End of shift',
    asked: () => vendor.journal.filter(({ agentId }) => agentId === 'agent1').map(({ asked, effect }) => `${asked} ${effect}`),
    adapter: pegaAt(api, 'loopback'),
    contact() {
      vendor.talk('agent1')
      return { end: () => vendor.hangUp('agent1') }
    },
    // The in-memory vendor refuses nobody whom it knows.
    refuses: 'login',
    refuse: () => ({ http: 404, errCode: 'OPENCTI_HTTP_ERROR_404' }),
    down() {
      isDown = true
      return Promise.resolve()
    },
    stop: () => api.stop(),
  }
}
