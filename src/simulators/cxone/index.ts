import { z } from 'zod'
import type { Simulator, SimulatorDefinition } from '../kit/simulator.js'
import { STATE_NAMES } from './codes.js'
import { FAULT_KINDS } from './faults.js'
import { cxoneOptions } from './options.js'
import { AUTH_ROUTES } from './routes-auth.js'
import { CODE_ROUTES } from './routes-codes.js'
import { REPORT_ROUTES } from './routes-reports.js'
import { SESSION_ROUTES } from './routes-session.js'
import { SUPERVISOR_ROUTES } from './routes-supervisor.js'
import { startServer } from './server.js'
import { createSite, type Site } from './site.js'
import { signingKey } from './tokens.js'
import { furnish, VENDOR_EVENTS } from './vendor-events.js'

const ROUTES = [...AUTH_ROUTES, ...SUPERVISOR_ROUTES, ...CODE_ROUTES, ...SESSION_ROUTES, ...REPORT_ROUTES]

function agentsOf(site: Site): Readonly<Record<string, unknown>>[] {
  return [...site.population.agents.values()].map((agent) => ({
    agentId: String(agent.id),
    userName: agent.userName,
    state: STATE_NAMES[agent.state],
    agentStateId: agent.state,
    outStateId: agent.out.outStateId ?? null,
    outState: agent.out.outStateName ?? null,
    isAcw: agent.out.isAcw === true,
    since: agent.startDate,
    teamId: agent.team.id,
    contact: agent.contact === undefined ? null : agent.contact.phase,
    next: agent.next === undefined ? null : STATE_NAMES[agent.next.state],
    session: agent.session?.number ?? null,
  }))
}

/**
 * A NICE CXone tenant: OpenID Connect, agent sessions, supervisor control, real-time states, unavailable codes and data
 * download on one HTTP port. Built from vendors/cxone.md; it shares no code with the gateway's adapter.
 */
export const cxoneSimulator: SimulatorDefinition = {
  platform: 'cxone',
  title: 'NICE CXone tenant (ACD API, v23 to v35)',
  faultKinds: FAULT_KINDS,
  eventTypes: Object.fromEntries(Object.entries(VENDOR_EVENTS).map(([type, event]) => [type, event.text])),
  async start(context): Promise<Simulator> {
    const parsed = cxoneOptions.safeParse(context.options)
    if (!parsed.success) throw new Error(`options of the cxone simulator: ${z.prettifyError(parsed.error)}`)
    const { journal, faults } = context
    const site = createSite(parsed.data, { journal, faults, key: await signingKey() })
    const server = await startServer(site, ROUTES, context.host, context.port)
    const { issuer = server.url, api = server.url, acd = server.url, userhub = server.url } = parsed.data.baseUrls
    site.urls = { issuer, api, acd, userhub }
    furnish(site)
    return {
      endpoints: { issuer: server.url, api: server.url, acd: server.url, userhub: server.url },
      agents: () => agentsOf(site),
      event(type, body) {
        const event = VENDOR_EVENTS[type]
        if (event === undefined) throw new Error(`unknown event "${type}"`)
        return event.run(site, body)
      },
      reset() {
        site.reset()
        furnish(site)
      },
      async stop() {
        site.stop()
        await server.stop()
      },
    }
  },
}
