import type { Config } from '../config.js'
import type { Logger } from '../core/adapter.js'
import type { AuditNote } from '../core/audit/audit-recorder.js'
import type { Clock } from '../core/clock.js'
import { createKeyring, type Keyring } from '../http/keyring.js'
import type { ApiKey } from '../http/principal.js'
import { keysFileOf, type KeyFile } from './key-file.js'
import { createKeyWatch } from './key-watch.js'

export interface GatewayKeysParts {
  readonly config: Pick<Config, 'keysFile' | 'dataDir'>
  /** Those that do not change while the gateway runs: of the configuration, or for development. */
  readonly keys: readonly ApiKey[]
  readonly clock: Clock
  readonly logger: Logger
  /** Told of what the keys file holds whenever it was written. */
  readonly onFile: (file: KeyFile) => void
}

/** All keys of a running gateway. */
export interface GatewayKeys {
  readonly keyring: Keyring
  /** What the keys file held when it was last read. */
  readonly file: KeyFile
  start(): void
  stop(): void
}

/** What the file remembers of its changes since then (epoch ms), for the audit trail. The same change is always the same row. Pure. */
export function keyNotes({ changes }: KeyFile, since: number): readonly AuditNote[] {
  return changes
    .filter(({ at }) => at >= since)
    .map(({ what, name, at, by }) => ({
      id: `key/${name}/${what}/${at}`,
      at,
      what: 'key',
      principal: `cli:${by}`,
      detail: `${what} ${name}`,
    }))
}

/** Fixed keys, and those of the keys file as it is now. Fails: when the keys file is damaged. */
export function openKeys({ config, keys, clock, logger, onFile }: GatewayKeysParts): GatewayKeys {
  const watch = createKeyWatch({
    path: keysFileOf(config),
    clock,
    logger,
    onKeys: (found) => keyring.replace([...keys, ...found]),
    onFile,
  })
  const keyring = createKeyring([...keys, ...watch.keys], clock)
  if (keys.length + watch.keys.length === 0)
    logger.warn({ path: keysFileOf(config) }, 'there is no API key: nobody can call; make one with cti-gateway keys create')
  return {
    keyring,
    get file() {
      return watch.file
    },
    start: watch.start,
    stop: watch.stop,
  }
}
