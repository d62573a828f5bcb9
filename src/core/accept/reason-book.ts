import type { Adapter } from '../adapter.js'
import type { Clock } from '../clock.js'
import { withDeadline } from '../deadline.js'
import { CtiError } from '../model/error.js'
import type { Reason, ReasonSelector, ReasonType } from '../model/reason.js'

/** The reasons of one platform, fetched when needed and kept for a while. */
export interface ReasonBook {
  /** Fails: what the vendor's call fails with, when there is no list yet. A list past its time is served while the vendor is away. */
  list(agentId: string | undefined, signal?: AbortSignal): Promise<readonly Reason[]>
  /** The list as it was fetched last, however old, without asking the vendor. */
  known(agentId: string | undefined): readonly Reason[] | undefined
  /**
   * A reason that was in the list a while ago is found there at once, and the list is fetched anew beside it: nobody waits for the platform
   * because a minute is over. Fails: REASON_INVALID with the valid names, never from a list past its time; and as `list`.
   */
  resolve(selector: ReasonSelector, type: ReasonType, agentId: string, signal?: AbortSignal): Promise<Reason>
}

const TTL_MS = 60_000
/** A reason may be taken from a list that is so old. */
const FOUND_MS = 900_000
const MAX_LISTS = 10_000

export function createReasonBook(adapter: Adapter, clock: Clock, timeoutMs: number): ReasonBook {
  const lists = new Map<string, { at: number; reasons: readonly Reason[] }>()
  const running = new Map<string, Promise<readonly Reason[]>>()

  const fetchList = (slot: string, agentId: string | undefined): Promise<readonly Reason[]> => {
    const already = running.get(slot)
    if (already !== undefined) return already
    const fetching = withDeadline(
      clock,
      timeoutMs,
      undefined,
      (signal) => adapter.reasons({ signal, ...(agentId !== undefined && { agentId }) }),
      () => new CtiError('VENDOR_TIMEOUT', { detail: 'the list of reasons did not come in time', effect: 'none' }),
    )
      .then((reasons) => {
        if (lists.size >= MAX_LISTS) lists.delete(lists.keys().next().value as string)
        lists.set(slot, { at: clock.monotonic(), reasons })
        return reasons
      })
      .finally(() => running.delete(slot))
    running.set(slot, fetching)
    return fetching
  }

  const slotOf = (agentId: string | undefined): string => (adapter.manifest.reasons.perAgent === true ? (agentId ?? '') : '')

  const list = async (agentId: string | undefined): Promise<readonly Reason[]> => {
    const slot = slotOf(agentId)
    const kept = lists.get(slot)
    if (kept !== undefined && clock.monotonic() - kept.at < TTL_MS) return kept.reasons
    try {
      return await fetchList(slot, agentId)
    } catch (error) {
      if (kept !== undefined) return kept.reasons
      throw error
    }
  }

  return {
    list,
    known: (agentId) => lists.get(slotOf(agentId))?.reasons,
    async resolve(selector, type, agentId) {
      const slot = slotOf(agentId)
      const kept = lists.get(slot)
      const age = kept === undefined ? Number.POSITIVE_INFINITY : clock.monotonic() - kept.at
      const found = kept === undefined || age < TTL_MS || age >= FOUND_MS ? undefined : foundIn(kept.reasons, selector, type)
      if (found === undefined) return matchReason(ofType(await list(agentId), type), selector, type)
      fetchList(slot, agentId).catch(() => undefined) // the one that is there serves as long
      return found
    },
  }
}

const ofType = (reasons: readonly Reason[], type: ReasonType): readonly Reason[] => reasons.filter((reason) => reason.type === type)

function foundIn(reasons: readonly Reason[], selector: ReasonSelector, type: ReasonType): Reason | undefined {
  try {
    return matchReason(ofType(reasons, type), selector, type)
  } catch {
    return undefined
  }
}

/**
 * Canonical key, then id, then name (exact, then in any letter case), then code. System reasons are found too: an adapter
 * that must not send one refuses it. Two reasons under one name or code are told apart by id only.
 */
export function matchReason(reasons: readonly Reason[], selector: ReasonSelector, type: ReasonType): Reason {
  const wanted = selector.trim()
  const lower = wanted.toLowerCase()
  const tests: readonly ((reason: Reason) => boolean)[] = [
    (reason) => reason.id === wanted,
    (reason) => reason.key === wanted,
    (reason) => reason.name === wanted,
    (reason) => reason.name.toLowerCase() === lower,
    (reason) => reason.code !== undefined && String(reason.code) === wanted,
  ]
  for (const test of tests) {
    const found = reasons.filter(test)
    const chosen = found.filter((reason) => !reason.system)
    const unique = chosen.length === 1 ? chosen[0] : found.length === 1 ? found[0] : undefined
    if (unique !== undefined) return unique
    if (found.length > 1) {
      throw new CtiError('REASON_INVALID', {
        detail: `"${wanted}" names ${found.length} ${type} reasons; use the id: ${found.map((reason) => `${reason.id} (${reason.name})`).join(', ')}`,
        validReasons: names(reasons),
      })
    }
  }
  throw new CtiError('REASON_INVALID', { detail: `there is no ${type} reason "${wanted}"`, validReasons: names(reasons) })
}

function names(reasons: readonly Reason[]): readonly string[] {
  return reasons
    .filter((reason) => !reason.system)
    .map((reason) => reason.name)
    .slice(0, 100)
}
