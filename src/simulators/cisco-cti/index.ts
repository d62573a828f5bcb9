import { z } from 'zod'
import type { Simulator, SimulatorDefinition } from '../kit/simulator.js'
import { STATE_NAMES } from './codes.js'
import { FAULT_KINDS } from './faults.js'
import { ctiOptions } from './options.js'
import { startSides } from './sides.js'
import { createSite, type Site } from './site.js'
import { VENDOR_EVENTS } from './vendor-events.js'

function agentsOf(site: Site): Readonly<Record<string, unknown>>[] {
  return [...site.population.agents.values()].map((agent) => ({
    agentId: agent.id,
    state: STATE_NAMES[agent.state],
    agentState: agent.state,
    reason: agent.reason,
    since: agent.since,
    instrument: agent.instrument ?? null,
    pending: agent.pending === undefined ? null : STATE_NAMES[agent.pending.thenLogout === undefined ? agent.pending.state : 1],
    deskSettings: agent.deskSettings,
    supervisor: agent.supervisor,
  }))
}

/**
 * A Cisco CTI Server pair: sides A and B of one peripheral gateway, GED-188 protocol versions 13 to 25 over TCP. Built
 * from vendors/cisco.md sections 1 and 7; it shares no code with the gateway's adapter.
 */
export const ciscoCtiSimulator: SimulatorDefinition = {
  platform: 'cisco-cti',
  title: 'Cisco CTI Server pair (GED-188, Unified CCE)',
  faultKinds: FAULT_KINDS,
  eventTypes: Object.fromEntries(Object.entries(VENDOR_EVENTS).map(([type, event]) => [type, event.text])),
  async start(context): Promise<Simulator> {
    const parsed = ctiOptions.safeParse(context.options)
    if (!parsed.success) throw new Error(`options of the cisco-cti simulator: ${z.prettifyError(parsed.error)}`)
    const site = createSite(parsed.data, context)
    const sides = await startSides(site, context.host, context.port)
    return {
      endpoints: { 'side-a': `tcp://${context.host}:${sides.port('A')}`, 'side-b': `tcp://${context.host}:${sides.port('B')}` },
      agents: () => agentsOf(site),
      event(type, body) {
        const event = VENDOR_EVENTS[type]
        if (event === undefined) throw new Error(`unknown event "${type}"`)
        return event.run(site, sides, body)
      },
      reset() {
        site.reset()
        sides.restore()
      },
      async stop() {
        site.stop()
        await sides.stop()
      },
    }
  },
}
