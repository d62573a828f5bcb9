import type { Argument } from './redis-script-call.js'
import type { RedisScript, StepScript } from './redis-scripts.js'

/**
 * Steps of one call. So many leave as soon as they are together, while this process still works on what else it has to do in this turn: so
 * Redis makes the first ones meanwhile, and its answers are there when this process is done. As one call at the end of the turn each of the
 * two waited for the other: of 50 connections all were answered, then all asked, then all waited.
 */
const MOST = 20

/** What a step comes to. */
export interface StepAnswer {
  readonly answer: unknown
  /** The agent's text as the step has left it; '' when it has not written it, or has not made it itself. */
  readonly text: string
  /** The epoch in force. */
  readonly epoch: string
}

/** Runs one script that is no step of a command: the engine's deadline, then the script's own arguments. */
export type Run = (script: Exclude<RedisScript, StepScript>, deadline: number, ...args: readonly Argument[]) => Promise<unknown>

/** A step of the command log: its script, the engine's deadline, the script's own arguments. */
export type RunStep = (script: StepScript, deadline: number, args: readonly Argument[]) => Promise<StepAnswer>

interface Step {
  readonly script: StepScript
  readonly deadline: number
  readonly args: readonly Argument[]
  readonly resolve: (answer: StepAnswer) => void
  readonly reject: (error: unknown) => void
}

export type Call = (script: RedisScript, args: readonly Argument[]) => Promise<unknown>

/**
 * Steps of the command log that are asked for in one turn of the event loop, of whatever agents, leave together: a call costs Redis
 * about 10 µs, and this process as much, before it does anything.
 *
 * Guarantees: the steps are made in their order, each with its own deadline and its own outcome, as if they had been sent one by one; a
 * script that is not among them is sent after those that were asked for before it, and waits (`hold`) for others that are so. A lost
 * connection fails all of them.
 */
export function createBatch(call: Call, hold: () => void): { readonly run: Run; readonly step: RunStep } {
  let waiting: Step[] = []
  let scheduled = false

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    // When all sockets that had something to read have been read: not at the end of each one's callback.
    setImmediate(() => {
      scheduled = false
      sendWaiting()
    })
  }

  function sendWaiting(): void {
    const steps = waiting
    const [first] = steps
    if (first === undefined) return
    waiting = []
    const fail = (error: unknown): void => {
      for (const { reject } of steps) reject(error)
    }
    const answered = (answer: unknown): void => tell(steps, answer as Answers)
    if (steps.length === 1) {
      call(first.script, [first.deadline, ...first.args]).then(answered, fail)
      return
    }
    const flat: Argument[] = []
    for (const { script, deadline, args } of steps) {
      flat.push(script, args.length + 1, deadline)
      for (const arg of args) flat.push(arg)
    }
    call('ctiBatch', flat).then(answered, fail)
  }

  return {
    run(script, deadline, ...args) {
      hold()
      sendWaiting()
      return call(script, [deadline, ...args])
    },
    step: (script, deadline, args) =>
      new Promise((resolve, reject) => {
        waiting.push({ script, deadline, args, resolve, reject })
        if (waiting.length === MOST) sendWaiting()
        else schedule()
      }),
  }
}

/** The epoch, then of each step its answer or error, and the agent's text. */
type Answers = readonly [string | null, ...unknown[]]

function tell(steps: readonly Step[], answers: Answers): void {
  const epoch = answers[0] ?? ''
  let at = 1
  for (const { resolve, reject } of steps) {
    const answer = answers[at]
    if (answer instanceof Error) reject(answer)
    else resolve({ answer, text: String(answers[at + 1]), epoch })
    at += 2
  }
}
