import { mkdirSync, readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { randomUUID } from 'node:crypto'
import { ADAPTERS } from './adapters/index.js'
import { ConfigError, describeIssue, type Config } from './config.js'
import type { Logger } from './core/adapter.js'
import { systemClock } from './core/clock.js'
import { createCore, type Core } from './core/core.js'
import { CtiError } from './core/model/error.js'
import { createPlatforms, type PlatformSpec } from './core/platforms.js'
import { createPresence } from './core/presence.js'
import { openEngine } from './core/store/open.js'
import { createViews, type Views } from './core/views.js'
import type { Engine } from './core/wake-ups.js'
import { createApp, createServer } from './http/app.js'
import type { HttpParts } from './http/context.js'
import { createHotRoute } from './http/hot-route.js'
import type { ApiKey } from './http/principal.js'
import { createMetrics } from './ops/metrics.js'

export interface Gateway {
  /** Where it listens, for example `http://127.0.0.1:8080`. */
  readonly url: string
  readonly engine: Engine
  /** Stops accepting, finishes what is on its way within the configured bound, closes everything. Idempotent. */
  stop(): Promise<void>
}

export interface GatewayOptions {
  readonly config: Config
  readonly keys: readonly ApiKey[]
  readonly logger: Logger
  /** For tests: every answer is checked against the API description. */
  readonly validateResponses?: boolean
  /** `false`: every request goes through the application; for tests that compare the two ways. */
  readonly hot?: boolean
  /** An engine that is open already, instead of the configured one; it is closed with the gateway. */
  readonly engine?: Engine
  /** Told what is happening during the start, for people. */
  readonly onProgress?: (text: string) => void
}

export const OPENAPI = new URL('../openapi/gateway.yaml', import.meta.url)
const { version: VERSION } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

/** The composition root: configuration → running gateway. Fails: `ConfigError`, or what the engine or the port say. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, logger } = options
  const clock = systemClock
  const presence = createPresence()
  let store: Engine | undefined
  const platforms = createPlatforms(await platformSpecs(config), presence, clock, logger, config.limits.readTimeoutMs, {
    budgets: () => store?.budgets,
    storeTimeoutMs: config.limits.storeTimeoutMs,
    onRate: (account) => store?.bus.publish({ kind: 'rate', account }),
  })
  let engine: Engine | undefined
  let core: Core | undefined
  let views: Views | undefined
  let stopping = false
  const metrics = createMetrics({ clock, version: VERSION })
  const opened = <T>(value: T | undefined): T => {
    if (value === undefined) throw new CtiError('STORE_UNAVAILABLE', { detail: 'the store is being opened', retryAfterMs: 1000 })
    return value
  }
  const parts: HttpParts = {
    platforms,
    commands: () => opened(core).commands,
    views: () => opened(views),
    engine: () => engine,
    stopping: () => stopping,
    keys: options.keys,
    clock,
    logger,
    storeTimeoutMs: config.limits.storeTimeoutMs,
    openapi: readFileSync(OPENAPI, 'utf8'),
    metrics: metrics.render,
  }
  const app = createApp(parts, { validateResponses: options.validateResponses === true })
  const server = createServer(app, options.hot === false ? undefined : createHotRoute(parts))
  metrics.observe(server)
  // HTTP first: while the store opens, health answers and everything else says 503.
  const url = await listen(server, config.host, config.port)
  try {
    const fresh = options.engine ?? (await openConfigured(options))
    store = fresh
    fresh.bus.subscribe((message) => {
      if (message.kind === 'rate') platforms.get(message.account)?.gate.rateChanged()
    })
    core = createCore({
      engine: { ...fresh, log: metrics.timed(fresh.log) },
      platforms,
      presence,
      clock,
      logger,
      settings: { ...config.limits, expiryMs: config.expiryMs, retry: config.retry },
      onChange: metrics.changed,
      onRewoken: metrics.rewoken,
    })
    const { leaseMs, sendTimeoutMs, storeTimeoutMs } = config.limits
    metrics.watch({ engine: fresh, platforms, idleMs: leaseMs + sendTimeoutMs, storeTimeoutMs })
    views = createViews(presence, clock, core.commands, config.limits.readTimeoutMs)
    await platforms.start()
    await core.start()
    engine = fresh
  } catch (error) {
    metrics.stop()
    await close(server)
    throw error
  }
  const ready = engine
  let stopped: Promise<void> | undefined
  return {
    url,
    engine: ready,
    stop() {
      stopping = true
      stopped ??= (async () => {
        server.close()
        server.closeIdleConnections()
        await core?.stop(config.limits.stopMs)
        await close(server)
        await ready.wakeUps.close(2000)
        await platforms.stop(5000)
        await ready.close()
        metrics.stop()
      })()
      return stopped
    },
  }
}

function openConfigured({ config, logger, onProgress }: GatewayOptions): Promise<Engine> {
  mkdirSync(config.dataDir, { recursive: true })
  onProgress?.(`opening the ${config.engine.split(':')[0]} engine`)
  // The first start of the embedded engine takes seconds; people are told how far it is.
  const log: Logger = {
    debug: (fields, text) => logger.debug(fields, text),
    warn: (fields, text) => logger.warn(fields, text),
    error: (fields, text) => logger.error(fields, text),
    info(fields, text) {
      logger.info(fields, text)
      onProgress?.(text)
    },
  }
  return openEngine(config.engine, { dataDir: config.dataDir, log, clock: systemClock, owner: randomUUID() })
}

/** Loads the adapters and checks each platform's options. Fails: `ConfigError` with all problems of all platforms. */
async function platformSpecs(config: Config): Promise<PlatformSpec[]> {
  const problems: string[] = []
  const specs: PlatformSpec[] = []
  for (const [index, platform] of config.platforms.entries()) {
    const load = Object.hasOwn(ADAPTERS, platform.adapter) ? ADAPTERS[platform.adapter] : undefined
    if (load === undefined) {
      problems.push(`platforms[${index}].adapter: there is no adapter "${platform.adapter}"; there are ${Object.keys(ADAPTERS).join(', ')}`)
      continue
    }
    const definition = await load()
    const parsed = definition.options.safeParse(platform.options)
    const { ratePerSecond, burst } = platform
    const limits = { ...(ratePerSecond !== undefined && { ratePerSecond }), ...(burst !== undefined && { burst }) }
    if (parsed.success) specs.push({ id: platform.id, definition, options: parsed.data, limits })
    else problems.push(...parsed.error.issues.map((issue) => `platforms[${index}].options.${describeIssue(issue)}`))
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return specs
}

function listen(server: Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new Error(`port ${port} on ${host} is in use; choose another with CTI_PORT`) : error)
    })
    server.listen(port, host, () => resolve(`http://${host}:${(server.address() as AddressInfo).port}`))
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
