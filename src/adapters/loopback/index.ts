import { z } from 'zod'
import { defineAdapter, type Adapter, type EventSink, type Step } from '../../core/adapter.js'
import type { Manifest } from '../../core/model/manifest.js'
import { REASONS, viewOf } from './mapping.js'
import { plan, type SetState } from './plan.js'
import { previewOf } from './preview.js'
import { createLoopbackVendor, type LoopbackVendor } from './vendor.js'

const options = z.strictObject({
  agents: z.number().int().min(1).max(200_000).default(20).describe('How many agents the vendor has: agent1, agent2 …'),
  latencyMs: z.number().int().min(0).max(60_000).default(0).describe('How long each exchange takes, ms'),
})

const manifest: Manifest = {
  kind: 'loopback',
  vendor: 'none',
  title: 'Loopback (in memory)',
  actions: ['LOGIN', 'READY', 'NOT_READY', 'LOGOUT'],
  confirms: 'event',
  events: 'push',
  reasons: { notReady: 'optional', logout: 'optional', source: 'vendor' },
  channels: false,
  login: 'on-behalf',
  forcedLogout: 'native',
  logoutWhileBusy: 'defer',
  link: 'none',
  refusals: false,
  maxInFlight: 1000,
  testedVersions: ['1'],
  loginCreatesAgent: false,
}

/** The adapter over a given vendor. Tests hand in one with faults; the product makes its own. */
export function loopbackOver(vendor: LoopbackVendor, now: () => number): Adapter {
  let sink: EventSink | undefined
  const since = now()
  vendor.onChange((agent) => sink?.agent({ agentId: agent.id, view: viewOf(agent, 'event', now()), occurredAt: agent.since }))
  return {
    manifest,
    plan,
    describe(step) {
      const { asked, reasonId } = (step as Step<SetState>).request
      return { target: `set ${asked}`, body: JSON.stringify({ state: asked, reason: reasonId ?? null }) }
    },
    async send(step, { agentId, signal }) {
      const { asked, reasonId } = (step as Step<SetState>).request
      await vendor.set(agentId, asked, reasonId, signal)
      return {}
    },
    read: async (agentId, { signal }) => viewOf(await vendor.get(agentId, signal), 'read', now()),
    start(given) {
      sink = given
      given.link({ status: 'up' })
      return Promise.resolve()
    },
    stop() {
      sink = undefined
      return Promise.resolve()
    },
    health: () => ({ status: vendor.reachable() ? 'up' : 'down', since }),
    list: () => Promise.resolve(vendor.all().map((agent) => viewOf(agent, 'read', now()))),
    reasons: () => Promise.resolve(REASONS),
    preview: (_agentId, view) => Promise.resolve(previewOf(view)),
  }
}

/** The reference adapter: the smallest complete one, and the baseline of the conformance kit. */
export const loopback = defineAdapter({
  kind: 'loopback',
  options,
  create: ({ clock, options: { agents, latencyMs } }) =>
    loopbackOver(createLoopbackVendor({ agents, latencyMs }, clock), () => clock.now()),
})
