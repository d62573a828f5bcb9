import { defineAdapter, type Adapter, type AdapterContext, type Step } from '../../core/adapter.js'
import type { AgentView } from '../../core/model/agent-state.js'
import { CtiError } from '../../core/model/error.js'
import type { Manifest } from '../../core/model/manifest.js'
import { ciscoPreview, type CiscoForcedLogout } from '../_shared/cisco-preview.js'
import { commandOptions, options, type CiscoCtiOptions } from './options.js'
import { plan, type SetAgentState } from './plan.js'
import { createSite } from './site.js'

function manifestOf(settings: CiscoCtiOptions): Manifest {
  return {
    kind: 'cisco-cti',
    vendor: 'Cisco',
    title: settings.product === 'CCE' ? 'Cisco Unified CCE (CTI Server, GED-188)' : 'Cisco Unified CCX (CTI Server, GED-188)',
    actions: ['LOGIN', 'READY', 'NOT_READY', 'LOGOUT'],
    confirms: 'event',
    events: 'push',
    // Whether a reason is mandatory is set per agent at the vendor; it answers CF 281 then, unless the site's setting says so before.
    reasons: {
      notReady: settings.reasonRequired.notReady ? 'required' : 'optional',
      logout: settings.reasonRequired.logout ? 'required' : 'optional',
      source: 'config',
    },
    channels: false,
    login: 'own-credentials',
    forcedLogout: 'planned',
    logoutWhileBusy: 'defer',
    link: 'commands',
    refusals: false,
    maxInFlight: settings.maxOutstanding,
    testedVersions: ['GED-188 15 (recorded)', 'GED-188 20 (samples)', 'GED-188 13 to 25 (guides)'],
    loginCreatesAgent: false,
  }
}

/** On a call the NOT_READY that goes first waits for its end, as CTI OS's own supervisor logout does (section 3.4). */
function forcedLogoutOf(settings: CiscoCtiOptions, view: AgentView): CiscoForcedLogout {
  return {
    reason: String(settings.forcedLogoutReason),
    onCall: { certainty: 'documented', source: 'CTI OS Supervisor Desktop: an agent on a call is logged out when the call ends' },
    byForce: settings.useForcedFlag && view.vendor?.['logoutRefused'] !== undefined,
  }
}

/** The adapter with its own randomness (the ladder's pause), which tests replace. */
export function ciscoCtiWith(settings: CiscoCtiOptions, context: AdapterContext, random: () => number): Adapter {
  const site = createSite(settings, context, random)
  return {
    manifest: manifestOf(settings),
    plan: (action, agentId, view) => plan(action, agentId, view, settings),
    describe: (step, agentId) => site.commands.describe(step as Step<SetAgentState>, agentId),
    async send(step, { agentId, credentials, signal }) {
      const set = step as Step<SetAgentState>
      const ack = await site.commands.send(set, agentId, credentials, signal)
      const pending = site.agents.accepted(agentId, set.request.state)
      if (pending !== undefined) site.publish(pending)
      return ack
    },
    read: (agentId, { signal }) => site.query(agentId, 'read', signal),
    start(sink) {
      site.start(sink)
      return Promise.resolve()
    },
    stop: () => site.stop(),
    health: () => site.health(),
    list() {
      if (!site.session.inService) return Promise.reject(new CtiError('VENDOR_UNAVAILABLE', { detail: site.session.detail }))
      return Promise.resolve(site.agents.views())
    },
    reasons: () => Promise.resolve(site.reasons.all),
    preview: (_agentId, view) => Promise.resolve(ciscoPreview(view, forcedLogoutOf(settings, view))),
  }
}

/** Cisco CTI Server over GED-188, as CTI OS Server itself does it. See docs/platforms/cisco-cti.md. */
export const ciscoCti = defineAdapter({
  kind: 'cisco-cti',
  options,
  commandOptions,
  create: ({ options: settings, ...context }) => ciscoCtiWith(settings, context, Math.random),
})
