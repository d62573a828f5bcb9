import type { EngineOptions } from '../command-log.js'
import { isAmbiguous } from './doubt.js'
import type { Waiting } from './local-retries.js'
import { changed } from '../model/changed.js'
import { splitAgentKey } from '../model/command.js'
import { planQuietly } from '../accept/plan-quietly.js'
import type { RunnerPorts, RunnerSettings } from './runner-ports.js'
import type { Begun } from '../gate/vendor-calls.js'

/**
 * A retry in one step of the store: lease, head and fence at once, for a command that this process itself has put off and that
 * nobody has touched since. Undefined, and nothing done, whenever that is not certain or the vendor must be asked first: after an
 * unknown effect, for an agent whose state is not known live, for a plan that memory says is empty or impossible. Then the
 * ordinary way looks again, and says why.
 */
export async function prepareSecondTry(
  ports: RunnerPorts,
  settings: RunnerSettings,
  key: string,
  { command, token }: Waiting,
): Promise<Begun | undefined> {
  const { clock, presence, log } = ports
  const platform = ports.platform(splitAgentKey(key).platform)
  if (platform === undefined || command.expiresAt <= clock.now() || command.action.hasSecret === true) return undefined
  if (isAmbiguous(command) || command.pending === true || command.beforeRollback === true) return undefined
  const { reason, ...rest } = command.action
  // A reason must be looked up, which may take a call: not worth it here.
  if (reason !== undefined) return undefined
  const view = presence.get(command.platform, command.agentId)
  if (view === undefined || view.stale || view.source === 'none') return undefined
  const plan = planQuietly(platform.adapter, rest, command.agentId, view)
  if (plan === undefined || plan.steps.length === 0) return undefined
  const pass = platform.gate.tryEnter()
  if (pass === undefined) return undefined
  let open: () => void = () => {}
  const within: EngineOptions = { deadline: clock.now() + settings.storeTimeoutMs }
  try {
    open = await ports.mutex.acquire(key, settings.storeTimeoutMs)
    const fencedAt = clock.monotonic()
    const again = await log.retake({ key, owner: settings.owner, token }, command.id, settings.leaseMs, clock.now(), within)
    if (again !== undefined) return changed(again, { plan, pass, open, fencedAt })
  } catch (error) {
    pass.done('unused')
    open()
    throw error
  }
  pass.done('unused')
  open()
  return undefined
}
