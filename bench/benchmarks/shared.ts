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

/** What was prepared for an instant to come. */
export interface Prepared {
  /** Whether everything was waiting when the instant came; otherwise nothing was measured. */
  readonly inTime: boolean
  readonly preparedMs: number
}

/** Chooses how long before the instant the preparation must begin, from how long it took the last time. */
export interface Lead {
  /** Runs with a lead for so many commands, and again with a longer one when it was not enough. */
  run<T extends Prepared>(commands: number, run: (leadMs: number) => Promise<T>): Promise<T>
}

const LEAD_TRIES = 4

export function createLead(msPerCommand: number): Lead {
  let perCommand = msPerCommand
  return {
    async run(commands, run) {
      for (let tries = 0; tries < LEAD_TRIES; tries += 1) {
        const result = await run(Math.round(1000 + 1.4 * perCommand * commands))
        perCommand = Math.max(result.preparedMs / commands, result.inTime ? 0 : 1.5 * perCommand)
        if (result.inTime) return result
      }
      throw new Error(`${commands} retries could not be prepared in time, ${LEAD_TRIES} times`)
    },
  }
}
