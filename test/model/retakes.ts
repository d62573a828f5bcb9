import { retake } from './log.js'
import type { Rules } from './rules.js'
import { commandAt, idleWorker, isMet, type State, type Worker, type WorkerId } from './state.js'
import { faulty, step, type Step } from './step.js'

interface Here {
  readonly state: State
  readonly by: WorkerId
  readonly worker: Worker
  readonly rules: Rules
  readonly name: string
}

/** The time of a retry has come that this worker has put off itself: lease, head and fence in one step, as second-try.ts does it. */
export function retakes({ state, by, worker, rules, name }: Here): (Step | undefined)[] {
  const c = worker.waits
  if (c < 0) return []
  const what = `${name} goes on with ${c + 1} ${commandAt(state, c).kind} in one step`
  const before = commandAt(state, c)
  const mayHaveWorked = before.doubt || before.status === 'sent'
  return [
    step(state, what, (next, trail) => {
      const answer = retake(next, c, by, rules)
      trail.call({ call: 'retake', c, by, answer })
      next.workers[by] = idleWorker()
      if (!answer) return
      const command = commandAt(next, c)
      if (command.obsolete) trail.broken('I1: a retry passed that a newer command had replaced')
      if (command.undone) trail.broken('I6: a retry passed whose caller was told that nothing was accepted')
      if (mayHaveWorked) trail.broken('I7: sent again without asking the vendor first')
      command.met = isMet(command.kind, next.vendor.state)
      next.workers[by] = { ...idleWorker(), at: 'claimed', c, gate: true }
    }),
    faulty(state, 'store', `${what} and does not hear of it`, (next) => {
      if (retake(next, c, by, rules)) commandAt(next, c).met = isMet(before.kind, next.vendor.state)
      next.workers[by] = idleWorker()
    }),
  ]
}
