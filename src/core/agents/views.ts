import type { Consequence, Step, VendorRequestText } from '../adapter.js'
import type { Clock } from '../clock.js'
import type { SubmitInput } from '../accept/command-request.js'
import type { Commands } from '../accept/commands.js'
import { withDeadline } from '../deadline.js'
import { manifestPreview } from './manifest-preview.js'
import { unknownView, type AgentView } from '../model/agent-state.js'
import type { ResolvedAction } from '../model/command.js'
import { notLoggedIn } from '../model/consequence.js'
import { CtiError, toCtiError } from '../model/error.js'
import { PRIORITY } from '../accept/policy.js'
import type { Platform } from '../platforms.js'
import type { Presence } from './presence.js'

export interface DryRun {
  readonly view: AgentView
  readonly requests: readonly { readonly step: Step; readonly text: VendorRequestText }[]
}

/** What callers can see of agents without changing anything. */
export interface Views {
  /** From presence when something is known there; otherwise, or with `fresh`, from the vendor. Fails as `Adapter.read`. */
  state(platform: Platform, agentId: string, fresh: boolean): Promise<AgentView>
  /** What is known of the agent here and now, without asking the vendor; undefined: nothing. */
  known(platform: Platform, agentId: string): AgentView | undefined
  /** All known agents, by agent id. */
  list(platform: Platform): Promise<readonly AgentView[]>
  /**
   * What a forced logout would do now, from a fresh read. At least one entry; every platform has an answer.
   * Guarantees: reads the vendor, changes nothing there and stores nothing.
   */
  preview(platform: Platform, agentId: string): Promise<{ readonly view: AgentView; readonly consequences: readonly Consequence[] }>
  /** What a command would send now. Guarantees: stores nothing, changes nothing at the vendor. */
  dryRun(platform: Platform, input: SubmitInput): Promise<DryRun>
}

/** How long a full list from the vendor serves, ms. */
const LIST_TTL_MS = 5_000

export function createViews(presence: Presence, clock: Clock, commands: Pick<Commands, 'check'>, readTimeoutMs: number): Views {
  const listedAt = new Map<string, number>()

  async function call<T>(platform: Platform, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return withDeadline(
      clock,
      readTimeoutMs,
      undefined,
      async (signal) => {
        const pass = await platform.gate.enter(PRIORITY.read, signal)
        try {
          const answer = await work(signal)
          pass.done()
          return answer
        } catch (error) {
          pass.done(signal.aborted ? new CtiError('CANCELLED') : toCtiError(error))
          throw error
        }
      },
      () => new CtiError('VENDOR_TIMEOUT', { effect: 'none' }),
    )
  }

  async function state(platform: Platform, agentId: string, fresh: boolean): Promise<AgentView> {
    const known = presence.get(platform.id, agentId)
    if (known !== undefined && !fresh && (!known.stale || platform.adapter.manifest.events !== 'none')) {
      if (!known.stale) return known
      // Stale: the vendor is asked; while it does not answer, the stale view is told as such.
      return refresh(platform, agentId).catch((error: unknown) => {
        if (toCtiError(error).code === 'AGENT_NOT_FOUND') throw error
        return known
      })
    }
    return refresh(platform, agentId)
  }

  async function refresh(platform: Platform, agentId: string): Promise<AgentView> {
    const view = await call(platform, (signal) => platform.adapter.read(agentId, { signal }))
    presence.read(platform.id, view)
    return view
  }

  return {
    state,
    known: (platform, agentId) => presence.get(platform.id, agentId),
    async list(platform) {
      const { adapter, id } = platform
      const last = listedAt.get(id)
      if (adapter.list !== undefined && (last === undefined || clock.monotonic() - last > LIST_TTL_MS)) {
        listedAt.set(id, clock.monotonic())
        try {
          const list = adapter.list.bind(adapter)
          for (const view of await call(platform, (signal) => list({ signal }))) {
            const known = presence.get(id, view.agentId)
            if (known === undefined || known.stale || known.source !== 'event') presence.read(id, view)
          }
        } catch (error) {
          if (presence.list(id).length === 0) throw error
        }
      }
      return [...presence.list(id)].sort((a, b) => (a.agentId < b.agentId ? -1 : 1))
    },
    async preview(platform, agentId) {
      const { adapter } = platform
      const view = await state(platform, agentId, true)
      if (view.state === 'LOGGED_OUT') return { view, consequences: [notLoggedIn()] }
      if (adapter.preview === undefined) return { view, consequences: manifestPreview(view, adapter.manifest) }
      const preview = adapter.preview.bind(adapter)
      return { view, consequences: await call(platform, (signal) => preview(agentId, view, { signal })) }
    },
    async dryRun(platform, input) {
      const { reason, ...rest } = await commands.check(input)
      const type = rest.kind
      const action: ResolvedAction =
        reason === undefined || (type !== 'LOGOUT' && type !== 'NOT_READY')
          ? rest
          : { ...rest, reason: await platform.reasons.resolve(reason, type, input.agentId) }
      const view = await state(platform, input.agentId, false).catch((error: unknown) => {
        if (toCtiError(error).code === 'AGENT_NOT_FOUND' && type === 'LOGIN' && platform.adapter.manifest.loginCreatesAgent)
          return unknownView(input.agentId, clock.now())
        throw error
      })
      const { steps } = platform.adapter.plan(action, input.agentId, view)
      return { view, requests: steps.map((step) => ({ step, text: platform.adapter.describe(step, input.agentId) })) }
    },
  }
}
