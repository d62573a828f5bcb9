import type { Operation } from '../../src/core/model/life-cycle.js'
import type { Appended, TakenBy } from './log.js'
import { copy, fail, mayFail, type FaultKind, type State, type WorkerId } from './state.js'

/** A call of the store and what the model says that it answers; the engines are compared with it. */
export type StoreCall =
  | { readonly call: 'append'; readonly c: number; readonly by: WorkerId; readonly begin: boolean; readonly answer: Appended }
  | { readonly call: 'take'; readonly by: WorkerId; readonly answer: TakenBy }
  | { readonly call: 'release'; readonly by: WorkerId }
  | { readonly call: 'claimSend'; readonly c: number; readonly by: WorkerId; readonly answer: boolean }
  | { readonly call: 'retake'; readonly c: number; readonly by: WorkerId; readonly answer: boolean }
  | {
      readonly call: 'settle'
      readonly c: number
      readonly by: WorkerId | undefined
      readonly operation: Operation
      readonly answer: boolean
    }
  | {
      readonly call: 'finish'
      readonly c: number
      readonly by: WorkerId
      readonly operation: Operation
      readonly answer: { readonly settled: boolean; readonly next: number | undefined }
    }
  /** The lease runs out. */
  | { readonly call: 'expire' }
  /** The process ends; the next one has another name. */
  | { readonly call: 'restart'; readonly by: WorkerId }

/** One atomic thing that can happen. */
export interface Step {
  readonly what: string
  /** Something that goes wrong. Without these every command must come to an end. */
  readonly fault: boolean
  readonly to: State
  readonly calls: readonly StoreCall[]
  /** A rule that this very step breaks. */
  readonly broken: string | undefined
}

/** What the body of a step tells about itself. */
export interface Trail {
  call(call: StoreCall): void
  broken(rule: string): void
}

/** Makes a step by changing a copy of the state. */
export function step(from: State, what: string, change: (state: State, trail: Trail) => void, fault = false): Step {
  const to = copy(from)
  const calls: StoreCall[] = []
  let broken: string | undefined
  change(to, {
    call: (call) => void calls.push(call),
    broken: (rule) => {
      broken ??= rule
    },
  })
  return { what, fault, to, calls, broken }
}

/** A step that spends a fault; undefined when there is none left. */
export function faulty(from: State, kind: FaultKind, what: string, change: (state: State, trail: Trail) => void): Step | undefined {
  if (!mayFail(from, kind)) return undefined
  const spend = (state: State, trail: Trail): void => {
    fail(state, kind)
    change(state, trail)
  }
  return step(from, what, spend, true)
}
