import type { ChildApi } from '../lab/child.js'
import type { Child } from '../lab/children.js'
import type { LoadGeneratorApi, LoadResult, LoadSpec } from '../lab/load-generator.js'

/** More than this share of unexpected answers, and a figure is not worth having. */
const TOLERATED = 0.001

/** Passes on a result whose answers were as expected. */
export function needAnswers(who: string, result: LoadResult): LoadResult {
  const failed = Object.values(result.failures).reduce((sum, count) => sum + count, 0)
  if (failed > TOLERATED * (result.ok + failed)) throw new Error(`${who}: unexpected answers ${JSON.stringify(result.failures)}`)
  return result
}

/** One load, and the processor time that the loaded process took for one good answer, µs. */
export async function measureLoad(
  generator: Child<LoadGeneratorApi>,
  loaded: Child<ChildApi> | undefined,
  spec: LoadSpec,
): Promise<LoadResult & { readonly cpuUs: number }> {
  const before = (await loaded?.cpu()) ?? 0
  const result = needAnswers(spec.stream, await generator.call('load', spec, 600_000))
  const used = ((await loaded?.cpu()) ?? 0) - before
  return { ...result, cpuUs: used / Math.max(1, result.ok) }
}

/** Two lists of one figure a round, as rounds. */
export function rounds(ours: readonly number[], peer?: readonly number[]): { ours: number; peer?: number }[] {
  return ours.map((figure, index) => ({ ours: figure, ...(peer !== undefined && { peer: peer[index] as number }) }))
}

/**
 * Runs what must be prepared before an instant, with a longer lead when it was not ready in time. Answers the result and
 * the lead that was long enough.
 */
export async function withLead<T extends { readonly inTime: boolean }>(
  firstMs: number,
  run: (leadMs: number) => Promise<T>,
): Promise<{ readonly result: T; readonly leadMs: number }> {
  for (let leadMs = firstMs; leadMs <= 8 * firstMs; leadMs *= 2) {
    const result = await run(leadMs)
    if (result.inTime) return { result, leadMs }
  }
  throw new Error(`the retries could not be prepared within ${8 * firstMs} ms`)
}
