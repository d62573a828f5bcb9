import type { Logger } from '../../core/adapter.js'
import type { Clock } from '../../core/clock.js'
import type { AgentView } from '../../core/model/agent-state.js'
import { toCtiError } from '../../core/model/error.js'
import { bounded, ladderDelay } from './bounded.js'
import type { ExpertflowOptions } from './options.js'

/** Sessions opened at once: a restart must not look like an attack to Keycloak. */
const AT_ONCE = 8

/**
 * After a start, opens the sessions of the agents who are logged in and have an account in the settings, before the vendor's
 * Agent_Disconnect timer logs them out (section 11.3). Tries again until the list of agents has been read once; an agent whose
 * session does not open is left to its next command.
 */
export function createResumer(
  ports: { readonly options: ExpertflowOptions; readonly clock: Clock; readonly log: Logger; readonly random: () => number },
  list: (signal: AbortSignal) => Promise<readonly AgentView[]>,
  reopen: (agentId: string, signal: AbortSignal) => Promise<void>,
): { stop(): void } {
  const { options, clock, log } = ports
  const stopping = new AbortController()
  let cancel = (): void => {}
  let tries = 0

  const wanted = (view: AgentView): boolean =>
    options.accounts[view.agentId] !== undefined &&
    view.vendor?.['desk'] === 'none' &&
    view.state !== 'LOGGED_OUT' &&
    view.state !== 'UNKNOWN'

  const one = async ({ agentId }: AgentView): Promise<void> => {
    try {
      await bounded(clock, options.restMs + options.connectMs, stopping.signal, (signal) => reopen(agentId, signal))
    } catch (error) {
      log.warn({ agent: agentId, code: toCtiError(error).code }, 'the session of an agent did not open again')
    }
  }

  const run = async (): Promise<void> => {
    try {
      const queue = (await list(stopping.signal)).filter(wanted)
      const lane = async (): Promise<void> => {
        for (let next = queue.shift(); next !== undefined && !stopping.signal.aborted; next = queue.shift()) await one(next)
      }
      await Promise.all(Array.from({ length: AT_ONCE }, lane))
    } catch (error) {
      if (stopping.signal.aborted) return
      log.warn({ code: toCtiError(error).code }, 'the agents could not be read at start; it is tried again')
      cancel = clock.after(ladderDelay(options.reconnect, tries, ports.random), () => void run())
      tries += 1
    }
  }

  void run()
  return {
    stop() {
      cancel()
      stopping.abort()
    },
  }
}
