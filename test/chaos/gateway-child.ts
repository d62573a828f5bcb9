/**
 * The gateway as `cti-gateway start` runs it, from the same build, with a watch on the command log and the adapters that can
 * kill the process at a named point. Orders come over the process channel or, for those that must outlive a restart, in
 * CHAOS_TRAPS (JSON). Without an order it is the product, unchanged.
 */
import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import type * as AdaptersModule from '../../src/adapters/index.js'
import type * as ConfigModule from '../../src/config.js'
import type * as ClockModule from '../../src/core/clock.js'
import type * as OpenModule from '../../src/core/store/open.js'
import type * as GatewayModule from '../../src/gateway.js'
import type * as LoggerModule from '../../src/ops/logger.js'
import { createCrashWatch, type Trap } from './crash-points.js'

interface Modules {
  readonly gateway: typeof GatewayModule
  readonly config: typeof ConfigModule
  readonly 'core/store/open': typeof OpenModule
  readonly 'adapters/index': typeof AdaptersModule
  readonly 'ops/logger': typeof LoggerModule
  readonly 'core/clock': typeof ClockModule
}

/** The build, not the sources: what is tried is what is shipped, and it starts faster. */
async function built<T extends keyof Modules>(name: T): Promise<Modules[T]> {
  return (await import(new URL(`../../dist/${name}.js`, import.meta.url).href)) as Modules[T]
}

async function main(): Promise<void> {
  const [{ startGateway }, { loadConfig }, { openEngine }, { ADAPTERS }, { createLogger }, { systemClock }] = await Promise.all([
    built('gateway'),
    built('config'),
    built('core/store/open'),
    built('adapters/index'),
    built('ops/logger'),
    built('core/clock'),
  ])
  const watch = createCrashWatch(() => process.kill(process.pid, 'SIGKILL'))
  for (const trap of JSON.parse(process.env['CHAOS_TRAPS'] ?? '[]') as Trap[]) watch.arm(trap)
  process.on('message', (trap: Trap) => watch.arm(trap))

  const table = ADAPTERS as Record<string, (typeof ADAPTERS)[string]>
  for (const [kind, load] of Object.entries(ADAPTERS)) {
    table[kind] = async () => {
      const definition = await load()
      return {
        ...definition,
        create: (context: Parameters<typeof definition.create>[0]) => watch.wrap('adapter', definition.create(context)),
      }
    }
  }
  const config = loadConfig(process.env)
  const logger = createLogger(config.logLevel)
  mkdirSync(config.dataDir, { recursive: true })
  const engine = await openEngine(config.engine, { dataDir: config.dataDir, log: logger, clock: systemClock, owner: randomUUID() })
  // A copy with the getters evaluated would freeze them; the log alone is replaced.
  const armed = new Proxy(engine, { get: (real, name) => (name === 'log' ? log : (Reflect.get(real, name) as unknown)) })
  const log = watch.wrap('log', engine.log)
  const gateway = await startGateway({ config, keys: config.keys, logger, engine: armed })
  process.once('SIGTERM', () => void gateway.stop().then(() => process.exit(0)))
  // Whoever started it has gone: so does it.
  process.once('disconnect', () => process.exit(0))
}

await main()
