import { goalNamed, GOALS, idOf, verdictOf, type BenchmarkName, type Goal, type Verdict } from './goals.js'
import type { Machine } from './machine.js'
import type { Mode } from './sizes.js'
import { summary, type Summary } from './stats.js'
import { judgedFigure, type Outcome, type RoundFigure, type Row } from './types.js'

/** One criterion with everything that was measured for it. */
export interface Finding extends Goal {
  readonly id: string
  readonly ours: Summary
  readonly theirs?: Summary
  /** What is compared with floor and target. */
  readonly value: Summary
  readonly verdict: Verdict
  readonly rounds: readonly (RoundFigure & { readonly value: number })[]
}

/** A whole run. This is what `--json` prints. */
export interface Report {
  readonly mode: Mode
  readonly seconds: number
  readonly machine: Machine
  /** In the order of the goals. */
  readonly findings: readonly Finding[]
  /** Further figures by benchmark: name, then one a round. */
  readonly raw: Readonly<Partial<Record<BenchmarkName, Outcome['raw']>>>
  readonly notes: readonly string[]
  /** What must not be. */
  readonly faults: readonly string[]
  /** Benchmarks that could not be run, and why. */
  readonly failed: readonly { readonly benchmark: BenchmarkName; readonly error: string }[]
}

export function findingOf({ goal: name, rounds }: Row): Finding {
  const goal = goalNamed(name)
  const judged = rounds.map((round) => ({ ...round, value: judgedFigure(goal, round) }))
  const peers = rounds.flatMap(({ peer }) => (peer === undefined ? [] : [peer]))
  const value = summary(judged.map((round) => round.value))
  return {
    ...goal,
    id: idOf(goal),
    ours: summary(rounds.map(({ ours }) => ours)),
    ...(peers.length > 0 && { theirs: summary(peers) }),
    value,
    verdict: verdictOf(goal, value.median),
    rounds: judged,
  }
}

export function findingsOf(rows: readonly Row[]): readonly Finding[] {
  return GOALS.flatMap(({ name }) => rows.filter(({ goal }) => goal === name).map(findingOf))
}

/** Three significant digits, thousands separated; whole numbers stay whole. */
export function number(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 100) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(Math.abs(value) >= 10 ? 3 : 2 + (Math.abs(value) >= 1 ? 1 : 0))))
}

export const VERDICT_TEXT: Readonly<Record<Verdict, string>> = { target: 'met target', floor: 'met floor', below: 'below' }

/** Cells of one finding, as text; the same on the terminal and in the document. */
export function cellsOf(finding: Finding): readonly string[] {
  const { id, what, peer, unit, ours, theirs, value, floor, target, better, judged, verdict } = finding
  const sign = better === 'more' ? '≥' : '≤'
  const suffix = judged === 'ratio' ? '×' : ` ${unit}`
  return [
    id,
    peer === undefined ? what : `${what} / ${peer}`,
    `${number(ours.median)} ${unit}`,
    theirs === undefined ? '–' : `${number(theirs.median)} ${unit}`,
    `${number(value.median)}${suffix} [${number(value.min)}–${number(value.max)}]`,
    floor === undefined ? '–' : `${sign} ${number(floor)}`,
    `${sign} ${number(target)}`,
    VERDICT_TEXT[verdict],
  ]
}

export const COLUMNS = ['id', 'what / compared with', 'ours', 'peer', 'judged: median [min–max]', 'floor', 'target', 'verdict'] as const

/** The further figures, as text: name, median and span. */
export function furtherOf(report: Pick<Report, 'raw'>): readonly (readonly [name: string, figures: string])[] {
  return Object.values(report.raw).flatMap((figures) =>
    Object.entries(figures)
      .filter(([, values]) => values.length > 0)
      .map(([name, values]) => {
        const { median, min, max } = summary(values)
        return [name, `${number(median)} [${number(min)}–${number(max)}]`] as const
      }),
  )
}
