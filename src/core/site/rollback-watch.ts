import type { Logger } from '../adapter.js'
import type { Clock } from '../clock.js'
import type { CommandLog } from '../command-log.js'
import type { Beat, EngineRegistry } from './engine-registry.js'
import { toCtiError } from '../model/error.js'

/** What this installation has seen of its engine, kept outside of it. */
export interface Witness {
  /** Which engine: see `engineIdentity`. */
  readonly engine: string
  readonly epoch: string
  /** The highest count of a beat. */
  readonly count: number
  /** Epoch ms, our clock: when that was. */
  readonly at: number
}

/** Where the witness is kept. Neither call fails: what cannot be read is missing, what cannot be written is a warning. */
export interface WitnessStore {
  load(): Promise<Witness | undefined>
  save(witness: Witness): Promise<void>
}

export interface BeatCase {
  readonly beat: Pick<Beat, 'epoch' | 'count' | 'previousAt'>
  readonly engine: string
  readonly witness: Witness | undefined
  /** How long no process of the site had beaten before this beat, ms by the engine's clock. */
  readonly silentMs: number
  readonly openCommands: number
}

/** Without a witness a silence that is longer than this does not look like a restart. */
export const SILENCE_MS = 60_000

/**
 * Whether the engine's past is still there. Counts only grow, so a beat that is not above the witnessed one comes from an older
 * state of the engine. The epoch tells the engine's data by itself, wherever it was restored to; its address is asked only when
 * the epoch is another one.
 *
 * | engine's memory of beats | witness | verdict |
 * |---|---|---|
 * | none | none, or of another engine | fine: new |
 * | none | of this engine | rolled back if anything is open: to before the first beat |
 * | same epoch | count lower than the beat's | fine, however long it was down |
 * | same epoch | any other count | rolled back |
 * | other epoch | of this engine, count lower | fine: another process has declared it meanwhile |
 * | other epoch | of this engine, any other count | rolled back: to before the witnessed epoch |
 * | any | none, or of another engine and epoch | rolled back if silent for more than 60 s and anything is open; else fine |
 */
export function judgeBeat({ beat, engine, witness, silentMs, openCommands }: BeatCase): 'fine' | 'rolled-back' {
  const ours = witness !== undefined && (witness.epoch === beat.epoch || witness.engine === engine)
  if (beat.previousAt === undefined) return ours && openCommands > 0 ? 'rolled-back' : 'fine'
  if (ours) return beat.count > witness.count ? 'fine' : 'rolled-back'
  return silentMs > SILENCE_MS && openCommands > 0 ? 'rolled-back' : 'fine'
}

/** Looks at every beat for signs that the engine was rolled back under the running gateway. */
export interface RollbackWatch {
  /** Epoch ms (engine's clock): the newest sign of life of anybody before this process came; missing on a new engine. */
  readonly lastSignBefore: number | undefined
  /** No other process was alive when this one came. */
  readonly aloneAtStart: boolean
  /** For `Heartbeat.observe`. */
  readonly heard: (beat: Beat) => void
  /** The last witness is written. */
  stop(): Promise<void>
}

export interface RollbackWatchParts {
  readonly registry: EngineRegistry
  readonly log: Pick<CommandLog, 'backlog'>
  /** This process, as its heartbeat calls it. */
  readonly owner: string
  /** See `engineIdentity`. */
  readonly engine: string
  readonly witnesses: WitnessStore
  readonly clock: Clock
  readonly logger: Logger
  readonly storeTimeoutMs: number
  /** Called once for every rollback that this process has found. */
  readonly onRollback?: () => void
}

/** Other processes have seen higher counts than this one: a new epoch begins above all of them. */
const MARGIN = 10_000
const SAVE_EVERY_MS = 1_000
const START_CALL_MS = 5_000
const START_PAUSE_MS = 500
const START_TRIES = 6

/**
 * Judges the engine before any command is run, and declares a new epoch if it was rolled back: what is open then is read at its
 * vendor and not sent. Afterwards every beat is judged by the watch that it answers.
 *
 * Patient with an engine that has just been opened and is still slow. Fails: STORE_UNAVAILABLE after half a minute; then nothing
 * may be run.
 */
export async function checkAtStart(parts: RollbackWatchParts): Promise<RollbackWatch> {
  // Read before the beat: another process of this machine may write a higher count at any time.
  const witness = await parts.witnesses.load()
  const declare = createDeclaration(parts)
  let first: Beat | undefined
  for (let tries = START_TRIES; ; tries -= 1) {
    try {
      const seen = await judgeAtStart(parts, witness, declare, (beat) => (first ??= beat))
      await parts.witnesses.save(seen)
      return createWatch(parts, declare, seen, first)
    } catch (error) {
      if (tries <= 1 || toCtiError(error).code !== 'STORE_UNAVAILABLE') throw error
      await parts.clock.sleep(START_PAUSE_MS)
    }
  }
}

async function judgeAtStart(
  parts: RollbackWatchParts,
  witness: Witness | undefined,
  declare: Declare,
  onBeat: (beat: Beat) => void,
): Promise<Witness> {
  const { registry, owner, clock, engine } = parts
  const within = (): { deadline: number } => ({ deadline: clock.now() + START_CALL_MS })
  const beat = await registry.beat(owner, within())
  onBeat(beat)
  const { open } = await parts.log.backlog(within())
  // The second one answers the engine's time of the first: how long it was silent, by its own clock.
  const again = await registry.beat(owner, within())
  const silentMs = (again.previousAt ?? 0) - (beat.previousAt ?? again.previousAt ?? 0)
  const verdict = judgeBeat({ beat, engine, witness, silentMs, openCommands: open })
  return verdict === 'rolled-back'
    ? declare(beat, again.count, witness)
    : { engine, epoch: again.epoch, count: again.count, at: clock.now() }
}

type Declare = (beat: Beat, countNow: number, witness: Witness | undefined) => Promise<Witness>

/** Says loudly what was lost, and makes everything accepted so far `beforeRollback`. */
function createDeclaration({ registry, clock, engine, storeTimeoutMs, logger, onRollback }: RollbackWatchParts): Declare {
  return async (beat, countNow, witness) => {
    const count = Math.max(countNow, witness?.count ?? 0) + MARGIN
    const epoch = await registry.newEpoch(beat.epoch, count, { deadline: clock.now() + storeTimeoutMs })
    logger.error(
      {
        lostBeats: witness === undefined ? undefined : witness.count - beat.count,
        from: isoOf(beat.previousAt),
        to: isoOf(witness?.at),
        epoch,
      },
      'the storage engine was rolled back to an older snapshot: what is open in it is read at its platform and not sent',
    )
    onRollback?.()
    return { engine, epoch, count, at: clock.now() }
  }
}

const isoOf = (at: number | undefined): string | undefined => (at === undefined ? undefined : new Date(at).toISOString())

function createWatch(
  { clock, logger, witnesses, engine, log, storeTimeoutMs }: RollbackWatchParts,
  declare: Declare,
  first: Witness,
  beat: Beat | undefined,
): RollbackWatch {
  let seen = first
  let savedAt = clock.monotonic()
  let busy: Promise<void> | undefined

  async function judge(beat: Beat): Promise<void> {
    // A count that has grown needs no look at the log: this is what every healthy beat comes to.
    const grown = beat.previousAt !== undefined && beat.count > seen.count
    const openCommands = grown ? 0 : (await log.backlog({ deadline: clock.now() + storeTimeoutMs })).open
    const verdict = judgeBeat({ beat, engine, witness: seen, silentMs: 0, openCommands })
    seen =
      verdict === 'rolled-back' ? await declare(beat, beat.count, seen) : { engine, epoch: beat.epoch, count: beat.count, at: clock.now() }
    if (verdict === 'fine' && clock.monotonic() - savedAt < SAVE_EVERY_MS) return
    savedAt = clock.monotonic()
    await witnesses.save(seen)
  }

  return {
    lastSignBefore: beat?.previousAt,
    aloneAtStart: beat !== undefined && beat.alive.length <= 1,
    heard(beat) {
      // A store that is away leaves `seen` as it was, so that the next beat is judged against the same.
      busy ??= judge(beat)
        .catch((error: unknown) =>
          logger.warn({ err: toCtiError(error).message }, 'rollback of the engine not declared; the next beat is judged again'),
        )
        .finally(() => (busy = undefined))
    },
    async stop() {
      await busy
      await witnesses.save(seen)
    },
  }
}
