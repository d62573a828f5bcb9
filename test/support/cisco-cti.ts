import { ciscoCtiWith } from '../../src/adapters/cisco-cti/index.js'
import { options, type CiscoCtiOptions } from '../../src/adapters/cisco-cti/options.js'
import type { Adapter, Logger } from '../../src/core/adapter.js'
import { systemClock, type Clock } from '../../src/core/clock.js'

export const silent: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

/** Quick enough for tests; the rest as documented. */
export function ciscoAdapter(
  ports: readonly number[],
  more: Partial<CiscoCtiOptions> = {},
  clock: Clock = systemClock,
  log: Logger = silent,
): Adapter {
  const settings = options.parse({
    sides: ports.map((port) => ({ host: '127.0.0.1', port })),
    peripheralId: 5000,
    heartbeatMs: 150,
    connectTimeoutMs: 1_000,
    openTimeoutMs: 1_000,
    closeTimeoutMs: 500,
    answerTimeoutMs: 2_000,
    confirmWithinMs: 2_000,
    eventGraceMs: 100,
    ladderMs: [50, 100],
    firstPauseMs: 20,
    ...more,
  })
  return ciscoCtiWith(settings, { platform: 'test', clock, log }, () => 0.5)
}
