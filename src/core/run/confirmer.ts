import type { Ack, Expectation } from '../adapter.js'
import type { Clock } from '../clock.js'
import { anySignal, withDeadline, type Life } from '../deadline.js'
import type { AgentState, AgentView } from '../model/agent-state.js'
import { CtiError } from '../model/error.js'
import type { Watch } from '../agents/presence.js'

/** What came of waiting for the effect of one step. */
export type Evidence =
  | { readonly kind: 'met'; readonly by: 'event' | 'read'; readonly view: AgentView }
  /** The vendor says that it will apply it later. */
  | { readonly kind: 'pending'; readonly view: AgentView }
  /** `certain`: the vendor names our request. Else it may be the answer to another one of the same agent. */
  | { readonly kind: 'refused'; readonly error: CtiError; readonly certain: boolean }
  /** The window is over, and neither an event nor a read shows the effect. */
  | { readonly kind: 'silent' }
  | { readonly kind: 'aborted' }

/** When reads are made, as shares of the window. Vendors whose effects are seen by reading only are asked sooner. */
const READ_SCHEDULE: Readonly<Record<'event' | 'read', readonly number[]>> = {
  event: [0.1, 1 / 3, 2 / 3, 1],
  read: [0.02, 0.06, 0.12, 0.2, 1 / 3, 0.5, 2 / 3, 0.85, 1],
}

export type Verdict = 'met' | 'pending' | 'no'

/** How a view stands to an expectation. Pure. */
export function judge(expect: Expectation, view: AgentView): Verdict {
  if (view.stale) return 'no'
  const subject: { state: AgentState; pendingState?: AgentState } | undefined =
    expect.channel === undefined ? view : view.channels.find((channel) => channel.id === expect.channel)
  if (subject === undefined) return 'no'
  if (expect.states.includes(subject.state) && (expect.reasonId === undefined || view.reason?.id === expect.reasonId)) return 'met'
  if (subject.pendingState !== undefined && expect.pending?.includes(subject.pendingState) === true) return 'pending'
  return 'no'
}

/** How evidence is waited for, whatever the step. */
export interface Waiting {
  /** Ends when a newer command replaces this one or the gateway stops. */
  readonly life: Life
  /** The manifest's: vendors whose effects are seen by reading only are asked sooner. */
  readonly confirms: 'event' | 'read'
  /** The vendor's fresh answer, through its gate. */
  readonly read: (signal: AbortSignal) => Promise<AgentView>
  /** One read at most, the wait before the gate included, ms. */
  readonly readTimeoutMs: number
}

/** A step that was sent, and what is heard of its agent since. */
export interface Heard {
  readonly expect: Expectation
  readonly ack: Ack
  /** Made before the request was sent: an event may come before the answer. */
  readonly watch: Watch
  /** How a view stands, where `expect` cannot say it. */
  readonly judge?: (view: AgentView) => Verdict
}

export interface ConfirmInput extends Waiting, Heard {}

/**
 * Turns an expectation into evidence: by the vendor's own event, or by a fresh read at growing intervals.
 *
 * Guarantees: never resolves `met` on an acknowledgement; ends within the window plus one read; a refusal counts only when
 * it belongs to our request as far as the vendor lets one tell, and not when its view shows the target reached (Expertflow
 * answers UNCHANGED to a READY of an agent who is READY).
 */
export async function confirm(input: ConfirmInput, clock: Clock): Promise<Evidence> {
  const started = clock.monotonic()
  const schedule = READ_SCHEDULE[input.confirms]
  let refusal: Evidence | undefined
  for (const share of schedule) {
    const until = started + share * input.expect.withinMs
    for (;;) {
      const fromEvents = judgeEvents(input)
      if (fromEvents?.kind === 'refused') refusal = fromEvents
      else if (fromEvents !== undefined) return fromEvents
      if (refusal !== undefined) return refusal
      const left = until - clock.monotonic()
      if (left <= 0) break
      if (!(await waitForEvent(input, left, clock))) return { kind: 'aborted' }
    }
    const view = await readQuietly(input, clock)
    if (input.life.signal.aborted) return { kind: 'aborted' }
    if (view !== undefined) {
      const verdict = verdictOn(input, view)
      if (verdict === 'met') return { kind: 'met', by: 'read', view }
      if (verdict === 'pending') return { kind: 'pending', view }
    }
  }
  return judgeEvents(input) ?? { kind: 'silent' }
}

/** The evidence that is there already: many a vendor's event comes before its answer. Else `confirm` waits for it. */
export function heard(input: Heard): Evidence | undefined {
  return judgeEvents(input)
}

function verdictOn(input: Heard, view: AgentView): Verdict {
  return input.judge === undefined ? judge(input.expect, view) : input.judge(view)
}

function judgeEvents(input: Heard): Evidence | undefined {
  for (const event of input.watch.take()) {
    const verdict = event.view === undefined ? 'no' : verdictOn(input, event.view)
    if (event.view !== undefined && verdict === 'met')
      return { kind: 'met', by: event.view.source === 'read' ? 'read' : 'event', view: event.view }
    if (event.view !== undefined && verdict === 'pending') return { kind: 'pending', view: event.view }
    if (event.refused === undefined) continue
    const told = event.correlation !== undefined && input.ack.correlation !== undefined
    if (told && event.correlation !== input.ack.correlation) continue
    const { code, detail, fault } = event.refused
    return {
      kind: 'refused',
      certain: told,
      error: new CtiError(code, { ...(detail !== undefined && { detail }), ...(fault !== undefined && { fault }) }),
    }
  }
  return undefined
}

/** False when aborted from outside; true when an event came or the time is over. */
async function waitForEvent(input: ConfirmInput, ms: number, clock: Clock): Promise<boolean> {
  const timer = new AbortController()
  const cancel = clock.after(ms, () => timer.abort())
  const either = anySignal(input.life.signal, timer.signal)
  try {
    await input.watch.arrived(either.signal)
  } finally {
    cancel()
    either.close()
  }
  return !input.life.signal.aborted
}

/** A read that fails tells nothing; the next one may. */
async function readQuietly(input: ConfirmInput, clock: Clock): Promise<AgentView | undefined> {
  try {
    return await withDeadline(clock, input.readTimeoutMs, input.life.signal, input.read, () => new CtiError('VENDOR_TIMEOUT'))
  } catch {
    return undefined
  }
}
