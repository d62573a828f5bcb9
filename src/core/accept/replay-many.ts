import type { Commands } from './commands.js'
import type { Command, Origin } from '../model/command.js'
import { toCtiError, type CtiError, type ErrorCode } from '../model/error.js'

export interface ReplayFilter {
  readonly platform?: string
  /** Code of the problem that the command ended with. */
  readonly code?: string
  /** Only those that died before, epoch ms. */
  readonly before?: number
  /** Dead letters that are tried, at most. */
  readonly limit: number
  /** Those that the caller reaches. */
  readonly mayTouch: (command: Command) => boolean
}

/** What became of one dead letter. */
export interface Replayed {
  readonly letter: Command
  /** The new command; missing: it was refused. */
  readonly command?: Command
  readonly refusal?: CtiError
}

export interface ReplayedMany {
  /** Newest first. */
  readonly results: readonly Replayed[]
  /** `before` for those that are left, epoch ms; missing: there are none. */
  readonly next?: number
}

/** Dead letters that one call looks at. */
const LOOKED_AT = 1_000
const AT_ONCE = 8
/** Failures that meet every further one, too. */
const AWAY: ReadonlySet<ErrorCode> = new Set(['STORE_UNAVAILABLE', 'STOPPING'])

/**
 * Replays the dead letters that fit, the newest first, so that of several of one agent only the newest goes out. None is waited for.
 *
 * Guarantees: bounded; each is replayed or refused by the rules of `replay`, and the answer says which. Once the store is away no
 * further one is tried: those are refused with what the first one failed with. Fails: STORE_UNAVAILABLE when not even the list can be read.
 */
export async function replayMany(commands: Pick<Commands, 'dead' | 'replay'>, filter: ReplayFilter, origin: Origin): Promise<ReplayedMany> {
  const { letters, next } = lettersOf(await commands.dead(LOOKED_AT, filter.before), filter)
  const results = new Map<string, Replayed>()
  let broken: CtiError | undefined

  async function replay(letter: Command): Promise<Replayed> {
    if (broken !== undefined) return { letter, refusal: broken }
    try {
      return { letter, command: await commands.replay(letter.id, origin, 0) }
    } catch (error) {
      const refusal = toCtiError(error)
      if (AWAY.has(refusal.code)) broken = refusal
      return { letter, refusal }
    }
  }

  const queue = letters.values()
  const lane = async (): Promise<void> => {
    for (const letter of queue) results.set(letter.id, await replay(letter))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  return { results: letters.flatMap(({ id }) => results.get(id) ?? []), ...(next !== undefined && { next }) }
}

function lettersOf(
  page: readonly Command[],
  { platform, code, limit, mayTouch }: ReplayFilter,
): { readonly letters: readonly Command[]; readonly next: number | undefined } {
  const letters: Command[] = []
  for (const letter of page) {
    // Those of one instant belong together: `before` could not tell them apart.
    if (letters.length >= limit && letter.settledAt !== letters.at(-1)?.settledAt) return { letters, next: justAfter(letter) }
    const fits = (platform === undefined || letter.platform === platform) && (code === undefined || letter.problem?.code === code)
    if (fits && mayTouch(letter)) letters.push(letter)
  }
  const last = page.at(-1)
  return { letters, next: page.length < LOOKED_AT || last === undefined ? undefined : justAfter(last) }
}

function justAfter({ settledAt = 0 }: Command): number {
  return settledAt + 1
}
