import { isFinal, type Operation } from '../../src/core/model/life-cycle.js'
import { claimSend, finish, holds, isOpen, openOf, release, settle, take } from './log.js'
import { retakes } from './retakes.js'
import type { Rules } from './rules.js'
import { commandAt, idleWorker, isMet, type State, type Worker, type WorkerId } from './state.js'
import { faulty, step, type Step, type Trail } from './step.js'

/** Attempts at most, and crashes in a row: small, so that both ends are reached. */
export const MAX_ATTEMPTS = 2
export const MAX_CRASHES = 2

/**
 * The runner of the model: take → [read] → fence → send → [answer | lost] → confirm → finish, as runner.ts, attempt.ts and
 * vendor-calls.ts do it. What this worker can do next, whatever the others do meanwhile.
 */
export function workerSteps(state: State, by: WorkerId, rules: Rules): Step[] {
  const worker = state.workers[by]
  const steps = BY_PLACE[worker.at]({ state, by, worker, rules, name: `worker ${by + 1}` })
  return steps.filter((one): one is Step => one !== undefined)
}

interface Here {
  readonly state: State
  readonly by: WorkerId
  readonly worker: Worker
  readonly rules: Rules
  readonly name: string
}

const BY_PLACE: Readonly<Record<Worker['at'], (here: Here) => (Step | undefined)[]>> = {
  idle: (here) => [takes(here), takesUnheard(here), ...retakes(here)],
  holding: (here) => [...looks(here), leaves(here), expires(here)],
  planned: (here) => [claims(here), claimsUnheard(here), leaves(here)],
  claimed: (here) => [puts(here), opensGate(here)],
  sending: (here) => [opensGate(here)],
  answered: (here) => [...confirms(here), leaves(here)],
  refused: (here) => [decides(here, 'reject', 'was refused')],
  unknown: asks,
  busy: (here) => [putsOff(here)],
  waiting: (here) => [...confirms(here), leaves(here)],
  ending: (here) => [...ends(here)],
}

const labelOf = ({ state, worker, name }: Here): string => `${name}, ${worker.c + 1} ${commandAt(state, worker.c).kind}:`

function become(state: State, by: WorkerId, change: Partial<Worker>): void {
  Object.assign(state.workers[by], change)
}

/** A turn with a command begins. */
function begin(state: State, by: WorkerId, c: number): void {
  state.workers[by] = { ...idleWorker(), at: 'holding', c, expired: state.workers[by].expired }
}

// ---- idle: a wake-up or the sweep

function takes({ state, by, rules, name }: Here): Step | undefined {
  if (openOf(state).length === 0) return undefined
  const made = step(state, `${name} takes the agent`, (next, trail) => {
    const answer = take(next, by, rules)
    trail.call({ call: 'take', by, answer })
    if (answer.kind === 'taken') begin(next, by, answer.head)
  })
  return made.to.workers[by].at === 'holding' ? made : undefined
}

function takesUnheard({ state, by, rules, name }: Here): Step | undefined {
  if (openOf(state).length === 0) return undefined
  return faulty(state, 'store', `${name} takes the agent and does not hear of it`, (next) => void take(next, by, rules))
}

// ---- holding: what is known of the command, and of the vendor

/** Whether it may have been done already: then the vendor is asked first. */
function isAmbiguous(state: State, c: number): boolean {
  const { status, doubt } = commandAt(state, c)
  return status === 'sent' || doubt
}

/** An older command was sent and has ended without evidence: its effect may still come. */
function isDoubtBefore(state: State, c: number): boolean {
  return state.commands.slice(0, c).some(({ status, attempts }) => {
    return attempts > 0 && isFinal(status as 'accepted') && status !== 'confirmed' && status !== 'rejected'
  })
}

function looks(here: Here): (Step | undefined)[] {
  const { state, worker, rules } = here
  const command = commandAt(state, worker.c)
  if (command.crashes >= MAX_CRASHES) return [decides(here, 'bury', 'has crashed too often')]
  const mustRead = rules.readBeforeResend ? command.attempts > 0 || isAmbiguous(state, worker.c) : false
  return [reads(here), readsInVain(here), mustRead ? undefined : plansFromMemory(here)]
}

/** Presence knows the agent live: planned without a read. An empty plan is never believed, so there is a step to send. */
function plansFromMemory(here: Here): Step {
  const { state, by } = here
  return step(state, `${labelOf(here)} plans from the view that it has`, (next) => become(next, by, { at: 'planned' }))
}

function reads(here: Here): Step | undefined {
  const { state, by, worker, rules } = here
  const command = commandAt(state, worker.c)
  const met = isMet(command.kind, state.vendor.state)
  const waits = met && rules.waitForOlder && isDoubtBefore(state, worker.c) && state.vendor.queue.some(({ c }) => c < worker.c)
  if (waits) return undefined
  const pending = command.attempts > 0 && isMet(command.kind, state.vendor.next)
  return step(state, `${labelOf(here)} reads ${state.vendor.state}`, (next, trail) => {
    become(next, by, { read: true })
    if (met) become(next, by, { at: 'ending', outcome: 'confirm' })
    else if (pending) pends(next, by, worker.c, rules, trail)
    else become(next, by, { at: 'planned' })
  })
}

function readsInVain(here: Here): Step | undefined {
  const { state, by } = here
  return faulty(state, 'vendor', `${labelOf(here)} cannot read the vendor`, (next) => become(next, by, { at: 'ending', outcome: 'retry' }))
}

function expires(here: Here): Step | undefined {
  const { state, by, worker } = here
  if (commandAt(state, worker.c).pending) return undefined
  return faulty(state, 'ended', `${labelOf(here)} it is too late for it`, (next) => become(next, by, { at: 'ending', outcome: 'expire' }))
}

/** Its command was replaced or cancelled, or the lease is gone: it lets go and looks again. */
function leaves(here: Here): Step | undefined {
  const { state, by, worker } = here
  if (isOpen(state, worker.c) && holds(state, by)) return undefined
  return step(state, `${labelOf(here)} lets go`, (next, trail) => {
    trail.call({ call: 'release', by })
    release(next, by)
    next.workers[by] = idleWorker()
  })
}

// ---- the fence

function claims(here: Here): Step {
  const { state, by, worker, rules } = here
  return step(state, `${labelOf(here)} asks the fence`, (next, trail) => {
    const command = commandAt(next, worker.c)
    const again = command.attempts > 0
    const answer = claimSend(next, worker.c, by, rules)
    trail.call({ call: 'claimSend', c: worker.c, by, answer })
    if (!answer) {
      trail.call({ call: 'release', by })
      release(next, by)
      next.workers[by] = idleWorker()
      return
    }
    if (command.obsolete) trail.broken('I1: the fence let a command pass that a newer one had replaced')
    if (command.undone) trail.broken('I6: the fence let a command pass whose caller was told that nothing was accepted')
    if (again && !worker.read) trail.broken('I7: sent again without asking the vendor first')
    command.doubt = false
    command.met = isMet(command.kind, next.vendor.state)
    become(next, by, { at: 'claimed', gate: true })
  })
}

function claimsUnheard(here: Here): Step | undefined {
  const { state, by, worker, rules } = here
  return faulty(state, 'store', `${labelOf(here)} asks the fence and does not hear of it`, (next) => {
    const command = commandAt(next, worker.c)
    if (claimSend(next, worker.c, by, rules)) command.met = isMet(command.kind, next.vendor.state)
    next.workers[by] = idleWorker()
  })
}

function puts(here: Here): Step {
  const { state, by, worker } = here
  return step(state, `${labelOf(here)} puts it on the wire`, (next) => {
    next.vendor.queue.push({ c: worker.c, by, late: false })
    if (!isOpen(next, worker.c) || !holds(next, by)) next.bound = true
    become(next, by, { at: 'sending', saw: false })
  })
}

/** 150 ms have passed since the fence. */
function opensGate(here: Here): Step | undefined {
  const { state, by, worker } = here
  if (!worker.gate) return undefined
  return step(state, `${labelOf(here)} lets the next append in`, (next) => become(next, by, { gate: false }))
}

// ---- after the answer

function pends(next: State, by: WorkerId, c: number, rules: Rules, trail: Trail): void {
  const answer = settle(next, c, 'pend', by, rules)
  trail.call({ call: 'settle', c, by, operation: 'pend', answer })
  if (answer) return become(next, by, { at: 'waiting', saw: false })
  trail.call({ call: 'release', by })
  release(next, by)
  next.workers[by] = idleWorker()
}

function confirms(here: Here): (Step | undefined)[] {
  const { state, by, worker, rules } = here
  const { kind } = commandAt(state, worker.c)
  if (worker.saw || isMet(kind, state.vendor.state) || !rules.evidence) return [decides(here, 'confirm', 'has its evidence')]
  if (isMet(kind, state.vendor.next)) {
    if (worker.at === 'waiting') return []
    return [step(state, `${labelOf(here)} is told that it is pending`, (next, trail) => pends(next, by, worker.c, rules, trail))]
  }
  // The window is longer than an effect is late.
  const coming = state.vendor.queue.some((request) => request.c === worker.c)
  return coming ? [] : [decides(here, 'doubt', 'saw no evidence in time')]
}

/** No answer came: has the vendor done it nevertheless? */
function asks(here: Here): (Step | undefined)[] {
  const { state, by, worker } = here
  const command = commandAt(state, worker.c)
  const unmet = command.attempts >= MAX_ATTEMPTS ? 'bury' : 'retry'
  if (isMet(command.kind, state.vendor.state)) return [decides(here, 'confirm', 'reads that it was done')]
  return [
    step(state, `${labelOf(here)} reads that it was not done`, (next) => {
      become(next, by, { at: 'ending', outcome: unmet })
    }),
  ]
}

/** Nothing was done: no need to ask whether. */
function putsOff(here: Here): Step {
  const { state, by, worker } = here
  const outcome = commandAt(state, worker.c).attempts >= MAX_ATTEMPTS ? 'bury' : 'retry'
  return step(state, `${labelOf(here)} puts it off`, (next) => become(next, by, { at: 'ending', outcome, harmless: true }))
}

function decides(here: Here, outcome: Operation, why: string): Step {
  return step(here.state, `${labelOf(here)} ${why}`, (next) => become(next, here.by, { at: 'ending', outcome }))
}

// ---- the end

function ends(here: Here): (Step | undefined)[] {
  const { state, by, worker } = here
  const outcome = worker.outcome ?? 'doubt'
  const ended = step(state, `${labelOf(here)} ${outcome}`, (next, trail) => {
    const answer = finished(here, next, outcome, trail)
    if (answer.next !== undefined) return begin(next, by, answer.next)
    if (!answer.settled) {
      trail.call({ call: 'release', by })
      release(next, by)
    }
    next.workers[by] = idleWorker()
    // Where the effect is not known the vendor is read first: no second try in one step.
    const goesOn = answer.settled && outcome === 'retry' && !commandAt(next, worker.c).doubt
    if (goesOn) become(next, by, { waits: worker.c, newest: true })
  })
  const unheard = faulty(state, 'store', `${labelOf(here)} ${outcome}, and does not hear of it`, (next, trail) => {
    finished(here, next, outcome, trail)
    next.workers[by] = idleWorker()
  })
  const failed = faulty(state, 'store', `${labelOf(here)} cannot ${outcome}: the store is away`, (next) => {
    next.workers[by] = idleWorker()
  })
  return [ended, unheard, failed]
}

function finished(here: Here, next: State, operation: Operation, trail: Trail): ReturnType<typeof finish> {
  const { by, worker, rules, state } = here
  const command = commandAt(next, worker.c)
  const other = next.workers[by === 0 ? 1 : 0]
  const answer = finish(next, worker.c, operation, by, rules)
  trail.call({ call: 'finish', c: worker.c, by, operation, answer })
  if (answer.settled) {
    if (operation === 'retry') command.doubt = !worker.harmless && isAmbiguous(state, worker.c)
    if (operation === 'confirm' && !command.met) trail.broken('I3: confirmed although the vendor never was in the target state')
    const inWork = other.c === worker.c && other.at !== 'idle' && holds(next, by === 0 ? 1 : 0)
    if (inWork) trail.broken('I10: ended by a worker that had lost it while another was at it')
  }
  return answer
}
