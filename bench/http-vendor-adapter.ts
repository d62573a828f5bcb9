import { z } from 'zod'
import type * as AdapterKit from '../src/adapter-kit.js'
import type { Adapter, AdapterDefinition, EventSink, Plan, Step } from '../src/core/adapter.js'
import type { ActionKind, ResolvedAction } from '../src/core/model/command.js'
import type { AgentState, AgentView } from '../src/core/model/agent-state.js'
import type { Manifest } from '../src/core/model/manifest.js'

/** What the product offers to adapters from outside: the built one, so that its HTTP client is what is measured. */
type Kit = typeof AdapterKit

const options = z.strictObject({
  url: z.string(),
  /** The vendor tells of `a0`, `a1` … when the link opens. */
  agents: z.number().int().min(0),
  /** A LOGIN is never answered. */
  loginHangs: z.boolean().default(false),
})

interface SetState {
  readonly agentId: string
  readonly state: AgentState
  readonly hangs: boolean
}

interface VendorAnswer {
  readonly agentId: string
  readonly state: AgentState
}

const manifest: Manifest = {
  kind: 'bench-http',
  vendor: 'none',
  title: 'Mock vendor over HTTP',
  actions: ['LOGIN', 'READY', 'NOT_READY', 'LOGOUT'],
  confirms: 'event',
  events: 'push',
  reasons: { notReady: 'optional', logout: 'optional', source: 'config' },
  channels: true,
  login: 'on-behalf',
  forcedLogout: 'unsupported',
  logoutWhileBusy: 'continue',
  link: 'none',
  refusals: false,
  maxInFlight: 100_000,
  testedVersions: ['1'],
  loginCreatesAgent: true,
}

export interface HttpVendor {
  readonly definition: AdapterDefinition<never>
  /** Calls that hang at the vendor now. */
  hanging(): number
  /** The vendor says that an agent has another state: the `n`th of such events, of one agent after the other. */
  tell(n: number): void
}

/**
 * An adapter whose exchange is one HTTP call and whose answer carries the agent's new state. That answer is the vendor's
 * present word, so it is pushed as a view that was read, and the command is confirmed without a second call.
 */
export function createHttpVendor(kit: Kit): HttpVendor {
  let hanging = 0
  let told: (n: number) => void = () => undefined
  const hang = (signal: AbortSignal): Promise<never> => {
    hanging += 1
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        hanging -= 1
        reject(new kit.CtiError('VENDOR_TIMEOUT'))
      })
    })
  }
  const definition = kit.defineAdapter({
    kind: manifest.kind,
    options,
    create({ clock, options: { url, agents, loginHangs } }): Adapter {
      const http = kit.createVendorHttp({ system: 'mock', baseURL: url, maxSockets: 100 })
      const since = clock.now()
      let sink: EventSink | undefined
      const view = (agentId: string, state: AgentState, source: AgentView['source']): AgentView => {
        return {
          agentId,
          state,
          routable: state === 'READY',
          channels: [],
          vendorState: state,
          observedAt: clock.now(),
          source,
          stale: false,
        }
      }
      return {
        manifest,
        plan: (action, agentId) => planOf(action, agentId, loginHangs),
        describe(step) {
          const { agentId, state } = (step as Step<SetState>).request
          return { target: `POST ${url}/agents/${agentId}/state`, body: JSON.stringify({ state }) }
        },
        async send(step, { signal }) {
          const { agentId, state, hangs } = (step as Step<SetState>).request
          if (hangs) return hang(signal)
          const { data } = await http.request<VendorAnswer>({ method: 'POST', url: `/agents/${agentId}/state`, data: { state }, signal })
          sink?.agent({ agentId, view: view(agentId, data.state, 'read') })
          return {}
        },
        async read(agentId, { signal }) {
          const { data } = await http.request<VendorAnswer>({ method: 'GET', url: `/agents/${agentId}/state`, signal })
          return view(agentId, data.state, 'read')
        },
        start(given) {
          sink = given
          told = (n) => {
            const agentId = `a${n % agents}`
            given.agent({
              agentId,
              view: { ...view(agentId, n % (2 * agents) < agents ? 'READY' : 'NOT_READY', 'event'), since: clock.now() },
            })
          }
          given.link({ status: 'up' })
          for (let index = 0; index < agents; index += 1) {
            given.agent({ agentId: `a${index}`, view: view(`a${index}`, 'NOT_READY', 'event') })
          }
          return Promise.resolve()
        },
        stop() {
          http.close()
          return Promise.resolve()
        },
        health: () => ({ status: 'up', since }),
        reasons: () => Promise.resolve([]),
      }
    },
  })
  return { definition: definition as AdapterDefinition<never>, hanging: () => hanging, tell: (n) => told(n) }
}

/** One exchange for every command, also when the agent seems to be there: what is measured is the exchange. */
function planOf(action: ResolvedAction, agentId: string, loginHangs: boolean): Plan {
  const state = TARGET[action.kind]
  const request: SetState = { agentId, state, hangs: loginHangs && action.kind === 'LOGIN' }
  return { steps: [{ name: `set-${state.toLowerCase()}`, request, expect: { states: [state], withinMs: 5000 }, resend: 'safe' }] }
}

/** A copy: the model is imported for its types only, because the product is loaded from its build. */
const TARGET: Readonly<Record<ActionKind, AgentState>> = {
  LOGIN: 'NOT_READY',
  READY: 'READY',
  NOT_READY: 'NOT_READY',
  LOGOUT: 'LOGGED_OUT',
}
