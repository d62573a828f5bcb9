import { mkdirSync, readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ADAPTERS } from './adapters/index.js'
import { ConfigError, describeIssue, type Config } from './config.js'
import { keyNotes, openKeys } from './keys/gateway-keys.js'
import type { KeyFile } from './keys/key-file.js'
import type { AdapterDefinition, Logger } from './core/adapter.js'
import { systemClock } from './core/clock.js'
import { createCore, type Core } from './core/core.js'
import { CtiError } from './core/model/error.js'
import { createPlatforms, type PlatformSpec } from './core/platforms.js'
import { createPresence } from './core/agents/presence.js'
import { createLinkDoor, createSite, type Site } from './core/site/site.js'
import { checkAtStart, type RollbackWatch, type WitnessStore } from './core/site/rollback-watch.js'
import { openEngine } from './core/store/open.js'
import { createWitnessFile, engineIdentity } from './core/store/witness-file.js'
import { createViews, type Views } from './core/agents/views.js'
import type { Engine } from './core/wake-ups.js'
import { createGatewayEvents, type GatewayEvents } from './gateway-events.js'
import { readApiDescription } from './http/api-description.js'
import { createApp, createServer } from './http/app.js'
import type { HttpParts } from './http/context.js'
import type { SandboxButtons } from './http/sandbox-buttons.js'
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
  /** Adapter kinds from outside this repository, beside those that come with the gateway; one of the same name takes its place. */
  readonly adapters?: Readonly<Record<string, () => Promise<AdapterDefinition<never>>>>
  /** An engine that is open already, instead of the configured one; it is closed with the gateway. */
  readonly engine?: Engine
  /** The port is opened last instead of first: for a process that shares it with others that answer meanwhile. */
  readonly listenWhenReady?: boolean
  /** The simulated platforms that were started for this gateway; missing: there are none. */
  readonly sandbox?: SandboxButtons | undefined
  /** Told what is happening during the start, for people. */
  readonly onProgress?: (text: string) => void
}

/** An engine that was opened elsewhere lives as long as whoever opened it: it cannot be rolled back behind the gateway's back. */
const NO_WITNESS: WitnessStore = { load: () => Promise.resolve(undefined), save: () => Promise.resolve() }

/** How long the closing of all links may take, ms. */
const LINKS_STOP_MS = 5_000
/** How long storing the last events may take, ms. */
const EVENTS_STOP_MS = 1_000

/** The page is served as it was written, from the source tree and from the package alike. */
export const CONSOLE = new URL('../src/console/', import.meta.url)
const { version: VERSION } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

/** The composition root: configuration → running gateway. Fails: `ConfigError`, or what the engine or the port say. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, logger } = options
  const clock = systemClock
  const apiKeys = openKeys({ config, keys: options.keys, clock, logger, onFile: (file) => noteKeys(file) })
  const presence = createPresence()
  const owner = randomUUID()
  const door = createLinkDoor(clock)
  let site: Site | undefined
  let store: Engine | undefined
  const gates = {
    budgets: () => store?.budgets,
    storeTimeoutMs: config.limits.storeTimeoutMs,
    onRate: (account: string) => store?.bus.publish({ kind: 'rate', account }),
    processes: () => site?.processes ?? 1,
  }
  const platforms = createPlatforms(
    await platformSpecs(config, { ...ADAPTERS, ...options.adapters }),
    presence,
    clock,
    logger,
    config.limits.readTimeoutMs,
    gates,
    door.wrap,
  )
  let engine: Engine | undefined
  let core: Core | undefined
  let views: Views | undefined
  let watch: RollbackWatch | undefined
  let events: GatewayEvents | undefined
  let stopping = false
  const metrics = createMetrics({ clock, version: VERSION })
  const opened = <T>(value: T | undefined): T => {
    if (value === undefined) throw new CtiError('STORE_UNAVAILABLE', { detail: 'the store is being opened', retryAfterMs: 1000 })
    return value
  }
  const http: HttpParts = {
    platforms,
    commands: () => opened(core).commands,
    views: () => opened(views),
    engine: () => engine,
    events: () => opened(events).streams,
    stopping: () => stopping,
    audit: { note: (note) => core?.audit.note(note) },
    keyring: apiKeys.keyring,
    clock,
    logger,
    storeTimeoutMs: config.limits.storeTimeoutMs,
    openapi: readApiDescription(),
    console: CONSOLE,
    metrics: metrics.render,
    processes: gates.processes,
    ownerOf: (platform) => site?.ownerOf(platform) ?? 'nobody',
    ...(options.sandbox !== undefined && { sandbox: options.sandbox }),
  }
  // Also what was changed while no gateway ran: the file remembers its changes, and a row that is there already stays as it is.
  const noteKeys = (file: KeyFile): void => {
    for (const note of keyNotes(file, clock.now() - config.audit.retentionMs)) core?.audit.note(note)
  }
  const app = createApp(http, { validateResponses: options.validateResponses === true })
  const server = createServer(app, options.hot === false ? undefined : createHotRoute(http))
  metrics.observe(server)
  apiKeys.start()
  // HTTP first: while the store opens, health answers and everything else says 503. Workers share the port with others that are ready.
  let url = options.listenWhenReady === true ? undefined : await listen(server, config.host, config.port)
  try {
    const fresh = options.engine ?? (await openConfigured(options, owner))
    store = fresh
    fresh.bus.subscribe((message) => {
      if (message.kind === 'rate') platforms.get(message.account)?.gate.rateChanged()
      if (message.kind === 'events') events?.poke()
    })
    // Before anything is run: what an old snapshot has brought back must not be sent.
    watch = await checkAtStart({
      registry: fresh.registry,
      log: fresh.log,
      owner,
      engine: engineIdentity(config.engine, config.dataDir),
      witnesses: options.engine === undefined ? createWitnessFile(config.dataDir, logger) : NO_WITNESS,
      clock,
      logger,
      storeTimeoutMs: config.limits.storeTimeoutMs,
      onRollback: metrics.rolledBack,
    })
    const parts = { engine: fresh, platforms, presence, clock, logger, owner }
    site = createSite({
      ...parts,
      door,
      storeTimeoutMs: config.limits.storeTimeoutMs,
      siteSecret: config.siteSecret,
      core: () => opened(core),
      onSilent: (platform) => events?.silent(platform),
      readHere: (id, agentId) => opened(views).state(opened(platforms.get(id)), agentId, true),
    })
    core = createCore({
      ...parts,
      engine: { ...fresh, log: metrics.timed(fresh.log) },
      settings: { ...config.limits, expiryMs: config.expiryMs, retry: config.retry, audit: config.audit },
      site: site.hooks,
      onChange(command) {
        metrics.changed(command)
        site?.changed(command)
        events?.command(command)
      },
      onStep: (command) => events?.command(command),
      onRewoken: metrics.rewoken,
    })
    noteKeys(apiKeys.file)
    const { leaseMs, sendTimeoutMs, storeTimeoutMs } = config.limits
    metrics.watch({
      engine: fresh,
      platforms,
      idleMs: leaseMs + sendTimeoutMs,
      storeTimeoutMs,
      readers: () => events?.streams.readers ?? 0,
    })
    site.onBeat(watch.heard)
    views = createViews(presence, clock, core.commands, config.limits.readTimeoutMs)
    events = createGatewayEvents({ ...parts, config, site, watch, views: () => views, keyring: http.keyring, metrics })
    await platforms.start(site.linked)
    await site.start()
    await core.start()
    engine = fresh
    url ??= await listen(server, config.host, config.port)
  } catch (error) {
    apiKeys.stop()
    metrics.stop()
    events?.streams.stop()
    await site?.stop(LINKS_STOP_MS)
    await events?.stop(0)
    await close(server)
    throw error
  }
  const ready = engine
  let stopped: Promise<void> | undefined
  return {
    url,
    engine: ready,
    stop() {
      stopped ??= (async () => {
        events?.streams.stop()
        await stopListening(server)
        stopping = true
        apiKeys.stop()
        await core?.stop(config.limits.stopMs)
        // What is still open is another process's from here on.
        await site?.stop(LINKS_STOP_MS)
        await events?.stop(EVENTS_STOP_MS)
        await watch?.stop()
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

function openConfigured({ config, logger, onProgress }: GatewayOptions, owner: string): Promise<Engine> {
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
  return openEngine(config.engine, { dataDir: config.dataDir, log, clock: systemClock, owner, keepEvents: config.limits.keepEvents })
}

/** Loads the adapters and checks each platform's options. Fails: `ConfigError` with all problems of all platforms. */
async function platformSpecs(config: Config, adapters: typeof ADAPTERS): Promise<PlatformSpec[]> {
  const problems: string[] = []
  const specs: PlatformSpec[] = []
  for (const [index, platform] of config.platforms.entries()) {
    const load = Object.hasOwn(adapters, platform.adapter) ? adapters[platform.adapter] : undefined
    if (load === undefined) {
      problems.push(`platforms[${index}].adapter: there is no adapter "${platform.adapter}"; there are ${Object.keys(adapters).join(', ')}`)
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

/** Requests whose connection was accepted before are answered as ever for this long, ms: nobody could tell their senders to go elsewhere. */
const LAST_REQUESTS_MS = 250

async function stopListening(server: Server): Promise<void> {
  server.close()
  server.closeIdleConnections()
  const until = performance.now() + LAST_REQUESTS_MS
  while ((await connectionsOf(server)) > 0 && performance.now() < until) await sleep(10)
}

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((error, count) => resolve(error === null ? count : 0)))
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
