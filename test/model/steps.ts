import { append, isOpen, openOf, settle, undo } from './log.js'
import type { Rules } from './rules.js'
import { commandAt, idleWorker, type State, type WorkerId } from './state.js'
import { faulty, step, type Step, type Trail } from './step.js'
import { vendorSteps } from './vendor.js'
import { workerSteps } from './worker.js'

const BOTH: readonly WorkerId[] = [0, 1]

/** Everything that can happen next, faults included. */
export function stepsFrom(state: State, rules: Rules): Step[] {
  const ofProcess = (by: WorkerId): (Step | undefined)[] => [
    ...appends(state, by, rules),
    ...undoes(state, by, rules),
    ...cancels(state, by, rules),
    ...workerSteps(state, by, rules),
    crashes(state, by),
  ]
  const steps = [...BOTH.flatMap(ofProcess), ...vendorSteps(state), leaseEnds(state)]
  return steps.filter((one): one is Step => one !== undefined)
}

/** The callers' commands arrive in their order, each at either process, at any time. */
function appends(state: State, by: WorkerId, rules: Rules): (Step | undefined)[] {
  const worker = state.workers[by]
  if (worker.gate && rules.gate) return []
  const c = state.commands.findIndex(({ told }) => told === 'no')
  if (c < 0) return []
  const name = `process ${by + 1} appends ${c + 1} ${commandAt(state, c).kind}`
  const away = faulty(state, 'store', `${name}: the store is away, the caller is told 503`, (next) => {
    commandAt(next, c).told = '503'
  })
  const plain = [accepts(state, by, c, false, rules, name), lost(state, by, c, false, rules, name), away]
  const mayBegin = worker.at === 'idle' && openOf(state).length === 0 && (state.lease.owner === 'none' || !rules.beginNeedsFreeLease)
  if (!mayBegin) return plain
  const both = `${name} and begins it`
  return [...plain, accepts(state, by, c, true, rules, both), lost(state, by, c, true, rules, both)]
}

function accepts(state: State, by: WorkerId, c: number, begin: boolean, rules: Rules, what: string): Step {
  return step(state, what, (next, trail) => {
    const command = commandAt(next, c)
    const here = next.workers[by]
    const answer = append(next, c, begin ? by : undefined, rules)
    trail.call({ call: 'append', c, by, begin, answer })
    command.told = answer === 'refused' ? 'refused' : 'accepted'
    const overtaken = here.gate && here.at === 'claimed' && commandAt(next, here.c).obsolete
    if (overtaken) trail.broken('I1: a newer command was accepted between fence and request of an older one, in the same process')
    if (answer === 'begun') next.workers[by] = { ...idleWorker(), at: 'claimed', c, gate: true }
  })
}

/** The log has it and the caller was told 503: this process owes an undo. */
function lost(state: State, by: WorkerId, c: number, begin: boolean, rules: Rules, name: string): Step | undefined {
  return faulty(state, 'store', `${name}; the answer is lost, the caller is told 503`, (next) => {
    const answer = append(next, c, begin ? by : undefined, rules)
    commandAt(next, c).told = '503'
    if (answer !== 'refused') commandAt(next, c).undoBy = by
  })
}

function undoes(state: State, by: WorkerId, rules: Rules): Step[] {
  return state.commands.flatMap(({ undoBy, kind }, c) => {
    if (undoBy !== by) return []
    return step(state, `process ${by + 1} undoes ${c + 1} ${kind}`, (next) => {
      commandAt(next, c).undoBy = undefined
      undo(next, c, rules)
    })
  })
}

/** The caller changes its mind, at a process that does not know what the other one does. */
function cancels(state: State, by: WorkerId, rules: Rules): Step[] {
  if (state.workers[by].gate && rules.gate) return []
  return openOf(state).flatMap((c) => {
    const made = faulty(state, 'ended', `process ${by + 1} cancels ${c + 1} ${commandAt(state, c).kind}`, (next, trail) => {
      const answer = settle(next, c, 'cancel', undefined, rules)
      trail.call({ call: 'settle', c, by: undefined, operation: 'cancel', answer })
      if (answer && isOnItsWay(next, c) && !commandAt(next, c).doubt) trail.broken('I8: called cancelled while it was on its way')
    })
    return made === undefined || isOpen(made.to, c) ? [] : [made]
  })
}

function isOnItsWay({ workers, vendor }: State, c: number): boolean {
  const atWork = workers.some((worker) => worker.c === c && (worker.at === 'claimed' || worker.at === 'sending'))
  return atWork || vendor.queue.some((request) => request.c === c)
}

/** A process ends between any two of its steps; the next one comes up with another name and an empty memory. */
function crashes(state: State, by: WorkerId): Step | undefined {
  const owes = state.commands.some(({ undoBy }) => undoBy === by)
  if (state.workers[by].at === 'idle' && state.lease.owner !== by && !owes) return undefined
  return faulty(state, 'crash', `process ${by + 1} crashes`, (next, trail) => {
    next.workers[by] = idleWorker()
    if (next.lease.owner === by) next.lease.owner = 'dead'
    for (const command of next.commands) if (command.undoBy === by) command.undoBy = undefined
    trail.call({ call: 'restart', by })
  })
}

/**
 * The lease of a dead process always runs out; that of a living one when it is frozen or cut off. Assumed: not while a request
 * is on the wire, because a lease is longer than the longest exchange.
 */
function leaseEnds(state: State): Step | undefined {
  const { owner, live } = state.lease
  if (!live || owner === 'none' || state.vendor.queue.some(({ late }) => !late)) return undefined
  const end = (next: State, trail: Trail): void => {
    next.lease.live = false
    trail.call({ call: 'expire' })
    if (owner !== 'dead' && next.workers[owner].at !== 'idle') next.workers[owner].expired = true
  }
  if (owner === 'dead') return step(state, 'the lease of the dead process runs out', end)
  return faulty(state, 'expire', `the lease of worker ${owner + 1} runs out`, end)
}
