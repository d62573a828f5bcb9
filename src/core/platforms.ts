import type { ZodType } from 'zod'
import type { Adapter, AdapterDefinition, Logger } from './adapter.js'
import type { Clock } from './clock.js'
import { toCtiError } from './model/error.js'
import { createBulkhead, type Bulkhead } from './policy.js'
import type { Presence } from './presence.js'
import { createReasonBook, type ReasonBook } from './reason-book.js'

/** One configured platform with everything that belongs to it alone. */
export interface Platform {
  readonly id: string
  readonly adapter: Adapter
  readonly reasons: ReasonBook
  readonly bulkhead: Bulkhead
  readonly commandOptions: ZodType<Readonly<Record<string, unknown>>> | undefined
}

export interface PlatformSpec {
  readonly id: string
  readonly definition: AdapterDefinition<never>
  /** Already validated by the definition's schema. */
  readonly options: unknown
}

/** The platforms of this gateway, by id. */
export interface Platforms {
  get(id: string): Platform | undefined
  all(): readonly Platform[]
  /** Opens the links of all platforms. A platform that fails to start is logged and stays down; the others run. */
  start(): Promise<void>
  /** Bounded: an adapter that does not stop in time is left behind. */
  stop(graceMs: number): Promise<void>
}

export function createPlatforms(
  specs: readonly PlatformSpec[],
  presence: Presence,
  clock: Clock,
  logger: Logger,
  readTimeoutMs: number,
): Platforms {
  const platforms = new Map<string, Platform>()
  for (const { id, definition, options } of specs) {
    const adapter = definition.create({ platform: id, log: logger, clock, options: options as never })
    platforms.set(id, platformOf(id, adapter, definition.commandOptions, clock, readTimeoutMs))
  }
  return {
    get: (id) => platforms.get(id),
    all: () => [...platforms.values()],
    async start() {
      await Promise.all(
        [...platforms.values()].map(async ({ id, adapter }) => {
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
    },
  }
}

export function platformOf(
  id: string,
  adapter: Adapter,
  commandOptions: ZodType<Readonly<Record<string, unknown>>> | undefined,
  clock: Clock,
  readTimeoutMs: number,
): Platform {
  return {
    id,
    adapter,
    commandOptions,
    reasons: createReasonBook(adapter, clock, readTimeoutMs),
    bulkhead: createBulkhead(adapter.manifest.maxInFlight),
  }
}
