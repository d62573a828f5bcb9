import type { EngineOptions } from '../command-log.js'
import { confirm, type Waiting } from './confirmer.js'
import { agentKey, isFinal, TARGET_STATE, type Command } from '../model/command.js'
import type { Watch } from '../agents/presence.js'
import type { RunnerPorts } from './runner-ports.js'

/** An effect that comes later than the answer to its request comes within this time after the request, ms. */
const LATE_EFFECT_MS = 5_000
/** Commands of the agent that are looked back at: more cannot have been sent and replaced within that time. */
const LOOK_BACK = 5

/**
 * Waits out what may still come of an older command. A vendor may apply a request after its answer: if a command was replaced
 * while it was on its way, a view that shows the newer one's target proves nothing until the older effect has come, or can come
 * no more. Confirmed at once, the agent would end where the older one wanted it.
 *
 * True: it has come, and the view is another one now. False: nothing was on its way, or it did not come; at once in all but that case.
 * Fails: STORE_UNAVAILABLE; the signal's reason when aborted.
 */
export async function olderEffectComes(
  { platform, agentId, action, seq }: Command,
  { log, presence, clock }: Pick<RunnerPorts, 'log' | 'presence' | 'clock'>,
  waiting: Waiting,
  within: () => EngineOptions,
): Promise<boolean> {
  const watch = presence.watch(platform, agentId)
  try {
    const history = await log.history(agentKey(platform, agentId), LOOK_BACK, seq, within())
    const older = history.filter((other) => isInDoubt(other, clock.now()) && TARGET_STATE[other.action.kind] !== TARGET_STATE[action.kind])
    if (older.length === 0) return false
    const until = Math.max(...older.map(({ sentAt = 0 }) => sentAt)) + LATE_EFFECT_MS
    const states = older.map((other) => TARGET_STATE[other.action.kind])
    const evidence = await confirm(
      { expect: { states, withinMs: until - clock.now() }, ack: {}, watch: deafToRefusals(watch), ...waiting },
      clock,
    )
    waiting.life.signal.throwIfAborted() // whoever is interrupted knows nothing
    return evidence.kind === 'met'
  } finally {
    watch.close()
  }
}

/**
 * A refusal proves nothing here: a link that broke is told as one, the request may be at the vendor all the same; and one of several
 * requests may have been refused.
 */
function deafToRefusals(watch: Watch): Watch {
  return { ...watch, take: () => watch.take().map(({ refused: _refused, ...event }) => event) }
}

/** Sent a moment ago, and ended by something else than the vendor's word. */
function isInDoubt({ status, sentAt }: Command, now: number): boolean {
  return isFinal(status) && status !== 'confirmed' && status !== 'rejected' && sentAt !== undefined && sentAt + LATE_EFFECT_MS > now
}
