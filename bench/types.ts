import type { BenchmarkName, Goal, GoalName } from './goals.js'
import type { Lab } from './lab/lab.js'
import type { Size } from './sizes.js'

/** One criterion in one round: our figure, and the peer's of the same round. */
export interface RoundFigure {
  readonly ours: number
  readonly peer?: number
}

export interface Row {
  readonly goal: GoalName
  readonly rounds: readonly RoundFigure[]
}

/** What one benchmark has found. */
export interface Outcome {
  readonly rows: readonly Row[]
  /** Further figures of every round, for `--json`: name, then one figure a round. */
  readonly raw: Readonly<Record<string, readonly number[]>>
  /** What a reader must know of the set-up, in full sentences. */
  readonly notes: readonly string[]
  /** What must not be: commands lost, done twice or out of order. */
  readonly faults: readonly string[]
}

export interface BenchContext {
  readonly lab: Lab
  readonly size: Size
  /** A line of progress. */
  say(text: string): void
}

export interface Benchmark {
  readonly name: BenchmarkName
  readonly title: string
  /** Fails when it could not be run to its end. */
  run(context: BenchContext): Promise<Outcome>
}

/** The figure of a round that is compared with floor and target. */
export function judgedFigure(goal: Pick<Goal, 'judged'>, { ours, peer }: RoundFigure): number {
  if (goal.judged === 'figure') return ours
  if (peer === undefined) throw new Error('a ratio needs the figure of a peer')
  return ours / peer
}
