import { faulty, step, type Step } from './step.js'
import { commandAt, isMet, targetOf, type Answered, type State, type VendorRequest, type VendorState } from './state.js'

/**
 * The vendor of the model: one agent, requests in the order in which they were put on the wire. It may apply a request before
 * or after its answer, lose the request or the answer, or say yes and do nothing.
 *
 * Assumed, because no gateway can do without it: requests of one agent do not overtake each other, and an effect that comes
 * later than the answer comes before the next request is dealt with.
 */
export function vendorSteps(state: State): (Step | undefined)[] {
  const steps: (Step | undefined)[] = []
  const [first] = state.vendor.queue
  if (first !== undefined) steps.push(...(first.late ? [effect(state, first)] : dealing(state, first)))
  if (state.vendor.state === 'BUSY' && state.vendor.next !== undefined) steps.push(hangUp(state))
  return steps
}

const nameOf = (state: State, { c }: VendorRequest): string => `${c + 1} ${commandAt(state, c).kind}`

/** The agent's state has changed: commands whose target it is have their evidence, and workers that watch see it. */
function become(state: State, vendorState: VendorState): void {
  state.vendor.state = vendorState
  state.vendor.next = undefined
  for (const command of state.commands) if (isMet(command.kind, vendorState)) command.met = true
  for (const worker of state.workers) {
    const watching = worker.at === 'sending' || worker.at === 'answered' || worker.at === 'waiting'
    if (watching && isMet(commandAt(state, worker.c).kind, vendorState)) worker.saw = true
  }
}

/** READY and NOT_READY of somebody who is logged out are refused; a LOGIN of somebody who is ready changes nothing. */
function allowed(state: State, { c }: VendorRequest): boolean {
  const { kind } = commandAt(state, c)
  return state.vendor.state !== 'OUT' || (kind !== 'READY' && kind !== 'NOT_READY')
}

function applyRequest(state: State, request: VendorRequest): void {
  const { kind } = commandAt(state, request.c)
  if (!allowed(state, request) || isMet(kind, state.vendor.state)) return
  if (state.vendor.state === 'BUSY') state.vendor.next = targetOf(kind)
  else become(state, targetOf(kind))
}

/** Tells the worker that made the request, if it still waits for the answer. */
function answer(state: State, { c, by }: VendorRequest, at: Answered): void {
  const worker = state.workers[by]
  if (worker.at !== 'sending' || worker.c !== c) return
  worker.at = at
  worker.gate = false
}

function dealing(state: State, request: VendorRequest): (Step | undefined)[] {
  const name = nameOf(state, request)
  const willing = allowed(state, request)
  const take = (next: State): void => void next.vendor.queue.shift()
  const later = (next: State, at: 'answered' | 'unknown'): void => {
    next.vendor.queue[0] = { ...request, late: true }
    answer(next, request, at)
  }
  return [
    step(state, `the vendor ${willing ? 'applies' : 'refuses'} ${name} and answers`, (next) => {
      take(next)
      applyRequest(next, request) // the effect first: an event may come before the answer
      answer(next, request, willing ? 'answered' : 'refused')
    }),
    faulty(state, 'vendor', `the vendor does nothing about ${name} and says so`, (next) => {
      take(next)
      answer(next, request, 'busy')
    }),
    faulty(state, 'vendor', `the request ${name} is lost`, (next) => {
      take(next)
      answer(next, request, 'unknown')
    }),
    faulty(state, 'vendor', `the vendor applies ${name} and its answer is lost`, (next) => {
      take(next)
      applyRequest(next, request)
      answer(next, request, 'unknown')
    }),
    faulty(state, 'lie', `the vendor says yes to ${name} and does nothing`, (next) => {
      take(next)
      next.lied = true
      answer(next, request, 'answered')
    }),
    ...(willing
      ? [
          faulty(state, 'vendor', `the vendor says yes to ${name} and will apply it later`, (next) => later(next, 'answered')),
          faulty(state, 'vendor', `the answer to ${name} is lost; the vendor will apply it later`, (next) => later(next, 'unknown')),
        ]
      : []),
  ]
}

function effect(state: State, request: VendorRequest): Step {
  return step(state, `the vendor applies ${nameOf(state, request)} at last`, (next) => {
    next.vendor.queue.shift()
    applyRequest(next, request)
  })
}

function hangUp(state: State): Step {
  return step(state, 'the call ends, and what was asked becomes true', (next) => {
    if (next.vendor.next !== undefined) become(next, next.vendor.next)
  })
}
