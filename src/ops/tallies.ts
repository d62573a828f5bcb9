import type { Metric, Registry } from 'prom-client'

/**
 * Counters and histograms for what happens per command. They count in plain numbers and are put into the format of prom-client when
 * they are asked for: its own `inc` and `observe` check and hash the labels every time, which were 35 of the microseconds that a
 * command costs. What is rarer is prom-client's own.
 */

/** Values of the labels, in the order of their names. */
type Values = readonly [string, string?, string?]

export interface Count {
  n: number
}

export interface Timing {
  observe(value: number): void
}

/** Made at the first event of its labels, then kept: labels have few values. */
export interface Family<Cell> {
  at(...values: Values): Cell
}

interface Described {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly string[]
}

/** One line of the output, as prom-client's registry takes it. */
interface Sample {
  readonly metricName: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

export function countsOf(registry: Registry, described: Described): Family<Count> {
  const { cells, family } = createFamily<Count>(described, () => ({ n: 0 }))
  register(registry, described, 'counter', () => cells().map(([labels, { n }]) => ({ metricName: described.name, labels, value: n })))
  return family
}

interface TimingCell extends Timing {
  readonly counts: readonly number[]
  readonly sum: () => number
}

/** `bounds`: upper ends of the buckets, ascending. */
export function timingsOf(registry: Registry, described: Described, bounds: readonly number[]): Family<Timing> {
  const { cells, family } = createFamily<TimingCell>(described, () => createTiming(bounds))
  register(registry, described, 'histogram', () => cells().flatMap(([labels, cell]) => samplesOf(described.name, labels, cell, bounds)))
  return family
}

function createTiming(bounds: readonly number[]): TimingCell {
  const counts = new Array<number>(bounds.length + 1).fill(0)
  let sum = 0
  return {
    counts,
    sum: () => sum,
    observe(value) {
      let at = 0
      while (at < bounds.length && value > (bounds[at] as number)) at += 1
      counts[at] = (counts[at] as number) + 1
      sum += value
    },
  }
}

/** Buckets are cumulative. */
function samplesOf(name: string, labels: Sample['labels'], { counts, sum }: TimingCell, bounds: readonly number[]): Sample[] {
  let total = 0
  const samples = counts.map((count, at) => {
    total += count
    return { metricName: `${name}_bucket`, labels: { ...labels, le: bounds[at] ?? '+Inf' }, value: total }
  })
  return [...samples, { metricName: `${name}_sum`, labels, value: sum() }, { metricName: `${name}_count`, labels, value: total }]
}

function createFamily<Cell>({ labelNames }: Described, make: () => Cell) {
  // One level for each label: to put the values together into one text would cost more than to find them one by one.
  const all = new Map<string, Map<string, Map<string, Cell>>>()
  const family: Family<Cell> = {
    at(first, second = '', third = '') {
      const known = all.get(first)?.get(second)?.get(third)
      if (known !== undefined) return known
      const cell = make()
      childOf(childOf(all, first), second).set(third, cell)
      return cell
    },
  }
  const labelsOf = (...values: readonly string[]): Readonly<Record<string, string>> =>
    Object.fromEntries(labelNames.map((name, index) => [name, values[index] ?? '']))
  const cells = (): (readonly [Readonly<Record<string, string>>, Cell])[] =>
    [...all].flatMap(([first, seconds]) =>
      [...seconds].flatMap(([second, thirds]) => [...thirds].map(([third, cell]) => [labelsOf(first, second, third), cell] as const)),
    )
  return { family, cells }
}

function childOf<V>(parent: Map<string, Map<string, V>>, name: string): Map<string, V> {
  const known = parent.get(name)
  if (known !== undefined) return known
  const made = new Map<string, V>()
  parent.set(name, made)
  return made
}

/** The registry asks a metric for nothing but `get` (prom-client, registry.js). */
function register(registry: Registry, { name, help }: Described, type: 'counter' | 'histogram', samples: () => readonly Sample[]): void {
  const metric = {
    name,
    help,
    type,
    aggregator: 'sum',
    get: () => Promise.resolve({ name, help, type, aggregator: 'sum', values: samples() }),
  }
  registry.registerMetric(metric as unknown as Metric)
}
