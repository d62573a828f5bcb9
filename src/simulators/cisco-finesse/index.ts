import { z } from 'zod'
import type { Simulator, SimulatorDefinition } from '../kit/simulator.js'
import { FAULT_KINDS } from './faults.js'
import { startNodes } from './nodes.js'
import { finesseOptions } from './options.js'
import { createSite, type Site } from './site.js'
import { VENDOR_EVENTS } from './vendor-events.js'

function agentsOf(site: Site): Readonly<Record<string, unknown>>[] {
  return [...site.population.users.values()].map((user) => ({
    agentId: user.id,
    state: user.state,
    pendingState: user.pending?.state ?? null,
    reasonCodeId: user.reasonCodeId ?? null,
    reason: user.systemCode ?? (user.reasonCodeId === undefined ? null : (site.population.reasons.get(user.reasonCodeId)?.code ?? null)),
    extension: user.extension,
    since: user.since,
    roles: user.roles,
  }))
}

/**
 * A Cisco Finesse pair: REST/XML, and notifications over XMPP (TCP and WebSocket), primary and secondary. Built from
 * vendors/cisco.md section 4; it shares no code with the gateway's adapter.
 */
export const ciscoFinesseSimulator: SimulatorDefinition = {
  platform: 'cisco-finesse',
  title: 'Cisco Finesse pair (REST and XMPP)',
  faultKinds: FAULT_KINDS,
  eventTypes: Object.fromEntries(Object.entries(VENDOR_EVENTS).map(([type, event]) => [type, event.text])),
  async start(context): Promise<Simulator> {
    const parsed = finesseOptions.safeParse(context.options)
    if (!parsed.success) throw new Error(`options of the cisco-finesse simulator: ${z.prettifyError(parsed.error)}`)
    const site = createSite(parsed.data, context)
    const nodes = await startNodes(site, context.host, context.port)
    return {
      endpoints: nodes.endpoints,
      agents: () => agentsOf(site),
      event(type, body) {
        const event = VENDOR_EVENTS[type]
        if (event === undefined) throw new Error(`unknown event "${type}"`)
        return event.run(site, nodes, body)
      },
      reset() {
        site.reset()
        void nodes.up('primary')
        void nodes.up('secondary')
      },
      async stop() {
        site.stop()
        await nodes.stop()
      },
    }
  },
}
