import type { EngineOptions } from '../command-log.js'
import { confirm, type Verdict, type Waiting } from './confirmer.js'
import { planQuietly } from '../accept/plan-quietly.js'
import type { Run, SendFailure } from '../gate/vendor-calls.js'
import type { AgentView } from '../model/agent-state.js'
import { agentKey, isFinal, TARGET_STATE, type Command, type ResolvedAction } from '../model/command.js'
import type { Watch } from '../agents/presence.js'
import type { RunnerPorts } from './runner-ports.js'

/** An effect that comes later than the answer to its request comes within this time after the request, ms. */
const LATE_EFFECT_MS = 5_000
/**
 * Commands of the agent that are looked back at: a few, then more where none of these tells that there is nothing to find behind it. One that
 * was sent may have dozens behind it that never were (a client that changes its mind ten times a second while a platform is slow).
 */
const LOOK_BACK = [8, 64, 256]

/**
 * Waits out what may still come of an older command. A vendor may apply a request after its answer: if a command was replaced
 * while it was on its way, a view that shows the newer one's target proves nothing until the older effect has come, or can come
 * no more. Confirmed at once, the agent would end where the older one wanted it: in another state, or in the same with another reason.
 *
 * True: it has come, and the view is another one now. False: nothing was on its way, or it did not come; at once in all but that case.
 * Fails: STORE_UNAVAILABLE; the signal's reason when aborted.
 */
export async function olderEffectComes(
  { command, platform }: Pick<Run, 'command' | 'platform'>,
  action: ResolvedAction,
  { log, presence, clock }: Pick<RunnerPorts, 'log' | 'presence' | 'clock'>,
  waiting: Waiting,
  within: () => EngineOptions,
): Promise<boolean> {
  const { agentId } = command
  const target = TARGET_STATE[action.kind]
  const watch = presence.watch(command.platform, agentId)
  try {
    const sent = await sentLately(command, { log, clock }, within)
    const elsewhere = sent.filter((other) => TARGET_STATE[other.action.kind] !== target)
    const otherwise = sent.filter((other) => TARGET_STATE[other.action.kind] === target && hasOtherReason(other, command))
    const older = [...elsewhere, ...otherwise]
    if (older.length === 0) return false
    const until = Math.max(...older.map(({ sentAt = 0 }) => sentAt)) + LATE_EFFECT_MS
    const states = elsewhere.map((other) => TARGET_STATE[other.action.kind])
    const judge = (view: AgentView): Verdict => {
      if (view.stale) return 'no'
      if (states.includes(view.state)) return 'met'
      const isOurs =
        otherwise.length === 0 || view.state !== target || planQuietly(platform.adapter, action, agentId, view)?.steps.length === 0
      return isOurs ? 'no' : 'met'
    }
    const expect = { states, withinMs: until - clock.now() }
    const evidence = await confirm({ expect, judge, ack: {}, watch: deafToRefusals(watch), ...waiting }, clock)
    waiting.life.signal.throwIfAborted() // whoever is interrupted knows nothing
    return evidence.kind === 'met'
  } finally {
    watch.close()
  }
}

/** A refusal of a step behind others is doubted in so many attempts: each time nothing else than that step may be left to send. */
const DOUBTED_ATTEMPTS = 3

/**
 * May a refusal be the answer to another request of the agent: of an older command that was replaced while it was on its way, or of an earlier
 * step of this one? Expertflow's refusals name no request, and a READY that changes nothing is refused as well: believed, it would
 * be the LOGOUT behind it that is told to have been refused, which the vendor may not even have received.
 *
 * Fails: STORE_UNAVAILABLE.
 */
export async function perhapsAnothers(
  { command, requests = 0 }: Run,
  { perhapsAnothers: unnamed, step }: SendFailure,
  ports: Pick<RunnerPorts, 'log' | 'clock'>,
  within: () => EngineOptions,
): Promise<boolean> {
  if (!unnamed || step.resend === 'never') return false
  if (requests > 1 && command.attempts <= DOUBTED_ATTEMPTS) return true
  return (await sentLately(command, ports, within)).length > 0
}

/** Older commands of which the vendor may still have something to do or to say. */
async function sentLately(
  { platform, agentId, seq }: Command,
  { log, clock }: Pick<RunnerPorts, 'log' | 'clock'>,
  within: () => EngineOptions,
): Promise<readonly Command[]> {
  const found: Command[] = []
  let before = seq
  for (const limit of LOOK_BACK) {
    const page = await log.history(agentKey(platform, agentId), limit, before, within())
    found.push(...page.filter((other) => isInDoubt(other, clock.now())))
    if (page.length < limit || page.some((other) => isLongAgo(other, clock.now()))) break
    before = page.at(-1)?.seq ?? 0
  }
  return found
}

/** A newer one without a reason is content with whichever there is. */
function hasOtherReason(older: Command, newer: Command): boolean {
  return newer.action.kind === 'NOT_READY' && newer.action.reason !== undefined && older.action.reason !== newer.action.reason
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

/** Commands of an agent are carried out one after the other: whatever is older than this one was sent, if at all, before it was, or before its end. */
function isLongAgo({ status, sentAt, settledAt }: Command, now: number): boolean {
  const carriedOut = sentAt ?? (status === 'confirmed' || status === 'rejected' ? settledAt : undefined)
  return carriedOut !== undefined && carriedOut + LATE_EFFECT_MS <= now
}
