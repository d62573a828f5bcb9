import type { Adapter, Plan } from '../adapter.js'
import type { ResolvedAction } from '../model/command.js'
import { planQuietly } from './plan-quietly.js'
import type { Presence } from '../agents/presence.js'
import type { Runner, Turn } from '../run/runner.js'
import type { Pass, VendorGate } from '../gate/vendor-gate.js'

/** A command that can be sent in the very step that accepts it: planned, with a pass and the agent reserved. */
export interface FirstTry {
  readonly plan: Plan
  readonly pass: Pass
  readonly turn: Turn
}

export interface FirstTryParts {
  readonly platform: { readonly id: string; readonly adapter: Adapter; readonly gate: VendorGate }
  readonly presence: Presence
  readonly runner: Runner
}

/**
 * The hot path: nothing else is in work for the agent, its state is known live, and the vendor can be called without
 * waiting. Then acceptance, lease and fence are one step of the store instead of three. Undefined whenever any of this does
 * not hold, or the plan is empty or impossible: the ordinary path asks the vendor, and says why.
 *
 * Synchronous: between the question whether the agent is free and its reservation nothing else can happen.
 */
export function prepareFirstTry(parts: FirstTryParts, key: string, agentId: string, action: ResolvedAction): FirstTry | undefined {
  const { platform, presence, runner } = parts
  const view = presence.get(platform.id, agentId)
  if (view === undefined || view.stale || view.source === 'none') return undefined
  const plan = planQuietly(platform.adapter, action, agentId, view)
  if (plan === undefined || plan.steps.length === 0) return undefined
  const turn = runner.reserve(key)
  if (turn === undefined) return undefined
  const pass = platform.gate.tryEnter()
  if (pass !== undefined) return { plan, pass, turn }
  turn.leave(false)
  return undefined
}
