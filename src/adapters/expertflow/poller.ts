import type { EventSink } from '../../core/adapter.js'
import type { Clock } from '../../core/clock.js'
import type { AgentView } from '../../core/model/agent-state.js'
import { newestOf } from './mapping.js'

export interface Poller {
  /** Everything is news again: views have become stale. */
  forget(): void
  stop(): void
}

/**
 * Reads all agents from time to time and tells what changed: the only way to hear of agents who sit at desks of their own.
 * Agents on a desk of ours are left out; their socket is quicker. One read at a time.
 */
export function createPoller(
  ports: { readonly clock: Clock; readonly pollMs: number; readonly sink: EventSink },
  list: (signal: AbortSignal) => Promise<readonly AgentView[]>,
): Poller {
  const stopping = new AbortController()
  const seen = new Map<string, string>()
  let running = false

  const poll = async (): Promise<void> => {
    if (running) return
    running = true
    try {
      const views = await list(stopping.signal)
      const listed = new Set(views.map((view) => view.agentId))
      for (const agentId of seen.keys()) if (!listed.has(agentId)) seen.delete(agentId)
      for (const view of views) {
        const print = fingerprint(view)
        if (seen.get(view.agentId) === print) continue
        seen.set(view.agentId, print)
        if (view.vendor?.['desk'] === 'none') ports.sink.agent({ agentId: view.agentId, view, ...newestOf(view) })
      }
    } catch {
      // The next one may succeed; the health book has noted the failure.
    } finally {
      running = false
    }
  }

  const forget = (): void => seen.clear()
  if (ports.pollMs === 0) return { forget, stop: () => stopping.abort() }
  const cancel = ports.clock.every(ports.pollMs, () => void poll())
  void poll()
  return {
    forget,
    stop() {
      cancel()
      stopping.abort()
    },
  }
}

function fingerprint({ observedAt: _observedAt, ...view }: AgentView): string {
  return JSON.stringify(view)
}
