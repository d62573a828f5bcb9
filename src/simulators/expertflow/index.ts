import { z } from 'zod'
import type { SimulatorDefinition } from '../kit/simulator.js'
import { causeEvent, EVENT_TYPES } from './events.js'
import { FAULT_KINDS } from './faults.js'
import { startHttpServer } from './http-server.js'
import { expertflowOptions } from './options.js'
import { createSite } from './site.js'

/**
 * Expertflow CX on one port: Unified Admin, agent-manager (REST login and Socket.IO) and routing engine. An independent reading
 * of the vendor's documents (expertflow.md); options are in `options.ts`, users and passwords in `population.ts`.
 *
 * Fails to start with a clear text on an unknown or malformed option.
 */
export const expertflowSimulator: SimulatorDefinition = {
  platform: 'expertflow',
  title: 'Expertflow CX (Unified Admin, agent-manager, routing engine, conversation manager)',
  faultKinds: FAULT_KINDS,
  eventTypes: EVENT_TYPES,
  async start(context) {
    const parsed = expertflowOptions.safeParse(context.options)
    if (!parsed.success) throw new Error(`expertflow simulator: ${z.prettifyError(parsed.error)}`)
    const { journal, faults } = context
    const site = createSite(parsed.data, (entry) => journal.add(entry))
    const server = await startHttpServer({ site, journal, faults }, { host: context.host, port: context.port })
    return {
      endpoints: {
        'unified-admin': `${server.url}/unified-admin`,
        'agent-manager': `${server.url}/agent-manager`,
        'routing-engine': `${server.url}/routing-engine`,
        'conversation-manager': `${server.url}/conversation-manager`,
      },
      agents: () =>
        site.engine.list().map((agent) => ({
          id: agent.user.id,
          username: agent.user.username,
          state: agent.state,
          reasonCode: agent.reason,
          mrds: agent.mrds.map(({ mrd, state, max }) => ({ id: mrd.id, name: mrd.name, state, maxAgentTasks: max })),
          session: sessionOf(site.sessions.find(agent.user.id)),
          tasks: site.work.tasksOf(agent.user.id).length,
        })),
      event: (type, body) => causeEvent(site, server, type, body),
      reset: () => {
        if (server.isDown()) causeEvent(site, server, 'up', {})
        site.populate()
      },
      stop: async () => {
        site.sessions.stop()
        await server.stop()
      },
    }
  },
}

function sessionOf(session: { socket?: unknown } | undefined): 'socket' | 'virtual' | 'none' {
  if (session === undefined) return 'none'
  return session.socket === undefined ? 'virtual' : 'socket'
}
