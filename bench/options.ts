import { parseArgs } from 'node:util'
import { BENCHMARKS, GOALS, idOf, type BenchmarkName } from './goals.js'
import type { Mode } from './sizes.js'

export interface BenchOptions {
  readonly mode: Mode
  readonly json: boolean
  readonly write: boolean
  readonly help: boolean
  /** In the order in which they are run. */
  readonly benchmarks: readonly BenchmarkName[]
}

export const USAGE = `npm run bench [-- OPTIONS]

  --quick      3 rounds and smaller counts, about 3 minutes instead of 12
  --smoke      1 round, tiny counts: does everything run? The figures mean nothing
  --only NAME  only these, by benchmark (${BENCHMARKS.join(', ')}) or goal (${goalIds().join(', ')}); again, or with commas, for more
  --json       one JSON object on stdout, with the figures of every round
  --write      writes docs/performance.md and its chart; needs all benchmarks

Exit code 1 when a benchmark could not run, or a command was lost, done twice or out of order; a missed goal is no error.
`

/** Reads the command line. Fails with a text for people that lists what there is. */
export function optionsOf(argv: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      quick: { type: 'boolean', default: false },
      smoke: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const wanted = new Set(values.only.flatMap((names) => names.split(',')).map(benchmarkNamed))
  if (values.write && wanted.size > 0) throw new Error('--write needs all benchmarks; leave --only out')
  if (values.write && values.smoke) throw new Error('--write needs figures that mean something; leave --smoke out')
  return {
    mode: values.smoke ? 'smoke' : values.quick ? 'quick' : 'full',
    json: values.json,
    write: values.write,
    help: values.help,
    benchmarks: BENCHMARKS.filter((name) => wanted.size === 0 || wanted.has(name)),
  }
}

function benchmarkNamed(name: string): BenchmarkName {
  const word = name.trim().toLowerCase()
  const benchmark = BENCHMARKS.find((candidate) => candidate === word)
  const found = benchmark ?? GOALS.find((goal) => idOf(goal).toLowerCase() === word)?.benchmark
  if (found === undefined) throw new Error(`--only: there is no "${name}"; there are ${[...BENCHMARKS, ...goalIds()].join(', ')}`)
  return found
}

/** Every goal's id, once. */
export function goalIds(): readonly string[] {
  return [...new Set(GOALS.map(idOf))]
}
