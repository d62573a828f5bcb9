import { promisify } from 'node:util'
import { brotliCompress, brotliDecompress, constants } from 'node:zlib'
import type { EngineOptions } from '../command-log.js'
import type { Guard } from './deadline.js'
import { FOLD } from './redis-event-scripts.js'
import type { Run } from './redis-batch.js'

/** An entry of the stream, as XRANGE answers it. */
export type Entry = readonly [id: string, fields: readonly string[]]

const compress = promisify(brotliCompress)
const decompress = promisify(brotliDecompress)
/** Half as long takes six times as long: 2.5 µs of an event, in a thread beside this one. */
const QUALITY = { params: { [constants.BROTLI_PARAM_QUALITY]: 3, [constants.BROTLI_PARAM_LGWIN]: 18 } }
/** Of one go, so that one process is not busy for long with what an older layout has left. */
const MOST = 64

/** Cursors begin at 1; an id is `<cursor>-0`. */
export const cursorOf = (id: string): number => Number(id.slice(0, id.indexOf('-')))

export const entriesOf = (json: Buffer): readonly Entry[] => (json.length === 0 ? [] : (JSON.parse(json.toString()) as readonly Entry[]))

/** What the folds hold, in their order. */
export async function unfold(folds: readonly Buffer[]): Promise<readonly Entry[]> {
  const texts = await Promise.all(folds.map((fold) => decompress(fold)))
  return texts.flatMap(entriesOf)
}

/**
 * Packs the older events of the stream together, behind those who append.
 *
 * Guarantees: an event is in the stream or in a fold, never in both or none, whatever becomes of this process; of several that make the
 * same fold one does. What fails is tried again after the next events.
 */
export function createFolder(guard: Guard, run: Run): (unfolded: number, options: EngineOptions) => void {
  let folding = false

  async function fold(options: EngineOptions): Promise<void> {
    for (let made = 0; made < MOST; made += 1) {
      const found = await guard.run(options, async (deadline) => (await run('ctiEventsToFold', deadline)) as readonly Buffer[])
      const [json, first, last] = found
      if (json === undefined || first === undefined || last === undefined) return
      const packed = await compress(json, QUALITY)
      await guard.run(options, (deadline) => run('ctiEventsFold', deadline, first, last, packed))
    }
  }

  return (unfolded, options) => {
    if (folding || unfolded < 2 * FOLD) return
    folding = true
    fold(options)
      .catch(() => undefined)
      .finally(() => (folding = false))
  }
}
