import { stat } from 'node:fs/promises'
import type { Logger } from '../core/adapter.js'
import type { Clock } from '../core/clock.js'
import { NO_KEYS, readKeyFile, validKeys, type KeyFile } from './key-file.js'
import type { ApiKey } from '../http/principal.js'

/** How often the file is looked at, ms. A revoked key works for at most this long, and what reading the file takes. */
export const KEY_WATCH_MS = 1_000

export interface KeyWatchParts {
  readonly path: string
  readonly clock: Clock
  readonly logger: Logger
  /** Told when other keys are valid than before. */
  readonly onKeys: (keys: readonly ApiKey[]) => void
  /** Told of the file's content whenever it was read. */
  readonly onFile: (file: KeyFile) => void
}

/** The keys of the file, and of every later one. */
export interface KeyWatch {
  readonly keys: readonly ApiKey[]
  readonly file: KeyFile
  start(): void
  stop(): void
}

/**
 * Follows the keys file. Reads it once, and fails when it is damaged then. Later a file that is damaged or gone changes nothing but the
 * log: the last good keys stay, because a slip of an editor must not lock a whole site out. A secret whose grace is over ends in
 * any case.
 */
export function createKeyWatch({ path, clock, logger, onKeys, onFile }: KeyWatchParts): KeyWatch {
  let file = readKeyFile(path) ?? NO_KEYS
  let keys = validKeys(file, clock.now())
  let seen: string | undefined
  let wasThere = file !== NO_KEYS
  let looking = false
  let stop: (() => void) | undefined

  function tell(): void {
    const now = validKeys(file, clock.now())
    if (JSON.stringify(now) === JSON.stringify(keys)) return
    keys = now
    logger.info({ path, keys: file.keys.length }, 'other keys are valid now')
    onKeys(keys)
  }

  async function look(): Promise<void> {
    const found = await stamp(path)
    if (found === seen) return
    try {
      const read = readKeyFile(path)
      if (read === undefined && wasThere) throw new Error(`the keys file ${path} is gone; put it back, or create the keys anew`)
      seen = found
      wasThere = read !== undefined
      file = read ?? NO_KEYS
      onFile(file)
      tell()
    } catch (error) {
      if (seen !== found) logger.error({ path, err: (error as Error).message }, 'THE KEYS FILE IS NOT USED; the keys read last stay valid')
      seen = found
    }
  }

  return {
    get keys() {
      return keys
    },
    get file() {
      return file
    },
    start() {
      stop = clock.every(KEY_WATCH_MS, () => {
        tell() // a grace may be over
        if (looking) return
        looking = true
        void look().finally(() => (looking = false))
      })
    },
    stop() {
      stop?.()
    },
  }
}

/** Differs whenever the file was written anew: a renamed one has another inode, however fast it came. */
async function stamp(path: string): Promise<string> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(path)
    return `${ino}/${size}/${mtimeMs}/${ctimeMs}`
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unreadable'
  }
}
