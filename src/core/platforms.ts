import type { ZodType } from 'zod'
import type { Adapter, AdapterDefinition, Logger } from './adapter.js'
import type { BudgetStore } from './gate/budget.js'
import type { Clock } from './clock.js'
import { CtiError, toCtiError } from './model/error.js'
import type { Presence } from './agents/presence.js'
import { createReasonBook, type ReasonBook } from './accept/reason-book.js'
import { createVendorGate, type VendorGate } from './gate/vendor-gate.js'

/** One configured platform with everything that belongs to it alone. */
export interface Platform {
  readonly id: string
  readonly adapter: Adapter
  readonly reasons: ReasonBook
  readonly gate: VendorGate
  readonly commandOptions: ZodType<Readonly<Record<string, unknown>>> | undefined
}

export interface PlatformSpec {
  readonly id: string
  readonly definition: AdapterDefinition<never>
  /** Already validated by the definition's schema. */
  readonly options: unknown
  readonly limits?: PlatformLimits
}

/** What an installation grants the gateway at one vendor account. */
export interface PlatformLimits {
  /** Calls a second over all processes; missing: what the adapter's manifest says, or no limit until the vendor's 429 teaches one. */
  readonly ratePerSecond?: number
  /** Calls that may be saved up for a moment; missing: 1, evenly spaced. */
  readonly burst?: number
}

/** What the gates of all platforms share. */
export interface GateSettings {
  /** Undefined while the engine is being opened. */
  readonly budgets: () => BudgetStore | undefined
  readonly storeTimeoutMs: number
  readonly random?: () => number
  /** This process has changed an account's rate; the other processes are to be told (`VendorGate.rateChanged`). */
  readonly onRate?: (account: string, perSecond: number) => void
  /** Processes of this site that are alive, this one included. */
  readonly processes?: () => number
}

/** Without an engine that all processes share, each keeps to its share of the rate. */
const ALONE: GateSettings = { budgets: () => undefined, storeTimeoutMs: 1_000 }

/** The platforms of this gateway, by id. */
export interface Platforms {
  get(id: string): Platform | undefined
  all(): readonly Platform[]
  /**
   * Opens the links of all platforms but those that the site starts where they belong (`site.ts`). A platform that fails to start is logged
   * and stays down; the others run.
   */
  start(others?: ReadonlySet<string>): Promise<void>
  /** Bounded: an adapter that does not stop in time is left behind. */
  stop(graceMs: number): Promise<void>
}

export function createPlatforms(
  specs: readonly PlatformSpec[],
  presence: Presence,
  clock: Clock,
  logger: Logger,
  readTimeoutMs: number,
  gates: GateSettings = ALONE,
  wrap: (platform: string, create: () => Adapter) => Adapter = (_platform, create) => create(),
): Platforms {
  const platforms = new Map<string, Platform>()
  for (const { id, definition, options, limits } of specs) {
    const adapter = wrap(id, () => definition.create({ platform: id, log: logger, clock, options: options as never }))
    const more: PlatformParts = { presence, logger, gates, ...(limits !== undefined && { limits }) }
    platforms.set(id, platformOf(id, adapter, definition.commandOptions, clock, readTimeoutMs, more))
  }
  return {
    get: (id) => platforms.get(id),
    all: () => [...platforms.values()],
    async start(others = new Set()) {
      // A rate that was learned before this process began is in the store, which is open by now.
      for (const { gate } of platforms.values()) gate.rateChanged()
      await Promise.all(
        [...platforms.values()].map(async ({ id, adapter }) => {
          if (others.has(id)) return
          try {
            await adapter.start({
              agent: (event) => presence.event(id, event),
              link: (event) => {
                logger.info({ platform: id, status: event.status, agent: event.agentId, side: event.side, detail: event.detail }, 'link')
                presence.link(id, event)
              },
            })
          } catch (error) {
            logger.error({ platform: id, err: toCtiError(error).message }, 'the platform did not start')
          }
        }),
      )
    },
    async stop(graceMs) {
      const all = Promise.allSettled([...platforms.values()].map(({ adapter }) => adapter.stop()))
      await Promise.race([all, clock.sleep(graceMs)])
      for (const { gate } of platforms.values()) gate.close()
    },
  }
}

export interface PlatformParts {
  readonly presence?: Presence
  readonly logger?: Logger
  readonly gates?: GateSettings
  readonly limits?: PlatformLimits
}

export function platformOf(
  id: string,
  adapter: Adapter,
  commandOptions: ZodType<Readonly<Record<string, unknown>>> | undefined,
  clock: Clock,
  readTimeoutMs: number,
  more: PlatformParts = {},
): Platform {
  return {
    id,
    adapter,
    commandOptions,
    reasons: createReasonBook(adapter, clock, readTimeoutMs),
    gate: gateOf(id, adapter, clock, readTimeoutMs, more),
  }
}

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} }

function gateOf(
  id: string,
  adapter: Adapter,
  clock: Clock,
  readTimeoutMs: number,
  { presence, logger = SILENT, gates = ALONE, limits = {} }: PlatformParts,
): VendorGate {
  const perSecond = limits.ratePerSecond ?? adapter.manifest.ratePerSecond
  const random = gates.random ?? Math.random
  return createVendorGate({
    account: id,
    maxInFlight: adapter.manifest.maxInFlight,
    limit: { burst: limits.burst ?? 1, ...(perSecond !== undefined && { perSecond }) },
    budgets: gates.budgets,
    clock,
    random,
    logger,
    storeTimeoutMs: gates.storeTimeoutMs,
    probe: probeOf(id, adapter, presence, random),
    probeTimeoutMs: readTimeoutMs,
    ...(gates.processes !== undefined && { processes: gates.processes }),
    onRate: (rate) => gates.onRate?.(id, rate),
  })
}

/**
 * A harmless question to the vendor: the state of an agent that is known here. Any of them, so that one agent whom the vendor
 * chokes on does not keep the circuit open. While none is known the adapter's own links tell.
 */
function probeOf(
  id: string,
  adapter: Adapter,
  presence: Presence | undefined,
  random: () => number,
): (signal: AbortSignal) => Promise<void> {
  return async (signal) => {
    const known = presence?.list(id) ?? []
    const agent = known[Math.floor(random() * known.length)]
    if (agent !== undefined) await adapter.read(agent.agentId, { signal })
    else if (adapter.health().status === 'down') throw new CtiError('VENDOR_UNAVAILABLE', { detail: 'the link is down' })
  }
}
