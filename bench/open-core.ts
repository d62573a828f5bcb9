import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Adapter, AdapterDefinition, EventSink, Logger, Step } from '../src/core/adapter.js'
import type { Core, CoreSettings } from '../src/core/core.js'
import type { AgentView } from '../src/core/model/agent-state.js'
import type { Command } from '../src/core/model/command.js'
import type { Manifest } from '../src/core/model/manifest.js'
import type { Engine } from '../src/core/wake-ups.js'
import { product } from './product.js'

/** How the vendor in this process behaves. */
export interface Behaviour {
  /** One exchange that sets a state. Fails with `CtiError`. */
  set(agentId: string, channel: string | undefined): Promise<void>
  /** The agent's state is read. */
  read?(agentId: string): void
}

export interface OpenCore {
  readonly core: Core
  readonly engine: Engine
  /** The vendor tells of an agent by itself. */
  event(agentId: string): void
  /** Ends the core, its engine and its connections. */
  close(): Promise<void>
}

export interface OpenCoreOptions {
  readonly redisUrl: string
  readonly behaviour: Behaviour
  readonly settings?: Partial<CoreSettings>
  readonly random?: () => number
  readonly onChange?: (command: Command) => void
  /** False: the engine is opened, and nothing begins to work. */
  readonly start?: boolean
}

export const PLATFORM = 'bench'

/** Warnings and worse go to stderr, as they do in the gateway. */
export const logger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (fields, text) => void process.stderr.write(`${JSON.stringify({ level: 'warn', ...fields, text })}\n`),
  error: (fields, text) => void process.stderr.write(`${JSON.stringify({ level: 'error', ...fields, text })}\n`),
}

/** The core of the built product on Redis, with a vendor in this process: no HTTP on either side. */
export async function openCore(options: OpenCoreOptions): Promise<OpenCore> {
  const [{ systemClock: clock }, { createCore, DEFAULT_CORE_SETTINGS }, { createPlatforms }, { createPresence }, { openEngine }] =
    await Promise.all([product.kit(), product.core(), product.platforms(), product.presence(), product.open()])
  const settings = { ...DEFAULT_CORE_SETTINGS, ...options.settings }
  const presence = createPresence()
  const vendor = inProcessVendor(options.behaviour, () => clock.now())
  const specs = [{ id: PLATFORM, definition: vendor.definition, options: {} }]
  const engine = await openEngine(options.redisUrl, { dataDir: '', log: logger, clock, owner: randomUUID() })
  const gates = { budgets: () => engine.budgets, storeTimeoutMs: settings.storeTimeoutMs }
  const platforms = createPlatforms(specs, presence, clock, logger, settings.readTimeoutMs, gates)
  const core = createCore({
    engine,
    platforms,
    presence,
    clock,
    logger,
    settings,
    ...(options.random && { random: options.random }),
    ...(options.onChange && { onChange: options.onChange }),
  })
  await platforms.start()
  if (options.start !== false) await core.start()
  return {
    core,
    engine,
    event: vendor.event,
    async close() {
      await core.stop(1000)
      await engine.wakeUps.close(1000)
      await platforms.stop(1000)
      await engine.close()
    },
  }
}

const manifest: Manifest = {
  kind: 'bench-memory',
  vendor: 'none',
  title: 'Vendor in this process',
  actions: ['LOGIN', 'READY', 'NOT_READY', 'LOGOUT'],
  confirms: 'event',
  events: 'push',
  reasons: { notReady: 'optional', logout: 'optional', source: 'config' },
  channels: true,
  login: 'on-behalf',
  forcedLogout: 'unsupported',
  logoutWhileBusy: 'continue',
  link: 'none',
  refusals: false,
  maxInFlight: 200,
  testedVersions: ['1'],
  loginCreatesAgent: true,
}

interface Ready {
  readonly agentId: string
  readonly channel: string | undefined
}

function inProcessVendor(behaviour: Behaviour, now: () => number) {
  let sink: EventSink | undefined
  const since = now()
  const view = (agentId: string, source: AgentView['source']): AgentView => {
    return { agentId, state: 'READY', routable: true, channels: [], vendorState: 'READY', observedAt: now(), source, stale: false }
  }
  const event = (agentId: string): void => sink?.agent({ agentId, view: view(agentId, 'event') })
  const adapter: Adapter = {
    manifest,
    plan(action, agentId) {
      const request: Ready = { agentId, channel: action.channel }
      return { steps: [{ name: 'set-ready', request, expect: { states: ['READY'], withinMs: 5000 }, resend: 'safe' }] }
    },
    describe: () => ({ target: 'set ready' }),
    async send(step) {
      const { agentId, channel } = (step as Step<Ready>).request
      await behaviour.set(agentId, channel)
      event(agentId)
      return {}
    },
    read(agentId) {
      behaviour.read?.(agentId)
      return Promise.resolve(view(agentId, 'read'))
    },
    start(given) {
      sink = given
      given.link({ status: 'up' })
      return Promise.resolve()
    },
    stop: () => Promise.resolve(),
    health: () => ({ status: 'up', since }),
    reasons: () => Promise.resolve([]),
  }
  const definition: AdapterDefinition<unknown> = { kind: manifest.kind, options: z.unknown(), create: () => adapter }
  return { definition: definition as AdapterDefinition<never>, event }
}
