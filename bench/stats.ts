/** The middle value; the mean of the two middle ones when there is an even number. Fails on nothing. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('no values')
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? at(sorted, middle) : (at(sorted, middle - 1) + at(sorted, middle)) / 2
}

/** The smallest value that at least `share` (0 to 1) of the sorted values do not exceed: nearest rank. Fails on nothing. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) throw new Error('no values')
  return at(sorted, Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1)))
}

export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
}

export function summary(values: readonly number[]): Summary {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) }
}

/** The order of the variants in one round: each round begins with another one, so that none always runs on a fresh machine. */
export function rotation<T>(variants: readonly T[], round: number): readonly T[] {
  const first = variants.length === 0 ? 0 : round % variants.length
  return [...variants.slice(first), ...variants.slice(0, first)]
}

type Variants = Readonly<Record<string, (round: number) => Promise<unknown>>>
type Results<V extends Variants> = { readonly [K in keyof V]: readonly Awaited<ReturnType<V[K]>>[] }

/** Runs every variant once in every round, one after the other. Answers by variant, in the order of the rounds. */
export async function interleave<V extends Variants>(
  rounds: number,
  variants: V,
  onRound: (round: number) => void = () => undefined,
): Promise<Results<V>> {
  const results = Object.fromEntries(Object.keys(variants).map((name) => [name, [] as unknown[]]))
  for (let round = 0; round < rounds; round += 1) {
    onRound(round)
    for (const [name, run] of rotation(Object.entries(variants), round)) results[name]?.push(await run(round))
  }
  return results as unknown as Results<V>
}

function at(values: ArrayLike<number>, index: number): number {
  const value = values[index]
  if (value === undefined) throw new Error(`no value at ${index}`)
  return value
}
